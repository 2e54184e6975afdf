// SPDX-License-Identifier: MIT
// The last lines of a run: ratios that are not made more certain than they are, and no winner where there is none.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/colour.h"
#include "harness/results.h"
#include "harness/sum_up.h"
#include "tests/unit/made_run.h"

static void expect_ratio(double ratio, double low, double high, const char *expected) {
  char text[64];
  sum_up_ratio(ratio, low, high, text, sizeof text);
  assert_string_equal(text, expected);
}

static void test_only_even_intervals_have_a_sign(void **state) {
  (void)state;
  expect_ratio(4.12, 4.04, 4.20, "4.12 ± 0.08");
  expect_ratio(13.6, 12.9, 14.3, "13.6 ± 0.7");
  expect_ratio(13.6, 9.3, 20.6, "14 (9 to 21)");
  expect_ratio(2.36, 1.88, 2.96, "2.4 (1.9 to 3.0)");
  expect_ratio(617, 500, 760, "617 (500 to 760)");
  expect_ratio(1.05, 1.01, 1.10, "1.05 (1.01 to 1.10)");
  expect_ratio(4, 4, 4, "4.00 (4.00 to 4.00)");
  expect_ratio(1.012, 1.0117, 1.0123, "1.012 (1.012 to 1.012)");
}

static const char *const xs[] = {"1", "64", NULL};
static const char *const engines[] = {"mmap", "pread", "stdio", NULL};

static json_t *run_of(double mmap_rate, const char *y) {
  const struct made_experiment experiment = {.name = "reads",
                                             .title = "Reads",
                                             .question = "Which?",
                                             .shape = "bars",
                                             .x = "batch",
                                             .y = y,
                                             .xs = xs,
                                             .engines = engines};
  json_t *run = made_run("host");
  struct error error = {0};
  made_run_add(run, &experiment);
  for (size_t i = 0; i < 6; i++) {
    const double rate = i % 3 == 0 ? mmap_rate : i % 3 == 1 ? 1000 : 400;
    const double rates[] = {rate, 1.01 * rate, 0.99 * rate, 1.02 * rate, 0.98 * rate, rate};
    made_run_samples(json_array_get(json_object_get(run, "cells"), i), rates, 6);
  }
  assert_int_equal(results_summarise(run, &error), 0);
  return run;
}

static void expect_lines(json_t *run, bool colour, const char *expected) {
  char *text = NULL;
  size_t length;
  FILE *out = open_memstream(&text, &length);
  assert_non_null(out);
  sum_up(run, out, colour);
  fclose(out);
  if (!*expected)
    assert_string_equal(text, "");
  else if (!strstr(text, expected))
    fail_msg("\"%s\" has no \"%s\"", text, expected);
  free(text);
  json_decref(run);
}

static void test_the_winner_is_named_at_the_main_point(void **state) {
  (void)state;
  expect_lines(run_of(4000, "ops_per_s"), false, "  reads: mmap ran 4.00 ");
  expect_lines(run_of(4000, "ops_per_s"), false, " times faster than pread, batch 64\n");
  expect_lines(run_of(4000, "ops_per_s"), true, "  reads: \033[1mmmap\033[0m ran 4.00 ");
}

static void test_ties_have_no_winner(void **state) {
  (void)state;
  expect_lines(run_of(1000, "ops_per_s"), false, "");
}

static void expect_outcome(const char *text, enum colour colour, size_t length) {
  size_t found;
  assert_int_equal(colour_of_outcome(text, &found), colour);
  assert_int_equal(found, length);
}

static void test_outcomes_have_colours(void **state) {
  (void)state;
  expect_outcome("holds, at all 4 points", COLOUR_GOOD, strlen("holds"));
  expect_outcome("does not hold", COLOUR_BAD, strlen("does not hold"));
  expect_outcome("depends: holds up to batch 8", COLOUR_MIXED, strlen("depends"));
  expect_outcome("not shown here: disturbed", COLOUR_QUIET, strlen("not shown here"));
  expect_outcome("worse", COLOUR_BAD, strlen("worse"));
  expect_outcome("mmap", COLOUR_NONE, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_only_even_intervals_have_a_sign),
      cmocka_unit_test(test_the_winner_is_named_at_the_main_point),
      cmocka_unit_test(test_ties_have_no_winner),
      cmocka_unit_test(test_outcomes_have_colours),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
