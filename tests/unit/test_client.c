// SPDX-License-Identifier: MIT
// Clients against the null engine and against a small engine in memory that queues, reorders and fails when told to.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engines/registry.h"
#include "tests/unit/queueing_store.h"
#include "workloads/client.h"

static uint64_t sum_of(const struct store *store, uint64_t records) {
  uint64_t sum = 0;
  for (uint64_t id = 0; id < records; id++) sum += value_sum(store->values[id], FAKE_VALUE);
  return sum;
}

static void test_gets_count_bytes_and_sum(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_GET);
  struct client_counts counts;
  struct error error;
  workload.keys = KEYS_SEQUENTIAL;
  workload.mix.scan = 100;  // of no meaning outside a mix
  for (uint32_t batch = 1; batch <= 64; batch *= 8) {
    workload.batch = workload.depth = batch;
    assert_int_equal(run_client(&workload, &queueing, store, 1000, &counts, &error), 0);
    assert_int_equal(counts.asked, 1000);
    assert_int_equal(counts.acknowledged, 1000);
    assert_int_equal(counts.failed + counts.not_found, 0);
    assert_int_equal(counts.bytes, 1000 * FAKE_VALUE);
    assert_int_equal(counts.sum, sum_of(store, 1000));
    assert_int_equal(counts.splits, (1000 + batch - 1) / batch);
  }
  free(store);
}

// The engine breaks its word, and the client waits for the rest before anything new takes its place.
static void test_short_reap_loses_nothing(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_GET);
  struct client_counts counts;
  struct error error;
  workload.keys = KEYS_SEQUENTIAL;
  workload.batch = workload.depth = 4;
  store->short_at = 10;
  assert_int_equal(run_client(&workload, &queueing, store, 1000, &counts, &error), 0);
  assert_int_equal(counts.asked, 1000);
  assert_int_equal(counts.acknowledged, 1000);
  assert_int_equal(counts.sum, sum_of(store, 1000));
  assert_int_equal(counts.splits, 250);
  assert_int_equal(store->deepest, 4);
  assert_int_equal(store->reaps, 251);
  free(store);
}

static void count_due(void *user, uint64_t now) {
  assert_true(now > 1);
  ++*(unsigned *)user;
}

// While it runs and at its end; nothing before client_watch, as in a warm-up.
static void test_progress_is_published(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_GET);
  struct client_counts counts = {0};
  struct client *client;
  struct error error;
  _Atomic uint64_t published = 0, due = 1;
  unsigned times = 0;
  const struct client_watch watch = {&published, &due, count_due, &times};
  workload.batch = workload.depth = 4;
  assert_int_equal(client_open(&workload, 0, &queueing, store, &client, &error), 0);
  assert_int_equal(client_run(client, 100, UINT64_MAX, NULL, &counts, &error), 0);
  assert_int_equal(atomic_load(&published), 0);
  client_watch(client, &watch);
  counts = (struct client_counts){0};
  store->submits = 0;
  store->watched = &published;
  assert_int_equal(client_run(client, 1000, UINT64_MAX, NULL, &counts, &error), 0);
  assert_int_equal(store->published, 4);
  assert_int_equal(atomic_load(&published), 1000);
  assert_true(times > 0);
  atomic_store(&due, UINT64_MAX);
  times = 0;
  assert_int_equal(client_run(client, 1000, UINT64_MAX, NULL, &counts, &error), 0);
  assert_int_equal(times, 0);
  assert_int_equal(client_close(client), 0);
  free(store);
}

static void test_depth_is_kept(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_GET);
  struct client_counts counts;
  struct error error;
  workload.batch = 4;
  workload.depth = 32;
  store->reap_max = 3;  // fewer than a batch, so that the client must come again before it may submit
  assert_int_equal(run_client(&workload, &queueing, store, 5000, &counts, &error), 0);
  assert_int_equal(counts.acknowledged, 5000);
  assert_int_equal(store->deepest, 32);
  assert_int_equal(store->largest_min, 4);  // waits for room for a batch, not for a wave
  assert_true(store->outstanding_sum >= store->reaps * 32 * 9 / 10);
  free(store);
}

static void test_engines_that_do_not_queue_get_one_batch(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_GET);
  struct client_counts counts;
  struct error error;
  workload.batch = 4;
  workload.depth = 32;
  assert_int_equal(run_client(&workload, &direct, store, 100, &counts, &error), 0);
  assert_int_equal(store->deepest, 4);
  workload.operation = OPERATION_PEEK;  // and lent pointers die with the next call
  store->deepest = 0;
  assert_int_equal(run_client(&workload, &queueing, store, 100, &counts, &error), 0);
  assert_int_equal(store->deepest, 4);
  assert_int_equal(counts.bytes, 100 * FAKE_VALUE);
  free(store);
}

static void fill_by(unsigned threads, enum key_order order, uint32_t batch) {
  struct store *store = filled(0);
  struct workload workload = workload_of(OPERATION_FILL);
  struct client_counts counts = {0};
  struct error error;
  workload.threads = threads;
  workload.keys = order;
  workload.batch = workload.depth = batch;
  for (unsigned thread = 0; thread < threads; thread++) {
    struct client *client;
    assert_int_equal(client_open(&workload, thread, &queueing, store, &client, &error), 0);
    // In two goes: the second takes up where the first ended.
    assert_int_equal(client_run(client, 100, 0, NULL, &counts, &error), 0);
    assert_int_equal(client_run(client, UINT64_MAX, 0, NULL, &counts, &error), 0);
    assert_int_equal(client_run(client, 100, 0, NULL, &counts, &error), 0);
    assert_int_equal(client_close(client), 0);
  }
  assert_int_equal(counts.acknowledged, 1000);
  assert_int_equal(counts.asked, 1000);
  for (int id = 0; id < FAKE_RECORDS; id++) assert_int_equal(store->puts[id], id < 1000);
  free(store);
}

static void test_fills_put_every_id_once(void **state) {
  (void)state;
  const uint32_t batches[] = {1, 7, 64};
  for (unsigned threads = 1; threads <= 4; threads += 3) {
    for (int b = 0; b < 3; b++) {
      fill_by(threads, KEYS_SEQUENTIAL, batches[b]);
      fill_by(threads, KEYS_UNIFORM, batches[b]);
    }
  }
}

static void test_more_threads_than_records(void **state) {
  (void)state;
  struct store *store = filled(0);
  struct workload workload = workload_of(OPERATION_FILL);
  struct client_counts counts = {0};
  struct error error;
  workload.threads = 5;
  workload.records = 2;
  for (unsigned thread = 0; thread < 5; thread++) {
    struct client *client;
    assert_int_equal(client_open(&workload, thread, &queueing, store, &client, &error), 0);
    assert_int_equal(client_run(client, 10, 0, NULL, &counts, &error), 0);
    assert_int_equal(client_close(client), 0);
  }
  assert_int_equal(counts.acknowledged, 2);
  free(store);
}

static void test_deletes_take_every_id_once(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_DELETE);
  struct client_counts counts;
  struct error error;
  workload.batch = workload.depth = 16;
  assert_int_equal(run_client(&workload, &queueing, store, UINT64_MAX, &counts, &error), 0);
  assert_int_equal(counts.acknowledged, 1000);
  for (int id = 0; id < 1000; id++) assert_false(store->there[id]);
  free(store);
}

static void test_updates_count_versions_up(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_UPDATE);
  struct client_counts counts;
  struct error error;
  uint64_t version, seen[1001] = {0};
  workload.keys = KEYS_SEQUENTIAL;
  assert_int_equal(run_client(&workload, &queueing, store, 1000, &counts, &error), 0);
  assert_int_equal(counts.bytes, 1000 * FAKE_VALUE);
  for (uint64_t id = 0; id < 1000; id++) {
    assert_int_equal(value_check(id, store->values[id], FAKE_VALUE, &version), 1);
    assert_in_range(version, 1, 1000);
    assert_int_equal(seen[version]++, 0);
  }
  free(store);
}

static void test_missing_record_fails(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_GET);
  struct client_counts counts;
  struct error error;
  workload.keys = KEYS_SEQUENTIAL;
  workload.batch = workload.depth = 8;
  store->there[20] = false;
  assert_int_equal(run_client(&workload, &queueing, store, 1000, &counts, &error), -ENOENT);
  assert_string_equal(error.text, "get of record 20: No such file or directory");
  assert_int_equal(counts.asked, 24);
  assert_int_equal(counts.acknowledged, 23);
  assert_int_equal(counts.failed, 1);
  assert_int_equal(counts.not_found, 0);
  free(store);
}

static void test_failure_drains_the_window(void **state) {
  (void)state;
  const enum operation operations[] = {OPERATION_GET, OPERATION_UPDATE, OPERATION_FILL, OPERATION_MIXED};
  for (int i = 0; i < 4; i++) {
    struct store *store = filled(operations[i] == OPERATION_FILL ? 0 : 1000);
    struct workload workload = workload_of(operations[i]);
    struct client_counts counts;
    struct error error;
    workload.mix.update = 50;
    workload.mix.read_modify_write = 50;
    workload.batch = 4;
    workload.depth = 32;
    store->reap_max = 2;
    store->fail_at = 101;
    assert_int_equal(run_client(&workload, &queueing, store, 1000, &counts, &error), -EIO);  // close checks the queue
    assert_int_equal(counts.failed, 1);
    assert_non_null(strstr(error.text, "Input/output error"));
    free(store);
  }
}

static void test_refused_submit_is_an_error(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_GET);
  struct client_counts counts;
  struct error error;
  workload.depth = 8;
  store->lose_at = 5;
  assert_int_equal(run_client(&workload, &queueing, store, 100, &counts, &error), -ENOMEM);
  assert_int_equal(counts.acknowledged, 4);
  free(store);
}

static void test_untouched_operation_is_no_success(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_UPDATE);
  struct client_counts counts;
  struct error error;
  store->untouched_at = 50;
  assert_int_equal(run_client(&workload, &queueing, store, 100, &counts, &error), -EINPROGRESS);
  assert_int_equal(counts.acknowledged, 49);
  free(store);
}

static void test_wrong_length_fails(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_GET);
  struct client_counts counts;
  struct error error;
  workload.value_size = 80;
  assert_int_equal(run_client(&workload, &queueing, store, 100, &counts, &error), -EIO);
  assert_non_null(strstr(error.text, "gave 64 bytes instead of 80"));
  free(store);
}

static void test_fill_and_verify(void **state) {
  (void)state;
  struct store *store = filled(0);
  struct workload workload = workload_of(OPERATION_GET);
  struct error error;
  uint64_t checked = 0;
  assert_int_equal(client_fill(&workload, &queueing, store, &error), 0);
  for (int id = 0; id < FAKE_RECORDS; id++) assert_int_equal(store->puts[id], id < 1000);
  assert_int_equal(client_verify(&workload, &queueing, store, 1000, 0, &checked, &error), 0);
  assert_int_equal(checked, 1000);
  assert_int_equal(client_verify(&workload, &queueing, store, 1000, 300, &checked, &error), 0);
  assert_int_equal(checked, 300);
  free(store);
}

static void test_verify_finds_what_is_wrong(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_GET);
  struct error error;
  uint64_t checked = 0;
  store->values[777][40] ^= 1;
  assert_int_equal(client_verify(&workload, &queueing, store, 1000, 0, &checked, &error), -EIO);
  assert_string_equal(error.text, "the bytes of record 777 are not a value of it");
  value_make(778, 0, store->values[777], FAKE_VALUE);
  assert_int_equal(client_verify(&workload, &queueing, store, 1000, 0, &checked, &error), -EIO);
  value_make(777, 9, store->values[777], FAKE_VALUE);
  assert_int_equal(client_verify(&workload, &queueing, store, 1000, 0, &checked, &error), 0);
  store->there[5] = false;
  assert_int_equal(client_verify(&workload, &queueing, store, 1000, 0, &checked, &error), -EIO);
  assert_string_equal(error.text, "999 records are there instead of 1000");
  assert_int_equal(client_verify(&workload, &queueing, store, 999, 0, &checked, &error), 0);
  assert_int_equal(client_verify(&workload, &queueing, store, 999, 500, &checked, &error), 0);
  store->fail_at = store->submitted + 10;
  assert_int_equal(client_verify(&workload, &queueing, store, 999, 0, &checked, &error), -EIO);
  free(store);
}

static void test_bad_workloads(void **state) {
  (void)state;
  struct store *store = filled(10);
  struct client *client;
  struct error error;
  struct workload good = workload_of(OPERATION_GET), bad = good;
  bad.records = 0;
  assert_int_equal(client_open(&bad, 0, &queueing, store, &client, &error), -EINVAL);
  bad = good;
  bad.batch = 0;
  assert_int_equal(client_open(&bad, 0, &queueing, store, &client, &error), -EINVAL);
  bad = good;
  bad.batch = 2;
  assert_int_equal(client_open(&bad, 0, &queueing, store, &client, &error), -EINVAL);
  assert_int_equal(client_open(&good, 1, &queueing, store, &client, &error), -EINVAL);
  bad = good;
  bad.operation = OPERATION_PEEK;
  assert_int_equal(client_open(&bad, 0, &direct, store, &client, &error), -EOPNOTSUPP);
  bad.operation = OPERATION_MIXED;
  bad.mix.get = 99;
  assert_int_equal(client_open(&bad, 0, &queueing, store, &client, &error), -EINVAL);
  assert_string_equal(error.text, "the shares of the mix add up to 99; they must make 100");
  free(store);
}

static void test_null_engine(void **state) {
  (void)state;
  const struct engine *null = registry_find("null", 4);
  assert_non_null(null);
  struct store_config config = {.capacity_hint = 1000};
  struct store *store;
  struct error error;
  assert_int_equal(null->open("unused", &config, &store, &error), 0);
  const enum operation operations[] = {OPERATION_GET,  OPERATION_PEEK,  OPERATION_UPDATE,
                                       OPERATION_FILL, OPERATION_MIXED, OPERATION_SCAN};
  for (int i = 0; i < 6; i++) {
    struct workload workload = workload_of(operations[i]);
    struct client_counts counts;
    workload.mix.get = 95;
    workload.mix.update = 5;
    workload.records = 100000;
    workload.batch = workload.depth = operations[i] == OPERATION_SCAN ? 1 : 64;
    assert_int_equal(run_client(&workload, null, store, 50000, &counts, &error), 0);
    assert_int_equal(counts.acknowledged, 50000);
    assert_int_equal(counts.bytes, 50000 * 64);
  }
  assert_int_equal(null->close(store, &error), 0);
}

static void test_names(void **state) {
  (void)state;
  for (int i = 0; i < OPERATIONS; i++) {
    enum operation operation = OPERATIONS;
    assert_int_equal(operation_parse(operation_name((enum operation)i), &operation), 0);
    assert_int_equal(operation, i);
  }
  for (int i = 0; i <= KEYS_LATEST; i++) {
    enum key_order order = KEYS_SEQUENTIAL;
    assert_int_equal(key_order_parse(key_order_name((enum key_order)i), &order), 0);
    assert_int_equal(order, i);
  }
  enum operation operation;
  enum key_order order;
  assert_int_equal(operation_parse("gets", &operation), -EINVAL);
  assert_int_equal(key_order_parse("", &order), -EINVAL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_gets_count_bytes_and_sum),
      cmocka_unit_test(test_short_reap_loses_nothing),
      cmocka_unit_test(test_progress_is_published),
      cmocka_unit_test(test_depth_is_kept),
      cmocka_unit_test(test_engines_that_do_not_queue_get_one_batch),
      cmocka_unit_test(test_fills_put_every_id_once),
      cmocka_unit_test(test_more_threads_than_records),
      cmocka_unit_test(test_deletes_take_every_id_once),
      cmocka_unit_test(test_updates_count_versions_up),
      cmocka_unit_test(test_missing_record_fails),
      cmocka_unit_test(test_failure_drains_the_window),
      cmocka_unit_test(test_refused_submit_is_an_error),
      cmocka_unit_test(test_untouched_operation_is_no_success),
      cmocka_unit_test(test_wrong_length_fails),
      cmocka_unit_test(test_fill_and_verify),
      cmocka_unit_test(test_verify_finds_what_is_wrong),
      cmocka_unit_test(test_bad_workloads),
      cmocka_unit_test(test_null_engine),
      cmocka_unit_test(test_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
