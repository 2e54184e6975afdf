// SPDX-License-Identifier: MIT
// What a latency run does beside the work: reads the clock around operations, or once for a group of calls.
#include "workloads/client_internal.h"

void run_group_begin(struct run *run, uint64_t now) {
  run->group.start = now;
  run->group.acknowledged = run->counts->acknowledged;
  run->group.calls = 0;
}

static void group_record(struct run *run) {
  const struct timing *timing = run->timing;
  uint64_t operations = run->counts->acknowledged - run->group.acknowledged, now = timing_now(timing);
  if (operations) timing->record(timing->user, KIND_GET, now - run->group.start, run->group.calls, operations);
  run_group_begin(run, now);
}

void run_group_end(struct run *run) {
  if (run->group.calls) group_record(run);
}

void run_group_call(struct run *run) {
  if (++run->group.calls >= run->timing->calls) group_record(run);
}

void run_stamp(struct run *run, struct op *const *ops, size_t count) {
  uint64_t now = run->intended ? 0 : timing_now(run->timing);
  for (size_t i = 0; i < count; i++) {
    struct slot *slot = op_slot(ops[i]);
    if (slot->part != PART_WRITE) slot->started = run->intended ? run->intended[i] : now;
  }
}

static enum operation_kind kind_of(const struct op *op, enum part part) {
  if (part == PART_INSERT) return KIND_INSERT;
  if (part == PART_READ || part == PART_WRITE) return KIND_READ_MODIFY_WRITE;
  return op->kind == OP_PUT ? KIND_UPDATE : op->kind == OP_DELETE ? KIND_DELETE : KIND_GET;
}

void run_record(struct run *run, struct op *const *ops, size_t count, uint64_t now) {
  const struct timing *timing = run->timing;
  for (size_t i = 0; i < count; i++) {
    const struct slot *slot = op_slot(ops[i]);
    if (slot->part != PART_WRITE_DUE)
      timing->record(timing->user, kind_of(ops[i], slot->part), now - slot->started, 1, 1);
  }
  if (timing->calls > 1) run_group_begin(run, timing_now(timing));
}
