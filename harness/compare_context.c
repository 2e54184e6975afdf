// SPDX-License-Identifier: MIT
// What two runs do not have in common, and how far the machine moved between them.
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "harness/compare_internal.h"
#include "harness/metrics.h"
#include "harness/results_file.h"

// Runs of one machine, a quarter of an hour or a month apart, differ by 20 to 30% on a shared virtual one.
static const double drift_assumed = 0.25;
// Controls take a few seconds of a run; what its other minutes were like they do not tell.
static const double drift_least = 0.10;

static bool is_one_of(const char *key, const char *const *words) {
  for (; *words; words++)
    if (strcmp(key, *words) == 0) return true;
  return false;
}

static bool is_scalar(const json_t *value) {
  return json_is_string(value) || json_is_number(value) || json_is_boolean(value);
}

// A difference, where both runs know the value.
static int note(json_t *differences, const char *group, const char *key, const json_t *a, const json_t *b) {
  if (!is_scalar(a) || !is_scalar(b) || json_equal((json_t *)a, (json_t *)b)) return 0;
  return json_array_append_new(
      differences, json_pack("{s:s, s:s, s:O, s:O}", "group", group, "what", key, "a", (json_t *)a, "b", (json_t *)b));
}

json_t *compare_differences(const json_t *a, const json_t *b) {
  static const char *const build[] = {"version", "commit",   "build_type",       "compiler",
                                      "flags",   "jansson",  "xxhash",           "gsl",
                                      "inih",    "liburing", "google_benchmark", NULL};
  static const char *const volatile_[] = {"memory_available_bytes", "free_bytes", "load", NULL};
  static const char *const settings[] = {"profile", "repetitions", "sample_seconds", NULL};
  const json_t *of_a = json_object_get(a, "environment"), *of_b = json_object_get(b, "environment");
  json_t *differences = json_array(), *value;
  const char *key;
  int bad =
      !differences || note(differences, "machine", "host", json_object_get(a, "host"), json_object_get(b, "host"));
  json_object_foreach((json_t *)of_a, key, value) {
    if (is_one_of(key, volatile_)) continue;
    bad |= note(differences, is_one_of(key, build) ? "build" : "machine", key, value, json_object_get(of_b, key));
  }
  for (size_t i = 0; settings[i]; i++)
    bad |= note(differences, "settings", settings[i], json_object_get(a, settings[i]), json_object_get(b, settings[i]));
  if (!bad) return differences;
  json_decref(differences);
  return NULL;
}

// Whether both runs are of one machine, as far as they tell.
static bool same_machine(const json_t *differences) {
  static const char *const parts[] = {"host", "cpu", "cpus", "memory_bytes", "device", "file_system", NULL};
  const json_t *difference;
  size_t i;
  json_array_foreach(differences, i, difference) {
    if (is_one_of(json_text(difference, "what"), parts)) return false;
  }
  return true;
}

struct movement {
  size_t controls;
  double largest;  // of |log(b/a)|
  char control[256];
};

static void add_movement(struct movement *movement, double a, double b, const char *control) {
  if (!(a > 0) || !(b > 0) || !isfinite(a) || !isfinite(b)) return;
  double moved = fabs(log(b / a));
  if (movement->controls++ && moved <= movement->largest) return;
  movement->largest = moved;
  snprintf(movement->control, sizeof movement->control, "%s", control);
}

// The mean of logarithms of a cell's counted rates; NAN without any.
static double rate_of(const json_t *cell) {
  const struct metric *metric = metric_find("ops_per_s");
  const json_t *sample;
  size_t i, n = 0;
  double sum = 0;
  json_array_foreach(json_object_get(cell, "samples"), i, sample) {
    double value = json_is_true(json_object_get(sample, "counted")) ? metric_value(metric, sample) : NAN;
    if (!(value > 0)) continue;
    sum += log(value);
    n++;
  }
  return exp(sum / (double)n);
}

const json_t *compare_find(const json_t *run, const char *id) {
  const json_t *cell;
  size_t i;
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    if (strcmp(json_text(cell, "id"), id) == 0) return cell;
  }
  return NULL;
}

static void add_null_cells(struct movement *movement, const json_t *a, const json_t *b) {
  const json_t *cell;
  size_t i;
  json_array_foreach(json_object_get(a, "cells"), i, cell) {
    if (strcmp(json_text(cell, "spec"), "null") == 0)
      add_movement(movement, rate_of(cell), rate_of(compare_find(b, json_text(cell, "id"))), json_text(cell, "id"));
  }
}

static bool same_limit(const json_t *a, const json_t *b) {
  static const char *const results[] = {"value", "first", "low", "high", "n", "status", "reason", NULL};
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)a, key, value) {
    if (!is_one_of(key, results) && !json_equal(value, json_object_get(b, key))) return false;
  }
  return true;
}

// What was measured before the cells: of some runs bounds are measured again, and the better of both is higher by that
// alone.
static double first_of(const json_t *limit) {
  return json_real_or_nan(limit, json_is_number(json_object_get(limit, "first")) ? "first" : "value");
}

static void add_limits(struct movement *movement, const json_t *a, const json_t *b) {
  const json_t *of_a, *of_b;
  size_t i, j;
  json_array_foreach(json_object_get(a, "limits"), i, of_a) {
    char control[200];
    snprintf(control, sizeof control, "limit %s, depth %" JSON_INTEGER_FORMAT, json_text(of_a, "name"),
             json_integer_value(json_object_get(of_a, "depth")));
    json_array_foreach(json_object_get(b, "limits"), j, of_b) {
      if (!same_limit(of_a, of_b)) continue;
      add_movement(movement, first_of(of_a), first_of(of_b), control);
      break;
    }
  }
}

json_t *compare_floor(const json_t *a, const json_t *b, const json_t *differences, double threshold) {
  struct movement movement = {0};
  add_null_cells(&movement, a, b);
  add_limits(&movement, a, b);
  double moved = expm1(movement.largest), floor = threshold;
  const char *source = "threshold";
  if (!isfinite(threshold)) {
    bool known = movement.controls && same_machine(differences);
    source = known ? "controls" : "assumed";
    floor = known ? fmax(moved, drift_least) : drift_assumed;
  }
  if (!movement.controls)
    return json_pack("{s:f, s:s, s:i, s:n, s:n}", "floor", floor, "source", source, "controls", 0, "moved", "control");
  return json_pack("{s:f, s:s, s:I, s:f, s:s}", "floor", floor, "source", source, "controls",
                   (json_int_t)movement.controls, "moved", moved, "control", movement.control);
}
