// SPDX-License-Identifier: MIT
// When operations are asked for in an open loop: at even distances, or at random as those of many independent users.
#ifndef STOREBENCH_ARRIVALS_H
#define STOREBENCH_ARRIVALS_H

#include <stdint.h>

#include "workloads/random.h"

enum arrival_kind {
  ARRIVALS_POISSON,   // gaps are exponential: at any time as likely as at any other
  ARRIVALS_CONSTANT,  // gaps are equal
  ARRIVAL_KINDS
};

// One of several streams that share a rate.
struct arrivals {
  enum arrival_kind kind;
  double gap;   // ns from one arrival of this stream to the next, on average
  double next;  // ns since the start
  struct random random;
};

// `rate`: arrivals a second of all `streams` together, above 0. Together they arrive as one stream of that rate would:
// constant streams take turns, and Poisson ones need not know of each other.
void arrivals_begin(struct arrivals *arrivals, enum arrival_kind kind, double rate, unsigned stream, unsigned streams,
                    uint64_t seed);
// The next arrival, in ns since the start; never before the one before it.
uint64_t arrivals_next(struct arrivals *arrivals);

// "poisson", "constant". Parse: 0 or -EINVAL.
const char *arrival_kind_name(enum arrival_kind kind);
int arrival_kind_parse(const char *text, enum arrival_kind *kind);

#endif
