// SPDX-License-Identifier: MIT
// Phases before a measurement: how they are written and refused, that data sets with different ones are different, and
// what each does to a real store.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/registry.h"
#include "harness/plan.h"
#include "harness/sample.h"
#include "tests/unit/fake_engine.h"
#include "tests/unit/one_point.h"
#include "tests/unit/sample_support.h"
#include "tests/unit/temporary.h"

enum { RECORDS = 1000, VALUE = 64 };

static void expect_phases(const char *text, const char *written) {
  struct phases phases, again;
  struct error error = {0};
  char out[PHASES_TEXT];
  if (phases_parse(text, &phases, &error)) fail_msg("%s", error.text);
  phases_format(&phases, out, sizeof out);
  assert_string_equal(out, written);
  assert_int_equal(phases_parse(out, &again, &error), 0);
  assert_true(phases_same(&phases, &again));
}

static void test_phases_are_read_and_written(void **state) {
  (void)state;
  expect_phases("none", "none");
  expect_phases("churn=2x", "churn=2x");
  expect_phases("delete=50%", "delete=0.5x");
  expect_phases("churn=200%+age=0.5x+delete=12.5%+compact+reopen+kill",
                "churn=2x+age=0.5x+delete=0.125x+compact+reopen+kill");
}

static void test_sections_and_keys_say_the_same(void **state) {
  (void)state;
  struct cell_settings section = one_point(
      "[hold]\noperation = get\nrecords = 1000\n[before]\nchurn = 2x\nreopen = yes\ndelete = 25%\nkill = yes", "p99");
  struct cell_settings key =
      one_point("[hold]\noperation = get\nrecords = 1000\nbefore = churn=2x+reopen+delete=25%+kill", "p99");
  assert_int_equal(section.before.count, 4);
  assert_true(phases_same(&section.before, &key.before));
  assert_int_equal(section.filled, 1000);
  assert_int_equal(section.workload.records, 750);
}

static void test_mistakes_name_line_and_word(void **state) {
  (void)state;
  static const struct {
    const char *lines, *message;
  } bad[] = {
      {"before = chrun=2x", "keys.ini:7: unknown phase \"chrun\"; did you mean \"churn\"?"},
      {"before = churn=2",
       "keys.ini:7: bad amount of phase churn \"2\"; a share or a multiple of the records such as 50% or 2x"},
      {"before = churn",
       "keys.ini:7: bad amount of phase churn \"\"; a share or a multiple of the records such as 50% or 2x"},
      {"before = churn=101x",
       "keys.ini:7: bad amount of phase churn \"101x\"; a share or a multiple of the records such as 50% or 2x"},
      {"before = delete=100%", "keys.ini:7: bad amount of phase delete \"100%\"; a share below 100% such as 50%"},
      {"before = kill+churn=1x",
       "keys.ini:7: phase kill is not the last; what comes after it would open the store again"},
      {"before = delete=1%+delete=2%", "keys.ini:7: phase delete stands twice; give one share"},
      {"before = reopen=2x",
       "keys.ini:7: phase reopen takes no amount; write reopen alone, or reopen = yes in [before]"},
      {"before = churn=1x++kill", "keys.ini:7: unknown phase \"\"; one of churn, age, delete, compact, reopen, kill"},
      {"[before]\nage = 1x\nkil = yes", "keys.ini:9: unknown phase \"kil\"; did you mean \"kill\"?"},
      {"[before]\nkill = yes\nage = 1x",
       "keys.ini:9: phase kill is not the last; what comes after it would open the store again"},
      {"[before]\nage =", "keys.ini:8: age has no value"},
      {"before = kill\n[before]\nage = 1x",
       "keys.ini:9: age stands beside the key before of line 7; keep the section or the key"},
      {"[befor]\nage = 1x", "keys.ini:7: unknown section \"befor\"; did you mean \"before\"?"},
      {"[before quick]\nage = 1x",
       "keys.ini:7: [before] is the same for all profiles; only [hold] and [sweep] can be overridden"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    char sections[256];
    snprintf(sections, sizeof sections, "[hold]\noperation = get\ndata = 64K\n%s", bad[i].lines);
    one_point_refused(sections, "ops_per_s", bad[i].message);
  }
  one_point_refused("[hold]\noperation = fill\ndata = 64K\nbefore = churn=1x", "ops_per_s",
                    "keys.ini:7: before = churn=1x cannot be: a fill begins with a new file; remove it");
}

static void test_sets_differ_by_their_phases(void **state) {
  (void)state;
  const struct engine *engine;
  struct store_config config;
  struct error error;
  assert_int_equal(registry_parse("mmap", &engine, &config, &error), 0);
  struct cell_settings plain = one_point("[hold]\noperation = get\nrecords = 1000", "p99");
  struct cell_settings deleted = one_point("[hold]\noperation = get\nrecords = 1000\nbefore = delete=25%", "p99");
  struct cell_settings set = plan_set_settings(&deleted, engine), other = plan_set_settings(&plain, engine);
  assert_int_equal(set.workload.records, 1000);  // filled whole, then deleted from
  assert_false(plan_same_set(&set, &other));
  assert_true(plan_same_set(&set, &set));
  const struct plan_set costly = {.settings = set}, cheap = {.settings = other};
  assert_true(plan_set_cost(&costly) > plan_set_cost(&cheap));
}

struct store_seen {
  struct store_stat stat;
  uint64_t order[RECORDS];  // ids as a scan meets them
  size_t count;
  uint64_t versions;  // records that were written more than once
};

static int see(void *user, const void *key, uint32_t key_length, const void *value, uint32_t value_length) {
  struct store_seen *seen = user;
  uint64_t id, version;
  assert_true(key_parse(key, key_length, &id));
  assert_true(value_check(id, value, value_length, &version));
  assert_true(seen->count < RECORDS);
  seen->order[seen->count++] = id;
  seen->versions += version > 0;
  return 0;
}

// Builds a data set with those phases and looks at it.
static void build(const char *phases, struct store_seen *seen) {
  struct sample_order order = sample_new_order(OPERATION_FILL);
  struct store_config config = {0};
  const struct engine *engine;
  struct store *store;
  struct session *session;
  struct error error = {0};
  order.kind = SAMPLE_FILL;
  order.settings.workload.records = RECORDS;
  order.settings.workload.value_size = VALUE;
  snprintf(order.settings.spec, sizeof order.settings.spec, "pread");
  snprintf(order.path, sizeof order.path, "%s/before.store", temporary_folder());
  (void)unlink(order.path);
  assert_int_equal(phases_parse(phases, &order.settings.before, &error), 0);
  json_t *sample = sample_run(&order);
  assert_sample_status(sample, "ok");
  json_decref(sample);
  assert_int_equal(registry_parse("pread", &engine, &config, &error), 0);
  config.record_size = 128;
  config.read_only = true;
  if (engine->open(order.path, &config, &store, &error)) fail_msg("%s", error.text);
  *seen = (struct store_seen){0};
  assert_int_equal(engine->stat(store, &seen->stat), 0);
  assert_int_equal(engine->session_open(store, &session, &error), 0);
  assert_int_equal(engine->scan(session, NULL, 0, 0, see, seen), 0);
  assert_int_equal(engine->session_close(session), 0);
  assert_int_equal(engine->close(store, &error), 0);
  assert_int_equal(unlink(order.path), 0);
}

// Ids whose successor in the file is not the next one.
static size_t breaks(const struct store_seen *seen) {
  size_t count = 0;
  for (size_t i = 1; i < seen->count; i++) count += seen->order[i] != seen->order[i - 1] + 1;
  return count;
}

static void test_what_phases_do(void **state) {
  (void)state;
  struct store_seen *plain = malloc(sizeof *plain), *seen = malloc(sizeof *seen);
  assert_non_null(plain);
  assert_non_null(seen);
  build("none", plain);
  assert_int_equal(plain->count, RECORDS);
  assert_int_equal(plain->versions, 0);
  assert_int_equal(breaks(plain), 0);
  assert_int_equal(plain->stat.recovered, 0);
  build("churn=2x", seen);
  assert_int_equal(seen->count, RECORDS);
  assert_in_range(seen->versions, RECORDS * 80 / 100, RECORDS * 92 / 100);  // 1 - 1/e^2 is 86%
  build("age=1x", seen);
  assert_int_equal(seen->count, RECORDS);
  assert_in_range(breaks(seen), RECORDS * 9 / 10, RECORDS);
  build("delete=30%", seen);
  assert_int_equal(seen->count, RECORDS * 7 / 10);
  for (size_t i = 0; i < seen->count; i++) assert_in_range(seen->order[i], 0, RECORDS * 7 / 10 - 1);
  assert_in_range(breaks(seen), RECORDS / 2, RECORDS);  // what is left lies everywhere
  assert_int_equal(seen->stat.bytes_apparent, plain->stat.bytes_apparent);
  build("delete=90%+compact+reopen", seen);
  assert_int_equal(seen->count, RECORDS / 10);
  assert_true(seen->stat.bytes_apparent < plain->stat.bytes_apparent);
  build("delete=50%+age=1x", seen);  // what was deleted stays so
  assert_int_equal(seen->count, RECORDS / 2);
  build("kill", seen);
  assert_int_equal(seen->stat.recovered, 1);
  assert_int_equal(seen->count, RECORDS);
  free(plain);
  free(seen);
}

static json_t *fill_and(const char *phases, enum fake_lie lie) {
  struct sample_order order = sample_new_order(OPERATION_FILL);
  struct error error = {0};
  order.kind = SAMPLE_FILL;
  assert_int_equal(phases_parse(phases, &order.settings.before, &error), 0);
  fake_set(lie);
  return sample_of(&order);
}

static void test_what_no_store_counts_is_scanned(void **state) {
  (void)state;
  json_t *sample = fill_and("delete=50%", FAKE_UNCOUNTED);
  assert_sample_status(sample, "ok");
  json_decref(sample);
  sample = fill_and("delete=50%", FAKE_UNCOUNTED_DELETE_IGNORED);
  assert_sample_status(sample, "failed");
  assert_string_equal(sample_text(sample, "reason"), "the phases left 2000 records where 1000 must be");
  json_decref(sample);
  sample = fill_and("none", FAKE_UNCOUNTED_PUT_DROPPED);
  assert_sample_status(sample, "failed");
  assert_string_equal(sample_text(sample, "reason"), "the load left 1960 records where 2000 must be");
  json_decref(sample);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_phases_are_read_and_written),
      cmocka_unit_test(test_sections_and_keys_say_the_same),
      cmocka_unit_test(test_mistakes_name_line_and_word),
      cmocka_unit_test(test_sets_differ_by_their_phases),
      cmocka_unit_test(test_what_phases_do),
      cmocka_unit_test(test_what_no_store_counts_is_scanned),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
