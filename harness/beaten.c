// SPDX-License-Identifier: MIT
// Which bounds were beaten.
#include "harness/beaten.h"

#include <string.h>

#include "harness/limits/rules.h"
#include "harness/results_file.h"

bool beaten_by(const json_t *cell, const struct metric *metric, double best) {
  const json_t *own = json_object_get(json_object_get(cell, "summary"), metric->name);
  return metric->higher_is_better ? json_real_or_nan(own, "low") > best : json_real_or_nan(own, "high") < best;
}

// The best that a bound may be. Of one whose interval is wider than a factor of two only its median: by its interval
// hardly anything could be better (seen: copies in 4 GiB that the host had to give back page by page, 1.4 to 10.4 M/s,
// which were 90 M/s before and after).
static double best_of(const json_t *limit) {
  double high = json_real_or_nan(limit, "high");
  return high > 2 * json_real_or_nan(limit, "low") ? json_real_or_nan(limit, "value") : high;
}

static int add_of_cell(const json_t *run, const json_t *cell, const struct metric *metric, struct limit_list *list) {
  struct limit_spec specs[LIMITS_OF_CELL_MAX];
  size_t count = limits_of_cell(cell, specs);
  int code = 0;
  for (size_t i = 0; i < count && !code; i++) {
    const json_t *limit = results_limit_of(run, &specs[i]);
    if (strcmp(json_text(limit, "status"), "ok") == 0 &&
        beaten_by(cell, metric, limit_in_metric(cell, &specs[i], best_of(limit), metric->name)))
      code = limit_list_add(list, &specs[i]);
  }
  return code;
}

int beaten_limits(const json_t *run, struct limit_list *list) {
  const json_t *experiment, *cell;
  size_t e, c;
  int code = 0;
  json_array_foreach(json_object_get(run, "experiments"), e, experiment) {
    const struct metric *metric = metric_find(json_text(json_object_get(experiment, "chart"), "y"));
    json_array_foreach(json_object_get(run, "cells"), c, cell) {
      bool own = strcmp(json_text(cell, "experiment"), json_text(experiment, "name")) == 0;
      if (own && metric && !code && strcmp(json_text(cell, "status"), "ok") == 0)
        code = add_of_cell(run, cell, metric, list);
    }
  }
  return code;
}
