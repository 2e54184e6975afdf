// SPDX-License-Identifier: MIT
#include "tests/unit/report_fixture.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/results.h"
#include "tests/unit/temporary.h"

const char *const syncs[] = {"none", "async", "every=64", "interval=10ms", "always", NULL};
const char *const batches[] = {"1", "8", "64", NULL};
const char *const engines[] = {"mmap", "map-pwrite", "pread", "stdio", "uring", NULL};

const struct made_experiment ladder = {.name = "update-random",
                                       .title = "Durable random updates",
                                       .question = "What does each promise cost?",
                                       .shape = "ladder",
                                       .x = "sync",
                                       .y = "ops_per_s",
                                       .log_y = 1,
                                       .xs = syncs,
                                       .engines = engines,
                                       .skipped = "uring"};
const struct made_experiment bars = {.name = "read-random",
                                     .title = "Random reads",
                                     .question = "How many gets a second?",
                                     .shape = "bars",
                                     .x = "batch",
                                     .y = "bytes_per_s",
                                     .xs = batches,
                                     .engines = engines};
const struct made_experiment lines = {.name = "read-cold",
                                      .title = "Cold reads",
                                      .question = "How many gets a second?",
                                      .shape = "lines",
                                      .x = "depth",
                                      .y = "ops_per_s",
                                      .xs = batches,
                                      .engines = engines};

const struct made_experiment heatmap = {.name = "fields",
                                        .title = "Bytes of a put",
                                        .question = "How many?",
                                        .shape = "heatmap",
                                        .x = "sync",
                                        .y = "ops_per_s",
                                        .log_y = 1,
                                        .xs = syncs,
                                        .engines = engines,
                                        .skipped = "uring"};

void fixture_add(struct fixture *fixture, const char *host, const struct made_experiment *experiment) {
  if (!fixture->run) fixture->run = made_run(host);
  made_run_add(fixture->run, experiment);
}

void must(int code, const struct error *error) {
  if (code) fail_msg("%d: %s", code, error->text);
}

void write_data(struct fixture *fixture) {
  struct error error = {0};
  must(results_summarise(fixture->run, &error), &error);
  must(results_write(fixture->folder, fixture->run, &error), &error);
}

void draw(struct fixture *fixture) {
  struct error error = {0};
  write_data(fixture);
  must(report_charts(fixture->folder, fixture->run, &error), &error);
  must(report_pages(fixture->folder, fixture->run, &error), &error);
}

int set_up(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  if (!fixture) return -1;
  snprintf(fixture->folder, sizeof fixture->folder, "%s/report-XXXXXX", temporary_folder());
  *state = fixture;
  return mkdtemp(fixture->folder) ? 0 : -1;
}

static void remove_folder(const char *folder) {
  DIR *stream = opendir(folder);
  if (!stream) return;
  for (const struct dirent *entry; (entry = readdir(stream));) {
    char path[PATH_MAX];
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    snprintf(path, sizeof path, "%.2000s/%.255s", folder, entry->d_name);
    if (unlink(path)) remove_folder(path);
  }
  closedir(stream);
  rmdir(folder);
}

int tear_down(void **state) {
  struct fixture *fixture = *state;
  remove_folder(fixture->folder);
  json_decref(fixture->run);
  free(fixture);
  return 0;
}

char *read_all(const struct fixture *fixture, const char *name) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%.2000s/%.1000s", fixture->folder, name);
  FILE *file = fopen(path, "re");
  if (!file) return NULL;
  char *text = NULL;
  size_t room = 0;
  ssize_t length = getdelim(&text, &room, 0, file);
  fclose(file);
  assert_true(length >= 0);
  return text;
}

char *must_read(const struct fixture *fixture, const char *name) {
  char *text = read_all(fixture, name);
  if (!text) fail_msg("%s is missing", name);
  return text ? text : strdup("");
}

void must_hold(const struct fixture *fixture, const char *name, const char *words) {
  char *text = must_read(fixture, name);
  if (!strstr(text, words)) fail_msg("%s does not hold: %s", name, words);
  free(text);
}

void must_lack(const struct fixture *fixture, const char *name, const char *words) {
  char *text = must_read(fixture, name);
  if (strstr(text, words)) fail_msg("%s holds: %s", name, words);
  free(text);
}

void must_be_drawn(const struct fixture *fixture, const char *chart) {
  char name[600];
  snprintf(name, sizeof name, "charts/%s.svg", chart);
  must_hold(fixture, name, "</svg>");
  must_lack(fixture, name, "<script");
  snprintf(name, sizeof name, "charts/%s.png", chart);
  must_hold(fixture, name, "PNG\r\n\x1a\n");
  snprintf(name, sizeof name, "charts/%s.pdf", chart);
  must_hold(fixture, name, "%PDF-1.");
}

json_t *sample_at(const struct fixture *fixture, size_t cell, size_t sample) {
  const json_t *made = json_array_get(json_object_get(fixture->run, "cells"), cell);
  return json_array_get(json_object_get(made, "samples"), sample);
}

void set_all_cells(const struct fixture *fixture, const char *key, json_t *value) {
  json_t *cell;
  size_t i;
  json_array_foreach(json_object_get(fixture->run, "cells"), i, cell) {
    assert_int_equal(json_object_set(cell, key, value), 0);
  }
  json_decref(value);
}
