// SPDX-License-Identifier: MIT
// Contract: what is there after a clean close, after a kill, and after damage.
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/contract/contract.h"

enum { LENGTH = 64 };

static const struct sync_policy policies[] = {
    {SYNC_NONE, 0}, {SYNC_ASYNC, 0}, {SYNC_EVERY, 10}, {SYNC_INTERVAL, 20}, {SYNC_ALWAYS, 0}};

static void after_clean_close(struct fixture *f) {
  uint64_t at = 0, n = fixture_count(f, 500);
  f->config.sync = policies[f->variant];
  fixture_open(f);
  for (uint64_t version = 1; version <= 3; version++) {
    assert_code(access_fill(&f->access, 0, n, version, LENGTH), 0);
    fixture_reopen(f);
    struct store_stat stat = fixture_stat(f);
    assert_int_equal(stat.recovered, 0);
    assert_int_equal(stat.corrupt, 0);
    assert_int_equal(fixture_records(f), n);
    assert_code(access_expect_all(&f->access, 0, n, version, LENGTH, &at), 0);
  }
  fixture_close(f);
}

// The last value of each id: even ones put twice, every tenth deleted.
static int write_and_stay_open(struct fixture *f, void *argument) {
  uint64_t n = *(const uint64_t *)argument;
  int code = access_fill(&f->access, 0, n, 1, LENGTH);
  for (uint64_t id = 0; !code && id < n; id += 2) code = access_put(&f->access, id, 2, LENGTH);
  for (uint64_t id = 0; !code && id < n; id += 10) code = access_delete(&f->access, id);
  return code;
}

static int expected_of(struct fixture *f, uint64_t id) {
  int code = access_expect(&f->access, id, id % 2 ? 1 : 2, LENGTH);
  return id % 10 || code != -ENOENT ? code : 0;
}

// An engine that buffers may have lost what was not yet synced: each key is then at some value it had, or gone.
static int lawful_after_loss(struct fixture *f, uint64_t id) {
  uint64_t version;
  int code = access_get(&f->access, id, &version);
  if (code) return code == -ENOENT ? 0 : code;
  return version == 1 || (version == 2 && id % 2 == 0) ? 0 : -EILSEQ;
}

static void after_kill(struct fixture *f) {
  uint64_t n = fixture_count(f, 300);
  f->config.sync = policies[f->variant];
  fixture_crash(f, write_and_stay_open, fixture_share_number(f, n));
  fixture_open(f);
  struct store_stat stat = fixture_stat(f);
  // Others do not tell: a copy-on-write tree has nothing to recover, and an LSM tree always reads its log.
  assert_int_equal(stat.recovered, f->engine->caps & CAP_SHARED_FORMAT ? 1 : 0);
  assert_int_equal(stat.corrupt, 0);
  bool may_lose = fixture_buffers(f) && f->config.sync.kind != SYNC_ALWAYS;
  for (int round = 0; round < 2; round++) {
    for (uint64_t id = 0; id < n; id++) {
      assert_code(may_lose ? lawful_after_loss(f, id) : expected_of(f, id), 0);
    }
    if (!may_lose) assert_int_equal(fixture_records(f), n - (n + 9) / 10);
    fixture_reopen(f);
    assert_int_equal(fixture_stat(f).recovered, 0);
  }
  fixture_close(f);
}

static int write_and_sync(struct fixture *f, void *argument) {
  int code = write_and_stay_open(f, argument);
  return code ? code : f->engine->sync(f->store);
}

static void after_sync_and_kill(struct fixture *f) {
  uint64_t n = fixture_count(f, 300);
  fixture_crash(f, write_and_sync, fixture_share_number(f, n));
  fixture_open(f);
  for (uint64_t id = 0; id < n; id++) assert_code(expected_of(f, id), 0);
  fixture_close(f);
}

// Closing it costs no sync and leaves it as a kill does, except that all it took was handed to the kernel.
static void after_disposable_close(struct fixture *f) {
  uint64_t at, n = fixture_count(f, 300);
  f->config.disposable = true;
  f->config.sync = policies[f->variant];
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, n, 1, LENGTH), 0);
  fixture_close(f);
  f->config.disposable = false;
  fixture_open(f);
  assert_int_equal(fixture_stat(f).recovered, f->engine->caps & CAP_SHARED_FORMAT ? 1 : 0);
  assert_int_equal(fixture_records(f), n);
  assert_code(access_expect_all(&f->access, 0, n, 1, LENGTH, &at), 0);
  fixture_close(f);
}

// The child counts each acknowledgement where the parent sees it; the parent kills it at some moment of its work.
static int write_until_killed(struct fixture *f, void *argument) {
  atomic_ullong *acknowledged = argument;
  for (uint64_t i = 0;; i++) {
    int code = access_put(&f->access, i % 50, i, LENGTH);
    if (code) return code;
    atomic_store(acknowledged, i + 1);
  }
}

static void killed_while_writing(struct fixture *f) {
  static const uint64_t moments[] = {1, 60, 333, 700};
  atomic_ullong *acknowledged = fixture_share(f, sizeof *acknowledged);
  f->config.sync = policies[f->variant];
  bool may_lose = fixture_buffers(f) && f->config.sync.kind != SYNC_ALWAYS;
  for (size_t moment = 0; moment < 4; moment++) {
    atomic_store(acknowledged, 0);
    int child = fixture_fork(f, write_until_killed, acknowledged);
    while (atomic_load(acknowledged) < moments[moment]) usleep(50);
    assert_int_equal(kill(child, SIGKILL), 0);
    fixture_join_killed(f, child);
    uint64_t count = atomic_load(acknowledged);
    fixture_open(f);
    for (uint64_t id = 0; id < 50 && id < count && !may_lose; id++) {
      uint64_t version, last = (count - 1 - id) / 50 * 50 + id;
      assert_code(access_get(&f->access, id, &version), 0);
      // The operation that was running may be there too.
      assert_true(version == last || (version == count && count % 50 == id));
    }
    // Each round begins with an empty store.
    for (uint64_t id = 0; id < 50; id++) {
      uint64_t version;
      int code = access_get(&f->access, id, &version);
      if (code == 0) code = access_delete(&f->access, id);
      assert_true(code == 0 || code == -ENOENT);
    }
    fixture_close(f);
  }
}

static int delete_all(struct fixture *f, void *argument) {
  (void)argument;
  int code = 0;
  for (uint64_t id = 0; !code && id < 50; id++) code = access_delete(&f->access, id);
  return code ? code : f->engine->sync(f->store);
}

// Old copies of a deleted key lie about in the file: none may come back.
static void deleted_stays_deleted_after_kills(struct fixture *f) {
  fixture_open(f);
  for (uint64_t version = 1; version <= 6; version++) {
    assert_code(access_fill(&f->access, 0, 50, version, LENGTH), 0);
  }
  fixture_close(f);
  fixture_crash(f, delete_all, NULL);
  for (int round = 0; round < 3; round++) {
    fixture_open(f);
    for (uint64_t id = 0; id < 50; id++) assert_code(access_expect(&f->access, id, 1, LENGTH), -ENOENT);
    assert_int_equal(fixture_records(f), 0);
    fixture_close(f);
  }
}

// Sequences are never used twice: what is written after a recovery is newer than all before it, also to the next one.
static int put_version(struct fixture *f, void *argument) {
  uint64_t version = *(const uint64_t *)argument;
  int code = access_fill(&f->access, 0, 50, version, LENGTH);
  return code ? code : f->engine->sync(f->store);
}

static void kill_after_kill(struct fixture *f) {
  uint64_t at;
  for (uint64_t version = 1; version <= 5; version++) fixture_crash(f, put_version, fixture_share_number(f, version));
  fixture_open(f);
  assert_code(access_expect_all(&f->access, 0, 50, 5, LENGTH, &at), 0);
  assert_int_equal(fixture_records(f), 50);
  fixture_close(f);
}

// The index snapshot is the one other file in the folder.
static void find_snapshot(struct fixture *f, char path[PATH_ROOM]) {
  assert_int_equal(folder_entries(f->folder, "store", path), 2);
}

static void check_version(struct fixture *f, uint64_t version) {
  uint64_t at;
  fixture_open(f);
  assert_code(access_expect_all(&f->access, 0, 100, version, LENGTH, &at), 0);
  assert_int_equal(fixture_records(f), 100);
  fixture_close(f);
}

static void write_version(struct fixture *f, uint64_t version) {
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, 100, version, LENGTH), 0);
  fixture_close(f);
}

static void snapshot_missing(struct fixture *f) {
  char snapshot[PATH_ROOM];
  write_version(f, 1);
  find_snapshot(f, snapshot);
  assert_int_equal(unlink(snapshot), 0);
  check_version(f, 1);
  write_version(f, 2);
  find_snapshot(f, snapshot);  // a clean close after writes makes it anew
  assert_int_equal(unlink(snapshot), 0);
  f->config.read_only = true;
  f->config.create = false;
  check_version(f, 2);
}

static void snapshot_damaged(struct fixture *f) {
  char snapshot[PATH_ROOM];
  write_version(f, 1);
  find_snapshot(f, snapshot);
  struct bytes good = file_bytes(snapshot);
  assert_true(good.length > 64);
  for (size_t at = 0; at < good.length; at += good.length / 23 + 1) {
    unsigned char flipped = good.data[at] ^ 0x10;
    file_put_bytes(snapshot, good.data, good.length);
    file_patch(snapshot, at, &flipped, 1);
    check_version(f, 1);
  }
  free(good.data);
}

static void snapshot_cut_short(struct fixture *f) {
  char snapshot[PATH_ROOM];
  write_version(f, 1);
  find_snapshot(f, snapshot);
  struct bytes good = file_bytes(snapshot);
  static const size_t parts[] = {0, 1, 4, 7, 8};
  for (size_t i = 0; i < 5; i++) {
    file_put_bytes(snapshot, good.data, good.length * parts[i] / 8 + (i == 4));  // the last one is a byte too long
    check_version(f, 1);
  }
  free(good.data);
}

static void snapshot_stale(struct fixture *f) {
  char snapshot[PATH_ROOM];
  write_version(f, 1);
  find_snapshot(f, snapshot);
  struct bytes old = file_bytes(snapshot);
  write_version(f, 2);
  file_put_bytes(snapshot, old.data, old.length);
  check_version(f, 2);
  // Also when the store was not closed cleanly since.
  uint64_t three = 3;
  struct bytes newer = file_bytes(snapshot);
  fixture_crash(f, put_version, &three);
  file_put_bytes(snapshot, newer.data, newer.length);
  uint64_t at;
  fixture_open(f);
  assert_code(access_expect_all(&f->access, 0, 50, 3, LENGTH, &at), 0);
  assert_code(access_expect_all(&f->access, 50, 50, 2, LENGTH, &at), 0);
  fixture_close(f);
  free(old.data);
  free(newer.data);
}

static void snapshot_of_another_store(struct fixture *f) {
  char snapshot[PATH_ROOM];
  write_version(f, 1);
  find_snapshot(f, snapshot);
  struct bytes other = file_bytes(snapshot);
  assert_int_equal(unlink(snapshot), 0);
  assert_int_equal(unlink(f->path), 0);
  fixture_open(f);
  assert_code(access_fill(&f->access, 50, 50, 1, LENGTH), 0);
  assert_code(access_fill(&f->access, 0, 50, 1, LENGTH), 0);
  fixture_close(f);
  file_put_bytes(snapshot, other.data, other.length);
  check_version(f, 1);
  free(other.data);
}

// Where in the file the value of (id, version) lies.
static uint64_t find_value(const struct bytes *file, uint64_t id, uint64_t version) {
  unsigned char value[LENGTH];
  record_value(id, version, value, LENGTH);
  const unsigned char *at = memmem(file->data, file->length, value, LENGTH);
  assert_non_null(at);
  return (uint64_t)(at - file->data);
}

static void flipped_byte_after_kill(struct fixture *f) {
  uint64_t one = 1;
  fixture_crash(f, put_version, &one);
  struct bytes file = file_bytes(f->path);
  uint64_t at = find_value(&file, 17, 1) + 20;
  unsigned char flipped = file.data[at] ^ 1;
  file_patch(f->path, at, &flipped, 1);
  free(file.data);
  fixture_open(f);
  struct store_stat stat = fixture_stat(f);
  assert_int_equal(stat.recovered, 1);
  assert_int_equal(stat.corrupt, 1);
  assert_int_equal(stat.records, 49);
  for (uint64_t id = 0; id < 50; id++) assert_code(access_expect(&f->access, id, 1, LENGTH), id == 17 ? -ENOENT : 0);
  assert_code(access_put(&f->access, 17, 2, LENGTH), 0);
  fixture_reopen(f);
  assert_int_equal(fixture_stat(f).corrupt, 0);
  assert_code(access_expect(&f->access, 17, 2, LENGTH), 0);
  fixture_close(f);
}

// verify=on meets it on the get itself; a clean file is not scanned when it is opened.
static void flipped_byte_met_by_get(struct fixture *f) {
  write_version(f, 1);
  struct bytes file = file_bytes(f->path);
  uint64_t at = find_value(&file, 17, 1) + 20;
  unsigned char flipped = file.data[at] ^ 1;
  file_patch(f->path, at, &flipped, 1);
  free(file.data);
  fixture_open(f);
  for (uint64_t id = 0; id < 100; id++) {
    int code = access_expect(&f->access, id, 1, LENGTH);
    assert_true(id == 17 ? code == -EIO || code == -EBADMSG || code == -EILSEQ : code == 0);
    if (id == 17) assert_true(code != -EILSEQ);  // -EILSEQ is this test's word for a wrong value that was handed out
  }
  fixture_close(f);
}

// One copy of the header is enough.
static void one_header_damaged(struct fixture *f) {
  for (uint64_t copy = 0; copy < 2; copy++) {
    static const unsigned char junk[64] = {1, 2, 3};
    uint64_t at;
    write_version(f, copy + 1);
    file_patch(f->path, copy * 4096, junk, sizeof junk);
    fixture_open(f);
    assert_code(access_expect_all(&f->access, 0, 100, copy + 1, LENGTH, &at), 0);
    fixture_close(f);
  }
}

// A path may be a name alone: the folder is the one at hand.
static void a_name_alone(struct fixture *f) {
  uint64_t at;
  char path[PATH_ROOM], *before = getcwd(NULL, 0);
  assert_non_null(before);
  strcpy(path, f->path);
  strcpy(f->path, strrchr(path, '/') + 1);
  assert_int_equal(chdir(f->folder), 0);
  fixture_open(f);
  int code = access_fill(&f->access, 0, 50, 1, LENGTH);
  fixture_close(f);
  assert_int_equal(chdir(before), 0);
  free(before);
  assert_code(code, 0);
  strcpy(f->path, path);
  fixture_open(f);
  assert_int_equal(fixture_stat(f).recovered, 0);
  assert_code(access_expect_all(&f->access, 0, 50, 1, LENGTH, &at), 0);
  fixture_close(f);
}

int main(int argc, char **argv) {
  static const char *const verifying_specs[] = {"mmap:verify=on", "pread:verify=on", "stdio:verify=on",
                                                "uring:verify=on", NULL};
  static const struct contract_case cases[] = {
      {"reopen after clean close, none", after_clean_close, CAP_PERSISTENT, 0, NULL},
      {"reopen after clean close, async", after_clean_close, CAP_PERSISTENT, 1, main_specs},
      {"reopen after clean close, every", after_clean_close, CAP_PERSISTENT, 2, main_specs},
      {"reopen after clean close, interval", after_clean_close, CAP_PERSISTENT, 3, main_specs},
      {"reopen after clean close, always", after_clean_close, CAP_PERSISTENT, 4, NULL},
      {"reopen after kill, none", after_kill, CAP_PERSISTENT, 0, NULL},
      {"reopen after kill, async", after_kill, CAP_PERSISTENT, 1, main_specs},
      {"reopen after kill, every", after_kill, CAP_PERSISTENT, 2, main_specs},
      {"reopen after kill, interval", after_kill, CAP_PERSISTENT, 3, main_specs},
      {"reopen after kill, always", after_kill, CAP_PERSISTENT, 4, NULL},
      {"reopen after sync and kill", after_sync_and_kill, CAP_PERSISTENT, 0, NULL},
      {"reopen after close of a disposable store, none", after_disposable_close, CAP_PERSISTENT, 0, NULL},
      {"reopen after close of a disposable store, always", after_disposable_close, CAP_PERSISTENT, 4, main_specs},
      {"killed while writing, none", killed_while_writing, CAP_PERSISTENT, 0, NULL},
      {"killed while writing, every", killed_while_writing, CAP_PERSISTENT, 2, main_specs},
      {"killed while writing, always", killed_while_writing, CAP_PERSISTENT, 4, main_specs},
      {"deleted stays deleted after kills", deleted_stays_deleted_after_kills, CAP_PERSISTENT, 0, NULL},
      {"kill after kill", kill_after_kill, CAP_PERSISTENT, 0, main_specs},
      {"snapshot missing", snapshot_missing, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
      {"snapshot damaged", snapshot_damaged, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
      {"snapshot cut short", snapshot_cut_short, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
      {"snapshot stale", snapshot_stale, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
      {"snapshot of another store", snapshot_of_another_store, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
      {"flipped byte costs one record after a kill", flipped_byte_after_kill, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0,
       NULL},
      {"flipped byte is met by get", flipped_byte_met_by_get, CAP_PERSISTENT, 0, verifying_specs},
      {"a name alone", a_name_alone, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
      {"one header damaged", one_header_damaged, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
  };
  return contract_main("reopen", cases, sizeof cases / sizeof cases[0], argc, argv);
}
