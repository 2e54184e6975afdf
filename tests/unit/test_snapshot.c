// SPDX-License-Identifier: MIT
// The index snapshot: taken back only as it was written, for the same state of the same store.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/native.h"
#include "engines/registry.h"
#include "engines/slots/internal.h"
#include "tests/unit/temporary.h"

enum { ROOM = 512 };

struct fixture {
  struct store *store;
  char folder[ROOM], path[ROOM + 16], snapshot[ROOM + 32];
};

static int put(struct store *store, uint32_t count) {
  struct session *session;
  int error = engine_pread.session_open(store, &session, NULL);
  for (uint32_t key = 0; key < count && !error; key++) {
    struct op op = {.kind = OP_PUT, .key = &key, .key_length = 4, .value = "value", .value_length = 5};
    error = session_run(&engine_pread, session, &op, 1);
    if (!error) error = op.status;
  }
  return error ? error : engine_pread.session_close(session);
}

static int setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  struct store_config config = {.create = true};
  *state = fixture;
  if (!fixture) return -1;
  snprintf(fixture->folder, sizeof fixture->folder, "%.480s/snapshot-XXXXXX", temporary_folder());
  if (!mkdtemp(fixture->folder)) return -1;
  snprintf(fixture->path, sizeof fixture->path, "%s/store", fixture->folder);
  snprintf(fixture->snapshot, sizeof fixture->snapshot, "%s.index", fixture->path);
  registry_defaults(&engine_pread, &config.options);
  if (engine_pread.open(fixture->path, &config, &fixture->store, NULL)) return -1;
  if (put(fixture->store, 50)) return -1;
  return snapshot_write(fixture->store, fixture->store->header.generation);
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  int error = engine_pread.close(fixture->store, NULL);
  if (unlink(fixture->snapshot) || unlink(fixture->path) || rmdir(fixture->folder)) error = -errno;
  free(fixture);
  return error;
}

static void comes_back(void **state) {
  struct fixture *fixture = *state;
  struct store *store = fixture->store;
  store->records = store->next_free = store->sequence = 0;
  assert_int_equal(snapshot_load(store), 0);
  assert_int_equal(store->records, 50);
  assert_int_equal(store->next_free, 50);
  assert_int_equal(store->sequence, 50);
  assert_int_equal(store->keydir.live, 50);
  assert_int_equal(store->live.set, 50);
  struct stat status;
  assert_int_equal(stat(fixture->snapshot, &status), 0);
  assert_int_equal(status.st_mode & 0777, 0600);
}

static void another_state_is_stale(void **state) {
  struct store *store = ((struct fixture *)*state)->store;
  store->header.generation++;
  assert_int_equal(snapshot_load(store), -ESTALE);
  store->header.generation -= 2;
  assert_int_equal(snapshot_load(store), -ESTALE);
  store->header.generation++;
  store->header.store_id ^= 1;
  assert_int_equal(snapshot_load(store), -ESTALE);
  store->header.store_id ^= 1;
  assert_int_equal(snapshot_load(store), 0);
}

static void missing(void **state) {
  struct fixture *fixture = *state;
  assert_int_equal(unlink(fixture->snapshot), 0);
  assert_int_equal(snapshot_load(fixture->store), -ENOENT);
  assert_int_equal(snapshot_write(fixture->store, fixture->store->header.generation), 0);
}

static void flip(int fd, off_t offset, unsigned char mask) {
  unsigned char byte;
  assert_int_equal(pread(fd, &byte, 1, offset), 1);
  byte ^= mask;
  assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
}

static void every_flipped_byte_is_noticed(void **state) {
  struct fixture *fixture = *state;
  int fd = open(fixture->snapshot, O_RDWR | O_CLOEXEC);
  assert_true(fd >= 0);
  struct stat status;
  assert_int_equal(fstat(fd, &status), 0);
  assert_true(status.st_size > 600);
  for (off_t offset = 0; offset < status.st_size; offset++) {
    flip(fd, offset, (unsigned char)(1 << offset % 8));
    assert_int_equal(snapshot_load(fixture->store), -EBADMSG);
    flip(fd, offset, (unsigned char)(1 << offset % 8));
  }
  assert_int_equal(snapshot_load(fixture->store), 0);
  assert_int_equal(close(fd), 0);
}

static void every_other_length_is_noticed(void **state) {
  struct fixture *fixture = *state;
  struct stat status;
  assert_int_equal(stat(fixture->snapshot, &status), 0);
  assert_int_equal(truncate(fixture->snapshot, status.st_size + 1), 0);
  assert_int_equal(snapshot_load(fixture->store), -EBADMSG);
  for (off_t length = status.st_size - 1; length >= 0; length -= 13) {
    assert_int_equal(truncate(fixture->snapshot, length), 0);
    assert_int_equal(snapshot_load(fixture->store), -EBADMSG);
  }
}

// What a crash left under the temporary name does not get in the way.
static void leftovers_are_replaced(void **state) {
  struct fixture *fixture = *state;
  char temporary[ROOM + 64];
  snprintf(temporary, sizeof temporary, "%s.tmp", fixture->snapshot);
  int fd = open(temporary, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  assert_true(fd >= 0);
  assert_int_equal(close(fd), 0);
  assert_int_equal(snapshot_write(fixture->store, fixture->store->header.generation), 0);
  assert_int_equal(access(temporary, F_OK), -1);
  assert_int_equal(snapshot_load(fixture->store), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(comes_back, setup, teardown),
      cmocka_unit_test_setup_teardown(another_state_is_stale, setup, teardown),
      cmocka_unit_test_setup_teardown(missing, setup, teardown),
      cmocka_unit_test_setup_teardown(every_flipped_byte_is_noticed, setup, teardown),
      cmocka_unit_test_setup_teardown(every_other_length_is_noticed, setup, teardown),
      cmocka_unit_test_setup_teardown(leftovers_are_replaced, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
