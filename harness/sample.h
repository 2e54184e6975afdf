// SPDX-License-Identifier: MIT
// Inside the child of one sample: what its steps (cell.c, sample_timed.c, sample_check.c, sample_json.c) hand on.
#ifndef STOREBENCH_SAMPLE_H
#define STOREBENCH_SAMPLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "engines/engine.h"
#include "harness/cell.h"
#include "harness/counters.h"
#include "harness/foreign.h"
#include "harness/gbench.h"
#include "harness/latency.h"
#include "harness/mappings.h"
#include "harness/pressure.h"
#include "harness/spent.h"
#include "harness/timeline.h"
#include "harness/tracepoints.h"
#include "workloads/client.h"

// What one thread did in the timed part.
struct thread_work {
  uint64_t acknowledged, splits;
};

// What came of an open loop, over all threads.
struct open_loop_result {
  double seconds;     // in which operations were asked for
  double last_start;  // seconds from the start until the last operation was started
  uint64_t started, backlog;
  struct histogram *late;  // ns; NULL: the sample was a closed loop
};

// What the files of a store take, in bytes: by their lengths, and on the disk.
struct store_size {
  uint64_t apparent, allocated;
};

struct sample {
  const struct sample_order *order;
  const struct engine *engine;
  bool storeless;  // a contender that is no store (harness/contenders): what only stores have is null
  struct store_config config;
  struct workload workload;
  struct store *store;
  struct store **others;  // open beside it (harness/herd.h); NULL: none
  struct {
    uint64_t done;  // operations
    double seconds;
  } background;             // of the role in the background
  struct readers *readers;  // other processes on the store (harness/readers.h); NULL: none
  struct {
    int pid, go;  // go: a socket to it
  } victim;       // the process that is to die with the store open (harness/sample_before.c); pid 0: none

  // Of the timed part.
  struct gbench_result result;
  struct {
    uint64_t open_ns, first_get_ns, first_1000_ns;  // from the call of open on; OPERATION_OPEN, else 0
  } start;
  struct {
    uint64_t ns;                     // 0: none was measured
    uint64_t before, after;          // bytes that the store's files take on the disk
  } compaction;                      // OPERATION_COMPACT
  uint64_t began, ended;             // clock_ns: the first client's start, the last one's end
  struct client_counts counts;       // all threads together
  struct thread_work *work;          // one a thread; NULL before the timed part
  struct latency_plan latency_plan;  // SAMPLE_LATENCY
  struct latency latency;            // of all threads together; without histograms where the kind is another
  double clock_resolution;           // ns; SAMPLE_LATENCY
  struct open_loop_result open;
  struct counters counters;   // differences
  struct timeline *timeline;  // NULL before the timed part
  bool foreign_known;
  struct foreign foreign;           // differences
  struct tracepoints *tracepoints;  // SAMPLE_COUNTERS, else NULL
  struct tracepoint_counts traced;
  bool settled;                  // whether the next one was measured: SAMPLE_COUNTERS that write
  uint64_t settled_write_bytes;  // to the device, from the start of the clock to the end of a sync after it stopped
  struct store_stat stat_before, stat_after;
  struct {
    struct store_size loaded;     // the files of a data set as its load left them
    struct store_size compacted;  // and after the compaction that follows; apparent 0: there was none
  } space;                        // SAMPLE_FILL; loaded.apparent 0: not measured

  bool out_of_reach;                         // the cache state cannot be had here
  double residency_before, residency_after;  // NAN: not measurable
  struct pressure pressure;                  // cache_limited
  uint64_t cached_before;                    // bytes of the file in the page cache; 0: not measurable
  bool cache_lost;                           // the cache state did not last for the timed part
  uint64_t rss, pss;                         // bytes; 0: not measurable
  json_t *effective;                         // what the engine told of its settings; NULL before the timed part's end
  bool mappings_known;
  struct mappings mappings;
  uint64_t cached;       // bytes of the file in the page cache when the clock stopped; 0: not measurable
  uint64_t index_bytes;  // of the stores of all processes
  uint64_t verified;
  struct spent spent;
};

// How a sample ends. Skipped is what cannot be had on this machine; failed, what should have worked.
enum sample_outcome { OUTCOME_OK, OUTCOME_SKIPPED, OUTCOME_FAILED };
const char *sample_outcome_name(enum sample_outcome outcome);  // "ok", "skipped", "failed"

// Makes the process that is to die with the store open, where the order wants one, and takes back what it holds.
// Comes before the store is open, since what engines start then may not survive a fork. 0 or -errno.
int sample_before_open(struct sample *sample, struct error *error);
void sample_before_close(struct sample *sample);
// Does to the filled store what the order wants done before it is measured, and syncs it. It may be closed and opened
// again on the way; sample->store is NULL at the end if its process was to die. 0 or -errno with the reason.
int sample_before(struct sample *sample, struct error *error);

// Instead of opening the store and sample_timed, for operations on whole stores (operation_of_stores): timed, with
// sample->store open at the end if it was ever. 0 or -errno with the reason; sets sample->out_of_reach.
int sample_whole_store(struct sample *sample, struct error *error);
// Parts of it for OPERATION_COMPACT: opens the store, and gives its space back, timed. 0 or -errno with the reason.
int sample_compact_begin(struct sample *sample, struct error *error);
int sample_compact(struct sample *sample, struct error *error);

// The timed part of a sample, on an open store. 0 or -errno with the reason.
typedef int (*sample_timed_fn)(struct sample *sample, void *user, struct error *error);

// All steps of a sample whose order, engine and options are set: opens the store, runs the timed part (fills instead,
// where the order says so), checks the counts, reads records back, closes. The reason of what is not ok is in `error`.
enum sample_outcome sample_steps(struct sample *sample, sample_timed_fn timed, void *user, struct error *error);

// What is counted around a timed part (sample_counting.c). `before` is for counting_stop and counting_settle_after.
struct counting {
  struct sample *sample;
  struct device_reader *device;  // NULL: no block device is behind the file
  struct counters before, after;
  bool foreign_known;
  struct foreign foreign_before;
};

// Begins to count system calls and syncs where the order asks for it: before the store is open, so that whatever
// threads it starts are counted. The caller closes sample->tracepoints. 0 or -errno.
int sample_tracepoints(struct sample *sample, struct error *error);
void counting_open(struct counting *counting, struct sample *sample);
// Syncs what was written so far, where the order asks for it. Comes before the cache is brought into its state.
int counting_settle_before(struct counting *counting, struct error *error);
// Right before the clock starts, and right after it stopped, before any session is closed. Any thread. 0 or -errno.
int counting_start(struct counting *counting, struct error *error);
int counting_stop(struct counting *counting);
// Syncs, and takes what has reached the device by then. All sessions are closed.
int counting_settle_after(struct counting *counting, struct error *error);
void counting_close(struct counting *counting);

// Whether the sample is an open loop, and whether the store failed to keep up with it.
bool sample_is_open(const struct sample *sample);
bool sample_saturated(const struct sample *sample);
// The open loop as JSON, null for a closed one. The caller's.
json_t *sample_open_loop_to_json(const struct sample *sample);

// One thread's open loop.
struct open_seat {
  struct pacer pacer;
  struct histogram *late;  // ns
  struct open_loop_counts counts;
  struct open_loop loop;
};
// 0 or -ENOMEM; sample_open_loop_close in either case.
int sample_open_loop_open(struct open_seat *seat);
void sample_open_loop_close(struct open_seat *seat);
// Runs it from `start` (ns by clock_ns) on. As client_run_open.
int sample_open_loop_run(const struct sample *sample, struct open_seat *seat, uint64_t start, struct client *client,
                         struct timing *timing, struct client_counts *counts, struct error *error);
// Adds a thread's to the sample's.
void sample_open_loop_add(struct sample *sample, const struct open_seat *seat);
// Of all threads together: -EBUSY with the reason, and sample->out_of_reach, where nothing was due in an open loop's
// time, as chance may have it at a low rate: that is no fault of the store. 0 where something was, started or not.
int sample_open_loop_check(struct sample *sample, struct error *error);

// After a timed part: how much of the file is in the page cache, and whether the cache state held until then, as far as
// it is one that does (sample->cache_lost). Needs cached_before.
void sample_cache_after(struct sample *sample);

// Opens a session on each thread, warms up, brings the cache into its state, and runs the timed part. 0 or -errno with
// the reason; sets sample->out_of_reach where operation or cache state cannot be had here.
int sample_timed(struct sample *sample, struct error *error);

// Counts the records of the open store by a scan. 0 or -errno with the reason.
int sample_scan_records(struct sample *sample, uint64_t *records, struct error *error);

// Sets stat_after.records of a store that does not count its records: by a scan where the operations, or who writes
// beside them, may have made or removed some, else to as many as there were before. After the timed part. 0 or -errno
// with the reason.
int sample_count_records(struct sample *sample, struct error *error);

// Whether the numbers stand for the work that was asked for: counts, syncs, the store's own count of records.
int sample_check(const struct sample *sample, struct error *error);
// Reads records back, untimed, and sets sample->verified: all where they are few or where gaps are expected, else as
// many as a few tens of milliseconds allow. Nothing to read back in engines that keep nothing.
int sample_verify(struct sample *sample, struct error *error);

// The sample as JSON with every field of docs/results.md; null where a step was not reached. The new reference is the
// caller's; NULL when memory is short.
json_t *sample_to_json(const struct sample *sample, const char *status, const char *reason);

// cell.c's second half, for an engine that need not be in the registry. Same result as sample_run.
json_t *sample_run_engine(const struct sample_order *order, const struct engine *engine,
                          const struct engine_options *options);

#endif
