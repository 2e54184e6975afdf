// SPDX-License-Identifier: MIT
// Records a thread's latencies. The first operations are timed one by one; when they turn out faster than ten readings
// of the clock, they are put down as one group, and groups are timed from then on.
#include "harness/latency.h"

#include <errno.h>

enum { READINGS = 10, GROUP_MAX = 1 << 12 };

uint32_t latency_group(double ns, double clock_cost) {
  // A span between two readings holds the cost of one.
  double own = ns > clock_cost ? ns - clock_cost : 0;
  uint32_t calls = 1;
  while (calls < GROUP_MAX && own * calls < READINGS * clock_cost) calls *= 2;
  return calls;
}

// Of a group the whole span: one of its operations may have taken nearly all of it, which their mean hides. Only this
// thread raises the place; whoever empties it meanwhile takes what was there.
static void note_longest(const struct latency *latency, uint64_t ns) {
  if (latency->longest && ns > atomic_load_explicit(latency->longest, memory_order_relaxed))
    atomic_store_explicit(latency->longest, ns, memory_order_relaxed);
}

static void record(void *user, enum operation_kind kind, uint64_t ns, uint32_t calls, uint64_t operations) {
  (void)kind;
  const struct latency *latency = user;
  histogram_record(latency->all, ns / calls, operations);
  note_longest(latency, ns);
}

static void record_kind(void *user, enum operation_kind kind, uint64_t ns, uint32_t calls, uint64_t operations) {
  const struct latency *latency = user;
  record(user, kind, ns, calls, operations);
  histogram_record(latency->kinds[kind], ns / calls, operations);
}

// All that was recorded becomes one group.
static void regroup(struct latency *latency, uint32_t calls) {
  uint64_t mean = (uint64_t)histogram_mean(latency->all), count = histogram_count(latency->all);
  histogram_clear(latency->all);
  if (count) histogram_record(latency->all, mean, count);
  latency->timing.record = record;  // a group has no kind
  latency->timing.calls = calls;
}

static void decide(struct latency *latency) {
  struct latency_plan *plan = latency->plan;
  // The median: one page fault among the first operations says nothing about the others.
  double ns = (double)histogram_percentile(latency->all, 50);
  unsigned undecided = 0, mine = plan->may_group ? latency_group(ns, plan->clock_cost) : 1;
  atomic_compare_exchange_strong(&plan->calls, &undecided, mine);
  unsigned calls = undecided ? undecided : mine;
  latency->timing.record = plan->by_kind ? record_kind : record;
  if (calls > 1) regroup(latency, calls);
}

static void calibrate(void *user, enum operation_kind kind, uint64_t ns, uint32_t calls, uint64_t operations) {
  struct latency *latency = user;
  if (latency->plan->by_kind)
    record_kind(latency, kind, ns, calls, operations);
  else
    record(latency, kind, ns, calls, operations);
  if (histogram_count(latency->all) >= LATENCY_CALIBRATION) decide(latency);
}

int latency_open(struct latency *latency, struct latency_plan *plan) {
  *latency = (struct latency){.timing = {.record = calibrate, .user = latency, .calls = 1}, .plan = plan};
  latency->all = histogram_new();
  if (!latency->all) return -ENOMEM;
  for (int kind = 0; kind < OPERATION_KINDS && plan->by_kind; kind++) {
    latency->kinds[kind] = histogram_new();
    if (!latency->kinds[kind]) return -ENOMEM;
  }
  return 0;
}

void latency_close(struct latency *latency) {
  histogram_free(latency->all);
  for (int kind = 0; kind < OPERATION_KINDS; kind++) histogram_free(latency->kinds[kind]);
}

void latency_settle(struct latency *latency) {
  uint32_t calls = atomic_load(&latency->plan->calls);
  if (calls > 1 && latency->timing.calls == 1) regroup(latency, calls);
}

void latency_add(struct latency *into, const struct latency *from) {
  histogram_add(into->all, from->all);
  for (int kind = 0; kind < OPERATION_KINDS && into->plan->by_kind; kind++)
    histogram_add(into->kinds[kind], from->kinds[kind]);
}
