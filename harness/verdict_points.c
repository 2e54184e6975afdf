// SPDX-License-Identifier: MIT
// The points at which a claim is put to the test: its comparisons, at each value of the axes that they leave out.
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/duels.h"
#include "harness/limits/rules.h"
#include "harness/results_file.h"
#include "harness/verdict_internal.h"
#include "harness/winners.h"
#include "workloads/experiment.h"

enum { SIDE_ROOM = 256, PAIRS_LEAST = 3, POINTS_AT_ONCE = 64, SAMPLES_MAX = 1024 };

// Takes the next word of a side apart: the engine, or KEY=VALUE. False at its end.
static bool next_word(char **rest, const char **key, const char **value) {
  char *word;
  do word = strsep(rest, " \t");
  while (word && !*word);
  if (!word) return false;
  size_t length = strcspn(word, "=:");  // an engine's own options come after ':'
  bool pair = word[length] == '=';
  if (pair) word[length] = '\0';
  *key = pair ? word : "engine";
  *value = pair ? word + length + 1 : word;
  return true;
}

static bool side_names(const char *side, const char *axis) {
  char text[SIDE_ROOM], *rest = text;
  const char *key, *value;
  snprintf(text, sizeof text, "%s", side);
  while (next_word(&rest, &key, &value))
    if (strcmp(key, axis) == 0) return true;
  return false;
}

static bool cell_matches(const json_t *cell, const char *side, const json_t *at) {
  const json_t *point = json_object_get(cell, "point");
  char text[SIDE_ROOM], *rest = text;
  const char *key, *value;
  const json_t *wanted;
  snprintf(text, sizeof text, "%s", side);
  while (next_word(&rest, &key, &value))
    if (strcmp(json_text(point, key), value) != 0) return false;
  json_object_foreach((json_t *)at, key, wanted) {
    if (!json_equal(json_object_get(point, key), wanted)) return false;
  }
  return true;
}

// In `list` of the run: its cells, or those that were dropped.
static const json_t *find_cell(const struct verdict_trial *trial, const char *list, const char *side,
                               const json_t *at) {
  const json_t *cell;
  size_t i;
  json_array_foreach(json_object_get(trial->run, list), i, cell) {
    if (strcmp(json_text(cell, "experiment"), json_text(trial->experiment, "name")) == 0 && !json_is_peak(cell) &&
        cell_matches(cell, side, at))
      return cell;
  }
  return NULL;
}

// A bound that applies to the cell, by its name; NULL: none does.
static const json_t *find_bound(const struct verdict_trial *trial, const json_t *cell, const char *name,
                                double *value) {
  struct limit_spec specs[LIMITS_OF_CELL_MAX], measured;
  const json_t *limit;
  size_t count = limits_of_cell(cell, specs), i;
  for (size_t s = 0; s < count; s++) {
    if (strcmp(limit_name(specs[s].kind), name) != 0) continue;
    json_array_foreach(json_object_get(trial->run, "limits"), i, limit) {
      if (limit_spec_from_json(limit, &measured, NULL) || !limit_equal(&measured, &specs[s])) continue;
      *value = limit_in_metric(cell, &measured, json_real_or_nan(limit, "value"), trial->metric->name);
      return isfinite(*value) ? limit : NULL;
    }
  }
  return NULL;
}

// The cell's own samples by the bound. Those of the bound are no pairs of them, so its own interval widens that of the
// ratio at both ends.
static int divide_by_bound(const struct verdict_trial *trial, struct verdict_point *point, const char *name) {
  double values[SAMPLES_MAX], bounds[SAMPLES_MAX], bound;
  const json_t *sample, *limit = find_bound(trial, point->cells[0], name, &bound);
  size_t i, count = 0;
  if (!limit) {
    snprintf(point->reason, sizeof point->reason, "the bound %.60s was not measured for it", name);
    return -ENODATA;
  }
  json_array_foreach(json_object_get(point->cells[0], "samples"), i, sample) {
    double value = json_is_true(json_object_get(sample, "counted")) ? metric_value(trial->metric, sample) : NAN;
    if (!(value > 0) || count == SAMPLES_MAX) continue;
    bounds[count] = bound;
    values[count++] = value;
  }
  snprintf(point->reason, sizeof point->reason, "no sample has a value above 0");
  if (!count || statistics_ratio(values, bounds, count, trial->floor, &point->ratio)) return -ENODATA;
  double rate = json_real_or_nan(limit, "value");
  point->ratio.low *= rate / json_real_or_nan(limit, "high");
  point->ratio.high *= rate / json_real_or_nan(limit, "low");
  point->reason[0] = '\0';
  return 0;
}

static int divide_by_cell(const struct verdict_trial *trial, struct verdict_point *point) {
  int code = winners_ratio(point->cells[0], point->cells[1], trial->metric, trial->floor, &point->ratio);
  if (code) snprintf(point->reason, sizeof point->reason, "no repetition has a value above 0 on both sides");
  return code;
}

// Why a side has no value; false if it has one.
static bool lacks_value(const struct verdict_trial *trial, struct verdict_point *point, size_t side) {
  static const char *const keys[] = {"over", "under"};
  const char *name = json_text(json_array_get(trial->tests, point->test), keys[side]), *reason;
  const json_t *cell = point->cells[side];
  if (!cell) {
    const json_t *dropped = find_cell(trial, "dropped", name, point->at);
    reason = dropped ? json_text(dropped, "reason") : "not part of this run";
    snprintf(point->reason, sizeof point->reason, "%.100s: %.100s%s", name, dropped ? "left out: " : "", reason);
    return true;
  }
  const char *status = json_shown_status(cell);
  if (strcmp(status, "ok") == 0) return false;
  reason = strcmp(status, "saturated") == 0 ? "could not keep up with the rate" : json_text(cell, "reason");
  snprintf(point->reason, sizeof point->reason, "%s: %.200s", status, reason);
  return true;
}

// Whether half or more of the samples that the metric comes from are flagged.
static bool is_disturbed(const json_t *cell, const struct metric *metric, char *reason, size_t room) {
  const json_t *sample;
  size_t i, measured = 0, flagged = 0;
  json_array_foreach(json_object_get(cell, "samples"), i, sample) {
    if (!json_is_true(json_object_get(sample, "counted")) || !isfinite(metric_value(metric, sample))) continue;
    measured++;
    flagged += json_array_size(json_object_get(sample, "flags")) > 0;
  }
  if (flagged == 0 || 2 * flagged < measured) return false;
  snprintf(reason, room, "disturbed: %zu of %zu samples are flagged", flagged, measured);
  return true;
}

// The state by the point's own interval. A ratio beside the bound by less than an engine differs from itself decides
// nothing, and two pairs have no interval worth the name.
static void judge(const struct verdict_trial *trial, struct verdict_point *point) {
  const struct ratio *against = &point->against;
  bool disturbed =
      is_disturbed(point->cells[0], trial->metric, point->reason, sizeof point->reason) ||
      (point->cells[1] && is_disturbed(point->cells[1], trial->metric, point->reason, sizeof point->reason));
  const char *reason = NULL;
  if (!disturbed && (point->ratio.n < PAIRS_LEAST || !isfinite(trial->floor)))
    reason = "too few samples";
  else if (!disturbed && !(against->low > 1 || against->high < 1))
    reason = "the interval includes the bound";
  else if (!disturbed && !against->shown)
    reason = "no further from the bound than the noise floor";
  if (reason) snprintf(point->reason, sizeof point->reason, "%s", reason);
  if (disturbed || reason)
    point->state = POINT_OPEN;
  else
    point->state = (against->ratio < 1) == point->below ? POINT_HOLDS : POINT_FAILS;
}

// A duel about the bound decides what repetitions left open.
static void take_duel(const struct verdict_trial *trial, struct verdict_point *point) {
  const json_t *const *cells = point->cells;
  struct ratio duel;
  if (duels_about(trial->run, json_text(cells[0], "id"), json_text(cells[1], "id"), point->bound, &duel)) return;
  point->paired = true;
  point->ratio = point->against = duel;
  point->against.ratio /= point->bound;
  point->against.low /= point->bound;
  point->against.high /= point->bound;
  if (duel.shown)
    point->state = (point->against.ratio < 1) == point->below ? POINT_HOLDS : POINT_FAILS;
  else
    snprintf(point->reason, sizeof point->reason, "not shown by paired slices either");
}

static void measure(const struct verdict_trial *trial, struct verdict_point *point) {
  const char *under = json_text(json_array_get(trial->tests, point->test), "under");
  bool bound = experiment_side_is_bound(under);
  point->state = POINT_MISSING;
  if (strcmp(json_text(json_array_get(trial->tests, point->test), "over"), under) == 0) {
    snprintf(point->reason, sizeof point->reason, "both sides are the same cell on this machine");
    return;
  }
  if (lacks_value(trial, point, 0) || (!bound && lacks_value(trial, point, 1))) return;
  if (bound ? divide_by_bound(trial, point, under + strlen("bound ")) : divide_by_cell(trial, point)) return;
  statistics_against(&point->ratio, point->bound, trial->floor, &point->against);
  judge(trial, point);
  if (!bound && point->state == POINT_OPEN) take_duel(trial, point);
}

// Room for one point more.
static int make_room(struct verdict_trial *trial) {
  if (trial->count < trial->room) return 0;
  size_t room = trial->room ? 2 * trial->room : POINTS_AT_ONCE;
  struct verdict_point *points = reallocarray(trial->points, room, sizeof *points);
  if (!points) return -ENOMEM;
  trial->points = points;
  trial->room = room;
  return 0;
}

static int add_point(struct verdict_trial *trial, size_t number, const json_t *at) {
  const json_t *test = json_array_get(trial->tests, number);
  const char *holds = json_text(test, "holds");
  if (make_room(trial)) return -ENOMEM;
  struct verdict_point *point = &trial->points[trial->count];
  *point = (struct verdict_point){.test = number, .below = holds[0] == '<'};
  point->bound = *holds ? strtod(holds + 1, NULL) : NAN;
  point->at = json_copy((json_t *)at);
  if (!point->at) return -ENOMEM;
  trial->count++;
  point->cells[0] = find_cell(trial, "cells", json_text(test, "over"), at);
  point->cells[1] = find_cell(trial, "cells", json_text(test, "under"), at);
  measure(trial, point);
  return 0;
}

// Of what is no store nothing is claimed, unless it is named.
static bool no_store(const struct verdict_trial *trial, const json_t *at) {
  const json_t *cell = json_object_get(at, "engine") ? find_cell(trial, "cells", "", at) : NULL;
  return cell && !json_is_store(cell);
}

// All values of the axes from number `axis` on that the test leaves out.
static int add_points(struct verdict_trial *trial, size_t number, size_t axis, json_t *at) {
  const json_t *axes = json_object_get(trial->experiment, "axes"), *swept = json_array_get(axes, axis), *value;
  const char *key = json_text(swept, "key");
  size_t i;
  int code = 0;
  if (!swept) return no_store(trial, at) ? 0 : add_point(trial, number, at);
  if (side_names(json_text(json_array_get(trial->tests, number), "over"), key))
    return add_points(trial, number, axis + 1, at);
  json_array_foreach(json_object_get(swept, "values"), i, value) {
    if (!code && json_object_set(at, key, (json_t *)value)) code = -ENOMEM;
    if (!code) code = add_points(trial, number, axis + 1, at);
  }
  json_object_del(at, key);
  return code;
}

int verdict_points_find(struct verdict_trial *trial) {
  trial->count = trial->room = 0;
  trial->points = NULL;
  json_t *at = json_object();
  int code = at ? 0 : -ENOMEM;
  for (size_t i = 0; i < json_array_size(trial->tests) && !code; i++) code = add_points(trial, i, 0, at);
  json_decref(at);
  return code;
}

void verdict_points_free(struct verdict_trial *trial) {
  for (size_t i = 0; i < trial->count; i++) json_decref(trial->points[i].at);
  free(trial->points);
  trial->points = NULL;
}
