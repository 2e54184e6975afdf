// SPDX-License-Identifier: MIT
// Contract: sync policies. Every acknowledgement follows the sync it needs, seen by the count of completed syncs.
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/contract/contract.h"

enum { LENGTH = 64, WRITERS = 6 };

static const char *const syncing_specs[] = {"mmap",
                                            "mmap:write=pwrite",
                                            "mmap:grow=remap:msync=whole",
                                            "mmap:invalidate=on",
                                            "pread",
                                            "pread:direct=on",
                                            "pread:sync=fsync",
                                            "pread:sync=dsync",
                                            "stdio",
                                            "stdio:buffer=0",
                                            "uring",
                                            "uring:depth=4",
                                            "uring:direct=on",
                                            "uring:fixed=on",
                                            "uring:dsync=on",
                                            "uring:direct=on:dsync=on",
                                            "peers",
                                            NULL};

// Those that leave it to one sync call to make several writes durable.
static const char *const sharing_specs[] = {
    "mmap", "mmap:write=pwrite", "pread", "pread:direct=on", "stdio", "uring", "uring:direct=on", "peers", NULL};

// Opens with room for all that the cases write, so that growth's own syncs do not mix in.
static void open_with(struct fixture *f, enum sync_kind kind, uint64_t amount) {
  f->config.sync = (struct sync_policy){kind, amount};
  f->config.capacity_hint = 8000;
  fixture_open(f);
}

static uint64_t syncs(struct fixture *f) { return fixture_stat(f).syncs; }

static void none_never_syncs(struct fixture *f) {
  open_with(f, SYNC_NONE, 0);
  uint64_t before = syncs(f);
  assert_code(access_fill(&f->access, 0, 500, 1, LENGTH), 0);
  for (uint64_t id = 0; id < 50; id++) assert_code(access_put(&f->access, id, 2, LENGTH), 0);
  for (uint64_t id = 0; id < 50; id++) assert_code(access_delete(&f->access, id), 0);
  assert_int_equal(syncs(f), before);
  fixture_close(f);
}

static void sync_makes_durable(struct fixture *f) {
  open_with(f, SYNC_NONE, 0);
  assert_code(access_put(&f->access, 1, 1, LENGTH), 0);
  uint64_t before = syncs(f);
  assert_code(f->engine->sync(f->store), 0);
  assert_true(syncs(f) > before);
  fixture_close(f);
}

static void async_does_not_wait(struct fixture *f) {
  uint64_t at;
  open_with(f, SYNC_ASYNC, 0);
  uint64_t before = syncs(f);
  assert_code(access_fill(&f->access, 0, 300, 1, LENGTH), 0);
  assert_code(access_expect_all(&f->access, 0, 300, 1, LENGTH, &at), 0);
  assert_int_equal(syncs(f), before);
  fixture_reopen(f);
  assert_code(access_expect_all(&f->access, 0, 300, 1, LENGTH, &at), 0);
  fixture_close(f);
}

static void always_syncs_each(struct fixture *f) {
  open_with(f, SYNC_ALWAYS, 0);
  assert_code(access_put(&f->access, 0, 0, LENGTH), 0);
  for (uint64_t round = 1; round <= 25; round++) {
    uint64_t before = syncs(f);
    assert_code(access_put(&f->access, 1, round, LENGTH), 0);
    assert_true(syncs(f) >= before + 1);
  }
  uint64_t before = syncs(f);
  assert_code(access_delete(&f->access, 1), 0);
  assert_true(syncs(f) >= before + 1);
  fixture_close(f);
}

static void always_syncs_a_batch(struct fixture *f) {
  open_with(f, SYNC_ALWAYS, 0);
  for (uint64_t round = 1; round <= 10; round++) {
    uint64_t before = syncs(f);
    assert_code(access_fill(&f->access, 0, 100, round, LENGTH), 0);
    assert_true(syncs(f) >= before + 1);
  }
  fixture_close(f);
}

// What makes a batch worth having: it shares its sync.
static void always_shares_one_sync_in_a_batch(struct fixture *f) {
  open_with(f, SYNC_ALWAYS, 0);
  assert_code(access_put(&f->access, 1, 1, LENGTH), 0);
  uint64_t before = syncs(f);
  assert_code(access_fill(&f->access, 0, 100, 1, LENGTH), 0);
  assert_between(syncs(f) - before, 1, 2);
  fixture_close(f);
}

static void reads_never_sync(struct fixture *f) {
  uint64_t at;
  open_with(f, SYNC_ALWAYS, 0);
  assert_code(access_fill(&f->access, 0, 100, 1, LENGTH), 0);
  uint64_t before = syncs(f);
  assert_code(access_expect_all(&f->access, 0, 100, 1, LENGTH, &at), 0);
  assert_code(access_delete(&f->access, 5000), -ENOENT);
  assert_int_equal(syncs(f), before);
  fixture_close(f);
}

// At no moment may `amount` acknowledged operations be without a sync.
static void every_counts_operations(struct fixture *f) {
  open_with(f, SYNC_EVERY, f->variant);
  uint64_t start = syncs(f);
  for (uint64_t i = 1; i <= 5 * f->variant + 3; i++) {
    assert_code(i % 4 ? access_put(&f->access, 1, i, LENGTH) : access_delete(&f->access, 1), 0);
    assert_true(syncs(f) - start >= i / f->variant);
  }
  fixture_close(f);
}

static void every_splits_a_batch(struct fixture *f) {
  enum { BATCH = 128 };
  open_with(f, SYNC_EVERY, f->variant);
  uint64_t start = syncs(f);
  for (uint64_t round = 1; round <= 6; round++) {
    assert_code(access_fill(&f->access, 0, BATCH, round, LENGTH), 0);
    assert_true(syncs(f) - start >= round * BATCH / f->variant);
  }
  fixture_close(f);
}

// Fewer operations than asked for need no sync: the policy would cost what `always` costs.
static void every_waits_for_its_count(struct fixture *f) {
  open_with(f, SYNC_EVERY, 1000);
  uint64_t start = syncs(f);
  assert_code(access_fill(&f->access, 0, 900, 1, LENGTH), 0);
  assert_int_equal(syncs(f), start);
  fixture_close(f);
}

// No call of ours: the store's own timer must do it. Without one this hangs, and the suite's alarm ends it.
static void interval_syncs_by_itself(struct fixture *f) {
  open_with(f, SYNC_INTERVAL, 10);
  for (uint64_t round = 1; round <= 3; round++) {
    assert_code(access_put(&f->access, 1, round, LENGTH), 0);
    uint64_t before = syncs(f);
    assert_code(access_put(&f->access, 2, round, LENGTH), 0);
    while (syncs(f) == before) usleep(1000);
  }
  assert_true(fixture_stat(f).window_max_ns > 0);
  fixture_close(f);
}

struct writer {
  struct fixture *fixture;
  uint64_t first, count, round;
  pthread_barrier_t *start;
  _Atomic int code;
};

static void *write_all(void *argument) {
  struct writer *writer = argument;
  struct access access;
  writer->code = access_open(&access, writer->fixture->engine, writer->fixture->store);
  pthread_barrier_wait(writer->start);
  if (writer->code) return NULL;
  for (uint64_t i = 0; !writer->code && i < writer->count; i++) {
    writer->code = access_put(&access, writer->first + i, writer->round, LENGTH);
  }
  int closed = access_close(&access);
  if (!writer->code) writer->code = closed;
  return NULL;
}

static void write_together(struct fixture *f, uint64_t round, uint64_t count) {
  struct writer writers[WRITERS];
  pthread_t threads[WRITERS];
  pthread_barrier_t start;
  assert_int_equal(pthread_barrier_init(&start, NULL, WRITERS), 0);
  for (uint64_t i = 0; i < WRITERS; i++) {
    writers[i] = (struct writer){.fixture = f, .first = i * count, .count = count, .round = round, .start = &start};
    assert_int_equal(pthread_create(&threads[i], NULL, write_all, &writers[i]), 0);
  }
  for (size_t i = 0; i < WRITERS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
  for (size_t i = 0; i < WRITERS; i++) assert_code(writers[i].code, 0);
  pthread_barrier_destroy(&start);
}

// Which writers meet is the scheduler's choice: go on until some have. If syncs cannot be shared, the alarm ends it.
static void group_commit(struct fixture *f) {
  enum { EACH = 30 };
  open_with(f, SYNC_ALWAYS, 0);
  uint64_t shared = 0, at, round = 0;
  while (!shared) {
    uint64_t before = syncs(f);
    write_together(f, ++round, EACH);
    uint64_t more = syncs(f) - before;
    if (more < (uint64_t)WRITERS * EACH) shared = WRITERS * EACH - more;
  }
  assert_code(access_expect_all(&f->access, 0, WRITERS * EACH, round, LENGTH, &at), 0);
  fixture_close(f);
}

static void every_with_many_writers(struct fixture *f) {
  enum { EACH = 40 };
  open_with(f, SYNC_EVERY, 8);
  uint64_t at, before = syncs(f);
  write_together(f, 1, EACH);
  // Threads may share a sync, each of which covers what was written before it began: at most `WRITERS` more than 8.
  assert_true(syncs(f) - before >= WRITERS * EACH / (8 + WRITERS));
  assert_code(access_expect_all(&f->access, 0, WRITERS * EACH, 1, LENGTH, &at), 0);
  fixture_close(f);
}

static void in_words(struct fixture *f) {
  for (int kind = 0; kind < SYNC_KINDS; kind++) {
    f->config.sync = (struct sync_policy){(enum sync_kind)kind, 10};
    const char *words = f->engine->durability(&f->config);
    assert_non_null(words);
    assert_true(strlen(words) > 3);
    assert_null(strchr(words, '\n'));
  }
}

int main(int argc, char **argv) {
  static const struct contract_case cases[] = {
      {"none never syncs", none_never_syncs, CAP_PERSISTENT, 0, syncing_specs},
      {"sync makes durable", sync_makes_durable, CAP_PERSISTENT, 0, syncing_specs},
      {"async does not wait", async_does_not_wait, CAP_PERSISTENT, 0, syncing_specs},
      {"always syncs each", always_syncs_each, CAP_PERSISTENT, 0, syncing_specs},
      {"always syncs a batch", always_syncs_a_batch, CAP_PERSISTENT, 0, syncing_specs},
      {"always shares one sync in a batch", always_shares_one_sync_in_a_batch, CAP_PERSISTENT, 0, sharing_specs},
      {"reads never sync", reads_never_sync, CAP_PERSISTENT, 0, syncing_specs},
      {"every=1 counts operations", every_counts_operations, CAP_PERSISTENT, 1, syncing_specs},
      {"every=7 counts operations", every_counts_operations, CAP_PERSISTENT, 7, syncing_specs},
      {"every=7 splits a batch", every_splits_a_batch, CAP_PERSISTENT, 7, syncing_specs},
      {"every=50 splits a batch", every_splits_a_batch, CAP_PERSISTENT, 50, syncing_specs},
      {"every=1000 waits for its count", every_waits_for_its_count, CAP_PERSISTENT, 0, sharing_specs},
      {"interval syncs by itself", interval_syncs_by_itself, CAP_PERSISTENT, 0, syncing_specs},
      {"group commit", group_commit, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, sharing_specs},
      {"every=8 with many writers", every_with_many_writers, CAP_PERSISTENT, 0, syncing_specs},
      {"durability in words", in_words, 0, 0, NULL},
  };
  return contract_main("sync", cases, sizeof cases / sizeof cases[0], argc, argv);
}
