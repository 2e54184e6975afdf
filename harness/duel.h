// SPDX-License-Identifier: MIT
// A duel: one cell measured for two sides by several pairs of children, and what that says about B against A.
//
// Two processes that run the same program on the same file still differ by a few percent for as long as they live
// (where their memory lies decides which cache lines collide), and two copies of a file differ by where they lie.
// Neither cancels within a pair. So every pair is two new processes, the side that starts takes turns, and where the
// operation writes, the two copies change hands with every pair and are made anew half-way. The pairs' mean logarithms
// are the values from which the interval is made, after the effect of starting first is taken out, which can be large.
#ifndef STOREBENCH_DUEL_H
#define STOREBENCH_DUEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/dataset.h"
#include "harness/pair.h"

enum { DUEL_PAIRS_MIN = 4, DUEL_PAIRS_MAX = 100 };

struct duel_side {
  const char *program;
  struct cell_settings settings;
  const char *set;  // name of the data set in the folder, filled; NULL where the engine keeps nothing
};

struct duel {
  struct duel_side sides[2];
  bool read_only;  // the data sets themselves are opened, by both sides where they name the same; else copies
  unsigned pairs;  // DUEL_PAIRS_MIN to DUEL_PAIRS_MAX
  double seconds;  // of slices that count, of all pairs and both sides together
  double warmup;   // before the first slice of each process
  double floor;    // the smallest effect that is believed, as a fraction
  double level;    // of the interval, such as 0.99
  uint64_t seed;
  const struct dataset_folder *folder;
  struct interrupt *interrupt;
  // pair_run, or a test's own.
  bool (*run)(const struct pair *pair, struct interrupt *interrupt, struct pair_result *result);
  void (*progress)(void *user, unsigned pairs_done);  // NULL: nobody looks
  void *user;
};

struct duel_result {
  enum sample_outcome outcome;
  char reason[PAIR_REASON_MAX];
  double ratio, low, high;  // of B's rate over A's: geometric mean over the pairs, and its t interval
  bool shown;               // the interval excludes 1 and the effect exceeds the floor
  double rates[2];          // operations a second, geometric means over the pairs
  unsigned pairs;
  bool pinned;
  uint64_t slice_ns;
  unsigned blocks;  // of four slices, in each pair
  double pair_logs[DUEL_PAIRS_MAX];
};

// Runs it. False when a signal came: the pairs that were run by then are in the result, and no more. What cannot be
// measured is an outcome with a reason. Leaves no file.
bool duel_run(const struct duel *duel, struct duel_result *result);

// The smallest effect believed of this cell, as a fraction: how far apart this tool finds a build and itself
// (docs/ab.md has the measurements).
double duel_floor(const struct cell_settings *settings);

#endif
