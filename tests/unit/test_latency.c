// SPDX-License-Identifier: MIT
// The recorder of latencies: when operations are too fast for the clock, what becomes of the first ones, and that all
// threads take their times in the same way. The clock's cost is made up here.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "harness/latency.h"

static const double cost = 25;

static void open_recorder(struct latency *latency, struct latency_plan *plan) {
  assert_int_equal(latency_open(latency, plan), 0);
}

static void feed(struct latency *latency, enum operation_kind kind, uint64_t ns, unsigned times) {
  for (unsigned i = 0; i < times; i++) latency->timing.record(latency->timing.user, kind, ns, 1, 1);
}

static void test_group_takes_ten_readings(void **state) {
  (void)state;
  assert_int_equal(latency_group(275, cost), 1);  // 250 of its own: ten readings of 25
  assert_int_equal(latency_group(274, cost), 2);
  assert_int_equal(latency_group(30, cost), 64);  // 5 ns of its own: 50 calls take 250
  assert_int_equal(latency_group(1000000, cost), 1);
  for (unsigned own = 1; own < 400; own += 7) {
    uint32_t calls = latency_group(own + cost, cost);
    assert_true(own * calls >= 10 * cost);
    assert_true(calls == 1 || own * calls < 20 * cost);  // the half of them would not do
  }
  assert_in_range(latency_group(0, cost), 64, 1 << 12);  // faster than the clock can tell: no end of calls
}

static void test_slow_operations_are_timed_one_by_one(void **state) {
  (void)state;
  struct latency_plan plan = {.clock_cost = cost, .may_group = true};
  struct latency latency;
  open_recorder(&latency, &plan);
  feed(&latency, KIND_GET, 400, 1000);
  feed(&latency, KIND_GET, 80, 1000);  // decided once
  assert_int_equal(plan.calls, 1);
  assert_int_equal(latency.timing.calls, 1);
  assert_int_equal(histogram_count(latency.all), 2000);
  assert_int_equal(histogram_min(latency.all), 80);
  latency_close(&latency);
}

// One slow operation among the first says nothing about the rest; it is in their mean.
static void test_fast_operations_are_timed_in_groups(void **state) {
  (void)state;
  struct latency_plan plan = {.clock_cost = cost, .may_group = true};
  struct latency latency;
  open_recorder(&latency, &plan);
  feed(&latency, KIND_GET, 30, LATENCY_CALIBRATION - 1);
  assert_int_equal(latency.timing.calls, 1);
  feed(&latency, KIND_GET, 1000000, 1);
  assert_int_equal(plan.calls, 64);
  assert_int_equal(latency.timing.calls, 64);
  assert_int_equal(histogram_count(latency.all), LATENCY_CALIBRATION);
  uint64_t mean = (30 * (LATENCY_CALIBRATION - 1) + 1000000) / LATENCY_CALIBRATION;
  assert_int_equal(histogram_min(latency.all), mean);
  assert_int_equal(histogram_max(latency.all), mean);
  latency.timing.record(latency.timing.user, KIND_GET, 31 * 64, 64, 64);
  assert_int_equal(histogram_count(latency.all), LATENCY_CALIBRATION + 64);
  latency_close(&latency);
}

// One operation may have taken nearly all of its group's time: what is noted is the group, and no mean.
static void test_longest_wait_is_that_of_a_whole_group(void **state) {
  (void)state;
  struct latency_plan plan = {.clock_cost = cost, .may_group = true};
  struct latency latency;
  _Atomic uint64_t longest = 0;
  open_recorder(&latency, &plan);
  latency.longest = &longest;
  feed(&latency, KIND_GET, 30, LATENCY_CALIBRATION - 1);
  feed(&latency, KIND_GET, 50, 1);
  assert_int_equal(longest, 50);
  atomic_store(&longest, 0);
  latency.timing.record(latency.timing.user, KIND_GET, 64000, 64, 64);
  latency.timing.record(latency.timing.user, KIND_GET, 6400, 64, 64);
  assert_int_equal(longest, 64000);
  assert_int_equal(histogram_max(latency.all), 1000);
  latency_close(&latency);
}

static void test_overlapping_calls_are_never_grouped(void **state) {
  (void)state;
  struct latency_plan plan = {.clock_cost = cost, .may_group = false};
  struct latency latency;
  open_recorder(&latency, &plan);
  feed(&latency, KIND_GET, 30, 1000);
  assert_int_equal(plan.calls, 1);
  assert_int_equal(latency.timing.calls, 1);
  latency_close(&latency);
}

static void test_threads_agree(void **state) {
  (void)state;
  struct latency_plan plan = {.clock_cost = cost, .may_group = true};
  struct latency first, slow, brief, all;
  open_recorder(&first, &plan);
  open_recorder(&slow, &plan);
  open_recorder(&brief, &plan);
  open_recorder(&all, &plan);
  feed(&brief, KIND_GET, 100, 10);
  feed(&first, KIND_GET, 30, LATENCY_CALIBRATION);
  feed(&slow, KIND_GET, 5000, LATENCY_CALIBRATION);
  assert_int_equal(slow.timing.calls, 64);
  latency_settle(&brief);
  assert_int_equal(brief.timing.calls, 64);
  latency_add(&all, &first);
  latency_add(&all, &slow);
  latency_add(&all, &brief);
  assert_int_equal(histogram_count(all.all), 2 * LATENCY_CALIBRATION + 10);
  latency_close(&first);
  latency_close(&slow);
  latency_close(&brief);
  latency_close(&all);
}

static void test_kinds_are_kept_apart_and_together(void **state) {
  (void)state;
  struct latency_plan plan = {.clock_cost = cost, .may_group = true, .by_kind = true};
  struct latency one, other;
  open_recorder(&one, &plan);
  open_recorder(&other, &plan);
  feed(&one, KIND_GET, 1000, 900);
  feed(&one, KIND_UPDATE, 9000, 100);
  feed(&other, KIND_UPDATE, 8000, 300);
  latency_add(&one, &other);
  assert_int_equal(histogram_count(one.all), 1300);
  assert_int_equal(histogram_count(one.kinds[KIND_GET]), 900);
  assert_int_equal(histogram_max(one.kinds[KIND_GET]), 1000);
  assert_int_equal(histogram_count(one.kinds[KIND_UPDATE]), 400);
  assert_int_equal(histogram_min(one.kinds[KIND_UPDATE]), 8000);
  assert_int_equal(histogram_count(one.kinds[KIND_INSERT]), 0);
  latency_close(&one);
  latency_close(&other);
}

static void test_clock_is_measured(void **state) {
  (void)state;
  double measured = 0, resolution = 0;
  clock_measure(&measured, &resolution);
  assert_true(measured > 0 && measured < 1e6);  // an interrupt a reading would be a broken clock
  assert_true(resolution >= 1 && resolution < 1e9);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_group_takes_ten_readings),
      cmocka_unit_test(test_slow_operations_are_timed_one_by_one),
      cmocka_unit_test(test_fast_operations_are_timed_in_groups),
      cmocka_unit_test(test_longest_wait_is_that_of_a_whole_group),
      cmocka_unit_test(test_overlapping_calls_are_never_grouped),
      cmocka_unit_test(test_threads_agree),
      cmocka_unit_test(test_kinds_are_kept_apart_and_together),
      cmocka_unit_test(test_clock_is_measured),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
