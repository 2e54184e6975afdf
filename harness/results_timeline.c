// SPDX-License-Identifier: MIT
// data/<experiment>-timeline.tsv: the intervals of every counted repetition, for charts that run along seconds. Numbers
// only; `row` is the row of data/<experiment>.tsv (from 1 on) that says whose they are.
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness/metrics.h"
#include "harness/results_file.h"

// By the metric that is drawn: samples of another kind have none.
static double value_of(const struct metric *metric, const json_t *sample) {
  bool counted = json_is_true(json_object_get(sample, "counted"));
  return counted && metric ? metric_value(metric, sample) : NAN;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

// The value of the repetition in the middle, the lower one of two; NAN if there is none.
static int middle_value(const struct metric *metric, const json_t *samples, double *middle) {
  double *values = malloc((json_array_size(samples) + 1) * sizeof *values);
  const json_t *sample;
  size_t i, n = 0;
  if (!values) return -ENOMEM;
  json_array_foreach(samples, i, sample) {
    double value = value_of(metric, sample);
    if (isfinite(value)) values[n++] = value;
  }
  qsort(values, n, sizeof *values, compare);
  *middle = n ? values[(n - 1) / 2] : NAN;
  free(values);
  return 0;
}

static void put_rate(FILE *out, const json_t *point, const char *field, double seconds) {
  double rate = json_real_or_nan(point, field) / seconds;
  if (isfinite(rate))
    fprintf(out, "\t%.9g", rate);
  else
    fputs("\tnan", out);
}

static void put_sample(FILE *out, size_t row, const json_t *sample, bool middle) {
  const json_t *point;
  size_t i;
  double from = 0;
  json_array_foreach(json_object_get(sample, "timeline"), i, point) {
    double to = json_real_or_nan(point, "t");
    fprintf(out, "%zu\t%" JSON_INTEGER_FORMAT "\t%d\t%.6f\t%.6f", row,
            json_integer_value(json_object_get(sample, "repetition")), (int)middle, from, to);
    put_rate(out, point, "operations", to - from);
    put_rate(out, point, "device_read_bytes", to - from);
    put_rate(out, point, "device_write_bytes", to - from);
    put_rate(out, point, "longest_ns", 1);
    fputc('\n', out);
    from = to;
  }
  if (i) fputc('\n', out);  // so that no line joins two repetitions
}

static int put_cell(FILE *out, const struct metric *metric, size_t row, const json_t *cell) {
  const json_t *samples = json_object_get(cell, "samples"), *sample;
  bool found = false;  // of equal values only one is the middle
  double middle = NAN;
  size_t i;
  int code = middle_value(metric, samples, &middle);
  json_array_foreach(samples, i, sample) {
    double value = value_of(metric, sample);
    if (code || !isfinite(value)) continue;
    put_sample(out, row, sample, !found && value == middle);
    found = found || value == middle;
  }
  return code;
}

int results_timeline_tsv(FILE *out, const void *results_tsv) {
  const struct results_tsv *tsv = results_tsv;
  const char *name = json_text(tsv->experiment, "name");
  const struct metric *metric = metric_find(json_text(json_object_get(tsv->experiment, "chart"), "y"));
  const json_t *cell;
  size_t i, row = 0;
  int code = 0;
  fputs(
      "#row\trepetition\tmiddle\tfrom_s\tto_s\tops_per_s\tdevice_read_bytes_per_s\tdevice_write_bytes_per_s\tlongest_"
      "ns\n",
      out);
  json_array_foreach(json_object_get(tsv->run, "cells"), i, cell) {
    if (code || strcmp(json_text(cell, "experiment"), name) != 0) continue;
    row++;
    if (strcmp(json_text(cell, "status"), "ok") == 0) code = put_cell(out, metric, row, cell);
  }
  return code ? code : ferror(out) ? -EIO : 0;
}
