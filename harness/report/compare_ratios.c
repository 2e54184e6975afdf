// SPDX-License-Identifier: MIT
// compare_ratios: every cell of a comparison in one chart, experiment by experiment.
#include <errno.h>
#include <math.h>
#include <string.h>

#include "harness/compare_internal.h"
#include "harness/metrics.h"
#include "harness/report/compare.h"
#include "harness/report/gnuplot.h"
#include "harness/results_file.h"

enum { TEXT_ROOM = 1024, LABEL_ROOM = 128 };

struct ratios {
  const struct compared_runs *all;
  const json_t *merged;
};

static json_int_t count(const json_t *comparison, const char *verdict) {
  return json_integer_value(json_object_get(json_object_get(comparison, "counts"), verdict));
}

// "B after: 1 worse, 2 better, 9 with no difference shown".
static void sum_up(const struct compared_runs *all, char *text) {
  size_t length = 0;
  *text = '\0';
  for (size_t i = 1; i < all->count && length < TEXT_ROOM; i++) {
    const json_t *comparison = all->comparisons[i - 1];
    char label[LABEL_ROOM];
    compare_label(all, i, label, sizeof label);
    length += (size_t)snprintf(text + length, TEXT_ROOM - length,
                               "%s%s: %" JSON_INTEGER_FORMAT " worse, %" JSON_INTEGER_FORMAT
                               " better, %" JSON_INTEGER_FORMAT " with no difference shown",
                               i > 1 ? "; " : "", label, count(comparison, "worse"), count(comparison, "better"),
                               count(comparison, "no difference"));
  }
}

// The largest of the comparisons: beyond it a difference counts in each.
static double floor_of(const struct compared_runs *all) {
  double most = 0;
  for (size_t i = 1; i < all->count; i++)
    most = fmax(most, json_real_or_nan(json_object_get(all->comparisons[i - 1], "floor"), "floor"));
  return most;
}

static void put_comments(FILE *out, const struct ratios *ratios) {
  static const char *const of_run[] = {"host", "profile"}, *const of_environment[] = {"kernel", "file_system",
                                                                                      "device"};
  const json_t *environment = json_object_get(ratios->merged, "environment");
  char finding[TEXT_ROOM], text[64];
  sum_up(ratios->all, finding);
  results_put_comment(out, "title", "All cells");
  results_put_comment(out, "finding", finding);
  results_put_comment(out, "question", "How many times better, or worse, is each cell than in A?");
  results_put_comment(out, "series", "run");
  results_put_comment(out, "panel", "experiment");
  results_put_comment(out, "indicative", json_is_true(json_object_get(ratios->merged, "indicative")) ? "1" : "0");
  for (size_t i = 0; i < 2; i++) results_put_comment(out, of_run[i], json_text(ratios->merged, of_run[i]));
  for (size_t i = 0; i < 3; i++) results_put_comment(out, of_environment[i], json_text(environment, of_environment[i]));
  results_put_comment(out, "machine", json_text(environment, "cpu"));
  snprintf(text, sizeof text, "%.9g", floor_of(ratios->all));
  results_put_comment(out, "floor", text);
}

// Turned so that more is better; what it is a ratio of stands in the tables.
static void put_ratio(FILE *out, const json_t *row) {
  const struct metric *metric = metric_find(json_text(row, "metric"));
  double ratio = json_real_or_nan(row, "ratio"), low = json_real_or_nan(row, "low");
  double high = json_real_or_nan(row, "high");
  bool turn = metric && !metric->higher_is_better;
  results_put_number(out, turn ? 1 / ratio : ratio);
  results_put_number(out, turn ? 1 / high : low);
  results_put_number(out, turn ? 1 / low : high);
}

static void put_row(FILE *out, const struct ratios *ratios, size_t run, const json_t *row, size_t place) {
  const char *experiment = json_text(row, "experiment");
  char label[LABEL_ROOM];
  compare_label(ratios->all, run, label, sizeof label);
  results_put_text(out, experiment);
  fputc('\t', out);
  results_put_text(out, json_text(row, "id") + strlen(experiment) + 1);
  fprintf(out, "\t%zu\t", place);
  results_put_text(out, label);
  fprintf(out, "\t%zu", run - 1);
  put_ratio(out, row);
  fprintf(out, "\t%" JSON_INTEGER_FORMAT "\tok\tnan\tnan\tnan\tnan\tnan\ttimes\t%s\n",
          json_integer_value(json_object_get(json_object_get(row, "b"), "n")), json_text(row, "verdict"));
}

// The comparison of a cell with the first run, or NULL where there is none.
static const json_t *judged(const struct ratios *ratios, size_t run, const json_t *cell) {
  const json_t *row = compare_find(ratios->all->comparisons[run - 1], json_text(cell, "id"));
  return row && !json_is_string(json_object_get(row, "reason")) ? row : NULL;
}

static void put_experiment(FILE *out, const struct ratios *ratios, const char *name) {
  const json_t *cell;
  size_t i, place = 0;
  json_array_foreach(json_object_get(ratios->all->runs[0], "cells"), i, cell) {
    bool found = false;
    if (strcmp(json_text(cell, "experiment"), name) != 0) continue;
    for (size_t run = 1; run < ratios->all->count; run++) {
      const json_t *row = judged(ratios, run, cell);
      if (row) put_row(out, ratios, run, row, place);
      found = found || row;
    }
    place += found;
  }
}

static int write_ratios(FILE *out, const void *user) {
  const struct ratios *ratios = user;
  const json_t *experiment;
  size_t i;
  put_comments(out, ratios);
  fputs(
      "panel\tx\tx_index\tseries\tseries_index\ty\tlow\thigh\tn\tstatus\tp50_ns\tp90_ns\tp99_ns\tp999_ns\tmax_"
      "ns\tunit\tverdict\n",
      out);
  json_array_foreach(json_object_get(ratios->merged, "experiments"), i, experiment) {
    put_experiment(out, ratios, json_text(experiment, "name"));
  }
  return ferror(out) ? -EIO : 0;
}

int compare_ratios(const char *folder, const struct compared_runs *all, const json_t *merged, struct error *drawn,
                   struct error *error) {
  const struct ratios ratios = {.all = all, .merged = merged};
  int code = results_file_write(folder, "data/" COMPARE_RATIOS ".tsv", write_ratios, &ratios, error);
  if (!code) (void)gnuplot_draw(folder, "ratios", COMPARE_RATIOS, COMPARE_RATIOS, drawn);
  return code;
}
