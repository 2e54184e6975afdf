// SPDX-License-Identifier: MIT
// Requests in flight: what io_uring gives back, in whatever order, with calls in between.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/slots/file.h"
#include "tests/unit/ways.h"

static const char *const specs[] = {
    "uring:depth=16",
    "uring:depth=16:fixed=on",
    "uring:depth=16:sqpoll=on",
    "uring:depth=16:sqpoll=on:fixed=on",
    "uring:depth=16:dsync=on",
    "uring:depth=16:direct=on",
    "uring:depth=16:direct=on:fixed=on",
};

enum { DEPTH = 16 };

static void for_each_ring(void (*test)(struct opened *)) {
  for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
    struct opened opened;
    if (!open_way(&opened, specs[i])) continue;
    assert_int_equal(opened.depth, DEPTH);
    test(&opened);
    close_way(&opened);
  }
}

static void fill_file(const struct opened *opened) {
  char *block = aligned_alloc(BLOCK, BLOCK);
  for (uint64_t number = 0; number < BLOCKS; number++) {
    fill(block, number);
    assert_int_equal(file_write(opened->fd, block, BLOCK, number * BLOCK, 0), 0);
  }
  free(block);
  assert_int_equal(file_fdatasync(opened->fd), 0);
}

static struct io_request block_request(const struct opened *opened, enum io_kind kind, int buffer, uint64_t number) {
  // The fields for the way itself are left dirty, as a used request has them.
  return (struct io_request){.kind = kind,
                             .buffer = block_of(opened, buffer),
                             .length = BLOCK,
                             .offset = number * BLOCK,
                             .result = 77,
                             .done = 99};
}

static int submit_one(const struct opened *opened, struct io_request *request) {
  return opened->io->submit(opened->session, &request, 1);
}

// Keeps the window full, reaps one to three at a time, and calls read and sync in between.
static void rolls(struct opened *opened) {
  fill_file(opened);
  struct io_request requests[DEPTH], *done[DEPTH];
  bool seen[4 * BLOCKS] = {false};
  uint64_t started = 0, finished = 0;
  char *between = aligned_alloc(BLOCK, BLOCK);
  for (; started < DEPTH; started++) {
    requests[started] = block_request(opened, IO_READ, (int)started, started * 29 % BLOCKS);
    requests[started].user = (void *)(uintptr_t)started;
    assert_int_equal(submit_one(opened, &requests[started]), 0);
  }
  while (finished < 4 * BLOCKS) {
    int count = opened->io->reap(opened->session, done, DEPTH, 1 + finished % 3);
    assert_true(count >= 1 && count <= DEPTH);
    for (int i = 0; i < count; i++, finished++) {
      struct io_request *request = done[i];
      assert_int_equal(request->result, 0);
      assert_true(holds(request->buffer, request->offset / BLOCK));
      assert_false(seen[(uintptr_t)request->user]);
      seen[(uintptr_t)request->user] = true;
      if (started == 4 * BLOCKS) continue;
      int buffer = (int)(request - requests);
      *request = block_request(opened, IO_READ, buffer, started * 29 % BLOCKS);
      request->user = (void *)(uintptr_t)started++;
      assert_int_equal(submit_one(opened, request), 0);
    }
    if (finished % 5 == 0) {
      assert_int_equal(opened->io->read(opened->session, between, BLOCK, 7 * BLOCK), 0);
      assert_true(holds(between, 7));
    }
    if (finished % 7 == 0) assert_int_equal(opened->io->sync(opened->file, opened->session, 0, SIZE, true), 0);
  }
  assert_int_equal(opened->io->reap(opened->session, done, DEPTH, 1), 0);
  free(between);
}

static void test_rolls(void **state) {
  (void)state;
  for_each_ring(rolls);
}

static void reaps_without_waiting(struct opened *opened) {
  fill_file(opened);
  struct io_request requests[4], *done[4];
  for (int i = 0; i < 4; i++) {
    requests[i] = block_request(opened, IO_READ, i, 10 + (uint64_t)i);
    assert_int_equal(submit_one(opened, &requests[i]), 0);
  }
  int count = 0;
  while (count < 4) {
    int more = opened->io->reap(opened->session, done + count, 4 - (size_t)count, 0);
    assert_true(more >= 0);
    count += more;
  }
  for (int i = 0; i < 4; i++) assert_true(holds(block_of(opened, i), 10 + (uint64_t)i));
}

static void test_reaps_without_waiting(void **state) {
  (void)state;
  for_each_ring(reaps_without_waiting);
}

static void keeps_what_finds_no_room(struct opened *opened) {
  fill_file(opened);
  struct io_request requests[DEPTH], *done[DEPTH];
  for (int i = 0; i < DEPTH; i++) {
    requests[i] = block_request(opened, IO_READ, i, (uint64_t)i);
    assert_int_equal(submit_one(opened, &requests[i]), 0);
  }
  // More may finish than are asked for; `min` beyond `max` is cut to it.
  for (int left = DEPTH; left > 0; left -= 2) assert_int_equal(opened->io->reap(opened->session, done, 2, 5), 2);
  assert_int_equal(opened->io->reap(opened->session, done, 2, 2), 0);
}

static void test_keeps_what_finds_no_room(void **state) {
  (void)state;
  for_each_ring(keeps_what_finds_no_room);
}

static void writes_durably(struct opened *opened) {
  struct io_request requests[DEPTH], *done[DEPTH];
  for (uint64_t i = 0; i < DEPTH; i++) {
    fill(block_of(opened, (int)i), 20 + i);
    requests[i] = block_request(opened, IO_WRITE, (int)i, 20 + i);
    requests[i].flags = IO_DURABLE;
    assert_int_equal(submit_one(opened, &requests[i]), 0);
  }
  assert_int_equal(opened->io->reap(opened->session, done, DEPTH, DEPTH), DEPTH);
  char *block = aligned_alloc(BLOCK, BLOCK);
  for (uint64_t i = 0; i < DEPTH; i++) {
    assert_int_equal(requests[i].result, 0);
    assert_int_equal(file_read(opened->fd, block, BLOCK, (20 + i) * BLOCK, 0), 0);
    assert_true(holds(block, 20 + i));
  }
  free(block);
}

static void test_writes_durably(void **state) {
  (void)state;
  for_each_ring(writes_durably);
}

static void errors_stay_with_their_request(struct opened *opened) {
  fill_file(opened);
  struct io_request requests[3], *done[3];
  requests[0] = block_request(opened, IO_READ, 0, 1);
  requests[1] = block_request(opened, IO_READ, 1, BLOCKS);  // beyond the end
  requests[2] = block_request(opened, IO_READ, 2, 2);
  for (int i = 0; i < 3; i++) assert_int_equal(submit_one(opened, &requests[i]), 0);
  assert_int_equal(opened->io->reap(opened->session, done, 3, 3), 3);
  assert_int_equal(requests[0].result, 0);
  assert_int_equal(requests[1].result, -EIO);
  assert_int_equal(requests[2].result, 0);
  assert_true(holds(block_of(opened, 2), 2));
}

static void test_errors_stay_with_their_request(void **state) {
  (void)state;
  for_each_ring(errors_stay_with_their_request);
}

// The kernel's thread (sqpoll) writes down what it took after the completions are there: closing at once must not wait
// for completions that it took already. When this was wrong, one close in about a hundred never returned.
static void test_close_after_a_read(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
    for (int round = 0; round < 300; round++) {
      struct opened opened;
      if (!open_way(&opened, specs[i])) break;
      if (round == 0) fill_file(&opened);
      assert_int_equal(opened.io->read(opened.session, block_of(&opened, 0), BLOCK, 0), 0);
      close_way(&opened);
    }
  }
}

// A session that is closed with requests in flight waits for them: their buffers may be freed then.
static void test_close_waits(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
    struct opened opened;
    if (!open_way(&opened, specs[i])) continue;
    fill_file(&opened);
    struct io_request requests[DEPTH], *done[1];
    for (int j = 0; j < DEPTH; j++) {
      requests[j] = block_request(&opened, IO_READ, j, (uint64_t)j);
      assert_int_equal(submit_one(&opened, &requests[j]), 0);
    }
    assert_int_equal(opened.io->reap(opened.session, done, 1, 1), 1);
    opened.io->session_close(opened.session);
    for (int j = 0; j < DEPTH; j++) assert_int_equal(requests[j].result, 0);
    assert_int_equal(opened.io->close(opened.file), 0);
    free(opened.buffers.base);
    close(opened.fd);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rolls),
      cmocka_unit_test(test_reaps_without_waiting),
      cmocka_unit_test(test_keeps_what_finds_no_room),
      cmocka_unit_test(test_writes_durably),
      cmocka_unit_test(test_errors_stay_with_their_request),
      cmocka_unit_test(test_close_after_a_read),
      cmocka_unit_test(test_close_waits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
