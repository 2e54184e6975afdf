// SPDX-License-Identifier: MIT
// A comparison in words, within 100 columns, and as Markdown.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/compare.h"
#include "harness/metrics.h"
#include "harness/report/values.h"
#include "harness/results_file.h"

enum { NAME_WIDTH = 30, NAME_ROOM = 512, VALUE_ROOM = 48, TEXT_ROOM = 512 };

struct printer {
  const json_t *comparison;
  FILE *out;
  bool markdown;
};

static void heading(const struct printer *printer, const char *text) {
  fprintf(printer->out, printer->markdown ? "\n## %s\n\n" : "\n%s\n", text);
}

static void line(const struct printer *printer, const char *text) {
  fprintf(printer->out, printer->markdown ? "- %s\n" : "%s\n", text);
}

static void put_side(const struct printer *printer, const char *name, const char *key, const char *path) {
  const json_t *side = json_object_get(printer->comparison, key);
  char text[TEXT_ROOM + 4096];
  snprintf(text, sizeof text, "%s: %s (%s, %s profile, %s%s)", name, path, json_text(side, "host"),
           json_text(side, "profile"), json_text(side, "started"),
           json_is_true(json_object_get(side, "complete")) ? "" : ", stopped before its end");
  line(printer, text);
}

// A text of a run, on one line.
static void scalar(const json_t *value, char *text, size_t room) {
  char *dumped = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
  snprintf(text, room, "%s", dumped ? dumped : json_is_string(value) ? json_string_value(value) : "-");
  for (char *c = text; *c; c++)
    if ((unsigned char)*c < 0x20 || *c == 0x7f || *c == '|') *c = ' ';
  free(dumped);
}

static void put_differences(const struct printer *printer) {
  const json_t *differences = json_object_get(printer->comparison, "differences"), *difference;
  size_t i;
  json_array_foreach(differences, i, difference) {
    char a[160], b[160], text[TEXT_ROOM];
    scalar(json_object_get(difference, "a"), a, sizeof a);
    scalar(json_object_get(difference, "b"), b, sizeof b);
    snprintf(text, sizeof text, "Another %s: %s %s / %s", json_text(difference, "group"), json_text(difference, "what"),
             a, b);
    line(printer, text);
  }
}

static void put_floor(const struct printer *printer) {
  const json_t *floor = json_object_get(printer->comparison, "floor");
  const char *source = json_text(floor, "source"), *control = json_text(floor, "control");
  double least = 100 * json_real_or_nan(floor, "floor"), moved = 100 * json_real_or_nan(floor, "moved");
  char text[TEXT_ROOM];
  int length = snprintf(text, sizeof text, "Differences count beyond %.1f%%: ", least);
  char *rest = text + length;
  size_t room = sizeof text - (size_t)length;
  if (strcmp(source, "threshold") == 0)
    snprintf(rest, room, "--threshold");
  else if (strcmp(source, "assumed") == 0)
    snprintf(rest, room, "assumed, runs of one machine drift so far");
  else
    snprintf(rest, room, moved < least ? "the least between two runs" : "so far the machine itself moved");
  line(printer, text);
  if (isfinite(moved))
    snprintf(text, sizeof text,
             "Controls: of %" JSON_INTEGER_FORMAT ", none of which is a store, %s moved most, by %.1f%%",
             json_integer_value(json_object_get(floor, "controls")), control, moved);
  else
    snprintf(text, sizeof text, "Controls: none in both runs (`null` cells, limits)");
  line(printer, text);
}

// Few or noisy samples have intervals that say nothing.
static void format_interval(const json_t *row, char *text, size_t room) {
  double low = json_real_or_nan(row, "low"), high = json_real_or_nan(row, "high");
  if (high > 100 * low)
    snprintf(text, room, "too wide");
  else
    snprintf(text, room, "%.3g-%.3g", low, high);
}

static void put_row(const struct printer *printer, const json_t *row, const char *unit) {
  char a[VALUE_ROOM], b[VALUE_ROOM], interval[VALUE_ROOM];
  const char *verdict = json_text(row, "verdict"), *id = json_text(row, "id");
  const char *name = id + strlen(json_text(row, "experiment"));
  if (*name == '/') name++;
  value_format(json_real_or_nan(json_object_get(row, "a"), "mean"), unit, a, sizeof a);
  value_format(json_real_or_nan(json_object_get(row, "b"), "mean"), unit, b, sizeof b);
  format_interval(row, interval, sizeof interval);
  if (printer->markdown)
    fprintf(printer->out, "| `%s` | %s | %s | %.3g | %s | %s |\n", name, a, b, json_real_or_nan(row, "ratio"), interval,
            verdict);
  else
    fprintf(printer->out, "  %-*s %13s %13s %6.3g %13s  %s\n", NAME_WIDTH, name, a, b, json_real_or_nan(row, "ratio"),
            interval, strcmp(verdict, "no difference") == 0 ? "~" : verdict);
}

static void put_head(const struct printer *printer) {
  if (printer->markdown)
    fputs("| cell | A | B | B/A | 99% interval | verdict |\n| --- | --- | --- | --- | --- | --- |\n", printer->out);
  else
    fprintf(printer->out, "  %-*s %13s %13s %6s %13s\n", NAME_WIDTH, "cell", "A", "B", "B/A", "99% interval");
}

static void put_experiment(const struct printer *printer, const json_t *experiment) {
  const json_t *rows = json_object_get(printer->comparison, "cells"), *row;
  bool begun = false;
  size_t i;
  json_array_foreach(rows, i, row) {
    if (strcmp(json_text(row, "experiment"), json_text(experiment, "name")) != 0 ||
        json_is_string(json_object_get(row, "reason")))
      continue;
    const struct metric *metric = metric_find(json_text(row, "metric"));
    if (!begun) {
      char text[TEXT_ROOM];
      snprintf(text, sizeof text, "%s: %s (%s, %s is better)", json_text(experiment, "name"),
               json_text(experiment, "title"), metric->label, metric->higher_is_better ? "higher" : "lower");
      heading(printer, text);
      put_head(printer);
    }
    begun = true;
    put_row(printer, row, metric->unit);
  }
}

static void put_not_compared(const struct printer *printer) {
  const json_t *row;
  size_t i;
  json_array_foreach(json_object_get(printer->comparison, "cells"), i, row) {
    char reason[TEXT_ROOM], text[TEXT_ROOM + NAME_ROOM];
    if (!json_is_string(json_object_get(row, "reason"))) continue;
    scalar(json_object_get(row, "reason"), reason, sizeof reason);
    snprintf(text, sizeof text, "not compared: %s: %s", json_text(row, "id"), reason);
    line(printer, text);
  }
}

static void put_only(const struct printer *printer, const char *key, const char *words) {
  const json_t *id;
  size_t i;
  json_array_foreach(json_object_get(printer->comparison, key), i, id) {
    char text[TEXT_ROOM + NAME_ROOM];
    snprintf(text, sizeof text, "%s: %s", words, json_string_value(id));
    line(printer, text);
  }
}

static json_int_t count(const struct printer *printer, const char *verdict) {
  return json_integer_value(json_object_get(json_object_get(printer->comparison, "counts"), verdict));
}

static void put_sum(const struct printer *printer) {
  json_int_t better = count(printer, "better"), worse = count(printer, "worse"), same = count(printer, "no difference");
  char text[TEXT_ROOM];
  snprintf(text, sizeof text,
           "%" JSON_INTEGER_FORMAT " cells compared: %" JSON_INTEGER_FORMAT " worse, %" JSON_INTEGER_FORMAT
           " better, %" JSON_INTEGER_FORMAT " no difference shown (~)",
           better + worse + same, worse, better, same);
  line(printer, text);
  snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT " in both but not compared, %zu only in A, %zu only in B",
           count(printer, "not compared"), json_array_size(json_object_get(printer->comparison, "only_in_a")),
           json_array_size(json_object_get(printer->comparison, "only_in_b")));
  line(printer, text);
}

static void print(const struct printer *printer, const char *a, const char *b) {
  const json_t *experiment;
  size_t i;
  if (printer->markdown) fputs("# storebench compare\n\n", printer->out);
  put_side(printer, "A", "a", a);
  put_side(printer, "B", "b", b);
  put_differences(printer);
  put_floor(printer);
  line(printer, "Values are geometric means; intervals are of B/A, 99%, corrected for the number of cells");
  json_array_foreach(json_object_get(printer->comparison, "experiments"), i, experiment)
      put_experiment(printer, experiment);
  if (printer->markdown)
    heading(printer, "Outcome");
  else
    fputc('\n', printer->out);
  put_sum(printer);
  put_not_compared(printer);
  put_only(printer, "only_in_a", "only in A");
  put_only(printer, "only_in_b", "only in B");
}

void compare_print(const json_t *comparison, const char *a, const char *b, FILE *out) {
  const struct printer printer = {comparison, out, false};
  print(&printer, a, b);
}

void compare_print_markdown(const json_t *comparison, const char *a, const char *b, FILE *out) {
  const struct printer printer = {comparison, out, true};
  print(&printer, a, b);
}
