// SPDX-License-Identifier: MIT
// Each way of moving bytes by itself, without the store: what is written is in the file, what is read was in it.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/registry.h"
#include "engines/slots/file.h"
#include "tests/unit/temporary.h"
#include "tests/unit/ways.h"

enum { THREADS = 3 };

// Every option that changes how bytes move, each alone and those that meet.
static const char *const specs[] = {
    "mmap",
    "mmap:advice=random",
    "mmap:advice=sequential",
    "mmap:populate=on",
    "mmap:huge=on",
    "mmap:write=pwrite",
    "mmap:grow=mremap",
    "mmap:grow=mremap:populate=on",
    "mmap:grow=remap",
    "mmap:msync=whole",
    "mmap:invalidate=on",
    "mmap:msync=whole:invalidate=on",
    "mmap:prefetch=willneed",
    "mmap:prefetch=populate",
    "pread",
    "pread:direct=on",
    "pread:sync=dsync",
    "pread:sync=range",
    "stdio",
    "stdio:buffer=0",
    "stdio:buffer=512",
    "stdio:buffer=1M",
    "uring",
    "uring:depth=1",
    "uring:depth=4096",
    "uring:fixed=on",
    "uring:sqpoll=on",
    "uring:sqpoll=on:fixed=on",
    "uring:dsync=on",
    "uring:direct=on",
    "uring:direct=on:fixed=on:dsync=on",
};

static void for_each_way(void (*test)(struct opened *)) {
  for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
    struct opened opened;
    if (!open_way(&opened, specs[i])) continue;
    test(&opened);
    close_way(&opened);
  }
}

// Asks the file itself.
static bool file_holds(int fd, uint64_t number) {
  char block[BLOCK];
  return file_read(fd, block, BLOCK, number * BLOCK, 0) == 0 && holds(block, number);
}

static unsigned flags_of(const struct opened *opened, uint64_t number) {
  unsigned flags = number % 3 == 1 ? IO_BY_CALL : 0;
  return number % 2 && opened->limits.durable != IO_DURABLE_NEVER ? flags | IO_DURABLE : flags;
}

static void write_blocks(struct opened *opened, uint64_t first, uint64_t end) {
  for (uint64_t number = first; number < end; number++) {
    fill(block_of(opened, 0), number);
    int error =
        opened->io->write(opened->session, block_of(opened, 0), BLOCK, number * BLOCK, flags_of(opened, number));
    assert_int_equal(error, 0);
  }
}

static void read_blocks(struct opened *opened, uint64_t first, uint64_t end) {
  for (uint64_t i = first; i < end; i++) {
    uint64_t number = first + (i * 37 + 11) % (end - first);  // not in order
    assert_int_equal(opened->io->read(opened->session, block_of(opened, 1), BLOCK, number * BLOCK), 0);
    assert_true(holds(block_of(opened, 1), number));
  }
}

static void moves_bytes(struct opened *opened) {
  const struct io_ops *io = opened->io;
  write_blocks(opened, 0, BLOCKS);
  read_blocks(opened, 0, BLOCKS);
  assert_int_equal(flush(opened), 0);
  for (uint64_t number = 0; number < BLOCKS; number++) assert_true(file_holds(opened->fd, number));
  assert_int_equal(io->sync(opened->file, opened->session, 100, SIZE - 200, true), 0);
  assert_int_equal(io->sync(opened->file, NULL, 0, SIZE, true), 0);
  assert_int_equal(io->sync(opened->file, opened->session, BLOCK, BLOCK, false), 0);
  if (io->forget) assert_int_equal(io->forget(opened->file), 0);
  assert_int_equal(file_fdatasync(opened->fd), 0);
  read_blocks(opened, 0, BLOCKS);
  // In memory that was not lent for the session, too.
  char *other = aligned_alloc(BLOCK, BLOCK);
  assert_int_equal(io->read(opened->session, other, BLOCK, 5 * BLOCK), 0);
  assert_true(holds(other, 5));
  free(other);
}

static void test_moves_bytes(void **state) {
  (void)state;
  for_each_way(moves_bytes);
}

static void moves_small_pieces(struct opened *opened) {
  if (opened->limits.alignment > 1) return;
  char piece[100], back[100];
  for (uint64_t i = 0; i < 200; i++) {
    uint64_t offset = (i * 7919) % (SIZE - sizeof piece);
    memset(piece, (int)i + 1, sizeof piece);
    assert_int_equal(opened->io->write(opened->session, piece, sizeof piece, offset, 0), 0);
    assert_int_equal(opened->io->read(opened->session, back, sizeof back, offset), 0);
    assert_memory_equal(back, piece, sizeof piece);
    // The neighbours, which a buffer may hold from before.
    assert_int_equal(opened->io->read(opened->session, back, sizeof back, offset / 2), 0);
    assert_int_equal(flush(opened), 0);
    assert_int_equal(file_read(opened->fd, piece, sizeof piece, offset / 2, 0), 0);
    assert_memory_equal(back, piece, sizeof piece);
  }
}

static void test_moves_small_pieces(void **state) {
  (void)state;
  for_each_way(moves_small_pieces);
}

static void meets_the_end(struct opened *opened) {
  uint32_t half = BLOCK / 2;
  assert_int_equal(opened->io->read(opened->session, block_of(opened, 0), BLOCK, SIZE), -EIO);
  if (opened->limits.alignment <= half)  // half of it is there: a short read, then the end
    assert_int_equal(opened->io->read(opened->session, block_of(opened, 0), BLOCK, SIZE - half), -EIO);
  assert_int_equal(opened->io->read(opened->session, block_of(opened, 0), BLOCK, SIZE - BLOCK), 0);
}

static void test_meets_the_end(void **state) {
  (void)state;
  for_each_way(meets_the_end);
}

static void grows_and_shrinks(struct opened *opened) {
  const struct io_ops *io = opened->io;
  write_blocks(opened, 0, BLOCKS);
  uint64_t size = SIZE;
  for (int step = 0; step < 4; step++) {
    uint64_t more = size * 2;
    assert_int_equal(file_extend(opened->fd, size, more), 0);
    if (io->resize) assert_int_equal(io->resize(opened->file, size, more), 0);
    write_blocks(opened, size / BLOCK, more / BLOCK);
    read_blocks(opened, 0, more / BLOCK);
    size = more;
  }
  assert_int_equal(io->sync(opened->file, opened->session, 0, size, true), 0);
  if (io->resize) assert_int_equal(io->resize(opened->file, size, SIZE), 0);
  assert_int_equal(file_truncate(opened->fd, SIZE), 0);
  read_blocks(opened, 0, BLOCKS);
  assert_int_equal(io->read(opened->session, block_of(opened, 0), BLOCK, SIZE), -EIO);
  // Grown again, what was cut off reads as zeros.
  assert_int_equal(file_extend(opened->fd, SIZE, 2 * SIZE), 0);
  if (io->resize) assert_int_equal(io->resize(opened->file, SIZE, 2 * SIZE), 0);
  memset(block_of(opened, 1), 0, BLOCK);
  assert_int_equal(io->read(opened->session, block_of(opened, 0), BLOCK, SIZE + BLOCK), 0);
  assert_memory_equal(block_of(opened, 0), block_of(opened, 1), BLOCK);
}

static void test_grows_and_shrinks(void **state) {
  (void)state;
  for_each_way(grows_and_shrinks);
}

struct reading {
  struct opened *opened;
  _Atomic uint64_t *published;  // blocks that may be read
  uint64_t wrong;
};

static void *read_published(void *argument) {
  struct reading *reading = argument;
  const struct io_ops *io = reading->opened->io;
  struct io_buffers buffers = {aligned_alloc(BLOCK, BLOCK), BLOCK};
  struct io_session *session;
  uint32_t depth;
  if (!buffers.base || io->session_open(reading->opened->file, &buffers, &session, &depth)) {
    free(buffers.base);
    reading->wrong = UINT64_MAX;
    return NULL;
  }
  for (uint64_t seen = 0, turn = 0; seen < 4 * BLOCKS; turn++) {
    seen = atomic_load(reading->published);
    uint64_t number = turn % 2 ? seen - 1 : turn * 13 % seen;  // the newest, and any
    reading->wrong += io->read(session, buffers.base, BLOCK, number * BLOCK) != 0 || !holds(buffers.base, number);
  }
  io->session_close(session);
  free(buffers.base);
  return NULL;
}

static void readers_beside_a_writer(struct opened *opened) {
  // Only a window that stays where it is may be read while it grows.
  if (opened->io->resize_moves && opened->io->resize_moves(opened->file, SIZE, 2 * SIZE)) return;
  write_blocks(opened, 0, 1);
  assert_int_equal(flush(opened), 0);
  _Atomic uint64_t published = 1;
  pthread_t threads[THREADS];
  struct reading readings[THREADS];
  for (int i = 0; i < THREADS; i++) {
    readings[i] = (struct reading){.opened = opened, .published = &published};
    assert_int_equal(pthread_create(&threads[i], NULL, read_published, &readings[i]), 0);
  }
  uint64_t size = SIZE;
  for (uint64_t number = 1; number < 4 * BLOCKS; number++) {
    if (number * BLOCK == size) {
      assert_int_equal(file_extend(opened->fd, size, 2 * size), 0);
      if (opened->io->resize) assert_int_equal(opened->io->resize(opened->file, size, 2 * size), 0);
      size *= 2;
    }
    write_blocks(opened, number, number + 1);
    assert_int_equal(flush(opened), 0);
    atomic_store(&published, number + 1);
  }
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(readings[i].wrong, 0);
  }
}

static void test_readers_beside_a_writer(void **state) {
  (void)state;
  for_each_way(readers_beside_a_writer);
}

static void test_refuses_contradictions(void **state) {
  (void)state;
  static const char *const refused[] = {"mmap:map=private", "mmap:write=pwrite:msync=whole",
                                        "mmap:write=pwrite:invalidate=on", "uring:iopoll=on",
                                        "pread:direct=on:dontcache=on"};
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
    struct opened opened;
    struct error error = {0};
    int fd = temporary_file(SIZE);
    assert_int_equal(open_file(&opened, refused[i], fd, SIZE, false, &error), -EINVAL);
    assert_int_equal(error.code, -EINVAL);
    assert_true(strlen(error.text) > 10);
    assert_null(strchr(error.text, '\n'));
    close(fd);
  }
}

// A polled ring may be made where the device cannot poll: then opening says so, and where it can, it works.
static void test_iopoll_works_or_says_why(void **state) {
  (void)state;
  int fd = temporary_file(SIZE);
  if (file_direct_alignment(fd) < 0) {
    close(fd);
    skip();
  }
  struct opened opened;
  struct error error = {0};
  int code = open_file(&opened, "uring:direct=on:iopoll=on", fd, SIZE, false, &error);
  if (code) {
    assert_non_null(strstr(error.text, "iopoll"));
    assert_int_equal(error.code, code);
  } else {
    assert_int_equal(opened.limits.durable, IO_DURABLE_NEVER);
    assert_int_equal(opened.io->close(opened.file), 0);
  }
  close(fd);
}

static void test_read_only(void **state) {
  (void)state;
  static const char *const read_only[] = {"mmap", "mmap:map=private", "mmap:map=private:grow=remap", "stdio", "pread",
                                          "uring"};
  for (size_t i = 0; i < sizeof read_only / sizeof *read_only; i++) {
    int writable = temporary_file(SIZE);
    char block[BLOCK];
    fill(block, 3);
    assert_int_equal(file_write(writable, block, BLOCK, 3 * BLOCK, 0), 0);
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", writable);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    struct opened opened;
    struct error error = {0};
    assert_int_equal(open_file(&opened, read_only[i], fd, SIZE, true, &error), 0);
    struct io_buffers none = {0};
    assert_int_equal(opened.io->session_open(opened.file, &none, &opened.session, &opened.depth), 0);
    assert_int_equal(opened.io->read(opened.session, block, BLOCK, 3 * BLOCK), 0);
    assert_true(holds(block, 3));
    assert_true(opened.io->write(opened.session, block, BLOCK, 0, 0) < 0);
    if (opened.io->forget) assert_int_equal(opened.io->forget(opened.file), 0);
    assert_int_equal(opened.io->read(opened.session, block, BLOCK, 3 * BLOCK), 0);
    assert_true(holds(block, 3));
    opened.io->session_close(opened.session);
    assert_int_equal(opened.io->close(opened.file), 0);
    close(fd);
    close(writable);
  }
}

// Writes that a limit on the file's size cuts short: the error is passed on, also from behind a linked sync.
static void fails_beyond_a_limit(struct opened *opened) {
  if (opened->limits.alignment > 1 || opened->io->map) return;
  struct rlimit before;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){SIZE, before.rlim_max}), 0);
  unsigned flags = opened->limits.durable == IO_DURABLE_NEVER ? 0 : IO_DURABLE;
  memset(block_of(opened, 0), 'l', BLOCK);
  int error = opened->io->write(opened->session, block_of(opened, 0), BLOCK, SIZE - 100, flags);
  if (!error) error = flush(opened);
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, handler);
  assert_int_equal(error, -EFBIG);
  char end[100];
  assert_int_equal(file_read(opened->fd, end, sizeof end, SIZE - sizeof end, 0), 0);
  assert_memory_equal(end, block_of(opened, 0), sizeof end);
  if (!opened->io->flush) {  // the way is as good as before; a stream keeps what it could not write
    write_blocks(opened, 0, 4);
    read_blocks(opened, 0, 4);
  }
}

static void test_fails_beyond_a_limit(void **state) {
  (void)state;
  // Not with sqpoll: its thread has limits of its own.
  static const char *const limited[] = {"pread", "pread:sync=dsync", "stdio:buffer=0",
                                        "uring", "uring:fixed=on",   "uring:dsync=on"};
  for (size_t i = 0; i < sizeof limited / sizeof *limited; i++) {
    struct opened opened;
    assert_true(open_way(&opened, limited[i]));
    fails_beyond_a_limit(&opened);
    opened.io->session_close(opened.session);
    // A stream still holds what it could not write, and says so as it is closed or writes it now.
    assert_true(opened.io->close(opened.file) <= 0);
    free(opened.buffers.base);
    close(opened.fd);
  }
}

// sync_file_range makes nothing durable: no policy that promises something takes it for a sync.
static void test_range_promises_nothing(void **state) {
  (void)state;
  const struct engine *engine;
  struct store_config config = {.create = true};
  struct error error = {0};
  struct store *store;
  assert_int_equal(registry_parse("pread:sync=range", &engine, &config, &error), 0);
  for (int kind = 0; kind < SYNC_KINDS; kind++) {
    config.sync = (struct sync_policy){.kind = (enum sync_kind)kind, .amount = 1};
    bool promises = kind != SYNC_NONE && kind != SYNC_ASYNC;
    assert_int_equal(engine->probe(temporary_folder(), &config, &error), promises ? -EINVAL : 0);
    if (!promises) continue;
    assert_non_null(strstr(error.text, "sync=range makes nothing durable"));
    assert_int_equal(engine->open("/no/such/folder/store", &config, &store, &error), -EINVAL);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_moves_bytes),
      cmocka_unit_test(test_moves_small_pieces),
      cmocka_unit_test(test_meets_the_end),
      cmocka_unit_test(test_grows_and_shrinks),
      cmocka_unit_test(test_readers_beside_a_writer),
      cmocka_unit_test(test_refuses_contradictions),
      cmocka_unit_test(test_iopoll_works_or_says_why),
      cmocka_unit_test(test_read_only),
      cmocka_unit_test(test_fails_beyond_a_limit),
      cmocka_unit_test(test_range_promises_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
