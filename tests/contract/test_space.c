// SPDX-License-Identifier: MIT
// Contract: space. Slots are reused, tombstones go, compaction gives space back, the index stays small.
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/contract/contract.h"

enum { LENGTH = 64 };

static const char *const index_specs[] = {"mmap", "pread", NULL};
static const struct sync_policy policies[] = {{SYNC_NONE, 0}, {SYNC_EVERY, 16}, {SYNC_ALWAYS, 0}};

static void slots_are_reused(struct fixture *f) {
  uint64_t at, keys = 40, rounds = fixture_count(f, f->variant == 2 ? 100 : SCALED(600, 150));
  f->config.sync = policies[f->variant];
  f->config.capacity_hint = 400;
  fixture_open(f);
  uint64_t capacity = fixture_stat(f).capacity;
  for (uint64_t round = 1; round <= rounds; round++) {
    assert_code(access_fill(&f->access, 0, keys, round, LENGTH), 0);
    if (round % 50 == 0) assert_code(access_expect_all(&f->access, 0, keys, round, LENGTH, &at), 0);
  }
  struct store_stat stat = fixture_stat(f);
  assert_int_equal(stat.records, keys);
  assert_int_equal(stat.capacity, capacity);
  fixture_reopen(f);
  assert_code(access_expect_all(&f->access, 0, keys, rounds, LENGTH, &at), 0);
  assert_int_equal(fixture_records(f), keys);
  fixture_close(f);
}

static int churn(struct access *access, uint64_t keys, uint64_t rounds) {
  int code = 0;
  for (uint64_t round = 0; !code && round < rounds; round++) {
    for (uint64_t i = 0; !code && i < keys; i++) {
      uint64_t id = round * keys + i;  // a new key each time: its tombstone is no other's
      code = access_put(access, id, 1, LENGTH);
      if (!code && id >= keys) code = access_delete(access, id - keys);
    }
  }
  return code;
}

static void tombstones_do_not_pile_up(struct fixture *f) {
  uint64_t keys = 20, rounds = f->variant == 2 ? 40 : fixture_count(f, SCALED(400, 100)) / 2;
  f->config.sync = policies[f->variant];
  f->config.capacity_hint = 300;
  fixture_open(f);
  uint64_t capacity = fixture_stat(f).capacity;
  assert_code(churn(&f->access, keys, rounds), 0);
  struct store_stat stat = fixture_stat(f);
  assert_int_equal(stat.records, keys);
  assert_true(stat.tombstones <= stat.capacity);
  // Each round left `keys` tombstones: had they stayed, the store would hold rounds * keys slots.
  assert_between(stat.capacity, capacity, 4 * capacity);
  assert_true(stat.capacity < rounds * keys);
  fixture_reopen(f);
  uint64_t at, last = (rounds - 1) * keys;
  assert_code(access_expect_all(&f->access, last, keys, 1, LENGTH, &at), 0);
  for (uint64_t id = 0; id < last; id += 7) assert_code(access_expect(&f->access, id, 1, LENGTH), -ENOENT);
  fixture_close(f);
}

static void one_key_again_and_again(struct fixture *f) {
  uint64_t rounds = fixture_count(f, SCALED(4000, 800));
  f->config.capacity_hint = 64;
  fixture_open(f);
  uint64_t capacity = fixture_stat(f).capacity;
  for (uint64_t round = 0; round < rounds; round++) {
    assert_code(access_put(&f->access, 1, round, LENGTH), 0);
    assert_code(access_delete(&f->access, 1), 0);
  }
  struct store_stat stat = fixture_stat(f);
  assert_between(stat.capacity, capacity, 4 * capacity);
  assert_int_equal(stat.records, 0);
  assert_code(access_expect(&f->access, 1, rounds, LENGTH), -ENOENT);
  fixture_reopen(f);
  assert_code(access_expect(&f->access, 1, rounds, LENGTH), -ENOENT);
  fixture_close(f);
}

static void check_thinned(struct fixture *f, uint64_t n) {
  for (uint64_t id = 0; id < n; id++) assert_code(access_expect(&f->access, id, 1, LENGTH), id % 20 ? -ENOENT : 0);
  assert_int_equal(fixture_records(f), (n + 19) / 20);
}

static void compact(struct fixture *f) {
  uint64_t n = fixture_count(f, SCALED(8000, 2000)), at;
  f->config.sync = policies[f->variant];
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, n, 1, LENGTH), 0);
  for (uint64_t id = 0; id < n; id++) {
    if (id % 20) assert_code(access_delete(&f->access, id), 0);
  }
  struct store_stat before = fixture_stat(f);
  assert_done(f->engine->compact(f->store, &f->error), &f->error);
  struct store_stat after = fixture_stat(f);
  // An LSM tree keeps what it need not rewrite, and its files have any size.
  struct stat status;
  assert_int_equal(stat(f->path, &status), 0);
  if (S_ISREG(status.st_mode)) {
    // A small file may already be at its least size: only one with many records must shrink. What is given back is room
    // on the disk: LMDB under writemap makes the file as long as its map, with a hole.
    if (n >= 2000) assert_true(after.bytes_allocated < before.bytes_allocated / 2);
    if (n >= 2000 && f->engine->caps & CAP_SHARED_FORMAT) assert_true(after.bytes_apparent < before.bytes_apparent / 2);
    assert_true(after.bytes_apparent <= before.bytes_apparent);
    assert_int_equal(after.bytes_apparent % 4096, 0);
  }
  check_thinned(f, n);
  fixture_reopen(f);
  check_thinned(f, n);
  assert_code(access_fill(&f->access, 100000, n, 3, LENGTH), 0);  // and it grows again
  assert_code(access_expect_all(&f->access, 100000, n, 3, LENGTH, &at), 0);
  fixture_close(f);
}

static int compact_then_die(struct fixture *f, void *argument) {
  uint64_t n = *(const uint64_t *)argument;
  int code = access_fill(&f->access, 0, n, 1, LENGTH);
  for (uint64_t id = 0; !code && id < n; id++) {
    if (id % 20) code = access_delete(&f->access, id);
  }
  return code ? code : f->engine->compact(f->store, &f->error);
}

static void compact_then_kill(struct fixture *f) {
  uint64_t n = fixture_count(f, 2000);
  fixture_crash(f, compact_then_die, fixture_share_number(f, n));
  fixture_open(f);
  check_thinned(f, n);
  fixture_close(f);
}

static void compact_an_empty_store(struct fixture *f) {
  fixture_open(f);
  assert_done(f->engine->compact(f->store, &f->error), &f->error);
  assert_code(access_fill(&f->access, 0, 100, 1, LENGTH), 0);
  for (uint64_t id = 0; id < 100; id++) assert_code(access_delete(&f->access, id), 0);
  assert_done(f->engine->compact(f->store, &f->error), &f->error);
  assert_int_equal(fixture_records(f), 0);
  assert_code(access_put(&f->access, 3, 1, LENGTH), 0);
  fixture_reopen(f);
  assert_code(access_expect(&f->access, 3, 1, LENGTH), 0);
  fixture_close(f);
}

static void forget_then_read(struct fixture *f) {
  uint64_t n = fixture_count(f, 2000), at;
  f->config.sync = policies[f->variant];
  fixture_open(f);
  for (uint64_t version = 1; version <= 2; version++) {
    assert_code(access_fill(&f->access, 0, n, version, LENGTH), 0);
    assert_code(f->engine->forget(f->store), 0);
    assert_code(access_expect_all(&f->access, 0, n, version, LENGTH, &at), 0);
  }
  fixture_close(f);
}

static void index_is_small(struct fixture *f) {
  uint64_t n = SCALED(1000000, 200000);
  f->config.record_size = 64;
  f->config.capacity_hint = f->variant ? n : 0;
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, n, 1, 16), 0);
  struct store_stat stat = fixture_stat(f);
  assert_int_equal(stat.records, n);
  assert_between(stat.index_bytes, 4 * n, 16 * n);
  fixture_reopen(f);
  assert_between(fixture_stat(f).index_bytes, 4 * n, 16 * n);
  fixture_close(f);
}

// What a put hands to the kernel is its record, or the blocks it lies in: never a multiple of it.
static void bytes_written_are_counted(struct fixture *f) {
  f->config.capacity_hint = 2000;
  fixture_open(f);
  assert_code(access_put(&f->access, 1, 1, LENGTH), 0);
  uint64_t before = fixture_stat(f).bytes_written;
  for (uint64_t id = 0; id < 100; id++) assert_code(access_put(&f->access, 1000 + id, 1, LENGTH), 0);
  assert_between(fixture_stat(f).bytes_written - before, 100 * 128, 100 * 8192);
  fixture_close(f);
}

int main(int argc, char **argv) {
  static const struct contract_case cases[] = {
      {"slots are reused, none", slots_are_reused, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, NULL},
      {"slots are reused, every=16", slots_are_reused, CAP_PERSISTENT | CAP_SHARED_FORMAT, 1, main_specs},
      {"slots are reused, always", slots_are_reused, CAP_PERSISTENT | CAP_SHARED_FORMAT, 2, main_specs},
      {"tombstones do not pile up, none", tombstones_do_not_pile_up, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, NULL},
      {"tombstones do not pile up, every=16", tombstones_do_not_pile_up, CAP_PERSISTENT | CAP_SHARED_FORMAT, 1,
       main_specs},
      {"tombstones do not pile up, always", tombstones_do_not_pile_up, CAP_PERSISTENT | CAP_SHARED_FORMAT, 2,
       main_specs},
      {"one key put and deleted again and again", one_key_again_and_again, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, NULL},
      {"compact", compact, CAP_PERSISTENT, 0, NULL},
      {"compact, every=16", compact, CAP_PERSISTENT, 1, main_specs},
      {"compact then kill", compact_then_kill, CAP_PERSISTENT, 0, main_specs},
      {"compact an empty store", compact_an_empty_store, CAP_PERSISTENT, 0, NULL},
      {"forget then read", forget_then_read, CAP_PERSISTENT, 0, NULL},
      {"forget then read, always", forget_then_read, CAP_PERSISTENT, 2, main_specs},
      {"index is small", index_is_small, CAP_PERSISTENT, 0, index_specs},
      {"index is small, size known", index_is_small, CAP_PERSISTENT, 1, index_specs},
      {"bytes written are counted", bytes_written_are_counted, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, NULL},
  };
  return contract_main("space", cases, sizeof cases / sizeof cases[0], argc, argv);
}
