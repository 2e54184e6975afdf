// SPDX-License-Identifier: MIT
// Contract: scans visit the live records of one moment, each once, and stop where they are told to.
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "tests/contract/contract.h"

enum { MOST = 3000, LENGTH = 64 };

struct seen {
  uint64_t visits;
  uint64_t stop_after;  // 0: never
  int bad;              // records that are none of ours or do not hold their own value
  unsigned char times[MOST];
  uint64_t versions[MOST];
  uint64_t order[MOST];
};

static int visit(void *user, const void *key, uint32_t key_length, const void *value, uint32_t value_length) {
  struct seen *seen = user;
  uint64_t version, id = record_id(key, key_length);
  if (id >= MOST || !record_value_of(id, value, value_length, &version)) {
    seen->bad++;
    return 0;
  }
  seen->times[id]++;
  seen->versions[id] = version;
  if (seen->visits < MOST) seen->order[seen->visits] = id;
  seen->visits++;
  return seen->stop_after && seen->visits == seen->stop_after ? 4711 : 0;
}

static int scan(struct fixture *f, uint64_t limit, struct seen *seen) {
  uint64_t stop_after = seen->stop_after;
  *seen = (struct seen){.stop_after = stop_after};
  return f->engine->scan(f->access.session, NULL, 0, limit, visit, seen);
}

static void every_record_once(struct fixture *f) {
  static struct seen seen;
  uint64_t n = fixture_count(f, 1000);
  fixture_open(f);
  seen.stop_after = 0;
  assert_code(scan(f, 0, &seen), 0);
  assert_int_equal(seen.visits + (uint64_t)seen.bad, 0);
  assert_code(access_fill(&f->access, 0, n, 1, LENGTH), 0);
  assert_code(access_fill(&f->access, 0, n / 2, 2, LENGTH), 0);
  for (uint64_t id = 0; id < n; id += 7) assert_code(access_delete(&f->access, id), 0);
  for (int round = 0; round < 2; round++) {
    assert_code(scan(f, 0, &seen), 0);
    assert_int_equal(seen.bad, 0);
    for (uint64_t id = 0; id < n; id++) {
      assert_int_equal(seen.times[id], id % 7 ? 1 : 0);
      if (id % 7) assert_int_equal(seen.versions[id], id < n / 2 ? 2 : 1);
    }
    fixture_reopen(f);
  }
  fixture_close(f);
}

static void limit_and_early_stop(struct fixture *f) {
  static struct seen seen, all;
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, 200, 1, LENGTH), 0);
  all.stop_after = seen.stop_after = 0;
  assert_code(scan(f, 0, &all), 0);
  for (uint64_t limit = 1; limit <= 250; limit += 83) {
    assert_code(scan(f, limit, &seen), 0);
    assert_int_equal(seen.visits, limit < 200 ? limit : 200);
    assert_memory_equal(seen.order, all.order, seen.visits * sizeof seen.order[0]);
  }
  seen.stop_after = 17;
  assert_code(scan(f, 0, &seen), 4711);
  assert_int_equal(seen.visits, 17);
  assert_code(access_put(&f->access, 1, 9, LENGTH), 0);  // the session works on
  assert_code(access_expect(&f->access, 1, 9, LENGTH), 0);
  fixture_close(f);
}

// More than what is read at a time where a scan is to end soon, and no whole number of blocks; and slots that hold no
// record before its end, so that it has to go on from there.
static void limit_behind_gaps(struct fixture *f) {
  static struct seen seen;
  fixture_open(f);
  seen.stop_after = 0;
  assert_code(access_fill(&f->access, 0, MOST, 1, LENGTH), 0);
  for (uint64_t id = 0; id < 50; id++) assert_code(access_delete(&f->access, id), 0);
  assert_code(scan(f, 2901, &seen), 0);
  assert_int_equal(seen.visits, 2901);
  assert_int_equal(seen.bad, 0);
  fixture_close(f);
}

static void from_a_key(struct fixture *f) {
  static struct seen seen;
  seen.stop_after = 0;
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, 10, 1, LENGTH), 0);
  int code = f->engine->scan(f->access.session, "2", 1, 0, visit, &seen);
  assert_code(code, f->engine->caps & CAP_SCAN_ORDERED ? 0 : -EOPNOTSUPP);
  fixture_close(f);
}

// Scans of large records, whose values span blocks and windows.
static void large_records(struct fixture *f) {
  static struct seen seen;
  f->config.record_size = (uint32_t)f->variant;
  uint64_t n = (uint64_t)(4u << 20) / f->variant;
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, n, 1, fixture_room(f)), 0);
  seen.stop_after = 0;
  assert_code(scan(f, 0, &seen), 0);
  assert_int_equal(seen.bad, 0);
  assert_int_equal(seen.visits, n);
  for (uint64_t id = 0; id < n; id++) assert_int_equal(seen.times[id], 1);
  fixture_close(f);
}

// A writer that goes on while another session scans.
struct writer {
  struct fixture *fixture;
  uint64_t records;
  atomic_bool stop;
  atomic_ullong begun, done;  // rounds: each puts version = round to every id in order
  _Atomic int code;
};

static void *write_on(void *argument) {
  struct writer *writer = argument;
  struct access access;
  writer->code = access_open(&access, writer->fixture->engine, writer->fixture->store);
  if (writer->code) return NULL;
  for (uint64_t round = 2; !writer->code && !writer->stop; round++) {
    writer->begun = round;
    for (uint64_t id = 0; !writer->code && id < writer->records; id++) {
      writer->code = access_put(&access, id, round, LENGTH);
    }
    writer->done = round;
  }
  int closed = access_close(&access);
  if (!writer->code) writer->code = closed;
  return NULL;
}

// What the first visit found the writer at: nothing newer may be in the scan.
struct moment {
  struct seen *seen;
  struct writer *writer;
  uint64_t begun;
};

static int visit_moment(void *user, const void *key, uint32_t key_length, const void *value, uint32_t value_length) {
  struct moment *moment = user;
  if (!moment->begun) moment->begun = moment->writer->begun;
  return visit(moment->seen, key, key_length, value, value_length);
}

// What is wrong with a scan of `records` ids that began when `floor` rounds were done, or NULL.
static const char *moment_wrong(const struct moment *moment, uint64_t records, uint64_t floor) {
  const struct seen *seen = moment->seen;
  if (seen->bad) return "a record is none of ours or holds another value";
  if (seen->visits != records) return "not as many records as there are";
  for (uint64_t id = 0; id < records; id++) {
    if (seen->times[id] != 1) return "a record did not come exactly once";
    if (seen->versions[id] < floor) return "a record is older than the scan";
    if (seen->versions[id] > moment->begun) return "a record is newer than the scan";
    // The writer goes through the ids in order: at one moment they are at two rounds at most, the newer ones first.
    if (id && seen->versions[id] > seen->versions[id - 1]) return "records are of different moments";
    if (seen->versions[0] - seen->versions[id] > 1) return "records are of moments far apart";
  }
  return NULL;
}

static void one_moment_while_updating(struct fixture *f) {
  static struct seen seen;
  struct writer writer = {.fixture = f, .records = 200, .begun = 1, .done = 1};
  pthread_t thread;
  const char *wrong = NULL;
  int code = 0;
  f->config.capacity_hint = 4000;
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, writer.records, 1, LENGTH), 0);
  assert_int_equal(pthread_create(&thread, NULL, write_on, &writer), 0);
  // Some scans, and until the writer has gone round twice: else they were not beside anything.
  for (int round = 0; !code && !wrong && (round < 20 || (writer.done < 3 && !writer.code)); round++) {
    struct moment moment = {&seen, &writer, 0};
    seen = (struct seen){0};
    uint64_t floor = writer.done;
    code = f->engine->scan(f->access.session, NULL, 0, 0, visit_moment, &moment);
    if (!code) wrong = moment_wrong(&moment, writer.records, floor);
  }
  writer.stop = true;
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_code(code, 0);
  assert_code(writer.code, 0);
  if (wrong) fail_msg("%s", wrong);
  fixture_close(f);
}

int main(int argc, char **argv) {
  static const struct contract_case cases[] = {
      {"scan visits every record once", every_record_once, CAP_PERSISTENT, 0, NULL},
      {"scan stops at limit and early", limit_and_early_stop, CAP_PERSISTENT, 0, NULL},
      {"scan stops at a limit behind gaps", limit_behind_gaps, CAP_PERSISTENT, 0, NULL},
      {"scan from a key", from_a_key, CAP_PERSISTENT, 0, NULL},
      {"scan of 4 KiB records", large_records, CAP_PERSISTENT, 4096, NULL},
      {"scan of 1 MiB records", large_records, CAP_PERSISTENT, 1 << 20, NULL},
      {"scan sees one moment while updating", one_moment_while_updating, CAP_PERSISTENT, 0, NULL},
  };
  return contract_main("scan", cases, sizeof cases / sizeof cases[0], argc, argv);
}
