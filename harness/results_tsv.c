// SPDX-License-Identifier: MIT
// data/<experiment>.tsv: all that a chart needs. Texts stand on top as "# key: value"; then a header row, and a row a
// cell.
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "harness/metrics.h"
#include "harness/results_file.h"

void results_put_text(FILE *out, const char *text) {
  if (!*text) text = "-";
  for (; *text; text++) fputc((unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : *text, out);
}

void results_put_comment(FILE *out, const char *key, const char *text) {
  fprintf(out, "# %s: ", key);
  results_put_text(out, text);
  fputc('\n', out);
}

void results_put_number(FILE *out, double number) {
  if (isfinite(number))
    fprintf(out, "\t%.9g", number);
  else
    fputs("\tnan", out);
}

static void put_notes(FILE *out, const json_t *run, const char *name) {
  const json_t *cell, *dropped;
  size_t i;
  char note[1024];
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    json_int_t flagged = json_integer_value(json_object_get(cell, "flagged"));
    if (strcmp(json_text(cell, "experiment"), name) != 0 || json_is_peak(cell)) continue;
    if (strcmp(json_shown_status(cell), "ok") == 0 && !flagged) continue;
    if (json_is_true(json_object_get(cell, "saturated")))
      snprintf(note, sizeof note, "%s saturated: could not keep up with the rate",
               json_text(cell, "id") + strlen(name) + 1);
    else if (strcmp(json_text(cell, "status"), "ok") == 0)
      snprintf(note, sizeof note, "%s disturbed: %" JSON_INTEGER_FORMAT " of its samples",
               json_text(cell, "id") + strlen(name) + 1, flagged);
    else
      snprintf(note, sizeof note, "%s %s: %s", json_text(cell, "id") + strlen(name) + 1, json_text(cell, "status"),
               json_text(cell, "reason"));
    results_put_comment(out, "note", note);
  }
  json_array_foreach(json_object_get(run, "dropped"), i, dropped) {
    if (strcmp(json_text(dropped, "experiment"), name) != 0) continue;
    char point[512] = "";
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(dropped, "point"), key, value) {
      snprintf(point + strlen(point), sizeof point - strlen(point), "%s%s", *point ? "/" : "",
               json_string_value(value));
    }
    snprintf(note, sizeof note, "%s left out: %s", point, json_text(dropped, "reason"));
    results_put_comment(out, "note", note);
  }
}

// The fewest operations that a sample of the cell did that counts; -1 without any.
static json_int_t fewest_operations(const json_t *cell) {
  json_int_t fewest = -1;
  const json_t *sample;
  size_t i;
  json_array_foreach(json_object_get(cell, "samples"), i, sample) {
    json_int_t own = json_integer_value(json_object_get(sample, "operations"));
    bool counts = json_is_true(json_object_get(sample, "counted")) && strcmp(json_text(sample, "status"), "ok") == 0;
    if (counts && (fewest < 0 || own < fewest)) fewest = own;
  }
  return fewest;
}

// What the cell was to do. Loads and deletes take each record once, and end with the last.
static json_int_t asked_operations(const json_t *cell) {
  json_int_t asked = json_integer_value(json_object_get(cell, "operations"));
  json_int_t records = json_integer_value(json_object_get(cell, "records"));
  const char *operation = json_text(cell, "operation");
  bool once = strcmp(operation, "fill") == 0 || strcmp(operation, "delete") == 0;
  return once && records < asked ? records : asked;
}

// Cells that were to do so many operations and whose time was up before.
static void put_cut_short(FILE *out, const json_t *run, const char *name) {
  const json_t *cell;
  size_t i;
  char remark[1024] = "";
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    json_int_t asked = asked_operations(cell), done = fewest_operations(cell);
    size_t length = strlen(remark);
    if (strcmp(json_text(cell, "experiment"), name) != 0 || done < 0 || done >= asked) continue;
    snprintf(remark + length, sizeof remark - length,
             "%s%s (%" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " operations)",
             length ? ", " : "ended by their time: ", json_text(cell, "id") + strlen(name) + 1, done, asked);
  }
  if (*remark) results_put_comment(out, "remark", remark);
}

static void put_comments(FILE *out, const struct results_tsv *tsv, const struct metric *metric) {
  static const char *const texts[] = {"title", "finding", "question", "claim"};
  static const char *const chart_texts[] = {"shape", "x", "series", "panel", "y"};
  const json_t *chart = json_object_get(tsv->experiment, "chart");
  const json_t *environment = json_object_get(tsv->run, "environment");
  const char *name = json_text(tsv->experiment, "name"), *x = json_text(chart, "x");
  char label[64] = "";
  for (size_t i = 0; x[i] && i + 1 < sizeof label; i++) label[i] = x[i] == '_' ? ' ' : x[i];
  results_put_comment(out, "experiment", name);
  for (size_t i = 0; i < 4; i++) results_put_comment(out, texts[i], json_text(tsv->experiment, texts[i]));
  for (size_t i = 0; i < 5; i++) results_put_comment(out, chart_texts[i], json_text(chart, chart_texts[i]));
  results_put_comment(out, "x_label", label);
  results_put_comment(out, "y_label", metric->label);
  results_put_comment(out, "log_y", json_is_true(json_object_get(chart, "log_y")) ? "1" : "0");
  results_put_comment(out, "unit", metric->unit);
  results_put_comment(out, "better", metric->higher_is_better ? "higher" : "lower");
  results_put_comment(out, "profile", json_text(tsv->run, "profile"));
  results_put_comment(out, "indicative", json_is_true(json_object_get(tsv->run, "indicative")) ? "1" : "0");
  results_put_comment(out, "host", json_text(tsv->run, "host"));
  results_put_comment(out, "machine", json_text(environment, "cpu"));
  results_put_comment(out, "kernel", json_text(environment, "kernel"));
  results_put_comment(out, "file_system", json_text(environment, "file_system"));
  results_put_comment(out, "device", json_text(environment, "device"));
  char batches[1024], calls[256];
  (void)results_batches(tsv->run, name, batches, sizeof batches);
  results_put_comment(out, "batches", batches);
  results_calls(tsv->run, name, calls, sizeof calls);
  results_put_comment(out, "calls", calls);
  put_notes(out, tsv->run, name);
  put_cut_short(out, tsv->run, name);
}

// What was shown of each step: its factor by pairs, which that of the medians is not.
static void put_steps(FILE *out, const json_t *experiment, const struct metric *metric) {
  const json_t *winner;
  size_t i;
  if (strcmp(json_text(json_object_get(experiment, "chart"), "shape"), "steps") != 0) return;
  json_array_foreach(json_object_get(experiment, "winners"), i, winner) {
    const char *x = json_text(winner, "x"), *panel = json_text(winner, "panel");
    double better = json_real_or_nan(winner, "ratio");
    bool up = (strcmp(json_text(winner, "engine"), x) == 0) == metric->higher_is_better;
    if (!json_is_string(json_object_get(winner, "over"))) continue;
    fputs("# step: ", out);
    results_put_text(out, panel);
    fputc('\t', out);
    results_put_text(out, x);
    results_put_number(out, up ? better : 1 / better);
    fputc('\n', out);
  }
}

// The place of a value on its axis; 0 for a chart without that axis.
static size_t axis_index(const json_t *experiment, const char *key, const char *value) {
  const json_t *axis, *word;
  size_t i, v;
  json_array_foreach(json_object_get(experiment, "axes"), i, axis) {
    if (strcmp(json_text(axis, "key"), key) != 0) continue;
    json_array_foreach(json_object_get(axis, "values"), v, word) {
      if (strcmp(json_string_value(word), value) == 0) return v;
    }
  }
  return 0;
}

static void put_coordinate(FILE *out, const json_t *experiment, const json_t *cell, const char *key) {
  const char *value = json_text(json_object_get(cell, "point"), key);
  results_put_text(out, value);
  fprintf(out, "\t%zu", axis_index(experiment, key, value));
}

static void put_row(FILE *out, const json_t *experiment, const json_t *cell, const struct metric *metric) {
  static const char *const percentiles[] = {"p50", "p90", "p99", "p999", "max"};
  const json_t *chart = json_object_get(experiment, "chart"), *summary = json_object_get(cell, "summary");
  bool ok = strcmp(json_shown_status(cell), "ok") == 0;
  const json_t *y = ok ? json_object_get(summary, metric->name) : NULL;
  results_put_text(out, json_text(json_object_get(cell, "point"), json_text(chart, "panel")));
  fputc('\t', out);
  put_coordinate(out, experiment, cell, json_text(chart, "x"));
  fputc('\t', out);
  put_coordinate(out, experiment, cell, json_text(chart, "series"));
  results_put_number(out, json_real_or_nan(y, "median"));
  results_put_number(out, json_real_or_nan(y, "low"));
  results_put_number(out, json_real_or_nan(y, "high"));
  fprintf(out, "\t%" JSON_INTEGER_FORMAT "\t", json_integer_value(json_object_get(y, "n")));
  results_put_text(out, json_shown_status(cell));
  for (size_t i = 0; i < 5; i++)
    results_put_number(out, ok ? json_real_or_nan(json_object_get(summary, percentiles[i]), "median") : NAN);
  fprintf(out, "\t%s\t%" JSON_INTEGER_FORMAT "\n", metric->unit, json_integer_value(json_object_get(cell, "flagged")));
}

// A point that the run had no time for: a row without a value, so that charts can say that it is missing.
static void put_dropped(FILE *out, const json_t *experiment, const json_t *dropped, const struct metric *metric) {
  const json_t *chart = json_object_get(experiment, "chart");
  results_put_text(out, json_text(json_object_get(dropped, "point"), json_text(chart, "panel")));
  fputc('\t', out);
  put_coordinate(out, experiment, dropped, json_text(chart, "x"));
  fputc('\t', out);
  put_coordinate(out, experiment, dropped, json_text(chart, "series"));
  fprintf(out, "\tnan\tnan\tnan\t0\tdropped\tnan\tnan\tnan\tnan\tnan\t%s\t0\n", metric->unit);
}

int results_tsv(FILE *out, const void *results_tsv) {
  const struct results_tsv *tsv = results_tsv;
  const char *name = json_text(tsv->experiment, "name");
  const struct metric *metric = metric_find(json_text(json_object_get(tsv->experiment, "chart"), "y"));
  const json_t *cell;
  size_t i;
  if (!metric) return -EINVAL;
  put_comments(out, tsv, metric);
  put_steps(out, tsv->experiment, metric);
  int code = results_put_bounds(out, tsv->run, tsv->experiment);
  if (code) return code;
  fputs(
      "panel\tx\tx_index\tseries\tseries_index\ty\tlow\thigh\tn\tstatus\tp50_ns\tp90_ns\tp99_ns\tp999_ns\tmax_"
      "ns\tunit\tflagged\n",
      out);
  json_array_foreach(json_object_get(tsv->run, "cells"), i, cell) {
    if (strcmp(json_text(cell, "experiment"), name) == 0 && !json_is_peak(cell))
      put_row(out, tsv->experiment, cell, metric);
  }
  json_array_foreach(json_object_get(tsv->run, "dropped"), i, cell) {
    if (strcmp(json_text(cell, "experiment"), name) == 0) put_dropped(out, tsv->experiment, cell, metric);
  }
  return ferror(out) ? -EIO : 0;
}
