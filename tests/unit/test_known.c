// SPDX-License-Identifier: MIT
// Known results on runs whose answer is known: each outcome, what it is told with, and the exit code.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/catalogue.h"
#include "harness/commands/commands.h"
#include "harness/data_dir.h"
#include "harness/metrics.h"
#include "harness/results.h"
#include "harness/validate/known.h"
#include "tests/unit/made_run.h"
#include "workloads/experiment.h"

enum { REPETITIONS = 9 };

static const char *const xs[] = {"1", "8", NULL}, *const engines[] = {"a", "b", NULL};

// A run of a and b at two batches, where a is `at_1` and `at_8` times as fast as b.
static json_t *make(double at_1, double at_8, const char *skipped) {
  const struct made_experiment experiment = {.name = "known",
                                             .title = "Known",
                                             .question = "Is it so?",
                                             .shape = "bars",
                                             .x = "batch",
                                             .y = "ops_per_s",
                                             .xs = xs,
                                             .engines = engines,
                                             .skipped = skipped};
  json_t *run = made_run("host");
  made_run_add(run, &experiment);
  json_object_set_new(json_array_get(json_object_get(run, "experiments"), 0), "source", json_string("A paper"));
  for (size_t i = 0; i < 4; i++) {
    json_t *cell = json_array_get(json_object_get(run, "cells"), i);
    double rates[REPETITIONS], factor = i % 2 ? 1 : i / 2 ? at_8 : at_1;
    for (size_t r = 0; r < REPETITIONS; r++) rates[r] = factor * (1000 + (r % 3 ? 10 : -10));
    if (!skipped || strcmp(skipped, engines[i % 2]) != 0) made_run_samples(cell, rates, REPETITIONS);
    json_object_set_new(cell, "sync", json_string("none"));
  }
  return run;
}

static json_t *judge(json_t *run) {
  struct error error = {0};
  if (results_summarise(run, &error)) fail_msg("%s", error.text);
  json_t *result = known_judge(run, json_array_get(json_object_get(run, "experiments"), 0));
  assert_non_null(result);
  return result;
}

static const char *text_of(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text ? text : "(null)";
}

static json_t *figure(const json_t *result, size_t i) { return json_array_get(json_object_get(result, "figures"), i); }

// Exit code of the run, which is given up, as it would be printed.
static int exit_code_of(json_t *run) {
  int out = dup(STDOUT_FILENO), code;
  assert_true(out >= 0 && freopen("/dev/null", "w", stdout));
  code = known_print(run, "folder", true);
  assert_int_equal(fflush(stdout), 0);
  assert_true(dup2(out, STDOUT_FILENO) >= 0);
  close(out);
  json_decref(run);
  return code;
}

static void must_end(json_t *run, const char *outcome, const char *why, int exit_code) {
  json_t *result = judge(run);
  assert_string_equal(text_of(result, "outcome"), outcome);
  assert_string_equal(text_of(result, "why"), why);
  json_decref(result);
  assert_int_equal(exit_code_of(run), exit_code);
}

static void test_reproduced(void **state) {
  (void)state;
  json_t *run = make(5, 13, NULL);
  made_run_claim(run, "a batch=8", "b batch=8", "> 3");
  made_run_claim(run, "a batch=1", "b batch=1", "> 1.5");
  json_t *result = judge(run);
  assert_string_equal(text_of(result, "outcome"), known_reproduced);
  assert_string_equal(text_of(result, "name"), "known");
  assert_string_equal(text_of(result, "source"), "A paper");
  assert_string_equal(text_of(result, "result"), "Storing into a map beats file I/O");
  assert_int_equal(json_array_size(json_object_get(result, "figures")), 2);
  assert_string_equal(text_of(figure(result, 0), "compared"), "a batch=8 / b batch=8");
  assert_string_equal(text_of(figure(result, 0), "known"), "> 3");
  assert_string_equal(text_of(figure(result, 1), "outcome"), "holds");
  assert_float_equal(json_number_value(json_object_get(figure(result, 0), "ratio")), 13, 1e-6);
  json_decref(result);
  assert_int_equal(exit_code_of(run), EXIT_DONE);
}

// One comparison that does not hold is enough, whatever the others do.
static void test_not_reproduced(void **state) {
  (void)state;
  json_t *run = make(5, 2, NULL);
  made_run_claim(run, "a batch=1", "b batch=1", "> 3");
  made_run_claim(run, "a batch=8", "b batch=8", "> 3");
  json_t *result = judge(run);
  assert_string_equal(text_of(result, "outcome"), known_not_reproduced);
  assert_string_equal(text_of(figure(result, 0), "outcome"), "holds");
  assert_string_equal(text_of(figure(result, 1), "outcome"), "does not hold");
  json_decref(result);
  assert_int_equal(exit_code_of(run), EXIT_CELL_FAILED);
}

// What is too close to tell is not reproduced either, and says why.
static void test_not_shown_is_not_reproduced(void **state) {
  (void)state;
  json_t *run = make(3.001, 3, NULL);
  made_run_claim(run, "a batch=1", "b batch=1", "> 3");
  json_t *result = judge(run);
  assert_string_equal(text_of(result, "outcome"), known_not_reproduced);
  assert_string_equal(text_of(figure(result, 0), "outcome"), "not shown here");
  assert_string_not_equal(text_of(figure(result, 0), "reason"), "(null)");
  json_decref(result);
  json_decref(run);
}

// One side cannot run here: of what is compared nothing is left, though the other side was measured.
static void test_half_of_it_cannot_run(void **state) {
  (void)state;
  json_t *run = make(5, 13, "b");
  made_run_claim(run, "a", "b", "> 3");
  must_end(run, known_not_applicable, "io_uring is disabled: kernel.io_uring_disabled=2", EXIT_NOTHING_RAN);
}

static void test_nothing_ran(void **state) {
  (void)state;
  json_t *run = make(5, 13, NULL), *cell;
  size_t i;
  made_run_claim(run, "a", "b", "> 3");
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    json_object_set_new(cell, "samples", json_array());
    json_object_set_new(cell, "status", json_string("skipped"));
    json_object_set_new(cell, "reason", json_string("no cgroup may be made"));
  }
  must_end(run, known_not_applicable, "no cgroup may be made", EXIT_NOTHING_RAN);
}

static json_t *durable_run(bool durable, const char *sync) {
  json_t *run = make(5, 13, NULL), *environment = json_object_get(run, "environment"), *cell;
  size_t i;
  json_array_foreach(json_object_get(run, "cells"), i, cell) json_object_set_new(cell, "sync", json_string(sync));
  json_object_set_new(environment, "durable", json_boolean(durable));
  json_object_set_new(environment, "file_system", json_string("tmpfs"));
  return run;
}

// A file without [verdict] says who won, and neither for nor against; durability on a file system in memory says
// nothing at all.
static void test_stated_where_files_last(void **state) {
  (void)state;
  json_t *run = durable_run(true, "always"), *result = judge(run);
  assert_string_equal(text_of(result, "outcome"), known_stated);
  assert_non_null(strstr(text_of(result, "why"), "a is 13x faster than b"));
  json_decref(result);
  assert_int_equal(exit_code_of(run), EXIT_DONE);
  static const char *const durable[] = {"always", "every=64", "interval=10ms"}, *const others[] = {"none", "async"};
  for (size_t i = 0; i < 3; i++)
    must_end(durable_run(false, durable[i]), known_not_applicable, "files on tmpfs do not outlive a power loss",
             EXIT_NOTHING_RAN);
  // Who promises nothing breaks no promise there.
  for (size_t i = 0; i < 2; i++) {
    result = judge(run = durable_run(false, others[i]));
    assert_string_equal(text_of(result, "outcome"), known_stated);
    json_decref(result);
    json_decref(run);
  }
}

static void test_a_failed_cell_ends_with_1(void **state) {
  (void)state;
  json_t *run = make(5, 13, NULL);
  made_run_claim(run, "a batch=8", "b batch=8", "> 3");
  json_decref(judge(run));
  json_object_set_new(json_array_get(json_object_get(run, "cells"), 0), "status", json_string("failed"));
  assert_int_equal(exit_code_of(run), EXIT_CELL_FAILED);
}

// The files that come with the program: each says what is known and from where, and only known metrics.
static void test_the_files(void **state) {
  (void)state;
  struct catalogue known;
  struct error error = {0};
  if (catalogue_read(KNOWN_FOLDER, ".ini", &known, &error)) fail_msg("%s", error.text);
  assert_true(known.count >= 5);
  for (size_t i = 0; i < known.count; i++) {
    char name[512], path[4096];
    struct experiment *experiment;
    snprintf(name, sizeof name, KNOWN_FOLDER "/%s.ini", known.names[i]);
    assert_int_equal(data_path(name, path, sizeof path, &error), 0);
    if (experiment_load(path, (struct experiment_machine){8ull << 30, 2}, &experiment, &error))
      fail_msg("%s", error.text);
    if (!*experiment_claim(experiment) || !*experiment_source(experiment)) fail_msg("%s: no claim or source", name);
    assert_non_null(metric_find(experiment_chart(experiment)->y));
    experiment_free(experiment);
  }
  catalogue_free(&known);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_reproduced),
      cmocka_unit_test(test_not_reproduced),
      cmocka_unit_test(test_not_shown_is_not_reproduced),
      cmocka_unit_test(test_half_of_it_cannot_run),
      cmocka_unit_test(test_nothing_ran),
      cmocka_unit_test(test_stated_where_files_last),
      cmocka_unit_test(test_a_failed_cell_ends_with_1),
      cmocka_unit_test(test_the_files),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
