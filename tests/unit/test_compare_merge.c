// SPDX-License-Identifier: MIT
// Several runs as one: what is drawn of them, under which names, and what is not.
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
#include "harness/compare_merge.h"
#include "harness/results.h"
#include "harness/results_file.h"
#include "tests/unit/made_run.h"

static const char *const xs[] = {"1", "64", NULL};
static const char *const engines[] = {"mmap", "pread", NULL};

struct three {
  json_t *runs[3], *comparisons[2];
  struct compared_runs all;
};

static json_t *cell_of(json_t *run, size_t i) { return json_array_get(json_object_get(run, "cells"), i); }

static json_t *reads(const char *host, double rate) {
  static const struct made_experiment experiment = {.name = "reads",
                                                    .title = "Reads",
                                                    .question = "Which?",
                                                    .shape = "lines",
                                                    .x = "batch",
                                                    .y = "ops_per_s",
                                                    .xs = xs,
                                                    .engines = engines};
  json_t *run = made_run(host);
  made_run_add(run, &experiment);
  for (size_t i = 0; i < 4; i++) {
    const double rates[] = {rate, 1.01 * rate, 0.99 * rate, 1.02 * rate};
    made_run_samples(cell_of(run, i), rates, 4);
  }
  return run;
}

static void compare_all(struct three *three, const char *const *paths) {
  struct error error = {0};
  three->all = (struct compared_runs){3, paths, three->runs, three->comparisons};
  for (size_t i = 0; i < 2; i++) {
    const struct compare_rules rules = {NAN, 2, i ? "C" : "B"};
    if (compare_runs(three->runs[0], three->runs[i + 1], &rules, &three->comparisons[i], &error))
      fail_msg("%s", error.text);
  }
  for (size_t i = 0; i < 3; i++) assert_int_equal(results_summarise(three->runs[i], &error), 0);
}

static void free_all(struct three *three) {
  for (size_t i = 0; i < 3; i++) json_decref(three->runs[i]);
  for (size_t i = 0; i < 2; i++) json_decref(three->comparisons[i]);
}

static void expect_label(const char *path, const char *expected) {
  const char *const paths[] = {"first", path};
  const struct compared_runs all = {.count = 2, .paths = paths};
  char text[64];
  compare_label(&all, 1, text, sizeof text);
  assert_string_equal(text, expected);
}

static void test_a_run_is_called_by_its_folder(void **state) {
  (void)state;
  expect_label("results/after", "B after");
  expect_label("results/after//", "B after");
  expect_label("results/after/run.json", "B after");
  expect_label("after", "B after");
  expect_label("run.json", "B");
  expect_label("/", "B");
  expect_label("caf\xc3\xa9", "B caf\xc3\xa9");
  expect_label("caf\xe9", "B caf?");  // a name of a file is bytes, and JSON is UTF-8
}

// The place of the cell in the merged run, as "engine batch run".
static void expect_place(const json_t *merged, size_t i, const char *engine, const char *batch, const char *run) {
  const json_t *cell = json_array_get(json_object_get(merged, "cells"), i), *point = json_object_get(cell, "point");
  assert_string_equal(json_text(point, "engine"), engine);
  assert_string_equal(json_text(point, "batch"), batch);
  assert_string_equal(json_text(point, "run"), run);
}

static void test_runs_are_series_and_engines_are_panels(void **state) {
  (void)state;
  static const char *const paths[] = {"r/a", "r/b", "r/c"};
  struct three three = {.runs = {reads("vm", 1000), reads("vm", 1000), reads("nuc", 500)}};
  compare_all(&three, paths);
  json_t *merged = compare_merge(&three.all);
  const json_t *experiment = json_array_get(json_object_get(merged, "experiments"), 0);
  const json_t *chart = json_object_get(experiment, "chart");
  assert_string_equal(json_text(chart, "series"), "run");
  assert_string_equal(json_text(chart, "panel"), "engine");
  assert_int_equal(json_array_size(json_object_get(merged, "cells")), 12);
  expect_place(merged, 0, "mmap", "1", "A a");
  expect_place(merged, 2, "mmap", "1", "C c");
  expect_place(merged, 3, "mmap", "64", "A a");  // a line joins only rows that follow each other
  expect_place(merged, 6, "pread", "1", "A a");
  expect_place(merged, 11, "pread", "64", "C c");
  assert_string_equal(json_text(merged, "host"), "A vm / B vm / C nuc");
  assert_string_equal(json_text(json_object_get(merged, "environment"), "kernel"), "Linux 6.18.5");
  assert_string_equal(json_text(experiment, "finding"),
                      "B b: no difference shown in 4 cells; C c: of 4 cells 4 worse (C/A 0.5)");
  json_decref(merged);
  free_all(&three);
}

// An axis of panels with one value tells no panel from another, and its name would take the room of what does.
static void expect_panel(struct three *three, size_t values, const char *key, const char *value) {
  json_t *experiment = json_array_get(json_object_get(three->runs[0], "experiments"), 0);
  json_object_set_new(json_object_get(experiment, "chart"), "panel", json_string("threads"));
  json_t *threads = json_pack("[s]", "1");
  if (values > 1) json_array_append_new(threads, json_string("2"));
  json_array_append_new(json_object_get(experiment, "axes"),
                        json_pack("{s:s, s:o}", "key", "threads", "values", threads));
  for (size_t i = 0; i < 4; i++)
    json_object_set_new(json_object_get(cell_of(three->runs[0], i), "point"), "threads", json_string("1"));
  json_t *merged = compare_merge(&three->all);
  const json_t *drawn = json_array_get(json_object_get(merged, "experiments"), 0);
  assert_string_equal(json_text(json_object_get(drawn, "chart"), "panel"), key);
  assert_string_equal(json_text(json_object_get(cell_of(merged, 0), "point"), key), value);
  json_decref(merged);
  free_all(three);
}

// From one run to the next is no step.
static void test_steps_are_drawn_as_a_ladder(void **state) {
  (void)state;
  static const char *const paths[] = {"r/a", "r/b", "r/c"};
  struct three three = {.runs = {reads("vm", 1000), reads("vm", 1000), reads("nuc", 500)}};
  compare_all(&three, paths);
  json_t *own = json_object_get(json_array_get(json_object_get(three.runs[0], "experiments"), 0), "chart");
  assert_int_equal(json_object_set_new(own, "shape", json_string("steps")), 0);
  json_t *merged = compare_merge(&three.all);
  const json_t *experiment = json_array_get(json_object_get(merged, "experiments"), 0);
  assert_string_equal(json_text(json_object_get(experiment, "chart"), "shape"), "ladder");
  json_decref(merged);
  free_all(&three);
}

static void test_a_panel_is_named_by_what_differs(void **state) {
  (void)state;
  static const char *const paths[] = {"a", "b", "c"};
  struct three one = {.runs = {reads("vm", 1000), reads("vm", 1000), reads("vm", 1000)}};
  compare_all(&one, paths);
  expect_panel(&one, 1, "engine", "mmap");
  struct three two = {.runs = {reads("vm", 1000), reads("vm", 1000), reads("vm", 1000)}};
  compare_all(&two, paths);
  expect_panel(&two, 2, "engine, threads", "mmap, 1");
}

// What was not asked to do the same would look the same in a chart.
static void test_only_what_was_compared_is_drawn(void **state) {
  (void)state;
  static const char *const paths[] = {"a", "b", "c"};
  struct three three = {.runs = {reads("vm", 1000), reads("vm", 1000), reads("vm", 1000)}};
  json_object_set_new(cell_of(three.runs[1], 0), "records", json_integer(4000));
  json_object_set_new(cell_of(three.runs[1], 1), "records", json_integer(4000));
  json_object_set_new(cell_of(three.runs[2], 1), "records", json_integer(4000));
  compare_all(&three, paths);
  json_t *merged = compare_merge(&three.all);
  assert_int_equal(json_array_size(json_object_get(merged, "cells")), 2 + 0 + 3 + 3);
  expect_place(merged, 0, "mmap", "1", "A a");
  expect_place(merged, 1, "mmap", "1", "C c");
  expect_place(merged, 5, "pread", "64", "A a");
  json_decref(merged);
  free_all(&three);
}

static size_t bounds_at(const json_t *merged, size_t cell, const char *label) {
  const json_t *bounds = json_object_get(json_array_get(json_object_get(merged, "cells"), cell), "bounds");
  assert_true(json_array_size(bounds) == 0 || strcmp(json_text(json_array_get(bounds, 0), "label"), label) == 0);
  return json_array_size(bounds);
}

// A bound that is the first run's as well, within what the machine may have moved by, is drawn once; another is not
// lost.
static void test_bounds_that_are_alike_are_drawn_once(void **state) {
  (void)state;
  static const char *const paths[] = {"a", "b", "c"};
  struct three three = {.runs = {reads("vm", 1000), reads("vm", 1000), reads("nuc", 1000)}};
  made_run_add_limit(three.runs[0], "msync", 5000);
  made_run_add_limit(three.runs[1], "msync", 5200);
  made_run_add_limit(three.runs[2], "msync", 9000);
  compare_all(&three, paths);
  json_t *merged = compare_merge(&three.all);
  expect_place(merged, 0, "mmap", "1", "A a");
  assert_int_equal(bounds_at(merged, 0, "A bare msync, same group"), 1);
  assert_int_equal(bounds_at(merged, 1, ""), 0);
  assert_int_equal(bounds_at(merged, 2, "C bare msync, same group"), 1);
  json_decref(merged);
  free_all(&three);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_run_is_called_by_its_folder),
      cmocka_unit_test(test_runs_are_series_and_engines_are_panels),
      cmocka_unit_test(test_steps_are_drawn_as_a_ladder),
      cmocka_unit_test(test_a_panel_is_named_by_what_differs),
      cmocka_unit_test(test_only_what_was_compared_is_drawn),
      cmocka_unit_test(test_bounds_that_are_alike_are_drawn_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
