// SPDX-License-Identifier: MIT
// Bounds that follow from what is asked of a store, not from the machine: the bytes that there are.
#ifndef STOREBENCH_LIMITS_ASKED_H
#define STOREBENCH_LIMITS_ASKED_H

#include <jansson.h>
#include <stdbool.h>

struct limit_asked {
  double value;  // in the unit of the metric
  char label[64];
};

// The bound of a cell, as it stands in the head of a run, in this metric. The environment of the run says how large the
// blocks of its file system are; NULL: not known. False: there is none.
bool limit_asked(const json_t *environment, const json_t *cell, const char *metric, struct limit_asked *asked);

// Why a chart of this metric may have no bound at all, for those who look for one. Never NULL.
const char *limit_none(const char *metric);

#endif
