// SPDX-License-Identifier: MIT
// Contract: across processes one writer or many readers, told at once; a read-only store changes nothing.
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engines/registry.h"
#include "tests/contract/contract.h"

enum { LENGTH = 64, RECORDS = 100 };

// Pipes by which a child says that its store is open, and is told to go.
struct talk {
  int ready[2], leave[2];
};

static void talk_open(struct talk *talk) {
  assert_int_equal(pipe(talk->ready), 0);
  assert_int_equal(pipe(talk->leave), 0);
}

static void talk_close(struct talk *talk) {
  for (int i = 0; i < 2; i++) {
    close(talk->ready[i]);
    close(talk->leave[i]);
  }
}

static int hold_open(struct fixture *f, void *argument) {
  struct talk *talk = argument;
  uint64_t at;
  char byte = 0;
  int code = access_expect_all(&f->access, 0, RECORDS, 1, LENGTH, &at);
  if (code) return code;
  if (write(talk->ready[1], &byte, 1) != 1 || read(talk->leave[0], &byte, 1) != 1) return -EIO;
  return 0;
}

static void wait_ready(const struct talk *talk, int children) {
  char byte;
  for (int i = 0; i < children; i++) assert_int_equal(read(talk->ready[0], &byte, 1), 1);
}

static void tell_to_leave(const struct talk *talk, int children) {
  for (int i = 0; i < children; i++) assert_int_equal(write(talk->leave[1], "", 1), 1);
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
  f->config.read_only = true;
  fixture_refused(f, -EWOULDBLOCK);
  assert_done(f->engine->close(first, &error), &error);
  fixture_open(f);
  assert_code(access_expect_all(&f->access, 0, RECORDS, 1, LENGTH, &at), 0);
  fixture_close(f);
}

static void second_writer_in_another_process(struct fixture *f) {
  struct talk talk;
  talk_open(&talk);
  fill(f);
  int child = fixture_fork(f, hold_open, &talk);
  wait_ready(&talk, 1);
  fixture_refused(f, -EWOULDBLOCK);
  f->config.read_only = true;
  fixture_refused(f, -EWOULDBLOCK);
  tell_to_leave(&talk, 1);
  fixture_join(f, child);
  f->config.read_only = false;
  fixture_open(f);
  fixture_close(f);
  talk_close(&talk);
}

static void many_reading_processes(struct fixture *f) {
  struct talk talk;
  int children[3];
  uint64_t at;
  talk_open(&talk);
  fill(f);
  f->config.read_only = true;
  for (int i = 0; i < 3; i++) children[i] = fixture_fork(f, hold_open, &talk);
  wait_ready(&talk, 3);
  fixture_open(f);
  assert_code(access_expect_all(&f->access, 0, RECORDS, 1, LENGTH, &at), 0);
  fixture_close(f);
  f->config.read_only = false;
  fixture_refused(f, -EWOULDBLOCK);  // a writer among readers
  tell_to_leave(&talk, 3);
  for (int i = 0; i < 3; i++) fixture_join(f, children[i]);
  fixture_open(f);
  fixture_close(f);
  talk_close(&talk);
}

// A lock must go with its process, also while the kernel still winds a ring down.
static void writer_killed(struct fixture *f) {
  struct talk talk;
  uint64_t at;
  talk_open(&talk);
  fill(f);
  for (int round = 0; round < 5; round++) {
    int child = fixture_fork(f, hold_open, &talk);
    wait_ready(&talk, 1);
    assert_int_equal(kill(child, SIGKILL), 0);
    fixture_join_killed(f, child);
    fixture_open(f);
    assert_code(access_expect_all(&f->access, 0, RECORDS, 1, LENGTH, &at), 0);
    fixture_close(f);
  }
  talk_close(&talk);
}

static void read_only_changes_nothing(struct fixture *f) {
  uint64_t at;
  fill(f);
  struct bytes before = file_bytes(f->path);
  size_t entries = folder_entries(f->folder, "store", NULL);
  f->config.read_only = true;
  f->config.create = f->variant != 0;  // create asks only for what is missing
  fixture_open(f);
  assert_code(access_put(&f->access, 1, 2, LENGTH), -EROFS);
  assert_code(access_put(&f->access, 5000, 1, LENGTH), -EROFS);
  assert_code(access_delete(&f->access, 2), -EROFS);
  assert_code(access_expect_all(&f->access, 0, RECORDS, 1, LENGTH, &at), 0);
  assert_code(f->engine->compact(f->store, &f->error), -EROFS);
  assert_code(f->engine->sync(f->store), 0);
  assert_code(f->engine->forget(f->store), 0);
  assert_int_equal(fixture_stat(f).records, RECORDS);
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
  f->config.read_only = true;
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
      {"read-only changes nothing", read_only_changes_nothing, needs, 0, NULL},
      {"read-only with create changes nothing", read_only_changes_nothing, needs, 1, NULL},
      {"private map is for reading only", private_map, needs, 0, mapping_specs},
  };
  return contract_main("processes", cases, sizeof cases / sizeof cases[0], argc, argv);
}
