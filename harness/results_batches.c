// SPDX-License-Identifier: MIT
// Which cells were timed in batches: a chart and a table of their latencies must say so.
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
