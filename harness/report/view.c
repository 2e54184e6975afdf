// SPDX-License-Identifier: MIT
// What of a run a report shows.
#include "harness/report/view.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/input.h"
#include "base/words.h"
#include "harness/results_file.h"

enum { LOGO_MAX = 1 << 20, NAMES_MAX = 256 };

static const json_t *find_experiment(const json_t *run, const char *name) {
  const json_t *experiment;
  size_t i;
  json_array_foreach(json_object_get(run, "experiments"), i, experiment) {
    if (strcmp(json_text(experiment, "name"), name) == 0) return experiment;
  }
  return NULL;
}

static int no_experiment(const json_t *run, const char *name, struct error *error) {
  const char *names[NAMES_MAX];
  const json_t *experiments = json_object_get(run, "experiments");
  size_t count = json_array_size(experiments) < NAMES_MAX ? json_array_size(experiments) : NAMES_MAX;
  for (size_t i = 0; i < count; i++) names[i] = json_text(json_array_get(experiments, i), "name");
  const char *nearest = nearest_word(name, names, count);
  if (nearest)
    return error_set(error, -ENOENT, "--only: the run has no experiment \"%s\"; did you mean \"%s\"?", name, nearest);
  return error_set(error, -ENOENT, "--only: the run has no experiment \"%s\"; its run.json names those it has", name);
}

// Leaves the named experiments in the view, in the order of the run.
static int keep_only(const json_t *run, const char *only, json_t *view, struct error *error) {
  char *names = strdup(only), *rest = names, *name;
  json_t *kept = json_array(), *wanted = json_object();
  int code = names && kept && wanted ? 0 : error_set(error, -ENOMEM, "memory is short");
  while (!code && (name = strsep(&rest, ","))) {
    if (!find_experiment(run, name))
      code = no_experiment(run, name, error);
    else if (json_object_set_new(wanted, name, json_true()))
      code = error_set(error, -ENOMEM, "memory is short");
  }
  json_t *experiment;
  size_t i;
  json_array_foreach(json_object_get(run, "experiments"), i, experiment) {
    if (!code && json_object_get(wanted, json_text(experiment, "name")) && json_array_append(kept, experiment))
      code = error_set(error, -ENOMEM, "memory is short");
  }
  if (!code && json_object_set(view, "experiments", kept)) code = error_set(error, -ENOMEM, "memory is short");
  json_decref(kept);
  json_decref(wanted);
  free(names);
  return code;
}

struct bytes {
  size_t count;
  char *data;
};

static int write_bytes(FILE *out, const void *user) {
  const struct bytes *bytes = user;
  return fwrite(bytes->data, 1, bytes->count, out) == bytes->count ? 0 : -EIO;
}

// Reads a regular file of up to LOGO_MAX bytes; bytes->data is the caller's.
static int read_logo(const char *path, struct bytes *bytes, struct error *error) {
  struct stat status;
  int fd = input_open(path), code = 0;
  if (fd < 0) return error_set(error, fd, "%s: %s; give the path of a picture", path, input_reason(fd));
  if (fstat(fd, &status) || status.st_size < 1 || status.st_size > LOGO_MAX)
    code = error_set(error, -EINVAL, "%s: is not a file of up to 1 MiB; give a smaller picture", path);
  bytes->data = code ? NULL : malloc((size_t)status.st_size);
  if (!code && !bytes->data) code = error_set(error, -ENOMEM, "memory is short");
  ssize_t got = !bytes->data ? 0 : read(fd, bytes->data, (size_t)status.st_size);
  if (bytes->data && got != status.st_size) code = error_set(error, -EIO, "%s: cannot be read; check the file", path);
  bytes->count = (size_t)got;
  close(fd);
  return code;
}

// The ending that fits what is in the file: its name may say anything.
static const char *ending_of(const struct bytes *bytes) {
  if (bytes->count > 8 && memcmp(bytes->data, "\x89PNG\r\n\x1a\n", 8) == 0) return "png";
  return memmem(bytes->data, bytes->count < 1024 ? bytes->count : 1024, "<svg", 4) ? "svg" : NULL;
}

static int take_logo(const char *folder, const char *path, json_t *view, struct error *error) {
  struct bytes bytes = {0};
  char name[32], charts[PATH_MAX];
  int code = read_logo(path, &bytes, error);
  const char *ending = bytes.data ? ending_of(&bytes) : NULL;
  if (!code && !ending) code = error_set(error, -EINVAL, "%s: is neither an SVG nor a PNG; give a picture", path);
  if (code) goto out;
  if (snprintf(charts, sizeof charts, "%s/charts", folder) >= (int)sizeof charts) {
    code = error_set(error, -ENAMETOOLONG, "%.100s...: the path is too long; move the run", folder);
    goto out;
  }
  if (mkdir(charts, 0777) && errno != EEXIST) {
    code = error_set(error, -errno, "%s: cannot be made: %m; check the folder and its free space", charts);
    goto out;
  }
  snprintf(name, sizeof name, "charts/.logo.%s", ending);
  code = results_file_write(folder, name, write_bytes, &bytes, error);
  if (!code && json_object_set_new(view, "logo", json_string(name)))
    code = error_set(error, -ENOMEM, "memory is short");
out:
  free(bytes.data);
  return code;
}

int report_view(json_t *run, const char *folder, const struct report_view *wanted, json_t **view, struct error *error) {
  json_t *made = json_copy(run);
  int code = made ? 0 : error_set(error, -ENOMEM, "memory is short");
  if (!code && wanted->only) code = keep_only(run, wanted->only, made, error);
  if (!code && wanted->title && json_object_set_new(made, "title", json_string(wanted->title)))
    code = error_set(error, -EINVAL, "--title: is not UTF-8; write it so");
  if (!code && wanted->logo) code = take_logo(folder, wanted->logo, made, error);
  if (code)
    json_decref(made);
  else
    *view = made;
  return code;
}
