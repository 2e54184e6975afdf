// SPDX-License-Identifier: MIT
// What was in effect while an experiment was measured, as the kernel and libraries have it.
#include <stdio.h>
#include <string.h>

#include "harness/report/pages.h"
#include "harness/results_file.h"

enum { TEXT_ROOM = 1024 };

static bool seen_before(const struct page *page, const json_t *experiment, const json_t *cell) {
  const json_t *other;
  for (size_t i = 0; (other = page_next_cell(page->run, experiment, &i)) && other != cell;)
    if (strcmp(json_text(other, "engine"), json_text(cell, "engine")) == 0 &&
        json_equal(json_object_get(other, "effective"), json_object_get(cell, "effective")))
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

void page_effective(const struct page *page, const json_t *experiment) {
  static const char *const head[] = {"engine", "spec", "in effect"};
  const json_t *cell;
  bool begun = false;
  for (size_t i = 0; (cell = page_next_cell(page->run, experiment, &i));) {
    const json_t *effective = json_object_get(cell, "effective");
    char text[TEXT_ROOM];
    if (json_object_size(effective) == 0 || seen_before(page, experiment, cell)) continue;
    describe(effective, text);
    if (!begun) page->format->row(page->out, head, 3, true);
    begun = true;
    const char *const cells[] = {json_text(cell, "engine"), json_text(cell, "spec"), text};
    page->format->row(page->out, cells, 3, false);
  }
  if (begun) page->format->after_rows(page->out);
}
