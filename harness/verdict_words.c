// SPDX-License-Identifier: MIT
// Verdicts in words: "depends: holds up to batch 8, does not hold from batch 64 on".
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/results_file.h"
#include "harness/verdict.h"
#include "harness/verdict_internal.h"

enum { NAMED_MAX = 6 };  // points; more are counted

// The points of one comparison that are said in one phrase: of the same state, for the same reason.
struct phrase {
  const struct verdict_trial *trial;
  const struct verdict_point *like;
  const char *axis;  // the one axis that decides; NULL: they differ along several
};

static bool same_state(const struct verdict_point *a, const struct verdict_point *b) {
  return a->test == b->test && a->state == b->state && strcmp(a->reason, b->reason) == 0;
}

static bool is_in(const struct phrase *phrase, const struct verdict_point *point) {
  return same_state(phrase->like, point);
}

static const char *value_at(const struct verdict_point *point, const char *axis) { return json_text(point->at, axis); }

// Whether the state follows from the value on `axis` alone, among all points of the comparison.
static bool decides(const struct verdict_trial *trial, size_t test, const char *axis) {
  for (size_t i = 0; i < trial->count; i++) {
    const struct verdict_point *a = &trial->points[i];
    for (size_t k = i + 1; k < trial->count && a->test == test; k++) {
      const struct verdict_point *b = &trial->points[k];
      if (b->test == test && strcmp(value_at(a, axis), value_at(b, axis)) == 0 && !same_state(a, b)) return false;
    }
  }
  return true;
}

static const char *deciding_axis(const struct verdict_trial *trial, const struct verdict_point *point) {
  const char *key;
  json_t *value;
  json_object_foreach(point->at, key, value) {
    if (decides(trial, point->test, key)) return key;
  }
  return NULL;
}

static const json_t *axis_values(const struct verdict_trial *trial, const char *key) {
  const json_t *axis;
  size_t i;
  json_array_foreach(json_object_get(trial->experiment, "axes"), i, axis) {
    if (strcmp(json_text(axis, "key"), key) == 0) return json_object_get(axis, "values");
  }
  return NULL;
}

static bool phrase_has(const struct phrase *phrase, const char *value) {
  for (size_t i = 0; i < phrase->trial->count; i++)
    if (is_in(phrase, &phrase->trial->points[i]) &&
        strcmp(value_at(&phrase->trial->points[i], phrase->axis), value) == 0)
      return true;
  return false;
}

// "64", "4K", "30% of peak": a number, and what stands behind it.
static double leading_number(const char *text, const char **rest) {
  static const char units[] = "KMG";
  char *end;
  double number = strtod(text, &end);
  const char *unit = *end ? strchr(units, *end) : NULL;
  for (const char *u = units; unit && u <= unit; u++) number *= 1024;
  *rest = end == text ? NULL : unit ? end + 1 : end;
  return number;
}

// Numbers of one kind that grow along the axis, so that "up to" and "from ... on" mean something.
static bool is_rising(const json_t *values) {
  const char *kind = NULL, *rest;
  double before = 0;
  for (size_t i = 0; i < json_array_size(values); i++) {
    double number = leading_number(json_string_value(json_array_get(values, i)), &rest);
    if (!rest || (kind && (strcmp(rest, kind) != 0 || !(number > before)))) return false;
    kind = rest;
    before = number;
  }
  return true;
}

// "batch ", but a store goes by its name.
static void put_key(FILE *out, const char *key) {
  if (strcmp(key, "engine") == 0) return;
  for (; *key; key++) fputc(*key == '_' ? ' ' : *key, out);
  fputc(' ', out);
}

static void put_values(FILE *out, const struct phrase *phrase, const json_t *values, size_t count) {
  size_t told = 0;
  for (size_t i = 0; i < json_array_size(values); i++) {
    const char *value = json_string_value(json_array_get(values, i));
    if (!phrase_has(phrase, value)) continue;
    fprintf(out, "%s%s", told == 0 ? "" : told + 1 == count ? " and " : ", ", value);
    told++;
  }
}

// Along the one axis: "up to batch 8", "from batch 64 on", "at batch 1, 8 and 64". All of it needs no word.
static void put_range(FILE *out, const struct phrase *phrase) {
  const json_t *values = axis_values(phrase->trial, phrase->axis);
  size_t all = json_array_size(values), count = 0, first = all, last = 0;
  for (size_t i = 0; i < all; i++) {
    if (!phrase_has(phrase, json_string_value(json_array_get(values, i)))) continue;
    if (count++ == 0) first = i;
    last = i;
  }
  if (count == all) return;
  bool whole = count > 1 && last - first + 1 == count && is_rising(values);
  const char *single = strcmp(phrase->axis, "engine") == 0 ? " for " : " at ";
  fputs(whole && first == 0 ? " up to " : whole && last + 1 == all ? " from " : single, out);
  put_key(out, phrase->axis);
  if (whole && first == 0)
    fputs(json_string_value(json_array_get(values, last)), out);
  else if (whole && last + 1 == all)
    fprintf(out, "%s on", json_string_value(json_array_get(values, first)));
  else
    put_values(out, phrase, values, count);
}

static void put_point(FILE *out, const json_t *at) {
  const char *key;
  json_t *value;
  bool begun = false;
  json_object_foreach((json_t *)at, key, value) {
    if (begun) fputc(' ', out);
    begun = true;
    put_key(out, key);
    fputs(json_string_value(value), out);
  }
}

// Along several axes: "at batch 1 threads 2, batch 8 threads 2".
static void put_points(FILE *out, const struct phrase *phrase) {
  size_t count = 0, told = 0;
  for (size_t i = 0; i < phrase->trial->count; i++) count += is_in(phrase, &phrase->trial->points[i]);
  for (size_t i = 0; i < phrase->trial->count && told < NAMED_MAX; i++) {
    if (!is_in(phrase, &phrase->trial->points[i])) continue;
    fputs(told++ ? ", " : " at ", out);
    put_point(out, phrase->trial->points[i].at);
  }
  if (count > told) fprintf(out, " and %zu more", count - told);
}

static void put_phrase(FILE *out, const struct phrase *phrase) {
  static const char *const words[POINT_STATES] = {[POINT_HOLDS] = verdict_holds,
                                                  [POINT_FAILS] = verdict_fails,
                                                  [POINT_OPEN] = "not shown",
                                                  [POINT_MISSING] = "not measured"};
  const struct verdict_point *like = phrase->like;
  fputs(words[like->state], out);
  if (phrase->axis)
    put_range(out, phrase);
  else if (json_object_size(like->at))
    put_points(out, phrase);
  if (like->state == POINT_OPEN || like->state == POINT_MISSING) fprintf(out, " (%s)", like->reason);
}

static bool said_before(const struct verdict_trial *trial, size_t i) {
  for (size_t k = 0; k < i; k++)
    if (same_state(&trial->points[k], &trial->points[i])) return true;
  return false;
}

// One comparison: what holds, what does not, what is not shown and what was not measured, in this order.
static void put_test(FILE *out, const struct verdict_trial *trial, size_t test) {
  const json_t *compared = json_array_get(trial->tests, test);
  bool begun = false;
  if (json_array_size(trial->tests) > 1)
    fprintf(out, "%s / %s ", json_text(compared, "over"), json_text(compared, "under"));
  for (int state = 0; state < POINT_STATES; state++) {
    for (size_t i = 0; i < trial->count; i++) {
      const struct verdict_point *point = &trial->points[i];
      if (point->test != test || point->state != (enum point_state)state || said_before(trial, i)) continue;
      const struct phrase phrase = {trial, point, deciding_axis(trial, point)};
      if (begun) fputs(", ", out);
      begun = true;
      put_phrase(out, &phrase);
    }
  }
}

// Whether all points are in one state for one reason.
static bool is_uniform(const struct verdict_trial *trial) {
  for (size_t i = 1; i < trial->count; i++)
    if (trial->points[i].state != trial->points[0].state ||
        strcmp(trial->points[i].reason, trial->points[0].reason) != 0)
      return false;
  return true;
}

int verdict_say(FILE *out, const struct verdict_trial *trial, const char *outcome) {
  size_t tests = json_array_size(trial->tests);
  bool decided = strcmp(outcome, verdict_holds) == 0 || strcmp(outcome, verdict_fails) == 0;
  if (trial->count == 0) {
    fprintf(out, "%s: no store to compare", outcome);
  } else if (is_uniform(trial)) {
    fputs(outcome, out);
    if (!decided) fprintf(out, ": %s", trial->points[0].reason);
    if (trial->count > 1) fprintf(out, ", at all %zu points", trial->count);
  } else {
    if (!decided || tests > 1) fprintf(out, "%s: ", outcome);
    for (size_t test = 0; test < tests; test++) {
      if (test) fputs("; ", out);
      put_test(out, trial, test);
    }
  }
  return ferror(out) ? -EIO : 0;
}
