// SPDX-License-Identifier: MIT
// The parts of a report that concern the whole run: warnings and environment.
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/pages.h"
#include "harness/results_file.h"

enum { TEXT_ROOM = 2048 };

static void warn(const struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void warn(const struct page *page, const char *format, ...) {
  char text[TEXT_ROOM];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  page->format->warning(page->out, text);
}

static size_t count_status(const json_t *run, const char *status) {
  const json_t *cell;
  size_t i, count = 0;
  json_array_foreach(json_object_get(run, "cells"), i, cell) count += strcmp(json_text(cell, "status"), status) == 0;
  return count;
}

static size_t count_flagged(const json_t *run) {
  const json_t *cell, *sample;
  size_t i, s, count = 0;
  json_array_foreach(json_object_get(run, "cells"), i, cell) json_array_foreach(
      json_object_get(cell, "samples"), s, sample) count += json_array_size(json_object_get(sample, "flags")) > 0;
  return count;
}

static void warn_of_gaps(const struct page *page) {
  size_t failed = count_status(page->run, "failed"), skipped = count_status(page->run, "skipped");
  size_t dropped = json_array_size(json_object_get(page->run, "dropped")), flagged = count_flagged(page->run);
  if (failed) warn(page, "%zu cell%s failed; each experiment below says which and why.", failed, failed > 1 ? "s" : "");
  if (skipped)
    warn(page, "%zu cell%s skipped; each experiment below says which and why.", skipped,
         skipped > 1 ? "s were" : " was");
  if (dropped) warn(page, "%zu cell%s left out to keep the time budget.", dropped, dropped > 1 ? "s were" : " was");
  if (flagged)
    warn(page, "%zu sample%s flagged: each experiment below lists them; see there before trusting small differences.",
         flagged, flagged > 1 ? "s are" : " is");
}

// In one sentence of any length.
static int warn_of_notes(const struct page *page) {
  const json_t *note;
  char *text = NULL;
  size_t length, i, count = 0;
  FILE *notes = open_memstream(&text, &length);
  if (!notes) return -ENOMEM;
  json_array_foreach(json_object_get(page->run, "notes"), i, note) {
    if (json_is_string(note)) fprintf(notes, "%s%s", count++ ? "; " : "", json_string_value(note));
  }
  if (count) fputc('.', notes);
  int code = fclose(notes) ? -ENOMEM : 0;
  if (!code && count) page->format->warning(page->out, text);
  free(text);
  return code;
}

int page_warnings(const struct page *page) {
  const json_t *environment = json_object_get(page->run, "environment"), *warning;
  size_t i;
  if (!json_is_true(json_object_get(page->run, "complete")))
    warn(page, "This run was stopped before its end: what it had measured by then is below.");
  json_array_foreach(json_object_get(page->run, "warnings"), i, warning) warn(page, "%s", json_text(warning, "text"));
  if (!json_object_get(page->run, "warnings") && json_is_false(json_object_get(environment, "durable")))
    warn(page,
         "The data stood on %s, which keeps nothing over a power loss: figures of durable writes are not of a disk.",
         json_text(environment, "file_system"));
  if (json_is_true(json_object_get(page->run, "indicative")))
    warn(page, "Few repetitions (%s profile): all verdicts are indicative.", json_text(page->run, "profile"));
  warn_of_gaps(page);
  return warn_of_notes(page);
}

static void add_time(const struct page *page) {
  const json_t *bookkeeping = json_object_get(page->run, "bookkeeping");
  const json_t *shares = json_object_get(bookkeeping, "shares");
  if (!json_is_object(shares)) return;  // a run that was killed, or an older one
  page_say(page,
           "Time: %.0f s, %.0f%% of it measuring, %.0f%% warming up and bringing page caches into their states, %.0f%% "
           "set-up and bookkeeping (files %.0f s, processes and stores %.0f s, reading back %.0f s, charts %.0f s).",
           json_real_or_nan(bookkeeping, "total"), 100 * json_real_or_nan(shares, "measuring"),
           100 * json_real_or_nan(shares, "warming"), 100 * json_real_or_nan(shares, "setup"),
           json_real_or_nan(bookkeeping, "filling"), json_real_or_nan(bookkeeping, "opening"),
           json_real_or_nan(bookkeeping, "checking"), json_real_or_nan(bookkeeping, "drawing"));
}

static void put_field(const struct page *page, const char *name, const json_t *value) {
  char *text = NULL;
  if (!json_is_string(value)) text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6));
  const char *const cells[] = {name, text ? text : json_is_string(value) ? json_string_value(value) : "-"};
  page->format->row(page->out, cells, 2, false);
  free(text);
}

// Objects within the environment become one row a member: "memory.total".
static void put_fields(const struct page *page, const char *prefix, const json_t *object) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)object, key, value) {
    char name[256];
    snprintf(name, sizeof name, "%s%s%s", prefix, *prefix ? "." : "", key);
    if (json_is_object(value) && strlen(name) + 1 < sizeof name)
      put_fields(page, name, value);
    else if (!json_is_null(value))
      put_field(page, name, value);
  }
}

void page_environment(const struct page *page) {
  static const char *const head[] = {"field", "value"};
  static const char *const run_fields[] = {"started", "finished",    "host",    "profile",
                                           "seed",    "repetitions", "command", "bookkeeping"};
  page->format->heading(page->out, "Environment", NULL);
  add_time(page);
  page->format->row(page->out, head, 2, true);
  for (size_t i = 0; i < sizeof run_fields / sizeof run_fields[0]; i++) {
    const json_t *value = json_object_get(page->run, run_fields[i]);
    if (json_is_object(value))
      put_fields(page, run_fields[i], value);
    else if (value && !json_is_null(value))
      put_field(page, run_fields[i], value);
  }
  put_fields(page, "", json_object_get(page->run, "environment"));
  page->format->after_rows(page->out);
}
