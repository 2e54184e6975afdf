// SPDX-License-Identifier: MIT
// Percentile files: read back as HdrHistogram's plotter reads them, and held against the histogram they come of.
#include <ftw.h>
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/histogram.h"
#include "harness/results_file.h"
#include "tests/unit/temporary.h"

static char folder[512];

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk) {
  (void)status, (void)type, (void)walk;
  return remove(path);
}

static int make_folder(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "%s/hgrm-XXXXXX", temporary_folder());
  return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
  (void)state;
  return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static json_t *latency_json(const struct histogram *histogram) {
  json_t *buckets = json_array();
  size_t position = 0;
  uint64_t highest, count;
  while (histogram_next(histogram, &position, &highest, &count))
    json_array_append_new(buckets, json_pack("[I,I]", (json_int_t)highest, (json_int_t)count));
  return json_pack("{s:I, s:f, s:o}", "max", (json_int_t)histogram_max(histogram), "mean", histogram_mean(histogram),
                   "buckets", buckets);
}

static json_t *sample_json(const struct histogram *histogram, bool counted) {
  return json_pack("{s:b, s:o, s:{s:o}}", "counted", (int)counted, "latency_ns", latency_json(histogram),
                   "latency_by_operation", "rmw", latency_json(histogram));
}

static json_t *cell_json(const char *id, const char *status, json_t *samples) {
  return json_pack("{s:s, s:s, s:s, s:o}", "id", id, "experiment", "made", "status", status, "samples", samples);
}

static struct histogram *make_histogram(uint64_t seed, unsigned values) {
  struct histogram *histogram = histogram_new();
  assert_non_null(histogram);
  for (uint64_t i = 0, x = seed; i < values; i++) {
    x = x * 6364136223846793005u + 1442695040888963407u;
    histogram_record(histogram, (x >> 33) % 1000 * ((x >> 50) % 100 == 0 ? 1000 : 1) + 100, 1);
  }
  return histogram;
}

struct line {
  double value, percentile, inverse;
  unsigned long long total;
};

struct file {
  struct line lines[256];
  size_t count;
  double mean, deviation, max;
  unsigned long long total;
};

static void read_comment(const char *text, struct file *file) {
  int buckets, sub_buckets;
  if (sscanf(text, "#[Mean = %lf, StdDeviation = %lf]", &file->mean, &file->deviation) == 2) return;
  if (sscanf(text, "#[Max = %lf, Total count = %llu]", &file->max, &file->total) == 2) return;
  assert_int_equal(sscanf(text, "#[Buckets = %d, SubBuckets = %d]", &buckets, &sub_buckets), 2);
}

// The plotter takes lines of four words whose first and last are numbers; the last percentile has three.
static void read_file(const char *name, struct file *file) {
  char path[1024], text[256], inverse[32];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *in = fopen(path, "r");
  if (!in) fail_msg("%s is not there", path);
  assert_non_null(fgets(text, sizeof text, in));
  assert_string_equal(text, "       Value     Percentile TotalCount 1/(1-Percentile)\n");
  assert_non_null(fgets(text, sizeof text, in));
  assert_string_equal(text, "\n");
  *file = (struct file){0};
  while (fgets(text, sizeof text, in)) {
    struct line *line = &file->lines[file->count];
    if (text[0] == '#') {
      read_comment(text, file);
      continue;
    }
    int words = sscanf(text, "%lf %lf %llu %31s", &line->value, &line->percentile, &line->total, inverse);
    line->inverse = words == 4 ? strtod(inverse, NULL) : INFINITY;
    assert_true(words == 4 || (words == 3 && line->percentile == 1));
    assert_in_range(file->count++, 0, 254);
  }
  assert_int_equal(fclose(in), 0);
}

static json_t *write_run(json_t *cells) {
  json_t *run = json_pack("{s:o}", "cells", cells);
  struct error error = {0};
  if (results_hgrm_write(folder, run, &error)) fail_msg("%s", error.text);
  return run;
}

static void assert_same(const struct file *file, const struct histogram *histogram) {
  const struct line *last = &file->lines[file->count - 1];
  assert_true(file->count > 20);
  assert_int_equal(file->total, histogram_count(histogram));
  assert_true(fabs(file->mean * 1e3 - histogram_mean(histogram)) < 1);
  assert_true(last->percentile == 1 && last->total == file->total);
  assert_true(last->value * 1e3 == (double)histogram_max(histogram) && file->max == last->value);
  for (size_t i = 0; i < file->count; i++) {
    const struct line *line = &file->lines[i];
    if (i) assert_true(line->percentile > line[-1].percentile && line->value >= line[-1].value);
    // What the file calls the value at that percentile, the histogram does, to a bucket's width.
    double expected = (double)histogram_percentile(histogram, 100 * line->percentile);
    if (i) assert_true(fabs(line->value * 1e3 - expected) <= expected / 128 + 0.5);
    assert_true((double)line->total >= line->percentile * (double)file->total - 1e-6);
    if (line->percentile < 1) assert_true(fabs(line->inverse - 1 / (1 - line->percentile)) < 0.01);
  }
}

static void test_file_says_what_the_histogram_says(void **state) {
  (void)state;
  struct histogram *histogram = make_histogram(1, 20000);
  struct file file;
  json_t *samples = json_pack("[o]", sample_json(histogram, true));
  json_t *run = write_run(json_pack("[o]", cell_json("made/60% of peak/uring:depth=8", "ok", samples)));
  read_file("latency/made/60%-of-peak_uring-depth=8.hgrm", &file);
  assert_same(&file, histogram);
  double squares = 0, mean = histogram_mean(histogram);
  size_t position = 0;
  uint64_t highest, count;
  while (histogram_next(histogram, &position, &highest, &count))
    squares += (double)count * pow((double)highest - mean, 2);
  double deviation = sqrt(squares / (double)histogram_count(histogram));
  assert_true(fabs(file.deviation * 1e3 - deviation) < deviation / 100);
  read_file("latency/made/60%-of-peak_uring-depth=8.rmw.hgrm", &file);
  assert_same(&file, histogram);
  json_decref(run);
  histogram_free(histogram);
}

// Five steps to each halving: 0, 10 ... 50, 55 ... 75, 77.5 ...
static void test_levels_are_hdrhistograms(void **state) {
  (void)state;
  static const double levels[] = {0,   0.1,  0.2,   0.3, 0.4,   0.5,  0.55,  0.6,    0.65,
                                  0.7, 0.75, 0.775, 0.8, 0.825, 0.85, 0.875, 0.8875, 0.9};
  struct histogram *histogram = make_histogram(7, 100000);
  struct file file;
  json_t *run = write_run(json_pack("[o]", cell_json("made/a", "ok", json_pack("[o]", sample_json(histogram, true)))));
  read_file("latency/made/a.hgrm", &file);
  for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
    assert_true(fabs(file.lines[i].percentile - levels[i]) < 1e-9);
  json_decref(run);
  histogram_free(histogram);
}

static void test_counted_samples_are_merged(void **state) {
  (void)state;
  struct histogram *one = make_histogram(1, 5000), *other = make_histogram(2, 3000), *warm_up = make_histogram(3, 999);
  struct file file;
  json_t *samples = json_pack("[o,o,o]", sample_json(warm_up, false), sample_json(one, true), sample_json(other, true));
  json_t *run = write_run(json_pack("[o]", cell_json("made/b", "ok", samples)));
  histogram_add(one, other);
  read_file("latency/made/b.hgrm", &file);
  assert_same(&file, one);
  json_decref(run);
  histogram_free(one);
  histogram_free(other);
  histogram_free(warm_up);
}

static void test_no_file_without_numbers(void **state) {
  (void)state;
  struct histogram *histogram = make_histogram(1, 100);
  char path[1024];
  json_t *run =
      write_run(json_pack("[o,o]", cell_json("made/failed", "failed", json_pack("[o]", sample_json(histogram, true))),
                          cell_json("made/none", "ok", json_pack("[{s:b, s:n}]", "counted", 1, "latency_ns"))));
  snprintf(path, sizeof path, "%s/latency/made/failed.hgrm", folder);
  assert_int_not_equal(access(path, F_OK), 0);
  snprintf(path, sizeof path, "%s/latency/made/none.hgrm", folder);
  assert_int_not_equal(access(path, F_OK), 0);
  json_decref(run);
  histogram_free(histogram);
}

static void test_names_that_meet_stay_apart(void **state) {
  (void)state;
  struct histogram *one = make_histogram(1, 100), *other = make_histogram(2, 200);
  struct file file;
  json_t *run = write_run(json_pack("[o,o]", cell_json("made/x y", "ok", json_pack("[o]", sample_json(one, true))),
                                    cell_json("made/x:y", "ok", json_pack("[o]", sample_json(other, true)))));
  read_file("latency/made/x-y.hgrm", &file);
  assert_int_equal(file.total, 100);
  read_file("latency/made/x-y~1.hgrm", &file);
  assert_int_equal(file.total, 200);
  json_decref(run);
  histogram_free(one);
  histogram_free(other);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_file_says_what_the_histogram_says), cmocka_unit_test(test_levels_are_hdrhistograms),
      cmocka_unit_test(test_counted_samples_are_merged),        cmocka_unit_test(test_no_file_without_numbers),
      cmocka_unit_test(test_names_that_meet_stay_apart),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
