// SPDX-License-Identifier: MIT
// Contract: across processes one writer or many readers, told at once; a read-only store changes nothing.
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engines/registry.h"
#include "tests/contract/contract.h"

enum { LENGTH = 64, RECORDS = 100 };

// Shared with children: how many have their store open, and whether they may leave.
struct talk {
  atomic_int ready, leave;
};

static int hold_open(struct fixture *f, void *argument) {
  struct talk *talk = argument;
  uint64_t at;
  int code = access_expect_all(&f->access, 0, RECORDS, 1, LENGTH, &at);
  if (code) return code;
  atomic_fetch_add(&talk->ready, 1);
  while (!atomic_load(&talk->leave)) usleep(500);
  return 0;
}

static int start_holding(struct fixture *f, struct talk *talk) {
  int before = atomic_load(&talk->ready), child = fixture_fork(f, hold_open, talk);
  while (atomic_load(&talk->ready) == before) {
    siginfo_t ended = {0};
    assert_int_equal(waitid(P_PID, (id_t)child, &ended, WEXITED | WNOHANG | WNOWAIT), 0);
    if (ended.si_pid) fail_msg("the child could not open the store");
    usleep(500);
  }
  return child;
}

static void read_only(struct fixture *f) {
  f->config.read_only = true;
  f->config.create = false;
}

static void fill(struct fixture *f) {
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, RECORDS, 1, LENGTH), 0);
  fixture_close(f);
}

static void second_writer_in_this_process(struct fixture *f) {
  struct store *first;
  struct error error;
  uint64_t at;
  fill(f);
  assert_done(f->engine->open(f->path, &f->config, &first, &error), &error);
  fixture_refused(f, -EWOULDBLOCK);
  read_only(f);
  fixture_refused(f, -EWOULDBLOCK);
  assert_done(f->engine->close(first, &error), &error);
  fixture_open(f);
  assert_code(access_expect_all(&f->access, 0, RECORDS, 1, LENGTH, &at), 0);
  fixture_close(f);
}

static void second_writer_in_another_process(struct fixture *f) {
  struct talk *talk = fixture_share(f, sizeof *talk);
  fill(f);
  int child = start_holding(f, talk);
  fixture_refused(f, -EWOULDBLOCK);
  read_only(f);
  fixture_refused(f, -EWOULDBLOCK);
  atomic_store(&talk->leave, 1);
  fixture_join(f, child);
  f->config.read_only = false;
  f->config.create = true;
  fixture_open(f);
  fixture_close(f);
}

static void many_reading_processes(struct fixture *f) {
  struct talk *talk = fixture_share(f, sizeof *talk);
  int children[3];
  uint64_t at;
  fill(f);
  read_only(f);
  for (int i = 0; i < 3; i++) children[i] = start_holding(f, talk);
  fixture_open(f);
  assert_code(access_expect_all(&f->access, 0, RECORDS, 1, LENGTH, &at), 0);
  fixture_close(f);
  f->config.read_only = false;
  fixture_refused(f, -EWOULDBLOCK);  // a writer among readers
  atomic_store(&talk->leave, 1);
  for (int i = 0; i < 3; i++) fixture_join(f, children[i]);
  fixture_open(f);
  fixture_close(f);
}

// A lock must go with its process, also while the kernel still winds a ring down.
static void writer_killed(struct fixture *f) {
  struct talk *talk = fixture_share(f, sizeof *talk);
  uint64_t at;
  fill(f);
  for (int round = 0; round < 5; round++) {
    int child = start_holding(f, talk);
    assert_int_equal(kill(child, SIGKILL), 0);
    fixture_join_killed(f, child);
    fixture_open(f);
    assert_code(access_expect_all(&f->access, 0, RECORDS, 1, LENGTH, &at), 0);
    fixture_close(f);
  }
}

static void read_only_changes_nothing(struct fixture *f) {
  uint64_t at;
  fill(f);
  struct bytes before = file_bytes(f->path);
  size_t entries = folder_entries(f->folder, "store", NULL);
  read_only(f);
  fixture_open(f);
  assert_code(access_put(&f->access, 1, 2, LENGTH), -EROFS);
  assert_code(access_put(&f->access, 5000, 1, LENGTH), -EROFS);
  assert_code(access_delete(&f->access, 2), -EROFS);
  assert_code(access_expect_all(&f->access, 0, RECORDS, 1, LENGTH, &at), 0);
  assert_code(f->engine->compact(f->store, &f->error), -EROFS);
  assert_code(f->engine->sync(f->store), 0);
  assert_code(f->engine->forget(f->store), 0);
  assert_int_equal(fixture_records(f), RECORDS);
  fixture_close(f);
  assert_file_is(f->path, &before);
  assert_int_equal(folder_entries(f->folder, "store", NULL), entries);
  free(before.data);
}

static void private_map(struct fixture *f) {
  const struct engine *engine;
  struct store_config private = f->config;
  uint64_t at;
  fill(f);
  assert_done(registry_parse("mmap:map=private", &engine, &private, &f->error), &f->error);
  f->config = private;
  fixture_refused(f, -EINVAL);  // what is stored into it would be lost
  read_only(f);
  fixture_open(f);
  assert_code(access_expect_all(&f->access, 0, RECORDS, 1, LENGTH, &at), 0);
  fixture_close(f);
}

int main(int argc, char **argv) {
  static const uint32_t needs = CAP_PERSISTENT | CAP_PROCESSES;
  static const char *const mapping_specs[] = {"mmap", NULL};
  const struct contract_case cases[] = {
      {"second writer in this process is refused", second_writer_in_this_process, needs, 0, NULL},
      {"second writer in another process is refused", second_writer_in_another_process, needs, 0, NULL},
      {"many reading processes, no writer among them", many_reading_processes, needs, 0, NULL},
      {"a killed writer's lock is free at once", writer_killed, needs, 0, NULL},
      {"read-only changes nothing", read_only_changes_nothing, needs | CAP_SHARED_FORMAT, 0, NULL},
      {"private map is for reading only", private_map, needs, 0, mapping_specs},
  };
  return contract_main("processes", cases, sizeof cases / sizeof cases[0], argc, argv);
}
