// SPDX-License-Identifier: MIT
// What a reader must know of an experiment's latencies: batches, and whether open loops kept up.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/pages.h"
#include "harness/report/values.h"
#include "harness/results_file.h"
#include "harness/statistics.h"

enum { VALUE_ROOM = 64, SAMPLES_MAX = 1024, TEXT_ROOM = 1536 };

static const char *name_in(const json_t *cell) {
  return json_text(cell, "id") + strlen(json_text(cell, "experiment")) + 1;
}

static bool counted(const json_t *sample) { return json_is_true(json_object_get(sample, "counted")); }

static void batches(const struct page *page, const json_t *experiment) {
  char text[TEXT_ROOM];
  double cost = results_batches(page->run, json_text(experiment, "name"), text, sizeof text);
  if (*text)
    page_say(
        page,
        "Faster than ten readings of the clock (%.0f ns each), so timed in batches: %s. Their percentiles are of the "
        "means of batches.",
        cost, text);
}

// The median over the counted samples, NAN if there is none.
static double median(const json_t *cell, double (*value)(const json_t *open)) {
  double values[SAMPLES_MAX];
  const json_t *sample;
  size_t i, n = 0;
  struct interval interval;
  json_array_foreach(json_object_get(cell, "samples"), i, sample) {
    const json_t *open = json_object_get(sample, "open_loop");
    double number = counted(sample) && json_is_object(open) ? value(open) : NAN;
    if (isfinite(number) && n < SAMPLES_MAX) values[n++] = number;
  }
  return n && statistics_interval(values, n, &interval) == 0 ? interval.median : NAN;
}

static double rate_of(const json_t *open) { return json_real_or_nan(open, "rate"); }

static double achieved_of(const json_t *open) { return json_real_or_nan(open, "achieved_per_s"); }

static double waiting_of(const json_t *open) {
  return 100 * json_real_or_nan(open, "backlog") / json_real_or_nan(open, "asked");
}

static double late_of(const json_t *open) { return json_real_or_nan(json_object_get(open, "pacer_late_ns"), "p99"); }

static void put_cell(const struct page *page, const json_t *cell) {
  char rate[VALUE_ROOM], achieved[VALUE_ROOM], waiting[VALUE_ROOM], late[VALUE_ROOM];
  double share = median(cell, waiting_of);
  value_format(median(cell, rate_of), "ops/s", rate, sizeof rate);
  value_format(median(cell, achieved_of), "ops/s", achieved, sizeof achieved);
  value_format(median(cell, late_of), "ns", late, sizeof late);
  if (isfinite(share))
    snprintf(waiting, sizeof waiting, "%.3g%%", share);
  else
    snprintf(waiting, sizeof waiting, "-");
  const char *const cells[] = {name_in(cell), rate, achieved, waiting, late, json_shown_status(cell)};
  page->format->row(page->out, cells, 6, false);
}

static void open_loops(const struct page *page, const json_t *experiment) {
  static const char *const head[] = {"cell",  "asked for", "achieved", "never started", "pacer late (99th percentile)",
                                     "status"};
  const json_t *cell;
  bool begun = false;
  for (size_t i = 0; (cell = page_next_cell(page->run, experiment, &i));) {
    if (json_is_null(json_object_get(cell, "saturated")) || !json_object_get(cell, "saturated")) continue;
    if (!begun) {
      page_say(
          page,
          "Open loop: operations were asked for at a rate and timed from when they were asked for. A cell that did not "
          "keep up is saturated: its latencies grow for as long as it runs, and none is given.");
      page->format->row(page->out, head, 6, true);
    }
    begun = true;
    put_cell(page, cell);
  }
  if (begun) page->format->after_rows(page->out);
}

static double p99_of(const json_t *cell) {
  return json_real_or_nan(json_object_get(json_object_get(cell, "summary"), "p99"), "median");
}

void page_latency_alt(const struct page *page, const json_t *experiment, char *text, size_t room) {
  const json_t *cell, *least = NULL, *most = NULL;
  char low[VALUE_ROOM], high[VALUE_ROOM];
  for (size_t i = 0; (cell = page_next_cell(page->run, experiment, &i));) {
    double own = p99_of(cell);
    if (isnan(own) || !json_is_store(cell)) continue;
    if (!least || own < p99_of(least)) least = cell;
    if (!most || own > p99_of(most)) most = cell;
  }
  value_format(p99_of(least), "ns", low, sizeof low);
  value_format(p99_of(most), "ns", high, sizeof high);
  int length = snprintf(text, room, "Latency percentiles: %s", json_text(experiment, "title"));
  if (!least || least == most || length < 0 || (size_t)length >= room) return;
  snprintf(text + length, room - (size_t)length, ". The 99th: from %s (%s) to %s (%s)", low, name_in(least), high,
           name_in(most));
}

void page_latency(const struct page *page, const json_t *experiment) {
  batches(page, experiment);
  open_loops(page, experiment);
}
