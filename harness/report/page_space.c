// SPDX-License-Identifier: MIT
// What the files of each store took when they were loaded, after the compaction that follows a load, and when they were
// measured: a table beside the charts of experiments with stores that others wrote.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engines/registry.h"
#include "harness/report/pages.h"
#include "harness/report/values.h"
#include "harness/results_file.h"

enum { VALUE_ROOM = 32, RANGE_ROOM = 2 * VALUE_ROOM + 8, NAME_ROOM = 160, ROWS_MAX = 128 };

// The first sample that tells.
static const json_t *sample_of(const json_t *cell) {
  const json_t *sample;
  size_t i;
  json_array_foreach(json_object_get(cell, "samples"), i,
                     sample) if (json_is_object(json_object_get(sample, "space"))) return sample;
  return NULL;
}

// A data set is one of these; cells that share it have one row.
static bool same_data(const json_t *a, const json_t *b) {
  static const char *const keys[] = {"spec", "record_size", "value_size", "records", "before", "fill_write"};
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    const json_t *one = json_object_get(a, keys[i]), *other = json_object_get(b, keys[i]);
    if (one != other && !json_equal(one, other)) return false;  // runs from before a key have it in no cell
  }
  return true;
}

static bool is_built_in(const char *spec) { return registry_find(spec, strcspn(spec, ":")) != NULL; }

static bool is_of(const json_t *cell, const char *engine) {
  const char *spec = json_text(cell, "spec");
  return strncmp(spec, engine, strlen(engine)) == 0 && strcspn(spec, ":") == strlen(engine);
}

// Finds the cells that stand for the data sets of the experiment. How many; *others: whether stores that others wrote
// are among them, *rocksdb: whether that is.
static size_t find_rows(const struct page *page, const json_t *experiment, const json_t **rows, bool *others,
                        bool *rocksdb) {
  const json_t *cell;
  size_t count = 0;
  *others = *rocksdb = false;
  for (size_t i = 0; count < ROWS_MAX && (cell = page_next_cell(page->run, experiment, &i));) {
    size_t known = 0;
    if (!sample_of(cell)) continue;
    while (known < count && !same_data(cell, rows[known])) known++;
    if (known < count) continue;
    rows[count++] = cell;
    *others = *others || !is_built_in(json_text(cell, "spec"));
    *rocksdb = *rocksdb || is_of(cell, "rocksdb");
  }
  return count;
}

static void format_bytes(const json_t *size, const char *key, char *text) {
  value_format(json_real_or_nan(size, key), "B", text, VALUE_ROOM);
}

static void format_compacted(const json_t *size, const char *key, char *text) {
  if (json_is_object(size))
    format_bytes(size, key, text);
  else
    snprintf(text, VALUE_ROOM, "left as loaded");
}

static void add_samples(const json_t *cell, double *least, double *most) {
  const json_t *sample;
  size_t i;
  json_array_foreach(json_object_get(cell, "samples"), i, sample) {
    if (!json_is_true(json_object_get(sample, "counted"))) continue;
    const double bytes = json_real_or_nan(json_object_get(sample, "stat"), "bytes_allocated");
    *least = fmin(*least, bytes);
    *most = fmax(*most, bytes);
  }
}

// From the least to the most that the samples of all cells of a data set left: they may do different things with it.
static void format_measured(const struct page *page, const json_t *experiment, const json_t *of, char *text) {
  double least = NAN, most = NAN;
  const json_t *cell;
  char highest[VALUE_ROOM];
  for (size_t i = 0; (cell = page_next_cell(page->run, experiment, &i));)
    if (same_data(cell, of)) add_samples(cell, &least, &most);
  value_format(least, "B", text, VALUE_ROOM);
  value_format(most, "B", highest, sizeof highest);
  size_t length = strlen(text);
  if (strcmp(text, highest) != 0) snprintf(text + length, RANGE_ROOM - length, " to %s", highest);
}

static void put_row(const struct page *page, const json_t *experiment, const json_t *cell) {
  char name[NAME_ROOM], texts[5][VALUE_ROOM], measured[RANGE_ROOM];
  const json_t *space = json_object_get(sample_of(cell), "space");
  const json_t *loaded = json_object_get(space, "loaded"), *compacted = json_object_get(space, "compacted");
  const char *before = json_text(cell, "before");
  snprintf(name, sizeof name, "%s%s%s", json_text(cell, "spec"), *before ? ", then " : "", before);
  double values = json_real_or_nan(cell, "records") * json_real_or_nan(cell, "value_size");
  value_format(values, "B", texts[0], VALUE_ROOM);
  format_bytes(loaded, "apparent", texts[1]);
  format_bytes(loaded, "allocated", texts[2]);
  format_compacted(compacted, "apparent", texts[3]);
  format_compacted(compacted, "allocated", texts[4]);
  format_measured(page, experiment, cell, measured);
  const char *const cells[] = {name, texts[0], texts[1], texts[2], texts[3], texts[4], measured};
  page->format->row(page->out, cells, sizeof cells / sizeof cells[0], false);
}

void page_space(const struct page *page, const json_t *experiment) {
  static const char *const head[] = {"data set of",       "its values",         "loaded: length",   "loaded: on disk",
                                     "compacted: length", "compacted: on disk", "measured: on disk"};
  const json_t *rows[ROWS_MAX];
  bool others, rocksdb;
  size_t count = find_rows(page, experiment, rows, &others, &rocksdb);
  if (!others) return;
  page_say(
      page,
      "What the files take, by their lengths and on the disk: right after the load; after the compaction that follows "
      "a "
      "peer's load, with no background work left; and at the end of a sample that counts, so after all that was done "
      "before it (\"then\") and in it, from the least to the most of all that began with that data set. The native "
      "engines are not compacted after their load, unless that is what is measured "
      "(\"then compact\"): they put no work off, a load leaves no gaps between their records, and the free room behind "
      "them is where updates go:");
  page->format->row(page->out, head, sizeof head / sizeof head[0], true);
  for (size_t i = 0; i < count; i++) put_row(page, experiment, rows[i]);
  page->format->after_rows(page->out);
  if (rocksdb)
    page_say(
        page,
        "RocksDB reserves room on the disk ahead, beyond the lengths of its files: 1.1 times its memtable for each "
        "new log and 4 MiB for its manifest. What was not used it gives back when it is done with the file.");
}
