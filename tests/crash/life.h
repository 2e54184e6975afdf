// SPDX-License-Identifier: MIT
// The life of a store under the seam: operations, and at the moments in between looks at what a power loss would leave.
#ifndef STOREBENCH_CRASH_LIFE_H
#define STOREBENCH_CRASH_LIFE_H

#include "engines/engine.h"
#include "tests/crash/disk.h"
#include "tests/crash/history.h"
#include "tests/crash/oracle.h"
#include "tests/crash/seam.h"

enum { SPEC_ROOM = 128, REASON_ROOM = 640 };

struct life {
  struct run *run;
  struct seam seam;
  struct disk disk;
  struct log log;
  struct rng rng;        // of what is done
  struct rng image_rng;  // of what is looked at
  unsigned depth;        // 0: the history itself; else a life after a crash
  const struct engine *engine;
  struct store_config config;
  char spec[SPEC_ROOM];
  bool direct;  // I/O around the page cache, which a file in memory takes under the seam only
  struct store *store;
  unsigned sessions;
  bool exists;    // it was created, or a write was acknowledged
  bool doubtful;  // power or a sync failed, and the store has not come back since: what was acknowledged may be gone
  bool killed, spared;  // the process before was, and nothing that it had acknowledged went with it
  uint64_t looked_at, changes, changes_looked_at;
};

// life.c: everything below says by run->failed what went wrong.
void life_begin(struct life *life, struct run *run, unsigned depth, uint64_t seed);
void life_end(struct life *life);
void life_path(const struct life *life, char *path, size_t room);
// Opens the store, and compares all it holds with the log: `exactly` its newest state, or what a crash may leave. Sets
// the log to what was found.
void life_open(struct life *life, bool create, bool exactly);
// Closes it; after a sync that failed it may say so.
void life_close(struct life *life);
// `count` steps of one thread, with the keys from `first` on.
void life_steps(struct life *life, unsigned thread, uint16_t first, uint16_t keys, uint32_t count);
__attribute__((format(printf, 2, 3))) void life_fail(struct life *life, const char *format, ...);
// A line about what happens, if the run is traced.
__attribute__((format(printf, 2, 3))) void life_trace(const struct life *life, const char *format, ...);

// look.c
// The watcher of the seam: looks at images now and then.
void look_at_moment(struct seam *seam, const char *call);
// Everything a store holds, by scan and by gets, which must agree. False with a reason.
bool look_at_store(const struct engine *engine, struct store *store, const struct log *log, struct found *found,
                   char *why);

#endif
