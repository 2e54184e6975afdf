// SPDX-License-Identifier: MIT
// The seam: every call by which the store changes files, syncs them or waits for another thread is taken over by the
// linker (-Wl,--wrap=...), so that no production code knows of the tests. The wrappers in seam*.c keep the disk's
// record and tell a watcher of each moment at which the power could go.
//
// One seam is in force at a time. While there is none, or it is quiet, the wrappers only call the real functions.
#ifndef STOREBENCH_CRASH_SEAM_H
#define STOREBENCH_CRASH_SEAM_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/crash/disk.h"
#include "tests/crash/rng.h"

struct seam {
  struct disk *disk;
  struct rng *rng;
  bool quiet;          // calls pass through
  bool recovering;     // inside recover()
  bool header_is_due;  // MUTANT_CLEAN_LATE: the write that was put off
  uint32_t fail_sync;  // the sync that fails, counted down; 0: none
  bool sync_failed;    // it did
  uint64_t tick;       // when the timer's round now going on began; 0: none
  void *user;
  // Called at every moment at which the power could go, named by the call that is being made.
  void (*moment)(struct seam *seam, const char *call);
  // The timer thread has made its round, which began at that time of the disk's clock.
  void (*ticked)(struct seam *seam, uint64_t began);
};

// Puts a seam in force (NULL: none) and returns the one that was.
struct seam *seam_enter(struct seam *seam);
// The one in force, if it is not quiet.
struct seam *seam_now(void);

// For the wrappers: the file behind a descriptor, if it is one of the seam's.
int seam_file(struct seam *seam, int fd);
void seam_moment(struct seam *seam, const char *call);
// A sync as the model sees it, with all that can go wrong. 0 or -1 with errno EIO.
int seam_sync(struct seam *seam, const char *call, int file, uint64_t from, uint64_t to);
bool seam_sync_fails(struct seam *seam);

#endif
