// SPDX-License-Identifier: MIT
// The timeline of a sample: intervals follow each other and add up to what was done, however late a client looks.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "harness/timeline.h"
#include "tests/unit/fake_engine.h"
#include "tests/unit/sample_support.h"

enum { MS = 1000000 };

static struct timeline *timeline;
static struct client_watch watches[2];

static void open_for(unsigned clients, double interval) {
  assert_int_equal(timeline_open(interval, clients, NULL, &timeline), 0);
  for (unsigned i = 0; i < clients; i++) watches[i] = timeline_watch(timeline, i);
}

static uint64_t due(void) { return atomic_load(watches[0].due); }

// Client `number` looks at the clock at that time and has done so much.
static void look(unsigned number, uint64_t now, uint64_t operations) {
  atomic_store(watches[number].operations, operations);
  if (now >= due()) watches[number].when_due(watches[number].user, now);
}

static void test_intervals_add_up(void **state) {
  (void)state;
  open_for(2, 0.001);
  look(0, clock_ns(), 0);  // the clock has not started: nothing is due
  timeline_start(timeline, 1000, 2000);
  uint64_t start = due() - MS;
  while (clock_ns() < start + 10 * MS) usleep(1000);
  look(0, start + MS - 1, 5);
  look(1, start + MS, 7);
  assert_int_equal(due(), start + 2 * MS);
  look(0, start + MS + 10, 8);
  watches[0].when_due(watches[0].user, start + MS + 20);  // saw the end that the other one has taken
  look(0, start + 5 * MS + 100, 50);                      // was stuck: its end is late, the next one on the grid
  assert_int_equal(due(), start + 6 * MS);
  look(0, start + 6 * MS, 60);
  atomic_store(watches[1].operations, 11);
  timeline_stop(timeline);
  assert_int_equal(timeline_finish(timeline, 1700, 2900), 0);
  static const uint64_t operations[] = {12, 45, 10, 4};
  static const double ends[] = {0.001, 0.0050001, 0.006};
  size_t count;
  const struct timeline_point *points = timeline_points(timeline, &count);
  assert_int_equal(count, 4);
  for (size_t i = 0; i < 4; i++) assert_int_equal(points[i].operations, operations[i]);
  for (size_t i = 0; i < 3; i++) assert_true(fabs(points[i].t - ends[i]) < 2e-9);
  assert_true(points[3].t >= 0.010);
  timeline_close(timeline);
}

static void test_a_short_end_is_no_interval(void **state) {
  (void)state;
  size_t count;
  open_for(1, 3600);
  timeline_start(timeline, 0, 0);
  watches[0].when_due(watches[0].user, clock_ns());  // nothing is due
  atomic_store(watches[0].operations, 3);
  timeline_stop(timeline);
  assert_int_equal(timeline_finish(timeline, 0, 0), 0);
  const struct timeline_point *points = timeline_points(timeline, &count);
  assert_int_equal(count, 1);
  assert_int_equal(points[0].operations, 3);
  assert_int_equal(timeline_steady(timeline), STEADY_UNKNOWN);
  timeline_close(timeline);

  open_for(1, 3600);
  timeline_start(timeline, 0, 0);
  // As if it had come by an hour from now, right before the end.
  look(0, due(), 10);
  atomic_store(watches[0].operations, 12);
  timeline_stop(timeline);
  assert_int_equal(timeline_finish(timeline, 0, 0), 0);
  points = timeline_points(timeline, &count);
  assert_int_equal(count, 1);
  assert_int_equal(points[0].operations, 12);
  timeline_close(timeline);
}

// The longest wait of an interval is that of its slowest client, and the next interval begins at none.
static void test_longest_wait_of_each_interval(void **state) {
  (void)state;
  open_for(2, 0.001);
  timeline_start(timeline, 0, 0);
  uint64_t start = due() - MS;
  while (clock_ns() < start + 10 * MS) usleep(1000);
  atomic_store(timeline_longest(timeline, 0), 300);
  atomic_store(timeline_longest(timeline, 1), 700);
  look(0, start + MS, 1);
  look(0, start + 2 * MS, 2);
  atomic_store(timeline_longest(timeline, 0), 500);
  look(1, start + 3 * MS, 1);
  atomic_store(timeline_longest(timeline, 1), 40);
  timeline_stop(timeline);
  assert_int_equal(timeline_finish(timeline, 0, 0), 0);
  static const uint64_t longest[] = {700, 0, 500, 40};
  size_t count;
  const struct timeline_point *points = timeline_points(timeline, &count);
  assert_int_equal(count, 4);
  for (size_t i = 0; i < 4; i++) assert_int_equal(points[i].longest, longest[i]);
  assert_int_equal(timeline_stall(timeline), 700);
  assert_int_equal(timeline_stall(NULL), 0);
  timeline_close(timeline);

  open_for(1, 3600);  // its end is no interval of its own, whose wait is not lost
  timeline_start(timeline, 0, 0);
  atomic_store(timeline_longest(timeline, 0), 900);
  look(0, due(), 10);
  atomic_store(timeline_longest(timeline, 0), 20);
  timeline_stop(timeline);
  assert_int_equal(timeline_finish(timeline, 0, 0), 0);
  points = timeline_points(timeline, &count);
  assert_int_equal(count, 1);
  assert_int_equal(points[0].longest, 900);
  timeline_close(timeline);
}

static void test_many_intervals(void **state) {
  (void)state;
  size_t count;
  open_for(1, 1e-6);
  timeline_start(timeline, 0, 0);
  uint64_t start = due() - 1000;
  while (clock_ns() < start + 2 * MS) usleep(1000);
  for (uint64_t i = 1; i <= 1000; i++) look(0, start + i * 1000, i);
  timeline_stop(timeline);
  assert_int_equal(timeline_finish(timeline, 0, 0), 0);
  const struct timeline_point *points = timeline_points(timeline, &count);
  assert_int_equal(count, 1001);
  for (size_t i = 0; i < 1000; i++) assert_int_equal(points[i].operations, 1);
  timeline_close(timeline);
  timeline_close(NULL);
  assert_null(timeline_points(NULL, &count));
  assert_int_equal(count, 0);
}

// Operations by the time since the start: `fast` a microsecond in the first half, `slow` in the second. False where
// this process was held up between its last look and the end, which would be a stall.
static bool verdict_of(uint64_t fast, uint64_t slow, enum steady_verdict *steady) {
  open_for(1, 0.001);
  timeline_start(timeline, 0, 0);
  uint64_t start = due() - MS, now = start, half = 20 * MS;
  while (clock_ns() < start + 2 * half) usleep(1000);
  // Told afterwards, so that it makes no difference when this process ran.
  for (uint64_t passed = 0; now < clock_ns(); passed += MS / 16) {
    now = start + passed;
    look(0, now, (fast * (passed < half ? passed : half) + slow * (passed < half ? 0 : passed - half)) / 1000);
  }
  timeline_stop(timeline);
  bool straight = clock_ns() < now + MS / 4;
  assert_int_equal(timeline_finish(timeline, 0, 0), 0);
  *steady = timeline_steady(timeline);
  timeline_close(timeline);
  return straight;
}

static enum steady_verdict verdict(uint64_t fast, uint64_t slow) {
  enum steady_verdict steady;
  int tries = 0;
  while (!verdict_of(fast, slow, &steady)) assert_in_range(++tries, 1, 1000);
  return steady;
}

static void test_steady_or_not(void **state) {
  (void)state;
  assert_int_equal(verdict(100, 100), STEADY_YES);
  assert_int_equal(verdict(100, 50), STEADY_NO);
}

static double sum_of(const json_t *intervals, const char *field) {
  double sum = 0;
  for (size_t i = 0; i < json_array_size(intervals); i++)
    sum += json_number_value(json_object_get(json_array_get(intervals, i), field));
  return sum;
}

static void must_add_up(const json_t *sample) {
  const json_t *timeline_of = json_object_get(sample, "timeline");
  static const char *const fields[] = {"operations", "device_read_bytes", "device_write_bytes"};
  assert_true(json_array_size(timeline_of) > 0);
  for (size_t i = 0; i < 3; i++) {
    if (json_is_null(json_object_get(json_array_get(timeline_of, 0), fields[i]))) continue;
    assert_true(sum_of(timeline_of, fields[i]) == sample_number(sample, fields[i]));
  }
  const json_t *last = json_array_get(timeline_of, json_array_size(timeline_of) - 1);
  assert_true(sample_number(last, "t") >= sample_number(sample, "seconds"));
}

// Samples that take latencies tell the longest wait of each interval, and of all; others none.
static void must_have_waits(const json_t *sample, bool latencies) {
  const json_t *timeline_of = json_object_get(sample, "timeline"), *stall = json_object_get(sample, "stall_ns");
  double longest = 0;
  for (size_t i = 0; i < json_array_size(timeline_of); i++) {
    const json_t *wait = json_object_get(json_array_get(timeline_of, i), "longest_ns");
    if (!latencies) assert_true(json_is_null(wait));
    longest = fmax(longest, json_number_value(wait));
  }
  if (!latencies) assert_true(json_is_null(stall));
  assert_true(json_number_value(stall) == longest);
  // A group's mean, which is the histogram's, is shorter than the group.
  if (latencies) assert_true(longest >= sample_number(json_object_get(sample, "latency_ns"), "max") && longest > 0);
}

// Whatever the warm-up did is not in it, and the last sync and the last operations are.
static void test_samples_have_one(void **state) {
  (void)state;
  static const enum operation operations[] = {OPERATION_UPDATE, OPERATION_GET, OPERATION_SCAN, OPERATION_DELETE};
  for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
    make_fake_store();
    struct sample_order order = sample_new_order(operations[i]);
    order.settings.threads = 1 + (unsigned)i % 2 * 3;
    order.settings.sync.kind = SYNC_ALWAYS;
    order.warmup = 0.002;
    order.seconds = 0.12;
    json_t *sample = sample_of(&order);
    assert_sample_status(sample, "ok");
    must_add_up(sample);
    json_decref(sample);
  }
}

static void test_fills_and_latencies_have_one(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    make_fake_store();
    struct sample_order order = sample_new_order(i ? OPERATION_FILL : OPERATION_GET);
    order.fresh = i == 1;
    order.kind = i ? SAMPLE_THROUGHPUT : SAMPLE_LATENCY;
    if (order.fresh) fake_set(FAKE_HONEST);
    json_t *sample = sample_of(&order);
    assert_sample_status(sample, "ok");
    must_add_up(sample);
    must_have_waits(sample, order.kind == SAMPLE_LATENCY);
    json_decref(sample);
  }
}

// The timeline makes no system call where those are counted.
static void test_counting_is_not_disturbed(void **state) {
  (void)state;
  make_fake_store();
  struct sample_order order = sample_new_order(OPERATION_GET);
  order.kind = SAMPLE_COUNTERS;
  order.seconds = 1;
  json_t *sample = sample_of(&order);
  assert_sample_status(sample, "ok");
  must_add_up(sample);
  const json_t *calls = json_object_get(sample, "syscalls"), *timeline_of = json_object_get(sample, "timeline");
  assert_true(json_is_null(json_object_get(json_array_get(timeline_of, 0), "device_read_bytes")));
  if (json_is_integer(calls)) assert_in_range(json_integer_value(calls), 0, 12);  // the fake store makes none
  json_decref(sample);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_intervals_add_up),
      cmocka_unit_test(test_a_short_end_is_no_interval),
      cmocka_unit_test(test_longest_wait_of_each_interval),
      cmocka_unit_test(test_many_intervals),
      cmocka_unit_test(test_steady_or_not),
      cmocka_unit_test(test_samples_have_one),
      cmocka_unit_test(test_fills_and_latencies_have_one),
      cmocka_unit_test(test_counting_is_not_disturbed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
