// SPDX-License-Identifier: MIT
// What the parts of verdict share: the points at which a claim is put to the test.
#ifndef STOREBENCH_VERDICT_INTERNAL_H
#define STOREBENCH_VERDICT_INTERNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "harness/metrics.h"
#include "harness/statistics.h"

enum point_state { POINT_HOLDS, POINT_FAILS, POINT_OPEN, POINT_MISSING, POINT_STATES };

// One comparison at one value of each axis that it leaves out.
struct verdict_point {
  size_t test;             // index into tests
  json_t *at;              // {axis: value}, owned
  const json_t *cells[2];  // over and under; NULL: not in the run
  enum point_state state;  // POINT_MISSING: one side was not measured
  char reason[256];        // of POINT_OPEN and POINT_MISSING
  struct ratio ratio;      // of the metric; not for POINT_MISSING
  struct ratio against;    // the same by the bound, with p and shown
  double bound;
  bool below;   // claimed is a ratio below the bound
  bool paired;  // the ratio is that of a duel
};

struct verdict_trial {
  const json_t *run, *experiment, *tests;
  const struct metric *metric;
  double floor;
  size_t count, room;  // points found, and that there is memory for
  struct verdict_point *points;
};

// Finds the points of all tests, and what is measured at each. 0 or -ENOMEM; verdict_points_free in any case.
int verdict_points_find(struct verdict_trial *trial);
void verdict_points_free(struct verdict_trial *trial);

// The sentence, from the states of the points: `outcome`, and where. 0 or -errno.
int verdict_say(FILE *out, const struct verdict_trial *trial, const char *outcome);

#endif
