// SPDX-License-Identifier: MIT
// report_pages: report.md and report.html from one description of their content.
#include "harness/report/pages.h"

#include <stdarg.h>
#include <string.h>

#include "harness/results.h"
#include "harness/results_file.h"

enum { TEXT_ROOM = 2048 };

void page_say(const struct page *page, const char *format, ...) {
  char text[TEXT_ROOM];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  page->format->paragraph(page->out, text);
}

const json_t *page_next_cell(const json_t *run, const json_t *experiment, size_t *position) {
  const json_t *cells = json_object_get(run, "cells");
  while (*position < json_array_size(cells)) {
    const json_t *cell = json_array_get(cells, (*position)++);
    if (strcmp(json_text(cell, "experiment"), json_text(experiment, "name")) == 0 && !json_is_peak(cell)) return cell;
  }
  return NULL;
}

// "AMD EPYC, 2 processors, 24 GB of memory, a virtual machine": what is known of it.
static void machine(const json_t *environment, char *text, size_t room) {
  const double memory = json_real_or_nan(environment, "memory_bytes") / 1e9;
  const json_int_t processors = json_integer_value(json_object_get(environment, "cpus"));
  size_t length = (size_t)snprintf(text, room, "%s", json_text(environment, "cpu"));
  if (processors && length < room)
    length += (size_t)snprintf(text + length, room - length, ", %" JSON_INTEGER_FORMAT " processor%s", processors,
                               processors > 1 ? "s" : "");
  if (memory > 0 && length < room)
    length += (size_t)snprintf(text + length, room - length, ", %.0f GB of memory", memory);
  if (json_is_true(json_object_get(environment, "virtualised")) && length < room)
    snprintf(text + length, room - length, ", a virtual machine");
}

static int begin(const struct page *page) {
  const json_t *environment = json_object_get(page->run, "environment");
  char title[TEXT_ROOM], text[TEXT_ROOM];
  snprintf(title, sizeof title, "storebench: %s, %s profile, %s", json_text(page->run, "host"),
           json_text(page->run, "profile"), json_text(page->run, "started"));
  const char *own = json_text(page->run, "title"), *logo = json_text(page->run, "logo");
  page->format->begin(page->out, *own ? own : title);
  int code = *logo ? page->format->logo(page->out, page->folder, logo) : 0;
  if (*own) page_say(page, "%s.", title);
  machine(environment, text, sizeof text);
  page_say(page, "%s; %s, %s on %s.", text, json_text(environment, "kernel"), json_text(environment, "file_system"),
           json_text(environment, "device"));
  return code;
}

static void findings(const struct page *page) {
  static const char *const head[] = {"experiment", "question", "what was found"};
  const json_t *experiment;
  size_t i;
  page->format->row(page->out, head, 3, true);
  json_array_foreach(json_object_get(page->run, "experiments"), i, experiment) {
    const char *const cells[] = {json_text(experiment, "name"), json_text(experiment, "question"),
                                 json_text(experiment, "finding")};
    page->format->row(page->out, cells, 3, false);
  }
  page->format->after_rows(page->out);
}

static int write_page(FILE *out, const void *user) {
  struct page page = *(const struct page *)user;
  const json_t *experiment;
  size_t i;
  page.out = out;
  int code = begin(&page);
  page.format->first_screen(out, true);
  if (!code) code = page_warnings(&page);
  page_claims(&page);
  page.format->first_screen(out, false);
  page_claims_rule(&page);
  findings(&page);
  json_array_foreach(json_object_get(page.run, "experiments"), i, experiment) {
    if (!code) code = page_experiment(&page, experiment);
  }
  page_limits(&page);
  page_method(&page);
  page_environment(&page);
  page_files(&page);
  page.format->end(out);
  return code;
}

int report_markdown(const char *folder, const json_t *run, struct error *error) {
  const struct page page = {.format = &markdown_format, .folder = folder, .run = run};
  return results_file_write(folder, "report.md", write_page, &page, error);
}

// A run of a named machine, and what became of each claim there.
static int write_claims(FILE *out, const void *user) {
  struct page page = *(const struct page *)user;
  const json_t *environment = json_object_get(page.run, "environment");
  char text[TEXT_ROOM];
  page.out = out;
  machine(environment, text, sizeof text);
  page_say(&page, "%s: %s; %s, %s on %s; %s profile, %s.", json_text(page.run, "host"), text,
           json_text(environment, "kernel"), json_text(environment, "file_system"), json_text(environment, "device"),
           json_text(page.run, "profile"), json_text(page.run, "started"));
  page_claims(&page);
  page_claims_rule(&page);
  return 0;
}

int report_claims(const char *folder, const json_t *run, struct error *error) {
  const struct page page = {.format = &markdown_format, .folder = folder, .run = run};
  return results_file_write(folder, "claims.md", write_claims, &page, error);
}

int report_html(const char *folder, const json_t *run, struct error *error) {
  const struct page page = {.format = &html_format, .folder = folder, .run = run};
  return results_file_write(folder, "report.html", write_page, &page, error);
}

int report_pages(const char *folder, const json_t *run, struct error *error) {
  int code = report_markdown(folder, run, error);
  return code ? code : report_html(folder, run, error);
}
