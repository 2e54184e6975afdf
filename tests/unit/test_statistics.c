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

static void assert_near(double seen, double expected, double tolerance) {
  if (!(fabs(seen - expected) <= tolerance)) fail_msg("%.9g is not %.9g within %g", seen, expected, tolerance);
}

static void test_t_quantiles_are_the_published_ones(void **state) {
  (void)state;
  // NIST/SEMATECH e-Handbook, table 1.3.6.7.2, column 0.975.
  assert_near(statistics_t_quantile(1, 0.95), 12.706, 5e-4);
  assert_near(statistics_t_quantile(2, 0.95), 4.303, 5e-4);
  assert_near(statistics_t_quantile(8, 0.95), 2.306, 5e-4);
  assert_near(statistics_t_quantile(30, 0.95), 2.042, 5e-4);
  assert_near(statistics_t_quantile(31, 0.95), 2.040, 1e-3);
  assert_near(statistics_t_quantile(40, 0.95), 2.021, 1e-3);
  assert_near(statistics_t_quantile(60, 0.95), 2.000, 1e-3);
  assert_near(statistics_t_quantile(100, 0.95), 1.984, 1e-3);
  assert_near(statistics_t_quantile(1000, 0.95), 1.962, 1e-3);
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

// One slow sample moves a mean, and no median.
static void test_one_stall_does_not_move_the_median(void **state) {
  (void)state;
  const double values[] = {100, 101, 102, 103, 104, 105, 106, 107, 1}, even[] = {4, 1, 100, 2};
  struct interval interval;
  assert_int_equal(statistics_interval(values, 9, &interval), 0);
  assert_near(interval.median, 103, 0);
  assert_int_equal(statistics_interval(even, 4, &interval), 0);
  assert_near(interval.median, 3, 0);
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

static void test_ratio_is_the_geometric_mean(void **state) {
  (void)state;
  const double a[] = {2, 8, 4}, b[] = {1, 1, 1};
  struct ratio ratio;
  assert_int_equal(statistics_ratio(a, b, 3, 0.05, &ratio), 0);
  assert_near(ratio.ratio, 4, 1e-12);
  // log2 ratios 1, 3, 2: mean 2, deviation 1, half width 4.30265 / sqrt(3) doublings.
  assert_near(log2(ratio.high), 2 + 4.30265 / sqrt(3), 1e-5);
  assert_near(log2(ratio.low), 2 - 4.30265 / sqrt(3), 1e-5);
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

// Cushny and Peebles' sleep data, extra hours after each of two drugs (Student, Biometrika 6, 1908), as R's manual
// tests them: t.test(extra ~ group, paired or not).
static const double drug_1[] = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
static const double drug_2[] = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};

static void exponentials(const double *values, double *result) {
  for (size_t i = 0; i < 10; i++) result[i] = exp(values[i]);
}

static void test_paired_test_is_students(void **state) {
  (void)state;
  double a[10], b[10];
  struct ratio ratio;
  exponentials(drug_1, a);
  exponentials(drug_2, b);
  assert_int_equal(statistics_ratio(a, b, 10, 0.05, &ratio), 0);
  assert_near(log(ratio.ratio), -1.58, 1e-9);
  assert_near(ratio.p, 0.002833, 1e-6);
  assert_near(log(ratio.low), -2.4598858, 1e-6);
  assert_near(log(ratio.high), -0.7001142, 1e-6);
  assert_int_equal(ratio.shown, 1);
}

static void test_unpaired_test_is_welchs(void **state) {
  (void)state;
  double a[10], b[10];
  struct ratio ratio;
  exponentials(drug_1, a);
  exponentials(drug_2, b);
  assert_int_equal(statistics_ratio_unpaired(a, 10, b, 10, 0.95, 0.05, &ratio), 0);
  assert_near(log(ratio.ratio), -1.58, 1e-9);
  assert_near(ratio.p, 0.07939, 5e-6);
  assert_near(log(ratio.low), -3.3654832, 1e-6);
  assert_near(log(ratio.high), 0.2054832, 1e-6);
  assert_int_equal(ratio.shown, 0);
}

static void test_unpaired_edges(void **state) {
  (void)state;
  const double three[] = {3, 3, 3}, one[] = {1, 1, 1}, bad[] = {1, -1, 1};
  struct ratio ratio;
  assert_int_equal(statistics_ratio_unpaired(three, 3, one, 3, 0.99, 0.05, &ratio), 0);
  assert_int_equal(ratio.shown, 1);
  assert_near(ratio.low, 3, 1e-9);
  assert_int_equal(statistics_ratio_unpaired(one, 3, one, 3, 0.99, 0.05, &ratio), 0);
  assert_int_equal(ratio.shown, 0);
  assert_near(ratio.p, 1, 0);
  assert_int_equal(statistics_ratio_unpaired(three, 3, one, 2, 0.99, 0.05, &ratio), 0);
  assert_int_equal(ratio.shown, 0);
  assert_int_equal(statistics_ratio_unpaired(three, 1, one, 3, 0.99, 0.05, &ratio), 0);
  assert_int_equal(ratio.shown, 0);
  assert_near(ratio.p, 1, 0);
  assert_int_equal(statistics_ratio_unpaired(three, 0, one, 3, 0.99, 0.05, &ratio), -EINVAL);
  assert_int_equal(statistics_ratio_unpaired(three, 3, bad, 3, 0.99, 0.05, &ratio), -EINVAL);
}

// As R's p.adjust(p, "holm") has it.
static void test_holms_correction(void **state) {
  (void)state;
  double p[] = {0.01, 0.04, 0.03, 0.005}, large[] = {0.5, 0.9, 0.4}, none[1] = {0.3};
  assert_int_equal(statistics_holm(p, 4), 0);
  assert_near(p[0], 0.03, 1e-12);
  assert_near(p[1], 0.06, 1e-12);
  assert_near(p[2], 0.06, 1e-12);
  assert_near(p[3], 0.02, 1e-12);
  assert_int_equal(statistics_holm(large, 3), 0);
  for (size_t i = 0; i < 3; i++) assert_near(large[i], 1, 0);
  assert_int_equal(statistics_holm(none, 0), 0);
  assert_near(none[0], 0.3, 0);
}

static void test_floor_by_hand(void **state) {
  (void)state;
  double changes[] = {-0.02, 0.01, -0.03, 0.5, 0.02}, infinite[] = {INFINITY}, floor;
  assert_int_equal(statistics_floor(changes, 5, 9, &floor), 0);
  // The median change is 0.02; t of five degrees is 2.571 (NIST), the normal quartile 0.67449; nine pairs.
  assert_near(floor, expm1(2.571 * 0.02 / 0.67449 / 3), 1e-5);
  assert_int_equal(statistics_floor(changes, 0, 9, &floor), -EINVAL);
  assert_int_equal(statistics_floor(changes, 5, 0, &floor), -EINVAL);
  assert_int_equal(statistics_floor(infinite, 1, 9, &floor), -EINVAL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_t_quantiles_are_the_published_ones),
      cmocka_unit_test(test_median_interval_has_the_published_ranks),
      cmocka_unit_test(test_one_stall_does_not_move_the_median),
      cmocka_unit_test(test_interval_refuses_what_has_no_median),
      cmocka_unit_test(test_interval_leaves_its_input_alone),
      cmocka_unit_test(test_ratio_is_the_geometric_mean),
      cmocka_unit_test(test_ratio_needs_pairs_an_interval_and_an_effect),
      cmocka_unit_test(test_ratio_refuses_what_has_no_logarithm),
      cmocka_unit_test(test_paired_test_is_students),
      cmocka_unit_test(test_unpaired_test_is_welchs),
      cmocka_unit_test(test_unpaired_edges),
      cmocka_unit_test(test_holms_correction),
      cmocka_unit_test(test_floor_by_hand),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
