// SPDX-License-Identifier: MIT
// Duels of a run: what their pairs say, how they change who is named a winner, and how seldom among equals. And which
// of all that was shown heads the chart.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/duel_estimate.h"
#include "harness/duels.h"
#include "harness/finding.h"
#include "harness/results.h"
#include "tests/unit/draws.h"
#include "tests/unit/made_run.h"

enum { PAIRS = 6, REPETITIONS = 9, TRIES = 400 };

static const char *const xs[] = {"1", "64", NULL};
static const char *const engines[] = {"a", "b", "c", NULL};

// A run of three engines at two points, all at `rates[x][engine]`, with a little noise that is each one's own.
static json_t *made(double rates[2][3], double noise, struct random *random) {
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
  for (size_t i = 0; i < 6; i++) {
    double values[REPETITIONS];
    for (size_t r = 0; r < REPETITIONS; r++) values[r] = rates[i / 3][i % 3] * exp(noise * draw_normal(random));
    made_run_samples(json_array_get(json_object_get(run, "cells"), i), values, REPETITIONS);
  }
  assert_int_equal(json_object_set_new(run, "duels", json_array()), 0);
  return run;
}

static json_t *add_duel(json_t *run, const char *a, const char *b, double bound, const double *logs, size_t pairs) {
  json_t *array = json_array();
  for (size_t i = 0; i < pairs; i++) assert_int_equal(json_array_append_new(array, json_real(exp(logs[i]))), 0);
  json_t *duel = json_pack("{s:s, s:[s, s], s:s, s:s, s:f, s:f, s:o}", "experiment", "reads", "cells", a, b, "about",
                           "winner", "status", "ok", "bound", bound, "floor", 0.02, "pairs", array);
  assert_non_null(duel);
  assert_int_equal(json_array_append_new(json_object_get(run, "duels"), duel), 0);
  return duel;
}

static void summarise(json_t *run) {
  struct error error = {0};
  if (results_summarise(run, &error)) fail_msg("%s", error.text);
}

static json_t *experiment_of(const json_t *run) { return json_array_get(json_object_get(run, "experiments"), 0); }
static const json_t *winner_of(const json_t *run, size_t i) {
  return json_array_get(json_object_get(experiment_of(run), "winners"), i);
}
static const char *text_of(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text ? text : "";
}
static void expect(const json_t *object, const char *key, const char *part) {
  if (!strstr(text_of(object, key), part)) fail_msg("\"%s\" does not say \"%s\"", text_of(object, key), part);
}
static bool is_true(const json_t *object, const char *key) { return json_is_true(json_object_get(object, key)); }

// The figures of test_duel.c, by hand: mean 0.08, and half an interval of t(7) at 95%.
static void test_known_answer(void **state) {
  (void)state;
  const double logs[9] = {0.06, 0.07, 0.06, 0.09, 0.08, 0.07, 0.10, 0.09, 0.10}, error = 0.011339 / 2;
  struct duel_estimate estimate;
  duel_estimate(logs, 9, 0.95, 1, &estimate);
  assert_true(fabs(log(estimate.ratio) - 0.08) < 1e-9);
  assert_true(fabs(log(estimate.low) - (0.08 - 2.365 * error)) < 1e-5);
  // At the edge of its interval the ratio differs from the bound with p = 0.05.
  duel_estimate(logs, 9, 0.95, exp(0.08 - 2.3646 * error), &estimate);
  assert_true(fabs(estimate.p - 0.05) < 1e-4);
  duel_estimate(logs, 9, 0.95, exp(0.08), &estimate);
  assert_true(estimate.p > 0.99);
}

static const double clear[PAIRS] = {0.05, 0.051, 0.049, 0.05, 0.051, 0.049};
static const double none[PAIRS] = {0.01, -0.01, -0.012, 0.011, 0.002, -0.001};

// b looks best by a hair and cannot be told from a; c is beaten.
static json_t *tied_run(struct random *random) {
  double rates[2][3] = {{1000, 1001, 500}, {1000, 1001, 500}};
  random_seed(random, 11);
  json_t *run = made(rates, 0.03, random);
  summarise(run);
  assert_int_equal(json_array_size(json_object_get(winner_of(run, 0), "tied")), 1);
  assert_true(json_is_null(json_object_get(winner_of(run, 0), "duel")));
  return run;
}

static void test_a_duel_decides_a_tie(void **state) {
  (void)state;
  struct random random;
  static const char *const cells[] = {"reads/1/a", "reads/1/b"};
  for (int turned = 0; turned < 2; turned++)
    for (int loses = 0; loses < 2; loses++) {
      json_t *run = tied_run(&random);
      double logs[PAIRS];
      for (size_t i = 0; i < PAIRS; i++) logs[i] = loses ? -clear[i] : clear[i];
      (void)add_duel(run, cells[turned], cells[1 - turned], 1, logs, PAIRS);
      summarise(run);
      const json_t *winner = winner_of(run, 0);
      // The first of the cells is faster unless it loses.
      assert_string_equal(text_of(winner, "engine"), turned == loses ? "a" : "b");
      assert_string_equal(text_of(winner, "over"), turned == loses ? "b" : "a");
      assert_int_equal(json_array_size(json_object_get(winner, "tied")), 0);
      assert_true(is_true(winner, "shown"));
      assert_true(is_true(json_object_get(winner, "duel"), "shown"));
      assert_true(fabs(json_number_value(json_object_get(winner, "ratio")) - exp(0.05)) < 1e-9);
      assert_true(json_number_value(json_object_get(winner, "low")) > 1);
      expect(winner, "text", "is 1.05x faster than");
      expect(winner, "text", "decided by paired slices");
      // The other point had no duel.
      assert_true(json_is_null(json_object_get(winner_of(run, 1), "duel")));
      json_decref(run);
    }
}

static void test_a_duel_may_show_nothing_either(void **state) {
  (void)state;
  struct random random;
  json_t *run = tied_run(&random);
  (void)add_duel(run, "reads/1/a", "reads/1/b", 1, none, PAIRS);
  summarise(run);
  assert_false(is_true(winner_of(run, 0), "shown"));
  expect(winner_of(run, 0), "text", "~ no difference shown between ");
  expect(winner_of(run, 0), "text", ", also by paired slices (");
  json_decref(run);
}

// What repetitions have shown, a duel does not change; one that did not end, or of cells that beat each other, neither.
static void test_duels_decide_ties_only(void **state) {
  (void)state;
  struct random random;
  json_t *run = tied_run(&random), *duel;
  (void)add_duel(run, "reads/1/c", "reads/1/b", 1, clear, PAIRS);
  duel = add_duel(run, "reads/1/a", "reads/1/b", 1, clear, PAIRS);
  assert_int_equal(json_object_set_new(duel, "status", json_string("skipped")), 0);
  summarise(run);
  assert_true(json_is_null(json_object_get(winner_of(run, 0), "duel")));
  assert_false(is_true(winner_of(run, 0), "shown"));
  assert_false(is_true(duel, "shown"));
  assert_true(json_is_null(json_object_get(duel, "ratio")));
  json_decref(run);
}

// A loser of a duel is beaten, and a third one that is tied still keeps the winner from being the only one.
static void test_a_third_one_stays_tied(void **state) {
  (void)state;
  struct random random;
  double rates[2][3] = {{1000, 1001, 1002}, {1000, 1001, 1002}};
  random_seed(&random, 12);
  json_t *run = made(rates, 0.03, &random);
  summarise(run);
  assert_int_equal(json_array_size(json_object_get(winner_of(run, 0), "tied")), 2);
  char a[32], b[32];
  snprintf(a, sizeof a, "reads/1/%s", text_of(winner_of(run, 0), "engine"));
  snprintf(b, sizeof b, "reads/1/%s", json_string_value(json_array_get(json_object_get(winner_of(run, 0), "tied"), 0)));
  (void)add_duel(run, a, b, 1, clear, PAIRS);
  summarise(run);
  const json_t *winner = winner_of(run, 0);
  assert_string_equal(text_of(winner, "over"), b + strlen("reads/1/"));
  assert_int_equal(json_array_size(json_object_get(winner, "tied")), 1);
  assert_false(is_true(winner, "shown"));
  expect(winner, "text", "~ no difference shown between ");
  expect(winner, "text", "decided by paired slices");
  json_decref(run);
}

// Holm: the strongest of n is judged at 0.01 / n, the next at 0.01 / (n - 1), and after the first that shows nothing no
// other does, however its own interval looks.
static void test_many_duels_are_corrected(void **state) {
  (void)state;
  struct random random;
  json_t *run = tied_run(&random);
  // t of (mean / error) with 4 degrees of freedom: p of 0.004 and of 0.02.
  double middling[PAIRS], weak[PAIRS];
  static const double wave[PAIRS] = {0.01, 0.01, -0.01, -0.01, 0, 0};
  const double error = sqrt(4 * 0.0001 / 4 * (2 / 3.0)) / 2;
  for (size_t i = 0; i < PAIRS; i++) {
    middling[i] = 6.0 * error + wave[i];
    weak[i] = 5.9 * error + wave[i];
  }
  json_t *first = add_duel(run, "reads/1/a", "reads/1/b", 1, middling, PAIRS);
  summarise(run);
  assert_true(is_true(first, "shown"));  // alone: p is 0.0039
  assert_true(fabs(json_number_value(json_object_get(first, "p")) - 0.0039) < 0.0002);
  json_t *second = add_duel(run, "reads/64/a", "reads/64/b", 1, weak, PAIRS);
  summarise(run);
  assert_true(is_true(first, "shown") && is_true(second, "shown"));
  json_t *third = add_duel(run, "reads/64/a", "reads/64/c", 1, none, PAIRS);
  summarise(run);
  assert_false(is_true(first, "shown") || is_true(second, "shown") || is_true(third, "shown"));
  assert_true(json_number_value(json_object_get(first, "low")) < 1);
  assert_true(fabs(json_number_value(json_object_get(third, "level")) - (1 - 0.01 / 3)) < 1e-9);
  json_decref(run);
}

static void set_claim(json_t *run, const char *a, const char *b, const char *holds) {
  json_t *claim = json_pack("{s:[{s:s, s:s, s:s}]}", "tests", "over", a, "under", b, "holds", holds);
  assert_int_equal(json_object_set_new(experiment_of(run), "verdict", claim), 0);
}

static void test_a_duel_decides_a_claim(void **state) {
  (void)state;
  struct random random;
  json_t *run = tied_run(&random);
  set_claim(run, "a batch=1", "b batch=1", "> 1");
  summarise(run);
  const json_t *verdict = json_object_get(experiment_of(run), "verdict");
  assert_string_equal(text_of(verdict, "outcome"), "not shown here");
  (void)add_duel(run, "reads/1/b", "reads/1/a", 1, clear, PAIRS);
  summarise(run);
  assert_string_equal(text_of(verdict, "outcome"), "does not hold");
  assert_true(is_true(json_array_get(json_object_get(verdict, "points"), 0), "paired"));
  assert_true(fabs(json_number_value(json_object_get(verdict, "ratio")) - exp(-0.05)) < 1e-9);
  json_decref(run);
  // A bound other than 1 needs a duel about that bound.
  run = tied_run(&random);
  set_claim(run, "a batch=1", "b batch=1", "< 1.005");
  (void)add_duel(run, "reads/1/a", "reads/1/b", 1, none, PAIRS);
  summarise(run);
  verdict = json_object_get(experiment_of(run), "verdict");
  assert_string_equal(text_of(verdict, "outcome"), "not shown here");
  assert_false(is_true(json_array_get(json_object_get(verdict, "points"), 0), "paired"));
  static const double below[PAIRS] = {-0.05, -0.051, -0.049, -0.05, -0.051, -0.049};
  (void)add_duel(run, "reads/1/a", "reads/1/b", 1.005, below, PAIRS);
  summarise(run);
  assert_string_equal(text_of(verdict, "outcome"), "holds");
  json_decref(run);
}

// Nine repetitions and, where they leave it open, a duel of the best two: how often anyone is named among equals. Each
// pair has the noise that was seen of pairs, and who starts second is faster by much.
static void test_no_winner_among_equals(void **state) {
  (void)state;
  struct random random;
  size_t claims = 0, duels = 0, by_duel = 0;
  random_seed(&random, 13);
  for (size_t t = 0; t < TRIES; t++) {
    double rates[2][3] = {{1000, 1000, 1000}, {1000, 1000, 1000}}, logs[PAIRS];
    json_t *run = made(rates, 0.11, &random);
    summarise(run);
    for (size_t x = 0; x < 2; x++) {
      const json_t *winner = winner_of(run, x);
      const char *tied = json_string_value(json_array_get(json_object_get(winner, "tied"), 0));
      char a[32], b[32];
      if (!tied) continue;
      snprintf(a, sizeof a, "reads/%s/%s", xs[x], text_of(winner, "engine"));
      snprintf(b, sizeof b, "reads/%s/%s", xs[x], tied);
      for (size_t i = 0; i < PAIRS; i++) logs[i] = 0.06 * draw_normal(&random) + (i % 2 ? 0.15 : -0.15);
      (void)add_duel(run, a, b, 1, logs, PAIRS);
      duels++;
    }
    summarise(run);
    bool claimed = false;
    for (size_t x = 0; x < 2; x++) {
      claimed = claimed || json_is_string(json_object_get(winner_of(run, x), "over"));
      by_duel += is_true(json_object_get(winner_of(run, x), "duel"), "shown");
    }
    claims += claimed;
    json_decref(run);
  }
  printf("equals: %.1f%% of runs with a claim, %.2f%% of duels shown\n", 100.0 * (double)claims / TRIES,
         100.0 * (double)by_duel / (double)duels);
  assert_true(duels > TRIES);
  assert_true((double)by_duel / (double)duels <= 0.012);
  // Two contests of three by repetitions, and their duels.
  assert_true((double)claims / TRIES <= 0.08);
}

// A difference of 5% that repetitions seldom show is found nearly always.
static void test_small_differences_are_found(void **state) {
  (void)state;
  struct random random;
  size_t before = 0, after = 0;
  random_seed(&random, 14);
  for (size_t t = 0; t < 100; t++) {
    double rates[2][3] = {{1050, 1000, 300}, {1050, 1000, 300}}, logs[10];
    json_t *run = made(rates, 0.11, &random);
    summarise(run);
    before += is_true(winner_of(run, 0), "shown");
    for (size_t i = 0; i < 10; i++) logs[i] = log(1.05) + 0.02 * draw_normal(&random) + (i % 2 ? 0.15 : -0.15);
    (void)add_duel(run, "reads/1/a", "reads/1/b", 1, logs, 10);
    summarise(run);
    after += is_true(winner_of(run, 0), "shown") && strcmp(text_of(winner_of(run, 0), "engine"), "a") == 0;
    json_decref(run);
  }
  printf("5%%: found by repetitions in %zu of 100, with a duel in %zu\n", before, after);
  assert_true(before < 40);
  assert_true(after >= 90);
}

// Headlines.

static void test_the_claim_heads_the_chart(void **state) {
  (void)state;
  struct random random;
  double rates[2][3] = {{1000, 100, 90}, {50, 49, 48}};
  random_seed(&random, 15);
  json_t *run = made(rates, 0.01, &random);
  set_claim(run, "c batch=64", "c batch=1", "< 0.9");
  summarise(run);
  expect(experiment_of(run), "finding", "c updates 1.8");
  expect(experiment_of(run), "finding", "x faster with batch 1 than with batch 64 (");
  set_claim(run, "b batch=1", "a batch=1", "> 1");
  summarise(run);
  expect(experiment_of(run), "finding", "a updates ");
  expect(experiment_of(run), "finding", "x faster than b, batch 1 (");
  set_claim(run, "b batch=64", "a batch=1", "> 1");
  summarise(run);
  expect(experiment_of(run), "finding", "x faster than b (batch 1 against batch 64) (");
  json_decref(run);
}

// However far it is ahead.
static void test_a_bound_heads_nothing(void **state) {
  (void)state;
  struct random random;
  double rates[2][3] = {{1000, 500, 490}, {1000, 500, 490}};
  random_seed(&random, 17);
  json_t *run = made(rates, 0.01, &random);
  made_run_add_limit(run, "fdatasync", 9000);
  set_claim(run, "a", "bound fdatasync", "> 0.05");
  summarise(run);
  const json_t *verdict = json_object_get(experiment_of(run), "verdict");
  assert_int_equal(json_array_size(json_object_get(verdict, "points")), 2);
  assert_true(json_number_value(json_object_get(verdict, "ratio")) < 0.2);
  expect(experiment_of(run), "finding", "a updates ");
  expect(experiment_of(run), "finding", "x faster than b");
  json_decref(run);
}

// However far it is ahead of a store, or of itself. A store that is ahead of one may say so.
static void test_a_contender_heads_nothing(void **state) {
  (void)state;
  struct random random;
  double rates[2][3] = {{9000, 500, 100}, {1000, 500, 100}};
  random_seed(&random, 19);
  json_t *run = made(rates, 0.01, &random), *cell;
  size_t i;
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    if (i % 3 == 0) assert_int_equal(json_object_set_new(cell, "contender", json_string("a loop")), 0);
  }
  set_claim(run, "a batch=64", "a batch=1", "> 5");
  summarise(run);
  assert_int_equal(json_array_size(json_object_get(json_object_get(experiment_of(run), "verdict"), "points")), 1);
  expect(experiment_of(run), "finding", "b updates 5.0x faster than c, batch 64 (");
  set_claim(run, "b batch=1", "a batch=1", "> 0.5");
  summarise(run);
  expect(experiment_of(run), "finding", "b updates 5.0x faster than c, batch ");
  set_claim(run, "b batch=1", "c batch=1", "> 0.5");
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    json_object_set_new(cell, "contender", i % 3 == 2 ? json_string("a loop") : json_null());
  }
  summarise(run);
  expect(experiment_of(run), "finding", "b updates 5.0x faster than c, batch 1 (");
  json_decref(run);
}

static void test_main_point(void **state) {
  (void)state;
  struct random random;
  double rates[2][3] = {{1000, 100, 90}, {50, 40, 30}};
  const char *panel, *x;
  random_seed(&random, 16);
  json_t *run = made(rates, 0.01, &random);
  summarise(run);
  finding_main_point(experiment_of(run), &panel, &x);
  assert_string_equal(x, "64");
  assert_string_equal(panel, "");
  // The larger ratio is at the other point, the headline is not.
  expect(experiment_of(run), "finding", "a updates 1.2");
  expect(experiment_of(run), "finding", "x faster than b, batch 64 (");
  set_claim(run, "a batch=1", "none batch=1", "> 1");
  finding_main_point(experiment_of(run), &panel, &x);
  assert_string_equal(x, "1");
  json_decref(run);
}

// Two variants of an engine are the best two; the plain ones are what people ask about.
static void test_plain_engines_come_first(void **state) {
  (void)state;
  struct random random;
  double rates[2][3] = {{1000, 300, 100}, {1000, 300, 100}};
  random_seed(&random, 17);
  json_t *run = made(rates, 0.01, &random), *cell;
  size_t i;
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    if (i % 3 == 0) assert_int_equal(json_object_set_new(cell, "spec", json_string("b:depth=64")), 0);
  }
  summarise(run);
  expect(experiment_of(run), "finding", "b updates 3.0x faster than c, batch 64 (");
  assert_string_equal(text_of(winner_of(run, 0), "engine"), "a");
  json_decref(run);
}

static void test_without_a_difference_the_headline_says_so(void **state) {
  (void)state;
  struct random random;
  double rates[2][3] = {{1000, 1000, 1000}, {1000, 1000, 1000}};
  random_seed(&random, 18);
  json_t *run = made(rates, 0.05, &random);
  summarise(run);
  expect(experiment_of(run), "finding", "No difference shown between ");
  expect(experiment_of(run), "finding", ", batch 64");
  json_decref(run);
}

// a is ahead of b by 10%, which its own interval shows and that of one picked from two points does not; and of c
// tenfold.
static void test_a_faint_lead_hides_no_clear_one(void **state) {
  (void)state;
  struct random random;
  double rates[2][3] = {{1100, 1000, 100}, {1100, 1000, 100}}, values[REPETITIONS];
  random_seed(&random, 19);
  json_t *run = made(rates, 0.0001, &random);
  // t of 2.5 with 8 degrees of freedom: p of 0.037.
  for (size_t r = 0; r < REPETITIONS; r++) values[r] = 1100 * exp(r == 8 ? 0 : r % 2 ? -0.1144 : 0.1144);
  for (size_t x = 0; x < 2; x++)
    made_run_samples(json_array_get(json_object_get(run, "cells"), 3 * x), values, REPETITIONS);
  summarise(run);
  assert_true(is_true(winner_of(run, 0), "shown"));
  assert_string_equal(text_of(experiment_of(run), "finding"),
                      "a updates 11x faster than c, batch 64 (10-12x); the lead of a over b does not survive "
                      "correction for multiple comparisons");
  // Without the clear one the faint lead is all there is.
  for (size_t x = 0; x < 2; x++) made_run_samples(json_array_get(json_object_get(run, "cells"), 3 * x + 2), values, 0);
  summarise(run);
  assert_true(is_true(winner_of(run, 0), "shown"));
  assert_string_equal(text_of(experiment_of(run), "finding"),
                      "a is ahead, batch 64, but its lead does not survive correction for multiple comparisons");
  json_decref(run);
}

static const char *const eight[] = {"a", "b", "c", "d", "e", "f", "g", "h", NULL};

// Three repetitions at two points: seven are alike, the last is slower by `factors`.
static json_t *eight_of_which_one_is_slower(const double factors[3]) {
  // What each has of its own, in turn, so that no two of the seven are told apart.
  static const double own[3][3] = {{1.03, 0.97, 1}, {0.98, 1.02, 1}, {1, 0.99, 1.02}};
  const struct made_experiment experiment = {.name = "reads",
                                             .title = "Reads",
                                             .question = "Which?",
                                             .shape = "bars",
                                             .x = "batch",
                                             .y = "ops_per_s",
                                             .xs = xs,
                                             .engines = eight};
  json_t *run = made_run("host");
  made_run_add(run, &experiment);
  for (size_t i = 0; i < 16; i++) {
    double values[3];
    for (size_t r = 0; r < 3; r++) values[r] = i % 8 == 7 ? 8000 / factors[r] : 8000 * own[i % 8 % 3][r];
    made_run_samples(json_array_get(json_object_get(run, "cells"), i), values, 3);
  }
  assert_int_equal(json_object_set_new(run, "duels", json_array()), 0);
  summarise(run);
  return run;
}

// What the line of a contest calls slower, the headline does not name among the tied: by 8 in every repetition, by
// about 8, which its own interval shows and one for all that was looked at does not, and by what may be nothing.
static void test_the_headline_agrees_with_its_lines(void **state) {
  (void)state;
  static const struct {
    double spread;
    const char *line, *finding;
  } answers[] = {
      {0.01, "~ no difference shown between a, b, c, d, e, f and g; a is 8.0x faster than h (7.5-8.5x)",
       "a updates 8.0x faster than h, batch 64 (7.5-8.5x); none shown between a, b, c, d, e, f and g"},
      {0.1, "~ no difference shown between a, b, c, d, e, f and g; a is 8.0x faster than h (6.4-10x)",
       "No difference shown between a, b, c, d, e, f and g, batch 64; the lead of a over h does not survive correction "
       "for multiple comparisons"},
      {0.5, "~ no difference shown between a, b, c, d, e, f, g and h",
       "No difference shown between a, b, c, d, e, f, g and h, batch 64"},
  };
  for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
    const double spread = answers[i].spread, factors[3] = {8 * exp(-spread), 8, 8 * exp(spread)};
    json_t *run = eight_of_which_one_is_slower(factors);
    assert_string_equal(text_of(winner_of(run, 1), "text"), answers[i].line);
    assert_string_equal(text_of(experiment_of(run), "finding"), answers[i].finding);
    json_decref(run);
  }
}

// A duel whose pairs agree on less than its floor shows nothing, and heads nothing: against 1 or another bound.
static void test_a_duel_below_its_floor_heads_nothing(void **state) {
  (void)state;
  static const double small[PAIRS] = {0.01, 0.0101, 0.0099, 0.01, 0.0101, 0.0099};
  static const struct {
    const char *holds;
    double bound;
  } claims[] = {{"> 1", 1}, {"> 0.9", 0.9}};
  struct random random;
  for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
    double rates[2][3] = {{1000, 1000, 1000}, {1000, 1000, 1000}};
    random_seed(&random, 18);
    json_t *run = made(rates, 0.25, &random);
    set_claim(run, "a batch=1", "b batch=1", claims[i].holds);
    (void)add_duel(run, "reads/1/a", "reads/1/b", claims[i].bound, small, PAIRS);
    summarise(run);
    const json_t *point = json_array_get(json_object_get(json_object_get(experiment_of(run), "verdict"), "points"), 0);
    assert_true(is_true(point, "paired") && json_number_value(json_object_get(point, "low")) > 1);
    expect(experiment_of(run), "finding", "No difference ");
    json_decref(run);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_known_answer),
      cmocka_unit_test(test_a_duel_decides_a_tie),
      cmocka_unit_test(test_a_duel_may_show_nothing_either),
      cmocka_unit_test(test_duels_decide_ties_only),
      cmocka_unit_test(test_a_third_one_stays_tied),
      cmocka_unit_test(test_many_duels_are_corrected),
      cmocka_unit_test(test_a_duel_decides_a_claim),
      cmocka_unit_test(test_no_winner_among_equals),
      cmocka_unit_test(test_small_differences_are_found),
      cmocka_unit_test(test_the_claim_heads_the_chart),
      cmocka_unit_test(test_a_bound_heads_nothing),
      cmocka_unit_test(test_a_contender_heads_nothing),
      cmocka_unit_test(test_main_point),
      cmocka_unit_test(test_plain_engines_come_first),
      cmocka_unit_test(test_without_a_difference_the_headline_says_so),
      cmocka_unit_test(test_a_faint_lead_hides_no_clear_one),
      cmocka_unit_test(test_the_headline_agrees_with_its_lines),
      cmocka_unit_test(test_a_duel_below_its_floor_heads_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
