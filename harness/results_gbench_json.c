// SPDX-License-Identifier: MIT
// gbench.json: the run in Google Benchmark's own layout, so that its compare.py and what else reads it works here too.
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness/results_file.h"
#include "harness/statistics.h"

// One benchmark in its terms: a cell. Times are nanoseconds an operation.
struct family {
  char name[1024];
  json_int_t index, threads;
  size_t count;
  json_t *rows;  // borrowed: of the whole file
  double *real, *cpu;
};

static bool is_measured(const json_t *sample) {
  return json_is_true(json_object_get(sample, "counted")) && strcmp(json_text(sample, "status"), "ok") == 0 &&
         strcmp(json_text(sample, "kind"), "throughput") == 0 && json_real_or_nan(sample, "operations") > 0;
}

// EXPERIMENT/ENGINE and then the other axes, as Google Benchmark writes named arguments.
static void name_family(struct family *family, const json_t *cell) {
  const char *key;
  json_t *value;
  size_t room = sizeof family->name;
  snprintf(family->name, room, "%s/%s", json_text(cell, "experiment"), json_text(cell, "engine"));
  json_object_foreach(json_object_get(cell, "point"), key, value) {
    size_t length = strlen(family->name);
    if (strcmp(key, "engine") != 0)
      snprintf(family->name + length, room - length, "/%s:%s", key, json_string_value(value));
  }
}

static double per_operation(const json_t *sample, const char *key) {
  return json_real_or_nan(sample, key) / json_real_or_nan(sample, "operations");
}

static int set_number(json_t *row, const char *key, double number) {
  return isfinite(number) && json_object_set_new(row, key, json_real(number));
}

static int add_sample(struct family *family, const json_t *sample) {
  double cpu = per_operation(sample, "cpu_user_s") + per_operation(sample, "cpu_sys_s");
  size_t i = family->count++;
  family->real[i] = 1e9 * per_operation(sample, "seconds");
  family->cpu[i] = isfinite(cpu) ? 1e9 * cpu : 0;  // compare.py needs a number
  json_t *row =
      json_pack("{s:s, s:I, s:i, s:s, s:s, s:I, s:I, s:I, s:O, s:f, s:f, s:s, s:O, s:O}", "name", family->name,
                "family_index", family->index, "per_family_instance_index", 0, "run_name", family->name, "run_type",
                "iteration", "repetitions", (json_int_t)0, "repetition_index", (json_int_t)i, "threads",
                family->threads, "iterations", json_object_get(sample, "operations"), "real_time", family->real[i],
                "cpu_time", family->cpu[i], "time_unit", "ns", "items_per_second", json_object_get(sample, "ops_per_s"),
                "bytes_per_second", json_object_get(sample, "bytes_per_s"));
  if (!row || json_array_append_new(family->rows, row)) return -ENOMEM;
  return set_number(row, "faults_per_op",
                    per_operation(sample, "faults_minor") + per_operation(sample, "faults_major")) ||
                 set_number(row, "device_read_bytes_per_op", per_operation(sample, "device_read_bytes")) ||
                 set_number(row, "device_write_bytes_per_op", per_operation(sample, "device_write_bytes"))
             ? -ENOMEM
             : 0;
}

static double mean(const double *values, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += values[i];
  return sum / (double)n;
}

static double deviation(const double *values, size_t n) {
  double squares = 0, middle = mean(values, n);
  for (size_t i = 0; i < n; i++) squares += (values[i] - middle) * (values[i] - middle);
  return n > 1 ? sqrt(squares / (double)(n - 1)) : 0;
}

static double median(const double *values, size_t n) {
  struct interval interval;
  return statistics_interval(values, n, &interval) ? NAN : interval.median;
}

static double variation(const double *values, size_t n) {
  double middle = mean(values, n);
  return middle > 0 ? deviation(values, n) / middle : 0;
}

static int add_aggregates(struct family *family) {
  static const struct {
    const char *name, *unit;
    double (*of)(const double *values, size_t n);
  } aggregates[] = {{"mean", "time", mean},
                    {"median", "time", median},
                    {"stddev", "time", deviation},
                    {"cv", "percentage", variation}};
  for (size_t i = 0; i < sizeof aggregates / sizeof aggregates[0]; i++) {
    json_t *row =
        json_pack("{s:s++, s:I, s:i, s:s, s:s, s:I, s:I, s:s, s:s, s:I, s:f, s:f, s:s}", "name", family->name, "_",
                  aggregates[i].name, "family_index", family->index, "per_family_instance_index", 0, "run_name",
                  family->name, "run_type", "aggregate", "repetitions", (json_int_t)family->count, "threads",
                  family->threads, "aggregate_name", aggregates[i].name, "aggregate_unit", aggregates[i].unit,
                  "iterations", (json_int_t)family->count, "real_time", aggregates[i].of(family->real, family->count),
                  "cpu_time", aggregates[i].of(family->cpu, family->count), "time_unit", "ns");
    if (!row || json_array_append_new(family->rows, row)) return -ENOMEM;
  }
  return 0;
}

static int add_family(json_t *rows, json_int_t index, const json_t *cell) {
  const json_t *samples = json_object_get(cell, "samples"), *sample;
  size_t i, first = json_array_size(rows), room = json_array_size(samples) + 1;
  struct family family = {.index = index,
                          .threads = json_integer_value(json_object_get(cell, "threads")),
                          .rows = rows,
                          .real = calloc(room, sizeof(double)),
                          .cpu = calloc(room, sizeof(double))};
  int code = family.real && family.cpu ? 0 : -ENOMEM;
  name_family(&family, cell);
  json_array_foreach(samples, i, sample) {
    if (!code && is_measured(sample)) code = add_sample(&family, sample);
  }
  for (i = first; i < json_array_size(rows) && !code; i++)
    if (json_object_set_new(json_array_get(rows, i), "repetitions", json_integer((json_int_t)family.count)))
      code = -ENOMEM;
  if (!code && family.count) code = add_aggregates(&family);
  free(family.real);
  free(family.cpu);
  return code;
}

static json_t *context(const json_t *run) {
  const json_t *environment = json_object_get(run, "environment");
  return json_pack("{s:s, s:s, s:s, s:I, s:i, s:b, s:[], s:[], s:s, s:s}", "date", json_text(run, "started"),
                   "host_name", json_text(run, "host"), "executable", "storebench", "num_cpus",
                   json_integer_value(json_object_get(environment, "cpus")), "mhz_per_cpu", 0, "cpu_scaling_enabled", 0,
                   "caches", "load_avg", "library_build_type",
                   strcmp(json_text(environment, "build_type"), "Debug") == 0 ? "debug" : "release", "profile",
                   json_text(run, "profile"));
}

int results_gbench_json(FILE *out, const void *run) {
  json_t *rows = json_array(), *whole = json_pack("{s:o, s:o}", "context", context(run), "benchmarks", rows);
  const json_t *cell;
  size_t i;
  int code = whole ? 0 : -ENOMEM;
  json_array_foreach(json_object_get((const json_t *)run, "cells"), i, cell) {
    if (!code) code = add_family(rows, (json_int_t)i, cell);
  }
  if (!code && json_dumpf(whole, out, JSON_INDENT(1) | JSON_REAL_PRECISION(12))) code = -EIO;
  json_decref(whole);
  return code;
}
