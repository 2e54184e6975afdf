// SPDX-License-Identifier: MIT
// Stores with one rule of the format broken, to show that the checker notices. Each mutant is a wrapper around the
// small function or call that keeps the rule (mutants.c, seam*.c).
#ifndef STOREBENCH_CRASH_MUTANTS_H
#define STOREBENCH_CRASH_MUTANTS_H

#include <stdbool.h>

enum mutant {
  MUTANT_NONE,
  MUTANT_REUSE_AT_ONCE,       // a superseded slot is free before the record that superseded it is durable
  MUTANT_TOMBSTONES_EARLY,    // dropped before the older records of their keys are zeroed
  MUTANT_SKIP_CHECKSUM,       // whatever has a record's fields is one
  MUTANT_SERVE_BEFORE_SYNC,   // recovery answers from the page cache without a sync
  MUTANT_RECOVER_FROM_CACHE,  // recovery syncs, but does not drop the cached pages
  MUTANT_CLEAN_LATE,          // the header says "not clean" only after the first records are written
  MUTANT_HEADER_IN_PLACE,     // the newer header copy is overwritten
  MUTANT_HEADER_UNSETTLED,    // what the page cache shows of the newer copy is taken for durable
  MUTANT_SNAPSHOT_UNTIED,     // any snapshot of this store is taken, whatever its generation
  MUTANT_SYNC_IS_NOTHING,     // once there is a store, fsync, fdatasync, msync and the ring's fsync do nothing
  MUTANT_MSYNC_TOO_SMALL,     // msync covers the first page only
  MUTANT_FSYNC_UNLINKED,      // the ring's fsync is not linked behind its write
  MUTANT_FOLDER_NOT_SYNCED,   // a created, linked or renamed name may be lost
  MUTANT_FAILURE_FORGOTTEN,   // the store goes on when a sync of its growth or header has failed
  MUTANT_FLUSH_IS_NOTHING,    // what waits in stdio's buffer is not handed over before a sync
  MUTANT_PARTS_NOT_AWAITED,   // a commit of several parts is acknowledged with its writes in flight
  MUTANT_EMPTY_PART_LAST,     // and so is one whose last part has nothing to write, since only a write waits for others
  MUTANTS
};

// In words, for messages and the command line.
const char *mutant_name(enum mutant mutant);
// The store is this mutant from now on, until another one is set.
void mutant_set(enum mutant mutant);
bool mutant_is(enum mutant mutant);

#endif
