// SPDX-License-Identifier: MIT
// Which cells were timed in batches, which a chart and a table of their latencies must say; and how operations went in,
// for charts.
#include <math.h>
#include <string.h>

#include "harness/results_file.h"

// What the last sample that was timed says: "operation", "batch of 64" or "".
static const char *timed_per(const json_t *cell, double *clock_cost) {
  const json_t *sample;
  const char *per = "";
  size_t i;
  json_array_foreach(json_object_get(cell, "samples"), i, sample) {
    if (!*json_text(sample, "timed_per")) continue;
    per = json_text(sample, "timed_per");
    *clock_cost = json_real_or_nan(sample, "clock_cost_ns");
  }
  return per;
}

double results_batches(const json_t *run, const char *experiment, char *text, size_t room) {
  const json_t *cell;
  size_t i, length = 0;
  double cost = NAN;
  text[0] = '\0';
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    double own = NAN;
    if (strcmp(json_text(cell, "experiment"), experiment) != 0) continue;
    const char *per = timed_per(cell, &own);
    if (strncmp(per, "batch", 5) != 0 || length >= room) continue;
    length += (size_t)snprintf(text + length, room - length, "%s%s (%s)", length ? ", " : "",
                               json_text(cell, "id") + strlen(experiment) + 1, per);
    cost = own;
  }
  return cost;
}

// What every cell of the experiment has; 0 if they differ.
static json_int_t of_all(const json_t *run, const char *experiment, const char *key) {
  const json_t *cell;
  size_t i;
  json_int_t all = -1;
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    if (strcmp(json_text(cell, "experiment"), experiment) != 0) continue;
    json_int_t own = json_integer_value(json_object_get(cell, key));
    if (all >= 0 && own != all) return 0;
    all = own;
  }
  return all > 0 ? all : 0;
}

void results_calls(const json_t *run, const char *experiment, char *text, size_t room) {
  json_int_t batch = of_all(run, experiment, "batch"), depth = of_all(run, experiment, "depth");
  text[0] = '\0';
  if (batch > 1) snprintf(text, room, "%" JSON_INTEGER_FORMAT " go in by one call, each takes as long as it", batch);
  size_t length = strlen(text);
  if (depth > 1 && depth != batch)
    snprintf(text + length, room - length,
             "%sup to %" JSON_INTEGER_FORMAT " in the queue of engines that have one, where waiting counts",
             length ? "; " : "", depth);
}
