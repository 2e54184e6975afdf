// SPDX-License-Identifier: MIT
// Orders travel as JSON: all of one comes back, and nothing is taken for a field that is missing or wrong.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/sample_support.h"

static void test_order_comes_back_from_json(void **state) {
  (void)state;
  struct sample_order order = sample_new_order(OPERATION_MIXED), back;
  struct error error = {0};
  order.kind = SAMPLE_LATENCY;
  order.seed = UINT64_MAX - 1;
  order.warmup = 0.125;
  order.read_only = true;
  order.fresh = true;
  order.disposable = true;
  order.settings.cache = CACHE_MAPPED;
  order.settings.sync = (struct sync_policy){.kind = SYNC_INTERVAL, .amount = 10};
  order.settings.data_bytes = 1ull << 40;
  order.settings.fill_write = 4096;
  order.settings.stores = 7;
  order.settings.operations = 5000;
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
  assert_true(back.disposable);
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
  struct sample_order order = sample_new_order(OPERATION_GET), back;
  json_t *json = sample_order_to_json(&order);
  assert_non_null(json);
  assert_int_equal(sample_order_from_json(json, &back, NULL), 0);
  check_fields(json, json);
  assert_int_equal(sample_order_from_json(json, &back, NULL), 0);
  json_decref(json);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_order_comes_back_from_json),
      cmocka_unit_test(test_bad_orders_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
