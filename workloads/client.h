// SPDX-License-Identifier: MIT
// What is asked of a store: one client is one thread's stream of operations, kept going at a batch size and depth.
#ifndef STOREBENCH_CLIENT_H
#define STOREBENCH_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engines/engine.h"
#include "workloads/arrivals.h"
#include "workloads/keys.h"
#include "workloads/pacer.h"

enum operation {
  OPERATION_FILL,    // put each id once, in order (keys=sequential) or permuted (any other order): new records
  OPERATION_UPDATE,  // put over existing ids
  OPERATION_GET,
  OPERATION_PEEK,
  OPERATION_DELETE,   // each id once, in the order a fill has
  OPERATION_SCAN,     // whole scans, record by record; one operation is one record visited
  OPERATION_MIXED,    // shares below
  OPERATION_OPEN,     // a store is opened and gives its first thousand records: no client's work
  OPERATION_CREATE,   // a store is made, filled and removed: no client's work either
  OPERATION_COMPACT,  // a store that is open gives space back, once: no client's work either
  OPERATIONS
};

struct workload {
  enum operation operation;
  // OPERATION_MIXED: percent of each, together 100. An insert puts ids above `records`; a read-modify-write is a get
  // and then an update of the same id, counted as one operation.
  struct {
    unsigned get, update, insert, remove, scan, read_modify_write;
  } mix;
  enum key_order keys;
  double theta;
  uint64_t records;     // ids that exist (fill: that shall exist)
  uint32_t value_size;  // bytes
  uint32_t batch;       // operations handed in by one submit, at least 1
  uint32_t depth;    // operations kept outstanding, at least batch: whenever `batch` fit below it, the next submit goes
                     // out, before all earlier ones are back. Engines that do not queue finish inside submit
  unsigned threads;  // how many clients share the work
  uint64_t seed;
};

struct client_counts {
  uint64_t asked;          // operations submitted
  uint64_t acknowledged;   // came back with the status that was expected
  uint64_t failed;         // came back with another status; the first one is in `error`
  uint64_t not_found;      // gets and deletes of ids that are not there, when the workload allows it
  uint64_t bytes;          // useful bytes: of values read and written
  uint64_t bytes_written;  // of these, the written ones
  uint64_t sum;            // over all value bytes read
  uint64_t splits;         // engine calls (submit) made
};

// What an operation of a mix is; an operation of any other workload is of the kind whose name comes nearest.
enum operation_kind {
  KIND_GET,
  KIND_UPDATE,
  KIND_INSERT,
  KIND_DELETE,
  KIND_SCAN,
  KIND_READ_MODIFY_WRITE,
  OPERATION_KINDS
};

// Told of `operations` finished ones, in `calls` calls one after the other that took `ns` together. One call: each of
// its operations took that.
typedef void (*latency_fn)(void *user, enum operation_kind kind, uint64_t ns, uint32_t calls, uint64_t operations);

// How a latency run takes its times.
struct timing {
  latency_fn record;
  void *user;
  // 1: each operation is timed by two readings of the clock, from its submit to its reap. More: one reading for so many
  // calls (submit and reap; of a scan: records), and each of their operations is said to have taken the mean of a call,
  // the client's own work included. `kind` says nothing then. Only where each call is reaped before the next. `record`
  // may change it while the client runs.
  uint32_t calls;
  const struct pacer *pacer;  // the clock; NULL: clock_ns
};

struct client;

// Opens a session on the calling thread for client number `thread` of workload->threads. *client is the caller's.
int client_open(const struct workload *workload, unsigned thread, const struct engine *engine, struct store *store,
                struct client **client, struct error *error);
int client_close(struct client *client);
// What is in effect in its session: `settings` of its engine (nothing where that has none). On the client's thread,
// outside of client_run.
int client_settings(struct client *client, setting_fn tell, void *user);

// How others see a client at work: each time it looks at the clock, and when it ends, client_run stores how many
// operations of its call are acknowledged into *operations, a place on a cache line of its own that any thread may
// read. When it sees at such a look that the clock has passed *due, it calls when_due, which may block.
struct client_watch {
  _Atomic uint64_t *operations;
  const _Atomic uint64_t *due;  // CLOCK_MONOTONIC, ns; any thread may write it
  void (*when_due)(void *user, uint64_t now);
  void *user;
};

// From the next client_run on. What `watch` points to stays until the client is closed.
void client_watch(struct client *client, const struct client_watch *watch);

// Runs up to `operations` operations or until the clock (CLOCK_MONOTONIC, ns) passes `deadline` (0: none), whichever is
// first, and waits for all that is outstanding. Fills and deletes also end when every id of this client is done (asked
// < operations). Adds to `counts`. With `timing` (NULL: none) operations are timed, else no clock is read per
// operation. Returns 0 or -errno of the first failed operation (error filled); stops there. The clock is looked at
// about every 50 us of work, so that null operations stay cheap.
int client_run(struct client *client, uint64_t operations, uint64_t deadline, struct timing *timing,
               struct client_counts *counts, struct error *error);

// Operations that are asked for at set times, whatever the store does (an open loop).
struct open_loop {
  enum arrival_kind arrivals;
  double rate;          // operations a second of all clients together, above 0
  uint64_t start, end;  // ns by the pacer: operations are asked for from `start` on and before `end`
  uint64_t give_up;     // ns, `end` or later: what was not started by then never is
  // Told how long after its time (ns) an operation was started that nothing but the pacer held up. User's thread.
  void (*late)(void *user, uint64_t ns);
  void *user;
};

struct open_loop_counts {
  uint64_t started;     // operations
  uint64_t backlog;     // asked for and never started
  uint64_t last_start;  // ns by the pacer: when the last of `started` was
};

// Runs an open loop and waits for all that was started. Each operation is timed from when it was asked for to its reap.
// Engines that queue have up to `depth` in flight; what they cannot take waits here and goes in up to `batch` at a
// time. `timing` has a pacer and one call a time. Not for scans (-EOPNOTSUPP). Errors and `counts` as client_run's.
int client_run_open(struct client *client, const struct open_loop *loop, struct timing *timing,
                    struct open_loop_counts *open, struct client_counts *counts, struct error *error);

// Puts every id of 0..records-1 at version 0, in order, many in one submit whatever `batch` says: builds a data set.
// Not timed.
int client_fill(const struct workload *workload, const struct engine *engine, struct store *store, struct error *error);

// Reads every record back and checks that each value is a value of its id (untimed verification). `expect` records must
// be there. Sets *checked. With `sample` > 0 checks that many random ids instead of all (some may then be absent where
// `expect` is below `records`).
int client_verify(const struct workload *workload, const struct engine *engine, struct store *store, uint64_t expect,
                  uint64_t sample, uint64_t *checked, struct error *error);

// "get", "update", "insert", "delete", "scan", "rmw": as in a mix.
const char *operation_kind_name(enum operation_kind kind);
// "get", "update", "mixed" ...: names for files and results. Parse: 0 or -EINVAL.
const char *operation_name(enum operation operation);
// Whether its operations are on a whole store, which no client runs.
static inline bool operation_of_stores(enum operation operation) {
  return operation == OPERATION_OPEN || operation == OPERATION_CREATE || operation == OPERATION_COMPACT;
}
int operation_parse(const char *text, enum operation *operation);
const char *key_order_name(enum key_order order);
int key_order_parse(const char *text, enum key_order *order);

#endif
