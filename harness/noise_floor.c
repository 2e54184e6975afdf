// SPDX-License-Identifier: MIT
#include "harness/noise_floor.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/results_file.h"
#include "harness/statistics.h"

static const char few_samples[] = "too few repetitions";

struct changes {
  double *logs;  // room for one a sample
  size_t count;
  size_t longest;  // the most counted samples that a cell has
};

static void add_cell(struct changes *changes, const json_t *cell, const struct metric *metric) {
  const json_t *sample;
  size_t i, values = 0;
  double before = NAN;
  json_array_foreach(json_object_get(cell, "samples"), i, sample) {
    double value = json_is_true(json_object_get(sample, "counted")) ? metric_value(metric, sample) : NAN;
    if (!(value > 0) || !isfinite(value)) continue;
    if (values++) changes->logs[changes->count++] = log(value / before);
    before = value;
  }
  if (values > changes->longest) changes->longest = values;
}

static bool takes_part(const json_t *cell, const json_t *experiment) {
  return strcmp(json_text(cell, "experiment"), json_text(experiment, "name")) == 0 &&
         strcmp(json_text(cell, "status"), "ok") == 0 && json_is_store(cell);
}

int noise_floor_measure(const json_t *run, const json_t *experiment, const struct metric *metric,
                        struct noise_floor *noise) {
  const json_t *cells = json_object_get(run, "cells"), *cell;
  size_t i, room = 1;
  struct changes changes = {0};
  *noise = (struct noise_floor){.floor = INFINITY, .measured = NAN};
  json_array_foreach(cells, i, cell) room += json_array_size(json_object_get(cell, "samples"));
  changes.logs = malloc(room * sizeof *changes.logs);
  if (!changes.logs) return -ENOMEM;
  json_array_foreach(cells, i, cell) {
    if (takes_part(cell, experiment)) add_cell(&changes, cell, metric);
  }
  noise->changes = changes.count;
  if (changes.count >= NOISE_FLOOR_CHANGES &&
      statistics_floor(changes.logs, changes.count, changes.longest, &noise->measured) == 0)
    noise->floor = fmax(noise->measured, NOISE_FLOOR_LEAST);
  free(changes.logs);
  return 0;
}

json_t *noise_floor_to_json(const struct noise_floor *noise) {
  if (!isfinite(noise->floor))
    return json_pack("{s:n, s:n, s:I, s:s}", "floor", "measured", "changes", (json_int_t)noise->changes, "reason",
                     few_samples);
  return json_pack("{s:f, s:f, s:I, s:n}", "floor", noise->floor, "measured", noise->measured, "changes",
                   (json_int_t)noise->changes, "reason");
}

double noise_floor_of(const json_t *experiment) {
  double floor = json_real_or_nan(json_object_get(experiment, "noise_floor"), "floor");
  return isfinite(floor) ? floor : INFINITY;
}

void noise_floor_describe(const json_t *experiment, char *text, size_t room) {
  const json_t *noise = json_object_get(experiment, "noise_floor");
  double floor = json_real_or_nan(noise, "floor"), measured = json_real_or_nan(noise, "measured");
  if (!isfinite(floor))
    snprintf(text, room, "Noise floor not measured (%s): no difference is believed", json_text(noise, "reason"));
  else if (measured < floor)
    snprintf(text, room, "Noise floor %.1f%%, the least that is believed (the same engine against itself: %.1f%%)",
             100 * floor, 100 * measured);
  else
    snprintf(text, room, "Noise floor %.1f%%: the same engine against itself", 100 * floor);
}
