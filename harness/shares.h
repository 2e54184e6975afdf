// SPDX-License-Identifier: MIT
// What a run spent its time on: measuring, bringing stores and caches into their state, and all the rest. Pure.
#ifndef STOREBENCH_SHARES_H
#define STOREBENCH_SHARES_H

#include <jansson.h>

struct shares {                 // seconds
  double limits, limits_timed;  // the bounds with all they need, and their timed parts
  double measuring;             // timed parts of samples
  double duels, duels_timed;    // duels with all they need, and their slices
  double warming;               // warm-ups, and bringing the page cache into its state
  double filling;               // data sets and private copies
  double opening;               // children's start and end, opening and closing stores, removing files
  double checking;              // reading records back
  double drawing;
};

// Adds a sample that spent_complete has seen.
void shares_add(struct shares *shares, const json_t *sample);

// The `bookkeeping` of a run that took `total` seconds (docs/results.md). The caller's; NULL when memory is short.
json_t *shares_to_json(const struct shares *shares, double total);

#endif
