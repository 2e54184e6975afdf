// SPDX-License-Identifier: MIT
// What a run says when it is over.
#include "harness/outcome.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "harness/colour.h"
#include "harness/commands/commands.h"
#include "harness/noise_floor.h"
#include "harness/results_file.h"
#include "harness/sum_up.h"
#include "harness/verdict.h"

// "record size 128", of record_size.
static void print_place(const char *key, const char *value, const char *after) {
  for (; *key; key++) putchar(*key == '_' ? ' ' : *key);
  printf(" %s%s", value, after);
}

// Charts without an x, such as timelines, have one winner and no place to name.
static void print_winner(const json_t *experiment, const json_t *winner) {
  const json_t *chart = json_object_get(experiment, "chart");
  const char *panel = json_text(winner, "panel"), *key = json_text(chart, "x");
  fputs("  ", stdout);
  if (*panel) print_place(json_text(chart, "panel"), panel, *key ? ", " : ": ");
  if (*key) print_place(key, json_text(winner, "x"), ": ");
  printf("%s\n", json_text(winner, "text"));
}

static void print_noise_floor(const json_t *experiment) {
  char text[256];
  noise_floor_describe(experiment, text, sizeof text);
  printf("  %s\n", text);
}

// What the run says of the claims that its experiments test.
static void print_verdicts(const json_t *run, bool colour) {
  const json_t *experiment;
  size_t i;
  bool begun = false;
  json_array_foreach(json_object_get(run, "experiments"), i, experiment) {
    const json_t *verdict = json_object_get(experiment, "verdict");
    const char *claim = json_text(experiment, "claim");
    char ratio[96], test[512];
    if (!*json_text(verdict, "text")) continue;
    if (!begun) puts("\nClaims on this machine");
    begun = true;
    verdict_ratio_format(verdict, ratio, sizeof ratio);
    verdict_test_format(verdict, test, sizeof test);
    printf("%s: %s\n  ", json_text(experiment, "name"), *claim ? claim : json_text(experiment, "question"));
    colour_put_outcome(stdout, colour, json_text(verdict, "text"));
    printf("\n  %s: %s\n", test, ratio);
  }
}

static void print_words(const json_t *run, const char *folder) {
  const json_t *experiment, *winner, *note;
  size_t i, j;
  bool colour = colour_wanted(stdout), indicative = json_is_true(json_object_get(run, "indicative"));
  json_array_foreach(json_object_get(run, "experiments"), i, experiment) {
    printf("%s%s: %s\n", i ? "\n" : "", json_text(experiment, "name"), json_text(experiment, "finding"));
    json_array_foreach(json_object_get(experiment, "winners"), j, winner) { print_winner(experiment, winner); }
    print_noise_floor(experiment);
  }
  print_verdicts(run, colour);
  sum_up(run, stdout, colour);
  putchar('\n');
  json_array_foreach(json_object_get(run, "notes"), i, note) { printf("%s\n", json_string_value(note)); }
  if (indicative) puts("Few repetitions: these verdicts are indicative. --profile standard takes more.");
  if (json_is_true(json_object_get(run, "complete")))
    printf("Report: %s/report.html\n", folder);
  else
    printf("Stopped before the end. What was measured: %s/report.html (`storebench report %s` draws it)\n", folder,
           folder);
}

static void print_json(const json_t *run, const char *folder) {
  json_t *experiments = json_array(), *whole = json_pack("{s:s, s:O, s:o}", "results", folder, "complete",
                                                         json_object_get(run, "complete"), "experiments", experiments);
  const json_t *experiment;
  size_t i;
  json_array_foreach(json_object_get(run, "experiments"), i, experiment) {
    json_array_append_new(experiments, json_pack("{s:O, s:O, s:O, s:O}", "name", json_object_get(experiment, "name"),
                                                 "finding", json_object_get(experiment, "finding"), "winners",
                                                 json_object_get(experiment, "winners"), "verdict",
                                                 json_object_get(experiment, "verdict")));
  }
  json_dumpf(whole, stdout, JSON_INDENT(1));
  putchar('\n');
  json_decref(whole);
}

static bool same_end(const json_t *a, const json_t *b) {
  static const char *const keys[] = {"engine", "status", "reason"};
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
    if (strcmp(json_text(a, keys[i]), json_text(b, keys[i])) != 0) return false;
  return true;
}

// Why a cell has no result. What is true of many cells of an engine is said once, at the first of them.
static void complain_of(const json_t *cells, size_t number) {
  const json_t *cell = json_array_get(cells, number), *other;
  const char *id = json_text(cell, "id"), *status = json_text(cell, "status"), *reason = json_text(cell, "reason");
  size_t i, count = 0;
  json_array_foreach(cells, i, other) {
    if (!same_end(cell, other)) continue;
    if (i < number) return;
    count++;
  }
  if (count == 1)
    fprintf(stderr, "storebench: %s: %s: %s\n", id, status, reason);
  else
    fprintf(stderr, "storebench: %s: %zu cells %s, such as %s: %s\n", json_text(cell, "engine"), count, status, id,
            reason);
}

int outcome_print(const json_t *run, const char *folder, bool json) {
  const json_t *cell;
  size_t i, ok = 0, failed = 0;
  if (json)
    print_json(run, folder);
  else
    print_words(run, folder);
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    const char *status = json_text(cell, "status");
    ok += strcmp(status, "ok") == 0;
    failed += strcmp(status, "failed") == 0;
    if (strcmp(status, "ok") != 0) complain_of(json_object_get(run, "cells"), i);
  }
  if (failed) return EXIT_CELL_FAILED;
  return ok ? EXIT_DONE : EXIT_NOTHING_RAN;
}
