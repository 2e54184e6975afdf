// SPDX-License-Identifier: MIT
// An open store of a peer, as the files of this folder share it.
#ifndef STOREBENCH_PEER_INTERNAL_H
#define STOREBENCH_PEER_INTERNAL_H

#include <stdatomic.h>

#include "engines/peers/peer.h"

// Whoever uses the peer's store holds its session's lock or, without a session, `sessions_lock`. Whoever replaces it
// holds all of them: first sessions_lock, then each session's.
struct store {
  struct store_config config;
  char *path;
  int lock_fd;         // flock on it, or -1
  struct peer_db *db;  // NULL after it could not be opened again

  pthread_mutex_t sessions_lock;
  struct session *sessions;

  pthread_mutex_t lock;  // guards what follows
  pthread_cond_t done;
  bool busy;                 // one thread syncs at a time
  _Atomic uint64_t written;  // operations committed since open
  _Atomic uint64_t durable;  // of those, on the device
  _Atomic int failed;        // 0, or the -errno of the first failed sync: no write is taken any more
  uint64_t dirty_since_ns;   // SYNC_INTERVAL: when the first write since the latest sync began was acknowledged
  uint64_t window_max_ns;
  uint64_t syncs, growths;
  struct timer timer;
};

struct session {
  struct store *store;
  struct session *next;
  pthread_mutex_t lock;
  struct peer_session *own;
  struct op **done;  // finished operations wait in done[taken] to done[count - 1] until they are reaped
  size_t taken, count, room;
  struct op **reads, **writes;  // of the submit that runs; as much room as `done`
};

// policies.c. A commit with what the policy asks for around it; sets the status of each op. With the session's lock,
// which it gives away for a moment when the store must grow.
void write_ops(struct session *session, struct op *const *ops, size_t count);
// Makes durable what was committed so far, if anything was. The caller holds a lock that keeps the peer's store.
int sync_written(struct store *store);
int interval_start(struct store *store);

// peer.c. Runs `change` on the peer's store while nobody uses it; sessions' own state is made anew around it. 0 or the
// error of change or of that.
int with_store_alone(struct store *store, int (*change)(struct store *store));
int grow_store(struct store *store);

// files.c: the files of a store, which is one file or a folder of them.
int files_measure(const char *path, struct store_stat *stat);  // adds up their sizes
int files_drop(const char *path);                              // writes them and drops them from the page cache
int files_remove(const char *path);                            // and what belongs to it: PATH-lock
int files_sync_folder(const char *path);                       // the folder that a file is in

#endif
