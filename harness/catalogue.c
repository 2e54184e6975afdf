// SPDX-License-Identifier: MIT
// The files that come with the program, by name.
#include "harness/catalogue.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "harness/data_dir.h"

static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static int add_name(struct catalogue *catalogue, const char *name, size_t length) {
  char **names = reallocarray(catalogue->names, catalogue->count + 1, sizeof *names);
  if (!names) return -ENOMEM;
  catalogue->names = names;
  names[catalogue->count] = strndup(name, length);
  if (!names[catalogue->count]) return -ENOMEM;
  catalogue->count++;
  return 0;
}

static int read_names(DIR *stream, const char *suffix, struct catalogue *catalogue) {
  size_t tail = strlen(suffix);
  for (;;) {
    errno = 0;
    const struct dirent *entry = readdir(stream);
    if (!entry) return -errno;
    size_t length = strlen(entry->d_name);
    if (entry->d_name[0] == '.' || length <= tail || strcmp(entry->d_name + length - tail, suffix) != 0) continue;
    int code = add_name(catalogue, entry->d_name, length - tail);
    if (code) return code;
  }
}

int catalogue_read(const char *folder, const char *suffix, struct catalogue *catalogue, struct error *error) {
  char path[4096];
  *catalogue = (struct catalogue){0};
  int code = data_path(folder, path, sizeof path, error);
  if (code) return code;
  DIR *stream = opendir(path);
  if (!stream) return error_set(error, -errno, "%s: %m; set STOREBENCH_DATA to the folder that holds %s", path, folder);
  code = read_names(stream, suffix, catalogue);
  closedir(stream);
  if (code) return error_set(error, code, "%s: cannot be read: %s; check the folder", path, strerror(-code));
  if (catalogue->count) qsort(catalogue->names, catalogue->count, sizeof *catalogue->names, compare_names);
  return 0;
}

void catalogue_free(struct catalogue *catalogue) {
  for (size_t i = 0; i < catalogue->count; i++) free(catalogue->names[i]);
  free(catalogue->names);
  *catalogue = (struct catalogue){0};
}

static int unknown_experiment(const struct catalogue *experiments, const char *word, struct error *error) {
  const char *nearest = nearest_word(word, (const char *const *)experiments->names, experiments->count);
  if (nearest) return error_set(error, -ENOENT, "unknown experiment \"%s\"; did you mean \"%s\"?", word, nearest);
  return error_set(error, -ENOENT, "unknown experiment \"%s\"; `storebench list experiments` names them", word);
}

int catalogue_experiment(const struct catalogue *experiments, const char *word, char *path, size_t room,
                         struct error *error) {
  size_t length = strlen(word);
  if (strchr(word, '/') || (length > 4 && strcmp(word + length - 4, ".ini") == 0)) {
    if ((size_t)snprintf(path, room, "%s", word) < room) return 0;
    return error_set(error, -ENAMETOOLONG, "%.100s...: the path is too long", word);
  }
  for (size_t i = 0; i < experiments->count; i++) {
    char name[512];
    if (strcmp(experiments->names[i], word) != 0) continue;
    snprintf(name, sizeof name, EXPERIMENTS_FOLDER "/%s.ini", word);
    return data_path(name, path, room, error);
  }
  return unknown_experiment(experiments, word, error);
}
