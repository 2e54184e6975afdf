// SPDX-License-Identifier: MIT
// The histogram: its error bound at every size of value, merging, percentiles and what lies beyond its range.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/histogram.h"

static struct histogram *new_histogram(void) {
  struct histogram *histogram = histogram_new();
  assert_non_null(histogram);
  return histogram;
}

// The middle percentile of {0, value, huge} is the bucket of `value`, clamped by neither end.
static uint64_t stored_as(uint64_t value) {
  struct histogram *histogram = new_histogram();
  histogram_record(histogram, 0, 1);
  histogram_record(histogram, value, 1);
  histogram_record(histogram, UINT64_MAX, 1);
  uint64_t stored = histogram_percentile(histogram, 50);
  histogram_free(histogram);
  return stored;
}

static void assert_near(uint64_t value) {
  uint64_t stored = stored_as(value);
  uint64_t error = stored > value ? stored - value : value - stored;
  if (error * 128 > value) fail_msg("%llu is kept as %llu", (unsigned long long)value, (unsigned long long)stored);
}

static void test_error_is_under_one_in_128(void **state) {
  (void)state;
  for (unsigned bit = 0; bit < 40; bit++) {
    uint64_t low = 1ull << bit;
    for (uint64_t i = 0; i < 128; i++) {
      uint64_t value = low + low * i / 128;
      assert_near(value);
      assert_near(value + low / 128 - (low >= 128));
    }
  }
}

static void test_small_values_are_exact(void **state) {
  (void)state;
  for (uint64_t value = 0; value < 256; value++) assert_int_equal(stored_as(value), value);
}

static void test_empty(void **state) {
  (void)state;
  struct histogram *histogram = new_histogram();
  size_t position = 0;
  uint64_t highest, count;
  assert_int_equal(histogram_count(histogram), 0);
  assert_int_equal(histogram_min(histogram), 0);
  assert_int_equal(histogram_max(histogram), 0);
  assert_true(histogram_mean(histogram) == 0);
  assert_int_equal(histogram_percentile(histogram, 99), 0);
  assert_int_equal(histogram_next(histogram, &position, &highest, &count), 0);
  histogram_free(histogram);
}

static void test_percentiles_of_one_to_hundred(void **state) {
  (void)state;
  struct histogram *histogram = new_histogram();
  for (uint64_t value = 1; value <= 100; value++) histogram_record(histogram, value, 1);
  assert_int_equal(histogram_percentile(histogram, 0), 1);
  assert_int_equal(histogram_percentile(histogram, 50), 50);
  assert_int_equal(histogram_percentile(histogram, 90), 90);
  assert_int_equal(histogram_percentile(histogram, 99), 99);
  assert_int_equal(histogram_percentile(histogram, 100), 100);
  assert_true(histogram_mean(histogram) == 50.5);
  histogram_free(histogram);
}

static void test_percentile_stays_between_min_and_max(void **state) {
  (void)state;
  struct histogram *histogram = new_histogram();
  for (int i = 0; i < 3; i++) histogram_record(histogram, 1000001, 1);
  assert_int_equal(histogram_percentile(histogram, 1), 1000001);
  assert_int_equal(histogram_percentile(histogram, 50), 1000001);
  assert_int_equal(histogram_percentile(histogram, 99.9), 1000001);
  histogram_free(histogram);
}

static void test_beyond_the_range(void **state) {
  (void)state;
  struct histogram *histogram = new_histogram();
  const uint64_t range = 1ull << 40;
  size_t position = 0;
  uint64_t highest, count;
  histogram_record(histogram, range, 1);
  histogram_record(histogram, UINT64_MAX, 1);
  histogram_record(histogram, UINT64_MAX, 1);
  assert_int_equal(histogram_max(histogram), UINT64_MAX);
  assert_int_equal(histogram_min(histogram), range);
  assert_true(histogram_mean(histogram) > 1.2e19);  // a sum of 64 bits would have wrapped
  assert_int_equal(histogram_next(histogram, &position, &highest, &count), 1);
  assert_int_equal(count, 3);
  assert_int_equal(highest, UINT64_MAX);
  assert_int_equal(histogram_next(histogram, &position, &highest, &count), 0);
  histogram_free(histogram);
}

static void test_add_equals_recording_all_in_one(void **state) {
  (void)state;
  struct histogram *one = new_histogram(), *other = new_histogram(), *both = new_histogram();
  for (uint64_t i = 0; i < 10000; i++) {
    uint64_t value = i * i * 31 % 5000011;
    histogram_record(i % 3 ? one : other, value, 1);
    histogram_record(both, value, 1);
  }
  histogram_add(one, other);
  size_t position = 0, expected_position = 0;
  uint64_t highest, count, expected_highest, expected_count, total = 0;
  while (histogram_next(both, &expected_position, &expected_highest, &expected_count)) {
    assert_int_equal(histogram_next(one, &position, &highest, &count), 1);
    assert_int_equal(highest, expected_highest);
    assert_int_equal(count, expected_count);
    total += count;
  }
  assert_int_equal(histogram_next(one, &position, &highest, &count), 0);
  assert_int_equal(total, 10000);
  assert_int_equal(histogram_count(one), 10000);
  assert_int_equal(histogram_min(one), histogram_min(both));
  assert_int_equal(histogram_max(one), histogram_max(both));
  assert_true(histogram_mean(one) == histogram_mean(both));
  histogram_free(one);
  histogram_free(other);
  histogram_free(both);
}

static void test_buckets_ascend_and_hold_their_values(void **state) {
  (void)state;
  struct histogram *histogram = new_histogram();
  const uint64_t values[] = {0, 127, 128, 255, 256, 257, 4095, 4096, 1 << 20, (1ull << 40) - 1};
  size_t position = 0, i = 0;
  uint64_t highest, count, previous = 0;
  for (i = 0; i < sizeof values / sizeof *values; i++) histogram_record(histogram, values[i], 1);
  for (i = 0; histogram_next(histogram, &position, &highest, &count); previous = highest) {
    if (i > 0) assert_true(highest > previous);
    for (uint64_t n = 0; n < count; n++, i++) {
      assert_true(values[i] <= highest);
      if (i > 0) assert_true(values[i] > previous || n > 0);
    }
  }
  assert_int_equal(i, sizeof values / sizeof *values);
  histogram_free(histogram);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_error_is_under_one_in_128),
      cmocka_unit_test(test_small_values_are_exact),
      cmocka_unit_test(test_empty),
      cmocka_unit_test(test_percentiles_of_one_to_hundred),
      cmocka_unit_test(test_percentile_stays_between_min_and_max),
      cmocka_unit_test(test_beyond_the_range),
      cmocka_unit_test(test_add_equals_recording_all_in_one),
      cmocka_unit_test(test_buckets_ascend_and_hold_their_values),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
