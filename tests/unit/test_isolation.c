// SPDX-License-Identifier: MIT
// The isolation gate: what others do is seen, what the kernel's threads and we ourselves do is not, and what is flagged
// is repeated within bounds.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "harness/foreign.h"
#include "harness/isolation.h"
#include "tests/unit/temporary.h"

static char folder[400];

static int make_folder(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "%s/isolation-XXXXXX", temporary_folder());
  return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
  (void)state;
  char command[500];
  snprintf(command, sizeof command, "rm -rf '%s'", folder);
  return system(command);
}

static void put(const char *path, const char *text) {
  char whole[600];
  snprintf(whole, sizeof whole, "%s/%s", folder, path);
  for (char *slash = whole + strlen(folder); (slash = strchr(slash + 1, '/'));) {
    *slash = '\0';
    assert_true(mkdir(whole, 0755) == 0 || errno == EEXIST);
    *slash = '/';
  }
  FILE *file = fopen(whole, "w");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

// A process in the made-up /proc. Times in ticks.
static void put_process(long pid, const char *name, unsigned flags, unsigned user, unsigned children, long io) {
  char path[64], text[300];
  snprintf(path, sizeof path, "proc/%ld/stat", pid);
  snprintf(text, sizeof text, "%ld (%s) S 1 1 1 0 -1 %u 9 9 9 9 %u 5 %u 0 20 0 1 0 100 1000 1\n", pid, name, flags,
           user, children);
  put(path, text);
  if (io < 0) return;
  snprintf(path, sizeof path, "proc/%ld/io", pid);
  snprintf(text, sizeof text,
           "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: %ld\nwrite_bytes: 4096\ncancelled_write_bytes: 0\n",
           io);
  put(path, text);
}

enum { KERNEL = 0x00208040, USUAL = 0x00400000 };

static void test_others_are_counted_and_the_kernel_is_not(void **state) {
  (void)state;
  struct foreign before, after;
  double tick = 1 / (double)sysconf(_SC_CLK_TCK);
  put("proc/stat", "cpu  100 0 100 9999 5 0 0 7 0 0\ncpu0 1 1 1 1 1 1 1 1\n");
  put_process(11, "cc1) plus", USUAL, 100, 50, 8192);
  put_process(12, "kworker/u8:1", KERNEL, 100, 0, 0);
  put_process((long)getpid(), "storebench", USUAL, 100, 0, 0);
  put_process(14, "secret", USUAL, 10, 0, -1);
  assert_int_equal(foreign_read(folder, &before), 0);
  assert_int_equal(before.processes, 2);
  assert_int_equal(before.hidden, 1);
  assert_true(before.reference_ns > 0);
  put("proc/stat", "cpu  900 0 900 9999 5 0 0 10 0 0\n");
  put_process(11, "cc1) plus", USUAL, 120, 53, 8192 + 65536);  // 3 ticks of a child that ended meanwhile
  put_process(12, "kworker/u8:1", KERNEL, 900, 0, 999999);
  put_process((long)getpid(), "storebench", USUAL, 900, 0, 999999);
  assert_int_equal(foreign_read(folder, &after), 0);
  struct foreign since = foreign_since(&before, &after);
  assert_true(since.cpu_s > 22.5 * tick && since.cpu_s < 23.5 * tick);
  assert_int_equal(since.io_bytes, 65536);
  assert_true(since.steal_s > 2.5 * tick && since.steal_s < 3.5 * tick);
  since = foreign_since(&after, &before);
  assert_true(since.cpu_s == 0 && since.io_bytes == 0);
  assert_int_equal(foreign_read("/nowhere", &before), -ENOENT);
}

// Of a list that it makes as it is read, the kernel gives a page at a time.
enum { LIST_PAGE = 512, LISTED = 300 };
ssize_t __real_read(int fd, void *to, size_t bytes);
ssize_t __wrap_read(int fd, void *to, size_t bytes);
ssize_t __wrap_read(int fd, void *to, size_t bytes) {
  return __real_read(fd, to, bytes < LIST_PAGE ? bytes : LIST_PAGE);
}

// More threads of the kernel than a page lists; number 112 comes last.
static void put_long_list(void) {
  char list[LISTED * 12 + 12];
  size_t length = 0;
  for (int i = 0; i < LISTED; i++) length += (size_t)snprintf(list + length, sizeof list - length, "%d ", 1000 + i);
  snprintf(list + length, sizeof list - length, "112 ");
  put("proc/2/task/2/children", list);
}

// Whatever kthreadd made need not be looked at, but only where process 2 is kthreadd.
static void test_the_kernels_own_list_is_believed(void **state) {
  (void)state;
  struct foreign all, seen;
  put("proc/stat", "cpu  100 0 100 9999 5 0 0 7 0 0\n");
  put_process(11, "cc1", USUAL, 100, 50, 8192);
  put_process(112, "make", USUAL, 100, 50, 8192);
  put_process(2, "kthreadd", KERNEL, 0, 0, 0);
  assert_int_equal(foreign_read(folder, &all), 0);
  put("proc/2/task/2/children", "112 3 ");
  assert_int_equal(foreign_read(folder, &seen), 0);
  assert_int_equal(seen.processes, all.processes - 1);
  put_long_list();
  assert_int_equal(foreign_read(folder, &seen), 0);
  assert_int_equal(seen.processes, all.processes - 1);
  put_process(2, "sh", USUAL, 0, 0, 0);
  assert_int_equal(foreign_read(folder, &seen), 0);
  assert_int_equal(seen.processes, all.processes + 1);  // and the shell
}

static uint64_t own_cpu_ns(void) {
  struct timespec time;
  assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time), 0);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void burn(uint64_t ns) {
  for (uint64_t end = own_cpu_ns() + ns; own_cpu_ns() < end;) foreign_reference();
}

static void test_a_busy_process_is_seen(void **state) {
  (void)state;
  struct foreign before, after;
  char path[500];
  snprintf(path, sizeof path, "%s/written", folder);
  assert_int_equal(foreign_read("", &before), 0);
  pid_t pid = fork();
  if (pid == 0) {
    static char block[1 << 20];
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // also where an assertion below fails
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    for (int i = 0; i < 4; i++)
      if (write(fd, block, sizeof block) != (ssize_t)sizeof block) _exit(1);
    burn(200000000);
    pause();
  }
  do assert_int_equal(foreign_read("", &after), 0);
  while (after.cpu_s - before.cpu_s < 0.15);  // until it has burned, however busy the machine is
  struct foreign since = foreign_since(&before, &after);
  json_t *sample = json_pack("{s:[], s:{s:f, s:f, s:I}}", "flags", "foreign", "seconds", 0.2, "cpu_s", since.cpu_s,
                             "io_bytes", (json_int_t)since.io_bytes);
  struct isolation isolation = {0};
  assert_int_equal(isolation_judge(&isolation, sample), 0);
  assert_string_equal(json_string_value(json_array_get(json_object_get(sample, "flags"), 0)), "foreign-cpu");
  json_decref(sample);
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
}

// All of it ours: nothing foreign grows by as much as we burn.
static void test_our_own_work_is_not_foreign(void **state) {
  (void)state;
  struct foreign before, after;
  double least = 1e9;
  for (int i = 0; i < 20 && least > 0.1; i++) {  // others may be busy meanwhile; not in all of the tries
    assert_int_equal(foreign_read("", &before), 0);
    burn(200000000);
    assert_int_equal(foreign_read("", &after), 0);
    double seen = foreign_since(&before, &after).cpu_s;
    if (seen < least) least = seen;
  }
  if (least > 0.1) skip();
}

static json_t *sample_with(double cpu_s, json_int_t io, double steal_s, double reference) {
  json_t *sample = json_pack("{s:s, s:[], s:i, s:i, s:{s:f, s:f, s:I, s:f, s:f}}", "status", "ok", "flags",
                             "device_read_bytes", 100 << 20, "device_write_bytes", 0, "foreign", "seconds", 0.5,
                             "cpu_s", cpu_s, "io_bytes", io, "steal_s", steal_s, "reference_ns", reference);
  assert_non_null(sample);
  return sample;
}

static void expect(struct isolation *isolation, json_t *sample, const char *flag) {
  assert_int_equal(isolation_judge(isolation, sample), 0);
  const json_t *flags = json_object_get(sample, "flags");
  assert_int_equal(json_array_size(flags), flag ? 1 : 0);
  if (flag) assert_string_equal(json_string_value(json_array_get(flags, 0)), flag);
  json_decref(sample);
}

static void test_thresholds(void **state) {
  (void)state;
  struct isolation isolation = {0};
  double processors = (double)sysconf(_SC_NPROCESSORS_ONLN);
  expect(&isolation, sample_with(0.04, 4 << 20, 0.01, 1000), NULL);
  expect(&isolation, sample_with(0.06, 0, 0, 1000), "foreign-cpu");
  expect(&isolation, sample_with(0, 6 << 20, 0, 1000), "foreign-io");
  expect(&isolation, sample_with(0, 0, 0.02 + 0.005 * processors, 1000), "steal");
  expect(&isolation, sample_with(0, 0, 0, 1240), NULL);
  expect(&isolation, sample_with(0, 0, 0, 1260), "slow");
  expect(&isolation, sample_with(0, 0, 0, 900), NULL);
  expect(&isolation, sample_with(0, 0, 0, 1240), "slow");
  assert_int_equal(isolation.samples, 8);
  json_t *unknown = json_pack("{s:s, s:[], s:n}", "status", "ok", "flags", "foreign");
  expect(&isolation, unknown, NULL);
}

static void test_repeats_are_bounded(void **state) {
  (void)state;
  struct isolation isolation = {0};
  json_t *flagged = json_pack("{s:s, s:[s]}", "status", "ok", "flags", "steal");
  json_t *clean = json_pack("{s:s, s:[]}", "status", "ok", "flags");
  json_t *failed = json_pack("{s:s, s:[s]}", "status", "failed", "flags", "steal");
  assert_false(isolation_repeats(&isolation, clean, 1));
  assert_false(isolation_repeats(&isolation, failed, 1));
  assert_true(isolation_repeats(&isolation, flagged, 1));
  assert_true(isolation_repeats(&isolation, flagged, 2));
  assert_false(isolation_repeats(&isolation, flagged, 3));
  for (int i = 0; i < 100; i++) (void)isolation_repeats(&isolation, flagged, 1);
  assert_int_equal(isolation.repeated, 4);
  isolation.samples = 50;
  for (int i = 0; i < 100; i++) (void)isolation_repeats(&isolation, flagged, 1);
  assert_int_equal(isolation.repeated, 14);
  json_decref(flagged);
  json_decref(clean);
  json_decref(failed);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_others_are_counted_and_the_kernel_is_not),
      cmocka_unit_test(test_the_kernels_own_list_is_believed),
      cmocka_unit_test(test_a_busy_process_is_seen),
      cmocka_unit_test(test_our_own_work_is_not_foreign),
      cmocka_unit_test(test_thresholds),
      cmocka_unit_test(test_repeats_are_bounded),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
