// SPDX-License-Identifier: MIT
// Bringing a data file's cached pages into a named state, and proving that they are in it.
#ifndef STOREBENCH_CACHE_H
#define STOREBENCH_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "engines/engine.h"
#include "workloads/experiment.h"

// The share (0 to 1) of the file's pages that are in the page cache, by cachestat(2) or, before Linux 6.5, mincore(2).
// 0 or -errno: -ENOENT, -EISDIR, -ENODATA (the file is empty), -EPERM (the
// kernel tells only those who own the file or may write to it) ... Thread safe.
int cache_residency(const char *path, double *share);

// The same in bytes, in whole pages.
int cache_bytes(const char *path, uint64_t *cached);

// Bytes of the file that are in this process's page table, over all its maps of it, and how many maps those are.
// 0 or -errno. Thread safe.
int cache_mapped(const char *path, uint64_t *bytes, unsigned *maps);

// Brings the open store at `path` into the state, in the same way for every engine:
//   as-is   nothing is done
//   cold    synced and dropped; under 1% of the file is in the page cache
//   warm    dropped, then read from first to last byte in pieces of 1 MiB by plain pread; 99% or more is in the page
//           cache and under 1% in the page table. Read anew even where it was there: how a file got into the cache
//           decides the size of its folios, and that alone moves a map's speed
//   mapped  warm, then every page of every record touched by a scan through the store, so through its map if it has one
// Engines that keep nothing (without CAP_PERSISTENT) have no file; nothing is done.
// The states that limit memory are pressure_set's; here they are refused with -EOPNOTSUPP.
// 0; -EBUSY with reason and remedy where the state cannot be reached, or not proven, on this machine; any other -errno
// where something failed. No operation may be outstanding.
int cache_set(enum cache_state state, const struct engine *engine, struct store *store, const char *path,
              struct error *error);

// The same where another process has the file in this state already, for a second process beside it. With mapped
// nothing is dropped, which that process's map would prevent: the file must be in the page cache, and this store
// touches it too. The states in which nobody maps the file are made anew.
int cache_join(enum cache_state state, const struct engine *engine, struct store *store, const char *path,
               struct error *error);

// Whether the state lasted while the bytes in the page cache went from `before` to `after`: warm and mapped do when 99%
// are still there. As-is and cold end with the first operation.
bool cache_lasted(enum cache_state state, uint64_t before, uint64_t after);

// Gets the file of the open store out of the cache, the store's own maps and buffers first. *share is what stays, which
// is for the caller to judge. 0, -EBUSY or another -errno as cache_set.
int cache_empty(const struct engine *engine, struct store *store, const char *path, double *share, struct error *error);
// Reads the file from byte `from` up to byte `to`, or its end, in pieces of 1 MiB by plain pread. 0 or -errno.
int cache_read(const char *path, uint64_t from, uint64_t to);

// "as-is", "cold", "warm", "mapped", "pressure" or "filling".
const char *cache_state_name(enum cache_state state);

// Writes the file's dirty pages out and drops its pages from the page cache. Those that some process has mapped stay:
// cache_residency tells. 0 or -errno.
int cache_drop(const char *path);

#endif
