// SPDX-License-Identifier: MIT
// Scans: every visited record is read to its last byte.
#include <errno.h>
#include <string.h>

#include "base/wide.h"
#include "workloads/client_internal.h"
#include "workloads/values.h"

enum {
  RANGE_MAX = 100,  // records a scan of a mix visits at most: YCSB's workload E
  ENOUGH = 1,       // returned by the visitor to end a scan; no -errno
};

struct visit {
  struct run *run;
  uint32_t size;             // of each value
  uint64_t records, until;   // read and not yet counted; how many may be until they are settled
  struct value_summer sums;  // of theirs
  bool any;                  // some were counted
  uint64_t previous;         // ns: when the last record had been read
};

static void count_values(struct visit *visit) {
  struct client_counts *counts = visit->run->counts;
  counts->sum += value_summer_total(&visit->sums);
  counts->bytes += visit->records * visit->size;
  visit->any = visit->any || visit->records;
  visit->sums = (struct value_summer){0};
  visit->records = 0;
}

static void time_record(struct visit *visit) {
  struct run *run = visit->run;
  if (run->timing->calls > 1) {
    run_group_call(run);
    return;
  }
  uint64_t now = timing_now(run->timing);
  run->timing->record(run->timing->user, KIND_SCAN, now - visit->previous, 1, 1);
  visit->previous = now;
  if (run->timing->calls > 1) run_group_begin(run, timing_now(run->timing));
}

// Records until there is more to do than to read: one where it is timed, else as many as the run has left or may pass
// before the clock is read again.
static uint64_t records_until(const struct run *run) {
  if (run->timing) return 1;
  if (!run->deadline) return run->left;
  uint64_t looks = run->spacing > run->unseen ? run->spacing - run->unseen : 1;
  return looks < run->left ? looks : run->left;
}

// What was read becomes part of the run.
static int settle(struct visit *visit) {
  struct run *run = visit->run;
  uint64_t records = visit->records;
  count_values(visit);
  run->counts->asked += records;
  run->counts->acknowledged += records;
  run->left -= records;
  if (run->timing) time_record(visit);
  run_look(run, records);
  visit->until = records_until(run);
  return run->left == 0 || run->stop ? ENOUGH : 0;
}

static int wrong_length(struct visit *visit, uint32_t length) {
  struct run *run = visit->run;
  return error_set(run->error, -EIO, "scan met a value of %u bytes instead of %u", length, visit->size);
}

// As little as can be: it is the harness's part of every engine's scan, where a record of 128 bytes takes a few
// nanoseconds in all.
WIDE_VECTORS static int visit_record(void *user, const void *key, uint32_t key_length, const void *value,
                                     uint32_t length) {
  (void)key, (void)key_length;
  struct visit *visit = user;
  if (length != visit->size) return wrong_length(visit, length);
  struct value_summer sums = visit->sums;  // in registers: for all that the compiler knows, the value is part of it
  value_summer_add(&sums, value, length);
  visit->sums = sums;
  return ++visit->records < visit->until ? 0 : settle(visit);
}

static int scan_failed(struct run *run, int code) {
  run->counts->failed++;
  // The visitor has filled the error where it found one itself.
  if (run->error && run->error->code == code) return code;
  return error_set(run->error, code, "scan: %s", strerror(-code));
}

int scan_run(struct run *run) {
  struct client *client = run->client;
  while (run->left > 0 && !run->stop) {
    struct visit visit = {.run = run,
                          .size = client->workload.value_size,
                          .until = records_until(run),
                          .previous = run_times_each(run) ? timing_now(run->timing) : 0};
    run->counts->splits++;
    int code = client->engine->scan(client->session, NULL, 0, 0, visit_record, &visit);
    if (visit.records) (void)settle(&visit);
    if (code == 0 && !visit.any) code = -ENOENT;  // or it would go on for ever
    if (code < 0) {
      run->counts->asked++;  // the record that did not come
      return scan_failed(run, code);
    }
  }
  return 0;
}

int scan_range(struct run *run) {
  struct client *client = run->client;
  uint64_t id, limit = 1 + random_below(&client->random, RANGE_MAX);
  char key[KEY_BYTES];
  key_stream_next(client->stream, &id, 1);
  key_make(id, key);
  run->scan_due = false;
  run->left--;
  run->counts->asked++;
  run->counts->splits++;
  struct visit visit = {.run = run, .size = client->workload.value_size, .until = UINT64_MAX};
  bool each = run_times_each(run);
  uint64_t started = each ? timing_now(run->timing) : 0;
  int code = client->engine->scan(client->session, key, KEY_BYTES, limit, visit_record, &visit);
  count_values(&visit);
  if (code) return scan_failed(run, code);
  run->counts->acknowledged++;
  if (each)
    run->timing->record(run->timing->user, KIND_SCAN, timing_now(run->timing) - started, 1, 1);
  else if (run->timing)
    run_group_call(run);
  run_look(run, 1);
  return 0;
}
