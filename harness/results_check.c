// SPDX-License-Identifier: MIT
// Whether JSON that was read is a run: a file may have been cut, edited, or written by another version. And run.json,
// or the folder it stands in, as a run.
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/input.h"
#include "harness/duels.h"
#include "harness/results.h"
#include "harness/results_file.h"

enum { NAME_LONGEST = 200 };  // of an experiment: with what is put behind it, a file name

static bool is_one_of(const char *word, const char *const *words) {
  for (; *words; words++)
    if (strcmp(word, *words) == 0) return true;
  return false;
}

// Whether the rate is not what its two parts make, as where one of the three was changed by hand. A count is whole.
static bool contradicts_itself(const json_t *sample) {
  const json_t *rate = json_object_get(sample, "ops_per_s");
  double operations = json_real_or_nan(sample, "operations");
  double product = json_real_or_nan(sample, "ops_per_s") * json_real_or_nan(sample, "seconds");
  return json_is_number(rate) && fabs(product - operations) > 1 + 1e-6 * operations;
}

const char *results_sample_fault(const json_t *sample) {
  static const char *const statuses[] = {"ok", "skipped", "failed", NULL};
  if (!json_is_object(sample)) return "not a sample";
  if (!*json_text(sample, "kind")) return "a sample of no kind";
  if (!is_one_of(json_text(sample, "status"), statuses)) return "a sample of an unknown status";
  if (!json_is_integer(json_object_get(sample, "repetition"))) return "a sample of no repetition";
  if (!json_is_boolean(json_object_get(sample, "counted"))) return "a sample that neither counts nor not";
  if (contradicts_itself(sample)) return "a sample whose rate is not its operations by its seconds";
  const json_t *flags = json_object_get(sample, "flags"), *flag;
  size_t i;
  json_array_foreach(flags, i, flag) {
    if (!json_is_string(flag)) return "a sample with a flag that is no word";
  }
  return NULL;
}

// Files are called so: a name that leads elsewhere must not get that far.
static bool names_a_file(const char *name) {
  return *name && strlen(name) <= NAME_LONGEST && !strchr(name, '/') && strcmp(name, ".") != 0 &&
         strcmp(name, "..") != 0;
}

static const char *axis_fault(const json_t *axis) {
  const json_t *value;
  size_t i;
  json_array_foreach(json_object_get(axis, "values"), i, value) {
    if (!json_is_string(value)) return "an axis with a value that is no word";
  }
  return NULL;
}

static const char *experiment_fault(const json_t *experiment) {
  const json_t *axes = json_object_get(experiment, "axes"), *axis;
  const char *fault = NULL;
  size_t i;
  if (!names_a_file(json_text(experiment, "name"))) return "an experiment whose name is not that of a file";
  if (!json_is_object(json_object_get(experiment, "chart"))) return "an experiment without a chart";
  if (!json_is_array(axes)) return "an experiment without axes";
  json_array_foreach(axes, i, axis) {
    if (!fault) fault = axis_fault(axis);
  }
  return fault;
}

static bool only_words(const json_t *object) {
  const char *key;
  const json_t *value;
  json_object_foreach((json_t *)object, key, value) {
    if (!json_is_string(value)) return false;
  }
  return true;
}

// `seen` gets the ids.
static const char *cell_fault(const json_t *cell, json_t *seen) {
  const char *id = json_text(cell, "id"), *experiment = json_text(cell, "experiment");
  size_t length = strlen(experiment);
  if (!*id || json_object_get(seen, id)) return "a cell without a name of its own";
  if (!names_a_file(experiment)) return "a cell of no experiment";
  if (strncmp(id, experiment, length) != 0 || id[length] != '/') return "a cell whose name is not its experiment's";
  if (!json_is_object(json_object_get(cell, "point"))) return "a cell without its place in the sweep";
  if (!only_words(json_object_get(cell, "point"))) return "a cell whose place in the sweep is no word";
  return json_object_set_new(seen, id, json_true()) ? "more cells than memory has room for" : NULL;
}

const char *results_run_fault(const json_t *run) {
  const json_t *experiments = json_object_get(run, "experiments"), *cells = json_object_get(run, "cells"), *entry;
  const char *fault = NULL;
  size_t i;
  if (!json_is_integer(json_object_get(run, "schema"))) return "not a run";
  if (json_integer_value(json_object_get(run, "schema")) != RESULTS_SCHEMA) return RESULTS_OTHER_SCHEMA;
  if (!json_is_array(experiments) || !json_is_array(cells)) return "not a run";
  json_t *seen = json_object();
  json_array_foreach(experiments, i, entry) {
    if (!fault) fault = experiment_fault(entry);
  }
  json_array_foreach(cells, i, entry) {
    if (!fault) fault = cell_fault(entry, seen);
  }
  json_decref(seen);
  return fault;
}

static const char *run_duels_fault(const json_t *run) {
  const json_t *cell, *duel;
  const char *fault = NULL;
  size_t i;
  json_t *ids = json_object();
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    if (!fault && json_object_set_new(ids, json_text(cell, "id"), json_true()))
      fault = "more cells than memory has room for";
  }
  json_array_foreach(json_object_get(run, "duels"), i, duel) {
    if (!fault) fault = duels_fault(duel, ids);
  }
  json_decref(ids);
  return fault;
}

static const char *samples_fault(const json_t *run) {
  const json_t *cell, *sample;
  const char *fault = NULL;
  size_t i, s;
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    if (!json_is_array(json_object_get(cell, "samples"))) return "a cell without samples";
    json_array_foreach(json_object_get(cell, "samples"), s, sample) {
      if (!fault) fault = results_sample_fault(sample);
    }
  }
  return fault;
}

int results_damaged(struct error *error, const char *where, const char *fault) {
  if (strcmp(fault, RESULTS_OTHER_SCHEMA) == 0)
    return error_set(error, -EINVAL, "%.400s: %s; read it with that version, or measure again", where, fault);
  return error_set(error, -EINVAL, "%.400s: %s; the file is damaged: restore it, or measure again", where, fault);
}

// What somebody names may be a pipe, as that of `compare <(zcat run.json.gz) RUN`, and is waited for as by `cat`.
static int open_named(const char *path, FILE **file) {
  *file = fopen(path, "re");
  return *file ? 0 : -errno;
}

// `inside`: the folder was named, in which only a file can be a run's.
static int load_file(const char *path, bool inside, json_t **run, struct error *error) {
  json_error_t where;
  FILE *file;
  int code = inside ? input_stream(path, &file) : open_named(path, &file);
  if (code)
    return error_set(error, code, "%s: %s; name the folder of a run, or its run.json", path, input_reason(code));
  *run = json_loadf(file, JSON_REJECT_DUPLICATES, &where);
  if (ferror(file)) code = error_set(error, -EIO, "%s: cannot be read; check the disk", path);
  fclose(file);
  if (code) return code;
  if (!*run)
    return error_set(
        error, -EINVAL,
        "%.300s:%d: not JSON, or not all of it; the file is damaged: `storebench report` makes run.json again", path,
        where.line);
  const char *fault = results_run_fault(*run);
  if (!fault) fault = samples_fault(*run);
  if (!fault) fault = run_duels_fault(*run);
  return fault ? results_damaged(error, path, fault) : 0;
}

int results_load(const char *path, json_t **run, struct error *error) {
  char inside[4096];
  struct stat status;
  *run = NULL;
  if (stat(path, &status)) return error_set(error, -errno, "%s: %m; name the folder of a run, or its run.json", path);
  if (snprintf(inside, sizeof inside, "%s/run.json", path) >= (int)sizeof inside)
    return error_set(error, -ENAMETOOLONG, "%.100s...: the path is too long", path);
  const bool folder = S_ISDIR(status.st_mode);
  // A run that was killed has its samples and no run.json yet.
  bool samples_only = folder && access(inside, F_OK) != 0;
  int code = samples_only ? results_read(path, run, error) : load_file(folder ? inside : path, folder, run, error);
  if (code) {
    json_decref(*run);
    *run = NULL;
  }
  return code;
}
