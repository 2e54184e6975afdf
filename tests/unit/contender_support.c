// SPDX-License-Identifier: MIT
// A store whose file contenders work on.
#include "tests/unit/contender_support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/temporary.h"

static char folder[512];

struct sample_order contender_order(const char *spec, enum operation operation) {
  struct sample_order order = sample_new_order(operation);
  order.settings.workload.records = CONTENDER_RECORDS;
  order.settings.data_bytes = (uint64_t)CONTENDER_RECORDS * order.settings.record_size;
  snprintf(order.settings.spec, sizeof order.settings.spec, "%s", spec);
  snprintf(order.path, sizeof order.path, "%s/store", folder);
  return order;
}

void contender_order_new_file(struct sample_order *order) {
  snprintf(order->path, sizeof order->path, "%s/new", folder);
  order->fresh = true;
}

int make_contenders_store(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "%s/contenders-XXXXXX", temporary_folder());
  if (!mkdtemp(folder)) return -1;
  struct sample_order order = contender_order("pread", OPERATION_FILL);
  order.kind = SAMPLE_FILL;
  json_t *sample = sample_run(&order);
  assert_sample_status(sample, "ok");
  json_decref(sample);
  return 0;
}

int remove_contenders_store(void **state) {
  static const char *const files[] = {"store", "store.index"};
  char path[600];
  (void)state;
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    snprintf(path, sizeof path, "%s/%s", folder, files[i]);
    if (unlink(path)) return -1;
  }
  return rmdir(folder);
}

// What only a store has, or only a client times, is null and no false zero.
static void expect_nulls(const json_t *sample) {
  static const char *const names[] = {"stat", "value_sum", "latency_ns", "syscalls"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (!json_is_null(json_object_get(sample, names[i]))) fail_msg("%s is not null", names[i]);
}

static bool proves(const struct sample_order *order) {
  return strstr(order->settings.spec, "=group") || strstr(order->settings.spec, "=load");
}

json_t *contender_measured(const struct sample_order *order) {
  json_t *sample = sample_run(order);
  assert_sample_status(sample, "ok");
  assert_true(sample_number(sample, "operations") > 0);
  double rate = sample_number(sample, "operations") / sample_number(sample, "seconds");
  assert_true(sample_number(sample, "ops_per_s") == rate);
  expect_nulls(sample);
  assert_int_equal(json_is_null(json_object_get(sample, "verified")), !proves(order));
  return sample;
}

void expect_contender_skipped(struct sample_order order, const char *reason) {
  json_t *sample = sample_run(&order);
  assert_sample_status(sample, "skipped");
  if (!strstr(sample_text(sample, "reason"), reason)) fail_msg("reason: %s", sample_text(sample, "reason"));
  expect_nulls(sample);
  json_decref(sample);
}
