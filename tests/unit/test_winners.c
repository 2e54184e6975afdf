// SPDX-License-Identifier: MIT
// Who is named a winner: on runs whose answer is known, and how seldom among equals.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/results.h"
#include "harness/winners_internal.h"
#include "tests/unit/draws.h"
#include "tests/unit/made_run.h"

enum { REPETITIONS = 9, ENGINES_MAX = 6, TRIES = 400 };

static const char *const xs[] = {"1", NULL};
static const char *const names[ENGINES_MAX + 1] = {"a", "b", "c", "d", "e", "f", NULL};

// A run of one contest between the first `count` engines, engine e in repetition r at `rates[e][r]`.
static json_t *contest(double (*rates)[REPETITIONS], size_t count) {
  const char *engines[ENGINES_MAX + 1] = {NULL};
  for (size_t e = 0; e < count; e++) engines[e] = names[e];
  const struct made_experiment experiment = {.name = "reads",
                                             .title = "Reads",
                                             .question = "Which?",
                                             .shape = "bars",
                                             .x = "batch",
                                             .y = "ops_per_s",
                                             .xs = xs,
                                             .engines = engines};
  json_t *run = made_run("host");
  made_run_add(run, &experiment);
  for (size_t e = 0; e < count; e++)
    made_run_samples(json_array_get(json_object_get(run, "cells"), e), rates[e], REPETITIONS);
  struct error error = {0};
  if (results_summarise(run, &error)) fail_msg("%s", error.text);
  return run;
}

static const json_t *experiment_of(const json_t *run) { return json_array_get(json_object_get(run, "experiments"), 0); }
static const json_t *winner_of(const json_t *run) {
  return json_array_get(json_object_get(experiment_of(run), "winners"), 0);
}
static const char *text_of(const json_t *object, const char *key) {
  return json_string_value(json_object_get(object, key));
}

static void fill(double *rates, double level, double noise, struct random *random) {
  for (size_t r = 0; r < REPETITIONS; r++) rates[r] = level * exp(noise * draw_normal(random));
}

// Of contests between equals, in how many anyone is said to beat anyone.
static double share_of_claims(size_t count, uint64_t seed) {
  struct random random;
  size_t claims = 0;
  random_seed(&random, seed);
  for (size_t t = 0; t < TRIES; t++) {
    double rates[ENGINES_MAX][REPETITIONS];
    for (size_t e = 0; e < count; e++) fill(rates[e], 1000, 0.11, &random);
    json_t *run = contest(rates, count);
    claims += json_is_string(json_object_get(winner_of(run), "over"));
    json_decref(run);
  }
  return (double)claims / TRIES;
}

// The best of six looks better than the best of two; that must not make it a winner more often.
static void test_no_winner_among_equals(void **state) {
  (void)state;
  for (size_t count = 2; count <= ENGINES_MAX; count++) {
    double share = share_of_claims(count, count);
    printf("%zu equals: %.1f%% claims\n", count, 100 * share);
    if (share > 0.05) fail_msg("%g of contests between %zu equals have a winner", share, count);
  }
}

static void test_the_only_winner_beats_every_other(void **state) {
  (void)state;
  struct random random;
  double rates[4][REPETITIONS];
  random_seed(&random, 3);
  for (size_t e = 0; e < 4; e++) fill(rates[e], e == 2 ? 1300 : 1000, 0.02, &random);
  json_t *run = contest(rates, 4);
  assert_string_equal(text_of(winner_of(run), "engine"), "c");
  assert_true(json_is_true(json_object_get(winner_of(run), "shown")));
  assert_int_equal(json_array_size(json_object_get(winner_of(run), "tied")), 0);
  json_decref(run);
}

// Where the others have none of what is counted there is no ratio; that fewer were measured would be wrong.
static void test_only_one_has_any(void **state) {
  (void)state;
  double rates[3][REPETITIONS] = {{0}};
  for (size_t r = 0; r < REPETITIONS; r++) rates[1][r] = 1000 + (double)r;
  json_t *run = contest(rates, 3);
  assert_string_equal(text_of(experiment_of(run), "finding"), "Only b has operations per second, batch 1");
  json_decref(run);
  for (size_t r = 0; r < REPETITIONS; r++) rates[1][r] = 0;
  run = contest(rates, 3);
  assert_non_null(strstr(text_of(experiment_of(run), "finding"), "Nothing to compare"));
  json_decref(run);
}

// One that is too noisy to be told from the best is tied with it, wherever its median stands; the others are beaten.
static void test_a_noisy_one_is_tied_out_of_order(void **state) {
  (void)state;
  struct random random;
  double rates[3][REPETITIONS];
  random_seed(&random, 4);
  fill(rates[0], 1300, 0.01, &random);
  fill(rates[1], 1000, 0.01, &random);
  for (size_t r = 0; r < REPETITIONS; r++) rates[2][r] = r % 2 ? 900 : 3000 + (double)r;
  rates[2][0] = rates[2][2] = 900;  // the median is the least one
  json_t *run = contest(rates, 3);
  assert_string_equal(text_of(winner_of(run), "engine"), "a");
  assert_true(json_is_false(json_object_get(winner_of(run), "shown")));
  assert_int_equal(json_array_size(json_object_get(winner_of(run), "tied")), 1);
  assert_string_equal(json_string_value(json_array_get(json_object_get(winner_of(run), "tied"), 0)), "c");
  assert_string_equal(text_of(winner_of(run), "over"), "b");
  json_decref(run);
}

// A sure difference that an engine also shows against itself is no difference.
static void test_the_floor_is_the_engines_own_noise(void **state) {
  (void)state;
  struct random random;
  double rates[3][REPETITIONS], measured;
  random_seed(&random, 5);
  // Both follow the machine's ups and downs, so that their ratio is sure to a hair while each repeats itself to 12%
  // only.
  for (size_t r = 0; r < REPETITIONS; r++) {
    double machine = 1000 * exp(0.08 * draw_normal(&random));
    rates[0][r] = 1.03 * machine * exp(0.001 * draw_normal(&random));
    rates[1][r] = machine;
  }
  json_t *run = contest(rates, 2);
  measured = json_real_value(json_object_get(json_object_get(experiment_of(run), "noise_floor"), "floor"));
  assert_true(0.04 < measured && measured < 0.15);
  assert_int_equal(json_integer_value(json_object_get(json_object_get(experiment_of(run), "noise_floor"), "changes")),
                   16);
  assert_true(json_is_null(json_object_get(winner_of(run), "over")));
  json_decref(run);
  // Without the ups and downs the same difference is believed: the floor is the least one.
  for (size_t r = 0; r < REPETITIONS; r++) {
    rates[0][r] = 1030 + (double)(r % 2);
    rates[1][r] = 1000;
  }
  run = contest(rates, 2);
  measured = json_real_value(json_object_get(json_object_get(experiment_of(run), "noise_floor"), "floor"));
  assert_true(fabs(measured - 0.02) < 1e-12);
  assert_true(json_is_true(json_object_get(winner_of(run), "shown")));
  json_decref(run);
}

static void test_without_a_floor_nothing_is_believed(void **state) {
  (void)state;
  double rates[2][REPETITIONS] = {{2000, 2000}, {1000, 1000}};
  json_t *run = contest(rates, 2);
  json_t *cells = json_object_get(run, "cells"), *cell;
  size_t i;
  json_array_foreach(cells, i, cell) made_run_samples(cell, rates[i], 2);
  struct error error = {0};
  assert_int_equal(results_summarise(run, &error), 0);
  const json_t *noise = json_object_get(experiment_of(run), "noise_floor");
  assert_true(json_is_null(json_object_get(noise, "floor")));
  assert_string_equal(text_of(noise, "reason"), "too few repetitions");
  assert_true(json_is_null(json_object_get(winner_of(run), "over")));
  json_decref(run);
}

// A headline about asynchronous syncs says what they are worth; no other setting is commented.
static void test_async_is_said_to_promise_nothing(void **state) {
  (void)state;
  char text[TEXT_MAX];
  struct contest contest = {
      .metric = metric_find("ops_per_s"), .x_key = "sync", .series_key = "engine", .panel_key = ""};
  const struct outcome tied = {.ties = 1};
  contest.x = "async";
  contest.panel = "";
  winners_state(text, "update", &contest, &tied);
  assert_string_equal(text, "No difference shown between , sync async (promises nothing)");
  contest.x = "always";
  winners_state(text, "update", &contest, &tied);
  assert_string_equal(text, "No difference shown between , sync always");
  struct claim claim = {.name = {"mmap", "mmap"},
                        .differs = {"sync=async", "sync=every=64"},
                        .common = "batch=64, record_size=128",
                        .ratio = {.ratio = 3, .low = 2, .high = 4}};
  winners_state_claim(text, "update", &contest, &claim);
  assert_string_equal(text,
                      "mmap updates 3.0x faster with sync async (promises nothing) than with sync every 64, batch 64, "
                      "record size 128 (2.0-4.0x)");
}

// A rate goes without saying, what else is compared does not: of percentiles a chart shows five.
static void test_a_tie_names_what_is_compared(void **state) {
  (void)state;
  char text[TEXT_MAX];
  struct contest contest = {.metric = metric_find("p99"), .x_key = "rate", .series_key = "engine", .panel_key = ""};
  const struct outcome tied = {.ties = 1}, faint = {.faints = 1};
  contest.x = "20k";
  contest.panel = "";
  winners_state(text, "update", &contest, &tied);
  assert_string_equal(text, "No difference in 99th percentile latency shown between , rate 20k");
  winners_state(text, "update", &contest, &faint);
  assert_string_equal(text,
                      " is ahead in 99th percentile latency, rate 20k, but its lead does not survive correction for "
                      "multiple comparisons");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_no_winner_among_equals),
      cmocka_unit_test(test_the_only_winner_beats_every_other),
      cmocka_unit_test(test_only_one_has_any),
      cmocka_unit_test(test_a_noisy_one_is_tied_out_of_order),
      cmocka_unit_test(test_the_floor_is_the_engines_own_noise),
      cmocka_unit_test(test_without_a_floor_nothing_is_believed),
      cmocka_unit_test(test_async_is_said_to_promise_nothing),
      cmocka_unit_test(test_a_tie_names_what_is_compared),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
