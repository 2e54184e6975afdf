// SPDX-License-Identifier: MIT
// The cache states `pressure` and `filling`: a data file that does not fit into the memory it may take, from when that
// is full, and from when it is empty.
#ifndef STOREBENCH_PRESSURE_H
#define STOREBENCH_PRESSURE_H

#include <stdbool.h>
#include <stdint.h>

#include "engines/engine.h"
#include "harness/memory_group.h"
#include "workloads/experiment.h"

struct pressure {
  struct memory_group group;
  bool set;
  bool full;                               // the cache, when the clock starts
  const char *name;                        // of the state, for messages
  uint64_t wanted;                         // bytes of page cache asked for
  uint64_t own;                            // bytes of everything else: index, buffers, page tables
  uint64_t limit;                          // of the group: both together
  uint64_t charged_before, charged_after;  // bytes of files charged to the group
};

// Drops the file of the open store from the cache, so that its pages can be charged to the group that this process is
// in; limits the group to what it uses besides files, and `wanted` bytes more; reads all of the file
// that was ever written to, so that the cache is full (CACHE_FILLING: leaves it empty); and proves what is in it: no
// more than the limit, all charged to the group, and no less than can be expected. 0; -EBUSY with reason and remedy
// where that cannot be had; -errno.
int pressure_set(struct pressure *pressure, enum cache_state state, uint64_t wanted, const struct engine *engine,
                 struct store *store, const char *path, struct error *error);

// After the timed part: NULL if the cached bytes of the file are still within the limit and charged to the group, or a
// text with static lifetime that says what is wrong. Sets charged_after, and lifts the limit, so that reading back what
// was written, which is not measured, does not take minutes.
const char *pressure_check_after(struct pressure *pressure, const char *path);

#endif
