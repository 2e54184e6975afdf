// SPDX-License-Identifier: MIT
// Contenders that write: how much goes out by one write and one sync, and that no number comes of what is not there.
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/slots/format.h"
#include "tests/unit/contender_support.h"
#include "workloads/keys.h"

enum { RECORDS = CONTENDER_RECORDS };

// What the loops were seen to call.
static struct seen {
  unsigned long writes, written, syncs;  // written: bytes
} seen;

// What goes wrong.
static struct broken {
  bool writes;       // pwrite says that it wrote, and did not,
  unsigned honest;   // after so many that it did write
  bool syncs;        // fdatasync fails
  unsigned threads;  // so many can be started, less one; 0: all
} broken;

ssize_t __real_pwrite(int fd, const void *buffer, size_t bytes, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *buffer, size_t bytes, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *buffer, size_t bytes, off_t offset) {
  seen.writes++;
  seen.written += bytes;
  if (broken.writes && broken.honest == 0) return (ssize_t)bytes;
  if (broken.honest) broken.honest--;
  return __real_pwrite(fd, buffer, bytes, offset);
}

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd) {
  seen.syncs++;
  if (broken.syncs) errno = EIO;
  return broken.syncs ? -1 : __real_fdatasync(fd);
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *user);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *user);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *user) {
  if (broken.threads == 1) return EAGAIN;
  if (broken.threads) broken.threads--;
  return __real_pthread_create(thread, attributes, run, user);
}

static void expect_writes(const struct sample_order *order, unsigned long writes, unsigned long records) {
  seen = (struct seen){0};
  json_decref(contender_measured(order));
  assert_true(seen.syncs > 0);
  assert_int_equal(seen.writes, writes * seen.syncs);
  assert_int_equal(seen.written, records * order->settings.record_size * seen.syncs);
}

static void test_writes_sync_as_they_are_told(void **state) {
  (void)state;
  struct sample_order order = contender_order("bare:how=write", OPERATION_UPDATE);
  order.settings.sync.kind = SYNC_ALWAYS;
  order.kind = SAMPLE_THROUGHPUT;
  json_t *sample = contender_measured(&order);
  assert_true(sample_number(sample, "value_bytes_written") == 64 * sample_number(sample, "operations"));
  json_decref(sample);
  // One sync serves a batch, which leaves by one write, as in a store.
  order.settings.workload.batch = order.settings.workload.depth = 10;
  expect_writes(&order, 1, 10);
  order.settings.sync.kind = SYNC_EVERY;
  order.settings.sync.amount = 4;
  expect_writes(&order, 1, 4);
  order.settings.sync.amount = RECORDS;  // a piece of 1 MiB, and the rest
  expect_writes(&order, 2, RECORDS);
  order.settings.sync.kind = SYNC_INTERVAL;
  sample = sample_run(&order);
  assert_sample_status(sample, "skipped");
  json_decref(sample);
}

static struct sample_order group_of(unsigned threads) {
  struct sample_order order = contender_order("bare:how=group", OPERATION_UPDATE);
  order.settings.sync.kind = SYNC_ALWAYS;
  order.settings.threads = threads;
  order.settings.workload.batch = order.settings.workload.depth = 1;
  return order;
}

// One write and one sync for a record of each thread, and all of them are in the file afterwards.
static void test_a_group_shares_a_sync(void **state) {
  (void)state;
  for (unsigned threads = 1; threads <= 5; threads += 4) {
    struct sample_order order = group_of(threads);
    seen = (struct seen){0};
    json_t *sample = contender_measured(&order);
    assert_int_equal(seen.writes, seen.syncs);
    assert_int_equal(seen.written, seen.syncs * threads * order.settings.record_size);
    assert_int_equal(sample_number(sample, "operations"), seen.syncs * threads);
    assert_int_equal(sample_number(sample, "verified"),
                     seen.syncs * threads < RECORDS ? seen.syncs * threads : RECORDS);
    json_decref(sample);
  }
}

static void expect_failure(const struct sample_order *order, const char *reason) {
  json_t *sample = sample_run(order);
  broken = (struct broken){0};
  assert_sample_status(sample, "failed");
  if (!strstr(sample_text(sample, "reason"), reason)) fail_msg("reason: %s", sample_text(sample, "reason"));
  json_decref(sample);
}

// No number of a group whose records are not there or whose sync failed, and nobody waits for ever.
static void test_a_broken_group_fails(void **state) {
  (void)state;
  struct sample_order order = group_of(4);
  broken.writes = true;
  expect_failure(&order, "are not in the file");
  // Round again over what the first group wrote: there is one while it warms up, and another one after that.
  order.settings.workload.records = 4;
  order.warmup = 0.001;
  broken.writes = true;
  broken.honest = 1;
  expect_failure(&order, "are not in the file");
  broken.syncs = true;
  expect_failure(&order, "Input/output error");
  broken.threads = 3;
  expect_failure(&order, "Resource temporarily unavailable");
}

static struct sample_order load_of(unsigned batch) {
  struct sample_order order = contender_order("bare:how=load", OPERATION_FILL);
  contender_order_new_file(&order);
  order.warmup = 0.01;  // which uses no record up
  order.settings.workload.keys = KEYS_SEQUENTIAL;
  order.settings.workload.batch = order.settings.workload.depth = batch;
  return order;
}

// Whether the record of this id stands where its slot is.
static void expect_record(const char *path, uint64_t id) {
  unsigned char bytes[128];
  struct record record;
  char key[KEY_BYTES];
  FILE *file = fopen(path, "re");
  assert_non_null(file);
  assert_int_equal(fseek(file, (long)slot_offset(sizeof bytes, id), SEEK_SET), 0);
  assert_int_equal(fread(bytes, sizeof bytes, 1, file), 1);
  assert_int_equal(fclose(file), 0);
  key_make(id, key);
  record_view(bytes, sizeof bytes, &record);
  assert_int_equal(record.valid, RECORD_PUT);
  assert_memory_equal(record.key, key, KEY_BYTES);
  assert_int_equal(record.value_length, 64);
  assert_true(value_check(id, record.value, record.value_length, NULL));
}

// Each record once, those of a call by one write, and a piece at most.
static void test_a_load_puts_all_records(void **state) {
  static const struct {
    unsigned batch, writes;
  } cases[] = {{1000, RECORDS / 1000}, {700, RECORDS / 700 + 1}, {RECORDS, 2}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    struct sample_order order = load_of(cases[i].batch);
    seen = (struct seen){0};
    json_t *sample = contender_measured(&order);
    assert_int_equal(sample_number(sample, "operations"), RECORDS);
    assert_int_equal(sample_number(sample, "value_bytes_written"), 64 * RECORDS);
    assert_int_equal(sample_number(sample, "verified"), 4096);
    assert_int_equal(seen.writes, cases[i].writes);
    assert_int_equal(seen.written, RECORDS * order.settings.record_size);
    assert_int_equal(seen.syncs, 0);
    expect_record(order.path, 0);
    expect_record(order.path, RECORDS - 1);
    assert_int_equal(unlink(order.path), 0);
    json_decref(sample);
  }
}

// As a store's load it is cut short at its limit, and counts what it put.
static void test_a_load_ends_at_its_limit(void **state) {
  (void)state;
  struct sample_order order = load_of(1);
  order.limit = 1e-6;
  json_t *sample = contender_measured(&order);
  assert_true(sample_number(sample, "operations") < RECORDS);
  assert_int_equal(unlink(order.path), 0);
  json_decref(sample);
}

static void test_a_broken_load_fails(void **state) {
  (void)state;
  struct sample_order order = load_of(1000);
  broken.writes = true;
  expect_failure(&order, "record 0 is not what was put there");
  expect_failure(&order, "the file cannot be made: File exists");
  assert_int_equal(unlink(order.path), 0);
}

static void test_what_a_loop_cannot_do_is_skipped(void **state) {
  (void)state;
  struct sample_order order = group_of(2);
  order.settings.workload.operation = OPERATION_GET;
  expect_contender_skipped(order, "bare:how=group does update, and no get; use how=map, which does");
  order = group_of(2);
  order.settings.sync.kind = SYNC_NONE;
  expect_contender_skipped(order, "bare:how=group syncs each group of records; use sync = always");
  order = group_of(2);
  order.settings.workload.depth = 2;
  expect_contender_skipped(order, "use batch = 1 and depth = 1");
  expect_contender_skipped(group_of(RECORDS + 1), "the file holds no group of 10001 records");
  order = group_of(2);
  order.settings.processes = 2;
  expect_contender_skipped(order, "use processes = 1");
  order = load_of(1);
  order.settings.sync.kind = SYNC_ALWAYS;
  expect_contender_skipped(order, "bare:how=load syncs nothing; use sync = none");
  order = load_of(1);
  order.settings.workload.keys = KEYS_UNIFORM;
  expect_contender_skipped(order, "bare:how=load puts keys in order; use keys = sequential");
  order = load_of(1);
  order.settings.threads = 2;
  expect_contender_skipped(order, "use threads = 1");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_writes_sync_as_they_are_told),
      cmocka_unit_test(test_a_broken_group_fails),  // before others write such records
      cmocka_unit_test(test_a_group_shares_a_sync),
      cmocka_unit_test(test_a_load_puts_all_records),
      cmocka_unit_test(test_a_load_ends_at_its_limit),
      cmocka_unit_test(test_a_broken_load_fails),
      cmocka_unit_test(test_what_a_loop_cannot_do_is_skipped),
  };
  return cmocka_run_group_tests(tests, make_contenders_store, remove_contenders_store);
}
