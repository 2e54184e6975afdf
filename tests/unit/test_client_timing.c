// SPDX-License-Identifier: MIT
// When clients take the time, and when they stop, against a small engine in memory.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/queueing_store.h"
#include "workloads/client.h"

struct latencies {
  uint64_t calls, operations, longest;
  uint64_t kinds[OPERATION_KINDS];
  struct timing timing;
  uint32_t group_after;  // calls of record after which groups of 8 are asked for; 0: never
};

static void on_latency(void *user, enum operation_kind kind, uint64_t ns, uint32_t calls, uint64_t operations) {
  (void)calls;
  struct latencies *latencies = user;
  latencies->calls++;
  latencies->operations += operations;
  latencies->kinds[kind] += operations;
  if (ns > latencies->longest) latencies->longest = ns;
  if (latencies->calls == latencies->group_after) latencies->timing.calls = 8;
}

// Runs `operations` of the workload with times taken.
static void run_timed(const struct workload *workload, const struct engine *engine, uint64_t operations,
                      struct latencies *latencies) {
  struct store *store = filled(1000);
  struct client_counts counts = {0};
  struct error error;
  struct client *client;
  latencies->timing.record = on_latency;
  latencies->timing.user = latencies;
  assert_int_equal(client_open(workload, 0, engine, store, &client, &error), 0);
  assert_int_equal(client_run(client, operations, 0, &latencies->timing, &counts, &error), 0);
  assert_int_equal(client_close(client), 0);
  assert_int_equal(counts.acknowledged, operations);
  assert_int_equal(latencies->operations, operations);
  free(store);
}

static void test_latencies_come_once_an_operation(void **state) {
  (void)state;
  const enum operation operations[] = {OPERATION_GET, OPERATION_SCAN, OPERATION_MIXED};
  for (int i = 0; i < 3; i++) {
    struct workload workload = workload_of(operations[i]);
    struct latencies latencies = {.timing.calls = 1};
    workload.mix.read_modify_write = 100;
    workload.depth = operations[i] == OPERATION_SCAN ? 1 : 8;
    run_timed(&workload, &queueing, 777, &latencies);
    assert_int_equal(latencies.calls, 777);
    assert_int_equal(latencies.kinds[KIND_READ_MODIFY_WRITE], operations[i] == OPERATION_MIXED ? 777 : 0);
    assert_in_range(latencies.longest, 0, 60000000000u);  // a span, not a point in time
  }
}

static void test_latencies_know_their_kind(void **state) {
  (void)state;
  struct workload workload = workload_of(OPERATION_MIXED);
  struct latencies latencies = {.timing.calls = 1};
  workload.mix.get = workload.mix.update = workload.mix.insert = workload.mix.remove = 20;
  workload.mix.scan = workload.mix.read_modify_write = 10;
  run_timed(&workload, &queueing, 1000, &latencies);
  for (int kind = 0; kind < OPERATION_KINDS; kind++) {
    uint64_t share = kind == KIND_SCAN || kind == KIND_READ_MODIFY_WRITE ? 100 : 200;
    assert_in_range(latencies.kinds[kind], share - 60, share + 60);  // five deviations of 9.5 and 12.6
  }
}

// One reading of the clock for eight calls, and the last few get theirs.
static void test_calls_are_timed_in_groups(void **state) {
  (void)state;
  const enum operation operations[] = {OPERATION_GET, OPERATION_UPDATE, OPERATION_SCAN};
  for (int i = 0; i < 3; i++) {
    for (uint32_t batch = 1; batch <= (operations[i] == OPERATION_SCAN ? 1 : 4); batch *= 4) {
      struct workload workload = workload_of(operations[i]);
      struct latencies whole = {.timing.calls = 8}, later = {.timing.calls = 1, .group_after = 20};
      workload.batch = workload.depth = batch;
      run_timed(&workload, &direct, 100 * batch, &whole);
      assert_int_equal(whole.calls, 100 / 8 + 1);
      run_timed(&workload, &direct, 100 * batch, &later);
      assert_int_equal(later.calls, 20 + (100 - 20 / batch) / 8 + ((100 - 20 / batch) % 8 > 0));
    }
  }
}

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// Returns at all, and not before its time.
static void test_deadline_ends_a_run(void **state) {
  (void)state;
  const enum operation operations[] = {OPERATION_GET, OPERATION_SCAN, OPERATION_MIXED};
  for (int i = 0; i < 3; i++) {
    struct store *store = filled(1000);
    struct workload workload = workload_of(operations[i]);
    struct client_counts counts = {0};
    struct error error;
    struct client *client;
    workload.mix.read_modify_write = 100;
    assert_int_equal(client_open(&workload, 0, &queueing, store, &client, &error), 0);
    uint64_t deadline = now_ns() + 3000000;
    assert_int_equal(client_run(client, UINT64_MAX, deadline, NULL, &counts, &error), 0);
    assert_true(now_ns() >= deadline);
    assert_true(counts.acknowledged > 0);
    assert_int_equal(counts.asked, counts.acknowledged);
    assert_int_equal(client_close(client), 0);
    free(store);
  }
}

// A scan may be longer than the run: the clock is looked at within it.
static void test_deadline_ends_a_scan(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_SCAN);
  struct client_counts counts = {0};
  struct error error;
  struct client *client;
  store->endless = true;
  assert_int_equal(client_open(&workload, 0, &queueing, store, &client, &error), 0);
  alarm(60);
  assert_int_equal(client_run(client, UINT64_MAX, now_ns() + 3000000, NULL, &counts, &error), 0);
  alarm(0);
  assert_int_equal(counts.splits, 1);
  assert_int_equal(counts.acknowledged, store->visits);
  assert_int_equal(client_close(client), 0);
  free(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_latencies_come_once_an_operation),
      cmocka_unit_test(test_latencies_know_their_kind),
      cmocka_unit_test(test_calls_are_timed_in_groups),
      cmocka_unit_test(test_deadline_ends_a_run),
      cmocka_unit_test(test_deadline_ends_a_scan),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
