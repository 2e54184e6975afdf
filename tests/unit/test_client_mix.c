// SPDX-License-Identifier: MIT
// Clients that mix operations, put new records and scan, against a small engine in memory.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/queueing_store.h"
#include "workloads/client.h"

static void test_mix_keeps_its_shares(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_MIXED);
  struct client_counts counts;
  struct error error;
  uint64_t puts = 0;
  workload.mix.get = 70;
  workload.mix.update = 30;
  workload.batch = 8;
  workload.depth = 32;
  store->reap_max = 5;
  assert_int_equal(run_client(&workload, &queueing, store, 100000, &counts, &error), 0);
  for (int id = 0; id < FAKE_RECORDS; id++) puts += store->puts[id];
  assert_int_equal(counts.acknowledged, 100000);
  assert_int_equal(puts + store->gets, 100000);
  assert_in_range(puts, 29000, 31000);  // seven standard deviations
  assert_int_equal(counts.bytes, 100000 * FAKE_VALUE);
  free(store);
}

static void test_read_modify_write_is_one_operation(void **state) {
  (void)state;
  const uint32_t depths[] = {1, 8, 32};
  for (int i = 0; i < 3; i++) {
    struct store *store = filled(1000);
    struct workload workload = workload_of(OPERATION_MIXED);
    struct client_counts counts;
    struct error error;
    uint64_t puts = 0;
    workload.mix.read_modify_write = 100;
    workload.batch = depths[i] < 8 ? 1 : 8;
    workload.depth = depths[i];
    assert_int_equal(run_client(&workload, &queueing, store, 1003, &counts, &error), 0);
    for (int id = 0; id < FAKE_RECORDS; id++) puts += store->puts[id];
    assert_int_equal(counts.asked, 1003);
    assert_int_equal(counts.acknowledged, 1003);
    assert_int_equal(puts, 1003);
    assert_int_equal(store->gets, 1003);
    assert_int_equal(counts.bytes, 2 * 1003 * FAKE_VALUE);
    free(store);
  }
}

static void test_inserts_put_new_ids(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_MIXED);
  struct client_counts counts;
  struct error error;
  workload.mix.get = 50;
  workload.mix.insert = 50;
  workload.keys = KEYS_LATEST;
  workload.batch = 4;
  workload.depth = 16;
  assert_int_equal(run_client(&workload, &queueing, store, 1000, &counts, &error), 0);
  unsigned inserted = 0;
  for (int id = 1000; id < FAKE_RECORDS; id++) inserted += store->there[id];
  assert_in_range(inserted, 400, 600);
  for (unsigned id = 1000; id < 1000 + inserted; id++) assert_int_equal(store->puts[id], 1);
  uint64_t checked;
  assert_int_equal(client_verify(&workload, &queueing, store, 1000 + inserted, 0, &checked, &error), 0);
  assert_int_equal(checked, 1000 + inserted);
  free(store);
}

static void test_deletes_in_a_mix_may_miss(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_MIXED);
  struct client_counts counts;
  struct error error;
  workload.mix.get = 50;
  workload.mix.remove = 50;
  assert_int_equal(run_client(&workload, &queueing, store, 10000, &counts, &error), 0);
  assert_int_equal(counts.acknowledged, 10000);
  assert_true(counts.not_found > 1000);
  assert_int_equal(counts.bytes % FAKE_VALUE, 0);
  free(store);
}

static void test_scans_go_round(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_SCAN);
  struct client_counts counts;
  struct error error;
  assert_int_equal(run_client(&workload, &queueing, store, 2500, &counts, &error), 0);
  assert_int_equal(counts.asked, 2500);
  assert_int_equal(counts.acknowledged, 2500);
  assert_int_equal(counts.bytes, 2500 * FAKE_VALUE);
  assert_int_equal(counts.splits, 3);
  uint64_t sum = 0;
  for (int i = 0; i < 2500; i++) sum += value_sum(store->values[i % 1000], FAKE_VALUE);
  assert_int_equal(counts.sum, sum);
  free(store);
}

static void test_scan_of_a_short_value_fails(void **state) {
  (void)state;
  const enum operation operations[] = {OPERATION_SCAN, OPERATION_MIXED};
  for (int i = 0; i < 2; i++) {
    struct store *store = filled(1000);
    struct workload workload = workload_of(operations[i]);
    struct client_counts counts;
    struct error error;
    workload.mix.scan = 100;
    store->short_visit = 1700;
    assert_int_equal(run_client(&workload, &queueing, store, 2500, &counts, &error), -EIO);
    assert_non_null(strstr(error.text, "63 bytes instead of 64"));
    assert_int_equal(counts.failed, 1);
    assert_int_equal(counts.asked, counts.acknowledged + 1);
    if (operations[i] == OPERATION_SCAN) assert_int_equal(counts.acknowledged, 1699);
    assert_int_equal(counts.bytes, 1699 * FAKE_VALUE);
    free(store);
  }
}

static void test_scan_of_an_empty_store_ends(void **state) {
  (void)state;
  struct store *store = filled(0);
  struct workload workload = workload_of(OPERATION_SCAN);
  struct client_counts counts;
  struct error error;
  assert_int_equal(run_client(&workload, &queueing, store, 10, &counts, &error), -ENOENT);
  free(store);
}

static void test_scans_in_a_mix(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_MIXED);
  struct client_counts counts;
  struct error error;
  struct client *client;
  workload.mix.scan = 95;
  workload.mix.update = 5;
  workload.depth = 4;
  assert_int_equal(run_client(&workload, &queueing, store, 1000, &counts, &error), 0);
  assert_int_equal(counts.acknowledged, 1000);
  assert_true(counts.bytes > 20000 * FAKE_VALUE);  // 950 scans of 50 records
  assert_int_equal(client_open(&workload, 0, &direct, store, &client, &error), -EOPNOTSUPP);
  workload.batch = 2;
  assert_int_equal(client_open(&workload, 0, &queueing, store, &client, &error), -EINVAL);
  free(store);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_mix_keeps_its_shares), cmocka_unit_test(test_read_modify_write_is_one_operation),
      cmocka_unit_test(test_inserts_put_new_ids),  cmocka_unit_test(test_deletes_in_a_mix_may_miss),
      cmocka_unit_test(test_scans_go_round),       cmocka_unit_test(test_scan_of_an_empty_store_ends),
      cmocka_unit_test(test_scans_in_a_mix),       cmocka_unit_test(test_scan_of_a_short_value_fails),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
