// SPDX-License-Identifier: MIT
// What is derived from a sample, each by hand from round numbers; and that what a sample wrote reaches the device while
// it is counted, which write amplification is made of.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/metrics.h"
#include "tests/unit/sample_support.h"
#include "tests/unit/temporary.h"

// All numbers differ, so that none can stand in for another. 100 operations.
static const char numbers[] =
    "{\"status\": \"ok\", \"seconds\": 0.5, \"operations\": 100, \"ops_per_s\": 200, \"bytes_per_s\": 12800,"
    " \"cpu_user_s\": 3e-6, \"cpu_sys_s\": 5e-6, \"faults_minor\": 700, \"faults_major\": 20, \"switches\": 1100,"
    " \"value_bytes_read\": 1600, \"value_bytes_written\": 6400, \"device_read_bytes\": 819200,"
    " \"device_write_bytes\": 12288, \"device_write_bytes_settled\": 409600, \"device_flushes\": 300,"
    " \"tlb_shootdowns\": 13, \"syscalls\": 170, \"syncs\": 50, \"latency_ns\": {\"p50\": 19, \"p99\": 23, \"max\": "
    "29},"
    " \"stat\": {\"bytes_allocated\": 51200, \"records\": 400}, \"mappings\": {\"cached_bytes\": 1000,"
    " \"other_pss_bytes\": 200, \"page_table_bytes\": 30}}";

static const struct {
  const char *metric;
  enum sample_kind kind;
  double value;
} derived[] = {
    {"ops_per_s", SAMPLE_THROUGHPUT, 200},
    {"p99", SAMPLE_LATENCY, 23},
    {"cpu_ns_per_op", SAMPLE_THROUGHPUT, 80},
    {"cpu_ns_per_byte", SAMPLE_THROUGHPUT, 1},
    {"device_bytes_per_op", SAMPLE_THROUGHPUT, 8192 + 122.88},
    {"flushes_per_op", SAMPLE_THROUGHPUT, 3},
    {"faults_per_op", SAMPLE_THROUGHPUT, 7.2},
    {"switches_per_op", SAMPLE_THROUGHPUT, 11},
    {"syscalls_per_op", SAMPLE_COUNTERS, 1.7},
    {"syncs_per_op", SAMPLE_COUNTERS, 0.5},
    {"read_amplification", SAMPLE_THROUGHPUT, 512},
    {"write_amplification", SAMPLE_COUNTERS, 64},
    {"file_bytes_per_record", SAMPLE_THROUGHPUT, 128},
    {"memory_bytes", SAMPLE_THROUGHPUT, 1230},
};

static json_t *sample_of_kind(enum sample_kind kind) {
  json_t *sample = json_loads(numbers, 0, NULL);
  assert_non_null(sample);
  assert_int_equal(json_object_set_new(sample, "kind", json_string(sample_kind_name(kind))), 0);
  return sample;
}

static void test_metrics_by_hand(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof derived / sizeof derived[0]; i++) {
    const struct metric *metric = metric_find(derived[i].metric);
    assert_non_null(metric);
    for (int kind = SAMPLE_THROUGHPUT; kind <= SAMPLE_COUNTERS; kind++) {
      json_t *sample = sample_of_kind((enum sample_kind)kind);
      double value = metric_value(metric, sample), wanted = derived[i].value;
      bool same = kind == (int)derived[i].kind ? fabs(value - wanted) < 1e-9 * wanted : isnan(value);
      if (!same) fail_msg("%s is %g, not %g, in a sample of kind %d", derived[i].metric, value, wanted, kind);
      json_decref(sample);
    }
  }
}

// A sample that failed, lacks a number, or read nothing has no quotient.
static void test_what_is_not_there_is_no_number(void **state) {
  (void)state;
  const struct metric *metric = metric_find("write_amplification");
  json_t *sample = sample_of_kind(SAMPLE_COUNTERS);
  json_object_set_new(sample, "value_bytes_written", json_integer(0));
  assert_true(isnan(metric_value(metric, sample)));
  json_object_set_new(sample, "value_bytes_written", json_integer(64));
  json_object_set_new(sample, "device_write_bytes_settled", json_null());
  assert_true(isnan(metric_value(metric, sample)));
  json_object_set_new(sample, "device_write_bytes_settled", json_integer(64));
  assert_true(metric_value(metric, sample) == 1);
  json_object_set_new(sample, "status", json_string("failed"));
  assert_true(isnan(metric_value(metric, sample)));
  json_decref(sample);
}

// New records are written once each: the device gets at least their values, though nothing asked for a sync.
static void test_what_was_written_is_counted_as_it_settles(void **state) {
  (void)state;
  struct sample_order order = sample_new_order(OPERATION_FILL);
  char snapshot[sizeof order.path + 8];
  snprintf(order.path, sizeof order.path, "%s/settled-%ld.store", temporary_folder(), (long)getpid());
  snprintf(snapshot, sizeof snapshot, "%s.index", order.path);
  snprintf(order.settings.spec, sizeof order.settings.spec, "pread");
  order.kind = SAMPLE_COUNTERS;
  order.fresh = true;
  json_t *sample = sample_run(&order);
  assert_sample_status(sample, "ok");
  const json_t *settled = json_object_get(sample, "device_write_bytes_settled");
  bool device = json_is_number(settled);
  double bytes = json_number_value(settled), written = sample_number(sample, "value_bytes_written");
  json_decref(sample);
  assert_int_equal(unlink(order.path), 0);
  (void)unlink(snapshot);
  if (!device) skip();  // a file system in memory
  assert_true(written > 0 && bytes >= written);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_metrics_by_hand),
      cmocka_unit_test(test_what_is_not_there_is_no_number),
      cmocka_unit_test(test_what_was_written_is_counted_as_it_settles),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
