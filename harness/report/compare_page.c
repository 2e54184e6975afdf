// SPDX-License-Identifier: MIT
// compare_pages: a comparison as a page. What is worse comes first, then what is better, what differs between the runs,
// and a section an experiment.
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/compare_words.h"
#include "harness/metrics.h"
#include "harness/report/charts.h"
#include "harness/report/compare.h"
#include "harness/report/pages.h"
#include "harness/report/values.h"
#include "harness/results_file.h"

enum { TEXT_ROOM = 1024, LABEL_ROOM = 128, VALUE_ROOM = 64 };

struct compare_page {
  struct page page;  // its run is the merged one
  const struct compared_runs *all;
  const char *missing;  // why charts are missing; "" if none is
};

// A cell of one comparison.
struct found {
  const json_t *row;
  size_t run;
};

static void put_head(const struct compare_page *compare, const char *first, const char *second) {
  bool two = compare->all->count == 2;
  const char *const head[] = {first,          second,   "A", two ? "B" : "the other", two ? "B/A" : "other/A",
                              "99% interval", "verdict"};
  compare->page.format->row(compare->page.out, head, sizeof head / sizeof head[0], true);
}

// The cells of a row: run or cell first; `link` leads to the experiment.
static void put_row(const struct compare_page *compare, const struct found *found, bool link) {
  const struct metric *metric = metric_find(json_text(found->row, "metric"));
  const char *unit = metric ? metric->unit : "", *id = json_text(found->row, "id"), *name = id;
  char label[LABEL_ROOM], a[VALUE_ROOM], b[VALUE_ROOM], ratio[VALUE_ROOM], interval[VALUE_ROOM];
  if (!link) name += strlen(json_text(found->row, "experiment")) + 1;
  compare_label(compare->all, found->run, label, sizeof label);
  value_format(json_real_or_nan(json_object_get(found->row, "a"), "mean"), unit, a, sizeof a);
  value_format(json_real_or_nan(json_object_get(found->row, "b"), "mean"), unit, b, sizeof b);
  snprintf(ratio, sizeof ratio, "%.3g", json_real_or_nan(found->row, "ratio"));
  compare_interval_words(found->row, interval, sizeof interval);
  const char *const cells[] = {
      link ? name : label, link ? label : name, a, b, ratio, interval, json_text(found->row, "verdict")};
  const size_t count = sizeof cells / sizeof cells[0];
  if (link)
    compare->page.format->linked_row(compare->page.out, cells, count, json_text(found->row, "experiment"));
  else
    compare->page.format->row(compare->page.out, cells, count, false);
}

static int by_size(const void *a, const void *b) {
  double of_a = fabs(log(json_real_or_nan(((const struct found *)a)->row, "ratio")));
  double of_b = fabs(log(json_real_or_nan(((const struct found *)b)->row, "ratio")));
  return (of_a < of_b) - (of_a > of_b);
}

// All cells of that verdict, the largest difference first. *rows is the caller's. How many; or -ENOMEM.
static ssize_t find_all(const struct compared_runs *all, const char *verdict, struct found **rows) {
  size_t room = 0, count = 0;
  for (size_t i = 1; i < all->count; i++) room += json_array_size(json_object_get(all->comparisons[i - 1], "cells"));
  *rows = malloc((room + 1) * sizeof **rows);
  if (!*rows) return -ENOMEM;
  for (size_t i = 1; i < all->count; i++) {
    const json_t *row;
    size_t k;
    json_array_foreach(json_object_get(all->comparisons[i - 1], "cells"), k, row) {
      if (strcmp(json_text(row, "verdict"), verdict) == 0) (*rows)[count++] = (struct found){row, i};
    }
  }
  qsort(*rows, count, sizeof **rows, by_size);
  return (ssize_t)count;
}

static int changes(const struct compare_page *compare, const char *verdict, const char *title) {
  struct found *rows;
  ssize_t count = find_all(compare->all, verdict, &rows);
  if (count < 0) return (int)count;
  compare->page.format->heading(compare->page.out, title, NULL);
  if (!count) page_say(&compare->page, "No cell is %s beyond what the machine may have moved by.", verdict);
  if (count) put_head(compare, "cell", "run");
  for (ssize_t i = 0; i < count; i++) put_row(compare, &rows[i], true);
  if (count) compare->page.format->after_rows(compare->page.out);
  free(rows);
  return 0;
}

static json_int_t count(const json_t *comparison, const char *verdict) {
  return json_integer_value(json_object_get(json_object_get(comparison, "counts"), verdict));
}

static void sums(const struct compare_page *compare) {
  for (size_t i = 1; i < compare->all->count; i++) {
    const json_t *comparison = compare->all->comparisons[i - 1];
    json_int_t worse = count(comparison, "worse"), better = count(comparison, "better");
    json_int_t same = count(comparison, "no difference");
    char label[LABEL_ROOM], floor[TEXT_ROOM];
    compare_label(compare->all, i, label, sizeof label);
    compare_floor_words(comparison, floor, sizeof floor);
    page_say(&compare->page,
             "%s: of %" JSON_INTEGER_FORMAT " cells compared with A %" JSON_INTEGER_FORMAT
             " worse, %" JSON_INTEGER_FORMAT " better, %" JSON_INTEGER_FORMAT " with no difference shown. %s.",
             label, worse + better + same, worse, better, same, floor);
  }
}

static void runs(const struct compare_page *compare) {
  static const char *const head[] = {"run", "path", "host", "processor", "profile", "started", "commit"};
  compare->page.format->heading(compare->page.out, "The runs", NULL);
  compare->page.format->row(compare->page.out, head, 7, true);
  for (size_t i = 0; i < compare->all->count; i++) {
    const json_t *run = compare->all->runs[i], *environment = json_object_get(run, "environment");
    char label[LABEL_ROOM];
    compare_label(compare->all, i, label, sizeof label);
    const char *const cells[] = {label,
                                 compare->all->paths[i],
                                 json_text(run, "host"),
                                 json_text(environment, "cpu"),
                                 json_text(run, "profile"),
                                 json_text(run, "started"),
                                 json_text(environment, "commit")};
    compare->page.format->row(compare->page.out, cells, 7, false);
  }
  compare->page.format->after_rows(compare->page.out);
}

static bool differs(const json_t *comparison, const char *group) {
  const json_t *difference;
  size_t i;
  json_array_foreach(json_object_get(comparison, "differences"), i, difference) {
    if (strcmp(json_text(difference, "group"), group) == 0) return true;
  }
  return false;
}

// All that was compared in one chart.
static int ratios(const struct compare_page *compare) {
  const struct page *page = &compare->page;
  if (!chart_drawn(page->folder, COMPARE_RATIOS)) return 0;
  page->format->heading(page->out, "All cells", NULL);
  return page->format->chart(page->out, page->folder, COMPARE_RATIOS,
                             "Every cell that was compared as a ratio to A, with its interval; tables of them follow");
}

// What weakens every number below.
static void warnings(const struct compare_page *compare) {
  const struct page *page = &compare->page;
  char label[LABEL_ROOM], text[TEXT_ROOM];
  for (size_t i = 0; i < compare->all->count; i++) {
    compare_label(compare->all, i, label, sizeof label);
    if (!json_is_true(json_object_get(compare->all->runs[i], "complete"))) {
      snprintf(text, sizeof text, "%s was stopped before its end.", label);
      page->format->warning(page->out, text);
    }
    if (i > 0 && differs(compare->all->comparisons[i - 1], "machine")) {
      snprintf(text, sizeof text, "%s is of another machine, or of one that was set up in another way: see below.",
               label);
      page->format->warning(page->out, text);
    }
  }
  if (!*compare->missing) return;
  snprintf(text, sizeof text, "Charts are missing: %s", compare->missing);
  page->format->warning(page->out, text);
}

static bool has_difference(const json_t *comparison, const json_t *difference) {
  const json_t *other;
  size_t i;
  json_array_foreach(json_object_get(comparison, "differences"), i, other) {
    if (strcmp(json_text(other, "group"), json_text(difference, "group")) == 0 &&
        strcmp(json_text(other, "what"), json_text(difference, "what")) == 0)
      return true;
  }
  return false;
}

static void put_difference(const struct compare_page *compare, const json_t *difference) {
  char texts[COMPARE_RUNS_MAX][TEXT_ROOM];
  const char *what = json_text(difference, "what");
  const char *cells[COMPARE_RUNS_MAX + 2] = {json_text(difference, "group"), what};
  for (size_t i = 0; i < compare->all->count; i++) {
    const json_t *run = compare->all->runs[i], *value = json_object_get(run, what);
    if (!value) value = json_object_get(json_object_get(run, "environment"), what);
    compare_scalar_words(value, texts[i], TEXT_ROOM);
    cells[i + 2] = texts[i];
  }
  compare->page.format->row(compare->page.out, cells, compare->all->count + 2, false);
}

static void differences_head(const struct compare_page *compare) {
  char labels[COMPARE_RUNS_MAX][LABEL_ROOM];
  const char *head[COMPARE_RUNS_MAX + 2] = {"group", "what"};
  for (size_t i = 0; i < compare->all->count; i++) {
    compare_label(compare->all, i, labels[i], LABEL_ROOM);
    head[i + 2] = labels[i];
  }
  compare->page.format->row(compare->page.out, head, compare->all->count + 2, true);
}

// Each once, though several runs may have it.
static void differences(const struct compare_page *compare) {
  bool begun = false;
  compare->page.format->heading(compare->page.out, "What differs between the runs", NULL);
  for (size_t i = 1; i < compare->all->count; i++) {
    const json_t *difference;
    size_t k;
    json_array_foreach(json_object_get(compare->all->comparisons[i - 1], "differences"), k, difference) {
      bool told = false;
      for (size_t earlier = 1; earlier < i; earlier++)
        told = told || has_difference(compare->all->comparisons[earlier - 1], difference);
      if (told) continue;
      if (!begun) differences_head(compare);
      begun = true;
      put_difference(compare, difference);
    }
  }
  if (begun)
    compare->page.format->after_rows(compare->page.out);
  else
    page_say(&compare->page, "Nothing that the runs know of machine, build and settings.");
}

static int charts(const struct page *page, const json_t *experiment) {
  const char *name = json_text(experiment, "name");
  char latency[TEXT_ROOM], alt[TEXT_ROOM];
  int code = 0;
  chart_latency_name(name, latency, sizeof latency);
  if (chart_name_valid(name) && chart_drawn(page->folder, name))
    code = page->format->chart(page->out, page->folder, name, json_text(experiment, "finding"));
  else
    page_say(page, "%s. (No chart: it could not be drawn.)", json_text(experiment, "finding"));
  if (code || !chart_name_valid(name) || !chart_drawn(page->folder, latency)) return code;
  snprintf(alt, sizeof alt, "Latency percentiles of each run, not judged: %s", json_text(experiment, "title"));
  return page->format->chart(page->out, page->folder, latency, alt);
}

static int experiment(const struct compare_page *compare, const json_t *experiment) {
  const struct page *page = &compare->page;
  const char *name = json_text(experiment, "name");
  const struct metric *metric = metric_find(json_text(json_object_get(experiment, "chart"), "y"));
  char title[TEXT_ROOM];
  snprintf(title, sizeof title, "%s (%s)", json_text(experiment, "title"), name);
  page->format->heading(page->out, title, name);
  int code = 0;
  code = charts(page, experiment);
  if (metric)
    page_say(page, "Geometric means of %s, %s is better:", metric->label,
             metric->higher_is_better ? "higher" : "lower");
  put_head(compare, "run", "cell");
  for (size_t i = 1; i < compare->all->count; i++) {
    const json_t *row;
    size_t k;
    json_array_foreach(json_object_get(compare->all->comparisons[i - 1], "cells"), k, row) {
      if (strcmp(json_text(row, "experiment"), name) == 0 && !json_is_string(json_object_get(row, "reason")))
        put_row(compare, &(struct found){row, i}, false);
    }
  }
  page->format->after_rows(page->out);
  return code;
}

static void put_only(const struct compare_page *compare, const json_t *ids, const char *where) {
  const json_t *id;
  size_t i;
  json_array_foreach(ids, i, id) {
    char text[TEXT_ROOM];
    snprintf(text, sizeof text, "%s: only in %s", json_string_value(id), where);
    compare->page.format->item(compare->page.out, text);
  }
}

static void not_compared(const struct compare_page *compare) {
  const struct page *page = &compare->page;
  page->format->heading(page->out, "What could not be compared", NULL);
  for (size_t i = 1; i < compare->all->count; i++) {
    const json_t *comparison = compare->all->comparisons[i - 1], *row;
    char label[LABEL_ROOM], where[2 * LABEL_ROOM], text[TEXT_ROOM], reason[TEXT_ROOM / 2];
    size_t k, listed = count(comparison, "not compared") + json_array_size(json_object_get(comparison, "only_in_a")) +
                       json_array_size(json_object_get(comparison, "only_in_b"));
    compare_label(compare->all, i, label, sizeof label);
    page_say(page, "%s: %zu cells%s", label, listed, listed ? ":" : ".");
    json_array_foreach(json_object_get(comparison, "cells"), k, row) {
      if (!json_is_string(json_object_get(row, "reason"))) continue;
      compare_scalar_words(json_object_get(row, "reason"), reason, sizeof reason);
      snprintf(text, sizeof text, "%s: %s", json_text(row, "id"), reason);
      page->format->item(page->out, text);
    }
    snprintf(where, sizeof where, "A, not in %s", label);
    put_only(compare, json_object_get(comparison, "only_in_a"), where);
    put_only(compare, json_object_get(comparison, "only_in_b"), label);
  }
}

static void method(const struct compare_page *compare) {
  const struct page *page = &compare->page;
  char text[TEXT_ROOM], label[LABEL_ROOM], words[TEXT_ROOM / 2];
  page->format->heading(page->out, "How this was judged", NULL);
  page_say(
      page,
      "Every other run is compared with A, cell by cell. Samples of two runs are no pairs: Welch's test on their "
      "logarithms asks whether the difference is beyond what the machine may have moved by between the runs. "
      "Corrected by Holm's method for the number of cells, and for the number of runs, a wrong verdict anywhere on "
      "this page has at most one chance in a hundred. What is neither worse nor better shows no difference, which "
      "does not mean that there is none.");
  for (size_t i = 1; i < compare->all->count; i++) {
    compare_label(compare->all, i, label, sizeof label);
    compare_controls_words(compare->all->comparisons[i - 1], words, sizeof words);
    snprintf(text, sizeof text, "%s: %s.", label, words);
    page->format->item(page->out, text);
  }
  page_say(
      page,
      "Charts show medians of each run, with their whiskers, and only cells that were compared. Bounds "
      "are those of A's machine; another run's, with its letter in front, are drawn where they differ by more than "
      "the machine may have moved by. Latencies are drawn and not judged, unless they are what "
      "the experiment is about. The data behind each chart is in the folder data.");
}

struct contents {
  const struct compare_page *compare;
  const struct page_format *format;
};

static int write_page(FILE *out, const void *user) {
  const struct contents *contents = user;
  struct compare_page compare = *contents->compare;
  const json_t *each;
  char title[TEXT_ROOM] = "storebench compare: ", label[LABEL_ROOM];
  size_t i;
  compare.page.out = out;
  compare.page.format = contents->format;
  for (i = 1; i <= compare.all->count; i++) {
    compare_label(compare.all, i % compare.all->count, label, sizeof label);
    const char *before = i == 1 ? "" : i == compare.all->count ? " against " : " and ";
    snprintf(title + strlen(title), sizeof title - strlen(title), "%s%s", before, label);
  }
  compare.page.format->begin(out, title);
  sums(&compare);
  warnings(&compare);
  int code = ratios(&compare);
  if (!code) code = changes(&compare, "worse", "Worse");
  if (!code) code = changes(&compare, "better", "Better");
  runs(&compare);
  differences(&compare);
  json_array_foreach(json_object_get(compare.page.run, "experiments"), i, each) {
    if (!code) code = experiment(&compare, each);
  }
  not_compared(&compare);
  method(&compare);
  compare.page.format->end(out);
  return code;
}

int compare_pages(const char *folder, const struct compared_runs *all, const json_t *merged, const char *missing,
                  struct error *error) {
  const struct compare_page compare = {.page = {.folder = folder, .run = merged}, .all = all, .missing = missing};
  struct contents contents = {&compare, &markdown_format};
  int code = results_file_write(folder, "compare.md", write_page, &contents, error);
  contents.format = &html_format;
  return code ? code : results_file_write(folder, "compare.html", write_page, &contents, error);
}
