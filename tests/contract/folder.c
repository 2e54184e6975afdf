// SPDX-License-Identifier: MIT
// A private folder for a test's files, and whole files as bytes.
#include "tests/contract/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/contract/check.h"

int folder_make(char folder[FOLDER_ROOM]) {
  const char *parent = getenv("TEST_DIR");
  if (!parent) parent = getenv("TMPDIR");
  if (!parent) parent = "/tmp";
  if (snprintf(folder, FOLDER_ROOM, "%s/storebench-test-XXXXXX", parent) >= FOLDER_ROOM) return -ENAMETOOLONG;
  return mkdtemp(folder) ? 0 : -errno;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *position) {
  (void)status, (void)type, (void)position;
  return remove(path);
}

int folder_remove(const char *folder) { return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS) ? -errno : 0; }

size_t folder_entries(const char *folder, const char *except, char *other) {
  DIR *stream = opendir(folder);
  assert_non_null(stream);
  size_t count = 0;
  for (struct dirent *entry; (entry = readdir(stream));) {
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    count++;
    if (other && strcmp(entry->d_name, except)) snprintf(other, PATH_ROOM, "%s/%.63s", folder, entry->d_name);
  }
  closedir(stream);
  return count;
}

struct bytes file_bytes(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  assert_true(fd >= 0);
  struct stat status;
  assert_int_equal(fstat(fd, &status), 0);
  struct bytes bytes = {malloc((size_t)status.st_size + 1), (size_t)status.st_size};
  assert_non_null(bytes.data);
  assert_int_equal(pread(fd, bytes.data, bytes.length, 0), bytes.length);
  assert_int_equal(close(fd), 0);
  return bytes;
}

static void put_bytes(const char *path, int flags, uint64_t offset, const void *data, size_t length) {
  int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0600);
  assert_true(fd >= 0);
  assert_int_equal(pwrite(fd, data, length, (off_t)offset), length);
  assert_int_equal(close(fd), 0);
}

void file_put_bytes(const char *path, const void *data, size_t length) {
  put_bytes(path, O_CREAT | O_TRUNC, 0, data, length);
}

void file_patch(const char *path, uint64_t offset, const void *data, size_t length) {
  put_bytes(path, 0, offset, data, length);
}

void assert_file_is(const char *path, const struct bytes *expected) {
  struct bytes now = file_bytes(path);
  int same = now.length == expected->length && !memcmp(now.data, expected->data, now.length);
  free(now.data);
  if (!same) fail_msg("%s changed", path);
}
