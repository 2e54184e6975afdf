// SPDX-License-Identifier: MIT
// What the kernel counts: work that is done shows, and what is not there is not known.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/counters.h"
#include "tests/unit/temporary.h"

enum { MIB = 1 << 20 };

// In place of the kernel's numbers, where a test says so.
static const struct rusage *told;

int __real_getrusage(int who, struct rusage *usage);
int __wrap_getrusage(int who, struct rusage *usage);
int __wrap_getrusage(int who, struct rusage *usage) {
  if (!told) return __real_getrusage(who, usage);
  assert_int_equal(who, RUSAGE_SELF);
  *usage = *told;
  return 0;
}

static void test_each_number_of_the_kernel_has_its_place(void **state) {
  (void)state;
  const struct rusage usage = {.ru_utime = {.tv_sec = 1, .tv_usec = 250000},
                               .ru_stime = {.tv_sec = 2, .tv_usec = 500000},
                               .ru_minflt = 3,
                               .ru_majflt = 5,
                               .ru_nvcsw = 70,
                               .ru_nivcsw = 11};
  struct counters counters = {0};
  told = &usage;
  int code = counters_of_process(&counters);
  told = NULL;
  assert_int_equal(code, 0);
  assert_true(counters.cpu_user_s == 1.25 && counters.cpu_sys_s == 2.5);
  assert_int_equal(counters.faults_minor, 3);
  assert_int_equal(counters.faults_major, 5);
  assert_int_equal(counters.switches, 81);
}

static void test_work_shows(void **state) {
  (void)state;
  struct counters before, after;
  assert_int_equal(counters_of_machine(NULL, &before), 0);
  assert_int_equal(counters_of_process(&before), 0);
  char *pages = mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  assert_true(pages != MAP_FAILED);
  assert_int_equal(madvise(pages, 4 * MIB, MADV_NOHUGEPAGE), 0);
  for (size_t i = 0; i < 4 * MIB; i += 4096) pages[i] = 1;
  munmap(pages, 4 * MIB);
  usleep(1000);  // gives the CPU away
  assert_int_equal(counters_of_process(&after), 0);
  assert_int_equal(counters_of_machine(NULL, &after), 0);
  struct counters since = counters_since(&before, &after);
  assert_in_range(since.faults_minor, 4 * MIB / sysconf(_SC_PAGESIZE), 2 * MIB);
  assert_true(since.switches >= 1);
  assert_true(since.cpu_user_s + since.cpu_sys_s > 0);
  assert_false(since.device_known);
}

static void test_device_bytes_show(void **state) {
  (void)state;
  struct device_reader *device;
  struct counters before, after;
  struct error error;
  int code = device_reader_open(temporary_folder(), &device, &error);
  if (code) {
    print_message("skipped: %s\n", error.text);
    skip();
  }
  assert_int_equal(counters_of_machine(device, &before), 0);
  assert_int_equal(counters_of_process(&before), 0);
  int fd = temporary_file(4 * MIB);
  char *bytes = malloc(4 * MIB);
  assert_non_null(bytes);
  memset(bytes, 7, 4 * MIB);
  assert_int_equal(pwrite(fd, bytes, 4 * MIB, 0), 4 * MIB);
  assert_int_equal(fsync(fd), 0);
  assert_int_equal(counters_of_process(&after), 0);
  assert_int_equal(counters_of_machine(device, &after), 0);
  struct counters since = counters_since(&before, &after);
  assert_true(since.device_known);
  assert_true(since.device_write_bytes >= 4 * MIB);
  free(bytes);
  close(fd);
  device_reader_close(device);
}

static void test_shootdowns_of_all_cpus(void **state) {
  (void)state;
  static const char interrupts[] =
      "           CPU0       CPU1       \n  1:          9          0   IO-APIC   1-edge      i8042\n"
      "RES:        100        200   Rescheduling interrupts\nTLB:     127828      91361   TLB shootdowns\n"
      "TRM:          7          7   Thermal event interrupts\n";
  char path[512];
  uint64_t count;
  snprintf(path, sizeof path, "%s/interrupts-%ld", temporary_folder(), (long)getpid());
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_true(fputs(interrupts, file) >= 0 && fclose(file) == 0);
  assert_int_equal(counters_tlb(path, &count), 0);
  assert_int_equal(count, 127828 + 91361);
  file = fopen(path, "w");
  assert_non_null(file);
  assert_true(fputs("           CPU0\nIPI0:       100   Rescheduling interrupts\n", file) >= 0 && fclose(file) == 0);
  assert_int_equal(counters_tlb(path, &count), -ENOENT);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(counters_tlb(path, &count), -ENOENT);
}

static void test_memory_grows_with_what_is_touched(void **state) {
  (void)state;
  uint64_t rss, pss, later_rss, later_pss;
  assert_int_equal(counters_memory(&rss, &pss), 0);
  assert_in_range(pss, 1, rss);
  char *memory = mmap(NULL, 16 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  assert_true(memory != MAP_FAILED);
  assert_int_equal(counters_memory(&later_rss, &later_pss), 0);
  munmap(memory, 16 * MIB);
  assert_true(later_rss >= rss + 15 * MIB);
  assert_true(later_pss >= pss + 15 * MIB);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_number_of_the_kernel_has_its_place),
      cmocka_unit_test(test_work_shows),
      cmocka_unit_test(test_device_bytes_show),
      cmocka_unit_test(test_shootdowns_of_all_cpus),
      cmocka_unit_test(test_memory_grows_with_what_is_touched),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
