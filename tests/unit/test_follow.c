// SPDX-License-Identifier: MIT
// A writer that is about to sync when the sync before it fails: its own would return 0 and prove nothing. The writer is
// held up at the lock where it could go on, until the other one's failure is known.
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
#include "engines/slots/internal.h"
#include "engines/slots/io.h"
#include "engines/slots/store.h"
#include "engines/slots/ways.h"
#include "tests/unit/temporary.h"

enum { ROOM = 512, WAIT_US = 100, TRIES = 300000 };

static struct {
  atomic_uint syncs;
  atomic_bool at_lock;  // the second writer is about to ask who leads
  atomic_bool failed;   // the first writer has heard of it
} seen;

// Where this thread is held up the next time; NULL: nowhere.
static _Thread_local const pthread_mutex_t *held_at;

int __real_pthread_mutex_lock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex);

static void wait_for(const atomic_bool *event) {
  for (int tries = 0; !atomic_load(event) && tries < TRIES; tries++) usleep(WAIT_US);
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex) {
  if (mutex == held_at) {
    held_at = NULL;
    atomic_store(&seen.at_lock, true);
    wait_for(&seen.failed);
  }
  return __real_pthread_mutex_lock(mutex);
}

static int first_sync_fails(struct io_file *file, struct io_session *session, uint64_t offset, uint64_t length,
                            bool wait) {
  if (atomic_fetch_add(&seen.syncs, 1) > 0) return pread_io.sync(file, session, offset, length, wait);
  wait_for(&seen.at_lock);
  return -EIO;
}

struct fixture {
  struct store *store;
  struct session *session;
  struct io_ops io;
  int (*beside)(struct fixture *fixture, struct session *session);  // what the other thread does
  pthread_mutex_t *lock;                                            // with which it asks who leads
  char folder[ROOM], path[ROOM + 16];
};

static int setup_with(void **state, struct sync_policy policy) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  struct store_config config = {.create = true, .sync = policy};
  *state = fixture;
  if (!fixture) return -1;
  memset(&seen, 0, sizeof seen);
  fixture->io = pread_io;
  fixture->io.sync = first_sync_fails;
  snprintf(fixture->folder, sizeof fixture->folder, "%.480s/follow-XXXXXX", temporary_folder());
  if (!mkdtemp(fixture->folder)) return -1;
  snprintf(fixture->path, sizeof fixture->path, "%s/store", fixture->folder);
  registry_defaults(&engine_pread, &config.options);
  if (slot_store_open(fixture->path, &config, &engine_pread, &fixture->io, &fixture->store, NULL)) return -1;
  fixture->lock = &fixture->store->syncing.lock;
  return engine_pread.session_open(fixture->store, &fixture->session, NULL);
}

static int setup(void **state) { return setup_with(state, (struct sync_policy){SYNC_EVERY, 1}); }

static int setup_always(void **state) {
  int error = setup_with(state, (struct sync_policy){SYNC_ALWAYS, 0});
  struct fixture *fixture = *state;
  if (!error) fixture->lock = &fixture->store->group.lock;
  return error;
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  char snapshot[ROOM + 32];
  int error = engine_pread.session_close(fixture->session);
  (void)engine_pread.close(fixture->store, NULL);  // fails, as a sync did
  snprintf(snapshot, sizeof snapshot, "%s.index", fixture->path);
  (void)unlink(snapshot);
  if (unlink(fixture->path) || rmdir(fixture->folder)) error = -1;
  free(fixture);
  return error;
}

static int put(struct session *session, const char *key) {
  struct op op = {.kind = OP_PUT, .key = key, .key_length = 1, .value = "value", .value_length = 5};
  int error = session_run(&engine_pread, session, &op, 1);
  return error ? error : op.status;
}

static void *go_beside(void *argument) {
  struct fixture *fixture = argument;
  struct session *session;
  while (!atomic_load(&seen.syncs)) usleep(WAIT_US);
  int error = engine_pread.session_open(fixture->store, &session, NULL);
  held_at = fixture->lock;
  int outcome = error ? error : fixture->beside(fixture, session);
  held_at = NULL;
  if (!error) error = engine_pread.session_close(session);
  return (void *)(intptr_t)(outcome ? outcome : error);
}

static void nobody_syncs_after_a_failed_sync(struct fixture *fixture) {
  void *outcome;
  pthread_t other;
  assert_int_equal(pthread_create(&other, NULL, go_beside, fixture), 0);
  int first = put(fixture->session, "a");
  atomic_store(&seen.failed, true);
  assert_int_equal(pthread_join(other, &outcome), 0);
  assert_true(seen.at_lock);
  assert_int_equal(first, -EIO);
  assert_int_equal((intptr_t)outcome, -EIO);
  assert_int_equal(seen.syncs, 1);
  // Whoever follows the sync that failed is told by this what it may acknowledge.
  assert_int_equal(atomic_load(&fixture->store->syncing.durable), 0);
}

static int put_beside(struct fixture *fixture, struct session *session) {
  (void)fixture;
  return put(session, "z");
}

static void no_writer_leads(void **state) {
  struct fixture *fixture = *state;
  fixture->beside = put_beside;
  nobody_syncs_after_a_failed_sync(fixture);
}

static int compact_beside(struct fixture *fixture, struct session *session) {
  (void)session;
  return engine_pread.compact(fixture->store, NULL);
}

// It syncs with the writer's lock, and waits for the sync that runs.
static void compacting_does_not_go_on(void **state) {
  struct fixture *fixture = *state;
  fixture->beside = compact_beside;
  nobody_syncs_after_a_failed_sync(fixture);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(no_writer_leads, setup, teardown),
      cmocka_unit_test_setup_teardown(no_writer_leads, setup_always, teardown),
      cmocka_unit_test_setup_teardown(compacting_does_not_go_on, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
