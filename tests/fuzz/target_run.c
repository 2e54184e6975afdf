// SPDX-License-Identifier: MIT
// Any bytes as run.json: read, compared with itself, summarised, made ready to be drawn beside itself.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/compare.h"
#include "harness/compare_merge.h"
#include "harness/results.h"
#include "tests/fuzz/run_seeds.h"

static void draw_with_itself(json_t *run) {
  const char *const paths[] = {"a", "b"};
  json_t *const runs[] = {run, run};
  json_t *comparison = NULL;
  struct error error = {0};
  (void)compare_runs(run, run, &(struct compare_rules){NAN, 1, "B"}, &comparison, &error);
  if (!comparison) return;
  json_decref(compare_merge(&(struct compared_runs){2, paths, runs, &comparison}));
  json_decref(comparison);
}

static void compare_with_itself(const json_t *run) {
  json_t *comparison = NULL;
  struct error error = {0};
  (void)compare_runs(run, run, &(struct compare_rules){NAN, 1, "B"}, &comparison, &error);
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
  if (results_summarise(run, &error) == 0) draw_with_itself(run);
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
