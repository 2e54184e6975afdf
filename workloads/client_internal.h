// SPDX-License-Identifier: MIT
// What the parts of a client share. Not for the floors above.
//
// A client's operations live in one array. `free_ops` is a stack of pointers to those that are not outstanding: submit
// takes its batch straight from the top, reap writes what it hands back to the same place, so that keeping the window
// costs no copying. What is outstanding is `depth - free_count`.
#ifndef STOREBENCH_CLIENT_INTERNAL_H
#define STOREBENCH_CLIENT_INTERNAL_H

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "workloads/client.h"
#include "workloads/key_tail.h"
#include "workloads/random.h"

struct run;

// The two halves of an operation. `start` turns the `count` operations of one submit into new ones and returns how many
// it started afresh (fewer than `count` only where some had a second half due). `finish` looks at reaped ones, adds to
// the counts, and returns 0 or -errno of the first that failed (error filled).
struct operation_steps {
  size_t (*start)(struct client *client, struct op **ops, size_t count);
  int (*finish)(struct run *run, struct op **ops, size_t count);
};

// What an operation of a mix is part of.
enum part { PART_WHOLE, PART_INSERT, PART_READ, PART_WRITE_DUE, PART_WRITE };

// An operation with its key. The operation comes first: a pointer to it is one to both. A cache line of their own, so
// that making, answering and finishing an operation each touch one line beside its value's.
struct client_op {
  _Alignas(64) struct op op;
  char key[KEY_BYTES];
};

// Behind each op's `user`: used by latency runs and mixes only.
struct slot {
  uint64_t started;  // ns
  enum part part;    // of a mix
};

struct client {
  struct workload workload;
  unsigned thread;
  const struct engine *engine;
  struct session *session;
  struct operation_steps steps;
  struct key_stream *stream;  // NULL for fills, deletes and scans
  struct random random;       // draws the mix
  struct client_watch watch;  // without any: NULL operations
  uint64_t once;              // fills and deletes: ids of this thread done so far
  uint64_t inserted;          // mix: ids put above workload.records by this thread
  uint64_t version;           // of the last value written
  uint32_t depth;             // in effect
  size_t due;                 // mix: free operations whose second half is to come
  size_t free_count;
  struct op **free_ops;
  struct client_op *ops;
  struct slot *slots;
  unsigned char *values;
  size_t value_room;  // bytes from one op's value to the next
  uint64_t *ids;  // room for a batch, or more: of reads those not yet taken stay for the next ones. Where a batch is
                  // one read, tails of keys instead
  size_t ids_room, ids_drawn, ids_taken;
};

// One call of client_run.
struct run {
  struct client *client;
  uint64_t left;             // operations still to start
  uint64_t deadline;         // CLOCK_MONOTONIC ns, 0: none
  uint64_t looked;           // when the clock was read last
  uint64_t unseen;           // operations finished since
  uint64_t spacing;          // ... before it is read again
  bool stop;                 // start nothing new
  bool scan_due;             // mix: drain, then scan
  struct timing *timing;     // NULL: nothing is timed
  const uint64_t *intended;  // open loop: when each operation of the next submit was asked for (ns); NULL: when it is
                             // submitted
  struct {                   // of timing->calls above 1: since the last reading of the clock
    uint64_t start;          // ns
    uint64_t acknowledged;   // counts->acknowledged at that time
    uint32_t calls;
  } group;
  struct client_counts *counts;
  struct error *error;
};

// Reads the clock now; sets run->stop at the deadline.
void run_look_now(struct run *run);
// Counts `finished` operations and does that when as many have passed as make about 50 us.
static inline void run_look(struct run *run, uint64_t finished) {
  run->unseen += finished;
  if (run->unseen >= run->spacing && run->deadline) run_look_now(run);
}

// Whether each operation is timed by itself.
static inline bool run_times_each(const struct run *run) { return run->timing && run->timing->calls == 1; }
static inline uint64_t timing_now(const struct timing *timing) {
  return timing->pacer ? timing->pacer->now(timing->pacer->user) : clock_ns();
}
// Begins a group of calls that are timed together.
void run_group_begin(struct run *run, uint64_t now);
// Counts one call of it; records the group when it is whole.
void run_group_call(struct run *run);
// Records the rest, which makes no whole group.
void run_group_end(struct run *run);
// Notes when operations began: now, or when they were asked for.
void run_stamp(struct run *run, struct op *const *ops, size_t count);
// Records the finished ones of `count` that were reaped at `now`.
void run_record(struct run *run, struct op *const *ops, size_t count, uint64_t now);

// Submits the next `count` operations, for which there is room. 0 or -errno (the run's error filled), here and below.
int run_submit(struct run *run, size_t count);
// Submits second halves of a mix, up to a batch.
int run_submit_due(struct run *run);
// Reaps at least `min` of those outstanding; 0: those that are finished.
int run_reap(struct run *run, size_t min);
// What follows a submit of `count` that went wrong, and a reap that gave `reaped` where `min` were asked for.
int run_refused(struct run *run, size_t count, int error);
int run_reaped(struct run *run, int reaped, size_t min);
// After a failure: nothing new is started, and what is outstanding comes home. The first failure is the one reported.
void run_drain(struct run *run);

// For those who watch the client: stores what is acknowledged; and tells them when `now` is past what they wait for.
void run_publish(const struct run *run);
void run_show(const struct run *run, uint64_t now);

struct operation_steps operation_steps(const struct workload *workload);
static inline bool operation_reads(enum operation operation) {
  return operation == OPERATION_GET || operation == OPERATION_PEEK;
}
struct operation_steps read_steps(const struct workload *workload);  // of gets and peeks
// Runs calls of gets and peeks, each taken back before the next, while nothing else is due: no operation is timed by
// itself, and all are free when it begins. What is outstanding at the end, if anything, is the caller's to reap.
int run_reads(struct run *run);
// The ids this thread still has to do in a fill or delete.
uint64_t once_left(const struct client *client);
// Makes a free operation a new one. `tail` is key_tail of its id; the head of its key never changes. The status is one
// no engine gives: an operation that is handed back untouched must not pass for a finished one.
static inline void op_renew(struct op *op, enum op_kind kind, uint32_t value_length, uint64_t tail) {
  op->kind = kind;
  op->status = -EINPROGRESS;
  op->value_length = value_length;
  memcpy(((struct client_op *)op)->key + KEY_HEAD_BYTES, &tail, sizeof tail);
}
static inline struct slot *op_slot(const struct op *op) { return op->user; }
// The id behind an operation's key.
uint64_t op_id(const struct op *op);
// Fills the run's error for an operation that came back wrong. Returns its code.
int op_failed(struct run *run, const struct op *op);

// The halves of an operation of a mix.
size_t mix_start(struct client *client, struct op **ops, size_t count);
int mix_finish(struct run *run, struct op **ops, size_t count);
// Whether the next operation of the mix is a scan.
bool mix_draws_scan(struct client *client);
// Brings the free operations with a second half due to the top of the stack.
void mix_raise_due(struct client *client);

// Runs whole scans until the run's end.
int scan_run(struct run *run);
// Scans a few records from a drawn key, as one operation of a mix.
int scan_range(struct run *run);

#endif
