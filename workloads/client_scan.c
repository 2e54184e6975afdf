// SPDX-License-Identifier: MIT
// Scans: every visited record is read to its last byte.
#include <errno.h>
#include <string.h>

#include "workloads/client_internal.h"

enum {
  RANGE_MAX = 100,  // records a scan of a mix visits at most: YCSB's workload E
  ENOUGH = 1,       // returned by the visitor to end a scan; no -errno
};

struct visit {
  struct run *run;
  uint64_t records;   // visited
  uint64_t previous;  // ns: when the last record had been read
};

static int read_record(struct visit *visit, const void *value, uint32_t length) {
  struct run *run = visit->run;
  uint32_t size = run->client->workload.value_size;
  if (length != size) return error_set(run->error, -EIO, "scan met a value of %u bytes instead of %u", length, size);
  run->counts->sum += value_sum(value, length);
  run->counts->bytes += length;
  visit->records++;
  return 0;
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

static int visit_record(void *user, const void *key, uint32_t key_length, const void *value, uint32_t length) {
  (void)key, (void)key_length;
  struct visit *visit = user;
  struct run *run = visit->run;
  run->counts->asked++;
  int error = read_record(visit, value, length);
  if (error) return error;
  run->counts->acknowledged++;
  if (run->timing) time_record(visit);
  run_look(run, 1);
  return --run->left == 0 || run->stop ? ENOUGH : 0;
}

static int visit_range(void *user, const void *key, uint32_t key_length, const void *value, uint32_t length) {
  (void)key, (void)key_length;
  return read_record(user, value, length);
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
    struct visit visit = {.run = run, .previous = run_times_each(run) ? timing_now(run->timing) : 0};
    run->counts->splits++;
    int code = client->engine->scan(client->session, NULL, 0, 0, visit_record, &visit);
    if (code < 0) return scan_failed(run, code);
    if (code == 0 && visit.records == 0) return scan_failed(run, -ENOENT);  // or it would go on for ever
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
  struct visit visit = {.run = run};
  bool each = run_times_each(run);
  uint64_t started = each ? timing_now(run->timing) : 0;
  int code = client->engine->scan(client->session, key, KEY_BYTES, limit, visit_range, &visit);
  if (code) return scan_failed(run, code);
  run->counts->acknowledged++;
  if (each)
    run->timing->record(run->timing->user, KIND_SCAN, timing_now(run->timing) - started, 1, 1);
  else if (run->timing)
    run_group_call(run);
  run_look(run, 1);
  return 0;
}
