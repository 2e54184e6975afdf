// SPDX-License-Identifier: MIT
// Bounds of whole files: opening one, and the life of one that is made durable.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/pages.h"
#include "harness/limits/loop.h"

enum { HEAD = 4096, PATH_ROOM = 4096 + 16 };

struct file_state {
  char path[PATH_ROOM];
  unsigned char *buffer;
  size_t bytes;
};

static void close_state(void *state) {
  struct file_state *file = state;
  (void)unlink(file->path);  // of a life that failed half-way; else it is gone
  free(file->buffer);
  free(file);
}

static int make(const struct file_state *file) {
  int fd = open(file->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600), code = 0;
  if (fd < 0) return -errno;
  for (size_t done = 0; done < file->bytes && !code;) {
    size_t left = file->bytes - done;
    ssize_t n = pwrite(fd, file->buffer, left < LIMIT_PIECE ? left : LIMIT_PIECE, (off_t)done);
    if (n <= 0) code = n < 0 ? -errno : -EIO;
    done += n > 0 ? (size_t)n : 0;
  }
  if (!code && fdatasync(fd)) code = -errno;
  if (close(fd) && !code) code = -errno;
  return code;
}

static int open_state(const struct limit_order *order, unsigned thread, size_t bytes, struct file_state **out,
                      struct error *error) {
  struct file_state *file = calloc(1, sizeof *file);
  size_t room = bytes < LIMIT_PIECE ? bytes : LIMIT_PIECE;
  if (!file) return error_set(error, -ENOMEM, "no memory");
  snprintf(file->path, sizeof file->path, "%s.%u", order->path, thread);
  file->bytes = bytes;
  file->buffer = pages_new(room > HEAD ? room : HEAD);
  if (!file->buffer) {
    free(file);
    return error_set(error, -ENOMEM, "no memory");
  }
  memset(file->buffer, 1, room > HEAD ? room : HEAD);
  *out = file;
  return 0;
}

static int open_create(const struct limit_order *order, const struct limit_target *target, unsigned thread,
                       void **state, struct error *error) {
  struct file_state *file = NULL;
  (void)target;
  int code = open_state(order, thread, order->spec.bytes, &file, error);
  if (!code) *state = file;
  return code;
}

static int open_open(const struct limit_order *order, const struct limit_target *target, unsigned thread, void **state,
                     struct error *error) {
  struct file_state *file = NULL;
  (void)target;
  int code = open_state(order, thread, HEAD, &file, error);
  if (code || !file) return code;  // never one without the other, which the analyser cannot know
  code = make(file);
  if (code) {
    close_state(file);
    return error_set(error, code, "the file cannot be made: %s", strerror(-code));
  }
  *state = file;
  return 0;
}

static int run_open(void *state, uint64_t deadline, uint64_t *done) {
  const struct file_state *file = state;
  do {
    int fd = open(file->path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return -errno;
    ssize_t n = pread(fd, file->buffer, HEAD, 0);
    int code = n == HEAD ? 0 : n < 0 ? -errno : -EIO;
    if (close(fd) && !code) code = -errno;
    if (code) return code;
    ++*done;
  } while (clock_ns() < deadline);
  return 0;
}

static int run_create(void *state, uint64_t deadline, uint64_t *done) {
  const struct file_state *file = state;
  do {
    int code = make(file);
    if (unlink(file->path) && !code) code = -errno;
    if (code) return code;
    ++*done;
  } while (clock_ns() < deadline);
  return 0;
}

const struct limit_loop limit_open = {limit_prepare_none, limit_release_none, open_open, run_open, close_state, NULL};
const struct limit_loop limit_create = {limit_prepare_none, limit_release_none, open_create,
                                        run_create,         close_state,        NULL};
