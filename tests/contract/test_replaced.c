// SPDX-License-Identifier: MIT
// Contract: a file moved, removed or replaced under an open store. The store goes on with the file that it opened, and
// touches nothing of what stands at its path now.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engines/slots/check.h"
#include "tests/contract/contract.h"

enum { LENGTH = 64, RECORDS = 200, GROWN = 3000, OLD = 1, NEW = 9 };

static const char *const specs[] = {"mmap",
                                    "mmap:write=pwrite",
                                    "mmap:grow=mremap",
                                    "mmap:grow=remap",
                                    "pread",
                                    "pread:direct=on",
                                    "stdio",
                                    "stdio:buffer=0",
                                    "uring",
                                    "uring:direct=on",
                                    "uring:fixed=on",
                                    "uring:sqpoll=on",
                                    NULL};

static const struct sync_policy policies[] = {{SYNC_NONE, 0}, {SYNC_ALWAYS, 0}, {SYNC_INTERVAL, 1}};

static void path_of(const struct fixture *f, const char *name, char path[PATH_ROOM]) {
  snprintf(path, PATH_ROOM, "%s/%s", f->folder, name);
}

static void move(const char *from, const char *to) { assert_code(rename(from, to) ? -errno : 0, 0); }

// The other store's file and index, which must stay as they are.
struct newcomer {
  char index[PATH_ROOM];
  struct bytes file, snapshot;
};

// A store like the fixture's, at its path, with other values; made elsewhere and then put there.
static void put_newcomer(struct fixture *f, struct newcomer *newcomer) {
  struct fixture other = {.spec = f->spec, .engine = f->engine, .config = f->config};
  char index[PATH_ROOM];
  path_of(f, "other", other.path);
  path_of(f, "other.index", index);
  path_of(f, "store.index", newcomer->index);
  fixture_open(&other);
  assert_code(access_fill(&other.access, 0, RECORDS, NEW, LENGTH), 0);
  fixture_close(&other);
  move(other.path, f->path);
  move(index, newcomer->index);
  newcomer->file = file_bytes(f->path);
  newcomer->snapshot = file_bytes(newcomer->index);
}

static void expect_untouched(struct fixture *f, const struct newcomer *newcomer) {
  assert_file_is(f->path, &newcomer->file);
  assert_file_is(newcomer->index, &newcomer->snapshot);
}

static void forget_newcomer(struct newcomer *newcomer) {
  free(newcomer->file.data);
  free(newcomer->snapshot.data);
}

// All that a store does, on a file that no longer has its name.
static void go_on(struct fixture *f) {
  struct access second;
  uint64_t at;
  assert_code(access_fill(&f->access, 0, GROWN, OLD + 1, LENGTH), 0);
  assert_code(access_open(&second, f->engine, f->store), 0);
  assert_code(access_expect_all(&second, 0, GROWN, OLD + 1, LENGTH, &at), 0);
  assert_code(access_close(&second), 0);
  assert_code(f->engine->sync(f->store), 0);
  for (uint64_t id = RECORDS; id < GROWN; id++) assert_code(access_delete(&f->access, id), 0);
  assert_done(f->engine->compact(f->store, &f->error), &f->error);
  assert_code(f->engine->forget(f->store), 0);
  assert_code(access_expect_all(&f->access, 0, RECORDS, OLD + 1, LENGTH, &at), 0);
}

// What was written is not where its name says: closing must not pass that over.
static void close_displaced(struct fixture *f) {
  struct error error = {0};
  assert_code(access_close(&f->access), 0);
  struct store *store = f->store;
  f->store = NULL;
  assert_code(f->engine->close(store, &error), -ESTALE);
  assert_message(&error, -ESTALE, "replaced");
}

static void expect_store(struct fixture *f, const char *path, bool clean, uint64_t version) {
  struct slot_check_report report;
  uint64_t at;
  assert_done(slot_check(path, &report, &f->error), &f->error);
  assert_true(slot_check_sound(&report));
  assert_int_equal(report.clean, clean);
  struct fixture other = {.spec = f->spec, .engine = f->engine, .config = f->config};
  snprintf(other.path, sizeof other.path, "%s", path);
  fixture_open(&other);
  assert_code(access_expect_all(&other.access, 0, RECORDS, version, LENGTH, &at), 0);
  assert_int_equal(fixture_records(&other), RECORDS);
  fixture_close(&other);
}

static void open_and_fill(struct fixture *f) {
  f->config.sync = policies[f->variant];
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, RECORDS, OLD, LENGTH), 0);
}

static void replaced(struct fixture *f) {
  struct newcomer newcomer;
  char kept[PATH_ROOM];
  path_of(f, "kept", kept);
  open_and_fill(f);
  assert_int_equal(link(f->path, kept), 0);
  put_newcomer(f, &newcomer);
  go_on(f);
  expect_untouched(f, &newcomer);
  close_displaced(f);
  expect_untouched(f, &newcomer);
  assert_int_equal(folder_entries(f->folder, "", NULL), 3);
  expect_store(f, f->path, true, NEW);
  expect_store(f, kept, false, OLD + 1);
  forget_newcomer(&newcomer);
}

// Two open stores that share a path have different files, and so different locks.
static void replaced_and_opened(struct fixture *f) {
  struct newcomer newcomer;
  open_and_fill(f);
  assert_int_equal(unlink(f->path), 0);
  put_newcomer(f, &newcomer);
  forget_newcomer(&newcomer);
  struct fixture other = {.spec = f->spec, .engine = f->engine, .config = f->config};
  snprintf(other.path, sizeof other.path, "%s", f->path);
  fixture_open(&other);
  go_on(f);
  assert_code(access_put(&other.access, 0, NEW, LENGTH), 0);
  close_displaced(f);
  fixture_close(&other);
  expect_store(f, f->path, true, NEW);
}

static void moved(struct fixture *f) {
  char away[PATH_ROOM];
  path_of(f, "away", away);
  open_and_fill(f);
  move(f->path, away);
  go_on(f);
  close_displaced(f);
  assert_int_equal(folder_entries(f->folder, "", NULL), 1);
  expect_store(f, away, false, OLD + 1);
}

static void removed(struct fixture *f) {
  open_and_fill(f);
  assert_int_equal(unlink(f->path), 0);
  go_on(f);
  close_displaced(f);
  assert_int_equal(folder_entries(f->folder, "", NULL), 0);
}

// Who only reads has nothing to tell when closing.
static void replaced_under_a_reader(struct fixture *f) {
  struct newcomer newcomer;
  uint64_t at;
  open_and_fill(f);
  fixture_close(f);
  f->config.read_only = true;
  f->config.create = false;
  fixture_open(f);
  f->config.read_only = false;
  f->config.create = true;
  put_newcomer(f, &newcomer);
  assert_code(f->engine->forget(f->store), 0);
  assert_code(access_expect_all(&f->access, 0, RECORDS, OLD, LENGTH, &at), 0);
  fixture_close(f);
  expect_untouched(f, &newcomer);
  forget_newcomer(&newcomer);
}

int main(int argc, char **argv) {
  static const struct contract_case cases[] = {
      {"replaced, none", replaced, CAP_PERSISTENT, 0, specs},
      {"replaced, always", replaced, CAP_PERSISTENT, 1, specs},
      {"replaced, interval", replaced, CAP_PERSISTENT, 2, specs},
      {"replaced, and the other opened", replaced_and_opened, CAP_PERSISTENT, 0, specs},
      {"moved away", moved, CAP_PERSISTENT, 0, specs},
      {"removed", removed, CAP_PERSISTENT, 0, specs},
      {"replaced under a reader", replaced_under_a_reader, CAP_PERSISTENT, 0, specs},
  };
  return contract_main("replaced", cases, sizeof cases / sizeof cases[0], argc, argv);
}
