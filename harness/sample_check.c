// SPDX-License-Identifier: MIT
// Whether a sample's numbers stand for work that was done: counts, syncs, and reading back what was written.
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "harness/sample.h"

enum {
  ALL_BELOW = 4096,      // records: read back all of so many,
  ALL_BYTES = 16 << 20,  // where they are no more than this
  GAPS_BELOW = 100000,   // records: the same where some ids are expected to be absent, which a sample cannot judge
  SAMPLE_FIRST = 4,      // records drawn in the first round: behind a cold map each may take 10 ms
  SAMPLE_ROUND = 2048,   // each further round draws twice as many, up to this, so that the last one is not the longest
  SAMPLE_MOST = 20000,   // in all rounds together
  SAMPLE_NS = 8000000,   // no further round starts after this long, once a record was found
};

static bool only_writes(enum operation operation) {
  return operation == OPERATION_FILL || operation == OPERATION_UPDATE || operation == OPERATION_DELETE;
}

static int check_counts(const struct sample *sample, struct error *error) {
  const struct client_counts *counts = &sample->counts;
  if (counts->failed)
    return error_set(error, -EIO, "%llu of %llu operations failed", (unsigned long long)counts->failed,
                     (unsigned long long)counts->asked);
  if (counts->acknowledged != counts->asked)
    return error_set(error, -EIO, "%llu operations were asked for and %llu acknowledged",
                     (unsigned long long)counts->asked, (unsigned long long)counts->acknowledged);
  if (counts->acknowledged != sample->result.operations)
    return error_set(error, -EIO, "%llu operations were counted and %llu acknowledged",
                     (unsigned long long)sample->result.operations, (unsigned long long)counts->acknowledged);
  if (counts->acknowledged == 0 || sample->result.seconds <= 0)
    return error_set(error, -EIO, "no operation finished in the time given; measure for longer");
  return 0;
}

// Every scan but a thread's last one, which the clock may have cut short, visits every record.
static int check_scans(const struct sample *sample, struct error *error) {
  if (sample->workload.operation != OPERATION_SCAN) return 0;
  for (unsigned i = 0; i < sample->workload.threads; i++) {
    const struct thread_work *work = &sample->work[i];
    if (work->splits == 0 || work->acknowledged >= (work->splits - 1) * sample->workload.records) continue;
    return error_set(error, -EIO, "%llu scans of %llu records visited %llu", (unsigned long long)work->splits,
                     (unsigned long long)sample->workload.records, (unsigned long long)work->acknowledged);
  }
  return 0;
}

// The fewest syncs that can have kept the policy's promise. One sync acknowledges at most what was outstanding, over
// all threads, as it began.
static uint64_t fewest_syncs(const struct sample *sample) {
  const struct workload *workload = &sample->workload;
  uint64_t writes = sample->counts.acknowledged;
  uint64_t outstanding = (uint64_t)(workload->depth > workload->batch ? workload->depth : workload->batch);
  switch (sample->config.sync.kind) {
    case SYNC_ALWAYS:
      outstanding *= workload->threads;
      return (writes + outstanding - 1) / outstanding;
    case SYNC_EVERY:
      return writes / (sample->config.sync.amount + outstanding * workload->threads);
    case SYNC_INTERVAL:
      return 1;  // the last one at least
    default:
      return 0;
  }
}

static int check_syncs(const struct sample *sample, struct error *error) {
  if (!only_writes(sample->workload.operation)) return 0;  // how many of a mix were writes is not counted
  uint64_t want = fewest_syncs(sample), seen = sample->stat_after.syncs - sample->stat_before.syncs;
  if (seen >= want) return 0;
  return error_set(error, -EIO, "%llu writes were acknowledged after %llu syncs; the policy needs %llu",
                   (unsigned long long)sample->counts.acknowledged, (unsigned long long)seen, (unsigned long long)want);
}

static bool changes_ids(const struct workload *workload) {
  return workload->operation == OPERATION_MIXED && (workload->mix.insert || workload->mix.remove);
}

// How many records must be live after the timed part.
static uint64_t records_after(const struct sample *sample) {
  const struct workload *workload = &sample->workload;
  switch (workload->operation) {
    case OPERATION_FILL:
      return sample->counts.acknowledged;
    case OPERATION_DELETE:
      return workload->records - sample->counts.acknowledged;
    default:
      // A mix draws at random how many it adds and removes: the store's own count is what is read back.
      return changes_ids(workload) ? sample->stat_after.records : workload->records;
  }
}

// New records that the role in the background put.
static uint64_t inserted_beside(const struct sample *sample) {
  return sample->order->settings.background.kind == BACKGROUND_INSERT ? sample->background.done : 0;
}

static int count_visit(void *user, const void *key, uint32_t key_length, const void *value, uint32_t value_length) {
  (void)key, (void)key_length, (void)value, (void)value_length;
  ++*(uint64_t *)user;
  return 0;
}

static int check_records(const struct sample *sample, struct error *error) {
  uint64_t want = records_after(sample) + inserted_beside(sample), seen = sample->stat_after.records;
  if (seen == want) return 0;
  return error_set(error, -EIO, "the store counts %llu records where %llu must be", (unsigned long long)seen,
                   (unsigned long long)want);
}

int sample_scan_records(struct sample *sample, uint64_t *records, struct error *error) {
  struct session *session;
  int code = sample->engine->session_open(sample->store, &session, error);
  if (code) return code;
  *records = 0;
  code = sample->engine->scan(session, NULL, 0, 0, count_visit, records);
  int closed = sample->engine->session_close(session);
  if (!code) code = closed;
  return code ? error_set(error, code, "counting records: %s", strerror(-code)) : 0;
}

int sample_count_records(struct sample *sample, struct error *error) {
  enum operation operation = sample->workload.operation;
  bool changes = operation == OPERATION_FILL || operation == OPERATION_DELETE || changes_ids(&sample->workload) ||
                 sample->order->settings.background.kind == BACKGROUND_INSERT;
  if (sample->stat_after.records != STAT_UNKNOWN || !(sample->engine->caps & CAP_PERSISTENT)) return 0;
  if (changes) return sample_scan_records(sample, &sample->stat_after.records, error);
  // Nothing could change it since it was counted, after the load and the phases.
  sample->stat_after.records = sample->workload.records;
  return 0;
}

int sample_check(const struct sample *sample, struct error *error) {
  int code = check_counts(sample, error);
  if (!code) code = check_scans(sample, error);
  if (code || !(sample->engine->caps & CAP_PERSISTENT)) return code;
  code = check_syncs(sample, error);
  return code ? code : check_records(sample, error);
}

// Ids 0 to this, exclusive, were all put by a sequential fill: thread t of T puts every T-th id, from t on.
static uint64_t filled_prefix(const struct sample *sample) {
  uint64_t threads = sample->workload.threads, prefix = sample->workload.records;
  for (uint64_t i = 0; i < threads; i++) {
    uint64_t missing = sample->work[i].acknowledged * threads + i;
    if (missing < prefix) prefix = missing;
  }
  return prefix;
}

// Draws in rounds until enough records or enough time went by: a store that reads at the device's pace gets fewer.
// Where records were removed a round may draw none that is there; time that found nothing is not enough, and where so
// few are left that none of all the drawn ids is there, every id is read.
static int verify_drawn(struct sample *sample, struct workload workload, uint64_t expect, struct error *error) {
  uint64_t end = clock_ns() + SAMPLE_NS, drawn = 0, round = SAMPLE_FIRST;
  do {
    uint64_t checked, rest = SAMPLE_MOST - drawn, count = round < rest ? round : rest;
    int code = client_verify(&workload, sample->engine, sample->store, expect, count, &checked, error);
    if (code) return code;
    sample->verified += checked;
    drawn += count;
    round += round < SAMPLE_ROUND ? round : 0;
    workload.seed++;
  } while (drawn < SAMPLE_MOST && (!sample->verified || clock_ns() < end));
  if (sample->verified || !expect) return 0;
  return client_verify(&workload, sample->engine, sample->store, expect, 0, &sample->verified, error);
}

int sample_verify(struct sample *sample, struct error *error) {
  if (!(sample->engine->caps & CAP_PERSISTENT)) return 0;
  struct workload workload = sample->workload;
  uint64_t expect = records_after(sample);
  uint64_t prefix =
      workload.operation == OPERATION_FILL && workload.keys == KEYS_SEQUENTIAL ? filled_prefix(sample) : 0;
  // A fill cut short is read back as far as it has no gaps: the store's count of all records has been checked.
  if (prefix) workload.records = expect = prefix;
  bool gaps = changes_ids(&workload) || expect < workload.records;
  bool small = workload.records <= ALL_BELOW && workload.records * workload.value_size <= ALL_BYTES;
  if (gaps ? workload.records <= GAPS_BELOW : small)
    return client_verify(&workload, sample->engine, sample->store, expect, 0, &sample->verified, error);
  return verify_drawn(sample, workload, expect, error);
}
