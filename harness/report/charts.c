// SPDX-License-Identifier: MIT
// report_charts: one chart of its metric and one of its latencies for every experiment that has measured cells.
#include "harness/report/charts.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/report/gnuplot.h"
#include "harness/results.h"
#include "harness/results_file.h"

enum { NAME_ROOM = 256 };

bool chart_name_valid(const char *name) {
  return *name && *name != '.' && !strchr(name, '/') && strlen(name) + sizeof ".-latency.part.svg" < NAME_MAX;
}

bool chart_drawn(const char *folder, const char *chart) {
  char path[PATH_MAX];
  return snprintf(path, sizeof path, "%s/charts/%s.svg", folder, chart) < (int)sizeof path && access(path, R_OK) == 0;
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

static int draw(const char *folder, const json_t *run, const json_t *experiment, struct error *error) {
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
  int code = 0;
  if (has_metric(run, name, json_text(chart, "y"))) code = gnuplot_draw(folder, shape, name, name, error);
  if (!code && strcmp(shape, "spectrum") != 0 && has_metric(run, name, "p50"))
    code = gnuplot_draw(folder, "spectrum", name, latency, error);
  return code;
}

int report_charts(const char *folder, const json_t *run, struct error *error) {
  char path[PATH_MAX];
  const json_t *experiment;
  size_t i;
  int first = 0;
  if (snprintf(path, sizeof path, "%s/charts", folder) >= (int)sizeof path)
    return error_set(error, -ENAMETOOLONG, "%s: the path is too long; move the run", folder);
  if (mkdir(path, 0777) && errno != EEXIST)
    return error_set(error, -errno, "%s: cannot be made: %m; check the folder and its free space", path);
  json_array_foreach(json_object_get(run, "experiments"), i, experiment) {
    struct error own = {0};
    int code = draw(folder, run, experiment, &own);
    if (code && !first) first = error_set(error, code, "%s", own.text);
  }
  return first;
}
