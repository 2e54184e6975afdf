// SPDX-License-Identifier: MIT
// The defects of the lecture's program that this project grew from, each a test of these stores: its first Put never
// returned, growing locked twice, a file never grown was wiped when reopened, Get found the first of many versions,
// values lost trailing zero bytes, Get scanned, Put synced the whole map, and the doubled size was not page-aligned.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/contract/contract.h"
#include "tests/contract/residency.h"

enum { LENGTH = 64 };

// With the lock taken twice this waits for ever; the suite's alarm ends it.
static void first_put_returns(struct fixture *f) {
  fixture_open(f);
  assert_code(access_put(&f->access, 1, 1, LENGTH), 0);
  assert_code(access_expect(&f->access, 1, 1, LENGTH), 0);
  fixture_close(f);
}

static void growth_does_not_deadlock(struct fixture *f) {
  f->config.capacity_hint = 1;
  fixture_open(f);
  uint64_t id = 0;
  while (fixture_stat(f).growths < 3) assert_code(access_put(&f->access, id++, 1, LENGTH), 0);
  uint64_t at;
  assert_code(access_expect_all(&f->access, 0, id, 1, LENGTH, &at), 0);
  fixture_close(f);
}

static void never_grown_is_reopened_intact(struct fixture *f) {
  uint64_t at;
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, 5, 1, LENGTH), 0);
  assert_int_equal(fixture_stat(f).growths, 0);
  fixture_reopen(f);
  assert_code(access_expect_all(&f->access, 0, 5, 1, LENGTH, &at), 0);
  fixture_close(f);
  struct bytes before = file_bytes(f->path);
  fixture_open(f);  // opening alone changes no record
  fixture_close(f);
  struct bytes after = file_bytes(f->path);
  assert_int_equal(after.length, before.length);
  assert_memory_equal(after.data + 8192, before.data + 8192, before.length - 8192);
  free(before.data);
  free(after.data);
}

static void update_is_what_get_finds(struct fixture *f) {
  fixture_open(f);
  for (uint64_t version = 1; version <= 10; version++) {
    assert_code(access_put(&f->access, 1, version, LENGTH), 0);
    assert_code(access_expect(&f->access, 1, version, LENGTH), 0);
    fixture_reopen(f);
    assert_code(access_expect(&f->access, 1, version, LENGTH), 0);
  }
  assert_int_equal(fixture_records(f), 1);
  fixture_close(f);
}

static void trailing_zeros_are_kept(struct fixture *f) {
  unsigned char value[LENGTH] = {'v', 0, 'w'}, back[LENGTH];
  fixture_open(f);
  for (uint32_t length = 0; length <= LENGTH; length++) {
    struct op put = {.kind = OP_PUT, .key = &length, .key_length = 4, .value = value, .value_length = length};
    assert_code(access_run(&f->access, &put), 0);
  }
  fixture_reopen(f);
  for (uint32_t length = 0; length <= LENGTH; length++) {
    memset(back, 0xee, sizeof back);
    struct op get = {.kind = OP_GET, .key = &length, .key_length = 4, .value = back, .value_length = sizeof back};
    assert_code(access_run(&f->access, &get), 0);
    assert_int_equal(get.value_length, length);
    assert_memory_equal(back, value, length);
  }
  fixture_close(f);
}

static void skip_without_cachestat(int code) {
  if (code != -ENOSYS) return;
  print_message("this kernel has no cachestat\n");
  skip();
}

// With nothing of the file in memory, a get of the last record brings in what it reads. A scan would bring in all
// before.
static void get_does_not_scan(struct fixture *f) {
  enum { RECORDS = 8192 };
  struct residency before, after;
  struct stat status;
  f->config.record_size = 4096;
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, RECORDS, 1, LENGTH), 0);
  fixture_reopen(f);
  assert_code(f->engine->forget(f->store), 0);
  assert_int_equal(stat(f->path, &status), 0);
  int code = residency_of(f->path, 0, (uint64_t)status.st_size, &before);
  skip_without_cachestat(code);
  assert_code(code, 0);
  assert_code(access_expect(&f->access, RECORDS - 1, 1, LENGTH), 0);
  assert_code(residency_of(f->path, 0, (uint64_t)status.st_size, &after), 0);
  if (before.cached > before.pages / 10) {
    print_message("this file system keeps pages in memory\n");
    skip();
  }
  // Read-ahead may bring neighbours. The linear look-up is the counterproof: it has to bring in all.
  uint64_t brought = after.cached - before.cached;
  if (f->variant) assert_true(brought > before.pages * 9 / 10);
  if (!f->variant) assert_true(brought < before.pages / 2);
  fixture_close(f);
}

// Somebody else's dirty page at the far end of the file stays dirty when a put syncs its own record; with msync=whole,
// the counterproof, it does not.
static void put_does_not_sync_the_whole_map(struct fixture *f) {
  enum { FAR = 8u << 20 };
  struct residency far = {0};
  static const unsigned char zeros[4096];
  f->config.sync = (struct sync_policy){SYNC_ALWAYS, 0};
  f->config.capacity_hint = 2 * FAR / RECORD_SIZE_DEFAULT;
  fixture_open(f);
  assert_code(access_put(&f->access, 1, 1, LENGTH), 0);
  bool stayed_dirty = false;
  // The kernel may write the page back on its own just then: one time that it stays dirty shows it.
  for (int attempt = 0; attempt < 5 && !stayed_dirty; attempt++) {
    file_patch(f->path, FAR, zeros, sizeof zeros);  // free slots: zeros already
    assert_code(access_put(&f->access, 1, 2, LENGTH), 0);
    int code = residency_of(f->path, FAR, sizeof zeros, &far);
    skip_without_cachestat(code);
    assert_code(code, 0);
    stayed_dirty = far.dirty > 0;
  }
  assert_int_equal(stayed_dirty, !f->variant);
  fixture_close(f);
}

static void sizes_are_page_aligned(struct fixture *f) {
  f->config.capacity_hint = 1;
  fixture_open(f);
  for (uint64_t id = 0; fixture_stat(f).growths < 4; id++) {
    assert_int_equal(fixture_stat(f).bytes_apparent % 4096, 0);
    assert_code(access_put(&f->access, id, 1, LENGTH), 0);
  }
  assert_int_equal(fixture_stat(f).bytes_apparent % 4096, 0);
  fixture_close(f);
}

int main(int argc, char **argv) {
  static const char *const hash_specs[] = {"mmap:advice=random", "pread", "stdio", "uring", NULL};
  static const char *const linear_specs[] = {"mmap:lookup=linear", "pread:lookup=linear", "stdio:lookup=linear",
                                             "uring:lookup=linear", NULL};
  static const char *const range_specs[] = {"mmap", NULL};
  static const char *const whole_specs[] = {"mmap:msync=whole", NULL};
  static const struct contract_case cases[] = {
      {"first put returns", first_put_returns, CAP_PERSISTENT, 0, NULL},
      {"growth does not deadlock", growth_does_not_deadlock, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, NULL},
      {"a file never grown is reopened intact", never_grown_is_reopened_intact, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0,
       NULL},
      {"an update is what get finds", update_is_what_get_finds, CAP_PERSISTENT, 0, NULL},
      {"trailing zeros are kept", trailing_zeros_are_kept, CAP_PERSISTENT, 0, NULL},
      {"get does not scan", get_does_not_scan, CAP_PERSISTENT, 0, hash_specs},
      {"lookup=linear scans", get_does_not_scan, CAP_PERSISTENT, 1, linear_specs},
      {"a put does not sync the whole map", put_does_not_sync_the_whole_map, CAP_PERSISTENT, 0, range_specs},
      {"msync=whole syncs the whole map", put_does_not_sync_the_whole_map, CAP_PERSISTENT, 1, whole_specs},
      {"sizes are page-aligned", sizes_are_page_aligned, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, NULL},
  };
  return contract_main("lecture", cases, sizeof cases / sizeof cases[0], argc, argv);
}
