// SPDX-License-Identifier: MIT
// report_charts: one chart of its metric and one of its latencies for every experiment that has measured cells.
#include "harness/report/charts.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/beside.h"
#include "harness/report/gnuplot.h"
#include "harness/results.h"
#include "harness/results_file.h"
#include "workloads/experiment.h"

enum { NAME_ROOM = 256, THREADS_MAX = 7, JOBS_EACH = 2 + EXPERIMENT_BESIDE_MAX };

bool chart_name_valid(const char *name) {
  return *name && *name != '.' && !strchr(name, '/') &&
         strlen(name) + sizeof ".-file_bytes_per_record.4194304.part.svg" < NAME_MAX;
}

bool chart_drawn(const char *folder, const char *chart) {
  char path[PATH_MAX];
  struct stat status;
  return snprintf(path, sizeof path, "%s/charts/%s.svg", folder, chart) < (int)sizeof path &&
         stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, R_OK) == 0;
}

void chart_latency_name(const char *name, char *chart, size_t room) { snprintf(chart, room, "%s-latency", name); }

static bool shape_valid(const char *shape) {
  return *shape && shape[strspn(shape, "abcdefghijklmnopqrstuvwxyz-")] == '\0';
}

static bool has_metric(const json_t *run, const char *experiment, const char *metric) {
  const json_t *cell;
  size_t i;
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    if (strcmp(json_text(cell, "experiment"), experiment) != 0 || strcmp(json_text(cell, "status"), "ok") != 0)
      continue;
    if (json_object_get(json_object_get(cell, "summary"), metric)) return true;
  }
  return false;
}

// The length of a bar means something only from 0 on, which a logarithmic axis does not have: such values become dots.
static const char *shape_of(const json_t *chart) {
  const char *shape = json_text(chart, "shape");
  return strcmp(shape, "bars") == 0 && json_is_true(json_object_get(chart, "log_y")) ? "ladder" : shape;
}

// A chart to draw, and what came of it.
struct job {
  const char *shape;
  char name[NAME_ROOM + 48];  // of the data
  char chart[NAME_ROOM + 48];
  int code;
  struct error error;
};

struct jobs {
  const char *folder;
  struct job *jobs;
  size_t count;
  atomic_size_t next;
};

static void add_job(struct jobs *jobs, const char *shape, const char *name, const char *chart) {
  struct job *job = &jobs->jobs[jobs->count++];
  *job = (struct job){.shape = shape};
  snprintf(job->name, sizeof job->name, "%s", name);
  snprintf(job->chart, sizeof job->chart, "%s", chart);
}

static void add_beside(struct jobs *jobs, const json_t *run, const json_t *experiment, const char *shape) {
  const char *metric;
  char name[NAME_ROOM + 48];
  for (size_t i = 0; i < EXPERIMENT_BESIDE_MAX && (metric = beside_metric(experiment, i)); i++) {
    beside_name(experiment, metric, name, sizeof name);
    if (has_metric(run, json_text(experiment, "name"), metric)) add_job(jobs, shape, name, name);
  }
}

// At most JOBS_EACH of an experiment.
static int add_jobs(struct jobs *jobs, const json_t *run, const json_t *experiment, struct error *error) {
  const char *name = json_text(experiment, "name");
  const json_t *chart = json_object_get(experiment, "chart");
  const char *shape = shape_of(chart);
  char latency[NAME_ROOM + 16];
  if (!chart_name_valid(name))
    return error_set(error, -EINVAL, "%.64s: no name for a chart; rename the experiment", name);
  if (!shape_valid(shape))
    return error_set(error, -EINVAL, "%s: unknown chart shape \"%.64s\"; `storebench list charts` names them", name,
                     shape);
  chart_latency_name(name, latency, sizeof latency);
  if (has_metric(run, name, json_text(chart, "y"))) add_job(jobs, shape, name, name);
  add_beside(jobs, run, experiment, shape);
  if (strcmp(shape, "spectrum") != 0 && has_metric(run, name, "p50")) add_job(jobs, "spectrum", name, latency);
  return 0;
}

static void *work(void *user) {
  struct jobs *jobs = user;
  for (size_t i; (i = atomic_fetch_add(&jobs->next, 1)) < jobs->count;) {
    struct job *job = &jobs->jobs[i];
    job->code = gnuplot_draw(jobs->folder, job->shape, job->name, job->chart, &job->error);
  }
  return NULL;
}

// gnuplot uses one processor, and there are many charts. A thread that cannot be had is not missed.
static void draw_all(struct jobs *jobs) {
  pthread_t threads[THREADS_MAX];
  long processors = sysconf(_SC_NPROCESSORS_ONLN);
  size_t started = 0;
  while (started < THREADS_MAX && (long)started + 1 < processors &&
         pthread_create(&threads[started], NULL, work, jobs) == 0)
    started++;
  (void)work(jobs);
  while (started > 0) pthread_join(threads[--started], NULL);
}

int report_charts(const char *folder, const json_t *run, struct error *error) {
  const json_t *experiments = json_object_get(run, "experiments"), *experiment;
  char path[PATH_MAX];
  size_t i;
  int first = 0;
  if (snprintf(path, sizeof path, "%s/charts", folder) >= (int)sizeof path)
    return error_set(error, -ENAMETOOLONG, "%s: the path is too long; move the run", folder);
  if (mkdir(path, 0777) && errno != EEXIST)
    return error_set(error, -errno, "%s: cannot be made: %m; check the folder and its free space", path);
  struct jobs jobs = {.folder = folder,
                      .jobs = calloc(JOBS_EACH * json_array_size(experiments) + 1, sizeof *jobs.jobs)};
  if (!jobs.jobs) return error_set(error, -ENOMEM, "%s: memory is short", folder);
  json_array_foreach(experiments, i, experiment) {
    struct error own = {0};
    int code = add_jobs(&jobs, run, experiment, &own);
    if (code && !first) first = error_set(error, code, "%s", own.text);
  }
  draw_all(&jobs);
  for (i = 0; i < jobs.count && !first; i++)
    if (jobs.jobs[i].code) first = error_set(error, jobs.jobs[i].code, "%s", jobs.jobs[i].error.text);
  free(jobs.jobs);
  return first;
}
