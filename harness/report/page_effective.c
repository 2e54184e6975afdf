// SPDX-License-Identifier: MIT
// What was in effect while an experiment was measured, as the kernel and libraries have it.
#include <stdio.h>
#include <string.h>

#include "harness/report/pages.h"
#include "harness/results_file.h"

enum { TEXT_ROOM = 1024 };

static bool same_engine(const json_t *a, const json_t *b) {
  return strcmp(json_text(a, "engine"), json_text(b, "engine")) == 0;
}

static bool tells(const json_t *cell) { return json_object_size(json_object_get(cell, "effective")) > 0; }

// Whether a cell of this engine that tells something stands before it: one that tells the same, or any.
static bool stands_before(const struct page *page, const json_t *experiment, const json_t *cell, bool same) {
  const json_t *other;
  for (size_t i = 0; (other = page_next_cell(page->run, experiment, &i)) && other != cell;)
    if (same_engine(other, cell) && tells(other) &&
        (!same || json_equal(json_object_get(other, "effective"), json_object_get(cell, "effective"))))
      return true;
  return false;
}

// "ring flags SINGLE_ISSUER DEFER_TASKRUN; huge pages none | 12%": bars between values that differ among samples.
static void describe(const json_t *effective, char *text) {
  const char *name;
  json_t *values;
  size_t i;
  text[0] = '\0';
  json_object_foreach((json_t *)effective, name, values) {
    const json_t *value;
    size_t length = strlen(text);
    snprintf(text + length, TEXT_ROOM - length, "%s%s: ", length ? "; " : "", name);
    json_array_foreach(values, i, value) {
      length = strlen(text);
      snprintf(text + length, TEXT_ROOM - length, "%s%s", i ? " | " : "", json_string_value(value));
    }
  }
}

// A row for each thing that cells of the engine tell.
static void put_engine(const struct page *page, const json_t *experiment, const json_t *first) {
  const json_t *cell;
  for (size_t i = 0; (cell = page_next_cell(page->run, experiment, &i));) {
    char text[TEXT_ROOM];
    if (!same_engine(cell, first) || !tells(cell) || stands_before(page, experiment, cell, true)) continue;
    describe(json_object_get(cell, "effective"), text);
    const char *const cells[] = {json_text(cell, "engine"), json_text(cell, "spec"), text};
    page->format->row(page->out, cells, 3, false);
  }
}

void page_effective(const struct page *page, const json_t *experiment) {
  static const char *const head[] = {"engine", "spec", "in effect"};
  const json_t *cell;
  bool begun = false;
  for (size_t i = 0; (cell = page_next_cell(page->run, experiment, &i));) {
    if (!tells(cell) || stands_before(page, experiment, cell, false)) continue;
    if (!begun) page->format->row(page->out, head, 3, true);
    begun = true;
    put_engine(page, experiment, cell);
  }
  if (begun) page->format->after_rows(page->out);
}
