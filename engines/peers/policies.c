// SPDX-License-Identifier: MIT
// Sync policies over a peer's own transactions. Under `always` each commit is durable by itself. Under `every` and
// `interval` commits are not, and the peer's sync follows them: an acknowledgement waits until no more operations than
// the policy allows are acknowledged and not durable.
#include <errno.h>

#include "base/clock.h"
#include "engines/peers/internal.h"

static void fail(struct store *store, int code) {
  int none = 0;
  atomic_compare_exchange_strong(&store->failed, &none, code);
}

// One thread syncs; the others wait, and find theirs done or do it next.
static int sync_until(struct store *store, uint64_t ordinal) {
  int code = 0;
  pthread_mutex_lock(&store->lock);
  while (!code && atomic_load(&store->durable) < ordinal) {
    if (store->busy) {
      pthread_cond_wait(&store->done, &store->lock);
      continue;
    }
    store->busy = true;
    uint64_t covered = atomic_load(&store->written), since = store->dirty_since_ns;
    store->dirty_since_ns = 0;
    pthread_mutex_unlock(&store->lock);
    code = atomic_load(&store->failed);
    if (!code) code = store->db ? peer.sync(store->db) : -EIO;
    if (code) fail(store, code);
    pthread_mutex_lock(&store->lock);
    store->busy = false;
    if (!code) {
      atomic_store(&store->durable, covered);
      store->syncs++;
      uint64_t window = since ? clock_ns() - since : 0;
      if (window > store->window_max_ns) store->window_max_ns = window;
    }
    pthread_cond_broadcast(&store->done);
  }
  pthread_mutex_unlock(&store->lock);
  return code;
}

int sync_written(struct store *store) {
  int code = atomic_load(&store->failed);
  return code ? code : sync_until(store, atomic_load(&store->written));
}

// How many of `count` operations may be committed before a sync must follow.
static size_t share(const struct store *store, size_t count) {
  if (store->config.sync.kind != SYNC_EVERY) return count;
  uint64_t open = atomic_load(&store->written) - atomic_load(&store->durable), amount = store->config.sync.amount;
  uint64_t room = open < amount ? amount - open : 1;
  return room < count ? (size_t)room : count;
}

// Counts what was committed; the ordinal of the last one.
static uint64_t note(struct store *store, size_t count, bool durable) {
  pthread_mutex_lock(&store->lock);
  uint64_t ordinal = atomic_fetch_add(&store->written, count) + count;
  if (durable) {
    atomic_fetch_add(&store->durable, count);  // all before it were, too
    store->syncs++;
  } else if (store->config.sync.kind == SYNC_INTERVAL && !store->dirty_since_ns) {
    store->dirty_since_ns = clock_ns();
  }
  pthread_mutex_unlock(&store->lock);
  return ordinal;
}

static int acknowledge(struct store *store, uint64_t ordinal) {
  const struct sync_policy *sync = &store->config.sync;
  if (sync->kind == SYNC_ASYNC && peer.start_writeback) return peer.start_writeback(store->db);
  if (sync->kind != SYNC_EVERY || ordinal < sync->amount) return 0;
  return sync_until(store, ordinal - sync->amount + 1);
}

// Deletes of what is not there change nothing, and need no sync.
static size_t changes(struct op *const *ops, size_t count) {
  size_t changed = 0;
  for (size_t i = 0; i < count; i++) changed += ops[i]->status == 0;
  return changed;
}

static int commit_once(struct store *store, struct op *const *ops, size_t count) {
  bool durable = store->config.sync.kind == SYNC_ALWAYS;
  int code = atomic_load(&store->failed);
  if (!code) code = store->db ? peer.commit(store->db, ops, count, durable) : -EIO;
  // After a failed sync the kernel may have marked the pages clean, and a second one would prove nothing.
  if (code == -EIO && durable) fail(store, code);
  size_t changed = code ? 0 : changes(ops, count);
  if (changed) code = acknowledge(store, note(store, changed, durable));
  return code;
}

static int commit(struct session *session, struct op *const *ops, size_t count) {
  struct store *store = session->store;
  int code = commit_once(store, ops, count);
  while (code == PEER_GROW) {
    // Growing wants the store alone, so this session's lock as well.
    pthread_mutex_unlock(&session->lock);
    code = with_store_alone(store, grow_store);
    pthread_mutex_lock(&session->lock);
    if (!code) code = commit_once(store, ops, count);
  }
  return code;
}

void write_ops(struct session *session, struct op *const *ops, size_t count) {
  for (size_t done = 0, part; done < count; done += part) {
    part = share(session->store, count - done);
    int code = commit(session, ops + done, part);
    for (size_t i = 0; code && i < part; i++) ops[done + i]->status = code;
  }
}

static void *sync_at_intervals(void *argument) {
  struct store *store = argument;
  timer_tell(&store->timer, 0);
  while (timer_wait(&store->timer, store->config.sync.amount)) {
    pthread_mutex_lock(&store->sessions_lock);
    (void)sync_written(store);  // a failure stays in `failed`, where every writer meets it
    pthread_mutex_unlock(&store->sessions_lock);
  }
  return NULL;
}

int interval_start(struct store *store) {
  if (store->config.read_only || store->config.sync.kind != SYNC_INTERVAL) return 0;
  return timer_start(&store->timer, sync_at_intervals, store);
}
