// SPDX-License-Identifier: MIT
// Bounds: lists of them, their JSON, every loop on little data, and what becomes of those that cannot be measured.
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/limits/loop.h"
#include "harness/limits/measure.h"
#include "tests/unit/temporary.h"

enum { SMALL = 1 << 20, ON_DEMAND = 4 };  // kinds that only cells ask for

static struct {
  struct dataset_folder folder;
  struct interrupt interrupt;
  struct limit_list list;
} bench;

static struct {
  size_t count;
  char statuses[64][16], reasons[64][256];
  size_t stop_at;  // call; 0: never
} taken;

static int set_up(void **state) {
  (void)state;
  struct error error;
  memset(&bench, 0, sizeof bench);
  memset(&taken, 0, sizeof taken);
  return dataset_folder_make(temporary_folder(), &bench.folder, &error) || interrupt_open(&bench.interrupt);
}

static int tear_down(void **state) {
  (void)state;
  limit_list_free(&bench.list);
  interrupt_close(&bench.interrupt);
  return dataset_folder_remove(&bench.folder);
}

static const char *text_of(const json_t *json, const char *key) {
  const char *text = json_string_value(json_object_get(json, key));
  return text ? text : "";
}

static double number_of(const json_t *json, const char *key) { return json_number_value(json_object_get(json, key)); }

static struct limit_spec small_pread(void) {
  return (struct limit_spec){.kind = LIMIT_PREAD,
                             .bytes = 128,
                             .record_size = 128,
                             .data = SMALL,
                             .keys = KEYS_UNIFORM,
                             .depth = 1,
                             .every = 1,
                             .threads = 1};
}

// One of each kind, the device at both depths; nothing twice; files in growing size.
static void test_list(void **state) {
  (void)state;
  size_t devices = 0;
  assert_int_equal(limit_list_add_base(&bench.list, 2 * SMALL), 0);
  assert_int_equal(bench.list.count, LIMIT_KINDS + 4 - ON_DEMAND);
  assert_int_equal(limit_list_add_base(&bench.list, 2 * SMALL), 0);
  assert_int_equal(bench.list.count, LIMIT_KINDS + 4 - ON_DEMAND);
  const struct limit_spec smaller = small_pread();
  assert_int_equal(limit_list_add(&bench.list, &smaller), 0);
  assert_int_equal(bench.list.count, LIMIT_KINDS + 5 - ON_DEMAND);
  for (size_t i = 0; i < bench.list.count; i++) {
    const struct limit_spec *spec = &bench.list.specs[i], *before = i ? spec - 1 : spec;
    devices += spec->kind >= LIMIT_DEVICE_READ && spec->depth == LIMIT_DEPTH;
    if (before->kind >= LIMIT_PREAD) assert_true(spec->kind >= LIMIT_PREAD && spec->data >= before->data);
  }
  assert_int_equal(devices, 4);
  assert_int_equal(limit_list_add_all(&bench.list, 2 * SMALL), 0);
  assert_int_equal(bench.list.count, LIMIT_KINDS + 5);
  assert_int_equal(limit_list_bytes(&bench.list), 4 * SMALL);  // the file, and the one that is mapped
}

static void test_json_there_and_back(void **state) {
  (void)state;
  struct error error;
  assert_int_equal(limit_list_add_all(&bench.list, SMALL), 0);
  for (size_t i = 0; i < bench.list.count; i++) {
    struct limit_spec back;
    json_t *json = limit_spec_to_json(&bench.list.specs[i]);
    assert_int_equal(limit_spec_from_json(json, &back, &error), 0);
    assert_true(limit_equal(&back, &bench.list.specs[i]));
    json_decref(json);
  }
  struct limit_spec skewed = small_pread(), back;
  skewed.keys = KEYS_ZIPFIAN;
  skewed.theta = 0.9;
  json_t *json = limit_spec_to_json(&skewed);
  assert_int_equal(limit_spec_from_json(json, &back, &error), 0);
  assert_true(limit_equal(&back, &skewed));
  json_object_set_new(json, "threads", json_integer(0));
  assert_int_equal(limit_spec_from_json(json, &back, &error), -EINVAL);
  json_object_set_new(json, "name", json_string("warp"));
  assert_int_equal(limit_spec_from_json(json, &back, &error), -EINVAL);
  assert_string_equal(error.text, "unknown bound \"warp\"");
  json_decref(json);
}

static void test_words(void **state) {
  (void)state;
  char text[128];
  struct limit_spec spec = small_pread();
  limit_describe(&spec, text, sizeof text);
  assert_string_equal(text, "128 B each, 1 MiB, uniform");
  limit_label(&spec, text, sizeof text);
  assert_string_equal(text, "bare pread");
  spec.kind = LIMIT_DEVICE_READ;
  spec.depth = 32;
  limit_label(&spec, text, sizeof text);
  assert_string_equal(text, "bare device, depth 32");
  spec.kind = LIMIT_FDATASYNC;
  spec.every = 64;
  limit_label(&spec, text, sizeof text);
  assert_string_equal(text, "bare fdatasync every 64");
  limit_describe(&spec, text, sizeof text);
  assert_string_equal(text, "128 B each, 1 MiB, uniform, 64 a sync");
  spec = (struct limit_spec){.kind = LIMIT_URING_NOP, .depth = 8, .threads = 2};
  limit_describe(&spec, text, sizeof text);
  assert_string_equal(text, "depth 8, 2 threads");
  spec.kind = LIMIT_SYSTEM_CALL;
  limit_describe(&spec, text, sizeof text);
  assert_string_equal(text, "2 threads");
}

static json_t *measure(const struct limit_spec *spec) {
  struct limit_order order = {.spec = *spec, .slice = 0.002, .repetitions = 7};
  snprintf(order.path, sizeof order.path, "%.2000s/file", bench.folder.path);
  json_t *json = limit_measure_here(&order);
  assert_non_null(json);
  return json;
}

// A kernel or file system without io_uring, O_DIRECT or a device may skip; calls and memory may not.
static void expect_measured(const struct limit_spec *spec, const json_t *limit) {
  bool may_skip = spec->kind >= LIMIT_URING_READ || spec->kind == LIMIT_URING_NOP;
  if (may_skip && strcmp(text_of(limit, "status"), "skipped") == 0) {
    assert_true(*text_of(limit, "reason"));
    return;
  }
  if (strcmp(text_of(limit, "status"), "ok") != 0)
    fail_msg("%s: %s: %s", limit_name(spec->kind), text_of(limit, "status"), text_of(limit, "reason"));
  assert_true(number_of(limit, "low") > 0);
  assert_true(number_of(limit, "value") >= number_of(limit, "low"));
  assert_true(number_of(limit, "high") >= number_of(limit, "value"));
  assert_int_equal(json_integer_value(json_object_get(limit, "n")), 7);
  assert_true(json_is_null(json_object_get(limit, "reason")));
  assert_string_equal(text_of(limit, "unit"), limit_unit(spec->kind));
}

static void test_every_loop(void **state) {
  (void)state;
  assert_int_equal(limit_list_add_all(&bench.list, SMALL), 0);
  for (size_t i = 0; i < bench.list.count; i++) {
    json_t *limit = measure(&bench.list.specs[i]);
    expect_measured(&bench.list.specs[i], limit);
    json_decref(limit);
  }
}

static void test_threads_and_sync_groups(void **state) {
  (void)state;
  static const enum limit_kind kinds[] = {LIMIT_MEMORY_COPY, LIMIT_MEMORY_SUM, LIMIT_MEMORY_READ, LIMIT_OPEN,
                                          LIMIT_CREATE,      LIMIT_PREAD,      LIMIT_FDATASYNC,   LIMIT_MSYNC};
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    struct limit_spec spec = small_pread();
    spec.kind = kinds[i];
    spec.threads = 2;
    spec.every = kinds[i] >= LIMIT_FDATASYNC ? 8 : 1;
    spec.keys = KEYS_SEQUENTIAL;
    json_t *limit = measure(&spec);
    expect_measured(&spec, limit);
    json_decref(limit);
  }
}

static void expect_without_value(const struct limit_spec *spec, const char *status, const char *words) {
  json_t *limit = measure(spec);
  assert_string_equal(text_of(limit, "status"), status);
  if (!strstr(text_of(limit, "reason"), words)) fail_msg("\"%s\" lacks \"%s\"", text_of(limit, "reason"), words);
  assert_true(json_is_null(json_object_get(limit, "value")));
  json_decref(limit);
}

static void test_too_large(void **state) {
  (void)state;
  struct limit_spec spec = small_pread();
  spec.data = 1ull << 49;
  expect_without_value(&spec, "skipped", "more than half of the memory");
  assert_int_equal(access(bench.folder.path, W_OK), 0);
  spec.kind = LIMIT_DEVICE_READ;
  spec.bytes = spec.record_size = LIMIT_BLOCK;
  expect_without_value(&spec, "skipped", "is free");
  spec.kind = LIMIT_MEMORY_COPY;
  expect_without_value(&spec, "skipped", "more than half of the memory");
}

static void test_no_folder(void **state) {
  (void)state;
  const struct limit_spec spec = small_pread();
  struct limit_order order = {.spec = spec, .path = "/no/such/folder/file", .slice = 0.001, .repetitions = 3};
  json_t *limit = limit_measure_here(&order);
  assert_string_equal(text_of(limit, "status"), "failed");
  assert_string_equal(text_of(limit, "reason"), "the file cannot be made: No such file or directory");
  json_decref(limit);
}

// Where the file system is in memory, the device has no bound, and says why.
static void test_no_device(void **state) {
  (void)state;
  struct statfs file_system;
  char path[64] = "/dev/shm/storebench-limits-XXXXXX";
  if (statfs("/dev/shm", &file_system) || file_system.f_type != 0x01021994) skip();
  int fd = mkstemp(path);
  if (fd < 0) skip();
  close(fd);
  struct limit_order order = {.spec = small_pread(), .slice = 0.001, .repetitions = 3};
  order.spec.kind = LIMIT_DEVICE_READ;
  order.spec.bytes = order.spec.record_size = LIMIT_BLOCK;
  snprintf(order.path, sizeof order.path, "%s", path);
  json_t *limit = limit_measure_here(&order);
  assert_int_equal(unlink(path), 0);
  assert_string_equal(text_of(limit, "status"), "skipped");
  assert_string_equal(text_of(limit, "reason"), "the file system is in memory: there is no device below it");
  json_decref(limit);
}

static int take(void *user, const struct limit_spec *spec, json_t *limit, struct error *error) {
  (void)user, (void)spec;
  snprintf(taken.statuses[taken.count], sizeof taken.statuses[0], "%s", text_of(limit, "status"));
  snprintf(taken.reasons[taken.count], sizeof taken.reasons[0], "%s", text_of(limit, "reason"));
  taken.count++;
  if (taken.count == taken.stop_at) return raise(SIGINT) ? error_set(error, -EIO, "no signal") : 0;
  return 0;
}

static void run(const char *program) {
  struct error error = {0};
  const struct limits_measure measure_all = {.list = &bench.list,
                                             .folder = &bench.folder,
                                             .slice = 0.001,
                                             .repetitions = 3,
                                             .interrupt = &bench.interrupt,
                                             .program = program,
                                             .take = take};
  if (limits_run(&measure_all, &error)) fail_msg("%s", error.text);
}

// A child that dies costs its bound only.
static void test_a_child_that_dies(void **state) {
  (void)state;
  assert_int_equal(limit_list_add_base(&bench.list, SMALL), 0);
  run("/bin/false");
  assert_int_equal(taken.count, bench.list.count);
  assert_string_equal(taken.statuses[0], "failed");
  assert_string_equal(taken.reasons[0], "exit code 1");
  assert_string_equal(taken.statuses[taken.count - 1], "failed");
}

static void test_a_signal_ends_it(void **state) {
  (void)state;
  assert_int_equal(limit_list_add_base(&bench.list, SMALL), 0);
  taken.stop_at = 2;
  run("/bin/false");
  assert_int_equal(taken.count, 2);
  assert_true(bench.interrupt.seen);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_list, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_json_there_and_back, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_words, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_every_loop, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_threads_and_sync_groups, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_too_large, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_no_folder, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_no_device, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_child_that_dies, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_a_signal_ends_it, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
