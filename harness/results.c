// SPDX-License-Identifier: MIT
// The folder of a run while it is being measured: samples.jsonl, appended and synced line by line.
#include "harness/results.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/beside.h"
#include "harness/results_file.h"

struct results {
  int fd;
  char path[4096];
};

// One write() a line: a run that is killed leaves at most its last line cut short.
static int append_line(struct results *results, json_t *line, struct error *error) {
  int code = 0;
  char *text = line ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(12)) : NULL;
  char *whole = NULL;
  int length = text ? asprintf(&whole, "%s\n", text) : -1;
  if (length < 0) code = -ENOMEM;
  for (ssize_t done = 0, n = 0; !code && done < length; done += n) {
    n = write(results->fd, whole + done, (size_t)(length - done));
    if (n < 0) code = -errno;
  }
  if (!code && fdatasync(results->fd)) code = -errno;
  free(text);
  if (length >= 0) free(whole);
  if (!code) return 0;
  return error_set(error, code, "%s: cannot be written: %s; check its free space", results->path, strerror(-code));
}

static int append_new(struct results *results, json_t *line, struct error *error) {
  int code = append_line(results, line, error);
  json_decref(line);
  return code;
}

int results_create(const char *folder, json_t *run, struct results **results, struct error *error) {
  if (strlen(folder) + 32 > sizeof(*results)->path)
    return error_set(error, -ENAMETOOLONG, "%.100s...: the path is too long; choose a shorter --out", folder);
  int code = results_make_parents(folder);
  if (!code && mkdir(folder, 0777)) code = -errno;
  if (code == -EEXIST) return error_set(error, code, "%s: is there already; choose a new folder with --out", folder);
  if (code)
    return error_set(error, code, "%s: cannot be made: %s; choose another folder with --out", folder, strerror(-code));
  struct results *made = calloc(1, sizeof *made);
  if (!made) return error_set(error, -ENOMEM, "%s: memory is short", folder);
  snprintf(made->path, sizeof made->path, "%s/samples.jsonl", folder);
  made->fd = open(made->path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
  code = made->fd < 0 ? error_set(error, -errno, "%s: cannot be made: %m; check the folder", made->path)
                      : append_new(made, json_pack("{s:O}", "run", run), error);
  if (code) {
    results_close(made);
    return code;
  }
  *results = made;
  return 0;
}

int results_append(struct results *results, const char *cell, json_t *sample, struct error *error) {
  return append_new(results, json_pack("{s:s, s:O}", "cell", cell, "sample", sample), error);
}

int results_append_limit(struct results *results, json_t *limit, struct error *error) {
  return append_new(results, json_pack("{s:O}", "limit", limit), error);
}

int results_append_duel(struct results *results, json_t *duel, struct error *error) {
  return append_new(results, json_pack("{s:O}", "duel", duel), error);
}

int results_append_note(struct results *results, const char *note, struct error *error) {
  return append_new(results, json_pack("{s:s}", "note", note), error);
}

int results_finish(struct results *results, json_t *end, struct error *error) {
  return append_new(results, json_pack("{s:O}", "end", end), error);
}

void results_close(struct results *results) {
  if (!results) return;
  if (results->fd >= 0) close(results->fd);
  free(results);
}

static int make_data_folder(const char *folder, struct error *error) {
  char path[4096];
  if (snprintf(path, sizeof path, "%s/data", folder) >= (int)sizeof path)
    return error_set(error, -ENAMETOOLONG, "%s: the path is too long; choose a shorter --out", folder);
  if (mkdir(path, 0777) && errno != EEXIST)
    return error_set(error, -errno, "%s: cannot be made: %m; check the folder and its free space", path);
  return 0;
}

static int write_beside(const char *folder, const json_t *run, const json_t *experiment, struct error *error) {
  const char *metric;
  int code = 0;
  for (size_t i = 0; !code && (metric = beside_metric(experiment, i)); i++) {
    char name[512], file[sizeof name + 16];
    json_t *other = beside_experiment(run, experiment, metric);
    const struct results_tsv tsv = {run, other};
    beside_name(experiment, metric, name, sizeof name);
    snprintf(file, sizeof file, "data/%s.tsv", name);
    if (other)
      code = results_file_write(folder, file, results_tsv, &tsv, error);
    else
      code = error_set(error, -EINVAL, "%s: cannot be made: no metric %.32s, or no memory", file, metric);
    json_decref(other);
  }
  return code;
}

int results_write_data(const char *folder, const json_t *run, struct error *error) {
  size_t i;
  const json_t *experiment;
  int code = make_data_folder(folder, error);
  json_array_foreach(json_object_get(run, "experiments"), i, experiment) {
    char name[512];
    const struct results_tsv tsv = {run, experiment};
    snprintf(name, sizeof name, "data/%s.tsv", json_text(experiment, "name"));
    if (!code) code = results_file_write(folder, name, results_tsv, &tsv, error);
    if (!code) code = write_beside(folder, run, experiment, error);
    if (strcmp(json_text(json_object_get(experiment, "chart"), "shape"), "timeline") != 0) continue;
    snprintf(name, sizeof name, "data/%s-timeline.tsv", json_text(experiment, "name"));
    if (!code) code = results_file_write(folder, name, results_timeline_tsv, &tsv, error);
  }
  return code;
}

int results_write(const char *folder, const json_t *run, struct error *error) {
  static const struct {
    const char *name;
    content_fn content;
  } files[] = {{"samples.csv", results_csv},
               {"reproduce.sh", results_reproduce},
               {"gbench.json", results_gbench_json},
               {"run.json", results_run_json}};
  int code = results_write_data(folder, run, error);
  for (size_t i = 0; i < sizeof files / sizeof files[0] && !code; i++)
    code = results_file_write(folder, files[i].name, files[i].content, run, error);
  return code ? code : results_hgrm_write(folder, run, error);
}
