// SPDX-License-Identifier: MIT
// What an operation costs beside time: a row a cell, medians of the metrics that are made of counters.
#include <math.h>
#include <string.h>

#include "harness/metrics.h"
#include "harness/report/pages.h"
#include "harness/report/values.h"
#include "harness/results_file.h"

enum { COLUMNS = 6, VALUE_ROOM = 64, POINT_ROOM = 256 };

static const struct {
  const char *metric, *head;
} columns[COLUMNS] = {{"cpu_ns_per_op", "CPU/op"},
                      {"syscalls_per_op", "system calls/op"},
                      {"syncs_per_op", "syncs/op"},
                      {"device_bytes_per_op", "device bytes/op"},
                      {"read_amplification", "bytes read per value byte"},
                      {"write_amplification", "bytes written per value byte"}};

// The column says what is counted: only time and bytes keep their unit.
static const char *shown_unit(const struct metric *metric) { return strchr(metric->unit, '/') ? "" : metric->unit; }

static double median(const json_t *cell, const char *metric) {
  return json_real_or_nan(json_object_get(json_object_get(cell, "summary"), metric), "median");
}

static bool is_counted(const json_t *cell) {
  for (size_t i = 0; i < COLUMNS; i++)
    if (isfinite(median(cell, columns[i].metric))) return true;
  return false;
}

static void put_cell(const struct page *page, const json_t *cell) {
  char point[POINT_ROOM] = "", texts[COLUMNS][VALUE_ROOM];
  const char *cells[COLUMNS + 1] = {point}, *key;
  json_t *value;
  json_object_foreach(json_object_get(cell, "point"), key, value) {
    size_t length = strlen(point);
    snprintf(point + length, sizeof point - length, "%s%s", length ? ", " : "", json_string_value(value));
  }
  for (size_t i = 0; i < COLUMNS; i++) {
    const struct metric *metric = metric_find(columns[i].metric);
    value_format(median(cell, columns[i].metric), shown_unit(metric), texts[i], VALUE_ROOM);
    cells[i + 1] = texts[i];
  }
  page->format->row(page->out, cells, COLUMNS + 1, false);
}

void page_counters(const struct page *page, const json_t *experiment) {
  const char *head[COLUMNS + 1] = {"cell"};
  const json_t *cell;
  bool begun = false;
  for (size_t i = 0; i < COLUMNS; i++) head[i + 1] = columns[i].head;
  for (size_t i = 0; (cell = page_next_cell(page->run, experiment, &i));) {
    if (strcmp(json_text(cell, "status"), "ok") != 0 || !is_counted(cell)) continue;
    if (!begun) {
      const char *devices = json_text(json_object_get(page->run, "environment"), "counted_devices");
      page_say(page,
               "What an operation costs beside time (medians; \"-\" where it was not measured). Device bytes are of "
               "%s, whoever causes them:",
               *devices ? devices : "no device that could be found");
      page->format->row(page->out, head, COLUMNS + 1, true);
    }
    begun = true;
    put_cell(page, cell);
  }
  if (begun) page->format->after_rows(page->out);
}
