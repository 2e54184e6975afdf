// SPDX-License-Identifier: MIT
// Commits of several parts (records_at_once) in tests whose commits are small: in programs linked with this, parts are
// of so few operations that there are several, and they are counted.
#ifndef STOREBENCH_TEST_PARTS_H
#define STOREBENCH_TEST_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "engines/engine.h"

// Written with the store's writer lock held.
struct parts {
  uint64_t commits;  // of more than one part
  uint64_t growths;  // of the file between two parts of a commit
  uint64_t moments;  // between two parts: one was handed over, or the file has grown since
  uint64_t die_at;   // the process kills itself at this moment; 0: never
};

// Commits are counted there from now on; NULL: nowhere.
void parts_watch(struct parts *parts);
// Whether a store opened so has commits of several parts.
bool parts_expected(const char *spec, struct sync_policy policy);

#endif
