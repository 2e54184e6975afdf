// SPDX-License-Identifier: MIT
// What the tests of samples share.
#include "tests/unit/sample_support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/fake_engine.h"

struct sample_order sample_new_order(enum operation operation) {
  struct sample_order order = {
      .kind = SAMPLE_THROUGHPUT,
      .settings = {.engine = "fake",
                   .spec = "null",
                   .workload = {.operation = operation,
                                .keys = KEYS_UNIFORM,
                                .theta = 0.99,
                                .records = FAKE_RECORDS,
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

json_t *sample_of(const struct sample_order *order) {
  struct engine_options options = {{0}};
  json_t *sample = sample_run_engine(order, &engine_fake, &options);
  assert_non_null(sample);
  return sample;
}

const char *sample_text(const json_t *sample, const char *field) {
  const char *text = json_string_value(json_object_get(sample, field));
  return text ? text : "(null)";
}

double sample_number(const json_t *sample, const char *field) {
  const json_t *value = json_object_get(sample, field);
  if (!json_is_number(value)) fail_msg("%s is no number", field);
  return json_number_value(value);
}

void assert_sample_status(const json_t *sample, const char *status) {
  if (strcmp(sample_text(sample, "status"), status) != 0)
    fail_msg("status %s, wanted %s: %s", sample_text(sample, "status"), status, sample_text(sample, "reason"));
}

void make_fake_store(void) {
  struct sample_order order = sample_new_order(OPERATION_FILL);
  order.kind = SAMPLE_FILL;
  fake_set(FAKE_HONEST);
  json_t *sample = sample_of(&order);
  assert_sample_status(sample, "ok");
  assert_int_equal(sample_number(sample, "operations"), FAKE_RECORDS);
  json_decref(sample);
}
