// SPDX-License-Identifier: MIT
// Two sides take turns in slices, A B B A: whatever makes the machine faster or slower for longer than a block of four
// slices hits both alike and cancels. Pure but for the function that runs a slice.
#ifndef STOREBENCH_TURNS_H
#define STOREBENCH_TURNS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct slice {
  uint64_t operations, ns;
};

struct turns {
  unsigned first;    // the side whose slices come first and last in each block: 0 (A B B A) or 1 (B A A B)
  uint64_t ns;       // length of a slice
  unsigned warm_up;  // blocks before those that count: caches of the processor fill
  unsigned blocks;   // that count, at least 1
  void *user;
  // Runs one slice of a side. 0 or -errno with the reason.
  int (*run)(void *user, unsigned side, uint64_t ns, struct slice *slice, struct error *error);
};

struct turns_result {
  double log_ratio;       // natural logarithm of B's rate over A's: the mean of the middle half of the blocks
  struct slice total[2];  // of the blocks that count
};

// Runs all blocks. `logs` (room for turns->blocks) gets each block's logarithm, sorted. What interrupts a slice, such
// as another process, spoils a block, upwards as often as downwards: the quarter of the blocks at each end is left out.
// 0, or -errno of the slice that failed; -EIO where a slice finished nothing.
int turns_run(const struct turns *turns, double *logs, struct turns_result *result, struct error *error);

#endif
