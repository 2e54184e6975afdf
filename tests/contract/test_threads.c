// SPDX-License-Identifier: MIT
// Contract: several writers, readers and a scanner at once. For ThreadSanitizer as much as for the results.
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "tests/contract/contract.h"

enum { WRITERS = 2, READERS = 3, IDS = 60, LENGTH = 64 };

static const char *const threaded_specs[] = {"mmap",
                                             "mmap:write=pwrite",
                                             "mmap:grow=mremap",
                                             "mmap:grow=remap",
                                             "mmap:lookup=linear",
                                             "pread",
                                             "pread:direct=on",
                                             "pread:lookup=linear",
                                             "stdio",
                                             "stdio:buffer=0",
                                             "stdio:lookup=linear",
                                             "uring",
                                             "uring:depth=4:direct=on",
                                             "uring:fixed=on",
                                             "uring:lookup=linear",
                                             "peers",
                                             NULL};

// Each writer owns the ids that are its number modulo WRITERS and puts ever higher versions to them.
struct worker {
  struct fixture *fixture;
  unsigned number;
  uint64_t rounds;        // of a writer
  atomic_uint *writing;   // writers that are not yet done: readers stop when none is left
  atomic_ullong *floors;  // by id: the last acknowledged version
  atomic_ullong *looks;   // reads and scans made
  _Atomic int code;
};

static int write_round(struct access *access, struct worker *worker, uint64_t round) {
  int code = 0;
  for (uint64_t id = worker->number; !code && id < IDS; id += WRITERS) {
    code = access_put(access, id, round, LENGTH);
    if (!code) atomic_store(&worker->floors[id], round);
    // And keys that come and go, so that slots turn over and the file grows.
    uint64_t other = 1000 + round % 50 * IDS + id;
    if (!code) code = access_put(access, other, round, LENGTH);
    if (!code && round % 3 == 0) code = access_delete(access, other);
  }
  return code;
}

static int write_rounds(struct access *access, struct worker *worker) {
  int code = 0;
  for (uint64_t round = 2; !code && round < 2 + worker->rounds; round++) code = write_round(access, worker, round);
  return code;
}

// A value is whole, never older than what was acknowledged before the read began, and never goes back.
static int read_rounds(struct access *access, struct worker *worker) {
  uint64_t seen[IDS] = {0};
  int code = 0;
  for (bool last = false; !code && !last;) {
    last = atomic_load(worker->writing) == 0;
    for (uint64_t id = 0; !code && id < IDS; id++) {
      uint64_t version, floor = atomic_load(&worker->floors[id]);
      code = access_get(access, id, &version);
      if (!code && (version < floor || version < seen[id])) code = -ESTALE;
      if (!code) seen[id] = version;
    }
    atomic_fetch_add(worker->looks, 1);
  }
  return code;
}

struct scanned {
  unsigned times[IDS];
  int code;
};

static int visit(void *user, const void *key, uint32_t key_length, const void *value, uint32_t value_length) {
  struct scanned *scanned = user;
  uint64_t version, id = record_id(key, key_length);
  if (id == UINT64_MAX || !record_value_of(id, value, value_length, &version)) return -EILSEQ;
  if (id < IDS) scanned->times[id]++;
  return 0;
}

static int scan_rounds(struct access *access, struct worker *worker) {
  int code = 0;
  for (bool last = false; !code && !last;) {
    struct scanned scanned = {0};
    last = atomic_load(worker->writing) == 0;
    code = access->engine->scan(access->session, NULL, 0, 0, visit, &scanned);
    for (uint64_t id = 0; !code && id < IDS; id++) {
      if (scanned.times[id] != 1) code = -ENOENT;
    }
    atomic_fetch_add(worker->looks, 1);
  }
  return code;
}

static void run(struct worker *worker, int (*rounds)(struct access *, struct worker *)) {
  struct access access;
  int code = access_open(&access, worker->fixture->engine, worker->fixture->store);
  if (!code) {
    code = rounds(&access, worker);
    int closed = access_close(&access);
    if (!code) code = closed;
  }
  worker->code = code;
}

static void *writer(void *worker) {
  run(worker, write_rounds);
  atomic_fetch_sub(((struct worker *)worker)->writing, 1);
  return NULL;
}

static void *reader(void *worker) {
  run(worker, read_rounds);
  return NULL;
}

static void *scanner(void *worker) {
  run(worker, scan_rounds);
  return NULL;
}

static void all_at_once(struct fixture *f) {
  static const struct sync_policy policies[] = {{SYNC_NONE, 0}, {SYNC_EVERY, 20}, {SYNC_INTERVAL, 2}, {SYNC_ALWAYS, 0}};
  enum { ALL = WRITERS + READERS + 1 };
  struct worker workers[ALL];
  pthread_t threads[ALL];
  atomic_ullong floors[IDS], looks = 0;
  atomic_uint writing = WRITERS;
  uint64_t at, rounds = fixture_count(f, SCALED(120, 25)) / (strstr(f->spec, "linear") ? 10 : 1);
  if (strstr(f->spec, "direct")) rounds = rounds / 40 + 1;  // each operation goes to the device
  f->config.sync = policies[f->variant];
  if (f->config.sync.kind == SYNC_ALWAYS) rounds = rounds / 20 + 1;
  f->config.capacity_hint = 64;
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, IDS, 1, LENGTH), 0);
  for (size_t id = 0; id < IDS; id++) atomic_init(&floors[id], 1);
  for (unsigned i = 0; i < ALL; i++) {
    workers[i] = (struct worker){f, i, rounds, &writing, floors, &looks, 0};
    void *(*body)(void *) = i < WRITERS ? writer : i < ALL - 1 ? reader : scanner;
    assert_int_equal(pthread_create(&threads[i], NULL, body, &workers[i]), 0);
  }
  for (unsigned i = 0; i < ALL; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
  for (unsigned i = 0; i < ALL; i++) assert_code(workers[i].code, 0);
  assert_true(looks >= READERS + 1);
  assert_code(access_expect_all(&f->access, 0, IDS, rounds + 1, LENGTH, &at), 0);
  fixture_reopen(f);
  assert_code(access_expect_all(&f->access, 0, IDS, rounds + 1, LENGTH, &at), 0);
  fixture_close(f);
}

// Sync, compaction and statistics are for any thread, at any time.
static int meddle_rounds(struct access *access, struct worker *worker) {
  struct fixture *f = worker->fixture;
  int code = 0;
  (void)access;
  for (bool last = false; !code && !last;) {
    struct store_stat stat;
    struct error error;
    last = atomic_load(worker->writing) == 0;
    code = f->engine->sync(f->store);
    if (!code) code = f->engine->stat(f->store, &stat);
    if (!code && worker->number == WRITERS) code = f->engine->compact(f->store, &error);
    atomic_fetch_add(worker->looks, 1);
  }
  return code;
}

static void *meddler(void *worker) {
  run(worker, meddle_rounds);
  return NULL;
}

static void compact_beside_writers_and_readers(struct fixture *f) {
  enum { ALL = WRITERS + 3 };
  struct worker workers[ALL];
  pthread_t threads[ALL];
  atomic_ullong floors[IDS], looks = 0;
  atomic_uint writing = WRITERS;
  uint64_t at, rounds = strstr(f->spec, "linear") || strstr(f->spec, "direct") ? 10 : SCALED(100, 25);
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, IDS, 1, LENGTH), 0);
  for (size_t id = 0; id < IDS; id++) atomic_init(&floors[id], 1);
  for (unsigned i = 0; i < ALL; i++) {
    workers[i] = (struct worker){f, i, rounds, &writing, floors, &looks, 0};
    void *(*body)(void *) = i < WRITERS ? writer : i < WRITERS + 2 ? meddler : reader;
    assert_int_equal(pthread_create(&threads[i], NULL, body, &workers[i]), 0);
  }
  for (unsigned i = 0; i < ALL; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
  for (unsigned i = 0; i < ALL; i++) assert_code(workers[i].code, 0);
  assert_code(access_expect_all(&f->access, 0, IDS, rounds + 1, LENGTH, &at), 0);
  fixture_reopen(f);
  assert_code(access_expect_all(&f->access, 0, IDS, rounds + 1, LENGTH, &at), 0);
  fixture_close(f);
}

enum { FILLERS = 4, FILLED = 513 };  // two that meet are more than the 1024 that our stores commit at once

static int fill_rounds(struct access *access, struct worker *worker) {
  int code = 0;
  for (uint64_t round = 1; !code && round <= worker->rounds; round++)
    code = access_fill_by(access, FILLED, worker->number * FILLED, FILLED, round, LENGTH);
  return code;
}

static void *filler(void *worker) {
  run(worker, fill_rounds);
  return NULL;
}

// More at once than a store commits together: what has no room in the first part of a group is in a later one, and all
// are acknowledged by the sync after the last.
static void batches_together(struct fixture *f) {
  struct worker workers[FILLERS];
  pthread_t threads[FILLERS];
  uint64_t at, rounds = SCALED(8, 3), looked_at = fixture_count(f, (uint64_t)FILLERS * FILLED);
  f->config.sync.kind = SYNC_ALWAYS;
  fixture_open(f);
  for (unsigned i = 0; i < FILLERS; i++) {
    workers[i] = (struct worker){.fixture = f, .number = i, .rounds = rounds};
    assert_int_equal(pthread_create(&threads[i], NULL, filler, &workers[i]), 0);
  }
  for (unsigned i = 0; i < FILLERS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
  for (unsigned i = 0; i < FILLERS; i++) assert_code(workers[i].code, 0);
  assert_code(access_expect_all(&f->access, 0, looked_at, rounds, LENGTH, &at), 0);
  fixture_reopen(f);
  assert_code(access_expect_all(&f->access, 0, looked_at, rounds, LENGTH, &at), 0);
  fixture_close(f);
}

int main(int argc, char **argv) {
  static const struct contract_case cases[] = {
      {"writers, readers and a scanner, none", all_at_once, CAP_PERSISTENT, 0, threaded_specs},
      {"writers, readers and a scanner, every=20", all_at_once, CAP_PERSISTENT, 1, threaded_specs},
      {"writers, readers and a scanner, interval=2ms", all_at_once, CAP_PERSISTENT, 2, threaded_specs},
      {"writers, readers and a scanner, always", all_at_once, CAP_PERSISTENT, 3, threaded_specs},
      {"batches of several writers, always", batches_together, CAP_PERSISTENT, 0, threaded_specs},
      {"compaction beside writers and readers", compact_beside_writers_and_readers, CAP_PERSISTENT, 0, threaded_specs},
  };
  return contract_main("threads", cases, sizeof cases / sizeof cases[0], argc, argv);
}
