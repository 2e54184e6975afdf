// SPDX-License-Identifier: MIT
// Slots that a thread reads ahead: all of them, in order, without those in holes; and what happens at the end.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/slots/ahead.h"
#include "engines/slots/format.h"
#include "tests/unit/temporary.h"

enum { ROOM = 512, RECORD = 128, CHUNK = (1 << 20) / RECORD, CHUNKS = 9, SLOTS = CHUNKS * CHUNK + 100 };

// Each record begins with its slot, counted from 1.
static int make_file(uint64_t hole_first, uint64_t hole_end) {
  char path[ROOM];
  snprintf(path, sizeof path, "%.480s/ahead-XXXXXX", temporary_folder());
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(unlink(path), 0);
  uint64_t length = slot_offset(RECORD, SLOTS) + FILE_ALIGNMENT - 1;
  assert_int_equal(ftruncate(fd, (off_t)(length / FILE_ALIGNMENT * FILE_ALIGNMENT)), 0);
  unsigned char *bytes = calloc(CHUNK, RECORD);
  assert_non_null(bytes);
  for (uint64_t first = 0; first < SLOTS; first += CHUNK) {
    uint64_t count = SLOTS - first < CHUNK ? SLOTS - first : CHUNK;
    if (first >= hole_first && first < hole_end) continue;
    for (uint64_t i = 0; i < count; i++) memcpy(bytes + i * RECORD, &(uint64_t){first + i + 1}, sizeof(uint64_t));
    ssize_t length_written = pwrite(fd, bytes, count * RECORD, (off_t)slot_offset(RECORD, first));
    assert_int_equal(length_written, count * RECORD);
  }
  free(bytes);
  return fd;
}

static void expect(const struct ahead_chunk *chunk) {
  for (uint64_t i = 0; i < chunk->count; i++) {
    uint64_t slot;
    memcpy(&slot, chunk->bytes + i * RECORD, sizeof slot);
    assert_int_equal(slot, chunk->first + i + 1);
  }
}

// Takes all of `slots`, and changes what it has taken, as recovery does. Returns how many there were.
static uint64_t take_all(int fd, uint64_t slots) {
  struct ahead *ahead;
  struct ahead_chunk chunk;
  uint64_t taken = 0, end = 0;
  assert_int_equal(ahead_start(&ahead, fd, slots, RECORD), 0);
  for (;;) {
    assert_int_equal(ahead_next(ahead, &chunk), 0);
    if (chunk.count == 0) break;
    assert_true(chunk.first >= end);
    expect(&chunk);
    memset(chunk.bytes, 0xFF, chunk.count * RECORD);
    taken += chunk.count;
    end = chunk.first + chunk.count;
  }
  ahead_stop(ahead);
  return taken;
}

static void all_slots_come_in_order(void **state) {
  (void)state;
  int fd = make_file(0, 0);
  assert_int_equal(take_all(fd, SLOTS), SLOTS);
  assert_int_equal(take_all(fd, CHUNK), CHUNK);
  assert_int_equal(take_all(fd, 1), 1);
  assert_int_equal(take_all(fd, 0), 0);
  close(fd);
}

static void holes_are_left_out(void **state) {
  (void)state;
  int fd = make_file(2 * CHUNK, 5 * CHUNK);
  uint64_t taken = take_all(fd, SLOTS);
  assert_true(taken >= SLOTS - 3 * CHUNK);
  assert_true(taken < SLOTS);
  close(fd);
}

static void it_may_be_stopped_early(void **state) {
  (void)state;
  int fd = make_file(0, 0);
  struct ahead *ahead;
  struct ahead_chunk chunk;
  assert_int_equal(ahead_start(&ahead, fd, SLOTS, RECORD), 0);
  assert_int_equal(ahead_next(ahead, &chunk), 0);
  expect(&chunk);
  ahead_stop(ahead);
  ahead_stop(NULL);
  close(fd);
}

static void a_file_that_was_cut_is_an_error(void **state) {
  (void)state;
  int fd = make_file(0, 0);
  struct ahead *ahead;
  struct ahead_chunk chunk;
  assert_int_equal(ftruncate(fd, (off_t)slot_offset(RECORD, 3 * CHUNK + 10)), 0);
  assert_int_equal(ahead_start(&ahead, fd, SLOTS, RECORD), 0);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(ahead_next(ahead, &chunk), 0);
    assert_int_equal(chunk.count, CHUNK);
  }
  assert_int_equal(ahead_next(ahead, &chunk), -EIO);
  ahead_stop(ahead);
  close(fd);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_slots_come_in_order),
      cmocka_unit_test(holes_are_left_out),
      cmocka_unit_test(it_may_be_stopped_early),
      cmocka_unit_test(a_file_that_was_cut_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
