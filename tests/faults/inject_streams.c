// SPDX-License-Identifier: MIT
// stdio: the C library calls the kernel by itself, where no wrapper can be put between. So the streams of a store
// become streams with functions of ours for what is below the buffer, which do as the library's own do for a file.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/faults/inject.h"

FILE *__real_fdopen(int fd, const char *mode);
FILE *__wrap_fdopen(int fd, const char *mode);
int __real_close(int fd);
void *__real_malloc(size_t bytes);
void __real_free(void *memory);

struct cookie {
  int fd;
};

static ssize_t move_some(struct cookie *cookie, const char *name, unsigned may, char *bytes, size_t length) {
  int code = inject_call(name, may | MAY_BE_INTERRUPTED | (inject_half(length) ? MAY_BE_SHORT : 0));
  bool writes = may & ENDS_WRITING;
  if (code == INJECT_HALF || (code && writes && code != EINTR)) length = inject_half(length);
  ssize_t moved = 0;
  if (code <= 0 || (writes && code != EINTR))
    moved = writes ? write(cookie->fd, bytes, length) : read(cookie->fd, bytes, length);
  if (code <= 0) return moved;
  errno = code;
  return -1;
}

static ssize_t stream_read(void *cookie, char *bytes, size_t length) {
  return move_some(cookie, "read", 0, bytes, length);
}

// The library goes on after a short write, and gives up after a failed one.
static ssize_t stream_write(void *cookie, const char *bytes, size_t length) {
  size_t done = 0;
  while (done < length) {
    ssize_t moved =
        move_some(cookie, "write", MAY_RUN_OUT | ENDS_WRITING, (char *)(uintptr_t)bytes + done, length - done);
    if (moved < 0) return (ssize_t)done;  // 0 is an error to the library here
    done += (size_t)moved;
  }
  return (ssize_t)done;
}

static int stream_seek(void *cookie, off64_t *offset, int whence) {
  int code = inject_call("lseek", 0);
  off64_t at = code ? -1 : lseek64(((struct cookie *)cookie)->fd, *offset, whence);
  if (code) errno = code;
  if (at < 0) return -1;
  *offset = at;
  return 0;
}

static int stream_close(void *cookie) {
  int fd = ((struct cookie *)cookie)->fd;
  __real_free(cookie);
  int code = inject_call("close", MAY_BE_INTERRUPTED);
  int result = __real_close(fd);
  if (code) errno = code;
  return code ? -1 : result;
}

FILE *__wrap_fdopen(int fd, const char *mode) {
  int code = inject_call("fdopen", ASKS_FOR_MEMORY);
  struct cookie *cookie = code ? NULL : __real_malloc(sizeof *cookie);
  if (!cookie) {
    errno = ENOMEM;
    return NULL;
  }
  cookie->fd = fd;
  FILE *stream =
      fopencookie(cookie, mode, (cookie_io_functions_t){stream_read, stream_write, stream_seek, stream_close});
  if (!stream) __real_free(cookie);
  return stream;
}
