// SPDX-License-Identifier: MIT
// Opening what may be no file.
#include "base/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int input_open(const char *path) {
  struct stat status;
  // O_NONBLOCK changes nothing for a regular file; O_NOCTTY: a terminal must not become ours by a look at it.
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return -errno;
  int code = fstat(fd, &status) ? -errno : S_ISDIR(status.st_mode) ? -EISDIR : S_ISREG(status.st_mode) ? 0 : -EINVAL;
  if (!code) return fd;
  close(fd);
  return code;
}

int input_stream(const char *path, FILE **stream) {
  int fd = input_open(path);
  if (fd < 0) return fd;
  FILE *opened = fdopen(fd, "re");
  if (!opened) {
    int code = -errno;
    close(fd);
    return code;
  }
  *stream = opened;
  return 0;
}

// ENXIO: a socket, or a device that nothing answers for.
const char *input_reason(int code) {
  return code == -EISDIR || code == -EINVAL || code == -ENXIO ? "not a file" : strerror(-code);
}
