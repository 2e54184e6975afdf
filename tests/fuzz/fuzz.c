// SPDX-License-Identifier: MIT
// Files for fuzz targets, and how they fail.
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void fuzz_fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("fuzz: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  abort();
}

// Needed by the clean-up at exit, which takes no argument.
static char folder[FUZZ_PATH];

static void remove_folder(void) {
  char command[FUZZ_PATH + 16];
  snprintf(command, sizeof command, "rm -rf '%s'", folder);
  if (system(command)) fprintf(stderr, "fuzz: %s stays behind\n", folder);
}

static const char *own_folder(void) {
  if (*folder) return folder;
  const char *root = getenv("TEST_DIR");
  if (!root || strlen(root) > FUZZ_PATH / 2) root = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";
  snprintf(folder, sizeof folder, "%s/storebench-fuzz.XXXXXX", root);
  if (!mkdtemp(folder)) fuzz_fail("%s cannot be made: %s", folder, strerror(errno));
  atexit(remove_folder);
  return folder;
}

void fuzz_path(char path[FUZZ_PATH], const char *name) {
  if (snprintf(path, FUZZ_PATH, "%s/%s", own_folder(), name) >= FUZZ_PATH) fuzz_fail("%s: the path is too long", name);
}

void fuzz_file_put(const char *path, const void *data, size_t size) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) fuzz_fail("%s cannot be made: %s", path, strerror(errno));
  for (size_t done = 0; done < size;) {
    ssize_t n = write(fd, (const char *)data + done, size - done);
    if (n < 0) fuzz_fail("%s cannot be written: %s", path, strerror(errno));
    done += (size_t)n;
  }
  close(fd);
}

uint8_t *fuzz_file_get(const char *path, size_t *size) {
  struct stat status;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return NULL;
  if (fd < 0 || fstat(fd, &status)) fuzz_fail("%s cannot be read: %s", path, strerror(errno));
  *size = (size_t)status.st_size;
  uint8_t *data = malloc(*size + 1);
  if (!data) fuzz_fail("no memory for %s", path);
  for (size_t done = 0; done < *size;) {
    ssize_t n = read(fd, data + done, *size - done);
    if (n <= 0) fuzz_fail("%s cannot be read: %s", path, n ? strerror(errno) : "it ends early");
    done += (size_t)n;
  }
  close(fd);
  return data;
}

void fuzz_file_remove(const char *path) {
  if (unlink(path) && errno != ENOENT) fuzz_fail("%s cannot be removed: %s", path, strerror(errno));
}
