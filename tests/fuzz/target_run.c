// SPDX-License-Identifier: MIT
// Any bytes as run.json: read, compared with itself, summarised.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/compare.h"
#include "harness/results.h"
#include "tests/fuzz/run_seeds.h"

static void compare_with_itself(const json_t *run) {
  json_t *comparison = NULL;
  struct error error = {0};
  (void)compare_runs(run, run, NAN, &comparison, &error);
  if (!comparison) return;
  compare_print(comparison, "a", "b", stdout);
  compare_print_markdown(comparison, "a", "b", stdout);
  json_decref(comparison);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char path[FUZZ_PATH];
  json_t *run = NULL;
  struct error error = {0};
  fuzz_path(path, "run.json");
  fuzz_file_put(path, data, size);
  int code = results_load(path, &run, &error);
  if (code && (run || error.code != code || !*error.text)) fuzz_fail("failed with %d and \"%s\"", code, error.text);
  if (code) return 0;
  compare_with_itself(run);
  (void)results_summarise(run, &error);
  json_decref(run);
  return 0;
}

void fuzz_seeds(fuzz_take_fn take, void *user) {
  json_t *run = run_seed();
  char *text = json_dumps(run, JSON_COMPACT);
  if (!text) fuzz_fail("no memory for a seed");
  take(user, text, strlen(text));
  free(text);
  json_decref(run);
}
