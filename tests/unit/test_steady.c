// SPDX-License-Identifier: MIT
// Steady or not, on series whose answer is known.
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/steady.h"
#include "tests/unit/draws.h"

enum { N = 48, TRIES = 200 };

typedef double (*shape_fn)(size_t i);  // the rate without noise, 1 where nothing happens

static double flat(size_t i) { return i < N ? 1 : 0; }
static double ramp(size_t i) { return 1 - 0.3 * (double)i / N; }
static double step(size_t i) { return i < N / 2 ? 1 : 1.15; }
static double late_cliff(size_t i) { return i < 40 ? 1 : 0.3; }
static double early_cliff(size_t i) { return i < 4 ? 0.1 : 1; }
static double dip(size_t i) { return 20 <= i && i < 26 ? 0.5 : 1; }
static double stalls(size_t i) { return i % 8 == 3 ? 0.2 : 1; }
static double sawtooth(size_t i) { return 1 - 0.1 * (double)(i % 6); }
static double one_stall(size_t i) { return i == 17 ? 0 : 1; }
static double stall_and_step(size_t i) { return i == 40 ? 0 : i < N / 2 ? 1 : 1.2; }
static double hair(size_t i) { return i < N / 2 ? 1 : 1.02; }

// How many of TRIES noisy series of that shape are not steady.
static size_t count_unsteady(shape_fn shape, double noise) {
  struct random random;
  size_t unsteady = 0;
  random_seed(&random, 11);
  for (int t = 0; t < TRIES; t++) {
    double rates[N];
    struct steadiness steadiness;
    for (size_t i = 0; i < N; i++) rates[i] = 1e5 * shape(i) * exp(noise * draw_normal(&random));
    assert_int_equal(steady_judge(rates, N, STEADY_FLOOR, &steadiness), 0);
    unsteady += steadiness.verdict == STEADY_NO;
  }
  return unsteady;
}

static void test_what_does_not_change_is_steady(void **state) {
  (void)state;
  // 1% of shuffles are as odd; the floor takes most of those away.
  assert_in_range(count_unsteady(flat, 0.05), 0, TRIES * 2 / 100);
  assert_in_range(count_unsteady(flat, 0.30), 0, TRIES * 3 / 100);
  assert_in_range(count_unsteady(stalls, 0.05), 0, TRIES * 2 / 100);
  assert_in_range(count_unsteady(sawtooth, 0.05), 0, TRIES * 2 / 100);
  assert_in_range(count_unsteady(one_stall, 0.05), 0, TRIES * 2 / 100);
}

static void test_what_changes_is_not_steady(void **state) {
  (void)state;
  assert_in_range(count_unsteady(ramp, 0.05), TRIES * 98 / 100, TRIES);
  assert_in_range(count_unsteady(step, 0.05), TRIES * 98 / 100, TRIES);
  assert_in_range(count_unsteady(late_cliff, 0.05), TRIES * 98 / 100, TRIES);
  assert_in_range(count_unsteady(early_cliff, 0.05), TRIES * 98 / 100, TRIES);
  assert_in_range(count_unsteady(dip, 0.05), TRIES * 98 / 100, TRIES);
  assert_in_range(count_unsteady(stall_and_step, 0.05), TRIES * 98 / 100, TRIES);
}

static void test_a_change_below_the_floor_does_not_count(void **state) {
  (void)state;
  double rates[N];
  struct steadiness steadiness;
  for (size_t i = 0; i < N; i++) rates[i] = hair(i);
  assert_int_equal(steady_judge(rates, N, 0.05, &steadiness), 0);
  assert_int_equal(steadiness.verdict, STEADY_YES);
  assert_int_equal(steady_judge(rates, N, 0.01, &steadiness), 0);
  assert_int_equal(steadiness.verdict, STEADY_NO);
}

static void test_the_stretch_is_named(void **state) {
  (void)state;
  double rates[10 * N];  // averaged: ten intervals a block and some
  struct steadiness steadiness;
  for (size_t i = 0; i < N; i++) rates[i] = late_cliff(i);
  assert_int_equal(steady_judge(rates, N, 0.05, &steadiness), 0);
  assert_true((steadiness.from == 40 && steadiness.to == N) || (steadiness.from == 0 && steadiness.to == 40));
  double change = steadiness.from ? steadiness.change : 1 / steadiness.change;
  assert_true(fabs(change - 0.3) < 1e-9);
  for (size_t i = 0; i < 10 * (size_t)N; i++) rates[i] = i < 240 ? 1 : 2;
  assert_int_equal(steady_judge(rates, 10 * (size_t)N, 0.05, &steadiness), 0);
  assert_int_equal(steadiness.verdict, STEADY_NO);
  assert_true(steadiness.from == 240 || steadiness.to == 240);
}

// The flow of the Nile at Aswan, 1871-1970, in 1e8 m3: it fell after 1898, the 28th year (Cobb, Biometrika 65, 1978).
static void test_the_nile_fell_in_1898(void **state) {
  (void)state;
  static const double nile[64] = {1120, 1160, 963, 1210, 1160, 1160, 813,  1230, 1370, 1140, 995,  935,  1110,
                                  994,  1020, 960, 1180, 799,  958,  1140, 1100, 1210, 1150, 1250, 1260, 1220,
                                  1030, 1100, 774, 840,  874,  694,  940,  833,  701,  916,  692,  1020, 1050,
                                  969,  831,  726, 456,  824,  702,  1120, 1100, 832,  764,  821,  768,  845,
                                  864,  862,  698, 845,  744,  796,  1040, 759,  781,  865,  845,  944};
  struct steadiness steadiness;
  assert_int_equal(steady_judge(nile, 64, STEADY_FLOOR, &steadiness), 0);
  assert_int_equal(steadiness.verdict, STEADY_NO);
  assert_true(steadiness.from == 28 || steadiness.to == 28);
}

static void test_too_little_says_nothing(void **state) {
  (void)state;
  double rates[STEADY_MIN] = {1, 1, 1, 1, 1, 1, 1, 1, 9, 9, 9, 9, 9, 9, 9, 9}, still[STEADY_MIN] = {0};
  struct steadiness steadiness;
  assert_int_equal(steady_judge(rates, STEADY_MIN, 0.05, &steadiness), 0);
  assert_int_equal(steadiness.verdict, STEADY_NO);
  assert_int_equal(steady_judge(rates, STEADY_MIN - 1, 0.05, &steadiness), 0);
  assert_int_equal(steadiness.verdict, STEADY_UNKNOWN);
  assert_int_equal(steady_judge(still, STEADY_MIN, 0.05, &steadiness), 0);
  assert_int_equal(steadiness.verdict, STEADY_UNKNOWN);
  for (size_t i = 0; i < STEADY_MIN; i++) still[i] = 7;
  assert_int_equal(steady_judge(still, STEADY_MIN, 0.05, &steadiness), 0);
  assert_int_equal(steadiness.verdict, STEADY_YES);
  rates[3] = NAN;
  assert_int_equal(steady_judge(rates, STEADY_MIN, 0.05, &steadiness), -EINVAL);
  rates[3] = -1;
  assert_int_equal(steady_judge(rates, STEADY_MIN, 0.05, &steadiness), -EINVAL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_does_not_change_is_steady),
      cmocka_unit_test(test_what_changes_is_not_steady),
      cmocka_unit_test(test_a_change_below_the_floor_does_not_count),
      cmocka_unit_test(test_the_stretch_is_named),
      cmocka_unit_test(test_the_nile_fell_in_1898),
      cmocka_unit_test(test_too_little_says_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
