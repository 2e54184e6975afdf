// SPDX-License-Identifier: MIT
// Which writes bring their own sync: a put that no other shares its sync with, however many sessions are open. Seen
// through an io that counts, and moves bytes as pread does.
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/native.h"
#include "engines/registry.h"
#include "engines/slots/io.h"
#include "engines/slots/store.h"
#include "engines/slots/ways.h"
#include "tests/unit/temporary.h"

enum { ROOM = 512 };

static struct {
  atomic_uint durable_writes, plain_writes, syncs;
  _Atomic(atomic_uint *) sync_waits_for;  // a sync does not end before this has changed
  _Atomic uint64_t offset;                // of the last write
} seen;

static int counted_open(struct io_file **file, struct io_limits *limits, int fd, const struct io_settings *settings,
                        struct error *error) {
  int code = pread_io.open(file, limits, fd, settings, error);
  limits->durable = IO_DURABLE_ALONE;
  return code;
}

static int counted_write(struct io_session *session, const void *buffer, size_t length, uint64_t offset,
                         unsigned flags) {
  int code = pread_io.write(session, buffer, length, offset, flags);
  atomic_fetch_add(flags & IO_DURABLE ? &seen.durable_writes : &seen.plain_writes, 1);
  atomic_store(&seen.offset, offset);
  return code;
}

static int counted_sync(struct io_file *file, struct io_session *session, uint64_t offset, uint64_t length, bool wait) {
  atomic_uint *awaited = atomic_exchange(&seen.sync_waits_for, NULL);
  unsigned before = awaited ? atomic_load(awaited) : 0;
  atomic_fetch_add(&seen.syncs, 1);
  while (awaited && atomic_load(awaited) == before) usleep(100);
  return pread_io.sync(file, session, offset, length, wait);
}

struct fixture {
  struct store *store;
  struct session *first, *second;
  struct io_ops io;
  char folder[ROOM], path[ROOM + 16];
};

static int setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  struct store_config config = {.create = true, .sync = {SYNC_ALWAYS, 0}};
  *state = fixture;
  if (!fixture) return -1;
  fixture->io = pread_io;
  fixture->io.open = counted_open;
  fixture->io.write = counted_write;
  fixture->io.sync = counted_sync;
  snprintf(fixture->folder, sizeof fixture->folder, "%.480s/commit-XXXXXX", temporary_folder());
  if (!mkdtemp(fixture->folder)) return -1;
  snprintf(fixture->path, sizeof fixture->path, "%s/store", fixture->folder);
  registry_defaults(&engine_pread, &config.options);
  if (slot_store_open(fixture->path, &config, &engine_pread, &fixture->io, &fixture->store, NULL)) return -1;
  if (engine_pread.session_open(fixture->store, &fixture->first, NULL)) return -1;
  atomic_store(&seen.durable_writes, 0);
  atomic_store(&seen.plain_writes, 0);
  atomic_store(&seen.syncs, 0);
  return 0;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  char snapshot[ROOM + 32];
  int error = engine_pread.session_close(fixture->first);
  if (!error && fixture->second) error = engine_pread.session_close(fixture->second);
  if (!error) error = engine_pread.close(fixture->store, NULL);
  snprintf(snapshot, sizeof snapshot, "%s.index", fixture->path);
  if (unlink(snapshot) || unlink(fixture->path) || rmdir(fixture->folder)) error = -1;
  free(fixture);
  return error;
}

static int put(struct session *session, const char *keys) {
  struct op ops[8] = {0};
  size_t count = 0;
  for (; keys[count]; count++)
    ops[count] = (struct op){.kind = OP_PUT, .key = &keys[count], .key_length = 1, .value = "value", .value_length = 5};
  int error = session_run(&engine_pread, session, ops, count);
  for (size_t i = 0; i < count && !error; i++) error = ops[i].status;
  return error;
}

static void a_lone_put_brings_its_sync(void **state) {
  struct fixture *fixture = *state;
  assert_int_equal(put(fixture->first, "a"), 0);
  assert_int_equal(seen.durable_writes, 1);
  assert_int_equal(seen.syncs, 0);
}

static void so_it_does_beside_sessions_that_do_not_write(void **state) {
  struct fixture *fixture = *state;
  assert_int_equal(engine_pread.session_open(fixture->store, &fixture->second, NULL), 0);
  assert_int_equal(put(fixture->first, "a"), 0);
  assert_int_equal(put(fixture->second, "b"), 0);
  assert_int_equal(put(fixture->first, "a"), 0);
  assert_int_equal(seen.durable_writes, 3);
  assert_int_equal(seen.syncs, 0);
}

static void a_batch_shares_one_sync(void **state) {
  struct fixture *fixture = *state;
  assert_int_equal(put(fixture->first, "abc"), 0);
  assert_int_equal(seen.durable_writes, 0);
  assert_int_equal(seen.syncs, 1);
}

static void *put_beside(void *argument) {
  struct fixture *fixture = argument;
  struct session *session;
  while (!atomic_load(&seen.syncs)) usleep(100);
  int error = engine_pread.session_open(fixture->store, &session, NULL);
  if (!error) error = put(session, "z");
  if (!error) error = engine_pread.session_close(session);
  return error ? fixture : NULL;
}

// The sync of the first writer ends only when the second has written: had that write waited, or claimed with a sync of
// its own that all before it is durable, nobody could share anything.
static void writers_that_meet_share_syncs(void **state) {
  struct fixture *fixture = *state;
  pthread_t beside;
  void *failed;
  assert_int_equal(pthread_create(&beside, NULL, put_beside, fixture), 0);
  atomic_store(&seen.sync_waits_for, &seen.plain_writes);
  assert_int_equal(put(fixture->first, "ab"), 0);
  assert_int_equal(pthread_join(beside, &failed), 0);
  assert_null(failed);
  assert_int_equal(seen.durable_writes, 0);
  assert_int_equal(seen.syncs, 2);
}

// Who waits for those of the last sync does not wait for ever.
static void a_writer_left_alone_goes_on(void **state) {
  struct fixture *fixture = *state;
  writers_that_meet_share_syncs(state);
  for (int i = 0; i < 3; i++) assert_int_equal(put(fixture->first, "ab"), 0);
  assert_int_equal(seen.syncs, 5);
}

// Keys that lie apart, updated one after the other: each page apart would be a device write of its own.
static void updates_lie_together(void **state) {
  struct fixture *fixture = *state;
  for (int i = 0; i < 64; i++) assert_int_equal(put(fixture->first, (const char[]){(char)('0' + i), '\0'}), 0);
  uint64_t last = seen.offset;
  for (const char *key = "5Ao"; *key; key++, last = seen.offset) {
    assert_int_equal(put(fixture->first, (const char[]){*key, '\0'}), 0);
    assert_int_equal(seen.offset - last, RECORD_SIZE_DEFAULT);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_lone_put_brings_its_sync, setup, teardown),
      cmocka_unit_test_setup_teardown(so_it_does_beside_sessions_that_do_not_write, setup, teardown),
      cmocka_unit_test_setup_teardown(a_batch_shares_one_sync, setup, teardown),
      cmocka_unit_test_setup_teardown(writers_that_meet_share_syncs, setup, teardown),
      cmocka_unit_test_setup_teardown(a_writer_left_alone_goes_on, setup, teardown),
      cmocka_unit_test_setup_teardown(updates_lie_together, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
