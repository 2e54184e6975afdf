// SPDX-License-Identifier: MIT
// Histories from the outside: what the test programs run.
#ifndef STOREBENCH_CRASH_HISTORY_H
#define STOREBENCH_CRASH_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "engines/engine.h"
#include "tests/parts/parts.h"

enum { MESSAGE_ROOM = 1024 };

struct counts {
  uint64_t histories, operations, moments, images, powered_off, kills, failed_syncs;
  struct parts parts;
};

// One history: all of it follows from these.
struct run {
  const char *engine;  // name
  struct sync_policy policy;
  uint64_t seed;
  uint32_t images_at_once;  // at one moment
  const char *folder;       // ours; it holds image/, 0/, 1/ and 2/
  bool trace;               // tell on standard error what happens
  struct counts counts;
  bool failed;
  char message[MESSAGE_ROOM];
};

// Runs the whole history; run->failed and ->message say how it went. The counts are added to.
void history_run(struct run *run);

// A folder for runs, in the test's own; removed by folder_remove.
void folder_make(char *path, uint32_t room);
void folder_remove(const char *path);

#endif
