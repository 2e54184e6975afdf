// SPDX-License-Identifier: MIT
// Contract: growth. A store made for few records takes many, also while others read and hold lent pointers.
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "tests/contract/contract.h"

enum { LENGTH = 64 };

static const char *const growing_specs[] = {"mmap",
                                            "mmap:write=pwrite",
                                            "mmap:grow=mremap",
                                            "mmap:grow=remap",
                                            "mmap:grow=remap:grow_step=64K",
                                            "mmap:grow=mremap:grow_step=4K:msync=whole",
                                            "pread",
                                            "pread:grow_step=64K",
                                            "pread:direct=on",
                                            "stdio",
                                            "stdio:buffer=0",
                                            "uring",
                                            "uring:direct=on:grow_step=64K",
                                            "uring:fixed=on",
                                            NULL};

static void grow(struct fixture *f) {
  uint64_t at = 0, n = SCALED(20000, 4000);
  f->config.capacity_hint = 16;
  fixture_open(f);
  struct store_stat before = fixture_stat(f);
  assert_true(before.capacity < n);
  assert_code(access_fill(&f->access, 0, n, 1, LENGTH), 0);
  struct store_stat after = fixture_stat(f);
  assert_true(after.growths >= 1 && after.bytes_apparent > before.bytes_apparent);
  assert_int_equal(after.bytes_apparent % 4096, 0);
  assert_true(after.bytes_allocated >= n * 128);  // real blocks, not holes
  assert_true(after.capacity >= n);
  assert_code(access_expect_all(&f->access, 0, n, 1, LENGTH, &at), 0);
  fixture_reopen(f);
  assert_code(access_expect_all(&f->access, 0, n, 1, LENGTH, &at), 0);
  assert_int_equal(fixture_records(f), n);
  fixture_close(f);
}

struct reader {
  struct fixture *fixture;
  atomic_bool stop;
  atomic_ullong rounds;
  bool peeks;  // hold lent pointers for a while instead of getting
  _Atomic int code;
};

// Lends all 50 values, lets the writer go on, and checks that they are as they were.
static int hold_lent(struct access *access) {
  struct op ops[50];
  char keys[50][KEY_LENGTH_MAX];
  for (uint64_t i = 0; i < 50; i++) {
    ops[i] = (struct op){.kind = OP_PEEK, .key = keys[i], .key_length = record_key(i, keys[i])};
  }
  int code = session_run(access->engine, access->session, ops, 50);
  if (code) return code;
  for (int look = 0; look < 3; look++) {
    for (uint64_t i = 0; i < 50; i++) {
      if (ops[i].status) return ops[i].status;
      if (ops[i].value_length != LENGTH || !record_value_is(i, 1, ops[i].value, LENGTH)) return -EILSEQ;
    }
    usleep(300);
  }
  uint64_t version;
  return access_get(access, 0, &version);  // the next call: gives the pointers back
}

static void *read_on(void *argument) {
  struct reader *reader = argument;
  struct access access;
  reader->code = access_open(&access, reader->fixture->engine, reader->fixture->store);
  if (reader->code) return NULL;
  while (!reader->code && !reader->stop) {
    uint64_t at;
    reader->code = reader->peeks ? hold_lent(&access) : access_expect_all(&access, 0, 50, 1, LENGTH, &at);
    reader->rounds++;
  }
  int closed = access_close(&access);
  if (!reader->code) reader->code = closed;
  return NULL;
}

static void grow_beside(struct fixture *f, bool peeks) {
  struct reader reader = {.fixture = f, .peeks = peeks};
  pthread_t thread;
  uint64_t at, n = SCALED(12000, 3000);
  f->config.capacity_hint = 64;
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, 50, 1, LENGTH), 0);
  uint64_t growths = fixture_stat(f).growths;
  assert_int_equal(pthread_create(&thread, NULL, read_on, &reader), 0);
  int code = 0;
  uint64_t put = 0;
  // A reader that has not yet begun reads beside nothing: go on until it has.
  while (!code && (put < n || (reader.rounds < 2 && !reader.code))) {
    code = access_put(&f->access, 100 + put % (2 * n), 1, LENGTH);
    put++;
  }
  reader.stop = true;
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_code(code, 0);
  assert_code(reader.code, 0);
  assert_true(fixture_stat(f).growths > growths);
  assert_code(access_expect_all(&f->access, 100, n, 1, LENGTH, &at), 0);
  fixture_close(f);
}

static void grow_while_reading(struct fixture *f) { grow_beside(f, false); }
static void grow_while_lent(struct fixture *f) { grow_beside(f, true); }

// The policies that sync: growth must keep what they promise, and not deadlock with their locks or their timer.
static void grow_under_policy(struct fixture *f) {
  static const struct sync_policy policies[] = {
      {SYNC_ASYNC, 0}, {SYNC_EVERY, 50}, {SYNC_INTERVAL, 5}, {SYNC_ALWAYS, 0}};
  f->config.sync = policies[f->variant];
  f->config.capacity_hint = 8;
  uint64_t at, n = 1500;
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, n, 1, LENGTH), 0);
  assert_true(fixture_stat(f).growths >= 1);
  fixture_reopen(f);
  assert_code(access_expect_all(&f->access, 0, n, 1, LENGTH, &at), 0);
  fixture_close(f);
}

static void grow_large_records(struct fixture *f) {
  uint64_t at, n = SCALED(40, 16);
  f->config.record_size = 1 << 20;
  f->config.capacity_hint = 2;
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, n, 1, fixture_room(f)), 0);
  assert_true(fixture_stat(f).growths >= 1);
  assert_code(access_expect_all(&f->access, 0, n, 1, fixture_room(f), &at), 0);
  fixture_close(f);
}

int main(int argc, char **argv) {
  static const struct contract_case cases[] = {
      {"growth", grow, CAP_PERSISTENT, 0, growing_specs},
      {"growth while another thread reads", grow_while_reading, CAP_PERSISTENT, 0, growing_specs},
      {"growth while pointers are lent", grow_while_lent, CAP_PERSISTENT | CAP_LEND, 0, growing_specs},
      {"growth under async", grow_under_policy, CAP_PERSISTENT, 0, growing_specs},
      {"growth under every=50", grow_under_policy, CAP_PERSISTENT, 1, growing_specs},
      {"growth under interval=5ms", grow_under_policy, CAP_PERSISTENT, 2, growing_specs},
      {"growth under always", grow_under_policy, CAP_PERSISTENT, 3, growing_specs},
      {"growth of 1 MiB records", grow_large_records, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
  };
  return contract_main("growth", cases, sizeof cases / sizeof cases[0], argc, argv);
}
