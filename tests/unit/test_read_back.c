// SPDX-License-Identifier: MIT
// Reading back of a store too large to be read whole, of which most was deleted: what is drawn may be absent, and a
// sample that is "ok" has still seen a record where one is left.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/sample.h"
#include "tests/unit/sample_support.h"
#include "tests/unit/temporary.h"

enum { RECORDS = 200000 };

static char folder[512];

static int make_folder(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "%s/back-XXXXXX", temporary_folder());
  return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
  (void)state;
  return rmdir(folder);
}

static json_t *run(enum operation operation, enum sample_kind kind, uint64_t operations) {
  struct sample_order order = sample_new_order(operation);
  order.kind = kind;
  order.settings.operations = operations;
  order.settings.workload.records = RECORDS;
  order.seconds = order.limit = 600;
  snprintf(order.settings.spec, sizeof order.settings.spec, "pread");
  snprintf(order.path, sizeof order.path, "%s/store", folder);
  json_t *sample = sample_run(&order);
  assert_non_null(sample);
  assert_sample_status(sample, "ok");
  return sample;
}

static void remove_store(void) {
  char path[600];
  snprintf(path, sizeof path, "%s/store", folder);
  assert_int_equal(unlink(path), 0);
  snprintf(path, sizeof path, "%s/store.index", folder);
  assert_int_equal(unlink(path), 0);
}

// How many records were read back after so many deletes.
static double read_back_after(uint64_t deletes) {
  json_decref(run(OPERATION_FILL, SAMPLE_FILL, 0));
  json_t *sample = run(OPERATION_DELETE, SAMPLE_THROUGHPUT, deletes);
  assert_true(sample_number(sample, "operations") == (double)deletes);
  double verified = sample_number(sample, "verified");
  json_decref(sample);
  remove_store();
  return verified;
}

static void test_few_are_left(void **state) {
  (void)state;
  assert_true(read_back_after(RECORDS - 1000) > 0);
}

// Hardly ever drawn: every id is read.
static void test_one_is_left(void **state) {
  (void)state;
  assert_true(read_back_after(RECORDS - 1) == 1);
}

static void test_none_is_left(void **state) {
  (void)state;
  assert_true(read_back_after(RECORDS) == 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_few_are_left),
      cmocka_unit_test(test_one_is_left),
      cmocka_unit_test(test_none_is_left),
  };
  return cmocka_run_group_tests_name("reading back", tests, make_folder, remove_folder);
}
