// SPDX-License-Identifier: MIT
// A pair of children: what comes of what they answer. The children are shell scripts.
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/pair.h"
#include "harness/slices.h"
#include "tests/unit/sample_support.h"
#include "tests/unit/temporary.h"

#define GREET "echo 'storebench-slices 1 0 0'; read -r word order; "
#define READY GREET "echo \"ready $order\"; "
#define OVER "echo 'sample {\"status\": \"ok\", \"reason\": null, \"verified\": 7}'; "
// Answers each slice with that many operations in a millisecond.
#define RUNS(operations)                                                                          \
  READY "while read -r word rest; do if [ $word = end ]; then " OVER "else echo 'ran " operations \
        " 1000000'; fi; "                                                                         \
        "done"

static struct {
  char programs[2][512];
  struct interrupt interrupt;
  struct pair_result result;
} bench;

static int set_up(void **state) {
  (void)state;
  for (unsigned side = 0; side < 2; side++)
    snprintf(bench.programs[side], sizeof bench.programs[side], "%s/child-%u", temporary_folder(), side);
  return interrupt_open(&bench.interrupt);
}

static int tear_down(void **state) {
  (void)state;
  interrupt_close(&bench.interrupt);
  for (unsigned side = 0; side < 2; side++) unlink(bench.programs[side]);
  return 0;
}

static void write_child(unsigned side, const char *script) {
  FILE *file = fopen(bench.programs[side], "w");
  assert_non_null(file);
  assert_true(fprintf(file, "#!/bin/sh\n%s\n", script) > 0);
  assert_int_equal(fclose(file), 0);
  assert_int_equal(chmod(bench.programs[side], 0700), 0);
}

static bool run(const char *a, const char *b, bool pinned) {
  struct pair pair = {.pinned = pinned, .slice_ns = 1000000, .blocks = 3};
  write_child(0, a);
  write_child(1, b);
  for (unsigned side = 0; side < 2; side++) {
    pair.sides[side].program = bench.programs[side];
    pair.sides[side].order = sample_new_order(OPERATION_GET);
  }
  return pair_run(&pair, &bench.interrupt, &bench.result);
}

static void test_a_pair_that_goes_well(void **state) {
  (void)state;
  for (int pinned = 0; pinned < 2; pinned++) {
    assert_true(run(RUNS("1000"), RUNS("1250"), pinned));
    assert_string_equal(bench.result.reason, "");
    assert_int_equal(bench.result.outcome, OUTCOME_OK);
    assert_float_equal(exp(bench.result.log_ratio), 1.25, 1e-9);
    assert_float_equal(bench.result.rates[0], 1e6, 1e-3);
    assert_float_equal(bench.result.rates[1], 1.25e6, 1e-3);
    assert_int_equal(bench.result.verified[1], 7);
  }
}

// The second to start must not drop what the first one maps.
static void test_the_second_one_joins(void **state) {
  (void)state;
  static const char leads[] =
      "echo 'storebench-slices 1 0 0'; read -r word order; [ $word = lead ] || exit 7; "
      "echo 'sample {\"status\": \"skipped\", \"reason\": \"led\"}'";
  static const char joins[] =
      "echo 'storebench-slices 1 0 0'; read -r word order; [ $word = join ] || exit 7; "
      "echo 'sample {\"status\": \"skipped\", \"reason\": \"joined\"}'";
  assert_true(run(leads, RUNS("1000"), false));
  assert_string_equal(bench.result.reason, "A: led");
  assert_true(run(RUNS("1000"), joins, false));
  assert_string_equal(bench.result.reason, "B: joined");
}

// Both children see the one CPU that they are to share, and we have all of ours back.
static void test_pinned_to_one_cpu(void **state) {
  (void)state;
  cpu_set_t before, after;
  static const char one[] = "[ $(nproc) = 1 ] || { echo 'not pinned' >&2; exit 5; }; " RUNS("1000");
  assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
  assert_true(run(one, one, true));
  assert_string_equal(bench.result.reason, "");
  assert_int_equal(sched_getaffinity(0, sizeof after, &after), 0);
  assert_true(CPU_EQUAL(&before, &after));
}

static void expect(const char *b, enum sample_outcome outcome, const char *reason) {
  assert_true(run(RUNS("1000"), b, false));
  if (!strstr(bench.result.reason, reason)) fail_msg("\"%s\" is not \"%s\"", bench.result.reason, reason);
  assert_int_equal(bench.result.outcome, outcome);
}

static void test_fates_of_a_child(void **state) {
  (void)state;
  static const char of_another_version[] = "does not understand the field `batch` of its order";
  expect("true", OUTCOME_FAILED, "B: left without a word");
  expect("echo 'unknown command \"__slices\"' >&2; exit 2", OUTCOME_FAILED, "B: exit code 2: unknown command");
  expect("echo hello; exec sleep 60", OUTCOME_FAILED, "B: answered \"hello\" where `storebench-slices` was due");
  expect("echo 'storebench-slices 2 0 0'; exec sleep 60", OUTCOME_FAILED,
         "B: speaks version 2 of the protocol of slices");
  expect(GREET "echo \"ready $order\" | sed 's/\"batch\": *4,//'; exec sleep 60", OUTCOME_FAILED, of_another_version);
  expect(GREET "echo \"ready $order\" | sed 's/\"batch\": *4,/\"batch\":5,/'; exec sleep 60", OUTCOME_FAILED,
         of_another_version);
  expect(GREET "echo ready; exec sleep 60", OUTCOME_FAILED, "B: answered \"ready\" where `ready` was due");
  expect(GREET "echo 'sample {\"status\": \"skipped\", \"reason\": \"no cache\"}'", OUTCOME_SKIPPED, "B: no cache");
  expect(GREET "echo 'sample {\"status\": \"failed\", \"reason\": \"no file\"}'", OUTCOME_FAILED, "B: no file");
  expect(GREET OVER, OUTCOME_FAILED, "B: ended before it was told to");
  expect(READY "read -r line; kill -SEGV $$", OUTCOME_FAILED, "B: killed by signal 11 (Segmentation fault)");
  expect(READY "read -r line; echo 'ran fast'; exec sleep 60", OUTCOME_FAILED, "B: answered \"fast\"");
  expect(READY "read -r line; echo 'ran 1 2 3'; exec sleep 60", OUTCOME_FAILED, "B: answered \"1 2 3\"");
  expect(READY "read -r line; echo 'ran 0 1000000'; exec sleep 60", OUTCOME_FAILED,
         "B: no operation finished in a slice");
  expect(READY "yes | tr -d '\\n'", OUTCOME_FAILED, "B: its line has no end");
  expect(READY "while read -r word rest; do [ $word = end ] && exit 3; echo 'ran 9 1000000'; done", OUTCOME_FAILED,
         "B: exit code 3");
}

static void test_a_newer_build_may_know_more(void **state) {
  (void)state;
  expect(GREET
         "echo \"ready $order\" | sed 's/\"batch\":/\"more\":1,\"batch\":/';"
         "while read -r word rest; do if [ $word = end ]; then " OVER "else echo 'ran 9 1000000'; fi; done",
         OUTCOME_OK, "");
}

static void test_no_program(void **state) {
  (void)state;
  struct pair pair = {.slice_ns = 1000000, .blocks = 3};
  for (unsigned side = 0; side < 2; side++) pair.sides[side].program = "/no/such/program";
  assert_true(pair_run(&pair, &bench.interrupt, &bench.result));
  assert_int_equal(bench.result.outcome, OUTCOME_FAILED);
  assert_string_equal(bench.result.reason, "A: could not be started");
}

static void test_a_signal_ends_both(void **state) {
  (void)state;
  char script[256];
  snprintf(script, sizeof script, READY "read -r line; kill -INT %d; exec sleep 600", (int)getpid());
  assert_false(run(RUNS("1000"), script, false));
}

static void test_what_cannot_be_paired(void **state) {
  (void)state;
  struct error error;
  struct cell_settings settings = sample_new_order(OPERATION_GET).settings;
  assert_int_equal(pair_possible(&settings, &error), 0);
  assert_int_equal(pair_slice_ns(&settings), 5000000);
  assert_true(pair_pinned(&settings));
  settings.cache = CACHE_COLD;
  assert_int_equal(pair_possible(&settings, &error), -EOPNOTSUPP);
  assert_non_null(strstr(error.text, "cold does not last"));
  settings = sample_new_order(OPERATION_FILL).settings;
  assert_int_equal(pair_possible(&settings, &error), -EOPNOTSUPP);
  settings = sample_new_order(OPERATION_DELETE).settings;
  assert_int_equal(pair_possible(&settings, &error), -EOPNOTSUPP);
  settings = sample_new_order(OPERATION_UPDATE).settings;
  settings.sync = (struct sync_policy){.kind = SYNC_ALWAYS};
  assert_int_equal(pair_possible(&settings, &error), 0);
  assert_int_equal(pair_slice_ns(&settings), 20000000);
  settings.sync = (struct sync_policy){.kind = SYNC_INTERVAL, .amount = 10};
  assert_int_equal(pair_possible(&settings, &error), -EOPNOTSUPP);
  settings = sample_new_order(OPERATION_GET).settings;
  settings.rate.per_s = 1000;
  assert_int_equal(pair_possible(&settings, &error), -EOPNOTSUPP);
  settings.rate.per_s = 0;
  settings.processes = 2;
  assert_int_equal(pair_possible(&settings, &error), -EOPNOTSUPP);
  settings.threads = 2;
  assert_false(pair_pinned(&settings));
  settings.threads = 1;
  snprintf(settings.spec, sizeof settings.spec, "uring:sqpoll=on");
  assert_false(pair_pinned(&settings));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_a_pair_that_goes_well),
      TEST(test_pinned_to_one_cpu),
      TEST(test_the_second_one_joins),
      TEST(test_fates_of_a_child),
      TEST(test_no_program),
      TEST(test_a_newer_build_may_know_more),
      TEST(test_a_signal_ends_both),
      TEST(test_what_cannot_be_paired),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
