// SPDX-License-Identifier: MIT
// Contract: what stores that others wrote must do beyond the cases that they share with ours.
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engines/registry.h"
#include "tests/contract/contract.h"

enum { LENGTH = 64 };

static void fill_and_close(struct fixture *f) {
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, 50, 1, LENGTH), 0);
  fixture_close(f);
}

static void expect_filled(struct fixture *f) {
  uint64_t at;
  fixture_open(f);
  assert_code(access_expect_all(&f->access, 0, 50, 1, LENGTH, &at), 0);
  assert_int_equal(fixture_records(f), 50);
  fixture_close(f);
}

static void refused_and_unchanged(struct fixture *f) {
  fill_and_close(f);
  f->config.exclusive = true;
  fixture_refused(f, -EEXIST);
  f->config.exclusive = false;
  f->config.record_size = 256;
  fixture_refused(f, -EINVAL);
  f->config.record_size = 0;
  char real[PATH_ROOM + 8];
  snprintf(real, sizeof real, "%s-real", f->path);
  assert_int_equal(rename(f->path, real), 0);
  assert_int_equal(symlink(real, f->path), 0);
  fixture_refused(f, -ELOOP);
  assert_int_equal(unlink(f->path), 0);
  assert_int_equal(rename(real, f->path), 0);
  expect_filled(f);
}

static void not_ours(struct fixture *f) {
  static const char text[9000] = "no store";
  file_put_bytes(f->path, text, sizeof text);
  struct bytes before = file_bytes(f->path);
  fixture_refused(f, -EINVAL);
  assert_file_is(f->path, &before);
  free(before.data);
}

// Keys come in the order of their bytes, from any one on.
static int in_order(void *user, const void *key, uint32_t key_length, const void *value, uint32_t value_length) {
  char *last = user;  // its length comes first
  (void)value, (void)value_length;
  uint32_t least = key_length < (uint32_t)last[0] ? key_length : (uint32_t)last[0];
  int order = memcmp(key, last + 1, least);
  if (order < 0 || (order == 0 && key_length <= (uint32_t)last[0])) return -EILSEQ;
  last[0] = (char)key_length;
  memcpy(last + 1, key, key_length);
  return 0;
}

static void scans_in_order(struct fixture *f) {
  char last[1 + KEY_LENGTH_MAX] = "";
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, 500, 1, LENGTH), 0);
  assert_code(f->engine->scan(f->access.session, NULL, 0, 0, in_order, last), 0);
  last[0] = 2;
  snprintf(last + 1, sizeof last - 1, "41");
  assert_code(f->engine->scan(f->access.session, "42", 2, 20, in_order, last), 0);
  fixture_close(f);
}

struct reader {
  struct fixture *fixture;
  atomic_bool stop;
  _Atomic int code;
};

static void *read_on(void *argument) {
  struct reader *reader = argument;
  struct access access;
  int code = access_open(&access, reader->fixture->engine, reader->fixture->store);
  if (code) {
    reader->code = code;
    return NULL;
  }
  while (!code && !reader->stop) code = access_expect(&access, 0, 1, 4000);
  int closed = access_close(&access);
  reader->code = code ? code : closed;
  return NULL;
}

// LMDB's map is of a size; it must grow under a reader, and more than once.
static void map_grows_under_a_reader(struct fixture *f) {
  struct reader reader = {.fixture = f};
  pthread_t thread;
  uint64_t at, n = 60000;
  f->config.record_size = 4096;
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, 1, 1, 4000), 0);
  assert_int_equal(pthread_create(&thread, NULL, read_on, &reader), 0);
  int code = access_fill(&f->access, 1, n - 1, 1, 4000);
  reader.stop = true;
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_code(code, 0);
  assert_code(reader.code, 0);
  assert_true(fixture_stat(f).growths >= 2);
  assert_code(access_expect_all(&f->access, 0, n, 1, 4000, &at), 0);
  fixture_reopen(f);
  assert_code(access_expect_all(&f->access, 0, n, 1, 4000, &at), 0);
  fixture_close(f);
}

// A file of the tree that is not there is an error of the store, and never the answer that a key is not there.
static void the_folder_vanishes(struct fixture *f) {
  char away[PATH_ROOM + 8];
  snprintf(away, sizeof away, "%s-away", f->path);
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, 50, 1, LENGTH), 0);
  assert_int_equal(rename(f->path, away), 0);
  assert_code(f->engine->compact(f->store, &f->error), -EIO);
  assert_int_equal(rename(away, f->path), 0);
  fixture_close(f);
}

struct told {
  const char *name;
  char value[64];
};

static int note_setting(void *user, const char *name, const char *value) {
  struct told *told = user;
  if (strcmp(name, told->name) == 0) snprintf(told->value, sizeof told->value, "%s", value);
  return 0;
}

// Of the store's tables, in this process.
static unsigned mapped_tables(const struct fixture *f) {
  char line[PATH_ROOM + 128];
  FILE *maps = fopen("/proc/self/maps", "re");
  assert_non_null(maps);
  unsigned count = 0;
  while (fgets(line, sizeof line, maps)) count += strstr(line, f->path) != NULL;
  fclose(maps);
  return count;
}

// Updates leave levels that are due to be merged. When the store has been closed and opened to forget its pages, none
// is, and what was merged then is not in memory through a map that stayed.
static void nothing_is_left_in_the_background(struct fixture *f) {
  struct told told = {.name = "background work"};
  fixture_open(f);
  for (uint64_t version = 1; version <= 12; version++)
    assert_code(access_fill(&f->access, 0, 2000, version, LENGTH), 0);
  assert_code(f->engine->forget(f->store), 0);
  assert_code(f->engine->settings(f->access.session, note_setting, &told), 0);
  assert_string_equal(told.value, "none left");
  assert_int_equal(mapped_tables(f), 0);
  fixture_close(f);
}

// A bbolt store for reading whose file is cut under its map.
static void open_and_cut(struct fixture *f) {
  char file[PATH_ROOM + 16];
  snprintf(file, sizeof file, "%s/bbolt.db", f->path);
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, 5000, 1, LENGTH), 0);
  fixture_close(f);
  f->config.read_only = true;
  f->config.create = false;
  fixture_open(f);
  assert_int_equal(truncate(file, 8192), 0);
}

// A page of the map that the file no longer has is an error of the call, not the end of the process.
static void expect_pages_gone(struct fixture *f) {
  uint64_t version;
  assert_code(access_get(&f->access, 4000, &version), -EIO);
  assert_code(access_get(&f->access, 10, &version), -EIO);
}

static void pages_that_are_gone(struct fixture *f) {
  open_and_cut(f);
  expect_pages_gone(f);
  fixture_close(f);
}

// A store of our own that reads through a map, cut in the same way.
static void mmap_open_and_cut(const struct fixture *f, struct fixture *mmap, const char *name) {
  struct error error;
  *mmap = (struct fixture){.spec = "mmap"};
  snprintf(mmap->path, sizeof mmap->path, "%s/%s", f->folder, name);
  assert_done(registry_parse(mmap->spec, &mmap->engine, &mmap->config, &error), &error);
  mmap->config.create = true;
  fixture_open(mmap);
  assert_code(access_fill(&mmap->access, 0, 5000, 1, LENGTH), 0);
  assert_code(mmap->engine->sync(mmap->store), 0);
  assert_int_equal(truncate(mmap->path, 8192), 0);
}

// Both have a handler for the signal of such a page: each meets its own faults, whichever came first, and also when
// the map's handler is put before Go's again. Nothing is closed: what could still be saved is not the question here.
static void pages_gone_beside_a_map(struct fixture *f) {
  struct fixture before, after;
  uint64_t version;
  bool map_first = f->variant == 1;
  if (map_first) mmap_open_and_cut(f, &before, "before");
  open_and_cut(f);
  for (int i = 0; i < 2; i++) {
    if (map_first) assert_code(access_get(&before.access, 4000, &version), -EIO);
    expect_pages_gone(f);
  }
  mmap_open_and_cut(f, &after, "after");
  for (int i = 0; i < 2; i++) {
    assert_code(access_get(&after.access, 4000, &version), -EIO);
    expect_pages_gone(f);
    if (map_first) assert_code(access_get(&before.access, 4000, &version), -EIO);
  }
  fixture_close(f);
}

// Without a log no promise can be kept but none, and that one says that a kill loses.
static void no_log_no_promise(struct fixture *f) {
  for (int kind = SYNC_ASYNC; kind < SYNC_KINDS; kind++) {
    f->config.sync = (struct sync_policy){(enum sync_kind)kind, 5};
    assert_code(f->engine->probe(f->folder, &f->config, &f->error), -EOPNOTSUPP);
    assert_message(&f->error, -EOPNOTSUPP, "wal=off");
    assert_non_null(strstr(f->engine->durability(&f->config), "no log"));  // reports name the refused, too
  }
  f->config.sync = (struct sync_policy){SYNC_NONE, 0};
  assert_non_null(strstr(f->engine->durability(&f->config), "loses"));
  assert_int_equal(folder_entries(f->folder, "", NULL), 0);
  fill_and_close(f);  // a clean close loses nothing
  expect_filled(f);
}

int main(int argc, char **argv) {
  static const char *const peers[] = {"peers", NULL};
  static const char *const bbolt[] = {"bbolt", NULL}, *const lmdb[] = {"lmdb", NULL},
                           *const rocks[] = {"rocksdb", NULL};
  static const char *const small_tables[] = {"rocksdb:buffer=64K", "leveldb:buffer=64K", NULL};
  static const char *const no_log[] = {"rocksdb:wal=off", NULL};
  static const struct contract_case cases[] = {
      {"refused and unchanged", refused_and_unchanged, CAP_PERSISTENT, 0, peers},
      {"a file that is no store", not_ours, CAP_PERSISTENT, 0, peers},
      {"scans in order of keys", scans_in_order, CAP_PERSISTENT | CAP_SCAN_ORDERED, 0, peers},
      {"the map grows under a reader", map_grows_under_a_reader, CAP_PERSISTENT, 0, lmdb},
      {"the folder vanishes", the_folder_vanishes, CAP_PERSISTENT, 0, rocks},
      {"nothing is left in the background", nothing_is_left_in_the_background, CAP_PERSISTENT, 0, small_tables},
      {"pages that are gone", pages_that_are_gone, CAP_PERSISTENT, 0, bbolt},
      {"pages gone, then a map's", pages_gone_beside_a_map, CAP_PERSISTENT, 0, bbolt},
      {"a map's pages gone, then its own", pages_gone_beside_a_map, CAP_PERSISTENT, 1, bbolt},
      {"no log, no promise", no_log_no_promise, CAP_PERSISTENT, 0, no_log},
  };
  return contract_main("peers", cases, sizeof cases / sizeof cases[0], argc, argv);
}
