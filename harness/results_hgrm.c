// SPDX-License-Identifier: MIT
// latency/<experiment>/<cell>.hgrm: percentiles as HdrHistogram's outputPercentileDistribution prints them, in
// microseconds, with five steps to each halving of the distance to 100%.
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness/histogram.h"
#include "harness/results_file.h"
#include "workloads/client.h"

enum { STEPS = 5, NAME_ROOM = 1024 };

struct bucket {
  uint64_t highest, count;
};

// The buckets of all counted samples of a cell, in ascending order.
struct distribution {
  struct bucket *buckets;
  size_t length, room;
  uint64_t count, max;
  double sum;
};

static int add_bucket(struct distribution *all, uint64_t highest, uint64_t count) {
  if (all->length == all->room) {
    size_t room = all->room ? 2 * all->room : 1024;
    struct bucket *buckets = reallocarray(all->buckets, room, sizeof *buckets);
    if (!buckets) return -ENOMEM;
    all->buckets = buckets;
    all->room = room;
  }
  all->buckets[all->length++] = (struct bucket){highest, count};
  all->count += count;
  return 0;
}

// `kind`: of a mix, or NULL for all operations.
static const json_t *latency_of(const json_t *sample, const char *kind) {
  if (!json_is_true(json_object_get(sample, "counted"))) return NULL;
  if (!kind) return json_object_get(sample, "latency_ns");
  return json_object_get(json_object_get(sample, "latency_by_operation"), kind);
}

static int add_sample(struct distribution *all, const json_t *latency) {
  const json_t *pair;
  size_t i;
  uint64_t before = all->count, max = (uint64_t)json_integer_value(json_object_get(latency, "max"));
  json_array_foreach(json_object_get(latency, "buckets"), i, pair) {
    json_int_t highest = json_integer_value(json_array_get(pair, 0)),
               count = json_integer_value(json_array_get(pair, 1));
    int code = count > 0 && highest >= 0 ? add_bucket(all, (uint64_t)highest, (uint64_t)count) : 0;
    if (code) return code;
  }
  if (all->count > before) all->sum += json_real_or_nan(latency, "mean") * (double)(all->count - before);
  if (max > all->max) all->max = max;
  return 0;
}

static int ascending(const void *a, const void *b) {
  uint64_t x = ((const struct bucket *)a)->highest, y = ((const struct bucket *)b)->highest;
  return (x > y) - (x < y);
}

static int collect(struct distribution *all, const json_t *cell, const char *kind) {
  const json_t *sample;
  size_t i;
  int code = 0;
  json_array_foreach(json_object_get(cell, "samples"), i, sample) {
    if (!code) code = add_sample(all, latency_of(sample, kind));
  }
  if (!code && all->length) qsort(all->buckets, all->length, sizeof *all->buckets, ascending);
  return code;
}

static double deviation(const struct distribution *all, double mean) {
  double squares = 0;
  for (size_t i = 0; i < all->length; i++) {
    double from_mean = (double)histogram_middle(all->buckets[i].highest) - mean;
    squares += from_mean * from_mean * (double)all->buckets[i].count;
  }
  return sqrt(squares / (double)all->count);
}

// The next level to tell: `STEPS` of them between 0 and 50%, as many between 50 and 75%, and so on.
static double next_level(double percent) {
  double halvings = floor(log2(100 / (100 - percent))) + 1;
  return percent + 100 / (STEPS * exp2(halvings));
}

static double microseconds(const struct distribution *all, uint64_t ns) {
  return (double)(ns < all->max ? ns : all->max) / 1e3;
}

static int put_distribution(FILE *out, const void *distribution) {
  const struct distribution *all = distribution;
  double level = 0, count = (double)all->count, mean = all->sum / count;
  uint64_t seen = 0;
  fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
  for (size_t i = 0; i < all->length; i++) {
    seen += all->buckets[i].count;
    for (; seen < all->count && 100 * (double)seen / count >= level; level = next_level(level))
      fprintf(out, "%12.3f %2.12f %10llu %14.2f\n", microseconds(all, all->buckets[i].highest), level / 100,
              (unsigned long long)seen, 1 / (1 - level / 100));
  }
  fprintf(out, "%12.3f %2.12f %10llu\n", (double)all->max / 1e3, 1.0, (unsigned long long)all->count);
  fprintf(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", mean / 1e3, deviation(all, mean) / 1e3);
  fprintf(out, "#[Max     = %12.3f, Total count    = %12llu]\n", (double)all->max / 1e3,
          (unsigned long long)all->count);
  fprintf(out, "#[Buckets = %12d, SubBuckets     = %12d]\n", HISTOGRAM_POWERS, 2 * HISTOGRAM_SUB_BUCKETS);
  return ferror(out) ? -EIO : 0;
}

// The cell's values, each in characters that any file system takes, with "_" between.
static void name_file(const json_t *cell, char *name) {
  const char *experiment = json_text(cell, "experiment");
  int length = snprintf(name, NAME_ROOM, "latency/%s/", experiment);
  for (const char *c = json_text(cell, "id") + strlen(experiment) + 1; *c && length < NAME_ROOM - 1; c++)
    name[length++] = *c == '/' ? '_' : strchr("<>:\"\\|?* ", *c) || (unsigned char)*c < 0x20 ? '-' : *c;
  name[length] = '\0';
}

static int write_one(const char *folder, const json_t *cell, const char *name, const char *kind, struct error *error) {
  struct distribution all = {0};
  char path[4096], file[NAME_ROOM + 32];
  snprintf(file, sizeof file, "%s%s%s.hgrm", name, kind ? "." : "", kind ? kind : "");
  int code = collect(&all, cell, kind);
  if (code) error_set(error, code, "%s: memory is short", file);
  if (!code && all.count) {
    int length = snprintf(path, sizeof path, "%s/%s", folder, file);
    code = length < (int)sizeof path ? results_make_parents(path) : -ENAMETOOLONG;
    code = code ? error_set(error, code, "%s/%s: its folder cannot be made: %s", folder, file, strerror(-code))
                : results_file_write(folder, file, put_distribution, &all, error);
  }
  free(all.buckets);
  return code;
}

// Of an earlier cell.
static bool same_name(const json_t *run, size_t before, const char *name) {
  char other[NAME_ROOM];
  for (size_t i = 0; i < before; i++) {
    name_file(json_array_get(json_object_get(run, "cells"), i), other);
    if (strcmp(other, name) == 0) return true;
  }
  return false;
}

int results_hgrm_write(const char *folder, const json_t *run, struct error *error) {
  const json_t *cell;
  size_t i;
  int code = 0;
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    char name[NAME_ROOM + 24];
    if (strcmp(json_shown_status(cell), "ok") != 0) continue;
    name_file(cell, name);
    if (same_name(run, i, name)) snprintf(name + strlen(name), 24, "~%zu", i);
    if (!code) code = write_one(folder, cell, name, NULL, error);
    for (int kind = 0; kind < OPERATION_KINDS && !code; kind++)
      code = write_one(folder, cell, name, operation_kind_name((enum operation_kind)kind), error);
  }
  return code;
}
