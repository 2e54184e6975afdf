// SPDX-License-Identifier: MIT
// Any bytes as samples.jsonl: read, summarised, and written as everything that `report` writes, but for the drawings.
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/results.h"
#include "tests/fuzz/run_seeds.h"

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *walk) {
  (void)status, (void)kind, (void)walk;
  return remove(path);
}

// Beside the run's folder nothing may appear, whatever its experiments and cells are called.
static void stays_inside(const char *folder) {
  char beside[FUZZ_PATH];
  static const char *const names[] = {"x.tsv", "x.hgrm", "data", "latency"};
  (void)folder;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    fuzz_path(beside, names[i]);
    if (access(beside, F_OK) == 0) fuzz_fail("%s: written beside the folder of the run", beside);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char folder[FUZZ_PATH], path[FUZZ_PATH];
  json_t *run = NULL;
  struct error error = {0};
  fuzz_path(folder, "run");
  fuzz_path(path, "run/samples.jsonl");
  if (mkdir(folder, 0700)) fuzz_fail("%s cannot be made: %m", folder);
  fuzz_file_put(path, data, size);
  int code = results_read(folder, &run, &error);
  if (code && (error.code != code || !*error.text)) fuzz_fail("failed with %d and \"%s\"", code, error.text);
  if (!code) {
    if (results_summarise(run, &error) == 0 && results_write(folder, run, &error) == 0)
      (void)report_pages(folder, run, &error);
    json_decref(run);
  }
  stays_inside(folder);
  if (nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS)) fuzz_fail("%s cannot be removed: %m", folder);
  return 0;
}

static void put_line(FILE *out, json_t *line) {
  if (!line || json_dumpf(line, out, JSON_COMPACT)) fuzz_fail("a seed's line cannot be written");
  fputc('\n', out);
  json_decref(line);
}

static void put_samples(FILE *out, const json_t *cells) {
  const json_t *cell;
  json_t *sample;
  size_t i, s;
  json_array_foreach(cells, i, cell) {
    json_array_foreach(json_object_get(cell, "samples"), s, sample)
        put_line(out, json_pack("{s:O, s:O}", "cell", json_object_get(cell, "id"), "sample", sample));
  }
}

void fuzz_seeds(fuzz_take_fn take, void *user) {
  char *text = NULL;
  size_t size;
  json_t *run = run_seed(), *head = json_deep_copy(run), *cell;
  size_t i;
  FILE *out = open_memstream(&text, &size);
  if (!out || !head) fuzz_fail("no memory for a seed");
  json_array_foreach(json_object_get(head, "cells"), i, cell) json_object_del(cell, "samples");
  put_line(out, json_pack("{s:o}", "run", head));
  put_samples(out, json_object_get(run, "cells"));
  put_line(out,
           json_pack("{s:{s:s, s:b, s:n}}", "end", "finished", "2026-01-02T03:24:05Z", "complete", 1, "bookkeeping"));
  if (fclose(out)) fuzz_fail("no memory for a seed");
  take(user, text, size);
  free(text);
  json_decref(run);
}
