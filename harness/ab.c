// SPDX-License-Identifier: MIT
// Holds a duel for each cell.
#include "harness/ab.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/words.h"
#include "harness/child.h"
#include "harness/commands/commands.h"
#include "harness/commands/parse.h"
#include "harness/plan.h"
#include "harness/progress.h"

static const double fill_bytes_per_s = 20e6, grace_seconds = 30;
static const char *const set_names[2] = {"set-a", "set-b"};

struct bench {
  const struct ab_options *options;
  const struct ab_cells *cells;
  struct dataset_folder folder;
  struct interrupt interrupt;
  struct progress progress;
  struct cell_settings filled[2];  // the fills behind the data sets that stand
  bool stands[2];
  size_t measured, slower, failed;
  json_t *results;
};

static bool has_data(const struct ab_cell *cell, unsigned side) { return cell->engines[side]->caps & CAP_PERSISTENT; }

static struct cell_settings fill_of(const struct ab_cell *cell, unsigned side) {
  return plan_set_settings(&cell->settings[side], cell->engines[side]);
}

// Whether both sides open the same data set: how a file lies on the disk and in the cache is then the same for both.
static bool shares_set(const struct bench *bench, const struct ab_cell *cell) {
  const struct cell_settings a = fill_of(cell, 0), b = fill_of(cell, 1);
  return !bench->options->own_data && has_data(cell, 0) && plan_same_set(&a, &b);
}

// The number of the data set that this side opens.
static unsigned set_of(const struct bench *bench, const struct ab_cell *cell, unsigned side) {
  return shares_set(bench, cell) ? 0 : side;
}

static bool fill(struct bench *bench, unsigned side, const struct cell_settings *settings, struct ab_outcome *outcome) {
  struct sample_order order = {.kind = SAMPLE_FILL, .settings = *settings, .fresh = true};
  char name[] = "storebench", command[] = "__sample";
  char *const arguments[] = {name, command, NULL};
  struct duel_result *result = &outcome->result;
  int code = dataset_make(&bench->folder, set_names[side]);
  dataset_path(&bench->folder, set_names[side], order.path);
  json_t *sample =
      code ? child_no_sample(&order, "failed", strerror(-code))
           : child_run_program(bench->options->programs[side], arguments, &order,
                               grace_seconds + (double)settings->data_bytes / fill_bytes_per_s, &bench->interrupt);
  const char *status = json_string_value(json_object_get(sample, "status"));
  const char *reason = json_string_value(json_object_get(sample, "reason"));
  bench->stands[side] = status && strcmp(status, "ok") == 0;
  bench->filled[side] = *settings;
  if (!bench->stands[side]) {
    result->outcome = status && strcmp(status, "skipped") == 0 ? OUTCOME_SKIPPED : OUTCOME_FAILED;
    snprintf(result->reason, sizeof result->reason, "%c: its data set could not be built: %s", "AB"[side],
             reason ? reason : "memory is short");
  }
  json_decref(sample);
  return !bench->interrupt.seen;
}

// Builds what is not there yet. False when a signal came; what went wrong is in the outcome.
static bool make_sets(struct bench *bench, const struct ab_cell *cell, struct ab_outcome *outcome) {
  for (unsigned side = 0; side < 2; side++) {
    const struct cell_settings settings = fill_of(cell, side);
    bool wanted = has_data(cell, side) && set_of(bench, cell, side) == side;
    if (wanted && bench->stands[side] && plan_same_set(&bench->filled[side], &settings)) continue;
    bench->stands[side] = false;
    int code = dataset_remove(&bench->folder, set_names[side]);
    if (code) {
      outcome->result.outcome = OUTCOME_FAILED;
      snprintf(outcome->result.reason, sizeof outcome->result.reason, "a data set cannot be removed: %s",
               strerror(-code));
    } else if (wanted && !fill(bench, side, &settings, outcome)) {
      return false;
    }
    if (outcome->result.outcome != OUTCOME_OK) return true;
  }
  return true;
}

static void step(void *user, unsigned pairs_done) {
  struct bench *bench = user;
  (void)pairs_done;
  progress_step(&bench->progress, 1, "pairs of processes");
}

static struct duel duel_of(struct bench *bench, const struct ab_cell *cell, double floor) {
  struct duel duel = {.read_only = cell->read_only,
                      .pairs = bench->options->pairs,
                      .seconds = bench->options->seconds,
                      .warmup = bench->options->warmup,
                      .floor = floor,
                      .level = 1 - (1 - AB_LEVEL) / (double)bench->cells->count,
                      .seed = bench->options->seed,
                      .folder = &bench->folder,
                      .interrupt = &bench->interrupt,
                      .run = pair_run,
                      .progress = step,
                      .user = bench};
  for (unsigned side = 0; side < 2; side++)
    duel.sides[side] = (struct duel_side){.program = bench->options->programs[side],
                                          .settings = cell->settings[side],
                                          .set = has_data(cell, side) ? set_names[set_of(bench, cell, side)] : NULL};
  return duel;
}

// A against itself in the same way: as far as its interval reaches, nothing is believed.
static bool measure_floor(const struct duel *duel, struct ab_outcome *outcome) {
  struct duel same = *duel;
  const struct duel_result *result = &outcome->result;
  same.sides[1] = same.sides[0];
  if (!duel_run(&same, &outcome->result)) return false;
  if (result->outcome != OUTCOME_OK) return true;
  outcome->floor = fmax(outcome->floor, fmax(result->high, 1 / result->low) - 1);
  outcome->floor_measured = true;
  return true;
}

static bool measure(struct bench *bench, struct ab_outcome *outcome) {
  const struct ab_cell *cell = outcome->cell;
  struct error why = {0};
  for (unsigned side = 0; side < 2; side++) {
    if (pair_possible(&cell->settings[side], &why) == 0) continue;
    outcome->result.outcome = OUTCOME_SKIPPED;
    snprintf(outcome->result.reason, sizeof outcome->result.reason, "%s", why.text);
    return true;
  }
  if (!make_sets(bench, cell, outcome)) return false;
  if (outcome->result.outcome != OUTCOME_OK) return true;
  outcome->floor = fmax(duel_floor(&cell->settings[0]), duel_floor(&cell->settings[1]));
  struct duel duel = duel_of(bench, cell, outcome->floor);
  if (bench->options->measure_floor && !measure_floor(&duel, outcome)) return false;
  duel.floor = outcome->floor;
  return outcome->result.outcome != OUTCOME_OK || duel_run(&duel, &outcome->result);
}

static int tell(struct bench *bench, const struct ab_outcome *outcome) {
  const struct duel_result *result = &outcome->result;
  bench->measured += result->outcome == OUTCOME_OK;
  bench->failed += result->outcome == OUTCOME_FAILED;
  bench->slower += result->outcome == OUTCOME_OK && result->shown && result->ratio < 1;
  progress_end(&bench->progress);
  if (bench->options->json) return json_array_append_new(bench->results, ab_to_json(outcome)) ? -ENOMEM : 0;
  ab_print(bench->options, outcome);
  return fflush(stdout) ? -errno : 0;
}

// All the data that stands at a time: two data sets and a copy of each.
static int check_space(const struct bench *bench, struct error *error) {
  uint64_t most = 0;
  char need[32], have[32];
  struct statvfs file_system;
  for (size_t i = 0; i < bench->cells->count; i++) {
    const struct ab_cell *cell = &bench->cells->cells[i];
    uint64_t bytes = 0;
    for (unsigned side = 0; side < 2; side++) {
      if (!has_data(cell, side)) continue;
      bytes += set_of(bench, cell, side) == side ? plan_file_bytes(&cell->settings[side]) : 0;
      bytes += cell->read_only ? 0 : plan_file_bytes(&cell->settings[side]);
    }
    if (bytes > most) most = bytes;
  }
  if (statvfs(bench->folder.path, &file_system))
    return error_set(error, -errno, "cannot tell the free space: %m; choose another folder with --dir");
  uint64_t available = (uint64_t)file_system.f_bavail * file_system.f_frsize;
  if (available >= most) return 0;
  format_size(most, need, sizeof need);
  format_size(available, have, sizeof have);
  return error_set(error, -ENOSPC, "%s are needed and %s is free; make room, or choose another folder with --dir", need,
                   have);
}

static int measure_all(struct bench *bench, struct error *error) {
  int code = check_space(bench, error);
  unsigned rounds = bench->options->measure_floor ? 2 : 1;
  if (code) return code;
  progress_start(&bench->progress, (double)bench->cells->count * bench->options->pairs * rounds);
  for (size_t i = 0; i < bench->cells->count && !code; i++) {
    struct ab_outcome outcome = {.cell = &bench->cells->cells[i]};
    if (!measure(bench, &outcome)) break;
    code = tell(bench, &outcome);
  }
  progress_end(&bench->progress);
  return code ? error_set(error, code, "the results cannot be written: %s", strerror(-code)) : 0;
}

static int print_json(const struct bench *bench) {
  const struct ab_options *options = bench->options;
  json_t *json =
      json_pack("{s:s, s:s, s:b, s:i, s:f, s:I, s:b, s:O}", "a", options->names[0], "b", options->names[1], "builds",
                (int)options->builds, "pairs", (int)options->pairs, "seconds", options->seconds, "seed",
                (json_int_t)options->seed, "complete", (int)!bench->interrupt.seen, "cells", bench->results);
  bool printed = json && json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) == 0 && putchar('\n') != EOF;
  json_decref(json);
  return printed ? 0 : -EIO;
}

static int conclude(const struct bench *bench) {
  if (bench->interrupt.seen) return EXIT_INTERRUPTED;
  if (bench->failed || bench->slower) return EXIT_CELL_FAILED;
  return bench->measured ? EXIT_DONE : EXIT_NOTHING_RAN;
}

int ab_run(const struct ab_options *options, const struct ab_cells *cells) {
  struct bench bench = {.options = options, .cells = cells, .results = json_array()};
  struct error error = {0};
  char path[sizeof bench.folder.path];
  int code = bench.results ? interrupt_open(&bench.interrupt) : -ENOMEM;
  if (code) {
    command_complain(NULL, strerror(-code));
    json_decref(bench.results);
    return EXIT_CELL_FAILED;
  }
  code = dataset_folder_make(options->dir, &bench.folder, &error);
  if (!code) code = measure_all(&bench, &error);
  if (code) command_complain(options->dir, error.text);
  snprintf(path, sizeof path, "%s", bench.folder.path);
  int removed = dataset_folder_remove(&bench.folder);
  if (removed) command_complain(path, "cannot be removed; remove it by hand");
  interrupt_close(&bench.interrupt);
  if (!code && options->json) code = print_json(&bench);
  json_decref(bench.results);
  return code || removed ? EXIT_CELL_FAILED : conclude(&bench);
}
