// SPDX-License-Identifier: MIT
// A pair: two children with a store each, both alive, which take turns in slices.
#ifndef STOREBENCH_PAIR_H
#define STOREBENCH_PAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/interrupt.h"
#include "harness/sample.h"
#include "harness/turns.h"

enum { PAIR_REASON_MAX = 1024, PAIR_BLOCKS_MAX = 4096 };
enum { PAIR_WARM_UP_BLOCKS = 2, PAIR_SLICES = 4 };  // blocks that do not count; slices of each

struct pair_side {
  const char *program;  // a storebench; "/proc/self/exe" for this one
  struct sample_order order;
};

struct pair {
  struct pair_side sides[2];
  unsigned first;  // the side that starts first and leads each block
  bool pinned;     // both on one CPU, the same for both
  uint64_t slice_ns;
  unsigned blocks;  // of four slices, that count; at most PAIR_BLOCKS_MAX
};

struct pair_result {
  enum sample_outcome outcome;
  char reason[PAIR_REASON_MAX];  // unless it is ok: which side, and why
  double log_ratio;              // of B's rate over A's
  double rates[2];               // operations a second
  uint64_t verified[2];          // records read back
  double logs[PAIR_BLOCKS_MAX];  // of each block, sorted
};

// Starts both, gives them their turns, has each check its work, and waits for their end. Whatever a child does becomes
// an outcome with a reason. False when a signal came: both are dead then.
bool pair_run(const struct pair *pair, struct interrupt *interrupt, struct pair_result *result);

// Whether a cell can be measured in slices. 0, or -EOPNOTSUPP with the reason: operations that take each id once, cold
// caches, a timer that syncs in the other side's slices, open loops, more than one process.
int pair_possible(const struct cell_settings *settings, struct error *error);
// The length of a slice, and whether both children may share one CPU: not with several threads, nor where the kernel
// polls for one of them.
uint64_t pair_slice_ns(const struct cell_settings *settings);
bool pair_pinned(const struct cell_settings *settings);

#endif
