// SPDX-License-Identifier: MIT
// Medians, intervals and ratios against published values and against their own promises.
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/statistics.h"
#include "workloads/random.h"

static void assert_near(double seen, double expected, double tolerance) {
  if (!(fabs(seen - expected) <= tolerance)) fail_msg("%.9g is not %.9g within %g", seen, expected, tolerance);
}

static void test_t_quantiles_are_the_published_ones(void **state) {
  (void)state;
  // NIST/SEMATECH e-Handbook, table 1.3.6.7.2, column 0.975.
  assert_near(statistics_t_quantile(1), 12.706, 5e-4);
  assert_near(statistics_t_quantile(2), 4.303, 5e-4);
  assert_near(statistics_t_quantile(8), 2.306, 5e-4);
  assert_near(statistics_t_quantile(30), 2.042, 5e-4);
  assert_near(statistics_t_quantile(31), 2.040, 1e-3);
  assert_near(statistics_t_quantile(40), 2.021, 1e-3);
  assert_near(statistics_t_quantile(60), 2.000, 1e-3);
  assert_near(statistics_t_quantile(100), 1.984, 1e-3);
  assert_near(statistics_t_quantile(1000), 1.962, 1e-3);
}

static void check_ranks(size_t n, double low, double high, int exact) {
  double values[128];
  struct interval interval;
  for (size_t i = 0; i < n; i++) values[i] = (double)((i * 7) % n) + 1;  // 1..n, not in order
  assert_int_equal(statistics_interval(values, n, &interval), 0);
  assert_near(interval.median, ((double)n + 1) / 2, 1e-12);
  assert_near(interval.low, low, 0);
  assert_near(interval.high, high, 0);
  assert_int_equal(interval.exact, exact);
  assert_int_equal(interval.n, n);
}

static void test_median_interval_has_the_published_ranks(void **state) {
  (void)state;
  // Ranks of the 95% interval of a median: Conover, Practical Nonparametric Statistics, table A3.
  check_ranks(6, 1, 6, 1);
  check_ranks(9, 2, 8, 1);
  check_ranks(10, 2, 9, 1);
  check_ranks(15, 4, 12, 1);
  check_ranks(20, 6, 15, 1);
  check_ranks(100, 40, 61, 1);
  check_ranks(5, 1, 5, 0);
  check_ranks(3, 1, 3, 0);
  check_ranks(1, 1, 1, 0);
}

static void test_interval_refuses_what_has_no_median(void **state) {
  (void)state;
  struct interval interval;
  const double values[] = {1, NAN, 3}, infinite[] = {INFINITY};
  assert_int_equal(statistics_interval(values, 0, &interval), -EINVAL);
  assert_int_equal(statistics_interval(values, 3, &interval), -EINVAL);
  assert_int_equal(statistics_interval(infinite, 1, &interval), -EINVAL);
}

static void test_interval_leaves_its_input_alone(void **state) {
  (void)state;
  const double values[] = {3, 1, 2};
  struct interval interval;
  assert_int_equal(statistics_interval(values, 3, &interval), 0);
  assert_true(values[0] == 3 && values[1] == 1 && values[2] == 2);
}

static double normal(struct random *random) {
  double sum = 0;  // Irwin-Hall: twelve uniforms have variance 1
  for (int i = 0; i < 12; i++) sum += (double)random_next(random) / 0x1p64;
  return sum - 6;
}

// Of many samples from one distribution, at most about 5% of intervals may miss its median.
static void test_median_interval_covers(void **state) {
  (void)state;
  enum { TRIES = 4000, N = 9 };
  struct random random;
  size_t covered = 0;
  random_seed(&random, 1);
  for (int t = 0; t < TRIES; t++) {
    double values[N];
    struct interval interval;
    for (int i = 0; i < N; i++) values[i] = exp(normal(&random));
    assert_int_equal(statistics_interval(values, N, &interval), 0);
    covered += interval.low <= 1 && 1 <= interval.high;
  }
  // Ranks 2 and 8 of 9 cover with 96.1%.
  assert_in_range(covered, TRIES * 95 / 100, TRIES * 975 / 1000);
}

static void test_ratio_is_the_geometric_mean(void **state) {
  (void)state;
  const double a[] = {2, 8, 4}, b[] = {1, 1, 1};
  struct ratio ratio;
  assert_int_equal(statistics_ratio(a, b, 3, 0.05, &ratio), 0);
  assert_near(ratio.ratio, 4, 1e-12);
  // log2 ratios 1, 3, 2: mean 2, deviation 1, half width 4.303 / sqrt(3) doublings.
  assert_near(log2(ratio.high), 2 + 4.303 / sqrt(3), 1e-9);
  assert_near(log2(ratio.low), 2 - 4.303 / sqrt(3), 1e-9);
  assert_int_equal(ratio.shown, 0);
}

static void test_ratio_needs_pairs_an_interval_and_an_effect(void **state) {
  (void)state;
  const double one[] = {1, 1, 1, 1, 1}, twice[] = {2, 2.01, 1.99, 2, 2}, hair[] = {1.03, 1.031, 1.029, 1.03, 1.03};
  struct ratio ratio;
  assert_int_equal(statistics_ratio(twice, one, 5, 0.05, &ratio), 0);
  assert_int_equal(ratio.shown, 1);
  assert_int_equal(statistics_ratio(one, twice, 5, 0.05, &ratio), 0);
  assert_int_equal(ratio.shown, 1);
  assert_near(ratio.ratio, 0.5, 0.01);
  assert_int_equal(statistics_ratio(twice, one, 2, 0.05, &ratio), 0);
  assert_int_equal(ratio.shown, 0);
  assert_int_equal(statistics_ratio(hair, one, 5, 0.05, &ratio), 0);
  assert_true(ratio.low > 1);  // sure, and still below the floor
  assert_int_equal(ratio.shown, 0);
  assert_int_equal(statistics_ratio(twice, one, 1, 0.05, &ratio), 0);
  assert_int_equal(ratio.shown, 0);
}

static void test_ratio_refuses_what_has_no_logarithm(void **state) {
  (void)state;
  const double a[] = {1, 0}, b[] = {1, 1};
  struct ratio ratio;
  assert_int_equal(statistics_ratio(a, b, 0, 0.05, &ratio), -EINVAL);
  assert_int_equal(statistics_ratio(a, b, 2, 0.05, &ratio), -EINVAL);
  assert_int_equal(statistics_ratio(b, a, 2, 0.05, &ratio), -EINVAL);
}

// Two engines that do not differ, by a noise of 11%: a winner may be named in at most 5% of experiments.
static void test_no_winner_among_equals(void **state) {
  (void)state;
  enum { TRIES = 4000 };
  static const size_t pairs[] = {3, 9};
  struct random random;
  random_seed(&random, 2);
  for (size_t p = 0; p < sizeof pairs / sizeof pairs[0]; p++) {
    size_t named = 0;
    for (int t = 0; t < TRIES; t++) {
      double a[9], b[9];
      struct ratio ratio;
      for (size_t i = 0; i < pairs[p]; i++) {
        a[i] = exp(0.11 * normal(&random));
        b[i] = exp(0.11 * normal(&random));
      }
      assert_int_equal(statistics_ratio(a, b, pairs[p], 0.05, &ratio), 0);
      named += (size_t)ratio.shown;
    }
    assert_in_range(named, 1, TRIES * 6 / 100);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_t_quantiles_are_the_published_ones),
      cmocka_unit_test(test_median_interval_has_the_published_ranks),
      cmocka_unit_test(test_interval_refuses_what_has_no_median),
      cmocka_unit_test(test_interval_leaves_its_input_alone),
      cmocka_unit_test(test_median_interval_covers),
      cmocka_unit_test(test_ratio_is_the_geometric_mean),
      cmocka_unit_test(test_ratio_needs_pairs_an_interval_and_an_effect),
      cmocka_unit_test(test_ratio_refuses_what_has_no_logarithm),
      cmocka_unit_test(test_no_winner_among_equals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
