// SPDX-License-Identifier: MIT
// Verdicts on runs whose answer is known: every word, every reason, where it flips, and how seldom it is more than
// true.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/results.h"
#include "harness/statistics.h"
#include "harness/verdict.h"
#include "tests/unit/draws.h"
#include "tests/unit/made_run.h"

enum { REPETITIONS = 9, POINTS = 4, ENGINES = 3, TRIES = 300 };

static const char *const xs[POINTS + 1] = {"1", "8", "64", "1K", NULL};
static const char *const engines[ENGINES + 1] = {"a", "b", "null", NULL};

// A run of a and b at four batches. `ratios[x]`: how many times b's rate is a's at x.
static json_t *make(const double *ratios, double noise, uint64_t seed) {
  const struct made_experiment experiment = {.name = "reads",
                                             .title = "Reads",
                                             .question = "Which?",
                                             .shape = "lines",
                                             .x = "batch",
                                             .y = "ops_per_s",
                                             .xs = xs,
                                             .engines = engines};
  json_t *run = made_run("host");
  struct random random;
  random_seed(&random, seed);
  made_run_add(run, &experiment);
  for (size_t x = 0; x < POINTS; x++) {
    for (size_t e = 0; e < ENGINES; e++) {
      double rates[REPETITIONS];
      for (size_t r = 0; r < REPETITIONS; r++)
        rates[r] = 1000 * (e == 0 ? ratios[x] : 1) * exp(noise * draw_normal(&random));
      made_run_samples(json_array_get(json_object_get(run, "cells"), x * ENGINES + e), rates, REPETITIONS);
    }
  }
  return run;
}

static json_t *cell_of(const json_t *run, size_t x, size_t engine) {
  return json_array_get(json_object_get(run, "cells"), x * ENGINES + engine);
}

static const json_t *judge(json_t *run) {
  struct error error = {0};
  if (results_summarise(run, &error)) fail_msg("%s", error.text);
  return json_object_get(json_array_get(json_object_get(run, "experiments"), 0), "verdict");
}

static void must_say(const json_t *verdict, const char *outcome, const char *text) {
  assert_string_equal(json_string_value(json_object_get(verdict, "outcome")), outcome);
  assert_string_equal(json_string_value(json_object_get(verdict, "text")), text);
}

// Judges one claim on `run`, which is given up.
static void must_judge(json_t *run, const char *over, const char *under, const char *holds, const char *outcome,
                       const char *text) {
  made_run_claim(run, over, under, holds);
  must_say(judge(run), outcome, text);
  json_decref(run);
}

static const double twice[POINTS] = {2, 2, 2, 2}, equal[POINTS] = {1, 1, 1, 1}, flip[POINTS] = {2, 1.5, 0.7, 0.5};

static void test_holds(void **state) {
  (void)state;
  must_judge(make(twice, 0.01, 1), "a batch=8", "b batch=8", "> 1", verdict_holds, "holds");
  must_judge(make(twice, 0.01, 1), "b batch=8", "a batch=8", "< 0.6", verdict_holds, "holds");
  must_judge(make(twice, 0.01, 2), "a", "b", "> 1.5", verdict_holds, "holds, at all 4 points");
}

static void test_does_not_hold(void **state) {
  (void)state;
  must_judge(make(twice, 0.01, 1), "a batch=8", "b batch=8", "> 3", verdict_fails, "does not hold");
  must_judge(make(twice, 0.01, 2), "a", "b", "< 1", verdict_fails, "does not hold, at all 4 points");
}

static void test_flips(void **state) {
  (void)state;
  static const double between[POINTS] = {0.5, 2, 2, 0.5}, once[POINTS] = {2, 2, 2, 0.5};
  must_judge(make(flip, 0.01, 1), "a", "b", "> 1", verdict_depends,
             "depends: holds up to batch 8, does not hold from batch 64 on");
  must_judge(make(between, 0.01, 1), "a", "b", "> 1", verdict_depends,
             "depends: holds at batch 8 and 64, does not hold at batch 1 and 1K");
  must_judge(make(once, 0.01, 1), "a", "b", "> 1", verdict_depends,
             "depends: holds up to batch 64, does not hold at batch 1K");
}

// Between the two it is not known; what is not shown is not said.
static void test_flips_somewhere(void **state) {
  (void)state;
  static const double ratios[POINTS] = {2, 2, 1, 0.5};
  must_judge(make(ratios, 0.01, 1), "a", "b", "> 1", verdict_depends,
             "depends: holds up to batch 8, does not hold at batch 1K, not shown at batch 64 (the interval includes "
             "the bound)");
}

static void test_not_shown(void **state) {
  (void)state;
  static const double ratios[POINTS] = {2, 2, 2, 1};
  must_judge(make(equal, 0.05, 3), "a batch=8", "b batch=8", "> 1", verdict_not_shown,
             "not shown here: the interval includes the bound");
  must_judge(make(ratios, 0.01, 1), "a", "b", "> 1", verdict_not_shown,
             "not shown here: holds up to batch 64, not shown at batch 1K (the interval includes the bound)");
}

// Sure to a hair, but less than a store differs from itself.
static void test_within_the_noise_floor(void **state) {
  (void)state;
  json_t *run = make(equal, 0, 1);
  double rates[REPETITIONS];
  for (size_t r = 0; r < REPETITIONS; r++) rates[r] = 1010 + (double)(r % 2);
  made_run_samples(cell_of(run, 1, 0), rates, REPETITIONS);
  must_judge(run, "a batch=8", "b batch=8", "> 1", verdict_not_shown,
             "not shown here: no further from the bound than the noise floor");
}

static void test_too_few_samples(void **state) {
  (void)state;
  static const double rates[2] = {2000, 2001};
  json_t *run = make(twice, 0.01, 1);
  made_run_samples(cell_of(run, 1, 0), rates, 2);
  must_judge(run, "a batch=8", "b batch=8", "> 1", verdict_not_shown, "not shown here: too few samples");
  run = make(twice, 0.01, 1);  // so few of all that there is no noise floor
  for (size_t i = 0; i < POINTS * ENGINES; i++)
    made_run_samples(json_array_get(json_object_get(run, "cells"), i), rates, 1);
  must_judge(run, "a", "b", "> 1", verdict_not_shown, "not shown here: too few samples, at all 4 points");
}

static void skip_cell(json_t *cell) {
  assert_int_equal(json_object_set_new(cell, "status", json_string("skipped")), 0);
  assert_int_equal(json_object_set_new(cell, "reason", json_string("no such disk")), 0);
  made_run_samples(cell, NULL, 0);
}

static void test_all_skipped(void **state) {
  (void)state;
  json_t *run = make(twice, 0.01, 1);
  for (size_t x = 0; x < POINTS; x++) skip_cell(cell_of(run, x, 1));
  made_run_claim(run, "a", "b", "> 1");
  const json_t *verdict = judge(run);
  must_say(verdict, verdict_not_shown, "not shown here: skipped: no such disk, at all 4 points");
  assert_true(json_is_null(json_object_get(verdict, "ratio")));
  assert_true(json_is_null(json_object_get(verdict, "nearest")));
  json_decref(run);
}

// What was not measured is named, and nothing is claimed of it.
static void test_some_skipped(void **state) {
  (void)state;
  json_t *run = make(twice, 0.01, 1);
  skip_cell(cell_of(run, 3, 0));
  must_judge(run, "a", "b", "> 1", verdict_holds,
             "holds up to batch 64, not measured at batch 1K (skipped: no such disk)");
}

static void test_left_out(void **state) {
  (void)state;
  json_t *run = make(twice, 0.01, 1);
  for (size_t engine = ENGINES; engine-- > 0;) json_array_remove(json_object_get(run, "cells"), ENGINES + engine);
  json_array_append_new(json_object_get(run, "dropped"),
                        json_pack("{s:s, s:{s:s, s:s}, s:s}", "experiment", "reads", "point", "batch", "8", "engine",
                                  "a", "reason", "time budget"));
  must_judge(run, "a batch=8", "b batch=8", "> 1", verdict_not_shown,
             "not shown here: a batch=8: left out: time budget");
  run = make(twice, 0.01, 1);
  must_judge(run, "c batch=8", "b batch=8", "> 1", verdict_not_shown,
             "not shown here: c batch=8: not part of this run");
}

static void test_disturbed(void **state) {
  (void)state;
  json_t *run = make(twice, 0.01, 1), *sample;
  size_t i;
  made_run_claim(run, "a batch=8", "b batch=8", "> 1");
  json_array_foreach(json_object_get(cell_of(run, 1, 1), "samples"), i, sample) {
    if (i == 4) must_say(judge(run), verdict_holds, "holds");  // four of nine are the smaller part
    if (i < 5) json_object_set_new(sample, "flags", json_pack("[s]", "foreign-io"));
  }
  must_say(judge(run), verdict_not_shown, "not shown here: disturbed: 5 of 9 samples are flagged");
  json_decref(run);
}

static void test_saturated(void **state) {
  (void)state;
  json_t *run = make(twice, 0.01, 1), *sample;
  size_t i;
  json_t *cell = cell_of(run, 1, 0);
  json_object_set_new(cell, "rate_of_peak", json_real(0.9));
  json_array_foreach(json_object_get(cell, "samples"), i, sample)
      json_object_set_new(sample, "open_loop", json_pack("{s:b}", "saturated", 1));
  must_judge(run, "a batch=8", "b batch=8", "> 1", verdict_not_shown,
             "not shown here: saturated: could not keep up with the rate");
}

// Several comparisons are one claim.
static void test_several_comparisons(void **state) {
  (void)state;
  json_t *run = make(flip, 0.01, 1);
  made_run_claim(run, "a batch=1", "b batch=1", "> 1.5");
  must_judge(run, "a batch=1K", "b batch=1K", "< 0.6", verdict_holds, "holds, at all 2 points");
  run = make(flip, 0.01, 1);
  made_run_claim(run, "a batch=1", "b batch=1", "> 1.5");
  must_judge(run, "a", "b", "> 1", verdict_depends,
             "depends: a batch=1 / b batch=1 holds; a / b holds up to batch 8, does not hold from batch 64 on");
}

// At each engine, of which null is none.
static void test_engines_left_out(void **state) {
  (void)state;
  must_judge(make(flip, 0.01, 1), "batch=1", "batch=1K", "> 1.5", verdict_depends,
             "depends: holds for a, does not hold for b");
}

// Batches 64 and 1K become batches 1 and 8 of two threads.
static json_t *make_threads(const double *ratios) {
  json_t *run = make(ratios, 0.01, 1);
  json_t *axes = json_object_get(json_array_get(json_object_get(run, "experiments"), 0), "axes");
  json_object_set_new(json_array_get(axes, 0), "values", json_pack("[s, s]", "1", "8"));
  json_array_append_new(axes, json_pack("{s:s, s:[s, s]}", "key", "threads", "values", "1", "2"));
  for (size_t x = 0; x < POINTS; x++) {
    for (size_t e = 0; e < ENGINES; e++) {
      json_t *point = json_object_get(cell_of(run, x, e), "point");
      json_object_set_new(point, "threads", json_string(x < 2 ? "1" : "2"));
      json_object_set_new(point, "batch", json_string(x % 2 ? "8" : "1"));
    }
  }
  return run;
}

// By what the machine cannot beat. The bound's own interval, 10% to either side here, widens that of the ratio.
static void test_against_what_the_machine_can(void **state) {
  (void)state;
  static const struct {
    const char *holds, *outcome, *text;
  } cases[] = {{"> 0.8", verdict_holds, "holds, at all 4 points"},
               {"> 1.2", verdict_fails, "does not hold, at all 4 points"},
               {"> 0.95", verdict_not_shown, "not shown here: the interval includes the bound, at all 4 points"}};
  for (size_t i = 0; i < 3; i++) {
    json_t *run = make(equal, 0.001, 1);
    made_run_add_limit(run, "fdatasync", 1000);
    must_judge(run, "a", "bound fdatasync", cases[i].holds, cases[i].outcome, cases[i].text);
  }
  json_t *run = make(equal, 0.001, 1);
  made_run_add_limit(run, "fdatasync", 0);
  must_judge(run, "a batch=8", "bound fdatasync", "> 0.5", verdict_not_shown,
             "not shown here: the bound fdatasync was not measured for it");
}

// "threads=cores" is "threads=1" where there is one.
static void test_one_cell_on_both_sides(void **state) {
  (void)state;
  must_judge(make(twice, 0.01, 1), "a batch=8", "a batch=8", "> 1", verdict_not_shown,
             "not shown here: both sides are the same cell on this machine");
}

// Along two axes: the one that decides is named, else the points are.
static void test_two_axes(void **state) {
  (void)state;
  static const double by_threads[POINTS] = {2, 2, 0.5, 0.5}, by_both[POINTS] = {2, 2, 2, 0.5};
  must_judge(make_threads(by_threads), "a", "b", "> 1", verdict_depends,
             "depends: holds at threads 1, does not hold at threads 2");
  must_judge(make_threads(by_both), "a", "b", "> 1", verdict_depends,
             "depends: holds at batch 1 threads 1, batch 1 threads 2, batch 8 threads 1, does not hold at batch 8 "
             "threads 2");
}

// The ratio that is told is the one nearest to the bound, of the point that is named.
static void test_the_nearest_ratio(void **state) {
  (void)state;
  static const double ratios[POINTS] = {20, 4, 100, 1000};
  json_t *run = make(ratios, 0, 1);
  made_run_claim(run, "a", "b", "> 1");
  const json_t *verdict = judge(run);
  char text[200];
  verdict_test_format(verdict, text, sizeof text);
  assert_string_equal(text, "a / b at batch 8, claimed > 1");
  verdict_ratio_format(verdict, text, sizeof text);
  assert_string_equal(text, "4.00 (4.00-4.00)");
  const json_t *points = json_object_get(verdict, "points");
  assert_int_equal(json_array_size(points), POINTS);
  verdict_ratio_format(json_array_get(points, 0), text, sizeof text);
  assert_string_equal(text, "20.0 (20.0-20.0)");
  verdict_ratio_format(json_array_get(points, 3), text, sizeof text);
  assert_string_equal(text, "1000 (1000-1000)");
  json_t *small = json_pack("{s:f, s:f, s:f}", "ratio", 0.0081, "low", 0.007, "high", 0.9);
  verdict_ratio_format(small, text, sizeof text);
  assert_string_equal(text, "0.0081 (0.0070-0.90)");
  json_decref(small);
  json_decref(run);
}

// However many there are, none is left out.
static void test_many_points(void **state) {
  (void)state;
  enum { CLAIMS = 300 };
  json_t *run = make(twice, 0.01, 1);
  for (size_t i = 0; i < CLAIMS; i++) made_run_claim(run, "a", "b", i + 1 < CLAIMS ? "> 1" : "> 3");
  const json_t *verdict = judge(run);
  assert_int_equal(json_array_size(json_object_get(verdict, "points")), CLAIMS * POINTS);
  assert_string_equal(json_string_value(json_object_get(verdict, "outcome")), verdict_depends);
  json_decref(run);
}

static void test_no_claim(void **state) {
  (void)state;
  json_t *run = make(twice, 0.01, 1);
  assert_true(json_is_null(judge(run)));
  json_decref(run);
}

// Whether the verdict on such a run says `word` anywhere.
static bool says(const double *ratios, uint64_t seed, const char *over, const char *under, const char *word) {
  json_t *run = make(ratios, 0.11, seed);
  made_run_claim(run, over, under, "> 1");
  bool found = strstr(json_string_value(json_object_get(judge(run), "text")), word) != NULL;
  json_decref(run);
  return found;
}

// Where stores are alike at one point, or at some of many, how many verdicts say something of it.
static void test_seldom_more_than_true(void **state) {
  (void)state;
  static const double half[POINTS] = {1, 3, 1, 3}, better[POINTS] = {1.1, 1.1, 1.1, 1.1};
  size_t one = 0, some = 0, wrong = 0;
  for (uint64_t t = 0; t < TRIES; t++) {
    one += !says(equal, 100 + t, "a batch=8", "b batch=8", "not shown here");
    some += says(half, 1000 + t, "a", "b", "does not hold");
    some += says(half, 1000 + t, "a", "b", "holds, at all") || says(half, 1000 + t, "a", "b", "holds at batch 1");
    wrong += says(better, 2000 + t, "a", "b", "does not hold");
  }
  printf("of one point among equals: %.1f%%, of some: %.1f%%; a flip where there is none: %.1f%%\n",
         100.0 * (double)one / TRIES, 100.0 * (double)some / TRIES, 100.0 * (double)wrong / TRIES);
  assert_true(one > 0 && 20 * one <= TRIES);
  assert_true(20 * some <= TRIES);
  assert_true(20 * wrong <= TRIES);
}

// Whether a headline tells a difference. That a lead does not survive correction is none told.
static bool tells(const char *headline) {
  const bool none = strncmp(headline, "No difference shown", 19) == 0 || strstr(headline, " is ahead, ");
  if (none == (strstr(headline, "x faster than ") != NULL)) fail_msg("\"%s\" both tells and denies", headline);
  return !none;
}

// The headline tells the largest difference of all points: seldom one where there is none, and one that is there.
static void test_seldom_a_headline_among_equals(void **state) {
  (void)state;
  size_t told = 0, found = 0;
  for (uint64_t t = 0; t < TRIES; t++) {
    for (int real = 0; real < 2; real++) {
      json_t *run = make(real ? twice : equal, 0.11, 3000 + t);
      made_run_claim(run, "a", "b", "> 1");
      (void)judge(run);
      const json_t *experiment = json_array_get(json_object_get(run, "experiments"), 0);
      *(real ? &found : &told) += tells(json_string_value(json_object_get(experiment, "finding")));
      json_decref(run);
    }
  }
  printf("headlines that tell a difference, among equals: %.1f%%, of twice: %.1f%%\n", 100.0 * (double)told / TRIES,
         100.0 * (double)found / TRIES);
  assert_true(20 * told <= TRIES);
  assert_int_equal(found, TRIES);
}

static const char *const many[] = {"a", "b", "c", "d", "e", NULL};

// The headline of a run of the first `count` of many at four batches, of which e's rate is `rates[e]`. `repetitions` as
// there are. The caller's.
static char *headline(size_t count, const double *levels, double noise, size_t repetitions, struct random *random) {
  const char *names[6] = {NULL};
  memcpy(names, many, count * sizeof *names);
  const struct made_experiment experiment = {.name = "reads",
                                             .title = "Reads",
                                             .question = "Which?",
                                             .shape = "lines",
                                             .x = "batch",
                                             .y = "ops_per_s",
                                             .xs = xs,
                                             .engines = names};
  json_t *run = made_run("host");
  made_run_add(run, &experiment);
  for (size_t i = 0; i < POINTS * count; i++) {
    double rates[REPETITIONS];
    for (size_t r = 0; r < repetitions; r++) rates[r] = levels[i % count] * exp(noise * draw_normal(random));
    made_run_samples(json_array_get(json_object_get(run, "cells"), i), rates, repetitions);
  }
  (void)judge(run);
  const json_t *found = json_array_get(json_object_get(run, "experiments"), 0);
  char *text = strdup(json_string_value(json_object_get(found, "finding")));
  json_decref(run);
  assert_non_null(text);
  return text;
}

// With five there are ten pairs a point that one could be picked from.
static void test_seldom_a_headline_among_many_equals(void **state) {
  (void)state;
  static const double same[] = {1000, 1000, 1000, 1000, 1000};
  struct random random;
  for (size_t count = 3; count <= 5; count++) {
    size_t told = 0, ahead = 0;
    random_seed(&random, 4000 + count);
    for (size_t t = 0; t < TRIES; t++) {
      char *text = headline(count, same, 0.11, REPETITIONS, &random);
      told += tells(text);
      ahead += strstr(text, " is ahead, ") != NULL;
      free(text);
    }
    printf("headlines that tell a difference among %zu equals: %.1f%%, a lead that is not sure: %.1f%%\n", count,
           100.0 * (double)told / TRIES, 100.0 * (double)ahead / TRIES);
    assert_true(20 * told <= TRIES);
    assert_true(20 * ahead <= TRIES);
  }
}

// What is clear is told all the same: of a sole winner by three repetitions, of one of two leaders by nine.
static void test_a_clear_difference_of_many_heads_the_chart(void **state) {
  (void)state;
  static const double winner[] = {2000, 1000, 900, 800, 700}, leaders[] = {1000, 1000, 500, 400, 300};
  struct random random;
  size_t sole = 0, tied = 0;
  random_seed(&random, 5000);
  for (size_t t = 0; t < TRIES; t++) {
    char *text = headline(5, winner, 0.02, 3, &random);
    sole += strncmp(text, "a updates 2", 11) == 0 || strncmp(text, "a updates 1.9", 13) == 0;
    free(text);
    text = headline(5, leaders, 0.11, REPETITIONS, &random);
    tied += strstr(text, "x faster than c") != NULL;
    free(text);
  }
  printf("of a clear winner by 3 repetitions: %.1f%%, of a leader by 9: %.1f%%\n", 100.0 * (double)sole / TRIES,
         100.0 * (double)tied / TRIES);
  assert_true(20 * sole >= 19 * TRIES);
  assert_true(20 * tied >= 19 * TRIES);
}

// By the bound: the p value of a ratio of 2 against 2 is that of equals against 1.
static void test_against_a_bound(void **state) {
  (void)state;
  static const double a[] = {2.2, 1.9, 2.1, 2.4, 2.05}, b[] = {1, 1, 1, 1, 1};
  double halves[5];
  struct ratio ratio, against, direct;
  for (size_t i = 0; i < 5; i++) halves[i] = a[i] / 2;
  assert_int_equal(statistics_ratio(a, b, 5, 0.02, &ratio), 0);
  assert_int_equal(statistics_ratio(halves, b, 5, 0.02, &direct), 0);
  statistics_against(&ratio, 2, 0.02, &against);
  assert_true(fabs(against.p - direct.p) < 1e-9 && direct.p > 0.1);
  assert_true(fabs(against.low - direct.low) < 1e-9 && fabs(against.high - direct.high) < 1e-9);
  assert_false(against.shown);
  statistics_against(&ratio, 1, 0.02, &against);
  assert_true(against.shown && fabs(against.p - ratio.p) < 1e-9);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_holds),
      cmocka_unit_test(test_does_not_hold),
      cmocka_unit_test(test_flips),
      cmocka_unit_test(test_flips_somewhere),
      cmocka_unit_test(test_not_shown),
      cmocka_unit_test(test_within_the_noise_floor),
      cmocka_unit_test(test_too_few_samples),
      cmocka_unit_test(test_all_skipped),
      cmocka_unit_test(test_some_skipped),
      cmocka_unit_test(test_left_out),
      cmocka_unit_test(test_disturbed),
      cmocka_unit_test(test_saturated),
      cmocka_unit_test(test_several_comparisons),
      cmocka_unit_test(test_engines_left_out),
      cmocka_unit_test(test_against_what_the_machine_can),
      cmocka_unit_test(test_one_cell_on_both_sides),
      cmocka_unit_test(test_two_axes),
      cmocka_unit_test(test_the_nearest_ratio),
      cmocka_unit_test(test_many_points),
      cmocka_unit_test(test_no_claim),
      cmocka_unit_test(test_seldom_more_than_true),
      cmocka_unit_test(test_seldom_a_headline_among_equals),
      cmocka_unit_test(test_seldom_a_headline_among_many_equals),
      cmocka_unit_test(test_a_clear_difference_of_many_heads_the_chart),
      cmocka_unit_test(test_against_a_bound),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
