// SPDX-License-Identifier: MIT
// A file that a command writes: it appears under its name when it is whole and durable, or not at all.
#include "harness/commands/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engines/slots/file.h"
#include "harness/commands/store_common.h"

// An existing output is replaced only when it is a plain file: a rename over a device or a pipe would take it away.
static int refuse_special(const char *path, const char *instead) {
  struct stat status;
  if (lstat(path, &status) || S_ISREG(status.st_mode)) return 0;
  complain(path, "is not a plain file; %s", instead);
  return -EINVAL;
}

static bool is_same(const char *path, const char *other) {
  struct stat status, of_other;
  return !stat(path, &status) && !stat(other, &of_other) && status.st_dev == of_other.st_dev &&
         status.st_ino == of_other.st_ino;
}

static const char *name_of(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static bool in_same_folder(const char *path, const char *other) {
  char *copy = strdup(path), *other_copy = strdup(other);
  bool same = copy && other_copy && is_same(dirname(copy), dirname(other_copy));
  free(copy);
  free(other_copy);
  return same;
}

// By name, since it need not be there: what came to lie there would be taken for the index of the store.
static bool is_index_of(const char *path, const char *source) {
  const char *name = name_of(source);
  const size_t length = strlen(name);
  return strncmp(name_of(path), name, length) == 0 && strcmp(name_of(path) + length, ".index") == 0 &&
         in_same_folder(path, source);
}

static int refuse_source(const char *path, const char *source) {
  if (is_same(path, source))
    complain(path, "is the store that is read; give another name");
  else if (is_index_of(path, source))
    complain(path, "is where the store that is read keeps its index; give another name");
  else
    return 0;
  return -EINVAL;
}

// Makes a file of the name that `temporary` becomes.
static int open_temporary(char *temporary, FILE **stream) {
  int fd = mkostemp(temporary, O_CLOEXEC);
  if (fd < 0) return -errno;
  *stream = fdopen(fd, "w");
  if (*stream) return 0;
  int error = -errno;
  close(fd);  // nothing was written
  unlink(temporary);
  return error;
}

// Puts the file in place, complete and durable, or removes it. `error`: what went wrong in writing it.
static int finish_file(FILE *stream, const char *temporary, const char *path, int error) {
  int finished = 0;
  if (!error && (fflush(stream) || fsync(fileno(stream)))) finished = -errno;
  if (fclose(stream) && !error && !finished) finished = -errno;
  if (!error && !finished && rename(temporary, path)) finished = -errno;
  if (!error && !finished) finished = file_sync_folder(path);
  if (finished) complain(path, "cannot be written: %s; choose another place", strerror(-finished));
  if (error || finished) unlink(temporary);
  return error ? error : finished;
}

int output_file_write(const char *path, const char *source, const char *instead, output_fn content, void *user) {
  if (refuse_special(path, instead) || refuse_source(path, source)) return -EINVAL;
  char *temporary;
  if (asprintf(&temporary, "%s.XXXXXX", path) < 0) return no_memory(path);
  FILE *stream = NULL;
  int error = open_temporary(temporary, &stream);
  if (error) {
    complain(path, "cannot be written: %s; choose another place", strerror(-error));
  } else {
    error = finish_file(stream, temporary, path, content(stream, path, user));
  }
  free(temporary);
  return error;
}
