// SPDX-License-Identifier: MIT
// From the points of a claim to one of four words. docs/statistics.md says why these rules.
#include "harness/verdict.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/noise_floor.h"
#include "harness/results_file.h"
#include "harness/verdict_internal.h"

const char verdict_holds[] = "holds", verdict_fails[] = "does not hold", verdict_depends[] = "depends",
           verdict_not_shown[] = "not shown here";

static const double error_rate = 0.05;  // of verdicts that say more than is true

static size_t count_state(const struct verdict_trial *trial, enum point_state state) {
  size_t count = 0;
  for (size_t i = 0; i < trial->count; i++) count += trial->points[i].state == state;
  return count;
}

// What is said of single points out of many is corrected for having looked at them all (Holm).
static int correct(struct verdict_trial *trial) {
  double *p = malloc((trial->count + 1) * sizeof *p);
  if (!p) return -ENOMEM;
  for (size_t i = 0; i < trial->count; i++)
    p[i] = trial->points[i].state == POINT_MISSING ? 1 : trial->points[i].against.p;
  size_t measured = trial->count - count_state(trial, POINT_MISSING);
  int code = statistics_holm(p, trial->count);
  for (size_t i = 0; i < trial->count && !code; i++) {
    struct verdict_point *point = &trial->points[i];
    if ((point->state != POINT_HOLDS && point->state != POINT_FAILS) || p[i] <= error_rate) continue;
    point->state = POINT_OPEN;
    snprintf(point->reason, sizeof point->reason, "not sure enough for one of %zu points", measured);
  }
  free(p);
  return code;
}

// Where all points agree, each by its own interval, no correction is needed: that all must agree is correction enough
// (an intersection-union test). A flip is two claims picked from many.
static int decide(struct verdict_trial *trial, const char **outcome) {
  size_t measured = trial->count - count_state(trial, POINT_MISSING);
  *outcome = verdict_not_shown;
  if (measured && count_state(trial, POINT_HOLDS) == measured) *outcome = verdict_holds;
  if (measured && count_state(trial, POINT_FAILS) == measured) *outcome = verdict_fails;
  if (*outcome != verdict_not_shown) return 0;
  int code = correct(trial);
  if (count_state(trial, POINT_HOLDS) && count_state(trial, POINT_FAILS)) *outcome = verdict_depends;
  return code;
}

// The measured point whose ratio is nearest to its bound: what is least sure about the verdict. NULL: none is measured.
static const struct verdict_point *nearest(const struct verdict_trial *trial) {
  const struct verdict_point *found = NULL;
  for (size_t i = 0; i < trial->count; i++) {
    const struct verdict_point *point = &trial->points[i];
    if (point->state == POINT_MISSING) continue;
    if (!found || fabs(log(point->against.ratio)) < fabs(log(found->against.ratio))) found = point;
  }
  return found;
}

static json_t *number(double value) { return isfinite(value) ? json_real(value) : json_null(); }

// An end of the interval. One pair has none.
static json_t *end_of(const struct verdict_point *point, double value) {
  return point->state != POINT_MISSING && point->ratio.n > 1 ? number(value) : json_null();
}

// Samples that count and are flagged, of both sides.
static json_int_t flagged(const struct verdict_point *point) {
  json_int_t count = 0;
  for (int side = 0; side < 2; side++) count += json_integer_value(json_object_get(point->cells[side], "flagged"));
  return count;
}

static json_t *point_to_json(const struct verdict_point *point) {
  static const char *const states[POINT_STATES] = {[POINT_HOLDS] = verdict_holds,
                                                   [POINT_FAILS] = verdict_fails,
                                                   [POINT_OPEN] = verdict_not_shown,
                                                   [POINT_MISSING] = "not measured"};
  bool measured = point->state != POINT_MISSING;
  const char *reason = point->state == POINT_OPEN || !measured ? point->reason : NULL;
  return json_pack("{s:I, s:O, s:o, s:o, s:o, s:I, s:b, s:I, s:s, s:s?}", "test", (json_int_t)point->test, "at",
                   point->at, "ratio", number(measured ? point->ratio.ratio : NAN), "low",
                   end_of(point, point->ratio.low), "high", end_of(point, point->ratio.high), "n",
                   (json_int_t)(measured ? point->ratio.n : 0), "paired", (int)point->paired, "flagged", flagged(point),
                   "outcome", states[point->state], "reason", reason);
}

static json_t *points_to_json(const struct verdict_trial *trial) {
  json_t *points = json_array();
  for (size_t i = 0; points && i < trial->count; i++)
    if (json_array_append_new(points, point_to_json(&trial->points[i]))) return json_decref(points), NULL;
  return points;
}

static json_t *sentence(const struct verdict_trial *trial, const char *outcome) {
  char *text = NULL;
  size_t length;
  FILE *out = open_memstream(&text, &length);
  if (!out) return NULL;
  int code = verdict_say(out, trial, outcome);
  if (fclose(out)) code = -ENOMEM;
  json_t *said = code ? NULL : json_string(text);
  free(text);
  return said;
}

static int write_verdict(json_t *verdict, const struct verdict_trial *trial, const char *outcome) {
  const struct verdict_point *point = nearest(trial);
  json_t *found =
      json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "outcome", outcome, "text", sentence(trial, outcome), "nearest",
                point ? json_integer(point - trial->points) : json_null(), "ratio",
                number(point ? point->ratio.ratio : NAN), "low", point ? end_of(point, point->ratio.low) : json_null(),
                "high", point ? end_of(point, point->ratio.high) : json_null(), "points", points_to_json(trial));
  int code = !found || json_object_update(verdict, found) ? -ENOMEM : 0;
  json_decref(found);
  return code;
}

int verdict_find(const json_t *run, json_t *experiment) {
  json_t *verdict = json_object_get(experiment, "verdict");
  struct verdict_trial trial = {.run = run,
                                .experiment = experiment,
                                .tests = json_object_get(verdict, "tests"),
                                .metric = metric_find(json_text(json_object_get(experiment, "chart"), "y")),
                                .floor = noise_floor_of(experiment)};
  const char *outcome;
  if (!json_array_size(trial.tests) || !trial.metric) return 0;
  int code = verdict_points_find(&trial);
  if (!code) code = decide(&trial, &outcome);
  if (!code) code = write_verdict(verdict, &trial, outcome);
  verdict_points_free(&trial);
  return code;
}

static void put_number(char *text, size_t room, const char *before, double number) {
  int decimals = number >= 99.95 ? 0 : number >= 9.995 ? 1 : 2;
  size_t length = strlen(text);
  if (number < 0.995)
    snprintf(text + length, room - length, "%s%#.2g", before, number);
  else
    snprintf(text + length, room - length, "%s%.*f", before, decimals, number);
}

void verdict_ratio_format(const json_t *point, char *text, size_t room) {
  double ratio = json_real_or_nan(point, "ratio"), low = json_real_or_nan(point, "low");
  snprintf(text, room, "%s", isfinite(ratio) ? "" : "-");
  if (!isfinite(ratio)) return;
  put_number(text, room, "", ratio);
  if (!isfinite(low)) return;
  put_number(text, room, " (", low);
  put_number(text, room, "-", json_real_or_nan(point, "high"));
  snprintf(text + strlen(text), room - strlen(text), ")");
}

void verdict_at_format(const json_t *point, char *text, size_t room) {
  const char *key;
  json_t *value;
  snprintf(text, room, "%s", "");
  json_object_foreach(json_object_get(point, "at"), key, value) {
    size_t length = strlen(text);
    snprintf(text + length, room - length, "%s%s %s", length ? ", " : "", key, json_string_value(value));
  }
}

void verdict_test_format(const json_t *verdict, char *text, size_t room) {
  const json_t *points = json_object_get(verdict, "points"), *nearest = json_object_get(verdict, "nearest");
  const json_t *point = json_array_get(points, json_is_integer(nearest) ? (size_t)json_integer_value(nearest) : 0);
  const json_t *test =
      json_array_get(json_object_get(verdict, "tests"), (size_t)json_integer_value(json_object_get(point, "test")));
  char at[256];
  verdict_at_format(point, at, sizeof at);
  snprintf(text, room, "%s / %s%s%s, claimed %s", json_text(test, "over"), json_text(test, "under"),
           json_is_integer(nearest) && *at ? " at " : "", json_is_integer(nearest) ? at : "", json_text(test, "holds"));
}
