// SPDX-License-Identifier: MIT
// Several runs as one.
#include "harness/compare_merge.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "harness/compare_internal.h"
#include "harness/results_file.h"

enum { TEXT_ROOM = 1024, LABEL_ROOM = 128 };

void compare_label(const struct compared_runs *all, size_t i, char *text, size_t room) {
  const char *path = all->paths[i];
  size_t length = strlen(path);
  if (length >= 8 && strcmp(path + length - 8, "run.json") == 0) length -= 8;
  while (length > 1 && path[length - 1] == '/') length--;
  size_t start = length;
  while (start > 0 && path[start - 1] != '/') start--;
  snprintf(text, room, "%c%s%.*s", (char)('A' + i), length > start ? " " : "", (int)(length - start), path + start);
  json_t *valid = json_string(text);  // names of files need not be UTF-8
  for (char *c = text; !valid && *c; c++)
    if ((unsigned char)*c >= 0x80) *c = '?';
  json_decref(valid);
}

__attribute__((format(printf, 2, 3))) static void append(char *text, const char *format, ...) {
  size_t length = strlen(text);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text + length, TEXT_ROOM - length, format, arguments);
  va_end(arguments);
}

// What all runs say, or what each says: "A vm / B nuc".
static json_t *joined(const struct compared_runs *all, const char *object, const char *key) {
  char text[TEXT_ROOM] = "";
  bool same = true;
  const char *first = NULL;
  for (size_t i = 0; i < all->count; i++) {
    const json_t *holder = *object ? json_object_get(all->runs[i], object) : all->runs[i];
    const char *value = json_text(holder, key);
    if (!first) first = value;
    same = same && strcmp(first, value) == 0;
    append(text, "%s%c %s", i ? " / " : "", (char)('A' + i), *value ? value : "?");
  }
  return json_string(same ? first : text);
}

static json_t *head(const struct compared_runs *all) {
  bool indicative = false, complete = true;
  for (size_t i = 0; i < all->count; i++) {
    indicative = indicative || json_is_true(json_object_get(all->runs[i], "indicative"));
    complete = complete && json_is_true(json_object_get(all->runs[i], "complete"));
  }
  return json_pack("{s:o, s:o, s:b, s:b, s:{s:o, s:o, s:o, s:o}, s:[], s:[], s:[], s:[]}", "host",
                   joined(all, "", "host"), "profile", joined(all, "", "profile"), "indicative", (int)indicative,
                   "complete", (int)complete, "environment", "cpu", joined(all, "environment", "cpu"), "kernel",
                   joined(all, "environment", "kernel"), "file_system", joined(all, "environment", "file_system"),
                   "device", joined(all, "environment", "device"), "limits", "dropped", "experiments", "cells");
}

// The axis of panels, "" where there is none or it has one value, which would tell no panel from another.
static const char *panel_axis(const json_t *experiment) {
  const char *panel = json_text(json_object_get(experiment, "chart"), "panel");
  const json_t *axis;
  size_t i;
  json_array_foreach(json_object_get(experiment, "axes"), i, axis) {
    if (strcmp(json_text(axis, "key"), panel) == 0 && json_array_size(json_object_get(axis, "values")) < 2) return "";
  }
  return panel;
}

// "engine, sync": what was on the axes of series and panels, for panels.
static void panel_of(const json_t *experiment, const json_t *point, char *text) {
  const char *series = json_text(json_object_get(experiment, "chart"), "series"), *panel = panel_axis(experiment);
  snprintf(text, TEXT_ROOM, "%s%s%s", point ? json_text(point, series) : series, *panel ? ", " : "",
           point && *panel ? json_text(point, panel) : panel);
}

static const json_t *bound_named(const json_t *bounds, const char *label) {
  const json_t *bound;
  size_t i;
  json_array_foreach(bounds, i, bound) {
    if (strcmp(json_text(bound, "label") + 2, label) == 0) return bound;  // behind the letter of its run
  }
  return NULL;
}

// Whether another run's bound is the first run's as well, as far as can be told: within what the machine may have moved
// by. Drawn again for every run, lines on one another would say less.
static bool is_alike(const json_t *bound, const json_t *first, double floor) {
  double own = json_real_or_nan(bound, "value"), other = json_real_or_nan(first, "value");
  if (isnan(own) || isnan(other)) own = json_real_or_nan(bound, "ns"), other = json_real_or_nan(first, "ns");
  return fabs(log(own / other)) <= log(1 + floor);  // false where one is not known
}

// The bounds of a cell on its own machine, each behind the letter of its run.
static json_t *bounds_of(const struct compared_runs *all, size_t run, const json_t *chart, const json_t *cell) {
  const char letter[] = {(char)('A' + run), ' ', '\0'};
  json_t *bounds = results_bounds_of(all->runs[run], chart, cell, letter);
  const json_t *same = run ? compare_find(all->runs[0], json_text(cell, "id")) : NULL;
  json_t *first = same ? results_bounds_of(all->runs[0], chart, same, "A ") : NULL;
  double floor = run ? json_real_or_nan(json_object_get(all->comparisons[run - 1], "floor"), "floor") : NAN;
  for (size_t i = json_array_size(bounds); first && i-- > 0;) {
    const json_t *bound = json_array_get(bounds, i), *other = bound_named(first, json_text(bound, "label") + 2);
    if (other && is_alike(bound, other, floor)) (void)json_array_remove(bounds, i);  // it is there
  }
  json_decref(first);
  return bounds;
}

// The cell of one run: its samples, for charts along seconds, its summary, and the bounds of its own machine. Its id
// names the run, for the notes of a chart.
static json_t *cell_of(const struct compared_runs *all, size_t run, const json_t *experiment, const json_t *cell) {
  const json_t *chart = json_object_get(experiment, "chart"), *point = json_object_get(cell, "point");
  const char *x = json_text(chart, "x"), *name = json_text(experiment, "name");
  const char letter[] = {(char)('A' + run), ' ', '\0'};
  char label[LABEL_ROOM], panel[TEXT_ROOM], panel_key[TEXT_ROOM], id[TEXT_ROOM];
  compare_label(all, run, label, sizeof label);
  panel_of(experiment, NULL, panel_key);
  panel_of(experiment, point, panel);
  snprintf(id, sizeof id, "%s/%s%s", name, letter, json_text(cell, "id") + strlen(name) + 1);
  return json_pack("{s:s, s:s, s:{s:s, s:s, s:s}, s:O, s:O?, s:O?, s:O?, s:O?, s:o}", "id", id, "experiment", name,
                   "point", "run", label, panel_key, panel, *x ? x : "seconds", json_text(point, x), "status",
                   json_object_get(cell, "status"), "saturated", json_object_get(cell, "saturated"), "flagged",
                   json_object_get(cell, "flagged"), "summary", json_object_get(cell, "summary"), "samples",
                   json_object_get(cell, "samples"), "bounds", bounds_of(all, run, chart, cell));
}

static bool was_compared(const json_t *comparison, const char *id) {
  const json_t *row = compare_find(comparison, id);
  return row && !json_is_string(json_object_get(row, "reason"));
}

// Adds a cell of the first run and those that were compared with it. 1 if there is one, else 0; -1: memory.
static int add_place(const struct compared_runs *all, const json_t *experiment, const json_t *cell, json_t *cells) {
  const char *id = json_text(cell, "id");
  int added = 0;
  for (size_t r = 1; r < all->count; r++) {
    if (!was_compared(all->comparisons[r - 1], id)) continue;
    if (!added && json_array_append_new(cells, cell_of(all, 0, experiment, cell))) return -1;
    added = 1;
    if (json_array_append_new(cells, cell_of(all, r, experiment, compare_find(all->runs[r], id)))) return -1;
  }
  return added;
}

static const json_t *next_cell(const struct compared_runs *all, const json_t *experiment, size_t *position) {
  const json_t *cells = json_object_get(all->runs[0], "cells");
  while (*position < json_array_size(cells)) {
    const json_t *cell = json_array_get(cells, (*position)++);
    if (strcmp(json_text(cell, "experiment"), json_text(experiment, "name")) == 0 && !json_is_peak(cell)) return cell;
  }
  return NULL;
}

// Adds the cells of an experiment that were compared, panel by panel, since a line joins only rows that follow each
// other. How many places they are at; -1: memory.
static int add_cells(const struct compared_runs *all, const json_t *experiment, json_t *cells) {
  const json_t *cell, *other;
  json_t *panels = json_object();
  int places = 0, added = panels ? 0 : -1;
  for (size_t i = 0; added >= 0 && (cell = next_cell(all, experiment, &i));) {
    char panel[TEXT_ROOM], own[TEXT_ROOM];
    panel_of(experiment, json_object_get(cell, "point"), panel);
    if (json_object_get(panels, panel)) continue;
    if (json_object_set_new(panels, panel, json_true())) added = -1;
    for (size_t o = 0; added >= 0 && (other = next_cell(all, experiment, &o));) {
      panel_of(experiment, json_object_get(other, "point"), own);
      if (strcmp(own, panel) != 0) continue;
      added = add_place(all, experiment, other, cells);
      places += added;
    }
  }
  json_decref(panels);
  return added < 0 ? -1 : places;
}

struct tally {
  size_t cells, worse, better;
  double worst, best;  // ratios
};

static void count_verdicts(const json_t *comparison, const char *experiment, struct tally *tally) {
  const json_t *row;
  size_t i;
  json_array_foreach(json_object_get(comparison, "cells"), i, row) {
    const char *verdict = json_text(row, "verdict");
    double ratio = json_real_or_nan(row, "ratio");
    if (strcmp(json_text(row, "experiment"), experiment) != 0 || json_is_string(json_object_get(row, "reason")))
      continue;
    tally->cells++;
    if (strcmp(verdict, "worse") == 0 && (!tally->worse++ || fabs(log(ratio)) > fabs(log(tally->worst))))
      tally->worst = ratio;
    if (strcmp(verdict, "better") == 0 && (!tally->better++ || fabs(log(ratio)) > fabs(log(tally->best))))
      tally->best = ratio;
  }
}

// "B after: of 12 cells 1 worse (B/A 0.7), 1 better (B/A 1.4)".
static void state(const struct compared_runs *all, size_t run, const char *experiment, char *text) {
  struct tally tally = {0};
  char label[LABEL_ROOM], letter = (char)('A' + run);
  compare_label(all, run, label, sizeof label);
  count_verdicts(all->comparisons[run - 1], experiment, &tally);
  if (!tally.cells) return;
  append(text, "%s%s: ", *text ? "; " : "", label);
  if (!tally.worse && !tally.better) {
    append(text, "no difference shown in %zu cells", tally.cells);
    return;
  }
  append(text, "of %zu cells ", tally.cells);
  if (tally.worse) append(text, "%zu worse (%c/A %.3g)", tally.worse, letter, tally.worst);
  if (tally.better) append(text, "%s%zu better (%c/A %.3g)", tally.worse ? ", " : "", tally.better, letter, tally.best);
}

static json_t *axes_of(const struct compared_runs *all, const json_t *experiment) {
  json_t *axes = json_deep_copy(json_object_get(experiment, "axes")), *labels = json_array();
  int bad = !axes || !labels;
  for (size_t i = 0; i < all->count && !bad; i++) {
    char label[LABEL_ROOM];
    compare_label(all, i, label, sizeof label);
    bad = json_array_append_new(labels, json_string(label));
  }
  json_t *axis = json_pack("{s:s, s:o}", "key", "run", "values", labels);
  if (!bad && json_array_append_new(axes, axis) == 0) return axes;
  if (bad) json_decref(axis);
  json_decref(axes);
  return NULL;
}

// The series are runs here, from one of which to the next is no step.
static const char *shape_of(const json_t *chart) {
  const char *shape = json_text(chart, "shape");
  return strcmp(shape, "steps") == 0 ? "ladder" : shape;
}

static json_t *experiment_of(const struct compared_runs *all, const json_t *experiment) {
  const json_t *chart = json_object_get(experiment, "chart");
  char finding[TEXT_ROOM] = "", panel[TEXT_ROOM];
  for (size_t i = 1; i < all->count; i++) state(all, i, json_text(experiment, "name"), finding);
  panel_of(experiment, NULL, panel);
  return json_pack("{s:O, s:O, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:O, s:O?}, s:o}", "name",
                   json_object_get(experiment, "name"), "title", json_object_get(experiment, "title"), "finding",
                   finding, "question", json_text(experiment, "title"), "claim", "", "chart", "shape", shape_of(chart),
                   "x", json_text(chart, "x"), "series", "run", "panel", panel, "y", json_object_get(chart, "y"),
                   "log_y", json_object_get(chart, "log_y"), "axes", axes_of(all, experiment));
}

json_t *compare_merge(const struct compared_runs *all) {
  json_t *merged = head(all);
  const json_t *experiment;
  size_t i;
  int bad = !merged;
  json_array_foreach(json_object_get(all->runs[0], "experiments"), i, experiment) {
    int places = bad ? -1 : add_cells(all, experiment, json_object_get(merged, "cells"));
    bad = places < 0;
    if (places > 0) bad = json_array_append_new(json_object_get(merged, "experiments"), experiment_of(all, experiment));
  }
  if (!bad) return merged;
  json_decref(merged);
  return NULL;
}
