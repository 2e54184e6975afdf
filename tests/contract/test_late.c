// SPDX-License-Identifier: MIT
// Contract: what a killed process had in flight ends before the next one recovers. A disk that holds requests up cannot
// be had everywhere; but what holds the mark can be: the kernel lends a request in flight the open file that it is for,
// and with it the mark, which here a descriptor of the test's own keeps instead.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE  // F_OFD_*
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "tests/contract/contract.h"

enum { RECORDS = 50, LENGTH = 64 };

static const char *const rings[] = {"uring", "uring:direct=on", "uring:fixed=on", "uring:direct=on:fixed=on:depth=8",
                                    NULL};

static struct flock mark_of(short type) {
  return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
}

static int open_apart(const struct fixture *f) {
  int fd = open(f->path, O_RDWR | O_CLOEXEC);
  assert_true(fd >= 0);
  return fd;
}

static bool is_marked(int fd) {
  struct flock other = mark_of(F_WRLCK);
  assert_int_equal(fcntl(fd, F_OFD_GETLK, &other), 0);
  return other.l_type != F_UNLCK;
}

// Requests of a store that is open for writing hold a mark, those of a reader write nothing; a close takes it away.
static void marks(struct fixture *f) {
  fixture_open(f);
  int fd = open_apart(f);
  assert_true(is_marked(fd));
  fixture_close(f);
  assert_false(is_marked(fd));
  f->config.create = false;
  f->config.read_only = true;
  fixture_open(f);
  assert_false(is_marked(fd));
  fixture_close(f);
  close(fd);
}

static int fill(struct fixture *f, void *argument) {
  (void)argument;
  return access_fill(&f->access, 0, RECORDS, 1, LENGTH);
}

struct late {
  int fd;
  atomic_bool ended;
};

static void *end_late(void *argument) {
  struct late *late = argument;
  usleep(200000);
  atomic_store(&late->ended, true);
  close(late->fd);
  return NULL;
}

static void recovery_waits(struct fixture *f) {
  f->config.sync = (struct sync_policy){SYNC_ALWAYS, 0};
  fixture_crash(f, fill, NULL);
  struct late late = {.fd = open_apart(f)};
  struct flock mark = mark_of(F_RDLCK);
  pthread_t thread;
  uint64_t at;
  assert_int_equal(fcntl(late.fd, F_OFD_SETLK, &mark), 0);
  assert_int_equal(pthread_create(&thread, NULL, end_late, &late), 0);
  fixture_open(f);
  bool waited = atomic_load(&late.ended);
  pthread_join(thread, NULL);
  assert_true(waited);
  assert_code(access_expect_all(&f->access, 0, RECORDS, 1, LENGTH, &at), 0);
  fixture_close(f);
}

int main(int argc, char **argv) {
  static const struct contract_case cases[] = {
      {"marked while it may write", marks, CAP_PERSISTENT, 0, rings},
      {"recovery waits for the mark", recovery_waits, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
  };
  return contract_main("late", cases, sizeof cases / sizeof cases[0], argc, argv);
}
