// SPDX-License-Identifier: MIT
// Contenders that are no stores, on a real store's file: what each measures, what it leaves null, what it refuses.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/slots/format.h"
#include "harness/cache.h"
#include "harness/contenders/contenders.h"
#include "harness/sample.h"
#include "tests/unit/contender_support.h"

// What the loops were seen to call.
static struct seen {
  unsigned long large, misaligned;  // preads of 1 MiB, and of them those to memory that is not aligned to a page
} seen;

ssize_t __real_pread(int fd, void *buffer, size_t bytes, off_t offset);
ssize_t __wrap_pread(int fd, void *buffer, size_t bytes, off_t offset);
ssize_t __wrap_pread(int fd, void *buffer, size_t bytes, off_t offset) {
  if (bytes == 1 << 20) {
    seen.large++;
    seen.misaligned += (uintptr_t)buffer % 4096 != 0;
  }
  return __real_pread(fd, buffer, bytes, offset);
}

static void test_loops_read(void **state) {
  static const char *const specs[] = {"bare", "bare:how=chain", "bare:how=dense", "bare:how=pread"};
  (void)state;
  for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
    struct sample_order order = contender_order(specs[i], OPERATION_GET);
    order.warmup = 0.002;
    json_t *sample = contender_measured(&order);
    assert_true(sample_number(sample, "value_bytes_read") == 64 * sample_number(sample, "operations"));
    assert_true(sample_number(sample, "value_bytes_written") == 0);
    json_decref(sample);
  }
}

// A machine may refuse io_uring: that is a skip with its reason.
static void test_a_ring_reads_or_says_why_not(void **state) {
  (void)state;
  struct sample_order order = contender_order("bare:how=uring", OPERATION_GET);
  json_t *sample = sample_run(&order);
  if (strcmp(sample_text(sample, "status"), "skipped") == 0)
    assert_non_null(strstr(sample_text(sample, "reason"), "io_uring"));
  else
    assert_sample_status(sample, "ok");
  json_decref(sample);
}

// One piece of 1 MiB stands for as many records as it holds.
static void test_reading_on_counts_records(void **state) {
  (void)state;
  struct sample_order order = contender_order("bare:how=read", OPERATION_SCAN);
  json_t *sample = contender_measured(&order);
  assert_int_equal((long)sample_number(sample, "operations") % ((1 << 20) / 128), 0);
  json_decref(sample);
}

// Also where its size does not divide a piece.
static void test_reading_on_counts_bytes(void **state) {
  (void)state;
  struct sample_order order = contender_order("bare:how=read", OPERATION_SCAN);
  const uint64_t piece = 1 << 20, size = 12288;
  order.settings.record_size = (uint32_t)size;
  order.settings.workload.records = 100;
  order.settings.data_bytes = 100 * size;
  json_t *sample = contender_measured(&order);
  uint64_t done = (uint64_t)sample_number(sample, "operations"), pieces = (done * size + piece - 1) / piece;
  assert_int_equal(done, pieces * piece / size);
  json_decref(sample);
}

// A copy to just past its source's place in a page is several times slower, and a floor of it no floor.
static void test_long_reads_go_to_aligned_memory(void **state) {
  (void)state;
  struct sample_order order = contender_order("bare:how=read", OPERATION_SCAN);
  seen = (struct seen){0};
  json_decref(contender_measured(&order));
  assert_true(seen.large > 0);
  assert_int_equal(seen.misaligned, 0);
  seen = (struct seen){0};
  assert_int_equal(cache_read(order.path, 0, UINT64_MAX), 0);
  assert_true(seen.large > 0);
  assert_int_equal(seen.misaligned, 0);
}

static void test_the_whole_file_is_read_once(void **state) {
  (void)state;
  struct sample_order order = contender_order("bare:how=read", OPERATION_OPEN);
  json_t *sample = contender_measured(&order);
  const json_t *start = json_object_get(sample, "start");
  assert_true(sample_number(start, "open_ns") > 0);
  assert_true(json_is_null(json_object_get(start, "first_get_ns")));
  assert_true(json_is_null(json_object_get(start, "first_1000_ns")));
  json_decref(sample);
}

// A loop that takes what is no record for one would be fast and wrong.
static void test_a_slot_without_its_record_fails(void **state) {
  (void)state;
  struct sample_order order = contender_order("bare", OPERATION_GET);
  char record[128], zeros[128] = {0};
  const long at = RECORDS_OFFSET + 17 * (long)sizeof record;
  FILE *file = fopen(order.path, "r+e");
  assert_non_null(file);
  assert_int_equal(fseek(file, at, SEEK_SET), 0);
  assert_int_equal(fread(record, sizeof record, 1, file), 1);
  assert_int_equal(fseek(file, at, SEEK_SET), 0);
  assert_int_equal(fwrite(zeros, sizeof zeros, 1, file), 1);
  assert_int_equal(fflush(file), 0);
  json_t *sample = sample_run(&order);
  assert_sample_status(sample, "failed");
  assert_string_equal(sample_text(sample, "reason"), "slot 17 holds no record");
  json_decref(sample);
  assert_int_equal(fseek(file, at, SEEK_SET), 0);
  assert_int_equal(fwrite(record, sizeof record, 1, file), 1);
  assert_int_equal(fclose(file), 0);
}

static void test_what_a_loop_cannot_do_is_skipped(void **state) {
  (void)state;
  struct sample_order order = contender_order("bare", OPERATION_GET);
  order.settings.threads = 2;
  expect_contender_skipped(order, "bare is one loop; use threads = 1");
  order = contender_order("bare:how=write", OPERATION_UPDATE);
  order.settings.threads = 2;
  expect_contender_skipped(order, "bare is one loop; use threads = 1, or how=group, whose threads share a sync");
  order = contender_order("bare", OPERATION_GET);
  order.settings.operations = 1000;
  expect_contender_skipped(order, "bare goes on until its time is up; leave operations out");
  order = contender_order("bare", OPERATION_GET);
  order.kind = SAMPLE_LATENCY;
  expect_contender_skipped(order, "takes no latencies");
  order = contender_order("bare", OPERATION_GET);
  order.settings.rate.per_s = 1000;
  expect_contender_skipped(order, "no rate");
  for (int cache = CACHE_PRESSURE; cache <= CACHE_FILLING; cache++) {
    order = contender_order("bare", OPERATION_GET);
    order.settings.cache = (enum cache_state)cache;
    expect_contender_skipped(order, "no memory pressure");
  }
  order = contender_order("bare:how=read", OPERATION_OPEN);
  order.settings.stores = 2;
  expect_contender_skipped(order, "use stores = 1");
  expect_contender_skipped(contender_order("bare", OPERATION_SCAN),
                           "bare:how=map does get, and no scan; use how=read, which does");
  expect_contender_skipped(contender_order("bare", OPERATION_DELETE),
                           "bare:how=map does get, and no delete; no way of bare does");
  expect_contender_skipped(contender_order("bare", OPERATION_OPEN),
                           "bare:how=map does get, and no open; use how=read, which does");
  expect_contender_skipped(contender_order("bare:how=pread:direct=on", OPERATION_GET), "belongs to how=uring");
  expect_contender_skipped(contender_order("fio", OPERATION_UPDATE), "fio reads at random");
}

static void test_without_fio_it_is_skipped(void **state) {
  (void)state;
  const char *before = getenv("PATH");
  char *path = strdup(before ? before : "");
  assert_non_null(path);
  assert_int_equal(setenv("PATH", "/nowhere", 1), 0);
  expect_contender_skipped(contender_order("fio", OPERATION_GET), "fio is not installed");
  assert_int_equal(setenv("PATH", path, 1), 0);
  free(path);
}

static void test_a_wrong_option_is_named(void **state) {
  (void)state;
  struct sample_order order = contender_order("bare:how=fast", OPERATION_GET);
  json_t *sample = sample_run(&order);
  assert_sample_status(sample, "failed");
  assert_non_null(strstr(sample_text(sample, "reason"), "bad value \"fast\" for option how of engine bare"));
  json_decref(sample);
}

static void test_only_their_names_are_theirs(void **state) {
  (void)state;
  assert_non_null(contender_find("bare"));
  assert_non_null(contender_find("fio:engine=mmap"));
  assert_null(contender_find("bar"));
  assert_null(contender_find("bared"));
  assert_null(contender_find("mmap"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_loops_read),
      cmocka_unit_test(test_a_ring_reads_or_says_why_not),
      cmocka_unit_test(test_reading_on_counts_records),
      cmocka_unit_test(test_reading_on_counts_bytes),
      cmocka_unit_test(test_long_reads_go_to_aligned_memory),
      cmocka_unit_test(test_the_whole_file_is_read_once),
      cmocka_unit_test(test_a_slot_without_its_record_fails),
      cmocka_unit_test(test_what_a_loop_cannot_do_is_skipped),
      cmocka_unit_test(test_without_fio_it_is_skipped),
      cmocka_unit_test(test_a_wrong_option_is_named),
      cmocka_unit_test(test_only_their_names_are_theirs),
  };
  return cmocka_run_group_tests(tests, make_contenders_store, remove_contenders_store);
}
