// SPDX-License-Identifier: MIT
// Duels: which pairs are run on which files, and what is made of what they say. Pairs are made up.
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/duel.h"
#include "tests/unit/sample_support.h"
#include "tests/unit/temporary.h"

enum { PAIRS = 9 };

static struct {
  struct dataset_folder folder;
  const double *logs;           // what the pairs say, one after the other; NULL: 0
  unsigned skips;               // how many tries end in a skip, from the first one on
  unsigned fails_at, stops_at;  // number of a try, from 1; 0: never
  unsigned tries, pairs;
  struct pair seen[64];  // of the pairs that went well
} bench;

static bool made_pair(const struct pair *pair, struct interrupt *interrupt, struct pair_result *result) {
  (void)interrupt;
  *result = (struct pair_result){0};
  for (unsigned side = 0; side < 2; side++)
    if (*pair->sides[side].order.path) assert_int_equal(access(pair->sides[side].order.path, R_OK), 0);
  if (++bench.tries == bench.stops_at) return false;
  if (bench.tries <= bench.skips || bench.tries == bench.fails_at) {
    result->outcome = bench.tries <= bench.skips ? OUTCOME_SKIPPED : OUTCOME_FAILED;
    snprintf(result->reason, sizeof result->reason, "made to end");
    return true;
  }
  result->log_ratio = bench.logs ? bench.logs[bench.pairs] : 0;
  for (unsigned side = 0; side < 2; side++) result->rates[side] = 1000 * exp(side ? result->log_ratio : 0);
  bench.seen[bench.pairs++] = *pair;
  return true;
}

static void make_set(const char *name) {
  char path[DATASET_PATH_MAX];
  assert_int_equal(dataset_make(&bench.folder, name), 0);
  dataset_path(&bench.folder, name, path);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_int_equal(fclose(file), 0);
}

static int set_up(void **state) {
  (void)state;
  struct error error;
  memset(&bench, 0, sizeof bench);
  assert_int_equal(dataset_folder_make(temporary_folder(), &bench.folder, &error), 0);
  make_set("one");
  make_set("two");
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  return dataset_folder_remove(&bench.folder);
}

static struct duel duel_of(enum operation operation, const char *a, const char *b) {
  struct duel duel = {.read_only = operation == OPERATION_GET,
                      .pairs = PAIRS,
                      .seconds = 1.8,
                      .floor = 0.02,
                      .level = 0.95,
                      .seed = 1,
                      .folder = &bench.folder,
                      .run = made_pair};
  const char *const sets[] = {a, b}, *const programs[] = {"a", "b"};
  for (unsigned side = 0; side < 2; side++)
    duel.sides[side] = (struct duel_side){programs[side], sample_new_order(operation).settings, sets[side]};
  return duel;
}

static void run(const struct duel *duel, struct duel_result *result) {
  char path[DATASET_PATH_MAX];
  assert_true(duel_run(duel, result));
  dataset_path(&bench.folder, "pair-0", path);
  assert_int_equal(access(path, F_OK), -1);
  dataset_path(&bench.folder, "pair-1", path);
  assert_int_equal(access(path, F_OK), -1);
}

static const char *folder_of(unsigned pair, unsigned side) {
  static char text[DATASET_PATH_MAX];
  snprintf(text, sizeof text, "%s", bench.seen[pair].sides[side].order.path);
  char *end = strrchr(text, '/');
  if (!end) return "";
  *end = '\0';
  return strrchr(text, '/') + 1;
}

static void test_reads_open_the_set_itself(void **state) {
  (void)state;
  struct duel_result result;
  const struct duel duel = duel_of(OPERATION_GET, "one", "one");
  run(&duel, &result);
  assert_int_equal(result.pairs, PAIRS);
  assert_int_equal(result.blocks, 10);  // 1.8 s over 9 pairs, 20 ms a block
  for (unsigned i = 0; i < PAIRS; i++) {
    for (unsigned side = 0; side < 2; side++) {
      assert_string_equal(folder_of(i, side), "one");
      assert_true(bench.seen[i].sides[side].order.read_only);
    }
    assert_int_equal(bench.seen[i].first, i % 2);
    assert_string_equal(bench.seen[i].sides[0].program, "a");
    assert_string_equal(bench.seen[i].sides[1].program, "b");
    assert_int_equal(bench.seen[i].sides[0].order.seed, bench.seen[i].sides[1].order.seed);
    if (i) assert_int_not_equal(bench.seen[i].sides[0].order.seed, bench.seen[i - 1].sides[0].order.seed);
  }
}

// Each side has each copy as often as the other, but for one, and leads as often with either.
static void test_writes_exchange_their_copies(void **state) {
  (void)state;
  struct duel_result result;
  const struct duel duel = duel_of(OPERATION_UPDATE, "one", "one");
  int exchanged = 0, leads[2] = {0, 0};
  run(&duel, &result);
  for (unsigned i = 0; i < PAIRS; i++) {
    bool swapped = strcmp(folder_of(i, 0), "pair-1") == 0;
    assert_string_equal(folder_of(i, 1), swapped ? "pair-0" : "pair-1");
    assert_false(bench.seen[i].sides[0].order.read_only);
    exchanged += swapped;
    leads[swapped] += bench.seen[i].first ? 1 : -1;
  }
  assert_in_range(exchanged, PAIRS / 2, PAIRS / 2 + 1);
  for (int i = 0; i < 2; i++) assert_in_range(leads[i] + 1, 0, 2);
}

static void test_two_formats_keep_their_files(void **state) {
  (void)state;
  struct duel_result result;
  const struct duel duel = duel_of(OPERATION_UPDATE, "one", "two");
  run(&duel, &result);
  for (unsigned i = 0; i < PAIRS; i++) {
    assert_string_equal(folder_of(i, 0), "pair-0");
    assert_string_equal(folder_of(i, 1), "pair-1");
  }
}

static void test_engines_without_files(void **state) {
  (void)state;
  struct duel_result result;
  const struct duel duel = duel_of(OPERATION_UPDATE, NULL, NULL);
  run(&duel, &result);
  assert_int_equal(result.pairs, PAIRS);
  assert_string_equal(bench.seen[0].sides[1].order.path, "");
}

// Led by A: 0.06, 0.06, 0.08, 0.10, 0.10; by B: 0.07, 0.09, 0.07, 0.09. Both means are 0.08, the squares about them are
// 0.0016 and 0.0004 with 7 degrees of freedom, whose t is 2.365 (from the usual table).
static const double half_known = 2.365 / 2 * 0.011339;  // sqrt(0.0020 / 7 * (1 / 5.0 + 1 / 4.0))

static void test_known_answer(void **state) {
  (void)state;
  const double logs[PAIRS] = {0.06, 0.07, 0.06, 0.09, 0.08, 0.07, 0.10, 0.09, 0.10};
  struct duel_result result;
  struct duel duel = duel_of(OPERATION_GET, "one", "one");
  bench.logs = logs;
  run(&duel, &result);
  assert_float_equal(log(result.ratio), 0.08, 1e-9);
  assert_float_equal(log(result.low), 0.08 - half_known, 1e-5);
  assert_float_equal(log(result.high), 0.08 + half_known, 1e-5);
  assert_float_equal(result.rates[1] / result.rates[0], exp(0.08), 1e-9);
  assert_true(result.shown);
  duel.floor = 0.09;  // exp(0.08) is 1.083
  bench.pairs = 0;
  run(&duel, &result);
  assert_false(result.shown);
}

// 20% for whoever starts first: neither in the ratio nor in its interval.
static void test_starting_first_is_taken_out(void **state) {
  (void)state;
  double logs[PAIRS] = {0.06, 0.07, 0.06, 0.09, 0.08, 0.07, 0.10, 0.09, 0.10};
  struct duel_result result;
  const struct duel duel = duel_of(OPERATION_GET, "one", "one");
  for (unsigned i = 0; i < PAIRS; i++) logs[i] += i % 2 ? 0.2 : -0.2;
  bench.logs = logs;
  run(&duel, &result);
  assert_float_equal(log(result.ratio), 0.08, 1e-9);
  assert_float_equal(log(result.low), 0.08 - half_known, 1e-5);
  assert_float_equal(log(result.high), 0.08 + half_known, 1e-5);
  assert_true(result.shown);
}

static void test_an_interval_with_1_in_it_shows_nothing(void **state) {
  (void)state;
  const double logs[PAIRS] = {-0.2, 0.3, 0.3, -0.2, 0.05, 0.3, 0.3, 0.3, -0.2};
  struct duel_result result;
  const struct duel duel = duel_of(OPERATION_GET, "one", "one");
  bench.logs = logs;
  run(&duel, &result);
  assert_true(result.ratio > 1.02);
  assert_true(result.low < 1 && result.high > 1);
  assert_false(result.shown);
}

static void test_a_skip_is_tried_again(void **state) {
  (void)state;
  struct duel_result result;
  const struct duel duel = duel_of(OPERATION_GET, "one", "one");
  bench.skips = 2;
  run(&duel, &result);
  assert_int_equal(result.outcome, OUTCOME_OK);
  assert_int_equal(bench.tries, PAIRS + 2);
}

static void test_skips_and_failures(void **state) {
  (void)state;
  struct duel_result result;
  const struct duel duel = duel_of(OPERATION_UPDATE, "one", "one");
  bench.skips = 3;
  run(&duel, &result);
  assert_int_equal(result.outcome, OUTCOME_SKIPPED);
  assert_string_equal(result.reason, "made to end");
  assert_int_equal(bench.tries, 3);
  bench.skips = bench.tries = 0;
  bench.fails_at = 5;
  run(&duel, &result);
  assert_int_equal(result.outcome, OUTCOME_FAILED);
  assert_int_equal(bench.tries, 5);
}

static void test_no_set(void **state) {
  (void)state;
  struct duel_result result;
  const struct duel duel = duel_of(OPERATION_UPDATE, "three", "three");
  run(&duel, &result);
  assert_int_equal(result.outcome, OUTCOME_FAILED);
  assert_string_equal(result.reason, "copies of the data set cannot be made: No such file or directory");
  assert_int_equal(bench.tries, 0);
}

static void test_what_cannot_be_paired_is_skipped(void **state) {
  (void)state;
  struct duel_result result;
  struct duel duel = duel_of(OPERATION_GET, "one", "one");
  duel.sides[1].settings.cache = CACHE_COLD;
  run(&duel, &result);
  assert_int_equal(result.outcome, OUTCOME_SKIPPED);
  assert_int_equal(bench.tries, 0);
}

static void test_a_signal_ends_it(void **state) {
  (void)state;
  struct duel_result result;
  char path[DATASET_PATH_MAX];
  const struct duel duel = duel_of(OPERATION_UPDATE, "one", "one");
  bench.stops_at = 4;
  assert_false(duel_run(&duel, &result));
  assert_int_equal(bench.tries, 4);
  dataset_path(&bench.folder, "pair-0", path);
  assert_int_equal(access(path, F_OK), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_reads_open_the_set_itself),
      TEST(test_writes_exchange_their_copies),
      TEST(test_two_formats_keep_their_files),
      TEST(test_engines_without_files),
      TEST(test_known_answer),
      TEST(test_starting_first_is_taken_out),
      TEST(test_an_interval_with_1_in_it_shows_nothing),
      TEST(test_a_skip_is_tried_again),
      TEST(test_skips_and_failures),
      TEST(test_no_set),
      TEST(test_what_cannot_be_paired_is_skipped),
      TEST(test_a_signal_ends_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
