// SPDX-License-Identifier: MIT
// The bounds in data/<experiment>.tsv: a line "# bound: ..." for each place of the chart and each bound that applies to
// a measured cell there.
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "harness/beaten.h"
#include "harness/limits/asked.h"
#include "harness/limits/rules.h"
#include "harness/metrics.h"
#include "harness/results_file.h"

enum { LINE = 1024, BEYOND = 800, NAMED_MOST = 2, TOLD_MOST = 6, UNIT_MOST = 3 };

struct told {
  char text[BEYOND];
  size_t count, named;
};

struct bounds {
  FILE *out;
  const char *x, *panel, *series_key;
  json_t *written;  // lines that are there, as keys
  json_t *series;   // of each label, those that it applies to, as keys; of "", all
  const struct metric *metric;
  struct told beyond, within;  // than their intervals: cells that are better than a bound of theirs, and which
};

// A run's bounds were measured by these very rules, so each is among them; a run that was stopped may lack some.
const json_t *results_limit_of(const json_t *run, const struct limit_spec *spec) {
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

static json_t *real_or_null(double value) { return isfinite(value) ? json_real(value) : json_null(); }

static json_t *bound_of(const json_t *run, const json_t *chart, const json_t *cell, const struct limit_spec *spec,
                        const char *before) {
  const json_t *limit = results_limit_of(run, spec);
  char own[64], label[80];
  limit_label_along(cell, spec, json_text(chart, "x"), own, sizeof own);
  snprintf(label, sizeof label, "%s%s", before, own);
  if (!limit) return json_null();
  if (strcmp(json_text(limit, "status"), "ok") != 0)
    return json_pack("{s:s, s:n, s:n, s:s}", "label", label, "value", "ns", "reason", json_text(limit, "reason"));
  double rate = json_real_or_nan(limit, "value");
  double value = limit_in_metric(cell, spec, rate, json_text(chart, "y"));
  double best = limit_in_metric(cell, spec, json_real_or_nan(limit, "high"), json_text(chart, "y"));
  double ns = limit_in_metric(cell, spec, rate, "p50");
  return json_pack("{s:s, s:o, s:o, s:o, s:n}", "label", label, "value", real_or_null(value), "best",
                   real_or_null(best), "ns", real_or_null(ns), "reason");
}

// The bound that needs no measurement: the bytes that are asked for.
static int add_asked(json_t *bounds, const json_t *run, const json_t *chart, const json_t *cell, const char *before) {
  struct limit_asked asked;
  char label[80];
  if (!limit_asked(json_object_get(run, "environment"), cell, json_text(chart, "y"), &asked)) return 0;
  snprintf(label, sizeof label, "%s%s", before, asked.label);
  return json_array_append_new(bounds, json_pack("{s:s, s:f, s:f, s:n, s:n}", "label", label, "value", asked.value,
                                                 "best", asked.value, "ns", "reason"));
}

json_t *results_bounds_of(const json_t *run, const json_t *chart, const json_t *cell, const char *before) {
  struct limit_spec specs[LIMITS_OF_CELL_MAX];
  json_t *bounds = json_array();
  bool ok = strcmp(json_text(cell, "status"), "ok") == 0;
  size_t count = ok ? limits_of_cell(cell, specs) : 0;
  if (ok && add_asked(bounds, run, chart, cell, before)) return json_decref(bounds), NULL;
  for (size_t i = 0; i < count; i++) {
    json_t *bound = bound_of(run, chart, cell, &specs[i], before);
    if (json_is_null(bound)) continue;
    if (json_array_append_new(bounds, bound)) return json_decref(bounds), NULL;
  }
  return bounds;
}

// A few are named, as long as there is room, and the others counted: where all is disturbed, all would be.
static void tell_better(struct told *better, const char *begins, const json_t *cell, const json_t *bound) {
  size_t length = strlen(better->text), name = strlen(json_text(cell, "experiment")) + 1;
  if (strlen(json_text(cell, "id")) < name) return;
  if (better->named < better->count++ || better->named == TOLD_MOST) return;
  int more = snprintf(better->text + length, BEYOND - length, "%s%s (%s)", length ? ", " : begins,
                      json_text(cell, "id") + name, json_text(bound, "label"));
  if (more > 0 && (size_t)more < BEYOND - length)
    better->named++;
  else
    better->text[length] = '\0';
}

static void put_better(FILE *out, const struct told *better) {
  char remark[BEYOND + 32];
  if (better->count == 0) return;
  snprintf(remark, sizeof remark, "%s", better->text);
  size_t length = strlen(remark);
  if (better->count > better->named)
    snprintf(remark + length, sizeof remark - length, " and %zu more", better->count - better->named);
  results_put_comment(out, "remark", remark);
}

// Better than a bound by more than the intervals of both: the machine was another when the bound was measured, or the
// bound is none. By less, the line alone would look so. Whoever looks at the chart is told.
static void look_beyond(struct bounds *bounds, const json_t *cell, const json_t *bound) {
  const json_t *own = json_object_get(json_object_get(cell, "summary"), bounds->metric->name);
  double median = json_real_or_nan(own, "median"), value = json_real_or_nan(bound, "value");
  if (beaten_by(cell, bounds->metric, json_real_or_nan(bound, "best")))
    tell_better(&bounds->beyond, "better than a bound of theirs: ", cell, bound);
  else if (bounds->metric->higher_is_better ? median > value : median < value)
    tell_better(&bounds->within, "better than a bound of theirs by no more than the intervals of both: ", cell, bound);
}

// "64", "128K", "1.5ms": which says nothing without its key. An engine may be called "1-pread".
static bool is_number(const char *text) {
  size_t digits = strspn(text, "0123456789."), unit = 0;
  while (isalpha((unsigned char)text[digits + unit]) || text[digits + unit] == '%') unit++;
  return digits > 0 && unit <= UNIT_MOST && text[digits + unit] == '\0';
}

// "bare pread: pread, stdio": whose bound it is, where it is not everybody's and few are told. A line that some may be
// above says so. Where the series are runs, its label names the run already.
static void name_series(const struct bounds *bounds, const char *label, char *text, size_t room) {
  json_t *own = json_object_get(bounds->series, label), *unused;
  const char *name;
  size_t count = json_object_size(own), all = json_object_size(json_object_get(bounds->series, ""));
  size_t length = (size_t)snprintf(text, room, "%s", label);
  if (strcmp(bounds->series_key, "run") == 0) return;
  if (count == 0 || count >= all || count > NAMED_MOST || length >= room) return;
  bool first = true;
  json_object_foreach(own, name, unused) {
    const char *key = is_number(name) ? bounds->series_key : "";
    length = strlen(text);
    snprintf(text + length, room - length, "%s%s%s%s", first ? ": " : ", ", key, *key ? " " : "", name);
    first = false;
  }
}

static int note_series(json_t *all, const char *label, const char *series) {
  json_t *own = json_object_get(all, label);
  if (!own && json_object_set_new(all, label, own = json_object())) return -ENOMEM;
  return json_object_set_new(own, series, json_true()) ? -ENOMEM : 0;
}

// Adds the cell's series to those of each of its bounds.
static int note_all(struct bounds *bounds, const json_t *cell, const json_t *all) {
  const char *series = json_text(json_object_get(cell, "point"), bounds->series_key);
  const json_t *bound;
  size_t i;
  int code = 0;
  if (json_is_store(cell) && strcmp(json_text(cell, "status"), "ok") == 0)
    code = note_series(bounds->series, "", series);
  json_array_foreach(all, i, bound) {
    char label[80];
    clean(json_text(bound, "label"), label, sizeof label);
    bool shown = json_is_number(json_object_get(bound, "value")) || json_is_number(json_object_get(bound, "ns"));
    if (shown && !code) code = note_series(bounds->series, label, series);
  }
  return code;
}

static int put_bound(const struct bounds *bounds, const json_t *cell, const json_t *bound) {
  const json_t *point = json_object_get(cell, "point");
  char panel[128], x[128], label[80], named[256], reason[512], line[LINE];
  double value = json_real_or_nan(bound, "value"), ns = json_real_or_nan(bound, "ns");
  clean(json_text(bound, "label"), label, sizeof label);
  if (json_is_string(json_object_get(bound, "reason"))) {
    clean(json_text(bound, "reason"), reason, sizeof reason);
    snprintf(line, sizeof line, "the bound \"%s\": %s", label, reason);
    return put_once(bounds, "note", line);
  }
  if (isnan(value) && isnan(ns)) return 0;
  clean(json_text(point, bounds->panel), panel, sizeof panel);
  clean(json_text(point, bounds->x), x, sizeof x);
  name_series(bounds, label, named, sizeof named);
  snprintf(line, sizeof line, "%s\t%s\t%.9g\t%.9g\t%s", panel, x, value, ns, named);
  return put_once(bounds, "bound", line);
}

static int put_all(struct bounds *bounds, const json_t *cell, const json_t *all) {
  const json_t *bound;
  size_t i;
  int code = 0;
  json_array_foreach(all, i, bound) {
    if (!code) code = put_bound(bounds, cell, bound);
    if (!code) look_beyond(bounds, cell, bound);
  }
  return code;
}

// Once over all cells to know whose each bound is, and once to write them.
static int put_cells(struct bounds *bounds, const json_t *run, const json_t *experiment) {
  int (*const rounds[])(struct bounds *, const json_t *, const json_t *) = {note_all, put_all};
  const json_t *chart = json_object_get(experiment, "chart"), *cell;
  size_t i;
  int code = 0;
  for (size_t round = 0; round < 2; round++) json_array_foreach(json_object_get(run, "cells"), i, cell) {
      if (code || strcmp(json_text(cell, "experiment"), json_text(experiment, "name")) != 0) continue;
      json_t *own = json_object_get(cell, "bounds");
      json_t *all = json_is_array(own) ? json_incref(own) : results_bounds_of(run, chart, cell, "");
      code = all ? rounds[round](bounds, cell, all) : -ENOMEM;
      json_decref(all);
    }
  return code;
}

int results_put_bounds(FILE *out, const json_t *run, const json_t *experiment) {
  const json_t *chart = json_object_get(experiment, "chart");
  struct bounds bounds = {.out = out,
                          .x = json_text(chart, "x"),
                          .panel = json_text(chart, "panel"),
                          .series_key = json_text(chart, "series"),
                          .written = json_object(),
                          .series = json_object(),
                          .metric = metric_find(json_text(chart, "y"))};
  int code = !bounds.metric ? -EINVAL : bounds.written && bounds.series ? 0 : -ENOMEM;
  if (!code) code = put_cells(&bounds, run, experiment);
  json_decref(bounds.written);
  json_decref(bounds.series);
  put_better(out, &bounds.beyond);
  put_better(out, &bounds.within);
  // For a chart without any: a reader who looks for one is told why. The other chart is that of latencies.
  results_put_comment(out, "no_bound", limit_none(json_text(chart, "y")));
  results_put_comment(out, "no_bound_latency", limit_none("p50"));
  return code;
}
