// SPDX-License-Identifier: MIT
// What is particular to the map and to streams: where the window is, what the kernel was told, what a buffer holds.
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/slots/file.h"
#include "tests/unit/temporary.h"
#include "tests/unit/ways.h"

static struct io_map window_of(const struct opened *opened) {
  struct io_map map;
  assert_int_equal(opened->io->map(opened->file, &map), 0);
  return map;
}

static void grow(const struct opened *opened, uint64_t from, uint64_t to) {
  assert_int_equal(file_extend(opened->fd, from, to), 0);
  assert_int_equal(opened->io->resize(opened->file, from, to), 0);
}

static void test_reserved_window_stays(void **state) {
  (void)state;
  struct opened opened;
  assert_true(open_way(&opened, "mmap"));
  struct io_map before = window_of(&opened);
  assert_int_equal(before.length, SIZE);
  assert_false(opened.io->resize_moves(opened.file, SIZE, 1ull << 38));
  assert_true(opened.io->resize_moves(opened.file, SIZE, 1ull << 62));
  assert_true(opened.io->resize_moves(opened.file, SIZE, BLOCK));
  for (uint64_t size = SIZE; size < 64 * SIZE; size *= 2) {
    grow(&opened, size, 2 * size);
    struct io_map now = window_of(&opened);
    assert_ptr_equal(now.base, before.base);
    assert_int_equal(now.length, 2 * size);
    now.base[2 * size - 1] = 'e';
  }
  close_way(&opened);
}

static void test_others_say_that_they_move(void **state) {
  (void)state;
  static const char *const moving[] = {"mmap:grow=mremap", "mmap:grow=remap"};
  for (int i = 0; i < 2; i++) {
    struct opened opened;
    assert_true(open_way(&opened, moving[i]));
    assert_true(opened.io->resize_moves(opened.file, SIZE, 2 * SIZE));
    window_of(&opened).base[5] = 'x';
    grow(&opened, SIZE, 8 * SIZE);
    struct io_map now = window_of(&opened);
    assert_int_equal(now.length, 8 * SIZE);
    assert_int_equal(now.base[5], 'x');
    now.base[8 * SIZE - 1] = 'e';
    close_way(&opened);
  }
}

// The VmFlags of the mapping that holds `address`.
static void flags_at(const void *address, char flags[256]) {
  FILE *maps = fopen("/proc/self/smaps", "re");
  assert_non_null(maps);
  char line[512];
  bool inside = false;
  flags[0] = '\0';
  while (fgets(line, sizeof line, maps)) {
    uintptr_t first, end;
    if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &first, &end) == 2)
      inside = (uintptr_t)address >= first && (uintptr_t)address < end;
    if (inside && !strncmp(line, "VmFlags:", 8)) snprintf(flags, 256, "%.255s", line + 8);
  }
  fclose(maps);
}

static void test_advice_is_given_everywhere(void **state) {
  (void)state;
  static const struct {
    const char *spec, *flag;
  } cases[] = {
      {"mmap:advice=random", " rr "},
      {"mmap:advice=sequential", " sr "},
      {"mmap:huge=on", " hg "},
      {"mmap:advice=random:grow=mremap", " rr "},
      {"mmap:advice=random:grow=remap", " rr "},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct opened opened;
    char flags[256];
    assert_true(open_way(&opened, cases[i].spec));
    flags_at(window_of(&opened).base, flags);
    assert_non_null(strstr(flags, cases[i].flag));
    grow(&opened, SIZE, 2 * SIZE);  // the new part as well
    flags_at(window_of(&opened).base + 2 * SIZE - 1, flags);
    assert_non_null(strstr(flags, cases[i].flag));
    close_way(&opened);
  }
}

static void test_writes_beside_the_map(void **state) {
  (void)state;
  struct opened opened;
  char flags[256];
  assert_true(open_way(&opened, "mmap:write=pwrite"));
  flags_at(window_of(&opened).base, flags);
  assert_null(strstr(flags, " wr "));  // a stray store faults
  fill(block_of(&opened, 0), 9);
  assert_int_equal(opened.io->write(opened.session, block_of(&opened, 0), BLOCK, 9 * BLOCK, 0), 0);
  assert_true(holds(window_of(&opened).base + 9 * BLOCK, 9));
  close_way(&opened);
}

// How many pages of the window this process's page table or the page cache has, as mincore sees it.
static unsigned resident_pages(const struct opened *opened) {
  unsigned char pages[BLOCKS];
  struct io_map map = window_of(opened);
  assert_int_equal(mincore(map.base, SIZE, pages), 0);
  unsigned count = 0;
  for (int i = 0; i < BLOCKS; i++) count += pages[i] & 1;
  return count;
}

static bool drop(const struct opened *opened) {
  assert_int_equal(opened->io->forget(opened->file), 0);
  int error = file_drop_cache(opened->fd, SIZE);
  assert_true(error == 0 || error == -EBUSY);  // tmpfs keeps all
  return error == 0;
}

static void test_prefetch(void **state) {
  (void)state;
  static const char *const prefetching[] = {"mmap:prefetch=populate:advice=random",
                                            "mmap:prefetch=willneed:advice=random"};
  const uint64_t offsets[] = {3 * BLOCK, 3 * BLOCK + 200, 4 * BLOCK - 50, 40 * BLOCK, 10 * BLOCK};
  for (int i = 0; i < 2; i++) {
    struct opened opened;
    assert_true(open_way(&opened, prefetching[i]));
    memset(window_of(&opened).base, 'p', SIZE);
    bool dropped = drop(&opened);
    if (dropped) assert_int_equal(resident_pages(&opened), 0);
    assert_int_equal(opened.io->prefetch(opened.file, offsets, 100, 5), 0);
    // willneed only starts the reads; populate has finished them.
    if (dropped && i == 0) assert_int_equal(resident_pages(&opened), 4);
    for (int j = 0; j < 5; j++) assert_int_equal(window_of(&opened).base[offsets[j] + 99], 'p');
    if (dropped) assert_true(resident_pages(&opened) >= 4);
    const uint64_t beyond = SIZE - 50;
    assert_int_equal(opened.io->prefetch(opened.file, &beyond, 100, 1), -EINVAL);
    assert_int_equal(opened.io->prefetch(opened.file, offsets, 100, 0), 0);
    close_way(&opened);
  }
}

static void test_populate(void **state) {
  (void)state;
  struct opened opened;
  assert_true(open_way(&opened, "mmap:populate=on"));
  assert_int_equal(resident_pages(&opened), BLOCKS);
  close_way(&opened);
}

static void test_sync_beyond_the_window_is_refused(void **state) {
  (void)state;
  struct opened opened;
  assert_true(open_way(&opened, "mmap"));
  assert_int_equal(opened.io->sync(opened.file, NULL, SIZE - 10, 20, true), -EINVAL);
  close_way(&opened);
}

static void test_truncated_by_someone_else(void **state) {
  (void)state;
  struct opened opened;
  assert_true(open_way(&opened, "mmap"));
  assert_int_equal(file_truncate(opened.fd, SIZE / 2), 0);
  char *block = block_of(&opened, 0);
  assert_int_equal(opened.io->read(opened.session, block, BLOCK, SIZE - BLOCK), -EIO);
  assert_int_equal(opened.io->write(opened.session, block, BLOCK, SIZE - BLOCK, 0), -EIO);
  assert_int_equal(opened.io->read(opened.session, block, BLOCK, 0), 0);
  close_way(&opened);
}

static bool reached_the_file(const struct opened *opened, uint64_t offset) {
  char byte;
  assert_int_equal(file_read(opened->fd, &byte, 1, offset, 0), 0);
  return byte == 'w';
}

// The buffer has the size that was asked for, which setvbuf ignores unless it is given the memory.
static void test_stream_buffer_size(void **state) {
  (void)state;
  static const struct {
    const char *spec;
    bool small_waits, block_waits;
  } cases[] = {
      {"stdio:buffer=0", false, false},
      {"stdio:buffer=512", true, false},
      {"stdio", true, false},
      {"stdio:buffer=1M", true, true},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct opened opened;
    assert_true(open_way(&opened, cases[i].spec));
    char bytes[2 * BLOCK];
    memset(bytes, 'w', sizeof bytes);
    assert_int_equal(opened.io->write(opened.session, bytes, 100, 0, 0), 0);
    assert_int_equal(!reached_the_file(&opened, 99), cases[i].small_waits);
    assert_int_equal(opened.io->write(opened.session, bytes, sizeof bytes, 100, 0), 0);
    assert_int_equal(!reached_the_file(&opened, 99), cases[i].block_waits);
    assert_int_equal(opened.io->flush(opened.file), 0);
    assert_true(reached_the_file(&opened, 99 + sizeof bytes));
    close_way(&opened);
  }
}

// Another session's buffer, filled before a write next door, gives way to what was written and read again nearby.
static void test_stream_drops_old_buffer(void **state) {
  (void)state;
  struct opened opened;
  assert_true(open_way(&opened, "stdio"));
  struct io_buffers none = {0};
  struct io_session *other;
  uint32_t depth;
  assert_int_equal(opened.io->session_open(opened.file, &none, &other, &depth), 0);
  uint32_t words[BLOCK / 4];
  for (uint32_t i = 0; i < BLOCK / 4; i++) words[i] = i;
  assert_int_equal(opened.io->write(opened.session, words, BLOCK, 0, 0), 0);
  assert_int_equal(opened.io->flush(opened.file), 0);
  uint32_t word;
  for (uint32_t i = 0; i < BLOCK / 4; i += 7) {
    assert_int_equal(opened.io->read(other, &word, 4, (uint64_t)(i / 2) * 4), 0);
    assert_int_equal(word, words[i / 2]);
    words[i] += 1000000;
    assert_int_equal(opened.io->write(opened.session, &words[i], 4, (uint64_t)i * 4, 0), 0);
    assert_int_equal(opened.io->flush(opened.file), 0);
    for (uint32_t near = i < 3 ? 0 : i - 3; near < i + 3 && near < BLOCK / 4; near++) {
      assert_int_equal(opened.io->read(other, &word, 4, (uint64_t)near * 4), 0);
      assert_int_equal(word, words[near]);
    }
  }
  opened.io->session_close(other);
  close_way(&opened);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_reserved_window_stays),
      cmocka_unit_test(test_others_say_that_they_move),
      cmocka_unit_test(test_advice_is_given_everywhere),
      cmocka_unit_test(test_writes_beside_the_map),
      cmocka_unit_test(test_prefetch),
      cmocka_unit_test(test_populate),
      cmocka_unit_test(test_sync_beyond_the_window_is_refused),
      cmocka_unit_test(test_truncated_by_someone_else),
      cmocka_unit_test(test_stream_buffer_size),
      cmocka_unit_test(test_stream_drops_old_buffer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
