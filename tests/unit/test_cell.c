// SPDX-License-Identifier: MIT
// One sample in this process: what an honest store gives, and that every lie of a dishonest one fails the sample.
#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/sample.h"
#include "tests/unit/fake_engine.h"

enum { RECORDS = 2000 };

static struct sample_order new_order(enum operation operation) {
  struct sample_order order = {
      .kind = SAMPLE_THROUGHPUT,
      .settings = {.engine = "fake",
                   .spec = "null",
                   .workload = {.operation = operation,
                                .keys = KEYS_UNIFORM,
                                .theta = 0.99,
                                .records = RECORDS,
                                .value_size = 64,
                                .batch = 4,
                                .depth = 4,
                                .threads = 1},
                   .sync = {.kind = SYNC_NONE},
                   .record_size = 128,
                   .threads = 1,
                   .processes = 1},
      .path = "/tmp/not-made-by-any-test.store",
      .seconds = 0.01,
      .limit = 10,
      .seed = 42,
  };
  return order;
}

static json_t *run(const struct sample_order *order) {
  struct engine_options options = {{0}};
  json_t *sample = sample_run_engine(order, &engine_fake, &options);
  assert_non_null(sample);
  return sample;
}

static const char *text_of(const json_t *sample, const char *field) {
  const char *text = json_string_value(json_object_get(sample, field));
  return text ? text : "(null)";
}

static double number_of(const json_t *sample, const char *field) {
  const json_t *value = json_object_get(sample, field);
  if (!json_is_number(value)) fail_msg("%s is no number", field);
  return json_number_value(value);
}

static void assert_status(const json_t *sample, const char *status) {
  if (strcmp(text_of(sample, "status"), status) != 0)
    fail_msg("status %s, wanted %s: %s", text_of(sample, "status"), status, text_of(sample, "reason"));
}

static void make_store(void) {
  struct sample_order order = new_order(OPERATION_FILL);
  order.kind = SAMPLE_FILL;
  fake_set(FAKE_HONEST);
  json_t *sample = run(&order);
  assert_status(sample, "ok");
  assert_int_equal(number_of(sample, "operations"), RECORDS);
  json_decref(sample);
}

// Runs the order while the store lies so; the sample must have the status, a reason with these words, and no numbers.
static void check_caught(struct sample_order order, enum fake_lie lie, const char *status, const char *words) {
  fake_set(lie);
  json_t *sample = run(&order);
  fake_set(FAKE_HONEST);
  assert_status(sample, status);
  if (!strstr(text_of(sample, "reason"), words)) fail_msg("'%s' does not say '%s'", text_of(sample, "reason"), words);
  assert_true(json_is_null(json_object_get(sample, "ops_per_s")));
  assert_true(json_is_null(json_object_get(sample, "operations")));
  json_decref(sample);
}

static void check_lie(enum operation operation, enum fake_lie lie, const char *words) {
  make_store();
  check_caught(new_order(operation), lie, "failed", words);
}

static void test_honest_store_is_ok(void **state) {
  (void)state;
  static const enum operation operations[] = {OPERATION_UPDATE, OPERATION_GET, OPERATION_SCAN, OPERATION_DELETE};
  for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
    make_store();
    struct sample_order order = new_order(operations[i]);
    json_t *sample = run(&order);
    assert_status(sample, "ok");
    assert_true(json_is_null(json_object_get(sample, "reason")));
    double seconds = number_of(sample, "seconds"), operations_done = number_of(sample, "operations");
    assert_true(seconds > 0 && operations_done > 0);
    assert_true(number_of(sample, "ops_per_s") == operations_done / seconds);
    assert_int_equal(number_of(sample, "verified"),
                     operations[i] == OPERATION_DELETE ? RECORDS - operations_done : RECORDS);
    assert_true(json_is_null(json_object_get(sample, "latency_ns")));
    json_decref(sample);
  }
}

static void test_every_documented_field_is_there(void **state) {
  (void)state;
  static const char *const fields[] = {"kind",         "status",
                                       "reason",       "seconds",
                                       "operations",   "ops_per_s",
                                       "bytes_per_s",  "latency_ns",
                                       "timeline",     "cpu_user_s",
                                       "cpu_sys_s",    "faults_minor",
                                       "faults_major", "switches",
                                       "syscalls",     "tlb_shootdowns",
                                       "rss_bytes",    "pss_bytes",
                                       "residency",    "device_read_bytes",
                                       "foreign",      "flags",
                                       "verified",     "value_sum",
                                       "stat",         "device_write_bytes"};
  make_store();
  for (int lie = FAKE_HONEST; lie <= FAKE_PROBE_FAILS; lie++) {
    struct sample_order order = new_order(OPERATION_GET);
    fake_set((enum fake_lie)lie);
    json_t *sample = run(&order);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
      if (!json_object_get(sample, fields[i])) fail_msg("no field %s", fields[i]);
    assert_int_equal(json_object_size(sample), sizeof fields / sizeof *fields);
    json_decref(sample);
  }
}

static void test_mix_that_adds_and_removes(void **state) {
  (void)state;
  make_store();
  struct sample_order order = new_order(OPERATION_MIXED);
  order.settings.workload.mix.get = 50;
  order.settings.workload.mix.insert = 20;
  order.settings.workload.mix.remove = 20;
  order.settings.workload.mix.read_modify_write = 10;
  order.seconds = 60;
  order.limit = 0.01;  // the earlier of the two counts
  json_t *sample = run(&order);
  assert_status(sample, "ok");
  assert_true(number_of(sample, "seconds") < 60);
  double records = number_of(json_object_get(sample, "stat"), "records");
  assert_true(number_of(sample, "verified") == records);
  json_decref(sample);
}

static void test_operation_the_engine_lacks_skips(void **state) {
  (void)state;
  make_store();
  check_caught(new_order(OPERATION_PEEK), FAKE_HONEST, "skipped", "cannot lend pointers");
}

static void test_values_are_summed(void **state) {
  (void)state;
  make_store();
  struct sample_order order = new_order(OPERATION_GET);
  json_t *sample = run(&order);
  assert_status(sample, "ok");
  assert_true(number_of(sample, "value_sum") != 0);
  double bytes = number_of(sample, "bytes_per_s") * number_of(sample, "seconds");
  assert_int_equal(bytes + 0.5, number_of(sample, "operations") * 64);
  json_decref(sample);
}

static void test_whole_fill_counts_every_record(void **state) {
  (void)state;
  static const enum key_order orders[] = {KEYS_SEQUENTIAL, KEYS_UNIFORM};
  for (unsigned i = 0; i < 4; i++) {
    struct sample_order order = new_order(OPERATION_FILL);
    order.fresh = true;
    order.settings.workload.keys = orders[i % 2];
    order.settings.threads = 1 + i / 2 * 3;
    fake_set(FAKE_HONEST);
    json_t *sample = run(&order);
    assert_status(sample, "ok");
    assert_int_equal(number_of(sample, "operations"), RECORDS);
    assert_int_equal(number_of(sample, "verified"), RECORDS);
    assert_int_equal(fake_calls().session_opens, fake_calls().session_closes);
    json_decref(sample);
  }
}

static void test_fill_is_cut_short_by_its_limit(void **state) {
  (void)state;
  static const enum key_order orders[] = {KEYS_SEQUENTIAL, KEYS_UNIFORM};
  for (int i = 0; i < 2; i++) {
    struct sample_order order = new_order(OPERATION_FILL);
    order.fresh = true;
    order.settings.workload.keys = orders[i];
    order.limit = 1e-9;  // over before the first look at the clock
    order.settings.threads = 2;
    fake_set(FAKE_HONEST);
    json_t *sample = run(&order);
    assert_status(sample, "ok");
    assert_true(number_of(sample, "operations") < RECORDS);
    assert_true(number_of(sample, "verified") > 0);
    json_decref(sample);
  }
}

static void test_threads_share_the_work(void **state) {
  (void)state;
  make_store();
  struct sample_order order = new_order(OPERATION_UPDATE);
  order.settings.threads = 4;
  order.warmup = 0.002;
  json_t *sample = run(&order);
  assert_status(sample, "ok");
  // One session a thread, and one to read back.
  assert_int_equal(fake_calls().session_opens, 1 + 4 + 1);
  assert_int_equal(fake_calls().session_closes, 1 + 4 + 1);
  json_decref(sample);
}

static void test_latency_sample_has_a_histogram(void **state) {
  (void)state;
  make_store();
  struct sample_order order = new_order(OPERATION_GET);
  order.kind = SAMPLE_LATENCY;
  order.settings.threads = 2;
  json_t *sample = run(&order);
  assert_status(sample, "ok");
  const json_t *latency = json_object_get(sample, "latency_ns"), *buckets = json_object_get(latency, "buckets");
  assert_true(number_of(latency, "min") <= number_of(latency, "p50"));
  assert_true(number_of(latency, "p50") <= number_of(latency, "p999"));
  assert_true(number_of(latency, "p999") <= number_of(latency, "max"));
  double total = 0;
  for (size_t i = 0; i < json_array_size(buckets); i++)
    total += json_number_value(json_array_get(json_array_get(buckets, i), 1));
  assert_true(total == number_of(sample, "operations"));
  json_decref(sample);
}

static void test_warm_up_is_not_counted(void **state) {
  (void)state;
  make_store();
  struct sample_order order = new_order(OPERATION_UPDATE);
  order.settings.sync.kind = SYNC_ALWAYS;
  order.warmup = 0.01;
  json_t *sample = run(&order);
  assert_status(sample, "ok");
  // The fake syncs once a put, and the last sync is one more.
  double syncs = number_of(json_object_get(sample, "stat"), "syncs");
  assert_true(syncs == number_of(sample, "operations") + 1);
  json_decref(sample);
}

static void test_last_sync_is_owed_by_policy(void **state) {
  (void)state;
  static const unsigned syncs[SYNC_KINDS] = {
      [SYNC_NONE] = 0, [SYNC_ASYNC] = 0, [SYNC_EVERY] = 1, [SYNC_INTERVAL] = 1, [SYNC_ALWAYS] = 1};
  for (int kind = 0; kind < SYNC_KINDS; kind++) {
    make_store();
    fake_set(FAKE_HONEST);
    struct sample_order order = new_order(OPERATION_UPDATE);
    order.settings.sync = (struct sync_policy){.kind = (enum sync_kind)kind, .amount = 64};
    json_t *sample = run(&order);
    assert_status(sample, "ok");
    assert_int_equal(fake_calls().syncs, syncs[kind]);
    json_decref(sample);
  }
}

static void test_read_only_order_opens_read_only_and_never_syncs(void **state) {
  (void)state;
  make_store();
  fake_set(FAKE_HONEST);
  struct sample_order order = new_order(OPERATION_GET);
  order.read_only = true;
  order.settings.sync.kind = SYNC_ALWAYS;
  json_t *sample = run(&order);
  assert_status(sample, "ok");
  assert_true(fake_config().read_only);
  assert_false(fake_config().create);
  assert_int_equal(fake_calls().syncs, 0);
  json_decref(sample);
}

static void test_dropped_put_is_found_out(void **state) {
  (void)state;
  struct sample_order order = new_order(OPERATION_FILL);
  order.fresh = true;
  check_caught(order, FAKE_PUT_DROPPED, "failed", "the store counts");
}

static void test_refused_put_is_found_out(void **state) {
  (void)state;
  check_lie(OPERATION_UPDATE, FAKE_PUT_REFUSED, "No space left");
}

static void test_damaged_value_is_found_out(void **state) {
  (void)state;
  check_lie(OPERATION_UPDATE, FAKE_VALUE_DAMAGED, "are not a value of it");
}

static void test_short_value_is_found_out(void **state) {
  (void)state;
  check_lie(OPERATION_GET, FAKE_VALUE_SHORT, "63 bytes instead of 64");
}

static void test_lost_completion_is_found_out(void **state) {
  (void)state;
  check_lie(OPERATION_GET, FAKE_REAP_EMPTY, "handed back nothing");
}

static void test_skipped_records_in_a_scan_are_found_out(void **state) {
  (void)state;
  struct sample_order order = new_order(OPERATION_SCAN);
  order.seconds = 0.5;  // time for more than one scan of 2000 records
  make_store();
  check_caught(order, FAKE_SCAN_SKIPS, "failed", "scans of 2000 records visited");
}

static void test_ignored_delete_is_found_out(void **state) {
  (void)state;
  check_lie(OPERATION_DELETE, FAKE_DELETE_IGNORED, "the store counts 2000 records");
}

static void test_failed_sync_fails_the_sample(void **state) {
  (void)state;
  struct sample_order order = new_order(OPERATION_UPDATE);
  order.settings.sync = (struct sync_policy){.kind = SYNC_EVERY, .amount = 64};
  make_store();
  check_caught(order, FAKE_SYNC_FAILS, "failed", "the last sync: Input/output error");
  order = new_order(OPERATION_FILL);
  order.kind = SAMPLE_FILL;
  check_caught(order, FAKE_SYNC_FAILS, "failed", "sync of the data set");
}

static void test_skipped_syncs_fail_the_sample(void **state) {
  (void)state;
  static const struct sync_policy policies[] = {{SYNC_ALWAYS, 0}, {SYNC_EVERY, 16}};
  for (int i = 0; i < 2; i++) {
    struct sample_order order = new_order(OPERATION_UPDATE);
    order.settings.sync = policies[i];
    order.seconds = 0.05;
    make_store();
    check_caught(order, FAKE_SYNC_SKIPPED, "failed", "the policy needs");
  }
}

static void test_probe_that_fails_skips(void **state) {
  (void)state;
  check_caught(new_order(OPERATION_GET), FAKE_PROBE_FAILS, "skipped", "no fakes here; buy a real one");
}

static void test_other_failures_say_which(void **state) {
  (void)state;
  check_lie(OPERATION_GET, FAKE_OPEN_FAILS, "not a fake store");
  check_lie(OPERATION_GET, FAKE_CLOSE_FAILS, "closing the store: the fake will not close");
  check_lie(OPERATION_GET, FAKE_SESSION_CLOSE_FAILS, "closing the session");
  check_lie(OPERATION_GET, FAKE_STAT_FAILS, "reading counters");
}

static void test_one_session_of_four_fails(void **state) {
  (void)state;
  make_store();
  struct sample_order order = new_order(OPERATION_GET);
  order.settings.threads = 4;
  check_caught(order, FAKE_SESSION_FAILS, "failed", "one session is enough");
  assert_int_equal(fake_calls().submits, 0);
}

static void test_cold_needs_proof(void **state) {
  (void)state;
  make_store();
  struct sample_order order = new_order(OPERATION_GET);
  order.settings.cache = CACHE_COLD;
  // This store has no file, so nobody can tell what is cached.
  check_caught(order, FAKE_HONEST, "skipped", "cannot tell what is in the page cache");
  check_caught(order, FAKE_FORGET_FAILS, "failed", "cannot drop its cached pages");
}

static void test_impossible_orders_fail(void **state) {
  (void)state;
  struct sample_order order = new_order(OPERATION_GET);
  order.seconds = 0;
  check_caught(order, FAKE_HONEST, "failed", "no length");
  order = new_order(OPERATION_GET);
  order.settings.processes = 2;
  check_caught(order, FAKE_HONEST, "failed", "processes = 2");
}

static void test_unknown_spec_fails(void **state) {
  (void)state;
  struct sample_order order = new_order(OPERATION_GET);
  snprintf(order.settings.spec, sizeof order.settings.spec, "nul");
  json_t *sample = sample_run(&order);
  assert_non_null(sample);
  assert_status(sample, "failed");
  assert_non_null(strstr(text_of(sample, "reason"), "null"));
  json_decref(sample);
}

static void test_null_engine_runs(void **state) {
  (void)state;
  struct sample_order order = new_order(OPERATION_GET);
  order.settings.cache = CACHE_WARM;
  order.warmup = 0.001;
  json_t *sample = sample_run(&order);
  assert_non_null(sample);
  assert_status(sample, "ok");
  assert_int_equal(number_of(sample, "verified"), 0);
  json_decref(sample);
}

static void test_reason_of_any_bytes_is_kept(void **state) {
  (void)state;
  struct sample_order order = new_order(OPERATION_GET);
  struct sample sample = {.order = &order};
  json_t *json = sample_to_json(&sample, "failed", "b\xff\xfe: broken");
  assert_non_null(json);
  assert_string_equal(text_of(json, "reason"), "b??: broken");
  json_decref(json);
}

static void test_order_comes_back_from_json(void **state) {
  (void)state;
  struct sample_order order = new_order(OPERATION_MIXED), back;
  struct error error = {0};
  order.kind = SAMPLE_LATENCY;
  order.seed = UINT64_MAX - 1;
  order.warmup = 0.125;
  order.read_only = true;
  order.fresh = true;
  order.settings.cache = CACHE_MAPPED;
  order.settings.sync = (struct sync_policy){.kind = SYNC_INTERVAL, .amount = 10};
  order.settings.data_bytes = 1ull << 40;
  order.settings.workload.keys = KEYS_ZIPFIAN;
  order.settings.workload.seed = UINT64_MAX;
  order.settings.workload.mix.get = 94;
  order.settings.workload.mix.update = 1;
  order.settings.workload.mix.insert = 2;
  order.settings.workload.mix.remove = 3;
  order.settings.workload.mix.scan = 4;
  order.settings.workload.mix.read_modify_write = 5;
  json_t *json = sample_order_to_json(&order);
  assert_non_null(json);
  char *text = json_dumps(json, 0);
  json_decref(json);
  json = json_loads(text, 0, NULL);
  assert_non_null(json);
  free(text);
  if (sample_order_from_json(json, &back, &error) != 0) fail_msg("%s", error.text);
  json_t *again = sample_order_to_json(&back);
  assert_true(json_equal(json, again));
  assert_int_equal(back.seed, order.seed);
  assert_int_equal(back.settings.workload.seed, order.settings.workload.seed);
  assert_int_equal(back.settings.workload.mix.read_modify_write, 5);
  assert_int_equal(back.settings.cache, CACHE_MAPPED);
  assert_int_equal(back.settings.sync.amount, 10);
  json_decref(json);
  json_decref(again);
}

// Each field, when it is missing or of another type, is an error: nothing runs with a default in its place.
static void check_fields(json_t *root, json_t *object) {
  struct sample_order back;
  const char *field;
  json_t *value;
  void *next;
  json_object_foreach_safe(object, next, field, value) {
    json_t *kept = json_incref(value);
    if (json_is_object(value)) check_fields(root, value);
    assert_int_equal(json_object_set_new(object, field, json_null()), 0);
    if (sample_order_from_json(root, &back, NULL) != -EINVAL) fail_msg("null is taken for %s", field);
    assert_int_equal(json_object_set_new(object, field, json_integer(-1)), 0);
    // All 64 bits of these are used.
    if (strcmp(field, "seed") != 0 && strcmp(field, "records") != 0 && strcmp(field, "data_bytes") != 0 &&
        strcmp(field, "theta") != 0 && sample_order_from_json(root, &back, NULL) != -EINVAL)
      fail_msg("-1 is taken for %s", field);
    assert_int_equal(json_object_set_new(object, field, kept), 0);
  }
}

static void test_bad_orders_are_refused(void **state) {
  (void)state;
  struct sample_order order = new_order(OPERATION_GET), back;
  json_t *json = sample_order_to_json(&order);
  assert_non_null(json);
  assert_int_equal(sample_order_from_json(json, &back, NULL), 0);
  check_fields(json, json);
  assert_int_equal(sample_order_from_json(json, &back, NULL), 0);
  json_decref(json);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_honest_store_is_ok),
      cmocka_unit_test(test_every_documented_field_is_there),
      cmocka_unit_test(test_mix_that_adds_and_removes),
      cmocka_unit_test(test_operation_the_engine_lacks_skips),
      cmocka_unit_test(test_values_are_summed),
      cmocka_unit_test(test_whole_fill_counts_every_record),
      cmocka_unit_test(test_fill_is_cut_short_by_its_limit),
      cmocka_unit_test(test_threads_share_the_work),
      cmocka_unit_test(test_latency_sample_has_a_histogram),
      cmocka_unit_test(test_warm_up_is_not_counted),
      cmocka_unit_test(test_last_sync_is_owed_by_policy),
      cmocka_unit_test(test_read_only_order_opens_read_only_and_never_syncs),
      cmocka_unit_test(test_dropped_put_is_found_out),
      cmocka_unit_test(test_refused_put_is_found_out),
      cmocka_unit_test(test_damaged_value_is_found_out),
      cmocka_unit_test(test_short_value_is_found_out),
      cmocka_unit_test(test_lost_completion_is_found_out),
      cmocka_unit_test(test_skipped_records_in_a_scan_are_found_out),
      cmocka_unit_test(test_ignored_delete_is_found_out),
      cmocka_unit_test(test_failed_sync_fails_the_sample),
      cmocka_unit_test(test_skipped_syncs_fail_the_sample),
      cmocka_unit_test(test_probe_that_fails_skips),
      cmocka_unit_test(test_other_failures_say_which),
      cmocka_unit_test(test_one_session_of_four_fails),
      cmocka_unit_test(test_cold_needs_proof),
      cmocka_unit_test(test_impossible_orders_fail),
      cmocka_unit_test(test_unknown_spec_fails),
      cmocka_unit_test(test_null_engine_runs),
      cmocka_unit_test(test_reason_of_any_bytes_is_kept),
      cmocka_unit_test(test_order_comes_back_from_json),
      cmocka_unit_test(test_bad_orders_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
