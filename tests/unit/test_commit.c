// SPDX-License-Identifier: MIT
// Which writes bring their own sync: those that are one write of the file, of one session or of several that are
// committed together. Seen through an io that counts, and moves bytes as pread does.
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/native.h"
#include "engines/registry.h"
#include "engines/slots/check.h"
#include "engines/slots/internal.h"
#include "engines/slots/io.h"
#include "engines/slots/store.h"
#include "engines/slots/ways.h"
#include "tests/unit/temporary.h"

enum { ROOM = 512, OTHERS = 4, BATCH = COMMIT_MAX / 2 + 1 };

static struct {
  atomic_uint durable_writes, plain_writes, syncs;
  struct group *_Atomic held_by;  // a write does not end before as many as `held_for` wait to be in the next group
  atomic_size_t held_for;
  atomic_bool held;
  _Atomic uint64_t offset, length;  // of the last write
  atomic_uint sync_us;              // how long a sync takes at least
  atomic_uint refused_in;           // so many calls for room in the index from now, one is refused; 0: none
} seen;

static int counted_open(struct io_file **file, struct io_limits *limits, int fd, const struct io_settings *settings,
                        struct error *error) {
  int code = pread_io.open(file, limits, fd, settings, error);
  limits->durable = IO_DURABLE_ALONE;
  return code;
}

int __real_keydir_reserve(struct keydir *keydir, uint64_t more);
int __wrap_keydir_reserve(struct keydir *keydir, uint64_t more);

int __wrap_keydir_reserve(struct keydir *keydir, uint64_t more) {
  if (atomic_load(&seen.refused_in) && atomic_fetch_sub(&seen.refused_in, 1) == 1) return -ENOMEM;
  return __real_keydir_reserve(keydir, more);
}

static size_t waiting(struct group *group) {
  pthread_mutex_lock(&group->lock);
  size_t count = group->waiting;
  pthread_mutex_unlock(&group->lock);
  return count;
}

static int counted_write(struct io_session *session, const void *buffer, size_t length, uint64_t offset,
                         unsigned flags) {
  int code = pread_io.write(session, buffer, length, offset, flags);
  struct group *group = atomic_exchange(&seen.held_by, NULL);
  atomic_fetch_add(flags & IO_DURABLE ? &seen.durable_writes : &seen.plain_writes, 1);
  atomic_store(&seen.offset, offset);
  atomic_store(&seen.length, length);
  if (group) atomic_store(&seen.held, true);
  while (group && waiting(group) < atomic_load(&seen.held_for)) usleep(100);
  return code;
}

static int counted_sync(struct io_file *file, struct io_session *session, uint64_t offset, uint64_t length, bool wait) {
  atomic_fetch_add(&seen.syncs, 1);
  if (atomic_load(&seen.sync_us)) usleep(atomic_load(&seen.sync_us));
  return pread_io.sync(file, session, offset, length, wait);
}

struct fixture {
  struct store *store;
  struct session *first, *second;
  struct io_ops io;
  char folder[ROOM], path[ROOM + 16];
};

static int open_store(struct fixture *fixture, const char *spec) {
  struct store_config config = {.create = true, .capacity_hint = 4096, .sync = {SYNC_ALWAYS, 0}};
  if (registry_parse_options(spec, &engine_pread, &config, NULL)) return -1;
  if (slot_store_open(fixture->path, &config, &engine_pread, &fixture->io, &fixture->store, NULL)) return -1;
  return engine_pread.session_open(fixture->store, &fixture->first, NULL);
}

static int close_store(struct fixture *fixture) {
  int error = engine_pread.session_close(fixture->first);
  if (!error && fixture->second) error = engine_pread.session_close(fixture->second);
  return error ? error : engine_pread.close(fixture->store, NULL);
}

static int setup_with(void **state, const char *spec) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  *state = fixture;
  if (!fixture) return -1;
  fixture->io = pread_io;
  fixture->io.open = counted_open;
  fixture->io.write = counted_write;
  fixture->io.sync = counted_sync;
  snprintf(fixture->folder, sizeof fixture->folder, "%.480s/commit-XXXXXX", temporary_folder());
  if (!mkdtemp(fixture->folder)) return -1;
  snprintf(fixture->path, sizeof fixture->path, "%s/store", fixture->folder);
  if (open_store(fixture, spec)) return -1;
  atomic_store(&seen.durable_writes, 0);
  atomic_store(&seen.plain_writes, 0);
  atomic_store(&seen.syncs, 0);
  return 0;
}

static int setup(void **state) { return setup_with(state, "pread"); }

static int setup_single(void **state) { return setup_with(state, "pread:fill_write=128"); }

static int teardown(void **state) {
  struct fixture *fixture = *state;
  char snapshot[ROOM + 32];
  int error = close_store(fixture);
  snprintf(snapshot, sizeof snapshot, "%s.index", fixture->path);
  if (unlink(snapshot) || unlink(fixture->path) || rmdir(fixture->folder)) error = -1;
  free(fixture);
  return error;
}

static int run(struct session *session, struct op *ops, size_t count) {
  int error = session_run(&engine_pread, session, ops, count);
  for (size_t i = 0; i < count && !error; i++) error = ops[i].status;
  return error;
}

static int change(struct session *session, enum op_kind kind, const char *keys, const char *value) {
  struct op ops[8] = {0};
  size_t count = 0;
  for (; keys[count]; count++)
    ops[count] = (struct op){
        .kind = kind, .key = &keys[count], .key_length = 1, .value = (void *)(uintptr_t)value, .value_length = 5};
  return run(session, ops, count);
}

static int put(struct session *session, const char *keys) { return change(session, OP_PUT, keys, "value"); }

static int put_batch(struct session *session, char number) {
  struct op ops[BATCH];
  char keys[BATCH][3];
  for (int i = 0; i < BATCH; i++) {
    keys[i][0] = number;
    keys[i][1] = (char)(i % 128);
    keys[i][2] = (char)(i / 128);
    ops[i] = (struct op){.kind = OP_PUT, .key = keys[i], .key_length = 3, .value = "value", .value_length = 5};
  }
  return run(session, ops, BATCH);
}

static uint64_t records(struct fixture *fixture) {
  struct store_stat stat;
  assert_int_equal(engine_pread.stat(fixture->store, &stat), 0);
  return stat.records;
}

static void a_lone_put_brings_its_sync(void **state) {
  struct fixture *fixture = *state;
  assert_int_equal(put(fixture->first, "a"), 0);
  assert_int_equal(seen.durable_writes, 1);
  assert_int_equal(seen.syncs, 0);
}

enum { TOGETHER = 1024 };  // as docs/sync-policies.md says

// Of new keys from `first` on, handed in at once, as session_run would not.
static void submit_puts(struct session *session, uint32_t first, size_t count) {
  static struct op ops[TOGETHER + 1], *pointers[TOGETHER + 1];
  static uint32_t keys[TOGETHER + 1];
  for (size_t i = 0; i < count; i++) {
    keys[i] = first + (uint32_t)i;
    ops[i] = (struct op){.kind = OP_PUT, .key = &keys[i], .key_length = 4, .value = "value", .value_length = 5};
    pointers[i] = &ops[i];
  }
  assert_int_equal(engine_pread.submit(session, pointers, count), 0);
  assert_int_equal(engine_pread.reap(session, pointers, count, count), count);
  for (size_t i = 0; i < count; i++) assert_int_equal(ops[i].status, 0);
}

static void a_sync_for_each_1024(void **state) {
  struct fixture *fixture = *state;
  submit_puts(fixture->first, 0, TOGETHER);
  assert_int_equal(seen.durable_writes, 1);
  submit_puts(fixture->first, TOGETHER, TOGETHER + 1);
  assert_int_equal(seen.durable_writes, 3);
  assert_int_equal(seen.plain_writes + seen.syncs, 0);
  assert_int_equal(records(fixture), 2 * TOGETHER + 1);
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

static void a_batch_of_neighbours_brings_its_sync(void **state) {
  struct fixture *fixture = *state;
  assert_int_equal(put(fixture->first, "abc"), 0);
  assert_int_equal(seen.durable_writes, 1);
  assert_int_equal(seen.plain_writes + seen.syncs, 0);
}

static void a_batch_of_several_writes_shares_one_sync(void **state) {
  struct fixture *fixture = *state;
  assert_int_equal(put(fixture->first, "abc"), 0);
  assert_int_equal(seen.durable_writes, 0);
  assert_int_equal(seen.plain_writes, 3);
  assert_int_equal(seen.syncs, 1);
}

// The next group waits for others by how long this one took, its sync included.
static void a_group_takes_as_long_as_its_sync(void **state) {
  struct fixture *fixture = *state;
  assert_int_equal(put(fixture->first, "abc"), 0);  // the file grows, which takes its time
  atomic_store(&seen.sync_us, 1000);
  int error = put(fixture->first, "abc");
  atomic_store(&seen.sync_us, 0);
  assert_int_equal(error, 0);
  assert_int_equal(seen.syncs, 2);
  assert_int_not_equal(fixture->store->group.gather_ns, 0);
}

struct beside {
  const char *keys;   // NULL: a batch
  const char *value;  // NULL: a delete
  struct fixture *fixture;
  pthread_t thread;
  pthread_barrier_t *open;
  size_t number;  // how many are to wait when this one comes
  int error;
};

static void *write_beside(void *argument) {
  struct beside *beside = argument;
  struct session *session;
  beside->error = engine_pread.session_open(beside->fixture->store, &session, NULL);
  pthread_barrier_wait(beside->open);
  if (beside->error) return NULL;
  while (!atomic_load(&seen.held) || waiting(&beside->fixture->store->group) < beside->number) usleep(100);
  if (beside->keys)
    beside->error = change(session, beside->value ? OP_PUT : OP_DELETE, beside->keys, beside->value);
  else
    beside->error = put_batch(session, (char)beside->number);
  int closed = engine_pread.session_close(session);
  if (!beside->error) beside->error = closed;
  return NULL;
}

// The first writer's write ends only when the others wait, in the order in which they stand here: then they go
// together.
static void meet(struct fixture *fixture, struct beside *others, size_t count) {
  pthread_barrier_t open;
  atomic_store(&seen.held, false);
  assert_int_equal(pthread_barrier_init(&open, NULL, (unsigned)count + 1), 0);
  for (size_t i = 0; i < count; i++) {
    others[i].fixture = fixture;
    others[i].open = &open;
    others[i].number = i;
    assert_int_equal(pthread_create(&others[i].thread, NULL, write_beside, &others[i]), 0);
  }
  pthread_barrier_wait(&open);
  atomic_store(&seen.held_for, count);
  atomic_store(&seen.held_by, &fixture->store->group);
  assert_int_equal(put(fixture->first, "a"), 0);
  for (size_t i = 0; i < count; i++) assert_int_equal(pthread_join(others[i].thread, NULL), 0);
  pthread_barrier_destroy(&open);
}

static void writers_that_meet_go_together(void **state) {
  struct beside others[] = {
      {.keys = "x", .value = "value"}, {.keys = "yz", .value = "value"}, {.keys = "a", .value = "value"}};
  meet(*state, others, 3);
  for (size_t i = 0; i < 3; i++) assert_int_equal(others[i].error, 0);
  assert_int_equal(seen.durable_writes, 2);
  assert_int_equal(seen.plain_writes + seen.syncs, 0);
}

// Who waits for those of the last group does not wait for ever.
static void a_writer_left_alone_goes_on(void **state) {
  struct fixture *fixture = *state;
  writers_that_meet_go_together(state);
  for (int i = 0; i < 3; i++) assert_int_equal(put(fixture->first, "a"), 0);
  assert_int_equal(seen.durable_writes, 5);
}

static int get_value(struct session *session, char key, const char *expected) {
  char value[8];
  struct op op = {.kind = OP_GET, .key = &key, .key_length = 1, .value = value, .value_length = sizeof value};
  int error = run(session, &op, 1);
  return error ? error : op.value_length == 5 && memcmp(value, expected, 5) == 0 ? 0 : -EBADMSG;
}

static int get(struct session *session, char key) { return get_value(session, key, "value"); }

static void reopen(struct fixture *fixture) {
  struct slot_check_report report;
  uint64_t before = records(fixture);
  assert_int_equal(close_store(fixture), 0);
  assert_int_equal(slot_check(fixture->path, &report, NULL), 0);
  assert_true(slot_check_sound(&report));
  assert_int_equal(report.live_found, before);
  assert_int_equal(open_store(fixture, "pread"), 0);
  assert_int_equal(records(fixture), before);
}

// Members of one group that write the same key: in the order in which they came.
static void the_last_of_a_group_is_what_counts(void **state) {
  struct fixture *fixture = *state;
  struct beside deleted[OTHERS] = {{.keys = "ab", .value = "one__"},
                                   {.keys = "a", .value = "two__"},
                                   {.keys = "a", .value = "three"},
                                   {.keys = "a"}};
  struct beside kept[OTHERS] = {{.keys = "ab", .value = "four_"},
                                {.keys = "a"},
                                {.keys = "a", .value = "five_"},
                                {.keys = "a", .value = "six__"}};
  meet(fixture, deleted, OTHERS);
  for (size_t i = 0; i < OTHERS; i++) assert_int_equal(deleted[i].error, 0);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(records(fixture), 1);
    assert_int_equal(get(fixture->first, 'a'), -ENOENT);
    assert_int_equal(get_value(fixture->first, 'b', "one__"), 0);
    if (i == 0) reopen(fixture);
  }
  meet(fixture, kept, OTHERS);
  for (size_t i = 0; i < OTHERS; i++) assert_int_equal(kept[i].error, 0);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(records(fixture), 2);
    assert_int_equal(get_value(fixture->first, 'a', "six__"), 0);
    assert_int_equal(get_value(fixture->first, 'b', "four_"), 0);
    if (i == 0) reopen(fixture);
  }
}

// One that finds nothing to delete, since another of its group has done it, hears so; the others do not.
static void each_hears_its_own_status(void **state) {
  struct beside others[] = {{.keys = "a"}, {.keys = "a"}, {.keys = "b", .value = "value"}};
  meet(*state, others, 3);
  assert_int_equal(others[0].error, 0);
  assert_int_equal(others[1].error, -ENOENT);
  assert_int_equal(others[2].error, 0);
  assert_int_equal(records(*state), 1);
}

// More than one commit holds: committed in parts, which share one sync, and none of which is durable by itself.
static void large_batches_share_one_sync(void **state) {
  struct beside others[OTHERS] = {0};
  meet(*state, others, OTHERS);
  for (size_t i = 0; i < OTHERS; i++) assert_int_equal(others[i].error, 0);
  assert_int_equal(seen.durable_writes, 1);
  assert_int_equal(seen.plain_writes, OTHERS);
  assert_int_equal(seen.syncs, 1);
  assert_int_equal(records(*state), 1 + OTHERS * BATCH);
}

// The parts before it are written, and what the store calls durable next must be.
static void a_part_that_fails_leaves_none_unsynced(void **state) {
  struct fixture *fixture = *state;
  struct beside others[OTHERS] = {0};
  atomic_store(&seen.refused_in, 3);
  meet(fixture, others, OTHERS);
  for (size_t i = 0; i < OTHERS; i++) assert_int_equal(others[i].error, -ENOMEM);
  assert_int_equal(seen.plain_writes, 1);
  assert_int_equal(seen.syncs, 1);
  assert_int_equal(put(fixture->first, "a"), 0);
  assert_int_equal(seen.durable_writes, 2);
  reopen(fixture);
  assert_int_equal(records(fixture), 1 + BATCH);
}

// Slots that are free, but not next to each other: what lies between them goes along, and stays what it is.
static void records_of_one_page_leave_in_one_write(void **state) {
  struct fixture *fixture = *state;
  const char keys[] = "abcdefgh";
  assert_int_equal(put(fixture->first, keys), 0);
  for (const char *key = "ace"; *key; key++) assert_int_equal(put(fixture->first, (const char[]){*key, '\0'}), 0);
  unsigned before = seen.durable_writes;
  assert_int_equal(put(fixture->first, "xyz"), 0);
  assert_int_equal(seen.durable_writes, before + 1);
  assert_int_equal(seen.plain_writes + seen.syncs, 0);
  assert_true(seen.length > 3 * RECORD_SIZE_DEFAULT);
  for (const char *key = "abcdefghxyz"; *key; key++) assert_int_equal(get(fixture->first, *key), 0);
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
      cmocka_unit_test_setup_teardown(a_sync_for_each_1024, setup, teardown),
      cmocka_unit_test_setup_teardown(so_it_does_beside_sessions_that_do_not_write, setup, teardown),
      cmocka_unit_test_setup_teardown(a_batch_of_neighbours_brings_its_sync, setup, teardown),
      cmocka_unit_test_setup_teardown(a_batch_of_several_writes_shares_one_sync, setup_single, teardown),
      cmocka_unit_test_setup_teardown(a_group_takes_as_long_as_its_sync, setup_single, teardown),
      cmocka_unit_test_setup_teardown(writers_that_meet_go_together, setup, teardown),
      cmocka_unit_test_setup_teardown(a_writer_left_alone_goes_on, setup, teardown),
      cmocka_unit_test_setup_teardown(the_last_of_a_group_is_what_counts, setup, teardown),
      cmocka_unit_test_setup_teardown(each_hears_its_own_status, setup, teardown),
      cmocka_unit_test_setup_teardown(large_batches_share_one_sync, setup, teardown),
      cmocka_unit_test_setup_teardown(a_part_that_fails_leaves_none_unsynced, setup, teardown),
      cmocka_unit_test_setup_teardown(records_of_one_page_leave_in_one_write, setup, teardown),
      cmocka_unit_test_setup_teardown(updates_lie_together, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
