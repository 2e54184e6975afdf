// SPDX-License-Identifier: MIT
// `check` finds every flipped bit of a store that was closed cleanly: in header copies and the zeros around them, in
// records live, superseded and deleted, in slots never used, in the index, and behind the last slot.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/native.h"
#include "engines/registry.h"
#include "engines/slots/check.h"
#include "engines/slots/internal.h"
#include "tests/unit/temporary.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { STEP = 7 };  // has no factor in common with 8: every bit of a byte gets its turn
#else
enum { STEP = 1 };
#endif

enum { ROOM = 512, KEYS = 6 };

struct fixture {
  char folder[ROOM], path[ROOM + 16], index[ROOM + 32];
};

static int write_some(struct store *store) {
  struct session *session;
  int error = engine_pread.session_open(store, &session, NULL);
  for (uint32_t i = 0; i < 2 * KEYS && !error; i++) {
    uint32_t key = i % KEYS;
    struct op op = {.kind = OP_PUT, .key = &key, .key_length = 4, .value = "value", .value_length = i % 6};
    if (i == 2 * KEYS - 1) op.kind = OP_DELETE;
    error = session_run(&engine_pread, session, &op, 1);
    if (!error) error = op.status;
  }
  return error ? error : engine_pread.session_close(session);
}

static int open_store(const struct fixture *fixture, struct store **store) {
  struct store_config config = {.create = true, .record_size = 64, .capacity_hint = 20, .sync = {SYNC_ALWAYS, 0}};
  registry_defaults(&engine_pread, &config.options);
  return engine_pread.open(fixture->path, &config, store, NULL);
}

static int setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  struct store *store;
  *state = fixture;
  if (!fixture) return -1;
  snprintf(fixture->folder, sizeof fixture->folder, "%.480s/check-XXXXXX", temporary_folder());
  if (!mkdtemp(fixture->folder)) return -1;
  snprintf(fixture->path, sizeof fixture->path, "%s/store", fixture->folder);
  snprintf(fixture->index, sizeof fixture->index, "%s.index", fixture->path);
  if (open_store(fixture, &store) || write_some(store)) return -1;
  return engine_pread.close(store, NULL);
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  unlink(fixture->index);
  int error = unlink(fixture->path) || rmdir(fixture->folder) ? -errno : 0;
  free(fixture);
  return error;
}

static struct slot_check_report look(const struct fixture *fixture, int *code) {
  struct slot_check_report report;
  struct error error = {0};
  *code = slot_check(fixture->path, &report, &error);
  return report;
}

static void assert_sound(const struct fixture *fixture) {
  int code;
  struct slot_check_report report = look(fixture, &code);
  assert_int_equal(code, 0);
  assert_true(report.clean);
  assert_true(slot_check_sound(&report));
  assert_false(report.index_missing);
  assert_int_equal(report.live_found, KEYS - 1);
  assert_int_equal(report.tombstones, 1);
  assert_true(report.puts > report.live_found);
  assert_true(report.empty > 0);
}

static void flip(int fd, off_t bit) {
  unsigned char byte;
  assert_int_equal(pread(fd, &byte, 1, bit / 8), 1);
  byte ^= (unsigned char)(1 << bit % 8);
  assert_int_equal(pwrite(fd, &byte, 1, bit / 8), 1);
}

// Returns how many bits were flipped.
static off_t flip_each(const struct fixture *fixture, const char *path) {
  struct stat status;
  int fd = open(path, O_RDWR | O_CLOEXEC), code;
  off_t flipped = 0;
  assert_true(fd >= 0);
  assert_int_equal(fstat(fd, &status), 0);
  for (off_t bit = 0; bit < status.st_size * 8; bit += STEP, flipped++) {
    flip(fd, bit);
    struct slot_check_report report = look(fixture, &code);
    if (!code && slot_check_sound(&report)) fail_msg("%s: bit %lld is flipped and all is sound", path, (long long)bit);
    flip(fd, bit);
  }
  assert_int_equal(close(fd), 0);
  assert_sound(fixture);
  return flipped;
}

static void every_bit_of_the_store(void **state) {
  struct fixture *fixture = *state;
  assert_sound(fixture);
  assert_int_equal(flip_each(fixture, fixture->path), ((8192 + 4096) * 8 + STEP - 1) / STEP);
}

static void every_bit_of_the_index(void **state) {
  struct fixture *fixture = *state;
  assert_true(flip_each(fixture, fixture->index) > 0);
}

static void index_gone_or_of_another_state(void **state) {
  struct fixture *fixture = *state;
  int code;
  assert_int_equal(unlink(fixture->index), 0);
  struct slot_check_report report = look(fixture, &code);
  assert_int_equal(code, 0);
  assert_true(report.index_missing && !report.index_damaged);
  assert_true(slot_check_sound(&report));
}

// Keys from `first` on, `count` of them in one commit; returns the first status.
static int change_at_once(struct store *store, enum op_kind kind, uint32_t first, size_t count) {
  static struct op ops[COMMIT_MAX];
  static uint32_t keys[COMMIT_MAX];
  struct session *session;
  assert_int_equal(engine_pread.session_open(store, &session, NULL), 0);
  for (size_t i = 0; i < count; i++) {
    keys[i] = first + (uint32_t)i;
    ops[i] = (struct op){.kind = kind, .key = &keys[i], .key_length = 4};
  }
  assert_int_equal(session_run(&engine_pread, session, ops, count), 0);
  for (size_t i = 0; i < count; i++) assert_int_equal(ops[i].status, ops[0].status);
  assert_int_equal(engine_pread.session_close(session), 0);
  return ops[0].status;
}

// It reserves room in the index for each of them and needs none.
static void index_of_a_small_store_after_a_large_commit(void **state) {
  const struct fixture *fixture = *state;
  struct store *store;
  assert_int_equal(open_store(fixture, &store), 0);
  assert_int_equal(change_at_once(store, OP_DELETE, 1000, COMMIT_MAX), -ENOENT);
  assert_int_equal(engine_pread.close(store, NULL), 0);
  assert_sound(fixture);
}

static void index_of_a_store_that_was_large(void **state) {
  enum { MANY = 4 * COMMIT_MAX };
  const struct fixture *fixture = *state;
  struct store *store;
  int code;
  assert_int_equal(open_store(fixture, &store), 0);
  for (uint32_t done = 0; done < MANY; done += COMMIT_MAX)
    assert_int_equal(change_at_once(store, OP_PUT, 1000 + done, COMMIT_MAX), 0);
  for (uint32_t done = 0; done < MANY; done += COMMIT_MAX)
    assert_int_equal(change_at_once(store, OP_DELETE, 1000 + done, COMMIT_MAX), 0);
  assert_int_equal(engine_pread.compact(store, NULL), 0);
  assert_int_equal(engine_pread.close(store, NULL), 0);
  struct slot_check_report report = look(fixture, &code);
  assert_int_equal(code, 0);
  assert_true(slot_check_sound(&report));
  assert_false(report.index_missing);
  assert_int_equal(report.live_found, KEYS - 1);
  assert_true(report.slots < MANY / 8);
}

// No store writes there: bytes that make no whole slot, and a slot that ends past the last block.
static void behind_the_last_slot(void **state) {
  struct fixture *fixture = *state;
  int code, fd = open(fixture->path, O_WRONLY | O_APPEND | O_CLOEXEC);
  static const char zeros[100] = {0};
  assert_true(fd >= 0);
  assert_int_equal(write(fd, zeros, sizeof zeros), sizeof zeros);
  assert_sound(fixture);
  assert_int_equal(write(fd, "x", 1), 1);
  struct slot_check_report report = look(fixture, &code);
  assert_int_equal(code, 0);
  assert_true(report.tail_damaged);
  assert_false(slot_check_sound(&report));
  close(fd);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(every_bit_of_the_store, setup, teardown),
      cmocka_unit_test_setup_teardown(every_bit_of_the_index, setup, teardown),
      cmocka_unit_test_setup_teardown(index_gone_or_of_another_state, setup, teardown),
      cmocka_unit_test_setup_teardown(index_of_a_small_store_after_a_large_commit, setup, teardown),
      cmocka_unit_test_setup_teardown(index_of_a_store_that_was_large, setup, teardown),
      cmocka_unit_test_setup_teardown(behind_the_last_slot, setup, teardown),
  };
  return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
