// SPDX-License-Identifier: MIT
// A small engine in memory that queues, reorders and fails when told to, for tests of clients.
#ifndef STOREBENCH_TESTS_QUEUEING_STORE_H
#define STOREBENCH_TESTS_QUEUEING_STORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "workloads/client.h"

enum { FAKE_RECORDS = 2000, FAKE_VALUE = 64, FAKE_QUEUE = 256 };

// Records by id, and a queue that hands back the newest first, so that completions come out of order.
struct store {
  bool there[FAKE_RECORDS];
  unsigned char values[FAKE_RECORDS][FAKE_VALUE];
  unsigned puts[FAKE_RECORDS];
  size_t reap_max;        // operations one reap hands back at most; 0: all
  uint64_t short_at;      // this reap hands back one fewer than it must
  uint64_t fail_at;       // this operation, counted from 1, comes back -EIO
  uint64_t lose_at;       // this submit is refused as a whole
  uint64_t untouched_at;  // this operation is handed back as it came
  bool endless;           // scans begin again after the last record, until the visitor ends them
  uint64_t short_visit;   // this record that scans visit, counted from 1, is handed out a byte short
  uint64_t submitted, submits, gets, deletes, visits;
  size_t deepest, largest_min;
  uint64_t outstanding_sum, reaps;
  const _Atomic uint64_t *watched;  // what a client publishes, and what it said as the second submit came
  uint64_t published;
};

// The same functions; `direct` says of itself that it neither queues nor lends.
extern const struct engine queueing, direct;

// Uniform keys of a thousand records, one operation at a time.
struct workload workload_of(enum operation operation);
// A store with the records 0 to `records` - 1. The caller frees it.
struct store *filled(uint64_t records);
// Runs `operations` of the workload on one client. Returns what client_run returned.
int run_client(const struct workload *workload, const struct engine *engine, struct store *store, uint64_t operations,
               struct client_counts *counts, struct error *error);

#endif
