// SPDX-License-Identifier: MIT
// What a store does at most: the throughput that the rate of an open loop may be a share of.
#ifndef STOREBENCH_PEAK_H
#define STOREBENCH_PEAK_H

#include <jansson.h>

#include "harness/plan.h"

// What is known of one peak. Begins as zeros.
struct peak {
  size_t count;
  double values[PLAN_PEAK_REPETITIONS];  // ops/s
  char status[16], reason[256];          // of the last sample that was not ok; "" if none
};

// Takes note of a sample of the cell that measures it.
void peak_add(struct peak *peak, const json_t *sample);
// The median in ops/s, or NAN when no counted sample was ok.
double peak_rate(const struct peak *peak);

#endif
