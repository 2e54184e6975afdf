// SPDX-License-Identifier: MIT
// Summaries of a run: medians and intervals of every cell, winners and findings of every experiment.
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness/duels.h"
#include "harness/finding.h"
#include "harness/metrics.h"
#include "harness/results.h"
#include "harness/results_file.h"
#include "harness/statistics.h"
#include "harness/verdict.h"
#include "harness/winners.h"

static json_t *interval_to_json(const double *values, size_t n) {
  struct interval interval;
  if (statistics_interval(values, n, &interval)) return NULL;
  return json_pack("{s:I, s:f, s:f, s:f, s:b}", "n", (json_int_t)n, "median", interval.median, "low", interval.low,
                   "high", interval.high, "exact", interval.exact);
}

// A metric that no counted sample has stays out. `values` has room for one a sample.
static int summarise_metric(const json_t *samples, const struct metric *metric, double *values, json_t *summary) {
  const json_t *sample;
  size_t i, n = 0;
  json_array_foreach(samples, i, sample) {
    double value = json_is_true(json_object_get(sample, "counted")) ? metric_value(metric, sample) : NAN;
    if (isfinite(value)) values[n++] = value;
  }
  return n && json_object_set_new(summary, metric->name, interval_to_json(values, n)) ? -ENOMEM : 0;
}

// An open loop that did not keep up in half of its counted samples or more has no latency of its own: the longer it is
// watched, the longer they are. Where fewer did, the median is over all: those of saturated samples lie above it.
static bool is_saturated(const json_t *samples) {
  const json_t *sample;
  size_t i, counted = 0, saturated = 0;
  json_array_foreach(samples, i, sample) {
    const json_t *open = json_object_get(sample, "open_loop");
    if (!json_is_true(json_object_get(sample, "counted")) || !json_is_object(open)) continue;
    counted++;
    saturated += json_is_true(json_object_get(open, "saturated"));
  }
  return saturated > 0 && 2 * saturated >= counted;
}

// Null for closed loops.
static int set_saturated(json_t *cell, bool saturated) {
  bool rated = json_is_number(json_object_get(cell, "rate")) || json_is_number(json_object_get(cell, "rate_of_peak"));
  return json_object_set_new(cell, "saturated", rated ? json_boolean(saturated) : json_null());
}

// Samples that count and are flagged.
static json_t *count_flagged(const json_t *cell) {
  const json_t *sample;
  size_t i;
  json_int_t count = 0;
  json_array_foreach(json_object_get(cell, "samples"), i, sample) {
    count += json_is_true(json_object_get(sample, "counted")) && json_array_size(json_object_get(sample, "flags")) > 0;
  }
  return json_integer(count);
}

static int add_setting(json_t *effective, const char *name, json_t *value) {
  json_t *values = json_object_get(effective, name);
  const json_t *seen;
  size_t i;
  if (!values) return json_object_set_new(effective, name, json_pack("[O]", value)) ? -ENOMEM : 0;
  json_array_foreach(values, i, seen) {
    if (json_equal((json_t *)seen, value)) return 0;
  }
  return json_array_append(values, value) ? -ENOMEM : 0;
}

// What the samples say was in effect: under each name the values that were seen, most often one.
static int set_effective(json_t *cell) {
  json_t *effective = json_object(), *sample, *value;
  const char *name;
  size_t i;
  int code = 0;
  json_array_foreach(json_object_get(cell, "samples"), i, sample) {
    json_object_foreach(json_object_get(sample, "effective"), name, value) {
      if (!code) code = add_setting(effective, name, value);
    }
  }
  return json_object_set_new(cell, "effective", effective) ? -ENOMEM : code;
}

static int summarise_cell(json_t *cell) {
  const json_t *samples = json_object_get(cell, "samples");
  size_t count;
  const struct metric *metrics = metrics_all(&count);
  json_t *summary = json_object();
  double *values = malloc((json_array_size(samples) + 1) * sizeof *values);
  bool saturated = is_saturated(samples);
  int code = summary && values ? 0 : -ENOMEM;
  for (size_t i = 0; i < count && !code; i++)
    if (metrics[i].kind != SAMPLE_LATENCY || !saturated) code = summarise_metric(samples, &metrics[i], values, summary);
  free(values);
  if (json_object_set_new(cell, "summary", summary) || set_saturated(cell, saturated)) code = -ENOMEM;
  if (json_object_set_new(cell, "flagged", count_flagged(cell))) code = -ENOMEM;
  return code ? code : set_effective(cell);
}

int results_summarise(json_t *run, struct error *error) {
  json_t *cell, *experiment;
  size_t i;
  int code = 0;
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    if (!code) code = summarise_cell(cell);
  }
  if (!code) code = duels_judge(run);
  json_array_foreach(json_object_get(run, "experiments"), i, experiment) {
    if (!code) code = winners_find(run, experiment);
    if (!code) code = verdict_find(run, experiment);
    if (!code) code = finding_choose(run, experiment);
  }
  return code ? error_set(error, code, "the run cannot be summed up: %s", strerror(-code)) : 0;
}
