// SPDX-License-Identifier: MIT
// results/schema.json against real runs: the program measures, and what it leaves behind is held against the schema.
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/data_dir.h"
#include "tests/unit/schema.h"
#include "tests/unit/temporary.h"

static char folder[512];

static const char experiment_text[] =
    "[experiment]\ntitle = Small\nquestion = Which?\n"
    "[hold]\noperation = update\ndata = 64K\n"
    "[sweep]\nbatch = 1, 8\nengine = pread, null, bare:how=write, uring:iopoll=on:direct=on\n"
    "[chart]\nshape = bars\nx = batch\nseries = engine\ny = ops_per_s\n"
    "[verdict]\ncompare = pread batch=8 / pread batch=1\nholds = > 0.01\n";

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk) {
  (void)status, (void)type, (void)walk;
  return remove(path);
}

static int make_folder(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "%s/schema-XXXXXX", temporary_folder());
  if (!mkdtemp(folder) || chdir(folder)) return -1;
  FILE *file = fopen("small.ini", "w");
  return file && fputs(experiment_text, file) >= 0 && fclose(file) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
  (void)state;
  return chdir("/") || nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static json_t *load(const char *path) {
  json_error_t error;
  json_t *json = json_load_file(path, 0, &error);
  if (!json) fail_msg("%s:%d: %s", path, error.line, error.text);
  return json;
}

static json_t *load_schema(void) {
  char path[4096];
  struct error error;
  if (data_path("results/schema.json", path, sizeof path, &error)) fail_msg("%s", error.text);
  return load(path);
}

// Measures the small experiment into `out` under the tests' folder.
static json_t *measure(const char *out) {
  const char *program = getenv("STOREBENCH");
  char path[64];
  if (!program || access(program, X_OK)) fail_msg("STOREBENCH must name the program, as scripts/run-test's callers do");
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0 && program) {
    if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr)) _exit(126);
    execl(program, "storebench", "run", "./small.ini", "--profile", "quick", "--repetitions", "3", "--out", out, NULL);
    _exit(127);
  }
  int status;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFEXITED(status));
  assert_in_range(WEXITSTATUS(status), 0, 1);  // 1: a cell failed, which a run can hold
  snprintf(path, sizeof path, "%s/run.json", out);
  return load(path);
}

// What the machine or the kernel does not tell is null, and says why.
static void check_reasons(const json_t *environment) {
  const json_t *value, *reasons = json_object_get(environment, "unreadable");
  const char *name;
  json_object_foreach((json_t *)environment, name, value) {
    if (json_is_null(value) && !json_is_string(json_object_get(reasons, name)))
      fail_msg("%s is null and no reason", name);
  }
  // Others ran, or nothing was looked at.
  const json_t *watch = json_object_get(environment, "idle_watch");
  assert_true(json_number_value(json_object_get(watch, "seconds")) >= 0.25);
  assert_true(json_number_value(json_object_get(watch, "reference_ns")) > 0);
}

static void test_a_real_run_keeps_to_the_schema(void **state) {
  (void)state;
  char why[2048];
  json_t *run = measure("one"), *schema = load_schema();
  if (!schema_check(schema, run, why, sizeof why)) fail_msg("run.json: %s", why);
  assert_int_equal(json_array_size(json_object_get(run, "cells")), 8);
  assert_true(json_array_size(json_object_get(run, "limits")) >= 17);
  check_reasons(json_object_get(run, "environment"));
  // The machine that runs this test measured something.
  assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(run, "cells"), 0), "status")),
                      "ok");
  json_decref(run);
  json_decref(schema);
}

// Each fact about the machine that is left out is missed, whether it is known or null.
static void check_that_no_fact_can_be_left_out(json_t *run, json_t *schema) {
  json_t *environment = json_object_get(run, "environment"), *facts = json_copy(environment), *fact;
  const char *name;
  size_t tried = 0;
  json_object_foreach(facts, name, fact) {
    char why[2048], want[128];
    if (strncmp(name, "peer_", 5) == 0) continue;  // which ones there are is the build's
    assert_int_equal(json_object_del(environment, name), 0);
    snprintf(want, sizeof want, "/environment: %s is missing", name);
    assert_false(schema_check(schema, run, why, sizeof why));
    assert_string_equal(why, want);
    assert_int_equal(json_object_set(environment, name, fact), 0);
    tried++;
  }
  json_decref(facts);
  assert_true(tried >= 50);
}

// The validator must find what is wrong, or the test above says nothing.
static void test_the_validator_finds_what_is_wrong(void **state) {
  (void)state;
  char why[2048];
  json_t *run = measure("two"), *schema = load_schema();
  json_t *cell = json_array_get(json_object_get(run, "cells"), 0);
  json_t *sample = json_array_get(json_object_get(cell, "samples"), 0);
  assert_true(schema_check(schema, run, why, sizeof why));
  check_that_no_fact_can_be_left_out(run, schema);
  assert_true(schema_check(schema, run, why, sizeof why));
  json_object_set_new(sample, "seconds", json_string("long"));
  assert_false(schema_check(schema, run, why, sizeof why));
  assert_string_equal(why, "/cells/0/samples/0/seconds: of none of its types");
  json_object_set_new(sample, "seconds", json_integer(-1));
  assert_false(schema_check(schema, run, why, sizeof why));
  json_object_del(sample, "seconds");
  assert_false(schema_check(schema, run, why, sizeof why));
  assert_string_equal(why, "/cells/0/samples/0: seconds is missing");
  json_object_set_new(sample, "seconds", json_real(1));
  json_object_set_new(sample, "extra", json_real(1));
  assert_false(schema_check(schema, run, why, sizeof why));
  json_object_del(sample, "extra");
  json_object_set_new(cell, "status", json_string("fine"));
  assert_false(schema_check(schema, run, why, sizeof why));
  json_decref(run);
  json_decref(schema);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_a_real_run_keeps_to_the_schema, make_folder, remove_folder),
      cmocka_unit_test_setup_teardown(test_the_validator_finds_what_is_wrong, make_folder, remove_folder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
