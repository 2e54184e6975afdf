// SPDX-License-Identifier: MIT
// The length of a sample as an experiment gives it: how it is written, that the plan keeps it and counts it, and what a
// report says of a timeline.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/plan.h"
#include "harness/report/pages.h"
#include "tests/unit/one_point.h"
#include "tests/unit/temporary.h"

static void expect_seconds(const char *line, double seconds) {
  char sections[128];
  snprintf(sections, sizeof sections, "[hold]\noperation = get\ndata = 64K\n%s", line);
  struct cell_settings settings = one_point(sections, "ops_per_s");
  assert_true(fabs(settings.duration - seconds) < 1e-12);
}

static void test_durations_are_read(void **state) {
  (void)state;
  expect_seconds("", 0);
  expect_seconds("duration = 20s", 20);
  expect_seconds("duration = 500ms", 0.5);
  expect_seconds("duration = 1.5s", 1.5);
  expect_seconds("duration = 2min", 120);
}

static void test_mistakes_name_line_and_word(void **state) {
  (void)state;
  static const char *const bad[] = {"20", "20 s", "s", "-1s", "0s", "9ms", "61min", "nan", "20sec"};
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    char sections[128], message[256];
    snprintf(sections, sizeof sections, "[hold]\noperation = get\ndata = 64K\nduration = %s", bad[i]);
    snprintf(message, sizeof message,
             "keys.ini:7: bad duration \"%s\"; the length of a sample from 10ms to 60min, such as 20s", bad[i]);
    one_point_refused(sections, "ops_per_s", message);
  }
  one_point_refused("[hold]\noperation = get\ndata = 64K\nduraton = 20s", "ops_per_s",
                    "keys.ini:7: unknown key in [hold] \"duraton\"; did you mean \"duration\"?");
}

static void test_operations_are_read(void **state) {
  (void)state;
  assert_true(one_point("[hold]\noperation = get\ndata = 64K\noperations = 5k", "ops_per_s").operations == 5000);
  assert_true(one_point("[hold]\noperation = get\ndata = 64K", "ops_per_s").operations == 0);
  one_point_refused("[hold]\noperation = get\ndata = 64K\noperations = 0", "ops_per_s",
                    "keys.ini:7: bad operations \"0\"; a count of at least 1 such as 5000");
  one_point_refused("[hold]\noperation = open\ndata = 64K\noperations = 5", "open_ns",
                    "keys.ini:7: operations = 5 has no effect on operation = open, create or compact; remove it");
  one_point_refused("[hold]\noperation = get\ndata = 64K\nrate = 10k\noperations = 5", "p99",
                    "keys.ini:8: operations = 5 cannot be beside a rate, which asks for as many as its time gives");
}

static void test_the_plan_keeps_and_counts_it(void **state) {
  (void)state;
  char path[512];
  const char *names[] = {path};
  struct plan_options options = {.experiments = names, .experiment_count = 1, .seed = 1, .budget = 60};
  struct error error = {0};
  struct plan plan;
  snprintf(path, sizeof path, "%s/long.ini", temporary_folder());
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_true(fputs("[experiment]\ntitle = Long\nquestion = Which?\n[hold]\noperation = get\nengine = pread\n"
                    "data = 64K\nduration = 2s\n[sweep]\nbatch = 1, 2, 4, 8\n[chart]\nshape = lines\nx = batch\n"
                    "y = ops_per_s\n",
                    file) >= 0);
  assert_int_equal(fclose(file), 0);
  assert_int_equal(plan_profile("standard", &options.profile, &error), 0);
  if (plan_make(&options, &plan, &error)) fail_msg("%s", error.text);
  assert_true(plan.seconds < options.profile->seconds);  // all that can be shortened is
  for (size_t i = 0; i < plan.cell_count; i++) {
    assert_true(plan_timed(&plan, &plan.cells[i]) == 2);
    assert_true(plan_limit(&plan, &plan.cells[i]) == 2);
    assert_true(plan_sample_cost(&plan, &plan.cells[i], 1) > 2);
  }
  assert_true(plan.estimate <= 60);
  plan_free(&plan);
  assert_int_equal(remove(path), 0);
}

static json_t *make_cell(const char *id, unsigned steady, unsigned unsteady, unsigned unknown) {
  json_t *cell = json_pack("{s:s, s:s, s:s, s:[]}", "id", id, "experiment", "fills", "status", "ok", "samples");
  for (unsigned i = 0; i < steady + unsteady + unknown; i++) {
    json_t *verdict = i < steady ? json_true() : i < steady + unsteady ? json_false() : json_null();
    json_t *sample = json_pack("{s:b, s:s, s:o}", "counted", 1, "status", "ok", "steady", verdict);
    assert_int_equal(json_array_append_new(json_object_get(cell, "samples"), sample), 0);
  }
  // One that is not counted says nothing.
  json_t *first = json_pack("{s:b, s:s, s:b}", "counted", 0, "status", "ok", "steady", 1);
  assert_int_equal(json_array_append_new(json_object_get(cell, "samples"), first), 0);
  return cell;
}

static void expect_page(const char *shape, const char *expected) {
  json_t *run = json_pack("{s:[o,o,o,o]}", "cells", make_cell("fills/mmap", 1, 2, 0), make_cell("fills/pread", 3, 0, 0),
                          make_cell("fills/stdio", 0, 0, 3), make_cell("fills/uring", 1, 1, 1));
  json_t *experiment = json_pack("{s:s, s:{s:s}}", "name", "fills", "chart", "shape", shape);
  assert_non_null(run);
  char *text = NULL;
  size_t size;
  FILE *out = open_memstream(&text, &size);
  assert_non_null(out);
  const struct page page = {.out = out, .format = &markdown_format, .folder = "", .run = run};
  page_steady(&page, experiment);
  assert_int_equal(fclose(out), 0);
  assert_string_equal(text, expected);
  free(text);
  json_decref(run);
  json_decref(experiment);
}

static void test_a_report_says_what_was_steady(void **state) {
  (void)state;
  expect_page("timeline",
              "Steady: pread (3 of 3 repetitions).\n\nNot steady: mmap (1 of 3 repetitions), uring (1 of 2 "
              "repetitions).\n\nToo short to say whether steady: stdio.\n\n");
  expect_page("bars", "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_durations_are_read),
      cmocka_unit_test(test_operations_are_read),
      cmocka_unit_test(test_mistakes_name_line_and_word),
      cmocka_unit_test(test_the_plan_keeps_and_counts_it),
      cmocka_unit_test(test_a_report_says_what_was_steady),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
