// SPDX-License-Identifier: MIT
// A private folder for a test's files, and whole files as bytes.
#ifndef STOREBENCH_TEST_FOLDER_H
#define STOREBENCH_TEST_FOLDER_H

#include <stddef.h>
#include <stdint.h>

enum { FOLDER_ROOM = 256, PATH_ROOM = FOLDER_ROOM + 64 };

// Makes an empty folder in $TEST_DIR, else $TMPDIR, else /tmp. 0 or -errno.
int folder_make(char folder[FOLDER_ROOM]);
// Removes it with all it holds. 0 or -errno.
int folder_remove(const char *folder);
// How many entries it holds; the last one seen that is not called `except` is stored in `other` (PATH_ROOM bytes,
// may be NULL) as a whole path. Fails the test on an error.
size_t folder_entries(const char *folder, const char *except, char *other);

struct bytes {
  unsigned char *data;
  size_t length;
};

// The whole file, the caller's to free. These three fail the test on an error.
struct bytes file_bytes(const char *path);
void file_put_bytes(const char *path, const void *data, size_t length);
void file_patch(const char *path, uint64_t offset, const void *data, size_t length);
// Fails the test unless the file holds exactly these bytes.
void assert_file_is(const char *path, const struct bytes *expected);

#endif
