// SPDX-License-Identifier: MIT
// Two runs, cell by cell. Samples of two runs are no pairs: Welch's test on logarithms, of a difference beyond what the
// machine may have moved by, corrected for the number of cells.
#include "harness/compare.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/compare_internal.h"
#include "harness/metrics.h"
#include "harness/results_file.h"
#include "harness/statistics.h"

static const double error_rate = 0.01;  // of one false verdict or more in the whole comparison
enum { SAMPLES_MIN = 3, REASON_ROOM = 512 };

struct values {
  double *values;
  size_t count;
};

// A cell that both runs have.
struct pair {
  const json_t *a, *b;
  const struct metric *metric;
  struct values of_a, of_b;
  char reason[REASON_ROOM];  // why it is not judged; "" if it is
  double p, adjusted;
  struct ratio ratio;
};

struct comparison {
  const json_t *a, *b;
  double floor;
  const struct compare_rules *rules;
  size_t count;
  struct pair *pairs;
};

static int collect(const json_t *cell, const struct metric *metric, struct values *values) {
  const json_t *samples = json_object_get(cell, "samples"), *sample;
  size_t i;
  values->values = malloc((json_array_size(samples) + 1) * sizeof *values->values);
  if (!values->values) return -ENOMEM;
  json_array_foreach(samples, i, sample) {
    double value = json_is_true(json_object_get(sample, "counted")) ? metric_value(metric, sample) : NAN;
    if (value > 0 && isfinite(value)) values->values[values->count++] = value;
  }
  return 0;
}

static const json_t *experiment_of(const json_t *run, const json_t *cell) {
  const json_t *experiment;
  size_t i;
  json_array_foreach(json_object_get(run, "experiments"), i, experiment) {
    if (strcmp(json_text(experiment, "name"), json_text(cell, "experiment")) == 0) return experiment;
  }
  return NULL;
}

static const char *y_of(const json_t *run, const json_t *cell) {
  return json_text(json_object_get(experiment_of(run, cell), "chart"), "y");
}

static void describe_setting(struct pair *pair, const char *key, const json_t *a, const json_t *b) {
  char *of_a = json_dumps(a, JSON_ENCODE_ANY | JSON_COMPACT), *of_b = json_dumps(b, JSON_ENCODE_ANY | JSON_COMPACT);
  snprintf(pair->reason, sizeof pair->reason, "%s differs: %.200s / %.200s", key, of_a ? of_a : "?", of_b ? of_b : "?");
  free(of_a);
  free(of_b);
}

// Two cells of one name that were not asked to do the same are not compared.
static void check_settings(const struct comparison *comparison, struct pair *pair) {
  static const char *const results[] = {"status",     "reason",  "summary",   "samples",
                                        "durability", "flagged", "saturated", "effective"};
  const char *key, *of_a = y_of(comparison->a, pair->a), *of_b = y_of(comparison->b, pair->b);
  json_t *value;
  json_object_foreach((json_t *)pair->a, key, value) {
    const json_t *other = json_object_get(pair->b, key);
    bool result = false;
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) result |= strcmp(key, results[i]) == 0;
    if (result || !other || *pair->reason || json_equal(value, (json_t *)other)) continue;
    describe_setting(pair, key, value, other);
  }
  if (!*pair->reason && strcmp(of_a, of_b) != 0)
    snprintf(pair->reason, sizeof pair->reason, "the chart's y differs: %s / %s", of_a, of_b);
}

static void check_side(struct pair *pair, const json_t *cell, const struct values *values, const char *side) {
  if (*pair->reason || values->count >= SAMPLES_MIN) return;
  const char *status = json_text(cell, "status"), *reason = json_text(cell, "reason");
  if (*status && strcmp(status, "ok") != 0)
    snprintf(pair->reason, sizeof pair->reason, "%s in %s%s%.300s", status, side, *reason ? ": " : "", reason);
  else
    snprintf(pair->reason, sizeof pair->reason, "%zu samples in %s, at least %d are needed", values->count, side,
             SAMPLES_MIN);
}

// p of a difference beyond the floor: as if the machine had moved by the whole floor towards the difference.
static void test_pair(struct pair *pair, double floor) {
  struct ratio moved;
  const struct values *a = &pair->of_a, *b = &pair->of_b;
  pair->p = 1;
  if (statistics_ratio_unpaired(b->values, b->count, a->values, a->count, 0.99, floor, &pair->ratio)) return;
  bool rise = pair->ratio.ratio > 1;
  for (size_t i = 0; i < b->count; i++) b->values[i] *= rise ? 1 / (1 + floor) : 1 + floor;
  if (statistics_ratio_unpaired(b->values, b->count, a->values, a->count, 0.99, 0, &moved) == 0 &&
      (moved.ratio > 1) == rise)
    pair->p = moved.p;
  for (size_t i = 0; i < b->count; i++) b->values[i] /= rise ? 1 / (1 + floor) : 1 + floor;
}

static int prepare(const struct comparison *comparison, struct pair *pair) {
  pair->metric = metric_find(y_of(comparison->a, pair->a));
  // Its samples have a rate, and not what the experiment asks about.
  if (json_is_peak(pair->a) || json_is_peak(pair->b))
    snprintf(pair->reason, sizeof pair->reason, "sets the rates of other cells, and is itself no point of the chart");
  else
    check_settings(comparison, pair);
  if (!pair->metric) {
    if (!*pair->reason) snprintf(pair->reason, sizeof pair->reason, "the chart's y is no metric this program knows");
    return 0;
  }
  int code = collect(pair->a, pair->metric, &pair->of_a);
  if (!code) code = collect(pair->b, pair->metric, &pair->of_b);
  if (code) return code;
  check_side(pair, pair->a, &pair->of_a, "A");
  check_side(pair, pair->b, &pair->of_b, comparison->rules->name);
  if (!*pair->reason) test_pair(pair, comparison->floor);
  return 0;
}

// Holm's method goes through the tests from the smallest p on, and each has the level of its step: so have the
// intervals. Several comparisons have equal parts of the rate of error each.
static int judge(struct comparison *comparison) {
  double *p = malloc((comparison->count + 1) * sizeof *p);
  size_t judged = 0, rejected = 0, i = 0;
  if (!p) return -ENOMEM;
  for (i = 0; i < comparison->count; i++)
    if (!*comparison->pairs[i].reason) p[judged++] = comparison->pairs[i].p;
  int code = statistics_holm(p, judged);
  for (size_t j = 0; j < judged; j++) rejected += p[j] * (double)comparison->rules->comparisons <= error_rate;
  for (size_t k = i = 0; i < comparison->count && !code; i++) {
    struct pair *pair = &comparison->pairs[i];
    if (*pair->reason) continue;
    pair->adjusted = fmin(1, p[k++] * (double)comparison->rules->comparisons);
    size_t step = 0;  // tests before it
    for (size_t other = 0; other < comparison->count; other++) {
      const struct pair *o = &comparison->pairs[other];
      step += !*o->reason && (o->p < pair->p || (o->p == pair->p && other < i));
    }
    if (step > rejected) step = rejected;
    if (step == judged) step = judged - 1;
    statistics_ratio_unpaired(pair->of_b.values, pair->of_b.count, pair->of_a.values, pair->of_a.count,
                              1 - error_rate / (double)(comparison->rules->comparisons * (judged - step)),
                              comparison->floor, &pair->ratio);
  }
  free(p);
  return code;
}

static const char *verdict(const struct pair *pair) {
  if (*pair->reason || !pair->metric) return "not compared";
  if (pair->adjusted > error_rate) return "no difference";
  return (pair->ratio.ratio > 1) == pair->metric->higher_is_better ? "better" : "worse";
}

static json_t *side_to_json(const struct values *values) {
  struct interval interval;
  if (!values->count || statistics_interval(values->values, values->count, &interval)) return json_null();
  double sum = 0;
  for (size_t i = 0; i < values->count; i++) sum += log(values->values[i]);
  return json_pack("{s:f, s:f, s:I}", "mean", exp(sum / (double)values->count), "median", interval.median, "n",
                   (json_int_t)values->count);
}

static json_t *pair_to_json(const struct pair *pair) {
  bool judged = !*pair->reason;
  json_t *row = json_pack("{s:O, s:O, s:s?, s:o, s:o, s:s, s:s?}", "id", json_object_get(pair->a, "id"), "experiment",
                          json_object_get(pair->a, "experiment"), "metric", pair->metric ? pair->metric->name : NULL,
                          "a", side_to_json(&pair->of_a), "b", side_to_json(&pair->of_b), "verdict", verdict(pair),
                          "reason", judged ? NULL : pair->reason);
  json_t *numbers = judged ? json_pack("{s:f, s:f, s:f, s:f}", "ratio", pair->ratio.ratio, "low", pair->ratio.low,
                                       "high", pair->ratio.high, "p", pair->adjusted)
                           : json_pack("{s:n, s:n, s:n, s:n}", "ratio", "low", "high", "p");
  if (!row || !numbers || json_object_update(row, numbers)) {
    json_decref(row);
    row = NULL;
  }
  json_decref(numbers);
  return row;
}

static json_t *only_in(const json_t *run, const json_t *other) {
  json_t *ids = json_array(), *cell;
  size_t i;
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    if (!compare_find(other, json_text(cell, "id")) && json_array_append(ids, json_object_get(cell, "id")))
      return json_decref(ids), NULL;
  }
  return ids;
}

static json_t *counts_to_json(const struct comparison *comparison) {
  static const char *const words[] = {"better", "worse", "no difference", "not compared"};
  json_int_t counts[4] = {0};
  for (size_t i = 0; i < comparison->count; i++)
    for (size_t w = 0; w < 4; w++) counts[w] += strcmp(verdict(&comparison->pairs[i]), words[w]) == 0;
  return json_pack("{s:I, s:I, s:I, s:I}", words[0], counts[0], words[1], counts[1], words[2], counts[2], words[3],
                   counts[3]);
}

static json_t *experiments_to_json(const json_t *run) {
  json_t *experiments = json_array();
  const json_t *experiment;
  size_t i;
  json_array_foreach(json_object_get(run, "experiments"), i, experiment) {
    json_array_append_new(experiments, json_pack("{s:s, s:s}", "name", json_text(experiment, "name"), "title",
                                                 json_text(experiment, "title")));
  }
  return experiments;
}

static json_t *side_of(const json_t *run) {
  return json_pack("{s:s, s:s, s:s, s:s, s:b}", "host", json_text(run, "host"), "profile", json_text(run, "profile"),
                   "started", json_text(run, "started"), "commit",
                   json_text(json_object_get(run, "environment"), "commit"), "complete",
                   (int)json_is_true(json_object_get(run, "complete")));
}

static json_t *to_json(const struct comparison *comparison, json_t *differences, json_t *floor) {
  json_t *cells = json_array();
  for (size_t i = 0; i < comparison->count; i++)
    if (json_array_append_new(cells, pair_to_json(&comparison->pairs[i]))) return json_decref(cells), NULL;
  return json_pack("{s:s, s:o, s:o, s:O, s:O, s:f, s:o, s:o, s:o, s:o, s:o}", "name", comparison->rules->name, "a",
                   side_of(comparison->a), "b", side_of(comparison->b), "differences", differences, "floor", floor,
                   "level", 1 - error_rate, "experiments", experiments_to_json(comparison->a), "counts",
                   counts_to_json(comparison), "cells", cells, "only_in_a", only_in(comparison->a, comparison->b),
                   "only_in_b", only_in(comparison->b, comparison->a));
}

static int make_pairs(struct comparison *comparison) {
  const json_t *cells = json_object_get(comparison->a, "cells"), *cell;
  size_t i;
  int code = 0;
  comparison->pairs = calloc(json_array_size(cells) + 1, sizeof *comparison->pairs);
  if (!comparison->pairs) return -ENOMEM;
  json_array_foreach(cells, i, cell) {
    const json_t *other = compare_find(comparison->b, json_text(cell, "id"));
    if (!other || code) continue;
    struct pair *pair = &comparison->pairs[comparison->count++];
    pair->a = cell;
    pair->b = other;
    code = prepare(comparison, pair);
  }
  return code ? code : judge(comparison);
}

static void free_pairs(struct comparison *comparison) {
  for (size_t i = 0; i < comparison->count; i++) {
    free(comparison->pairs[i].of_a.values);
    free(comparison->pairs[i].of_b.values);
  }
  free(comparison->pairs);
}

int compare_runs(const json_t *a, const json_t *b, const struct compare_rules *rules, json_t **comparison,
                 struct error *error) {
  struct comparison whole = {.a = a, .b = b, .rules = rules};
  json_t *differences = compare_differences(a, b);
  json_t *floor = differences ? compare_floor(a, b, differences, rules->threshold) : NULL;
  whole.floor = json_real_or_nan(floor, "floor");
  int code = floor ? make_pairs(&whole) : -ENOMEM;
  *comparison = code ? NULL : to_json(&whole, differences, floor);
  if (!*comparison) code = -ENOMEM;
  size_t judged = 0;
  for (size_t i = 0; i < whole.count; i++) judged += !*whole.pairs[i].reason;
  free_pairs(&whole);
  json_decref(differences);
  json_decref(floor);
  if (code) return error_set(error, code, "memory is short; compare runs of fewer experiments");
  if (!whole.count) return error_set(error, -ENODATA, "no cell in common; compare runs of the same experiments");
  if (!judged)
    return error_set(error, -ENODATA, "none of the %zu cells in common can be compared; the reasons are above",
                     whole.count);
  return 0;
}
