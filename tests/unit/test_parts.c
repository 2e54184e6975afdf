// SPDX-License-Identifier: MIT
// A commit in parts, on a way that queues: some of it is written while the next is looked up, and all of it is before
// the commit is acknowledged. Seen through an io that does nothing before it is waited for.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/native.h"
#include "engines/registry.h"
#include "engines/slots/internal.h"
#include "engines/slots/store.h"
#include "tests/unit/lazy_io.h"
#include "tests/unit/temporary.h"

enum { ROOM = 512, KEYS = 1000, PART = 128 };

struct fixture {
  struct store *store;
  struct session *session;
  struct op ops[KEYS], *pointers[KEYS];
  uint32_t keys[KEYS], values[KEYS];
  size_t count;  // of ops
  char folder[ROOM], path[ROOM + 16];
};

static int setup_with(void **state, uint32_t record_size, uint64_t capacity) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  *state = fixture;
  if (!fixture) return -1;
  lazy = (struct lazy){0};
  snprintf(fixture->folder, sizeof fixture->folder, "%.480s/parts-XXXXXX", temporary_folder());
  if (!mkdtemp(fixture->folder)) return -1;
  snprintf(fixture->path, sizeof fixture->path, "%s/store", fixture->folder);
  struct store_config config = {
      .create = true, .disposable = true, .record_size = record_size, .capacity_hint = capacity};
  if (registry_parse_options("uring", &engine_uring, &config, NULL)) return -1;
  if (slot_store_open(fixture->path, &config, &engine_uring, &lazy_io, &fixture->store, NULL)) return -1;
  return engine_uring.session_open(fixture->store, &fixture->session, NULL);
}

static int setup(void **state) { return setup_with(state, 64, 2 * KEYS); }
static int setup_of_pages(void **state) { return setup_with(state, FILE_ALIGNMENT, 2 * KEYS); }
static int setup_large(void **state) { return setup_with(state, 4 * FILE_ALIGNMENT, KEYS); }
static int setup_growing(void **state) { return setup_with(state, 64, PART); }

static int teardown(void **state) {
  struct fixture *fixture = *state;
  int error = engine_uring.session_close(fixture->session);
  (void)engine_uring.close(fixture->store, NULL);  // tells of a write that failed
  if (unlink(fixture->path) || rmdir(fixture->folder)) error = -1;
  free(fixture);
  return error;
}

static void add(struct fixture *fixture, enum op_kind kind, uint32_t key, uint32_t version) {
  size_t i = fixture->count++;
  fixture->keys[i] = key;
  fixture->values[i] = kind == OP_PUT ? key + version : 0;
  fixture->ops[i] = (struct op){
      .kind = kind, .key = &fixture->keys[i], .key_length = 4, .value = &fixture->values[i], .value_length = 4};
  fixture->pointers[i] = &fixture->ops[i];
}

static void add_keys(struct fixture *fixture, enum op_kind kind, uint32_t first, uint32_t count, uint32_t version) {
  for (uint32_t key = first; key < first + count; key++) add(fixture, kind, key, version);
}

// In one call, so that it is one commit. Nothing of it is outstanding then.
static void run_all(struct fixture *fixture) {
  size_t count = fixture->count;
  assert_int_equal(engine_uring.submit(fixture->session, fixture->pointers, count), 0);
  assert_int_equal(lazy.writing, 0);
  for (size_t done = 0; done < count;) {
    int reaped = engine_uring.reap(fixture->session, fixture->pointers, count, 1);
    assert_true(reaped > 0);
    done += (size_t)reaped;
  }
  fixture->count = 0;
}

static void run(struct fixture *fixture, enum op_kind kind, uint32_t count, uint32_t version) {
  add_keys(fixture, kind, 0, count, version);
  run_all(fixture);
}

// Of the operations that were run last.
static void expect(const struct fixture *fixture, size_t first, size_t count, int status) {
  for (size_t i = first; i < first + count; i++) assert_int_equal(fixture->ops[i].status, status);
}

static void expect_version(struct fixture *fixture, uint32_t count, uint32_t version) {
  run(fixture, OP_GET, count, 0);
  expect(fixture, 0, count, 0);
  for (uint32_t i = 0; i < count; i++) assert_int_equal(fixture->values[i], i + version);
}

static void expect_records(struct fixture *fixture, uint64_t records) {
  struct store_stat stat;
  assert_int_equal(engine_uring.stat(fixture->store, &stat), 0);
  assert_int_equal(stat.records, records);
}

static void expect_no_write_is_taken(struct fixture *fixture) {
  run(fixture, OP_PUT, KEYS, 99);
  expect(fixture, 0, KEYS, -EIO);
}

static void parts_overlap_and_all_are_written(void **state) {
  struct fixture *fixture = *state;
  for (uint32_t version = 1; version <= 3; version++) {
    lazy.most_writing = 0;
    run(fixture, OP_PUT, KEYS, version);
    expect(fixture, 0, KEYS, 0);
    assert_true(lazy.most_writing > 1);
    expect_version(fixture, KEYS, version);
  }
}

// The last part has one operation, or all that it can have.
static void any_number_of_operations(void **state) {
  static const uint32_t counts[] = {1, PART - 1, PART, PART + 1, 2 * PART - 1, 2 * PART, 2 * PART + 1};
  struct fixture *fixture = *state;
  uint32_t version = 0;
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    for (int times = 0; times < 2; times++) {  // of new keys there is nothing to read
      lazy.queued = 0;
      run(fixture, OP_PUT, counts[i], ++version);
      expect(fixture, 0, counts[i], 0);
      if (counts[i] > PART) assert_true(lazy.queued > 0);
      expect_version(fixture, counts[i], version);
    }
    run(fixture, OP_DELETE, counts[i], 0);
    expect(fixture, 0, counts[i], 0);
    expect_records(fixture, 0);
  }
}

static void a_key_in_several_parts_is_as_the_last_left_it(void **state) {
  struct fixture *fixture = *state;
  run(fixture, OP_PUT, PART / 2, 1);  // half of them are there before
  add_keys(fixture, OP_PUT, 0, PART, 2);
  add_keys(fixture, OP_PUT, 0, PART, 3);
  add_keys(fixture, OP_DELETE, 0, PART, 0);
  add_keys(fixture, OP_DELETE, 0, PART, 0);
  add_keys(fixture, OP_PUT, 0, PART, 4);
  add_keys(fixture, OP_DELETE, PART / 4, PART / 2, 0);
  run_all(fixture);
  expect(fixture, 0, 3 * (size_t)PART, 0);
  expect(fixture, 3 * (size_t)PART, PART, -ENOENT);
  expect(fixture, 4 * (size_t)PART, PART + PART / 2, 0);
  expect_records(fixture, PART / 2);
  expect_version(fixture, PART / 4, 4);
  add_keys(fixture, OP_GET, PART / 4, PART / 2, 0);
  run_all(fixture);
  expect(fixture, 0, PART / 2, -ENOENT);
  run(fixture, OP_PUT, PART, 5);
  expect_version(fixture, PART, 5);
}

static void parts_may_have_nothing_to_write(void **state) {
  struct fixture *fixture = *state;
  add_keys(fixture, OP_PUT, 0, PART, 1);
  add_keys(fixture, OP_DELETE, KEYS, PART, 0);
  add_keys(fixture, OP_PUT, PART, PART, 1);
  add_keys(fixture, OP_DELETE, KEYS, PART, 0);
  run_all(fixture);
  for (size_t part = 0; part < 4; part++) expect(fixture, part * PART, PART, part % 2 ? -ENOENT : 0);
  assert_int_equal(lazy.most_writing, 2);
  expect_version(fixture, 2 * PART, 1);
}

static void parts_wait_where_the_buffer_has_no_room(void **state) {
  struct fixture *fixture = *state;
  for (uint32_t version = 1; version <= 2; version++) {
    lazy.most_writing = 0;
    run(fixture, OP_PUT, KEYS, version);
    expect(fixture, 0, KEYS, 0);
    assert_int_equal(lazy.most_writing, WRITE_BUFFER_BYTES / FILE_ALIGNMENT / PART);
    expect_version(fixture, KEYS, version);
  }
}

static void a_part_may_be_larger_than_the_buffer(void **state) {
  struct fixture *fixture = *state;
  enum { COUNT = 2 * PART + PART / 2 };
  for (uint32_t version = 1; version <= 2; version++) {
    run(fixture, OP_PUT, COUNT, version);
    expect(fixture, 0, COUNT, 0);
    expect_version(fixture, COUNT, version);
  }
  assert_true(lazy.queued > 0);
}

static void the_file_grows_between_parts(void **state) {
  struct fixture *fixture = *state;
  run(fixture, OP_PUT, KEYS, 1);
  expect(fixture, 0, KEYS, 0);
  assert_true(lazy.writing_at_growth > 0);
  expect_version(fixture, KEYS, 1);
  expect_records(fixture, KEYS);
}

static void parts_that_do_not_fit_spoil_none_before(void **state) {
  struct fixture *fixture = *state;
  struct store_stat stat;
  lazy.refuse_growth = true;
  assert_int_equal(engine_uring.stat(fixture->store, &stat), 0);
  size_t fit = stat.capacity;
  assert_in_range(fit, PART + 1, 2 * PART - 1);
  run(fixture, OP_PUT, KEYS, 1);
  expect(fixture, 0, fit, 0);
  expect(fixture, fit, KEYS - fit, -ENOSPC);
  assert_true(lazy.writing_at_growth > 0);
  expect_version(fixture, (uint32_t)fit, 1);
  expect_records(fixture, fit);
  lazy.refuse_growth = false;
  run(fixture, OP_PUT, KEYS, 2);
  expect(fixture, 0, KEYS, 0);
  expect_version(fixture, KEYS, 2);
}

static void one_write_that_fails_fails_all(void **state) {
  struct fixture *fixture = *state;
  run(fixture, OP_PUT, KEYS, 1);
  lazy.fail_write = 3;
  run(fixture, OP_PUT, KEYS, 2);
  expect(fixture, 0, KEYS, -EIO);
  assert_int_equal(lazy.fail_write, 0);
  expect_version(fixture, KEYS, 1);
  expect_no_write_is_taken(fixture);
}

static void a_write_of_the_first_part_may_fail_last(void **state) {
  struct fixture *fixture = *state;
  run(fixture, OP_PUT, KEYS, 1);
  lazy.fail_queued = lazy.queued + 1;
  run(fixture, OP_PUT, KEYS, 2);
  assert_true(lazy.failed_last);
  expect(fixture, 0, KEYS, -EIO);
  expect_version(fixture, KEYS, 1);
  expect_no_write_is_taken(fixture);
}

// The last part has nothing to write, and does not wait.
static void it_may_fail_after_a_part_with_nothing_to_write(void **state) {
  struct fixture *fixture = *state;
  lazy.fail_queued = 1;
  add_keys(fixture, OP_PUT, 0, PART, 1);
  add_keys(fixture, OP_DELETE, KEYS, PART, 0);
  run_all(fixture);
  assert_true(lazy.failed_last);
  expect(fixture, 0, 2 * (size_t)PART, -EIO);
  expect_records(fixture, 0);
  expect_no_write_is_taken(fixture);
}

static void one_read_that_fails_fails_its_operation(void **state) {
  struct fixture *fixture = *state;
  size_t failed = 0;
  run(fixture, OP_PUT, KEYS, 1);
  lazy.fail_read = PART + 10;
  run(fixture, OP_PUT, KEYS, 2);
  for (size_t i = 0; i < KEYS; i++)
    if (fixture->ops[i].status) failed = i;
  assert_in_range(failed, PART, 2 * PART - 1);
  expect(fixture, failed, 1, -EIO);
  expect(fixture, 0, failed, 0);
  expect(fixture, failed + 1, KEYS - failed - 1, 0);
  run(fixture, OP_GET, KEYS, 0);
  expect(fixture, 0, KEYS, 0);
  for (size_t i = 0; i < KEYS; i++) assert_int_equal(fixture->values[i], i + (i == failed ? 1 : 2));
  run(fixture, OP_PUT, KEYS, 3);
  expect_version(fixture, KEYS, 3);
}

// What has been written of the parts before is in no index.
static void looking_up_a_later_part_may_fail(void **state) {
  struct fixture *fixture = *state;
  run(fixture, OP_PUT, KEYS, 1);
  lazy.fail_reap_at_read = PART + 10;
  run(fixture, OP_PUT, KEYS, 2);
  assert_int_equal(lazy.fail_reap_at_read, 0);
  expect(fixture, 0, KEYS, -EIO);
  expect_version(fixture, KEYS, 1);
  expect_no_write_is_taken(fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(parts_overlap_and_all_are_written, setup, teardown),
      cmocka_unit_test_setup_teardown(any_number_of_operations, setup, teardown),
      cmocka_unit_test_setup_teardown(a_key_in_several_parts_is_as_the_last_left_it, setup, teardown),
      cmocka_unit_test_setup_teardown(parts_may_have_nothing_to_write, setup, teardown),
      cmocka_unit_test_setup_teardown(parts_wait_where_the_buffer_has_no_room, setup_of_pages, teardown),
      cmocka_unit_test_setup_teardown(a_part_may_be_larger_than_the_buffer, setup_large, teardown),
      cmocka_unit_test_setup_teardown(the_file_grows_between_parts, setup_growing, teardown),
      cmocka_unit_test_setup_teardown(parts_that_do_not_fit_spoil_none_before, setup_growing, teardown),
      cmocka_unit_test_setup_teardown(one_write_that_fails_fails_all, setup, teardown),
      cmocka_unit_test_setup_teardown(a_write_of_the_first_part_may_fail_last, setup, teardown),
      cmocka_unit_test_setup_teardown(it_may_fail_after_a_part_with_nothing_to_write, setup, teardown),
      cmocka_unit_test_setup_teardown(one_read_that_fails_fails_its_operation, setup, teardown),
      cmocka_unit_test_setup_teardown(looking_up_a_later_part_may_fail, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
