// SPDX-License-Identifier: MIT
// Copies of data sets that are larger than what is handed to the device at a time: every byte, in pieces of the size
// asked for or as the kernel likes, and written to the device while the rest is copied.
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/dataset.h"
#include "tests/unit/temporary.h"

enum { MIB = 1 << 20, SIZE = 20 * MIB + 5, PIECE = 3 * MIB, AT_A_TIME = 8 * MIB };

// What was handed to the device before the sync at the end.
static struct {
  off_t until;
  unsigned times;
  bool gaps;
} device;

int __wrap_sync_file_range(int fd, off_t from, off_t bytes, unsigned flags);
int __wrap_sync_file_range(int fd, off_t from, off_t bytes, unsigned flags) {
  (void)fd, (void)flags;
  device.gaps |= from != device.until;
  device.until = from + bytes;
  device.times++;
  return 0;
}

static unsigned char *noise(void) {
  unsigned char *bytes = malloc(SIZE);
  uint64_t state = 1;
  assert_non_null(bytes);
  for (size_t i = 0; i < SIZE; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    bytes[i] = (unsigned char)(state >> 56);
  }
  return bytes;
}

static void write_set(const struct dataset_folder *folder, const unsigned char *bytes) {
  char path[DATASET_PATH_MAX];
  assert_int_equal(dataset_make(folder, "set"), 0);
  dataset_path(folder, "set", path);
  int fd = open(path, O_WRONLY | O_CREAT, 0600);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, bytes, SIZE), SIZE);
  assert_int_equal(close(fd), 0);
}

static void check_copy(const struct dataset_folder *folder, const char *name, const unsigned char *bytes) {
  char path[DATASET_PATH_MAX];
  unsigned char *copied = malloc(SIZE + 1);
  assert_non_null(copied);
  dataset_path(folder, name, path);
  int fd = open(path, O_RDONLY);
  assert_true(fd >= 0);
  assert_int_equal(read(fd, copied, SIZE + 1), SIZE);
  assert_int_equal(memcmp(copied, bytes, SIZE), 0);
  assert_int_equal(close(fd), 0);
  free(copied);
}

static void test_copies_of_many_pieces(void **state) {
  static const struct {
    const char *name;
    size_t piece;
  } copies[] = {{"by the kernel", 0}, {"in pieces", PIECE}};
  struct dataset_folder folder;
  struct error error;
  (void)state;
  unsigned char *bytes = noise();
  assert_int_equal(dataset_folder_make(temporary_folder(), &folder, &error), 0);
  write_set(&folder, bytes);
  for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
    memset(&device, 0, sizeof device);
    assert_int_equal(dataset_copy(&folder, "set", copies[i].name, copies[i].piece), 0);
    check_copy(&folder, copies[i].name, bytes);
    assert_false(device.gaps);
    assert_true(device.times >= 2);
    assert_in_range(device.until, SIZE - AT_A_TIME, SIZE);
  }
  assert_int_equal(dataset_folder_remove(&folder), 0);
  free(bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_copies_of_many_pieces)};
  return cmocka_run_group_tests_name("copies", tests, NULL, NULL);
}
