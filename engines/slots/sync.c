// SPDX-License-Identifier: MIT
// Sync policies. Writers that need a sync at the same time share one: the first becomes the leader, and its sync covers
// all that was written before it began; the others wait for it. Under `always` groups are made before they write
// (group.c), and the leader of one meets others here only where the store as a whole is synced.
#include <errno.h>

#include "engines/slots/internal.h"

int syncing_init(struct syncing *syncing) {
  atomic_init(&syncing->durable, 0);
  atomic_init(&syncing->failed, 0);
  int error = pthread_mutex_init(&syncing->lock, NULL);
  if (error) return -error;
  error = pthread_cond_init(&syncing->done, NULL);
  if (error) pthread_mutex_destroy(&syncing->lock);
  return -error;
}

void syncing_destroy(struct syncing *syncing) {
  pthread_cond_destroy(&syncing->done);
  pthread_mutex_destroy(&syncing->lock);
}

void syncing_acquire(struct store *store) {
  struct syncing *syncing = &store->syncing;
  pthread_mutex_lock(&syncing->lock);
  while (syncing->busy) pthread_cond_wait(&syncing->done, &syncing->lock);
  syncing->busy = true;
  pthread_mutex_unlock(&syncing->lock);
}

void syncing_release(struct store *store) {
  struct syncing *syncing = &store->syncing;
  pthread_mutex_lock(&syncing->lock);
  syncing->busy = false;
  pthread_cond_broadcast(&syncing->done);
  pthread_mutex_unlock(&syncing->lock);
}

// After a failed sync the page cache holds clean pages that never reached the disk, and the next sync returns 0
// (Rebello et al., ATC 2020): nothing written from here on could be promised, so nothing is taken.
//
// A failed write counts as one, and so does a failed read of a page that was to be written: nobody knows any more what
// the slots hold that were given out for it.
void syncing_fail(struct store *store, int error) {
  int none = 0;
  atomic_compare_exchange_strong(&store->syncing.failed, &none, error);
}

struct round {
  uint64_t ordinal, low, high, dirty_since_ns;
};

// With the writer lock: what this sync will cover.
static int begin(struct store *store, struct round *round) {
  *round = (struct round){store->written, store->dirty_low, store->dirty_high, store->dirty_since_ns};
  int error = store->io->flush ? store->io->flush(store->file) : 0;
  if (error) return error;
  store->sync_started = store->written;
  store->dirty_low = store->dirty_high = 0;
  return 0;
}

static int perform(struct store *store, struct io_session *io, const struct round *round) {
  if (round->low >= round->high) return 0;
  return store->io->sync(store->file, io, round->low, round->high - round->low, true);
}

// With syncing.lock. Returns the error, or that of another sync that failed meanwhile: then this one proves nothing.
static int end(struct store *store, const struct round *round, int error) {
  struct syncing *syncing = &store->syncing;
  if (error) syncing_fail(store, error);
  if (!error) error = atomic_load(&syncing->failed);
  if (error) return error;
  if (round->low < round->high) syncing->count++;
  if (round->ordinal > atomic_load(&syncing->durable)) atomic_store(&syncing->durable, round->ordinal);
  uint64_t window = round->dirty_since_ns ? clock_ns() - round->dirty_since_ns : 0;
  if (window > syncing->window_max_ns) syncing->window_max_ns = window;
  return 0;
}

// The leader holds `busy` from before it lets go of the writer lock until it is done, and never waits for the writer
// lock meanwhile; so a holder of the writer lock may wait for `busy`.
//
// Whether a sync has failed is asked with syncing.lock, where it is said: who asked before would go on to a second
// sync, which returns 0 and covers nothing of what the first one lost.
static bool try_lead(struct store *store, uint64_t ordinal, struct round *round, int *error) {
  struct syncing *syncing = &store->syncing;
  pthread_mutex_lock(&store->writer);
  pthread_mutex_lock(&syncing->lock);
  bool due = atomic_load(&syncing->durable) < ordinal;
  *error = due ? atomic_load(&syncing->failed) : 0;
  bool lead = due && !*error && !syncing->busy;
  if (lead) syncing->busy = true;
  pthread_mutex_unlock(&syncing->lock);
  if (lead) *error = begin(store, round);
  pthread_mutex_unlock(&store->writer);
  return lead;
}

static void wait_for_leader(struct syncing *syncing, uint64_t ordinal) {
  pthread_mutex_lock(&syncing->lock);
  while (syncing->busy && atomic_load(&syncing->durable) < ordinal) pthread_cond_wait(&syncing->done, &syncing->lock);
  pthread_mutex_unlock(&syncing->lock);
}

static int end_and_release(struct store *store, const struct round *round, int error) {
  struct syncing *syncing = &store->syncing;
  pthread_mutex_lock(&syncing->lock);
  error = end(store, round, error);
  syncing->busy = false;
  pthread_mutex_unlock(&syncing->lock);
  pthread_cond_broadcast(&syncing->done);  // after the lock: who wakes up needs it
  return error;
}

int sync_until(struct store *store, struct io_session *io, uint64_t ordinal) {
  struct syncing *syncing = &store->syncing;
  while (atomic_load(&syncing->durable) < ordinal) {
    struct round round = {0};
    int error;
    if (!try_lead(store, ordinal, &round, &error)) {
      if (error) return error;
      wait_for_leader(syncing, ordinal);
      continue;
    }
    if (!error) error = perform(store, io, &round);
    error = end_and_release(store, &round, error);
    if (error) return error;
  }
  return 0;
}

int sync_with_writer_lock(struct store *store, struct io_session *io) {
  struct round round = {0};
  syncing_acquire(store);
  // Not before: the sync that this one has waited for may be the one that failed.
  int error = atomic_load(&store->syncing.failed);
  if (!error) error = begin(store, &round);
  if (!error) error = perform(store, io, &round);
  return end_and_release(store, &round, error);
}

static int start_writeback(struct session *session, uint64_t offset, uint64_t length) {
  struct store *store = session->store;
  int error = length ? store->io->sync(store->file, session->io, offset, length, false) : 0;
  if (error) syncing_fail(store, error);
  return error;
}

// An acknowledgement waits until no more operations than the policy allows are acknowledged and not durable.
int acknowledge(struct session *session, uint64_t ordinal, uint64_t offset, uint64_t length) {
  struct store *store = session->store;
  switch (store->policy.kind) {
    case SYNC_ASYNC:
      return start_writeback(session, offset, length);
    case SYNC_EVERY:
      return ordinal < store->policy.amount ? 0 : sync_until(store, session->io, ordinal - store->policy.amount + 1);
    case SYNC_ALWAYS:
      return sync_until(store, session->io, ordinal);
    default:
      return 0;
  }
}

static void *timer_main(void *argument) {
  struct store *store = argument;
  struct io_session *io = NULL;
  struct io_buffers none = {0};
  uint32_t depth;
  int error = store->io->session_open(store->file, &none, &io, &depth);
  timer_tell(&store->timer, error);
  while (timer_wait(&store->timer, store->policy.amount)) {
    pthread_mutex_lock(&store->writer);
    uint64_t written = store->written;
    pthread_mutex_unlock(&store->writer);
    (void)sync_until(store, io, written);  // a failure stays in syncing.failed, where every writer meets it
  }
  if (io) (void)store->io->session_close(io);  // it has synced at most, which needs no memory
  return NULL;
}

int interval_start(struct store *store) {
  if (store->read_only || store->policy.kind != SYNC_INTERVAL) return 0;
  return timer_start(&store->timer, timer_main, store);
}
