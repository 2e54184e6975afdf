// SPDX-License-Identifier: MIT
// Which block devices are below a file: made-up trees in the form of /sys, with partitions, device-mapper, btrfs.
#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/devices.h"
#include "tests/unit/temporary.h"

static char root[512];
static struct devices devices;

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk) {
  (void)status, (void)type, (void)walk;
  return remove(path);
}

static int set_up(void **state) {
  (void)state;
  snprintf(root, sizeof root, "%s/sys-XXXXXX", temporary_folder());
  return mkdtemp(root) ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void make_folder(const char *path) {
  char part[1024];
  for (size_t i = 1; i <= strlen(path); i++) {
    if (path[i] != '/' && path[i] != '\0') continue;
    snprintf(part, sizeof part, "%s/%.*s", root, (int)i, path);
    assert_true(mkdir(part, 0700) == 0 || errno == EEXIST);
  }
}

static void make_file(const char *path, const char *text) {
  char whole[1024];
  snprintf(whole, sizeof whole, "%s/%s", root, path);
  FILE *file = fopen(whole, "w");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0 && fclose(file) == 0);
}

static void make_link(const char *path, const char *target) {
  char whole[1024];
  snprintf(whole, sizeof whole, "%s/%s", root, path);
  assert_int_equal(symlink(target, whole), 0);
}

// A disk or, with a slash in its name, a partition: "sda", "sda/sda1". Sectors read and written, flushes.
static void make_device(const char *name, unsigned minor, unsigned read, unsigned written, unsigned flushes) {
  char path[256], text[256];
  snprintf(path, sizeof path, "devices/%s", name);
  make_folder(path);
  if (strchr(name, '/')) {
    snprintf(path, sizeof path, "devices/%s/partition", name);
    make_file(path, "1\n");
  }
  snprintf(path, sizeof path, "devices/%s/stat", name);
  snprintf(text, sizeof text, "1 2 %u 3 4 5 %u 6 7 8 9 10 11 12 13 %u 14\n", read, written, flushes);
  make_file(path, text);
  make_folder("dev/block");
  snprintf(path, sizeof path, "dev/block/8:%u", minor);
  snprintf(text, sizeof text, "../../devices/%s", name);
  make_link(path, text);
}

static void make_slave(const char *upper, const char *lower) {
  char path[256], target[256];
  const char *slash = strrchr(lower, '/');
  snprintf(path, sizeof path, "devices/%s/slaves", upper);
  make_folder(path);
  snprintf(path, sizeof path, "devices/%s/slaves/%s", upper, slash ? slash + 1 : lower);
  snprintf(target, sizeof target, "../../%s", lower);
  make_link(path, target);
}

static void find(unsigned minor) {
  struct error error;
  const struct device_source source = {.number = makedev(8, minor)};
  if (devices_find(root, &source, &devices, &error)) fail_msg("%s", error.text);
}

static struct device_totals totals(void) {
  struct device_reader *reader;
  struct device_totals read;
  struct error error;
  if (device_reader_new(&devices, &reader, &error)) fail_msg("%s", error.text);
  assert_int_equal(device_reader_read(reader, &read), 0);
  device_reader_close(reader);
  return read;
}

static void test_a_disk(void **state) {
  (void)state;
  make_device("sda", 0, 10, 20, 3);
  make_folder("devices/sda/slaves");  // an empty one, as disks have
  find(0);
  assert_string_equal(devices.text, "sda");
  struct device_totals read = totals();
  assert_int_equal(read.read_bytes, 10 * 512);
  assert_int_equal(read.write_bytes, 20 * 512);
  assert_true(read.flushes_known);
  assert_int_equal(read.flushes, 3);
}

// Its own bytes, and the flushes of its disk, since nobody counts a partition's.
static void test_a_partition(void **state) {
  (void)state;
  make_device("sda", 0, 1000, 2000, 30);
  make_device("sda/sda1", 1, 10, 20, 0);
  find(1);
  assert_string_equal(devices.text, "sda1 (partition)");
  struct device_totals read = totals();
  assert_int_equal(read.read_bytes, 10 * 512);
  assert_int_equal(read.write_bytes, 20 * 512);
  assert_int_equal(read.flushes, 30);
}

// A logical volume over an encrypted partition and a second disk: the bottom counts.
static void test_device_mapper(void **state) {
  (void)state;
  make_device("sda", 0, 1000, 2000, 30);
  make_device("sda/sda2", 2, 10, 20, 0);
  make_device("sdb", 16, 1, 2, 5);
  make_device("dm-0", 100, 7777, 7777, 7777);
  make_device("dm-1", 101, 8888, 8888, 8888);
  make_slave("dm-0", "sda/sda2");
  make_slave("dm-1", "dm-0");
  make_slave("dm-1", "sdb");
  make_folder("devices/dm-1/dm");
  make_file("devices/dm-1/dm/name", "vg-home\n");
  find(101);
  assert_string_equal(devices.text, "dm-1 (vg-home): sda2 (partition), sdb");
  struct device_totals read = totals();
  assert_int_equal(read.read_bytes, 11 * 512);
  assert_int_equal(read.write_bytes, 22 * 512);
  assert_int_equal(read.flushes, 35);
}

static void test_a_partition_of_an_array(void **state) {
  (void)state;
  make_device("sda", 0, 1, 2, 3);
  make_device("sdb", 16, 4, 5, 6);
  make_device("md0", 90, 777, 777, 777);
  make_device("md0/md0p1", 91, 7, 7, 7);
  make_slave("md0", "sda");
  make_slave("md0", "sdb");
  find(91);
  assert_string_equal(devices.text, "md0p1: sda, sdb");
  assert_int_equal(totals().write_bytes, 7 * 512);
}

// Two partitions of one disk: the bytes of both, the disk's flushes once.
static void test_btrfs(void **state) {
  (void)state;
  static const char uuid[] = "8f1b9dc6-2f0c-4b0b-8f6e-0c7a4f9e1d2a";
  struct error error;
  char path[128];
  struct device_source source = {.number = makedev(0, 55)};
  snprintf(source.btrfs, sizeof source.btrfs, "%s", uuid);
  make_device("sda", 0, 1000, 2000, 30);
  make_device("sda/sda1", 1, 10, 20, 0);
  make_device("sda/sda2", 2, 1, 2, 0);
  make_device("sdb", 16, 100, 200, 4);
  assert_int_equal(devices_find(root, &source, &devices, &error), -ENODEV);
  snprintf(path, sizeof path, "fs/btrfs/%s/devices", uuid);
  make_folder(path);
  static const char *const members[][2] = {{"sda1", "../../../../devices/sda/sda1"},
                                           {"sda2", "../../../../devices/sda/sda2"},
                                           {"sdb", "../../../../devices/sdb"}};
  for (size_t i = 0; i < 3; i++) {
    snprintf(path, sizeof path, "fs/btrfs/%s/devices/%s", uuid, members[i][0]);
    make_link(path, members[i][1]);
  }
  if (devices_find(root, &source, &devices, &error)) fail_msg("%s", error.text);
  assert_string_equal(devices.text, "btrfs: sda1 (partition), sda2 (partition), sdb");
  struct device_totals read = totals();
  assert_int_equal(read.read_bytes, 111 * 512);
  assert_int_equal(read.write_bytes, 222 * 512);
  assert_int_equal(read.flushes, 34);
}

static void test_one_disk_is_counted_once(void **state) {
  (void)state;
  make_device("sda", 0, 10, 20, 3);
  make_device("dm-0", 100, 0, 0, 0);
  make_device("dm-1", 101, 0, 0, 0);
  make_device("dm-2", 102, 0, 0, 0);
  make_slave("dm-0", "sda");
  make_slave("dm-1", "sda");
  make_slave("dm-2", "dm-0");
  make_slave("dm-2", "dm-1");
  find(102);
  assert_string_equal(devices.text, "dm-2: sda");
  assert_int_equal(totals().read_bytes, 10 * 512);
}

static void test_no_device(void **state) {
  (void)state;
  struct error error;
  const struct device_source source = {.number = makedev(0, 27)};
  assert_int_equal(devices_find(root, &source, &devices, &error), -ENODEV);
  assert_non_null(strstr(error.text, "no block device"));
  assert_non_null(strstr(error.text, "0:27"));
}

static void test_kernels_that_count_no_flushes(void **state) {
  (void)state;
  make_device("sda", 0, 10, 20, 3);
  make_file("devices/sda/stat", "1 2 10 3 4 5 20 6 7 8 9 10 11 12 13\n");
  find(0);
  struct device_totals read = totals();
  assert_false(read.flushes_known);
  assert_int_equal(read.write_bytes, 20 * 512);
}

// The file system of the tests, whatever it is: what stat says, and for a file that is not there yet its folder's.
static void test_source_of_a_path(void **state) {
  (void)state;
  struct device_source source, of_file;
  struct error error;
  struct stat status;
  char path[600];
  assert_int_equal(stat(root, &status), 0);
  assert_int_equal(devices_source(root, &source, &error), 0);
  assert_true(source.number == status.st_dev);
  snprintf(path, sizeof path, "%s/not-there", root);
  assert_int_equal(devices_source(path, &of_file, &error), 0);
  assert_true(of_file.number == status.st_dev);
  assert_string_equal(of_file.btrfs, source.btrfs);
  assert_int_equal(devices_source("/no/such/file", &source, &error), -ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_a_disk),
      TEST(test_a_partition),
      TEST(test_device_mapper),
      TEST(test_a_partition_of_an_array),
      TEST(test_btrfs),
      TEST(test_one_disk_is_counted_once),
      TEST(test_no_device),
      TEST(test_kernels_that_count_no_flushes),
      TEST(test_source_of_a_path),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
