// SPDX-License-Identifier: MIT
// Whole files: a reader sees the old one or the new one, never half of one.
#include "harness/results_file.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

const char *json_text(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text ? text : "";
}

double json_real_or_nan(const json_t *object, const char *key) {
  const json_t *number = json_object_get(object, key);
  return json_is_number(number) ? json_number_value(number) : NAN;
}

bool json_is_peak(const json_t *cell) {
  const char *peak = json_text(cell, "peak");
  return *peak && strcmp(peak, json_text(cell, "id")) == 0;
}

bool json_is_store(const json_t *cell) {
  return strcmp(json_text(cell, "spec"), "null") != 0 && !json_is_string(json_object_get(cell, "contender"));
}

const char *json_shown_status(const json_t *cell) {
  return json_is_true(json_object_get(cell, "saturated")) ? "saturated" : json_text(cell, "status");
}

int results_make_parents(const char *path) {
  char folder[4096];
  if (snprintf(folder, sizeof folder, "%s", path) >= (int)sizeof folder) return -ENAMETOOLONG;
  for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    if (mkdir(folder, 0777) && errno != EEXIST) return -errno;
    *slash = '/';
  }
  return 0;
}

// A new file beside `path`: two programs may write the same one, and what stands under a name that is taken is
// another's. Not by mkostemp: only the owner may read its files, and the umask is not to be had without setting it for
// all threads.
static int open_temporary(const char *path, char *temporary, size_t room, FILE **out) {
  uint32_t tag;
  do {
    if (getrandom(&tag, sizeof tag, 0) < 0) return -errno;
    snprintf(temporary, room, "%s.part.%08" PRIx32, path, tag);
    *out = fopen(temporary, "wxe");
  } while (!*out && errno == EEXIST);
  return *out ? 0 : -errno;
}

// Closes it, too.
static int write_synced(FILE *out, content_fn content, const void *user) {
  errno = 0;
  int code = content(out, user);
  if (fflush(out) && !code) code = -errno;
  if (ferror(out) && !code) code = -EIO;
  // A writer only knows that the stream failed. These are of nothing else that it calls.
  if (code == -EIO && (errno == ENOSPC || errno == EDQUOT)) code = -errno;
  if (!code && fsync(fileno(out))) code = -errno;
  if (fclose(out) && !code) code = -errno;
  return code;
}

int results_file_write(const char *folder, const char *name, content_fn content, const void *user,
                       struct error *error) {
  char path[4096], temporary[4096 + 16];
  FILE *out = NULL;
  if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
    return error_set(error, -ENAMETOOLONG, "%s: the path is too long; choose a shorter --out", folder);
  int code = open_temporary(path, temporary, sizeof temporary, &out);
  if (!code) {
    code = write_synced(out, content, user);
    if (!code && rename(temporary, path)) code = -errno;
    if (code) unlink(temporary);
  }
  if (!code) return 0;
  return error_set(error, code, "%s: cannot be written: %s; check the folder and its free space", path,
                   strerror(-code));
}
