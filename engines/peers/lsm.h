// SPDX-License-Identifier: MIT
// What the two LSM trees have in common: the settings that make them equal, and their errors, which are words.
#ifndef STOREBENCH_PEER_LSM_H
#define STOREBENCH_PEER_LSM_H

#include "engines/peers/peer.h"

// Where each option stands in the tables of both.
enum { LSM_CACHE, LSM_BUFFER, LSM_VERIFY, LSM_OPTIONS };

// Both get the same memory: LevelDB's own default of a cache, and RocksDB's own default of a write buffer.
#define LSM_TABLE                                                                                      \
  [LSM_CACHE] = {"cache", OPTION_SIZE, NULL, "8M", 64u << 10, 1ull << 40, "bytes of its block cache"}, \
  [LSM_BUFFER] = {"buffer", OPTION_SIZE, NULL, "64M", 64u << 10, 1u << 30, "bytes of a memtable"},     \
  [LSM_VERIFY] = {"verify", OPTION_BOOL, NULL, "off", 0, 0, "check the checksum of each block that is read"}

enum { LSM_BLOOM_BITS = 10 };

// The text of a failed operation as -errno, 0 for NULL. Never -ENOENT, which would say that a key is absent. Frees the
// text, which came from malloc.
int lsm_status(char *text);
// The text of a failed open as -errno, -ENOENT where there is no store. The text goes into `error`, and is freed.
int lsm_open_status(char *text, const char *path, struct error *error);

// Waits until `busy` says no. -ETIMEDOUT after a minute, -errno that `busy` returned; `busy`: 1, 0 or -errno.
int lsm_drain(struct peer_db *db, int (*busy)(struct peer_db *db));

// What such a `busy` returned in words, of which `some` are those for 1: static, or `some` itself.
const char *lsm_work(int busy, const char *some);

// Whether an operation before the one at `index` in the batch decides what that one finds: 1 the key is there, 0 it is
// not, -1 the store itself decides.
int lsm_earlier(struct op *const *ops, size_t index);

#endif
