// SPDX-License-Identifier: MIT
// The child of a pair: its lines, and that a lie of the store is found out at the end as in any sample.
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/slices.h"
#include "tests/unit/fake_engine.h"
#include "tests/unit/sample_support.h"

static const char two_slices[] = "run 2000000\nrun 3000000\nend\n";

// What the child answers to these lines. The caller's.
static char *serve(const struct sample_order *order, const char *lines) {
  struct engine_options options = {{0}};
  char *text = NULL;
  size_t length;
  FILE *in = fmemopen((char *)lines, strlen(lines), "r"), *out = open_memstream(&text, &length);
  assert_non_null(in);
  assert_non_null(out);
  assert_int_equal(slices_serve(order, &engine_fake, &options, false, in, out), 0);
  assert_int_equal(fclose(in), 0);
  assert_int_equal(fclose(out), 0);
  return text;
}

// The next line, ended, and the rest.
static char *next(char **rest) {
  char *line = strsep(rest, "\n");
  assert_non_null(line);
  return line;
}

static json_t *sample_in(const char *line) {
  assert_int_equal(strncmp(line, "sample ", 7), 0);
  json_t *sample = json_loads(line + 7, 0, NULL);
  assert_non_null(sample);
  return sample;
}

// Two slices that went well, and the sample.
static json_t *serve_two(const struct sample_order *order) {
  char *text = serve(order, two_slices), *rest = text, *line = next(&rest);
  uint64_t operations, ns, sum = 0;
  assert_int_equal(strncmp(line, "ready ", 6), 0);
  json_t *sent = sample_order_to_json(order), *seen = json_loads(line + 6, 0, NULL);
  assert_true(json_equal(sent, seen));
  json_decref(sent);
  json_decref(seen);
  for (int i = 2; i <= 3; i++) {
    line = next(&rest);
    assert_int_equal(sscanf(line, "ran %" SCNu64 " %" SCNu64, &operations, &ns), 2);
    assert_true(operations > 0);
    if (order->settings.workload.operation != OPERATION_SCAN) assert_true(ns >= (uint64_t)i * 1000000);
    sum += operations;
  }
  json_t *sample = sample_in(next(&rest));
  assert_sample_status(sample, "ok");
  assert_int_equal(sample_number(sample, "operations"), sum);
  assert_true(sample_number(sample, "verified") > 0);
  assert_string_equal(rest, "");
  free(text);
  return sample;
}

static void test_operations(void **state) {
  (void)state;
  const enum operation operations[] = {OPERATION_GET, OPERATION_UPDATE, OPERATION_SCAN};
  for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
    for (unsigned threads = 1; threads <= 3; threads += 2) {
      make_fake_store();
      struct sample_order order = sample_new_order(operations[i]);
      order.settings.threads = order.settings.workload.threads = threads;
      order.warmup = 0.001;
      json_decref(serve_two(&order));
      assert_int_equal(fake_calls().session_opens, fake_calls().session_closes);
      assert_int_equal(fake_calls().opens, fake_calls().closes);
    }
  }
}

static void test_durable_writes(void **state) {
  (void)state;
  make_fake_store();
  struct sample_order order = sample_new_order(OPERATION_UPDATE);
  order.settings.sync = (struct sync_policy){.kind = SYNC_ALWAYS};
  json_decref(serve_two(&order));
}

static void expect_end(const struct sample_order *order, const char *lines, const char *status, const char *reason,
                       unsigned refused) {
  char *text = serve(order, lines), *last = strstr(text, "sample ");
  assert_non_null(last);
  json_t *sample = sample_in(last);
  assert_sample_status(sample, status);
  if (!strstr(sample_text(sample, "reason"), reason))
    fail_msg("\"%s\" is not \"%s\"", sample_text(sample, "reason"), reason);
  assert_int_equal(fake_calls().session_opens, fake_calls().session_closes + refused);
  json_decref(sample);
  free(text);
}

static void test_lies_are_found_out(void **state) {
  (void)state;
  static const struct {
    enum fake_lie lie;
    enum operation operation;
    unsigned threads;
    const char *reason;
  } lies[] = {
      {FAKE_VALUE_SHORT, OPERATION_GET, 1, "gave 63 bytes instead of 64"},
      {FAKE_VALUE_SHORT, OPERATION_GET, 2, "gave 63 bytes instead of 64"},
      {FAKE_PUT_REFUSED, OPERATION_UPDATE, 1, "No space left"},
      {FAKE_VALUE_DAMAGED, OPERATION_UPDATE, 1, "record"},
      {FAKE_SYNC_SKIPPED, OPERATION_UPDATE, 1, "syncs"},
      {FAKE_SYNC_FAILS, OPERATION_UPDATE, 1, ""},
      {FAKE_SESSION_FAILS, OPERATION_GET, 2, ""},
      {FAKE_SESSION_CLOSE_FAILS, OPERATION_GET, 1, "closing the session"},
      {FAKE_CLOSE_FAILS, OPERATION_GET, 1, "closing the store"},
      {FAKE_OPEN_FAILS, OPERATION_GET, 1, ""},
  };
  for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
    make_fake_store();
    struct sample_order order = sample_new_order(lies[i].operation);
    if (lies[i].operation == OPERATION_UPDATE) order.settings.sync = (struct sync_policy){.kind = SYNC_ALWAYS};
    order.settings.threads = order.settings.workload.threads = lies[i].threads;
    fake_set(lies[i].lie);
    expect_end(&order, two_slices, "failed", lies[i].reason, lies[i].lie == FAKE_SESSION_FAILS);
  }
  make_fake_store();
  struct sample_order order = sample_new_order(OPERATION_GET);
  fake_set(FAKE_PROBE_FAILS);
  expect_end(&order, two_slices, "skipped", "", 0);
}

static void test_other_lines_end_it(void **state) {
  (void)state;
  static const struct {
    const char *lines, *reason;
  } wrong[] = {{"walk 5\nend\n", "run NS or end"},
               {"run\nend\n", "run NS or end"},
               {"run 5 6\nend\n", "run NS or end"},
               {"run 1000000\n", "the parent left"}};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    make_fake_store();
    struct sample_order order = sample_new_order(OPERATION_GET);
    expect_end(&order, wrong[i].lines, "failed", wrong[i].reason, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_operations),
      cmocka_unit_test(test_durable_writes),
      cmocka_unit_test(test_lies_are_found_out),
      cmocka_unit_test(test_other_lines_end_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
