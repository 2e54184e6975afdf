// SPDX-License-Identifier: MIT
// What the peers share: stores that others wrote, behind our vtable. A peer is one file that fills in `struct peer`;
// the sync policies, sessions, checks of keys and values, and the way operations are handed over are here, so that they
// are the same for all. Each peer builds to a plug-in of its own with these files in it.
#ifndef STOREBENCH_PEER_H
#define STOREBENCH_PEER_H

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

#include "engines/engine.h"
#include "engines/timer.h"

// What a peer keeps for an open store, and for a session; each peer has its own.
struct peer_db;
struct peer_session;

// -errno values of their own, from commit: nothing was applied, the store must grow first.
enum { PEER_GROW = -EXFULL };

// How a peer is driven. All return 0 or -errno unless they say otherwise. Keys, values and the right to write have been
// checked. `ops` are all of the kinds named; their status is set for each.
struct peer {
  bool folder;  // a store is a folder of files, not one file

  // Whether it has started what does not survive a fork, in this process; NULL: it starts nothing of the kind.
  bool (*started)(void);

  // Opens or makes the store at `path`. The policy that the peer itself keeps is config->sync.
  int (*open)(const char *path, const struct store_config *config, struct peer_db **db, struct error *error);
  int (*close)(struct peer_db *db);

  // What a thread needs for reading; NULL: nothing. Called with no operation running on the session.
  int (*session_open)(struct peer_db *db, struct peer_session **session);
  void (*session_close)(struct peer_session *session);

  // Gets, in one snapshot where the peer has one, each copied out.
  int (*read)(struct peer_db *db, struct peer_session *session, struct op *const *ops, size_t count);
  // Puts and deletes, in this order, as one transaction or batch. `durable`: on the device before it returns. On an
  // error none was applied.
  int (*commit)(struct peer_db *db, struct op *const *ops, size_t count, bool durable);
  // After PEER_GROW; no session has an operation running.
  int (*grow)(struct peer_db *db);

  // In key order, as the vtable's scan; the key of the store's own record is left out.
  int (*scan)(struct peer_db *db, struct peer_session *session, const void *from, uint32_t from_length, uint64_t limit,
              scan_fn fn, void *user);
  // All that was committed before is on the device when it returns.
  int (*sync)(struct peer_db *db);
  // Asks for write-back of what was committed, and does not wait; NULL where the peer has no way to.
  int (*start_writeback)(struct peer_db *db);

  // Gives space back in the open store, and waits for the store's background work; or NULL, and then
  // `rewrite` writes a compact copy of it to `path`, which takes its place.
  int (*compact)(struct peer_db *db);
  int (*rewrite)(struct peer_db *db, const char *path);

  // Waits until the store has nothing left to do in the background, so that what is read next does not pay for what was
  // written before. 1: what that made is mapped, and let go of only when the store is opened once more; 0: it is not;
  // -errno. NULL: it does nothing there.
  int (*drain)(struct peer_db *db);

  // As the vtable's: what was asked of the peer's library, from the library itself where it tells. NULL: nothing to
  // tell.
  int (*settings)(struct peer_db *db, setting_fn tell, void *user);

  // Adds what the peer knows: records (our own not counted), capacity, index_bytes.
  int (*stat)(struct peer_db *db, struct store_stat *stat);
};

// Defined by the peer that is built in.
extern const struct peer peer;

// The key of the record that holds the store's record size. No caller's key is so long, and it sorts among the first.
enum { PEER_META_LENGTH = 24 };
static inline bool peer_is_meta(size_t key_length) { return key_length == PEER_META_LENGTH; }

// Copies a found value into a get, and sets its status.
void peer_answer(struct op *op, const void *value, size_t length);

// Tells one setting. What `tell` returned.
int peer_tell(setting_fn tell, void *user, const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// The vtable's functions, for the peer's `struct engine`.
int peer_open(const char *path, const struct store_config *config, struct store **store, struct error *error);
int peer_close(struct store *store, struct error *error);
int peer_session_open(struct store *store, struct session **session, struct error *error);
int peer_session_close(struct session *session);
int peer_submit(struct session *session, struct op *const *ops, size_t count);
int peer_reap(struct session *session, struct op **done, size_t max, size_t min);
int peer_scan(struct session *session, const void *from, uint32_t from_length, uint64_t limit, scan_fn fn, void *user);
int peer_sync(struct store *store);
int peer_forget(struct store *store);
int peer_compact(struct store *store, struct error *error);
int peer_stat(struct store *store, struct store_stat *stat);
int peer_settings(struct session *session, setting_fn tell, void *user);
// Opens and closes a store of its own in `folder`, with these options: whatever the peer refuses, it refuses then.
int peer_probe(const char *folder, const struct store_config *config, struct error *error);

// The plug-in of a peer: name, label, summary, caps, options and durability are its own, the rest is that of all.
#define PEER_PLUGIN(...)                                                    \
  static const struct engine engine = {.api = ENGINE_API,                   \
                                       .probe = peer_probe,                 \
                                       .open = peer_open,                   \
                                       .close = peer_close,                 \
                                       .session_open = peer_session_open,   \
                                       .session_close = peer_session_close, \
                                       .submit = peer_submit,               \
                                       .reap = peer_reap,                   \
                                       .scan = peer_scan,                   \
                                       .sync = peer_sync,                   \
                                       .forget = peer_forget,               \
                                       .compact = peer_compact,             \
                                       .stat = peer_stat,                   \
                                       .settings = peer_settings,           \
                                       __VA_ARGS__};                        \
  STOREBENCH_EXPORT const struct engine *storebench_engine(uint32_t api);   \
  const struct engine *storebench_engine(uint32_t api) { return api == ENGINE_API ? &engine : NULL; }

#endif
