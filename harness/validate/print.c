// SPDX-License-Identifier: MIT
// What became of the known results, for people and programs.
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/colour.h"
#include "harness/commands/commands.h"
#include "harness/noise_floor.h"
#include "harness/results_file.h"
#include "harness/validate/known.h"
#include "harness/verdict.h"

static json_t *judge_all(const json_t *run) {
  const json_t *experiment;
  json_t *results = json_array();
  size_t i;
  json_array_foreach(json_object_get(run, "experiments"), i, experiment) {
    if (json_array_append_new(results, known_judge(run, experiment))) return json_decref(results), NULL;
  }
  return results;
}

static size_t count(const json_t *results, const char *outcome) {
  const json_t *result;
  size_t i, found = 0;
  json_array_foreach(results, i, result) found += strcmp(json_text(result, "outcome"), outcome) == 0;
  return found;
}

// "  mmap / pread at batch 64: 13.1 (12.9-13.4), known > 3: holds"
static void print_figure(const json_t *figure) {
  const char *at = json_text(figure, "at"), *reason = json_text(figure, "reason");
  char ratio[96];
  verdict_ratio_format(figure, ratio, sizeof ratio);
  printf("  %s%s%s: %s, known %s: %s%s%s%s\n", json_text(figure, "compared"), *at ? " at " : "", at, ratio,
         json_text(figure, "known"), json_text(figure, "outcome"), *reason ? " (" : "", reason, *reason ? ")" : "");
}

static void print_result(const json_t *result, const json_t *experiment, bool colour) {
  const json_t *figure;
  size_t i;
  char floor[256];
  printf("%s: ", json_text(result, "name"));
  colour_put_outcome(stdout, colour, json_text(result, "outcome"));
  printf("\n  %s\n", json_text(result, "result"));
  if (*json_text(result, "source")) printf("  From: %s\n", json_text(result, "source"));
  if (json_array_size(json_object_get(result, "figures")) == 0 ||
      strcmp(json_text(result, "outcome"), known_not_applicable) == 0) {
    printf("  %s\n\n", json_text(result, "why"));
    return;
  }
  json_array_foreach(json_object_get(result, "figures"), i, figure) print_figure(figure);
  noise_floor_describe(experiment, floor, sizeof floor);
  printf("  %s\n\n", floor);
}

static bool has_file(const char *folder, const char *name) {
  char path[PATH_MAX];
  int length = snprintf(path, sizeof path, "%s/%s", folder, name);
  return length < (int)sizeof path && access(path, F_OK) == 0;
}

// A run that was judged may be a file, or a folder that nobody drew: neither has a report to name.
static void print_where(bool complete, const char *run) {
  if (complete && has_file(run, "report.html"))
    printf("Report: %s/report.html\n", run);
  else if (!complete && has_file(run, "samples.jsonl"))
    printf("Stopped before the end. What was measured: %s/report.html (`storebench report %s` draws it)\n", run, run);
  else if (!complete)
    puts("Stopped before the end.");
}

static void print_words(const json_t *run, const json_t *results, const char *folder) {
  static const char *const outcomes[] = {known_reproduced, known_not_reproduced, known_not_applicable, known_stated};
  const json_t *result;
  const bool colour = colour_wanted(stdout);
  size_t i;
  json_array_foreach(results, i, result)
      print_result(result, json_array_get(json_object_get(run, "experiments"), i), colour);
  for (i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++)
    printf("%s%zu %s", i ? ", " : "", count(results, outcomes[i]), outcomes[i]);
  putchar('\n');
  print_where(json_is_true(json_object_get(run, "complete")), folder);
}

static void print_json(const json_t *run, const json_t *results, const char *folder) {
  json_t *whole =
      json_pack("{s:s, s:O, s:O}", "results", folder, "complete", json_object_get(run, "complete"), "known", results);
  json_dumpf(whole, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
  putchar('\n');
  json_decref(whole);
}

// Tells what failed and what was skipped, and counts the former.
static size_t complain(const json_t *run) {
  const json_t *cell;
  size_t i, failed = 0;
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    const char *status = json_text(cell, "status");
    failed += strcmp(status, "failed") == 0;
    if (strcmp(status, "ok") != 0)
      fprintf(stderr, "storebench: %s: %s: %s\n", json_text(cell, "id"), status, json_text(cell, "reason"));
  }
  return failed;
}

int known_print(const json_t *run, const char *folder, bool json) {
  json_t *results = judge_all(run);
  if (!results) {
    fprintf(stderr, "storebench: memory is short\n");
    return EXIT_CELL_FAILED;
  }
  if (json)
    print_json(run, results, folder);
  else
    print_words(run, results, folder);
  size_t failed = complain(run), not_here = count(results, known_not_applicable);
  bool bad = failed || count(results, known_not_reproduced);
  bool nothing = not_here == json_array_size(results);
  json_decref(results);
  return bad ? EXIT_CELL_FAILED : nothing ? EXIT_NOTHING_RAN : EXIT_DONE;
}
