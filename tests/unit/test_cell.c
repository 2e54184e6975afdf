// SPDX-License-Identifier: MIT
// One sample in this process: what an honest store gives.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/fake_engine.h"
#include "tests/unit/sample_support.h"

static void test_honest_store_is_ok(void **state) {
  (void)state;
  static const enum operation operations[] = {OPERATION_UPDATE, OPERATION_GET, OPERATION_SCAN, OPERATION_DELETE};
  for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
    make_fake_store();
    struct sample_order order = sample_new_order(operations[i]);
    json_t *sample = sample_of(&order);
    assert_sample_status(sample, "ok");
    assert_true(json_is_null(json_object_get(sample, "reason")));
    double seconds = sample_number(sample, "seconds"), operations_done = sample_number(sample, "operations");
    assert_true(seconds > 0 && operations_done > 0);
    assert_true(sample_number(sample, "ops_per_s") == operations_done / seconds);
    assert_int_equal(sample_number(sample, "verified"),
                     operations[i] == OPERATION_DELETE ? FAKE_RECORDS - operations_done : FAKE_RECORDS);
    assert_true(json_is_null(json_object_get(sample, "latency_ns")));
    json_decref(sample);
  }
}

// Without a count of its own its records are those of the load, or what a scan finds where some were removed.
static void test_store_that_does_not_count_its_records(void **state) {
  (void)state;
  static const enum operation operations[] = {OPERATION_UPDATE, OPERATION_GET, OPERATION_SCAN, OPERATION_DELETE};
  for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
    make_fake_store();
    fake_set(FAKE_UNCOUNTED);
    struct sample_order order = sample_new_order(operations[i]);
    json_t *sample = sample_of(&order);
    assert_sample_status(sample, "ok");
    double removed = operations[i] == OPERATION_DELETE ? sample_number(sample, "operations") : 0;
    assert_true(sample_number(json_object_get(sample, "stat"), "records") == FAKE_RECORDS - removed);
    json_decref(sample);
  }
}

static void test_every_documented_field_is_there(void **state) {
  (void)state;
  static const char *const fields[] = {"kind",
                                       "status",
                                       "reason",
                                       "seconds",
                                       "operations",
                                       "ops_per_s",
                                       "bytes_per_s",
                                       "latency_ns",
                                       "timed_per",
                                       "open_loop",
                                       "latency_by_operation",
                                       "clock_cost_ns",
                                       "clock_resolution_ns",
                                       "timeline",
                                       "stall_ns",
                                       "cpu_user_s",
                                       "cpu_sys_s",
                                       "faults_minor",
                                       "faults_major",
                                       "switches",
                                       "syscalls",
                                       "tlb_shootdowns",
                                       "rss_bytes",
                                       "pss_bytes",
                                       "mappings",
                                       "background",
                                       "start",
                                       "compaction",
                                       "space",
                                       "residency",
                                       "device_read_bytes",
                                       "foreign",
                                       "flags",
                                       "verified",
                                       "value_sum",
                                       "effective",
                                       "stat",
                                       "device_write_bytes",
                                       "device_write_bytes_settled",
                                       "device_flushes",
                                       "syncs",
                                       "value_bytes_read",
                                       "value_bytes_written",
                                       "memory",
                                       "spent",
                                       "steady"};
  make_fake_store();
  for (int lie = FAKE_HONEST; lie <= FAKE_PROBE_FAILS; lie++) {
    struct sample_order order = sample_new_order(OPERATION_GET);
    fake_set((enum fake_lie)lie);
    json_t *sample = sample_of(&order);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
      if (!json_object_get(sample, fields[i])) fail_msg("no field %s", fields[i]);
    assert_int_equal(json_object_size(sample), sizeof fields / sizeof *fields);
    json_decref(sample);
  }
}

static void test_mix_that_adds_and_removes(void **state) {
  (void)state;
  make_fake_store();
  struct sample_order order = sample_new_order(OPERATION_MIXED);
  order.settings.workload.mix.get = 50;
  order.settings.workload.mix.insert = 20;
  order.settings.workload.mix.remove = 20;
  order.settings.workload.mix.read_modify_write = 10;
  order.seconds = 60;
  order.limit = 0.01;  // the earlier of the two counts
  json_t *sample = sample_of(&order);
  assert_sample_status(sample, "ok");
  assert_true(sample_number(sample, "seconds") < 60);
  double records = sample_number(json_object_get(sample, "stat"), "records");
  assert_true(sample_number(sample, "verified") == records);
  json_decref(sample);
}

static void test_values_are_summed(void **state) {
  (void)state;
  make_fake_store();
  struct sample_order order = sample_new_order(OPERATION_GET);
  json_t *sample = sample_of(&order);
  assert_sample_status(sample, "ok");
  assert_true(sample_number(sample, "value_sum") != 0);
  double bytes = sample_number(sample, "bytes_per_s") * sample_number(sample, "seconds");
  assert_int_equal(bytes + 0.5, sample_number(sample, "operations") * 64);
  json_decref(sample);
}

static void test_whole_fill_counts_every_record(void **state) {
  (void)state;
  static const enum key_order orders[] = {KEYS_SEQUENTIAL, KEYS_UNIFORM};
  for (unsigned i = 0; i < 4; i++) {
    struct sample_order order = sample_new_order(OPERATION_FILL);
    order.fresh = true;
    order.settings.workload.keys = orders[i % 2];
    order.settings.threads = 1 + i / 2 * 3;
    fake_set(FAKE_HONEST);
    json_t *sample = sample_of(&order);
    assert_sample_status(sample, "ok");
    assert_int_equal(sample_number(sample, "operations"), FAKE_RECORDS);
    assert_int_equal(sample_number(sample, "verified"), FAKE_RECORDS);
    assert_int_equal(fake_calls().session_opens, fake_calls().session_closes);
    json_decref(sample);
  }
}

static void test_fill_is_cut_short_by_its_limit(void **state) {
  (void)state;
  static const enum key_order orders[] = {KEYS_SEQUENTIAL, KEYS_UNIFORM};
  for (int i = 0; i < 2; i++) {
    struct sample_order order = sample_new_order(OPERATION_FILL);
    order.fresh = true;
    order.settings.workload.keys = orders[i];
    order.limit = 1e-9;  // over before the first look at the clock
    order.settings.threads = 2;
    fake_set(FAKE_HONEST);
    json_t *sample = sample_of(&order);
    assert_sample_status(sample, "ok");
    assert_true(sample_number(sample, "operations") < FAKE_RECORDS);
    assert_true(sample_number(sample, "verified") > 0);
    json_decref(sample);
  }
}

static void test_threads_share_the_work(void **state) {
  (void)state;
  make_fake_store();
  struct sample_order order = sample_new_order(OPERATION_UPDATE);
  order.settings.threads = 4;
  order.warmup = 0.002;
  json_t *sample = sample_of(&order);
  assert_sample_status(sample, "ok");
  // One session a thread, and one to read back.
  assert_int_equal(fake_calls().session_opens, 1 + 4 + 1);
  assert_int_equal(fake_calls().session_closes, 1 + 4 + 1);
  json_decref(sample);
}

static void test_a_number_of_operations_ends_a_sample(void **state) {
  (void)state;
  for (unsigned threads = 1; threads <= 2; threads++) {
    struct sample_order order = sample_new_order(OPERATION_GET);
    order.settings.operations = 101;
    order.settings.threads = threads;
    order.settings.workload.batch = order.settings.workload.depth = 1;
    order.seconds = 60;
    order.read_only = true;
    json_t *sample = sample_of(&order);
    assert_sample_status(sample, "ok");
    assert_true(sample_number(sample, "operations") == (threads == 1 ? 101 : 102));  // none less than asked
    json_decref(sample);
  }
}

static void test_latency_sample_has_a_histogram(void **state) {
  (void)state;
  make_fake_store();
  struct sample_order order = sample_new_order(OPERATION_GET);
  order.kind = SAMPLE_LATENCY;
  order.settings.threads = 2;
  json_t *sample = sample_of(&order);
  assert_sample_status(sample, "ok");
  const json_t *latency = json_object_get(sample, "latency_ns"), *buckets = json_object_get(latency, "buckets");
  assert_true(sample_number(latency, "min") <= sample_number(latency, "p50"));
  assert_true(sample_number(latency, "p50") <= sample_number(latency, "p999"));
  assert_true(sample_number(latency, "p999") <= sample_number(latency, "max"));
  double total = 0;
  for (size_t i = 0; i < json_array_size(buckets); i++)
    total += json_number_value(json_array_get(json_array_get(buckets, i), 1));
  assert_true(total == sample_number(sample, "operations"));
  json_decref(sample);
}

static void test_warm_up_is_not_counted(void **state) {
  (void)state;
  make_fake_store();
  struct sample_order order = sample_new_order(OPERATION_UPDATE);
  order.settings.sync.kind = SYNC_ALWAYS;
  order.warmup = 0.01;
  json_t *sample = sample_of(&order);
  assert_sample_status(sample, "ok");
  // The fake syncs once a put, and the last sync is one more.
  double syncs = sample_number(json_object_get(sample, "stat"), "syncs");
  assert_true(syncs == sample_number(sample, "operations") + 1);
  json_decref(sample);
}

static void test_last_sync_is_owed_by_policy(void **state) {
  (void)state;
  static const unsigned syncs[SYNC_KINDS] = {
      [SYNC_NONE] = 0, [SYNC_ASYNC] = 0, [SYNC_EVERY] = 1, [SYNC_INTERVAL] = 1, [SYNC_ALWAYS] = 1};
  for (int kind = 0; kind < SYNC_KINDS; kind++) {
    make_fake_store();
    fake_set(FAKE_HONEST);
    struct sample_order order = sample_new_order(OPERATION_UPDATE);
    order.settings.sync = (struct sync_policy){.kind = (enum sync_kind)kind, .amount = 64};
    json_t *sample = sample_of(&order);
    assert_sample_status(sample, "ok");
    assert_int_equal(fake_calls().syncs, syncs[kind]);
    json_decref(sample);
  }
}

// What was dirty before is written before anything is counted, and what the sample wrote while it is; where no device
// can be read nothing is counted.
static void test_counters_are_taken_between_two_syncs(void **state) {
  (void)state;
  make_fake_store();
  fake_set(FAKE_HONEST);
  struct sample_order order = sample_new_order(OPERATION_UPDATE);
  order.kind = SAMPLE_COUNTERS;
  json_t *sample = sample_of(&order);
  assert_sample_status(sample, "ok");
  bool device = json_is_number(json_object_get(sample, "device_write_bytes_settled"));
  assert_int_equal(fake_calls().syncs, device ? 2 : 1);
  json_decref(sample);
}

// A sample of a hundredth of a second ends with a sync that takes ten times as long.
static void test_last_sync_is_inside_the_time(void **state) {
  (void)state;
  make_fake_store();
  fake_set(FAKE_SYNC_SLOW);
  struct sample_order order = sample_new_order(OPERATION_UPDATE);
  order.settings.sync = (struct sync_policy){.kind = SYNC_EVERY, .amount = 64};
  json_t *sample = sample_of(&order);
  fake_set(FAKE_HONEST);
  assert_sample_status(sample, "ok");
  assert_true(sample_number(sample, "seconds") >= FAKE_SYNC_NS / 1e9);
  json_decref(sample);
}

// A warm-up reads pages in. The fake has no file to prove the state by: the sample is skipped, once it was tried.
static void test_cache_state_comes_after_the_warm_up(void **state) {
  (void)state;
  make_fake_store();
  fake_set(FAKE_HONEST);
  struct sample_order order = sample_new_order(OPERATION_GET);
  order.settings.cache = CACHE_COLD;
  order.warmup = 0.002;
  json_t *sample = sample_of(&order);
  assert_sample_status(sample, "skipped");
  assert_int_equal(fake_calls().opens, 1);
  assert_true(fake_calls().submits_at_forget > 0);
  json_decref(sample);
}

static void test_a_store_that_is_removed_is_opened_as_such(void **state) {
  (void)state;
  // Closing is a part of what is measured of whole stores.
  static const struct {
    enum operation operation;
    bool asked, given;
  } cases[] = {{OPERATION_UPDATE, false, false}, {OPERATION_UPDATE, true, true}, {OPERATION_OPEN, true, false}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    make_fake_store();
    fake_set(FAKE_HONEST);
    struct sample_order order = sample_new_order(cases[i].operation);
    order.disposable = cases[i].asked;
    json_t *sample = sample_of(&order);
    assert_sample_status(sample, "ok");
    assert_int_equal(fake_config().disposable, cases[i].given);
    assert_int_equal(fake_calls().closes, 1);
    json_decref(sample);
  }
}

static void test_read_only_order_opens_read_only_and_never_syncs(void **state) {
  (void)state;
  make_fake_store();
  fake_set(FAKE_HONEST);
  struct sample_order order = sample_new_order(OPERATION_GET);
  order.read_only = true;
  order.settings.sync.kind = SYNC_ALWAYS;
  json_t *sample = sample_of(&order);
  assert_sample_status(sample, "ok");
  assert_true(fake_config().read_only);
  assert_false(fake_config().create);
  assert_int_equal(fake_calls().syncs, 0);
  json_decref(sample);
}

static void test_unknown_spec_fails(void **state) {
  (void)state;
  struct sample_order order = sample_new_order(OPERATION_GET);
  snprintf(order.settings.spec, sizeof order.settings.spec, "nul");
  json_t *sample = sample_run(&order);
  assert_non_null(sample);
  assert_sample_status(sample, "failed");
  assert_non_null(strstr(sample_text(sample, "reason"), "null"));
  json_decref(sample);
}

static void test_null_engine_runs(void **state) {
  (void)state;
  struct sample_order order = sample_new_order(OPERATION_GET);
  order.settings.cache = CACHE_WARM;
  order.warmup = 0.001;
  json_t *sample = sample_run(&order);
  assert_non_null(sample);
  assert_sample_status(sample, "ok");
  assert_int_equal(sample_number(sample, "verified"), 0);
  json_decref(sample);
}

// Whatever a value's length, the client gets what it expects.
static void test_null_engine_gives_values_of_any_size(void **state) {
  (void)state;
  const struct {
    uint32_t record_size, value_size;
    enum operation operation;
  } cases[] = {
      {4096, 4056, OPERATION_GET}, {4096, 4056, OPERATION_PEEK}, {128, 88, OPERATION_GET}, {128, 64, OPERATION_PEEK},
      {128, 16, OPERATION_GET},    {64, 24, OPERATION_GET},      {64, 24, OPERATION_PEEK},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct sample_order order = sample_new_order(cases[i].operation);
    snprintf(order.settings.spec, sizeof order.settings.spec, "null");
    order.settings.record_size = cases[i].record_size;
    order.settings.workload.value_size = cases[i].value_size;
    order.settings.workload.batch = order.settings.workload.depth = 7;  // some four at a time, some one by one
    json_t *sample = sample_run(&order);
    assert_non_null(sample);
    assert_sample_status(sample, "ok");
    json_decref(sample);
  }
}

static void test_reason_of_any_bytes_is_kept(void **state) {
  (void)state;
  struct sample_order order = sample_new_order(OPERATION_GET);
  struct sample sample = {.order = &order};
  json_t *json = sample_to_json(&sample, "failed", "b\xff\xfe: broken");
  assert_non_null(json);
  assert_string_equal(sample_text(json, "reason"), "b??: broken");
  json_decref(json);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_honest_store_is_ok),
      cmocka_unit_test(test_store_that_does_not_count_its_records),
      cmocka_unit_test(test_every_documented_field_is_there),
      cmocka_unit_test(test_mix_that_adds_and_removes),
      cmocka_unit_test(test_values_are_summed),
      cmocka_unit_test(test_whole_fill_counts_every_record),
      cmocka_unit_test(test_fill_is_cut_short_by_its_limit),
      cmocka_unit_test(test_threads_share_the_work),
      cmocka_unit_test(test_a_number_of_operations_ends_a_sample),
      cmocka_unit_test(test_latency_sample_has_a_histogram),
      cmocka_unit_test(test_warm_up_is_not_counted),
      cmocka_unit_test(test_last_sync_is_owed_by_policy),
      cmocka_unit_test(test_last_sync_is_inside_the_time),
      cmocka_unit_test(test_counters_are_taken_between_two_syncs),
      cmocka_unit_test(test_cache_state_comes_after_the_warm_up),
      cmocka_unit_test(test_a_store_that_is_removed_is_opened_as_such),
      cmocka_unit_test(test_read_only_order_opens_read_only_and_never_syncs),
      cmocka_unit_test(test_unknown_spec_fails),
      cmocka_unit_test(test_null_engine_runs),
      cmocka_unit_test(test_null_engine_gives_values_of_any_size),
      cmocka_unit_test(test_reason_of_any_bytes_is_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
