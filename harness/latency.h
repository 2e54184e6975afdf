// SPDX-License-Identifier: MIT
// The latencies of a sample: a recorder for each thread, all together and by kind of operation, and whether operations
// are so fast that each one's time would be mostly the clock's.
#ifndef STOREBENCH_LATENCY_H
#define STOREBENCH_LATENCY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/histogram.h"
#include "workloads/client.h"

// What the threads of a sample share. They take their times in the same way: the first to have timed
// LATENCY_CALIBRATION operations decides for all.
struct latency_plan {
  double clock_cost;  // ns a reading
  bool by_kind;       // keep the kinds apart too (a mix)
  bool may_group;     // each call is reaped before the next, so that calls can be timed in groups
  atomic_uint calls;  // that one reading stands for; 0: not decided
};

enum { LATENCY_CALIBRATION = 256 };

// One thread's.
struct latency {
  struct timing timing;  // for client_run
  struct latency_plan *plan;
  struct histogram *all;
  struct histogram *kinds[OPERATION_KINDS];  // NULL where plan->by_kind is not set
  // Holds the longest time between two readings of the clock since somebody emptied it (ns); its user's. NULL: nobody
  // asks.
  _Atomic uint64_t *longest;
};

// Operations that take ten readings of the clock or more are timed one by one; of faster ones, the smallest power of
// two that together takes as long. Calls to time together for operations of `ns` each.
uint32_t latency_group(double ns, double clock_cost);

// 0 or -ENOMEM; latency_close in either case.
int latency_open(struct latency *latency, struct latency_plan *plan);
void latency_close(struct latency *latency);
// After the run: a thread too short to have seen that the others time in groups joins them.
void latency_settle(struct latency *latency);
void latency_add(struct latency *into, const struct latency *from);

#endif
