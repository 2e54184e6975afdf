// SPDX-License-Identifier: MIT
// The bounds in data/<experiment>.tsv: a line "# bound: ..." for each place of the chart and each bound that applies to
// a measured cell there.
#include <errno.h>
#include <math.h>
#include <string.h>

#include "harness/limits/rules.h"
#include "harness/results_file.h"

enum { LINE = 1024 };

struct bounds {
  FILE *out;
  const json_t *run, *experiment;
  const char *x, *panel, *metric;
  json_t *written;  // lines that are there, as keys
};

// A run's bounds were measured by these very rules, so each is among them; a run that was stopped may lack some.
static const json_t *find_limit(const json_t *run, const struct limit_spec *spec) {
  const json_t *limit;
  size_t i;
  json_array_foreach(json_object_get(run, "limits"), i, limit) {
    struct limit_spec measured;
    if (limit_spec_from_json(limit, &measured, NULL) == 0 && limit_equal(&measured, spec)) return limit;
  }
  return NULL;
}

static int put_once(const struct bounds *bounds, const char *key, const char *line) {
  char whole[LINE + 16];
  snprintf(whole, sizeof whole, "# %s: %s\n", key, line);
  if (json_object_get(bounds->written, whole)) return 0;
  if (json_object_set_new(bounds->written, whole, json_true())) return -ENOMEM;
  return fputs(whole, bounds->out) == EOF ? -EIO : 0;
}

// Text that stays in its column; "-" for none.
static void clean(const char *from, char *to, size_t room) {
  size_t length = 0;
  for (; *from && length + 1 < room; from++) to[length++] = (unsigned char)*from < 0x20 || *from == 0x7f ? ' ' : *from;
  if (length == 0 && room > 1) to[length++] = '-';
  to[length] = '\0';
}

static int put_missing(const struct bounds *bounds, const char *label, const json_t *limit) {
  char line[LINE], reason[512];
  clean(json_text(limit, "reason"), reason, sizeof reason);
  snprintf(line, sizeof line, "the bound \"%s\": %s", label, reason);
  return put_once(bounds, "note", line);
}

static int put_bound(const struct bounds *bounds, const json_t *cell, const struct limit_spec *spec) {
  const json_t *limit = find_limit(bounds->run, spec), *point = json_object_get(cell, "point");
  char label[64], panel[128], x[128], line[LINE];
  limit_label_along(cell, spec, bounds->x, label, sizeof label);
  if (!limit) return 0;
  if (strcmp(json_text(limit, "status"), "ok") != 0) return put_missing(bounds, label, limit);
  double rate = json_real_or_nan(limit, "value");
  double value = limit_in_metric(cell, spec, rate, bounds->metric), ns = limit_in_metric(cell, spec, rate, "p50");
  if (isnan(value) && isnan(ns)) return 0;
  clean(json_text(point, bounds->panel), panel, sizeof panel);
  clean(json_text(point, bounds->x), x, sizeof x);
  snprintf(line, sizeof line, "%s\t%s\t%.9g\t%.9g\t%s", panel, x, value, ns, label);
  return put_once(bounds, "bound", line);
}

int results_put_bounds(FILE *out, const json_t *run, const json_t *experiment) {
  const json_t *chart = json_object_get(experiment, "chart"), *cell;
  const struct bounds bounds = {.out = out,
                                .run = run,
                                .experiment = experiment,
                                .x = json_text(chart, "x"),
                                .panel = json_text(chart, "panel"),
                                .metric = json_text(chart, "y"),
                                .written = json_object()};
  size_t i;
  int code = bounds.written ? 0 : -ENOMEM;
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    struct limit_spec specs[LIMITS_OF_CELL_MAX];
    if (strcmp(json_text(cell, "experiment"), json_text(experiment, "name")) != 0) continue;
    if (strcmp(json_text(cell, "status"), "ok") != 0) continue;
    size_t count = limits_of_cell(cell, specs);
    for (size_t s = 0; s < count && !code; s++) code = put_bound(&bounds, cell, &specs[s]);
  }
  json_decref(bounds.written);
  return code;
}
