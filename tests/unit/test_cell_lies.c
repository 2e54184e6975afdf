// SPDX-License-Identifier: MIT
// Every lie of a dishonest store fails its sample, and what cannot be had skips it: with a reason, and without a
// number.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/fake_engine.h"
#include "tests/unit/sample_support.h"

// Runs the order while the store lies so; the sample must have the status, a reason with these words, and no numbers.
static void check_caught(struct sample_order order, enum fake_lie lie, const char *status, const char *words) {
  fake_set(lie);
  json_t *sample = sample_of(&order);
  fake_set(FAKE_HONEST);
  assert_sample_status(sample, status);
  if (!strstr(sample_text(sample, "reason"), words))
    fail_msg("'%s' does not say '%s'", sample_text(sample, "reason"), words);
  assert_true(json_is_null(json_object_get(sample, "ops_per_s")));
  assert_true(json_is_null(json_object_get(sample, "operations")));
  json_decref(sample);
}

static void check_lie(enum operation operation, enum fake_lie lie, const char *words) {
  make_fake_store();
  check_caught(sample_new_order(operation), lie, "failed", words);
}

static void test_operation_the_engine_lacks_skips(void **state) {
  (void)state;
  make_fake_store();
  check_caught(sample_new_order(OPERATION_PEEK), FAKE_HONEST, "skipped", "cannot lend pointers");
}

static void test_dropped_put_is_found_out(void **state) {
  (void)state;
  struct sample_order order = sample_new_order(OPERATION_FILL);
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
  struct sample_order order = sample_new_order(OPERATION_SCAN);
  order.seconds = 0.5;  // time for more than one scan of 2000 records
  make_fake_store();
  check_caught(order, FAKE_SCAN_SKIPS, "failed", "scans of 2000 records visited");
}

static void test_ignored_delete_is_found_out(void **state) {
  (void)state;
  check_lie(OPERATION_DELETE, FAKE_DELETE_IGNORED, "the store counts 2000 records");
}

static void test_failed_sync_fails_the_sample(void **state) {
  (void)state;
  struct sample_order order = sample_new_order(OPERATION_UPDATE);
  order.settings.sync = (struct sync_policy){.kind = SYNC_EVERY, .amount = 64};
  make_fake_store();
  check_caught(order, FAKE_SYNC_FAILS, "failed", "the last sync: Input/output error");
  order = sample_new_order(OPERATION_FILL);
  order.kind = SAMPLE_FILL;
  check_caught(order, FAKE_SYNC_FAILS, "failed", "sync of the data set");
}

static void test_skipped_syncs_fail_the_sample(void **state) {
  (void)state;
  static const struct sync_policy policies[] = {{SYNC_ALWAYS, 0}, {SYNC_EVERY, 16}};
  for (int i = 0; i < 2; i++) {
    struct sample_order order = sample_new_order(OPERATION_UPDATE);
    order.settings.sync = policies[i];
    order.seconds = 0.05;
    make_fake_store();
    check_caught(order, FAKE_SYNC_SKIPPED, "failed", "the policy needs");
  }
}

static void test_probe_that_fails_skips(void **state) {
  (void)state;
  check_caught(sample_new_order(OPERATION_GET), FAKE_PROBE_FAILS, "skipped", "no fakes here; buy a real one");
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
  make_fake_store();
  struct sample_order order = sample_new_order(OPERATION_GET);
  order.settings.threads = 4;
  check_caught(order, FAKE_SESSION_FAILS, "failed", "one session is enough");
  assert_int_equal(fake_calls().submits, 0);
}

static void test_cold_needs_proof(void **state) {
  (void)state;
  make_fake_store();
  struct sample_order order = sample_new_order(OPERATION_GET);
  order.settings.cache = CACHE_COLD;
  // This store has no file, so nobody can tell what is cached.
  check_caught(order, FAKE_HONEST, "skipped", "cannot tell what is in the page cache");
  check_caught(order, FAKE_FORGET_FAILS, "failed", "cannot drop its cached pages");
}

static void test_impossible_orders_fail(void **state) {
  (void)state;
  struct sample_order order = sample_new_order(OPERATION_GET);
  order.seconds = 0;
  check_caught(order, FAKE_HONEST, "failed", "no length");
  order = sample_new_order(OPERATION_GET);
  order.settings.processes = 2;
  check_caught(order, FAKE_HONEST, "skipped", "cannot be open in several processes");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_operation_the_engine_lacks_skips),
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
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
