// SPDX-License-Identifier: MIT
// System calls and syncs are counted to the last one, by whichever call or thread they come. Where this process may not
// count, the reasons say so and the counts are skipped.
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/tracepoints.h"
#include "tests/unit/temporary.h"

enum { TIMES = 50, PAGE = 4096 };

static struct tracepoints *tracepoints;
static struct error reasons[TRACEPOINTS];
static char page[PAGE];

static int set_up(void **state) {
  (void)state;
  return tracepoints_open(temporary_folder(), &tracepoints, reasons);
}

static int tear_down(void **state) {
  (void)state;
  tracepoints_close(tracepoints);
  return 0;
}

static void need(enum tracepoint which) {
  if (!reasons[which].code) return;
  print_message("skipped: %s\n", reasons[which].text);
  skip();
}

static void start(void) { assert_int_equal(tracepoints_start(tracepoints), 0); }

static uint64_t stop(enum tracepoint which) {
  struct tracepoint_counts counts;
  assert_int_equal(tracepoints_stop(tracepoints, &counts), 0);
  assert_true(counts.known[which]);
  return counts.count[which];
}

static void test_every_reason_is_told(void **state) {
  (void)state;
  struct tracepoint_counts counts;
  start();
  assert_int_equal(tracepoints_stop(tracepoints, &counts), 0);
  for (int i = 0; i < TRACEPOINTS; i++) {
    assert_int_equal(counts.known[i], reasons[i].code == 0);
    assert_int_equal(tracepoints_name(tracepoints, (enum tracepoint)i) != NULL, reasons[i].code == 0);
    if (reasons[i].code) assert_true(strlen(reasons[i].text) > 0);
  }
}

static void test_system_calls(void **state) {
  (void)state;
  need(TRACEPOINT_SYSCALLS);
  start();
  assert_int_equal(stop(TRACEPOINT_SYSCALLS), 0);
  start();
  for (int i = 0; i < TIMES; i++) (void)syscall(SYS_getppid);
  assert_int_equal(stop(TRACEPOINT_SYSCALLS), TIMES);
}

// Whoever holds the tracepoints counts nothing, and changes no count.
static void test_holding_changes_no_count(void **state) {
  (void)state;
  need(TRACEPOINT_SYSCALLS);
  struct tracepoints *held;
  struct tracepoint_counts counts;
  assert_int_equal(tracepoints_hold(temporary_folder(), &held), 0);
  assert_non_null(tracepoints_name(held, TRACEPOINT_SYSCALLS));
  assert_int_equal(tracepoints_start(held), 0);
  start();
  for (int i = 0; i < TIMES; i++) (void)syscall(SYS_getppid);
  assert_int_equal(stop(TRACEPOINT_SYSCALLS), TIMES);
  assert_int_equal(tracepoints_stop(held, &counts), 0);
  assert_true(counts.count[TRACEPOINT_SYSCALLS] + 1 == 0);  // not even its own reading
  tracepoints_close(held);
}

static void *make_calls(void *user) {
  (void)user;
  for (int i = 0; i < 1000; i++) (void)syscall(SYS_getppid);
  return NULL;
}

static void test_threads_are_counted(void **state) {
  (void)state;
  need(TRACEPOINT_SYSCALLS);
  pthread_t thread;
  start();
  assert_int_equal(pthread_create(&thread, NULL, make_calls, NULL), 0);
  assert_int_equal(pthread_join(thread, NULL), 0);
  // Beside its own, a thread's birth and death take a few.
  assert_in_range(stop(TRACEPOINT_SYSCALLS), 1000, 1200);
}

static void dirty(int fd, int number) {
  memset(page, number + 1, sizeof page);
  assert_int_equal(pwrite(fd, page, sizeof page, 0), sizeof page);
}

static void test_syncs_by_every_call(void **state) {
  (void)state;
  need(TRACEPOINT_SYNCS);
  int fd = temporary_file(PAGE);
  char *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  assert_true(map != MAP_FAILED);
  start();
  for (int i = 0; i < TIMES; i++) dirty(fd, i);
  assert_int_equal(stop(TRACEPOINT_SYNCS), 0);
  start();
  for (int i = 0; i < TIMES; i++) {
    dirty(fd, i);
    assert_int_equal(fdatasync(fd), 0);
  }
  assert_int_equal(stop(TRACEPOINT_SYNCS), TIMES);
  start();
  for (int i = 0; i < TIMES; i++) {
    map[0] = (char)i;
    assert_int_equal(msync(map, PAGE, MS_SYNC), 0);
  }
  assert_int_equal(stop(TRACEPOINT_SYNCS), TIMES);
  const struct iovec whole = {page, PAGE};
  start();
  for (int i = 0; i < TIMES; i++) assert_int_equal(pwritev2(fd, &whole, 1, 0, RWF_DSYNC), PAGE);
  assert_int_equal(stop(TRACEPOINT_SYNCS), TIMES);
  munmap(map, PAGE);
  close(fd);
}

// The kernel's own threads do the work: a worker the syncs, and with SQPOLL a thread even the submitting.
static void sync_by_ring(unsigned flags) {
  struct io_uring ring;
  struct io_uring_cqe *completion;
  int code = io_uring_queue_init(8, &ring, flags);
  if (code) {
    print_message("skipped: io_uring: %s\n", strerror(-code));
    skip();
  }
  int fd = temporary_file(PAGE);
  start();
  for (int i = 0; i < TIMES; i++) {
    dirty(fd, i);
    io_uring_prep_fsync(io_uring_get_sqe(&ring), fd, IORING_FSYNC_DATASYNC);
    assert_true(io_uring_submit(&ring) >= 0);
    assert_int_equal(io_uring_wait_cqe(&ring, &completion), 0);
    assert_int_equal(completion->res, 0);
    io_uring_cqe_seen(&ring, completion);
  }
  assert_int_equal(stop(TRACEPOINT_SYNCS), TIMES);
  io_uring_queue_exit(&ring);
  close(fd);
}

static void test_syncs_by_io_uring(void **state) {
  (void)state;
  need(TRACEPOINT_SYNCS);
  sync_by_ring(0);
}

static void test_syncs_by_sqpoll(void **state) {
  (void)state;
  need(TRACEPOINT_SYNCS);
  sync_by_ring(IORING_SETUP_SQPOLL);
}

static void test_a_file_system_without_a_tracepoint(void **state) {
  (void)state;
  struct tracepoints *of_proc;
  struct error why[TRACEPOINTS];
  assert_int_equal(tracepoints_open("/proc/self", &of_proc, why), 0);
  assert_int_equal(why[TRACEPOINT_SYNCS].code, -EOPNOTSUPP);
  assert_non_null(strstr(why[TRACEPOINT_SYNCS].text, "no tracepoint of syncs is known for this file system"));
  assert_null(tracepoints_name(of_proc, TRACEPOINT_SYNCS));
  tracepoints_close(of_proc);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_every_reason_is_told),     TEST(test_system_calls),
      TEST(test_holding_changes_no_count), TEST(test_threads_are_counted),
      TEST(test_syncs_by_every_call),      TEST(test_syncs_by_io_uring),
      TEST(test_syncs_by_sqpoll),          TEST(test_a_file_system_without_a_tracepoint),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
