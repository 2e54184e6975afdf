// SPDX-License-Identifier: MIT
// Turns: who runs when, and that what the machine does to both sides alike leaves the ratio as it is. Slices are made
// up.
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/turns.h"

enum { BLOCKS = 8, SLICE_NS = 1000000 };

// A machine on which side 1 is `ratio` times as fast as side 0, and which changes as time goes by.
struct machine {
  double ratio;
  double drift;    // of the logarithm of its speed, from slice to slice
  size_t stalled;  // number of a slice that is ten times slower; 0: none
  size_t fails;    // number of a slice that fails; 0: none
  size_t empty;    // number of a slice in which nothing finishes; 0: none
  size_t slices;   // so far
  char order[64];  // who had a turn
};

static int run_slice(void *user, unsigned side, uint64_t ns, struct slice *slice, struct error *error) {
  struct machine *machine = user;
  assert_int_equal(ns, SLICE_NS);
  machine->order[machine->slices++] = "AB"[side];
  if (machine->slices == machine->fails) return error_set(error, -EIO, "made to fail");
  double rate = 1e6 * exp(machine->drift * (double)machine->slices) * (side ? machine->ratio : 1);
  if (machine->slices == machine->stalled) rate /= 10;
  *slice = (struct slice){machine->slices == machine->empty ? 0 : (uint64_t)rate, ns};
  return 0;
}

static int turns(struct machine *machine, unsigned first, unsigned warm_up, struct turns_result *result,
                 struct error *error) {
  double logs[BLOCKS];
  const struct turns turns = {
      .first = first, .ns = SLICE_NS, .warm_up = warm_up, .blocks = BLOCKS, .user = machine, .run = run_slice};
  return turns_run(&turns, logs, result, error);
}

static void test_order(void **state) {
  (void)state;
  struct machine a_first = {.ratio = 1}, b_first = {.ratio = 1};
  struct turns_result result;
  assert_int_equal(turns(&a_first, 0, 0, &result, NULL), 0);
  assert_string_equal(a_first.order, "ABBAABBAABBAABBAABBAABBAABBAABBA");
  assert_int_equal(turns(&b_first, 1, 0, &result, NULL), 0);
  assert_string_equal(b_first.order, "BAABBAABBAABBAABBAABBAABBAABBAAB");
}

static void test_ratio_is_of_b_over_a(void **state) {
  (void)state;
  for (unsigned first = 0; first < 2; first++) {
    struct machine machine = {.ratio = 1.25};
    struct turns_result result;
    assert_int_equal(turns(&machine, first, 0, &result, NULL), 0);
    assert_float_equal(exp(result.log_ratio), 1.25, 1e-5);
    assert_int_equal(result.total[0].ns, 2 * BLOCKS * SLICE_NS);
    assert_int_equal(result.total[0].operations, 2 * BLOCKS * 1000000);
    assert_int_equal(result.total[1].operations, 2 * BLOCKS * 1250000);
  }
}

// 2% a slice, which makes the machine twice as fast by the end.
static void test_drift_cancels(void **state) {
  (void)state;
  const double ratios[] = {1, 1.1};
  for (size_t i = 0; i < 2; i++) {
    struct machine machine = {.ratio = ratios[i], .drift = 0.02};
    struct turns_result result;
    assert_int_equal(turns(&machine, 0, 0, &result, NULL), 0);
    assert_float_equal(exp(result.log_ratio), ratios[i], 1e-5);
  }
}

static void test_a_stall_is_left_out(void **state) {
  (void)state;
  for (size_t stalled = 1; stalled <= 4 * BLOCKS; stalled++) {
    struct machine machine = {.ratio = 1.1, .stalled = stalled};
    struct turns_result result;
    assert_int_equal(turns(&machine, 0, 0, &result, NULL), 0);
    assert_float_equal(exp(result.log_ratio), 1.1, 1e-5);
  }
}

static void test_warm_up_does_not_count(void **state) {
  (void)state;
  struct machine machine = {.ratio = 1};
  struct turns_result result;
  assert_int_equal(turns(&machine, 0, 3, &result, NULL), 0);
  assert_int_equal(machine.slices, 4 * (3 + BLOCKS));
  assert_int_equal(result.total[0].ns, 2 * BLOCKS * SLICE_NS);
}

static void test_failures_end_it(void **state) {
  (void)state;
  struct machine fails = {.ratio = 1, .fails = 6}, empty = {.ratio = 1, .empty = 7};
  struct turns_result result;
  struct error error;
  assert_int_equal(turns(&fails, 0, 0, &result, &error), -EIO);
  assert_string_equal(error.text, "made to fail");
  assert_int_equal(fails.slices, 6);
  assert_int_equal(turns(&empty, 0, 0, &result, &error), -EIO);
  assert_string_equal(error.text, "B: no operation finished in a slice");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_order),
      cmocka_unit_test(test_ratio_is_of_b_over_a),
      cmocka_unit_test(test_drift_cancels),
      cmocka_unit_test(test_a_stall_is_left_out),
      cmocka_unit_test(test_warm_up_does_not_count),
      cmocka_unit_test(test_failures_end_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
