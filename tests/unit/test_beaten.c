// SPDX-License-Identifier: MIT
// A bound that cells were better than is measured again; where that fails, the run says so. This program is its own
// child that measures a bound, and always fails.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/beaten.h"
#include "harness/measure_limits.h"
#include "harness/results.h"
#include "tests/unit/made_run.h"
#include "tests/unit/temporary.h"

static char folder[400];

static int make_folder(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "%s/beaten-XXXXXX", temporary_folder());
  return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
  (void)state;
  char command[500];
  snprintf(command, sizeof command, "rm -rf '%s'", folder);
  return system(command);
}

// The samples of a cell, taken out of it: they are lines of their own in samples.jsonl.
static json_t *take_samples(json_t *cell) {
  json_t *samples = json_incref(json_object_get(cell, "samples"));
  assert_int_equal(json_object_del(cell, "samples"), 0);
  return samples;
}

// A run whose one cell is far better than its bound. The caller's.
static json_t *make_run(void) {
  static const char *const xs[] = {"1", NULL}, *const engines[] = {"pread", NULL};
  static const struct made_experiment experiment = {.name = "puts",
                                                    .title = "Puts",
                                                    .question = "Which?",
                                                    .shape = "bars",
                                                    .x = "batch",
                                                    .y = "ops_per_s",
                                                    .xs = xs,
                                                    .engines = engines};
  json_t *run = made_run("here");
  made_run_add(run, &experiment);
  made_run_add_limit(run, "fdatasync", 1000);
  return run;
}

// The results are the caller's.
static struct results *write_run(const char *out) {
  struct error error = {0};
  struct results *results;
  json_t *run = make_run();
  json_t *cell = json_array_get(json_object_get(run, "cells"), 0), *samples = take_samples(cell), *sample;
  json_t *limit = json_incref(json_array_get(json_object_get(run, "limits"), 0));
  assert_int_equal(json_object_del(run, "limits"), 0);
  if (results_create(out, run, &results, &error)) fail_msg("%s", error.text);
  if (results_append_limit(results, limit, &error)) fail_msg("%s", error.text);
  size_t i;
  json_array_foreach(samples, i, sample) {
    if (results_append(results, "puts/1/pread", sample, &error)) fail_msg("%s", error.text);
  }
  json_decref(limit);
  json_decref(samples);
  json_decref(run);
  return results;
}

static void test_a_second_measurement_that_fails_is_told(void **state) {
  (void)state;
  struct error error = {0};
  const struct plan plan = {.limits = {.slice = 0.001, .repetitions = 3}};
  struct dataset_folder data;
  struct interrupt interrupt;
  struct progress progress;
  double seconds, timed;
  char out[500];
  json_t *run;
  snprintf(out, sizeof out, "%s/run", folder);
  struct results *results = write_run(out);
  assert_int_equal(dataset_folder_make(folder, &data, &error), 0);
  assert_int_equal(interrupt_open(&interrupt), 0);
  progress_start(&progress, 1);
  if (measure_limits_again(&plan, out, &data, results, &interrupt, &progress, &seconds, &timed, &error))
    fail_msg("%s", error.text);
  interrupt_close(&interrupt);
  assert_int_equal(dataset_folder_remove(&data), 0);
  results_close(results);
  assert_true(seconds > 0 && timed > 0 && timed <= seconds);
  if (results_read(out, &run, &error)) fail_msg("%s", error.text);
  const json_t *limits = json_object_get(run, "limits"), *notes = json_object_get(run, "notes");
  assert_int_equal(json_array_size(limits), 1);
  assert_true(json_number_value(json_object_get(json_array_get(limits, 0), "value")) == 1000);
  assert_int_equal(json_array_size(notes), 1);
  assert_string_equal(json_string_value(json_array_get(notes, 0)),
                      "a cell was better than the bound \"bare fdatasync\" (128 B each, 125 KiB, sequential), which "
                      "could not be measured again: exit code 1: made to fail");
  json_decref(run);
}

// How many bounds are beaten where the one bound has this interval.
static size_t beaten_beside(double low, double high) {
  struct error error = {0};
  struct limit_list list = {0};
  json_t *run = make_run(), *limit = json_array_get(json_object_get(run, "limits"), 0);
  json_object_set_new(limit, "low", json_real(low));
  json_object_set_new(limit, "high", json_real(high));
  if (results_summarise(run, &error)) fail_msg("%s", error.text);
  assert_int_equal(beaten_limits(run, &list), 0);
  size_t count = list.count;
  limit_list_free(&list);
  json_decref(run);
  return count;
}

static void test_an_unsure_bound_does_not_hide_in_its_interval(void **state) {
  (void)state;
  assert_int_equal(beaten_beside(900, 1100), 1);
  assert_int_equal(beaten_beside(6e11, 1e12), 0);
  assert_int_equal(beaten_beside(900, 1e12), 1);
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "__limit") == 0) {
    fputs("made to fail\n", stderr);
    return 1;
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_second_measurement_that_fails_is_told, make_folder, remove_folder),
      cmocka_unit_test(test_an_unsure_bound_does_not_hide_in_its_interval),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
