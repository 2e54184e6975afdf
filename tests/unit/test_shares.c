// SPDX-License-Identifier: MIT
// What a run spent its time on, from samples whose answer is known.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/shares.h"
#include "harness/spent.h"

static void expect(const json_t *object, const char *key, double value) {
  double seen = json_number_value(json_object_get(object, key));
  if (fabs(seen - value) > 1e-9) fail_msg("%s is %g where %g is due", key, seen, value);
}

static void test_every_second_is_somewhere(void **state) {
  (void)state;
  struct shares shares = {.limits = 10, .limits_timed = 4, .duels = 6, .duels_timed = 5, .filling = 1, .drawing = 2};
  json_t *sample =
      json_pack("{s:f, s:{s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f}}", "seconds", 20.0, "spent", "prepare", 3.0, "open",
                1.0, "warmup", 2.0, "cache", 4.0, "timed", 20.5, "check", 1.5, "close", 0.5, "total", 34.0);
  assert_non_null(sample);
  shares_add(&shares, sample);
  json_decref(sample);
  json_t *json = shares_to_json(&shares, 60);
  assert_non_null(json);
  expect(json, "measuring", 20);
  expect(json, "warming", 6);
  expect(json, "filling", 4);
  expect(json, "checking", 1.5);
  expect(json, "opening", 34 - 3 - 6 - 20 - 1.5);
  expect(json, "other", 60 - 10 - 6 - 34 - 1 - 2);
  const json_t *parts = json_object_get(json, "shares");
  expect(parts, "measuring", 29.0 / 60);
  expect(parts, "warming", 6.0 / 60);
  expect(parts, "setup", 25.0 / 60);
  json_decref(json);
}

// A child that died told nothing, and a sample that was never run took no time.
static void test_samples_without_numbers(void **state) {
  (void)state;
  struct shares shares = {0};
  json_t *dead = json_pack("{s:n, s:n}", "seconds", "spent"), *never = json_pack("{s:n, s:n}", "seconds", "spent");
  assert_int_equal(spent_complete(dead, 0.25, 2), 0);
  shares_add(&shares, dead);
  shares_add(&shares, never);
  json_t *json = shares_to_json(&shares, 4);
  expect(json, "filling", 0.25);
  expect(json, "opening", 1.75);
  expect(json, "measuring", 0);
  expect(json, "other", 2);
  expect(json_object_get(json, "shares"), "setup", 1);
  json_decref(dead);
  json_decref(never);
  json_decref(json);
}

static void test_phases_follow_each_other(void **state) {
  (void)state;
  struct spent spent;
  spent_start(&spent);
  const uint64_t start = spent.last;
  spent_on(&spent, SPENT_OPEN);
  spent_on(&spent, SPENT_TIMED);
  spent_on(&spent, SPENT_OPEN);
  uint64_t sum = 0;
  for (int i = 0; i < SPENT_PHASES; i++) sum += spent.ns[i];
  assert_true(sum == spent.last - start);
  assert_true(spent.ns[SPENT_CACHE] == 0);
  json_t *json = spent_to_json(&spent);
  assert_int_equal(json_object_size(json), SPENT_PHASES);
  expect(json, "open", (double)spent.ns[SPENT_OPEN] / 1e9);
  json_decref(json);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_second_is_somewhere),
      cmocka_unit_test(test_samples_without_numbers),
      cmocka_unit_test(test_phases_follow_each_other),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
