// SPDX-License-Identifier: MIT
// A role in the background: how it is written and refused, that it works on a real store, is counted apart, fails the
// sample when it fails, and is never left running.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/registry.h"
#include "harness/plan.h"
#include "harness/sample.h"
#include "tests/unit/one_point.h"
#include "tests/unit/sample_support.h"
#include "tests/unit/temporary.h"

enum { RECORDS = 2000, WAIT_US = 100, TRIES = 600000 };

static const struct engine *real;
static struct engine acting;  // pread, whose puts can be made to fail
static atomic_bool fail_puts;

// The session of the role is the first of a sample. What is measured waits for its first operation: on a busy machine
// the role's thread may not run before the time of the sample is over.
static struct session *_Atomic beside;
static atomic_bool has_worked;

static int act_session_open(struct store *store, struct session **session, struct error *error) {
  struct session *none = NULL;
  int code = real->session_open(store, session, error);
  if (!code) (void)atomic_compare_exchange_strong(&beside, &none, *session);
  return code;
}

static int act_submit(struct session *session, struct op *const *ops, size_t count) {
  bool fails = atomic_load(&fail_puts) && ops[0]->kind == OP_PUT;
  int code = fails ? -EDQUOT : real->submit(session, ops, count);
  if (session == beside) atomic_store(&has_worked, true);
  for (int tries = 0; !atomic_load(&has_worked) && tries < TRIES; tries++) usleep(WAIT_US);
  return code;
}

static int act_scan(struct session *session, const void *from, uint32_t from_length, uint64_t limit, scan_fn fn,
                    void *user) {
  int code = real->scan(session, from, from_length, limit, fn, user);
  if (session == beside) atomic_store(&has_worked, true);
  return code;
}

static struct sample_order filled(void) {
  struct sample_order order = sample_new_order(OPERATION_FILL);
  order.kind = SAMPLE_FILL;
  order.settings.workload.records = RECORDS;
  snprintf(order.settings.spec, sizeof order.settings.spec, "pread");
  snprintf(order.path, sizeof order.path, "%s/background.store", temporary_folder());
  (void)unlink(order.path);
  json_t *sample = sample_run(&order);
  assert_sample_status(sample, "ok");
  json_decref(sample);
  order.kind = SAMPLE_THROUGHPUT;
  order.settings.workload.operation = OPERATION_GET;
  order.seconds = order.limit = 0.1;
  return order;
}

static json_t *run(const struct sample_order *order) {
  const struct engine_options options = {{0}};
  beside = NULL;
  atomic_store(&has_worked, false);
  json_t *sample = sample_run_engine(order, &acting, &options);
  assert_non_null(sample);
  assert_int_equal(unlink(order->path), 0);
  return sample;
}

static int set_up(void **state) {
  (void)state;
  struct store_config config = {0};
  struct error error;
  if (registry_parse("pread", &real, &config, &error)) return -1;
  acting = *real;
  acting.session_open = act_session_open;
  acting.submit = act_submit;
  acting.scan = act_scan;
  return 0;
}

static int stat_uncounted(struct store *store, struct store_stat *stat) {
  int code = real->stat(store, stat);
  stat->records = STAT_UNKNOWN;
  return code;
}

static void inserts_are_counted(void) {
  struct sample_order order = filled();
  order.settings.background.kind = BACKGROUND_INSERT;
  json_t *sample = run(&order);
  assert_sample_status(sample, "ok");
  const json_t *background = json_object_get(sample, "background"), *stat = json_object_get(sample, "stat");
  double done = sample_number(background, "operations");
  assert_string_equal(sample_text(background, "operation"), "insert");
  assert_true(done > 0);
  assert_true(sample_number(background, "ops_per_s") > 0);
  assert_true(sample_number(stat, "records") == RECORDS + done);
  assert_true(sample_number(sample, "value_bytes_written") == 0);  // of gets
  assert_true(sample_number(sample, "value_bytes_read") == 64 * sample_number(sample, "operations"));
  assert_true(sample_number(sample, "verified") == RECORDS);
  json_decref(sample);
}

static void test_inserts_grow_the_store_and_are_counted_apart(void **state) {
  (void)state;
  inserts_are_counted();
  acting.stat = stat_uncounted;  // then by a scan
  inserts_are_counted();
  acting.stat = real->stat;
}

// Late or early by what is due in the slice at its end, and no faster than it was asked to.
static void test_a_rate_is_not_exceeded(void **state) {
  (void)state;
  struct sample_order order = filled();
  order.settings.background = (struct background_role){BACKGROUND_UPDATE, 1000};
  json_t *sample = run(&order);
  assert_sample_status(sample, "ok");
  const json_t *background = json_object_get(sample, "background");
  double done = sample_number(background, "operations");
  assert_true(done >= 1);
  assert_true(sample_number(background, "ops_per_s") <= 1000);
  assert_true(sample_number(json_object_get(sample, "stat"), "records") == RECORDS);
  json_decref(sample);
}

static void test_every_role_works(void **state) {
  (void)state;
  for (int kind = BACKGROUND_INSERT; kind < BACKGROUND_KINDS; kind++) {
    struct sample_order order = filled();
    order.settings.background.kind = (enum background_kind)kind;
    order.kind = SAMPLE_LATENCY;
    json_t *sample = run(&order);
    assert_sample_status(sample, "ok");
    assert_string_equal(sample_text(json_object_get(sample, "background"), "operation"),
                        background_name((enum background_kind)kind));
    assert_true(sample_number(json_object_get(sample, "background"), "operations") > 0);
    json_decref(sample);
  }
}

static void test_its_failure_fails_the_sample(void **state) {
  (void)state;
  struct sample_order order = filled();
  order.settings.background.kind = BACKGROUND_UPDATE;
  atomic_store(&fail_puts, true);
  json_t *sample = run(&order);
  atomic_store(&fail_puts, false);
  assert_sample_status(sample, "failed");
  assert_non_null(strstr(sample_text(sample, "reason"), "in the background: submit of 1 operations"));
  json_decref(sample);
}

static void test_sections_and_mistakes(void **state) {
  (void)state;
  struct cell_settings settings =
      one_point("[hold]\noperation = get\ndata = 64K\n[background]\noperation = insert\nrate = 20k", "max");
  assert_int_equal(settings.background.kind, BACKGROUND_INSERT);
  assert_true(settings.background.per_s == 20000);
  static const struct {
    const char *lines, *message;
  } bad[] = {
      {"background = insrt", "keys.ini:7: unknown operation in the background \"insrt\"; did you mean \"insert\"?"},
      {"background = get\nbackground_rate = fast",
       "keys.ini:8: bad background_rate \"fast\"; operations a second such as 20k"},
      {"background_rate = 1k", "keys.ini:7: background_rate = 1k has no effect; it belongs to a background"},
      {"[background]\noperatoin = get",
       "keys.ini:8: unknown key in [background] \"operatoin\"; did you mean \"operation\"?"},
      {"background = get\n[background]\noperation = scan",
       "keys.ini:9: operation is given twice, first on line 7 as background; keep one"},
      {"background = get\nprocesses = 2", "keys.ini:7: background = get cannot be beside several processes; use one"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    char sections[256];
    snprintf(sections, sizeof sections, "[hold]\noperation = get\ndata = 64K\n%s", bad[i].lines);
    one_point_refused(sections, "p99", bad[i].message);
  }
  one_point_refused(
      "[hold]\noperation = delete\ndata = 64K\nbackground = get", "p99",
      "keys.ini:7: background = get cannot be beside what adds or removes records itself; use get or update");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_inserts_grow_the_store_and_are_counted_apart),
      cmocka_unit_test(test_a_rate_is_not_exceeded),
      cmocka_unit_test(test_every_role_works),
      cmocka_unit_test(test_its_failure_fails_the_sample),
      cmocka_unit_test(test_sections_and_mistakes),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
