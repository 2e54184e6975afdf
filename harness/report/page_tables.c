// SPDX-License-Identifier: MIT
// The tables of an experiment.
#include <string.h>

#include "harness/metrics.h"
#include "harness/report/pages.h"
#include "harness/report/values.h"
#include "harness/results_file.h"

enum { COLUMNS_MAX = 33, VALUE_ROOM = 96 };

static const char *point(const json_t *cell, const char *key) { return json_text(json_object_get(cell, "point"), key); }

static const json_t *axis_values(const json_t *experiment, const char *key) {
  const json_t *axis;
  size_t i;
  json_array_foreach(json_object_get(experiment, "axes"), i,
                     axis) if (strcmp(json_text(axis, "key"), key) == 0) return json_object_get(axis, "values");
  return NULL;
}

struct table {
  const json_t *experiment;
  const struct metric *metric;
  const char *x, *series, *panel;  // axis keys
  const char *panel_value;         // "" without panels
  const json_t *xs;
  size_t columns;
};

static const json_t *find_cell(const json_t *run, const struct table *table, const char *series, const char *x) {
  const json_t *cell;
  for (size_t i = 0; (cell = page_next_cell(run, table->experiment, &i));)
    if (strcmp(point(cell, table->series), series) == 0 && strcmp(point(cell, table->x), x) == 0 &&
        (!*table->panel || strcmp(point(cell, table->panel), table->panel_value) == 0))
      return cell;
  return NULL;
}

static void describe_cell(const json_t *cell, const struct metric *metric, char *text) {
  const json_t *summary = json_object_get(json_object_get(cell, "summary"), metric->name);
  const char *status = json_shown_status(cell);
  if (!cell)
    snprintf(text, VALUE_ROOM, "left out");
  else if (strcmp(status, "ok") != 0)
    snprintf(text, VALUE_ROOM, "%s", status);
  else
    value_format_interval(json_real_or_nan(summary, "median"), json_real_or_nan(summary, "low"),
                          json_real_or_nan(summary, "high"), metric->unit, text, VALUE_ROOM);
  if (cell && json_integer_value(json_object_get(cell, "flagged")) > 0)
    snprintf(text + strlen(text), VALUE_ROOM - strlen(text), " *");
}

static void put_series(const struct page *page, const struct table *table, const char *series) {
  char texts[COLUMNS_MAX][VALUE_ROOM];
  const char *cells[COLUMNS_MAX] = {series};
  for (size_t i = 0; i < table->columns; i++) {
    const char *x = json_string_value(json_array_get(table->xs, i));
    describe_cell(find_cell(page->run, table, series, x ? x : ""), table->metric, texts[i]);
    cells[i + 1] = texts[i];
  }
  page->format->row(page->out, cells, table->columns + 1, false);
}

static void put_table(const struct page *page, const struct table *table) {
  char heads[COLUMNS_MAX][VALUE_ROOM];
  const char *cells[COLUMNS_MAX] = {table->series};
  const json_t *series;
  size_t i;
  for (i = 0; i < table->columns; i++) {
    const char *x = json_string_value(json_array_get(table->xs, i));
    if (table->xs)
      snprintf(heads[i], VALUE_ROOM, "%s %s", table->x, x ? x : "");
    else
      snprintf(heads[i], VALUE_ROOM, "%s", table->metric->label);
    cells[i + 1] = heads[i];
  }
  page->format->row(page->out, cells, table->columns + 1, true);
  json_array_foreach(axis_values(table->experiment, table->series), i, series)
      put_series(page, table, json_string_value(series));
  page->format->after_rows(page->out);
}

// Of the metric, where the table shows it; NULL: of what failed the table shows no median.
static const json_t *shown_summary(const json_t *cell, const struct table *table) {
  bool shown = strcmp(json_shown_status(cell), "ok") == 0;
  return shown ? json_object_get(json_object_get(cell, "summary"), table->metric->name) : NULL;
}

// What low and high are: too few values have no interval (harness/statistics.h).
static const char *spread(const json_t *run, const struct table *table) {
  const json_t *cell;
  for (size_t i = 0; (cell = page_next_cell(run, table->experiment, &i));)
    if (json_is_false(json_object_get(shown_summary(cell, table), "exact")))
      return "and the range, from too few repetitions for a 95% interval";
  return "95% interval";
}

// " of 8 samples", " of 6 to 9 samples": those that count of each cell that the table shows; "" where there is none.
static void count_samples(const json_t *run, const struct table *table, char *text) {
  json_int_t least = 0, most = 0;
  const json_t *cell;
  for (size_t i = 0; (cell = page_next_cell(run, table->experiment, &i));) {
    json_int_t n = json_integer_value(json_object_get(shown_summary(cell, table), "n"));
    if (n > 0 && (!least || n < least)) least = n;
    if (n > most) most = n;
  }
  *text = '\0';
  if (least == most && most)
    snprintf(text, VALUE_ROOM, " of %" JSON_INTEGER_FORMAT " sample%s", most, most == 1 ? "" : "s");
  else if (most)
    snprintf(text, VALUE_ROOM, " of %" JSON_INTEGER_FORMAT " to %" JSON_INTEGER_FORMAT " samples", least, most);
}

// What the asterisk of describe_cell stands for.
static void explain_flags(const struct page *page, const json_t *experiment) {
  const json_t *cell;
  for (size_t i = 0; (cell = page_next_cell(page->run, experiment, &i));) {
    if (json_integer_value(json_object_get(cell, "flagged")) == 0) continue;
    page_say(page, "* Samples of this cell were disturbed, also when they were repeated: see its flags below.");
    return;
  }
}

void page_medians(const struct page *page, const json_t *experiment) {
  const json_t *chart = json_object_get(experiment, "chart");
  struct table table = {.experiment = experiment,
                        .metric = metric_find(json_text(chart, "y")),
                        .x = json_text(chart, "x"),
                        .series = json_text(chart, "series"),
                        .panel = json_text(chart, "panel"),
                        .panel_value = ""};
  if (!table.metric) return;
  table.xs = axis_values(experiment, table.x);
  table.columns = json_array_size(table.xs) < COLUMNS_MAX ? json_array_size(table.xs) : COLUMNS_MAX - 1;
  if (!table.xs) table.columns = 1;  // a timeline has no x but seconds
  const json_t *panels = axis_values(experiment, table.panel);
  char samples[VALUE_ROOM];
  count_samples(page->run, &table, samples);
  page_say(page, "Median %s%s (%s), %s is better:", table.metric->label, samples, spread(page->run, &table),
           table.metric->higher_is_better ? "higher" : "lower");
  if (!json_array_size(panels)) put_table(page, &table);
  for (size_t i = 0; i < json_array_size(panels); i++) {
    table.panel_value = json_string_value(json_array_get(panels, i));
    page_say(page, "%s %s:", table.panel, table.panel_value);
    put_table(page, &table);
  }
  explain_flags(page, experiment);
}

static bool same_promise(const json_t *a, const json_t *b) {
  return strcmp(json_text(a, "engine"), json_text(b, "engine")) == 0 &&
         strcmp(json_text(a, "sync"), json_text(b, "sync")) == 0;
}

static bool told(const struct page *page, const json_t *experiment, const json_t *cell) {
  const json_t *other;
  for (size_t i = 0; (other = page_next_cell(page->run, experiment, &i)) && other != cell;)
    if (same_promise(other, cell)) return true;
  return false;
}

static bool writes(const json_t *cell) {
  static const char *const reads[] = {"get", "peek", "scan"};
  for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++)
    if (strcmp(json_text(cell, "operation"), reads[i]) == 0) return false;
  return true;
}

void page_durability(const struct page *page, const json_t *experiment) {
  static const char *const head[] = {"engine", "spec", "policy", "what keeps its promise"};
  const json_t *cell;
  bool begun = false;
  for (size_t i = 0; (cell = page_next_cell(page->run, experiment, &i));) {
    if (!writes(cell) || told(page, experiment, cell)) continue;
    if (!begun) page->format->row(page->out, head, 4, true);
    begun = true;
    const char *const cells[] = {json_text(cell, "engine"), json_text(cell, "spec"), json_text(cell, "sync"),
                                 json_text(cell, "durability")};
    page->format->row(page->out, cells, 4, false);
  }
  if (begun) page->format->after_rows(page->out);
}
