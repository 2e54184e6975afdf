// SPDX-License-Identifier: MIT
// The samples of an experiment that others disturbed: of which cells, how many, by what.
#include <stdio.h>
#include <string.h>

#include "harness/report/pages.h"
#include "harness/results_file.h"

enum { COUNT_ROOM = 64, FLAGS_ROOM = 512 };

struct flagged {
  size_t counted, counted_flagged, repeated;
};

static struct flagged count_samples(const json_t *cell) {
  struct flagged found = {0, 0, 0};
  const json_t *sample;
  size_t i;
  json_array_foreach(json_object_get(cell, "samples"), i, sample) {
    bool counted = json_is_true(json_object_get(sample, "counted"));
    bool flagged = json_array_size(json_object_get(sample, "flags")) > 0;
    found.counted += counted;
    found.counted_flagged += counted && flagged;
    found.repeated += !counted && flagged;
  }
  return found;
}

static size_t count_flag(const json_t *cell, const char *name) {
  const json_t *sample, *flag;
  size_t i, f, count = 0;
  json_array_foreach(json_object_get(cell, "samples"), i, sample)
      json_array_foreach(json_object_get(sample, "flags"), f, flag) count += strcmp(json_string_value(flag), name) == 0;
  return count;
}

// "foreign 2, steal 1": each flag once, in the order in which they came.
static void list_flags(const json_t *cell, char *text, size_t room) {
  const json_t *sample, *flag;
  size_t i, f;
  json_t *told = json_object();
  *text = '\0';
  json_array_foreach(json_object_get(cell, "samples"), i, sample) {
    json_array_foreach(json_object_get(sample, "flags"), f, flag) {
      const char *name = json_string_value(flag);
      size_t length = strlen(text);
      if (json_object_get(told, name)) continue;
      (void)json_object_set_new(told, name, json_true());
      snprintf(text + length, room - length, "%s%s %zu", length ? ", " : "", name, count_flag(cell, name));
    }
  }
  json_decref(told);
}

void page_flagged(const struct page *page, const json_t *experiment) {
  static const char *const head[] = {"flagged samples of", "that count", "repeated or warming up", "flags"};
  const json_t *cell;
  bool begun = false;
  for (size_t i = 0; (cell = page_next_cell(page->run, experiment, &i));) {
    const struct flagged found = count_samples(cell);
    char of[COUNT_ROOM], repeated[COUNT_ROOM], flags[FLAGS_ROOM];
    if (!found.counted_flagged && !found.repeated) continue;
    if (!begun) page->format->row(page->out, head, sizeof head / sizeof head[0], true);
    begun = true;
    snprintf(of, sizeof of, "%zu of %zu", found.counted_flagged, found.counted);
    snprintf(repeated, sizeof repeated, "%zu", found.repeated);
    list_flags(cell, flags, sizeof flags);
    const char *const cells[] = {json_text(cell, "id") + strlen(json_text(experiment, "name")) + 1, of, repeated,
                                 flags};
    page->format->row(page->out, cells, sizeof cells / sizeof cells[0], false);
  }
  if (begun) page->format->after_rows(page->out);
}
