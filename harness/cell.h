// SPDX-License-Identifier: MIT
// One sample: the child process that opens a store, brings the cache into its state, measures, verifies and closes.
//
// The parent never opens a store. It runs `storebench __sample` (its own binary) and writes one JSON object, the order,
// to its standard input; the child writes one JSON object, the sample, to its standard output and exits 0. A child that
// dies, exits with another code, or is killed at its time limit costs one sample, whose reason says so.
#ifndef STOREBENCH_CELL_H
#define STOREBENCH_CELL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "harness/memory_group.h"
#include "workloads/experiment.h"

enum sample_kind {
  SAMPLE_FILL,        // builds a data set at `path`: fills, closes cleanly, no measurement
  SAMPLE_THROUGHPUT,  // no time stamp per operation
  SAMPLE_LATENCY,     // a time stamp around each operation; its ops_per_s is not used for comparisons
  SAMPLE_COUNTERS,    // system calls and syncs are counted, which slows it: its ops_per_s is not used either
};

// "fill", "throughput", "latency" or "counters".
const char *sample_kind_name(enum sample_kind kind);

struct sample_order {
  enum sample_kind kind;
  struct cell_settings settings;
  char path[4096];  // the store: an existing data set (read-only operations), a private copy (writes), or a new file
  double seconds;   // wanted length of the timed part
  double warmup;    // seconds of untimed operations before it (0 for cold)
  double limit;     // seconds after which the timed part is cut short
  bool read_only;   // the data set is shared
  bool fresh;       // the file must be created (fill experiments)
  bool disposable;  // the files are this sample's own, and are removed behind it
  uint64_t seed;
  struct memory_group memory;  // cache_limited: the group to enter
};

// Orders as JSON and back. The returned object is the caller's; NULL when memory is short or the path is not UTF-8.
// From: 0 or -EINVAL.
json_t *sample_order_to_json(const struct sample_order *order);
int sample_order_from_json(const json_t *json, struct sample_order *order, struct error *error);

// Runs the order in this process and returns the sample as JSON (fields: docs/results.md), never NULL unless memory is
// short. "status" is ok, skipped or failed, with "reason" for the last two. Removes nothing.
json_t *sample_run(const struct sample_order *order);

// The hidden command `__sample`: reads the order from stdin, runs it, prints the sample. Exit code 0 if it could print.
int sample_command(void);

#endif
