// SPDX-License-Identifier: MIT
// A comparison in words, within 100 columns, and as Markdown.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/colour.h"
#include "harness/compare.h"
#include "harness/compare_words.h"
#include "harness/metrics.h"
#include "harness/report/values.h"
#include "harness/results_file.h"

enum { NAME_WIDTH = 30, NAME_ROOM = 512, VALUE_ROOM = 48, TEXT_ROOM = 512 };

struct printer {
  const json_t *comparison;
  FILE *out;
  const char *name;  // of the second run
  bool markdown, colour;
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

static void put_differences(const struct printer *printer) {
  const json_t *differences = json_object_get(printer->comparison, "differences"), *difference;
  size_t i;
  json_array_foreach(differences, i, difference) {
    char a[160], b[160], text[TEXT_ROOM];
    compare_scalar_words(json_object_get(difference, "a"), a, sizeof a);
    compare_scalar_words(json_object_get(difference, "b"), b, sizeof b);
    snprintf(text, sizeof text, "Another %s: %s %s / %s", json_text(difference, "group"), json_text(difference, "what"),
             a, b);
    line(printer, text);
  }
}

static void put_floor(const struct printer *printer) {
  char text[TEXT_ROOM];
  compare_floor_words(printer->comparison, text, sizeof text);
  line(printer, text);
  compare_controls_words(printer->comparison, text, sizeof text);
  line(printer, text);
}

static void put_row(const struct printer *printer, const json_t *row, const char *unit) {
  char a[VALUE_ROOM], b[VALUE_ROOM], interval[VALUE_ROOM];
  const char *verdict = json_text(row, "verdict"), *id = json_text(row, "id");
  const char *name = id + strlen(json_text(row, "experiment"));
  if (*name == '/') name++;
  value_format(json_real_or_nan(json_object_get(row, "a"), "mean"), unit, a, sizeof a);
  value_format(json_real_or_nan(json_object_get(row, "b"), "mean"), unit, b, sizeof b);
  compare_interval_words(row, interval, sizeof interval);
  double ratio = json_real_or_nan(row, "ratio");
  if (printer->markdown) {
    fprintf(printer->out, "| `%s` | %s | %s | %.3g | %s | %s |\n", name, a, b, ratio, interval, verdict);
    return;
  }
  fprintf(printer->out, "  %-*s %13s %13s %6.3g %13s  ", NAME_WIDTH, name, a, b, ratio, interval);
  colour_put_outcome(printer->out, printer->colour, strcmp(verdict, "no difference") == 0 ? "~" : verdict);
  fputc('\n', printer->out);
}

static void put_head(const struct printer *printer) {
  if (printer->markdown)
    fprintf(printer->out, "| cell | A | %s | %s/A | 99%% interval | verdict |\n| --- | --- | --- | --- | --- | --- |\n",
            printer->name, printer->name);
  else
    fprintf(printer->out, "  %-*s %13s %13s %4s/A %13s\n", NAME_WIDTH, "cell", "A", printer->name, printer->name,
            "99% interval");
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
    compare_scalar_words(json_object_get(row, "reason"), reason, sizeof reason);
    snprintf(text, sizeof text, "not compared: %s: %s", json_text(row, "id"), reason);
    line(printer, text);
  }
}

static void put_only(const struct printer *printer, const char *key, const char *name) {
  const json_t *id;
  size_t i;
  json_array_foreach(json_object_get(printer->comparison, key), i, id) {
    char text[TEXT_ROOM + NAME_ROOM];
    snprintf(text, sizeof text, "only in %s: %s", name, json_string_value(id));
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
  snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT " in both but not compared, %zu only in A, %zu only in %s",
           count(printer, "not compared"), json_array_size(json_object_get(printer->comparison, "only_in_a")),
           json_array_size(json_object_get(printer->comparison, "only_in_b")), printer->name);
  line(printer, text);
}

static void print(const struct printer *printer, const char *a, const char *b) {
  const json_t *experiment;
  size_t i;
  if (printer->markdown) fputs("# storebench compare\n\n", printer->out);
  put_side(printer, "A", "a", a);
  put_side(printer, printer->name, "b", b);
  put_differences(printer);
  put_floor(printer);
  char text[TEXT_ROOM];
  snprintf(text, sizeof text,
           "Values are geometric means; intervals are of %s/A, 99%%, corrected for the number of cells", printer->name);
  line(printer, text);
  json_array_foreach(json_object_get(printer->comparison, "experiments"), i, experiment)
      put_experiment(printer, experiment);
  if (printer->markdown)
    heading(printer, "Outcome");
  else
    fputc('\n', printer->out);
  put_sum(printer);
  put_not_compared(printer);
  put_only(printer, "only_in_a", "A");
  put_only(printer, "only_in_b", printer->name);
}

void compare_print(const json_t *comparison, const char *a, const char *b, FILE *out) {
  const struct printer printer = {comparison, out, json_text(comparison, "name"), false, colour_wanted(out)};
  print(&printer, a, b);
}

void compare_print_markdown(const json_t *comparison, const char *a, const char *b, FILE *out) {
  const struct printer printer = {comparison, out, json_text(comparison, "name"), true, false};
  print(&printer, a, b);
}
