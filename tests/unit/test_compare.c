// SPDX-License-Identifier: MIT
// Two runs whose difference is known: what is called worse, what is not, and how seldom noise is.
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/compare.h"
#include "tests/unit/draws.h"
#include "tests/unit/made_run.h"

enum { REPETITIONS = 9, TRIES = 1000 };

static const char *const xs[] = {"1", "2", "3", "4", NULL};
static const char *const engines[] = {"mmap", "pread", "stdio", "uring", NULL};
enum { CELLS = 16 };

static json_t *cell_of(json_t *run, size_t i) { return json_array_get(json_object_get(run, "cells"), i); }

// A run of sixteen cells around 1000, 2000 ... 16000 operations per second.
static json_t *noisy_run(struct random *random, double noise) {
  static const struct made_experiment experiment = {.name = "reads",
                                                    .title = "Reads",
                                                    .question = "Which?",
                                                    .shape = "bars",
                                                    .x = "batch",
                                                    .y = "ops_per_s",
                                                    .xs = xs,
                                                    .engines = engines};
  json_t *run = made_run("host");
  made_run_add(run, &experiment);
  for (size_t c = 0; c < CELLS; c++) {
    double rates[REPETITIONS];
    for (size_t r = 0; r < REPETITIONS; r++) rates[r] = 1000 * (double)(c + 1) * exp(noise * draw_normal(random));
    made_run_samples(cell_of(run, c), rates, REPETITIONS);
  }
  return run;
}

static void scale(json_t *cell, double factor) {
  json_t *sample;
  size_t i;
  json_array_foreach(json_object_get(cell, "samples"), i, sample) {
    json_t *rate = json_object_get(sample, "ops_per_s");
    assert_int_equal(json_real_set(rate, factor * json_real_value(rate)), 0);
  }
}

static json_t *compare(const json_t *a, const json_t *b, double threshold) {
  json_t *comparison;
  struct error error = {0};
  if (compare_runs(a, b, &(struct compare_rules){threshold, 1, "B"}, &comparison, &error)) fail_msg("%s", error.text);
  return comparison;
}

static json_int_t count(const json_t *comparison, const char *verdict) {
  return json_integer_value(json_object_get(json_object_get(comparison, "counts"), verdict));
}

static const json_t *row_of(const json_t *comparison, size_t i) {
  return json_array_get(json_object_get(comparison, "cells"), i);
}

static const char *text_of(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text ? text : "";
}

static double floor_of(const json_t *comparison) {
  return json_real_value(json_object_get(json_object_get(comparison, "floor"), "floor"));
}

static void test_a_run_is_no_different_from_itself(void **state) {
  (void)state;
  struct random random;
  random_seed(&random, 1);
  json_t *a = noisy_run(&random, 0.03);
  json_t *comparison = compare(a, a, 0);
  assert_int_equal(count(comparison, "no difference"), CELLS);
  assert_int_equal(json_array_size(json_object_get(comparison, "differences")), 0);
  json_decref(comparison);
  json_decref(a);
}

static void test_a_slower_cell_is_worse(void **state) {
  (void)state;
  struct random random;
  random_seed(&random, 2);
  json_t *a = noisy_run(&random, 0.01), *b = noisy_run(&random, 0.01);
  scale(cell_of(b, 5), 0.7);
  scale(cell_of(b, 6), 1.4);
  scale(cell_of(b, 7), 0.9);  // within the assumed 25%
  json_t *comparison = compare(a, b, NAN);
  assert_int_equal(count(comparison, "worse"), 1);
  assert_int_equal(count(comparison, "better"), 1);
  assert_int_equal(count(comparison, "no difference"), CELLS - 2);
  assert_string_equal(text_of(row_of(comparison, 5), "verdict"), "worse");
  assert_string_equal(text_of(row_of(comparison, 6), "verdict"), "better");
  assert_true(fabs(json_real_value(json_object_get(row_of(comparison, 5), "ratio")) - 0.7) < 0.03);
  assert_true(json_real_value(json_object_get(row_of(comparison, 5), "high")) < 0.8);  // beyond the floor as a whole
  json_decref(comparison);
  comparison = compare(a, b, 0.03);
  assert_int_equal(count(comparison, "worse"), 2);
  json_decref(comparison);
  comparison = compare(b, a, 0.03);  // the other way round
  assert_int_equal(count(comparison, "better"), 2);
  assert_int_equal(count(comparison, "worse"), 1);
  json_decref(comparison);
  json_decref(a);
  json_decref(b);
}

// Three comparisons have a third of the rate of error each: p counts three times, and intervals are wider.
static void test_comparisons_share_the_rate_of_error(void **state) {
  (void)state;
  struct random random;
  random_seed(&random, 8);
  json_t *a = noisy_run(&random, 0.03), *b = noisy_run(&random, 0.03), *one, *three;
  struct error error = {0};
  for (size_t i = 0; i < CELLS; i++) scale(cell_of(b, i), 1 + 0.01 * (double)i);
  assert_int_equal(compare_runs(a, b, &(struct compare_rules){0, 1, "B"}, &one, &error), 0);
  assert_int_equal(compare_runs(a, b, &(struct compare_rules){0, 3, "D"}, &three, &error), 0);
  assert_string_equal(text_of(three, "name"), "D");
  for (size_t i = 0; i < CELLS; i++) {
    const json_t *alone = row_of(one, i), *shared = row_of(three, i);
    double p = json_real_value(json_object_get(alone, "p"));
    assert_true(fabs(json_real_value(json_object_get(shared, "p")) - fmin(1, 3 * p)) < 1e-9);
    assert_true(json_real_value(json_object_get(shared, "high")) > json_real_value(json_object_get(alone, "high")));
    assert_true((strcmp(text_of(shared, "verdict"), "no difference") == 0) == (fmin(1, 3 * p) > 0.01));
  }
  assert_true(count(three, "better") < count(one, "better"));
  json_decref(one);
  json_decref(three);
  json_decref(a);
  json_decref(b);
}

static void set_latencies(json_t *run) {
  json_t *cell, *sample;
  size_t i, s;
  json_t *experiment = json_array_get(json_object_get(run, "experiments"), 0);
  json_object_set_new(json_object_get(experiment, "chart"), "y", json_string("p99"));
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    json_array_foreach(json_object_get(cell, "samples"), s, sample) {
      double rate = json_real_value(json_object_get(sample, "ops_per_s"));
      json_object_set_new(sample, "kind", json_string("latency"));
      json_object_set_new(sample, "latency_ns", json_pack("{s:f}", "p99", 1e9 / rate));
    }
  }
}

static void test_a_longer_latency_is_worse(void **state) {
  (void)state;
  struct random random;
  random_seed(&random, 3);
  json_t *a = noisy_run(&random, 0.01), *b = noisy_run(&random, 0.01);
  scale(cell_of(b, 5), 0.6);
  set_latencies(a);
  set_latencies(b);
  json_t *comparison = compare(a, b, NAN);
  assert_int_equal(count(comparison, "worse"), 1);
  assert_true(json_real_value(json_object_get(row_of(comparison, 5), "ratio")) > 1.5);
  json_decref(comparison);
  json_decref(a);
  json_decref(b);
}

// Sixteen cells of nothing but noise, by so many samples: one wrong verdict or more in at most 1% of comparisons. Of a
// thousand, 1% is 10 give or take 3.
static void test_noise_is_seldom_a_verdict(void **state) {
  (void)state;
  struct random random;
  size_t wrong = 0;
  random_seed(&random, 4);
  for (size_t t = 0; t < TRIES; t++) {
    json_t *a = noisy_run(&random, 0.05), *b = noisy_run(&random, 0.05);
    json_t *comparison = compare(a, b, 0);
    wrong += count(comparison, "no difference") < CELLS;
    json_decref(comparison);
    json_decref(a);
    json_decref(b);
  }
  printf("a verdict on noise: %zu of %d comparisons of %d cells\n", wrong, TRIES, CELLS);
  assert_in_range(wrong, 0, TRIES * 17 / 1000);
}

static void set_environment(json_t *run, const char *key, const char *value) {
  assert_int_equal(json_object_set_new(json_object_get(run, "environment"), key, json_string(value)), 0);
}

static json_t *limit(const char *name, double value) {
  return json_pack("{s:s, s:i, s:i, s:f, s:f, s:f, s:i, s:s}", "name", name, "bytes", 4096, "depth", 32, "value", value,
                   "low", value, "high", value, "n", 3, "status", "ok");
}

// What no store is in shows how far the machine moved, and that is the least difference that counts.
static void test_controls_set_the_floor(void **state) {
  (void)state;
  struct random random;
  random_seed(&random, 5);
  json_t *a = noisy_run(&random, 0.01), *b = noisy_run(&random, 0.01);
  json_t *again = limit("device-read", 200);  // what was measured before the cells is what is compared
  json_object_set_new(again, "first", json_real(100));
  json_object_set_new(a, "limits", json_pack("[o, o]", again, limit("system-call", 1000)));
  json_object_set_new(b, "limits", json_pack("[o, o]", limit("device-read", 70), limit("pread", 1)));
  json_t *comparison = compare(a, b, NAN);
  assert_true(fabs(floor_of(comparison) - (1 / 0.7 - 1)) < 1e-9);
  assert_string_equal(text_of(json_object_get(comparison, "floor"), "source"), "controls");
  assert_string_equal(text_of(json_object_get(comparison, "floor"), "control"), "limit device-read, depth 32");
  json_decref(comparison);
  // null is a control, and controls that stood still do not make it less than 10%.
  json_object_del(a, "limits");
  json_object_set_new(cell_of(a, 3), "spec", json_string("null"));
  json_object_set_new(cell_of(b, 3), "spec", json_string("null"));
  comparison = compare(a, b, NAN);
  assert_true(floor_of(comparison) == 0.10);
  assert_int_equal(json_integer_value(json_object_get(json_object_get(comparison, "floor"), "controls")), 1);
  json_decref(comparison);
  // Of another machine they say how it differs, not how it drifts.
  set_environment(b, "cpu", "Another processor");
  comparison = compare(a, b, NAN);
  assert_true(floor_of(comparison) == 0.25);
  assert_string_equal(text_of(json_object_get(comparison, "floor"), "source"), "assumed");
  json_decref(comparison);
  json_decref(a);
  json_decref(b);
}

static void test_differences_are_named(void **state) {
  (void)state;
  struct random random;
  random_seed(&random, 6);
  json_t *a = noisy_run(&random, 0.01), *b = noisy_run(&random, 0.01);
  set_environment(b, "kernel", "Linux 7.0");
  set_environment(a, "commit", "aaa");
  set_environment(b, "commit", "bbb");
  set_environment(b, "only_known_here", "yes");
  json_object_set_new(b, "profile", json_string("full"));
  json_object_set_new(cell_of(b, 0), "records", json_integer(4000));
  json_object_set_new(cell_of(b, 1), "samples", json_array());
  json_object_set_new(cell_of(b, 1), "status", json_string("failed"));
  json_object_set_new(cell_of(b, 1), "reason", json_string("lost a value"));
  json_object_set_new(cell_of(b, 2), "id", json_string("reads/5/mmap"));
  // What came of a cell is no setting.
  json_object_set_new(cell_of(a, 3), "flagged", json_integer(0));
  json_object_set_new(cell_of(b, 3), "flagged", json_integer(1));
  json_object_set_new(cell_of(a, 3), "effective", json_object());
  json_object_set_new(cell_of(b, 3), "effective", json_pack("{s:[s]}", "huge pages", "none"));
  json_t *comparison = compare(a, b, NAN);
  const json_t *differences = json_object_get(comparison, "differences");
  assert_int_equal(json_array_size(differences), 3);
  assert_string_equal(text_of(json_array_get(differences, 0), "what"), "kernel");
  assert_string_equal(text_of(json_array_get(differences, 0), "group"), "machine");
  assert_string_equal(text_of(json_array_get(differences, 1), "group"), "build");
  assert_string_equal(text_of(json_array_get(differences, 2), "group"), "settings");
  assert_int_equal(count(comparison, "not compared"), 2);
  assert_string_equal(text_of(row_of(comparison, 0), "reason"), "records differs: 1000 / 4000");
  assert_string_equal(text_of(row_of(comparison, 1), "reason"), "failed in B: lost a value");
  assert_int_equal(count(comparison, "no difference"), CELLS - 3);
  assert_int_equal(json_array_size(json_object_get(comparison, "only_in_a")), 1);
  assert_string_equal(json_string_value(json_array_get(json_object_get(comparison, "only_in_b"), 0)), "reads/5/mmap");
  json_decref(comparison);
  json_decref(a);
  json_decref(b);
}

// The cell that sets the rates of an open loop is no point of its chart, and has no samples of what that shows.
static void test_a_peak_is_not_judged(void **state) {
  (void)state;
  struct random random;
  random_seed(&random, 9);
  json_t *a = noisy_run(&random, 0.01), *b = noisy_run(&random, 0.01);
  set_latencies(a);
  set_latencies(b);
  for (size_t i = 0; i < 2; i++) {
    json_t *cell = cell_of(i ? b : a, 0), *sample;
    size_t s;
    json_object_set_new(cell, "peak", json_string(text_of(cell, "id")));
    json_array_foreach(json_object_get(cell, "samples"), s, sample) {
      json_object_set_new(sample, "latency_ns", json_null());
    }
  }
  json_t *comparison = compare(a, b, NAN);
  assert_int_equal(count(comparison, "not compared"), 1);
  assert_string_equal(text_of(row_of(comparison, 0), "reason"),
                      "sets the rates of other cells, and is itself no point of the chart");
  json_decref(comparison);
  json_decref(a);
  json_decref(b);
}

static void test_nothing_in_common(void **state) {
  (void)state;
  struct random random;
  json_t *comparison = NULL;
  struct error error = {0};
  random_seed(&random, 7);
  json_t *a = noisy_run(&random, 0.01), *b = made_run("host");
  assert_int_equal(compare_runs(a, b, &(struct compare_rules){NAN, 1, "B"}, &comparison, &error), -ENODATA);
  assert_non_null(strstr(error.text, "no cell in common"));
  assert_int_equal(json_array_size(json_object_get(comparison, "only_in_a")), CELLS);
  json_decref(comparison);
  json_decref(a);
  json_decref(b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_run_is_no_different_from_itself),
      cmocka_unit_test(test_a_slower_cell_is_worse),
      cmocka_unit_test(test_comparisons_share_the_rate_of_error),
      cmocka_unit_test(test_a_longer_latency_is_worse),
      cmocka_unit_test(test_noise_is_seldom_a_verdict),
      cmocka_unit_test(test_controls_set_the_floor),
      cmocka_unit_test(test_differences_are_named),
      cmocka_unit_test(test_a_peak_is_not_judged),
      cmocka_unit_test(test_nothing_in_common),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
