// SPDX-License-Identifier: MIT
// The part of a report that concerns one experiment.
#include <stdlib.h>
#include <string.h>

#include "harness/beside.h"
#include "harness/noise_floor.h"
#include "harness/report/charts.h"
#include "harness/report/pages.h"
#include "harness/results_file.h"

enum { TEXT_ROOM = 2048, NAME_ROOM = 300 };

// Appends as much as there is room for.
static void append(char *text, const char *separator, const char *more) {
  size_t length = strlen(text);
  snprintf(text + length, TEXT_ROOM - length, "%s%s", length ? separator : "", more);
}

static void winners(const struct page *page, const json_t *experiment) {
  const char *x = json_text(json_object_get(experiment, "chart"), "x");
  const char *panel = json_text(json_object_get(experiment, "chart"), "panel");
  const json_t *winner;
  size_t i;
  json_array_foreach(json_object_get(experiment, "winners"), i, winner) {
    char text[TEXT_ROOM];
    snprintf(text, sizeof text, "%s %s%s%s%s%s: %s", x, json_text(winner, "x"), *panel ? ", " : "", panel,
             *panel ? " " : "", json_text(winner, "panel"), json_text(winner, "text"));
    page->format->item(page->out, text);
  }
}

static void noise_floor(const struct page *page, const json_t *experiment) {
  char text[TEXT_ROOM];
  noise_floor_describe(experiment, text, sizeof text);
  page_say(page, "%s.", text);
}

static int charts_beside(const struct page *page, const json_t *experiment) {
  const char *metric;
  int code = 0;
  for (size_t i = 0; !code && (metric = beside_metric(experiment, i)); i++) {
    char name[NAME_ROOM];
    json_t *other = beside_experiment(page->run, experiment, metric);
    beside_name(experiment, metric, name, sizeof name);
    if (chart_name_valid(name) && chart_drawn(page->folder, name))
      code = page->format->chart(page->out, page->folder, name, json_text(other, "finding"));
    json_decref(other);
  }
  return code;
}

static int charts(const struct page *page, const json_t *experiment) {
  const char *name = json_text(experiment, "name");
  char latency[NAME_ROOM], alt[TEXT_ROOM];
  int code = 0;
  if (!chart_name_valid(name)) return 0;
  chart_latency_name(name, latency, sizeof latency);
  if (chart_drawn(page->folder, name))
    code = page->format->chart(page->out, page->folder, name, json_text(experiment, "finding"));
  else
    page_say(page, "No chart: nothing was measured, or it could not be drawn.");
  if (!code) code = charts_beside(page, experiment);
  page_latency_alt(page, experiment, alt, sizeof alt);
  if (!code && chart_drawn(page->folder, latency)) code = page->format->chart(page->out, page->folder, latency, alt);
  return code;
}

// The value of a setting, or "as swept" where cells differ.
static void setting(const json_t *run, const json_t *experiment, const char *key, char *text) {
  const json_t *cell, *first = NULL;
  for (size_t i = 0; (cell = page_next_cell(run, experiment, &i));) {
    const json_t *value = json_object_get(cell, key);
    if (!value) continue;  // of a run by an older version
    if (!first) first = value;
    if (!json_equal(first, value)) {
      append(text, "; ", key);
      append(text, "", " as swept");
      return;
    }
  }
  char seconds[NAME_ROOM], *value = first && !json_is_null(first) ? json_dumps(first, JSON_ENCODE_ANY) : NULL;
  if (!value) return;
  snprintf(seconds, sizeof seconds, "%.6g s", json_real_value(first));  // no other setting is a fraction
  append(text, "; ", key);
  append(text, "", " ");
  append(text, "", json_is_string(first) ? json_string_value(first) : json_is_real(first) ? seconds : value);
  free(value);
}

static void settings(const struct page *page, const json_t *experiment) {
  static const char *const keys[] = {"operation",  "keys",     "sync",     "cache",      "record_size", "fill_write",
                                     "value_size", "records",  "threads",  "processes",  "stores",      "batch",
                                     "depth",      "arrivals", "duration", "operations", "before",      "background"};
  char text[TEXT_ROOM] = "";
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) setting(page->run, experiment, keys[i], text);
  page_say(page, "Settings: %s.", text);
}

static bool same_failure(const json_t *a, const json_t *b) {
  return strcmp(json_text(a, "status"), json_text(b, "status")) == 0 &&
         strcmp(json_text(a, "reason"), json_text(b, "reason")) == 0;
}

// Whether an earlier cell of the experiment has told the same reason.
static bool told(const struct page *page, const json_t *experiment, const json_t *cell) {
  const json_t *other;
  for (size_t i = 0; (other = page_next_cell(page->run, experiment, &i)) && other != cell;)
    if (same_failure(other, cell)) return true;
  return false;
}

static void missing(const struct page *page, const json_t *experiment) {
  const json_t *cell, *other;
  for (size_t i = 0; (cell = page_next_cell(page->run, experiment, &i));) {
    char text[TEXT_ROOM] = "";
    if (strcmp(json_text(cell, "status"), "ok") == 0 || told(page, experiment, cell)) continue;
    for (size_t o = 0; (other = page_next_cell(page->run, experiment, &o));)
      if (same_failure(other, cell)) append(text, ", ", json_text(other, "id"));
    append(text, " ", json_text(cell, "status"));
    append(text, ": ", json_text(cell, "reason"));
    page->format->item(page->out, text);
  }
}

static void dropped(const struct page *page, const json_t *experiment) {
  const json_t *cell;
  size_t i;
  json_array_foreach(json_object_get(page->run, "dropped"), i, cell) {
    char text[TEXT_ROOM] = "", *point = json_dumps(json_object_get(cell, "point"), JSON_COMPACT);
    if (point && strcmp(json_text(cell, "experiment"), json_text(experiment, "name")) == 0) {
      append(text, "", "left out: ");
      append(text, "", point);
      append(text, ": ", json_text(cell, "reason"));
      page->format->item(page->out, text);
    }
    free(point);
  }
}

static void repeat(const struct page *page, const json_t *experiment) {
  char text[TEXT_ROOM];
  snprintf(text, sizeof text, "storebench run %s --profile %s --seed %" JSON_INTEGER_FORMAT,
           json_text(experiment, "name"), json_text(page->run, "profile"),
           json_integer_value(json_object_get(page->run, "seed")));
  page_say(page, "To repeat it:");
  page->format->command(page->out, text);
}

int page_experiment(const struct page *page, const json_t *experiment) {
  char title[TEXT_ROOM];
  snprintf(title, sizeof title, "%s (%s)", json_text(experiment, "title"), json_text(experiment, "name"));
  page->format->heading(page->out, title, json_text(experiment, "name"));
  if (*json_text(experiment, "finding")) page->format->headline(page->out, json_text(experiment, "finding"));
  page_say(page, "%s", json_text(experiment, "question"));
  page_claim(page, experiment);
  int code = charts(page, experiment);
  const char *read = json_text(json_object_get(experiment, "chart"), "read");
  if (*read) page_say(page, "How to read this: %s", read);
  page_peers(page, experiment);
  page_steady(page, experiment);
  winners(page, experiment);
  noise_floor(page, experiment);
  page_medians(page, experiment);
  page_latency(page, experiment);
  page_counters(page, experiment);
  page_space(page, experiment);
  page_durability(page, experiment);
  page_effective(page, experiment);
  page_flagged(page, experiment);
  settings(page, experiment);
  missing(page, experiment);
  dropped(page, experiment);
  repeat(page, experiment);
  return code;
}
