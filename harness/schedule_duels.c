// SPDX-License-Identifier: MIT
// Which duels an experiment needs, and holding them.
#include "harness/schedule_duels.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "harness/duel.h"
#include "harness/finding.h"
#include "harness/noise_floor.h"
#include "harness/results_file.h"
#include "harness/verdict_internal.h"

enum { DUELS_MAX = 32 };

struct question {
  const struct plan_cell *cells[2];
  const char *panel, *x;  // of a contest; NULL: the experiment's claim
  double bound;           // of the first one's rate over the second one's
};

struct questions {
  const struct plan *plan;
  const json_t *run, *experiment;
  size_t count;
  struct question list[DUELS_MAX];
};

static const struct plan_cell *planned(const struct questions *questions, const json_t *cell) {
  for (size_t i = 0; cell && i < questions->plan->cell_count; i++)
    if (strcmp(questions->plan->cells[i].id, json_text(cell, "id")) == 0) return &questions->plan->cells[i];
  return NULL;
}

// The cell of that series at a point of the chart; of a chart of steps, the cell of that step.
static const json_t *cell_at(const struct questions *questions, const json_t *winner, const char *series) {
  const json_t *chart = json_object_get(questions->experiment, "chart"), *cell;
  const bool steps = strcmp(json_text(chart, "shape"), "steps") == 0;
  const char *const keys[] = {json_text(chart, steps ? "x" : "series"), steps ? "" : json_text(chart, "x"),
                              json_text(chart, "panel")};
  const char *const values[] = {series, json_text(winner, "x"), json_text(winner, "panel")};
  size_t i;
  json_array_foreach(json_object_get(questions->run, "cells"), i, cell) {
    const json_t *point = json_object_get(cell, "point");
    bool same = !json_is_peak(cell);
    for (size_t k = 0; k < 3 && same; k++) same = !*keys[k] || strcmp(json_text(point, keys[k]), values[k]) == 0;
    if (same) return cell;
  }
  return NULL;
}

// Also with its sides turned, which turns the bound over.
static bool is_same(const struct question *a, const struct question *b) {
  if (a->cells[0] == b->cells[0] && a->cells[1] == b->cells[1]) return a->bound == b->bound;
  return a->cells[0] == b->cells[1] && a->cells[1] == b->cells[0] && fabs(a->bound * b->bound - 1) < 1e-9;
}

static void ask(struct questions *questions, const json_t *a, const json_t *b, const json_t *winner, double bound) {
  struct question question = {.cells = {planned(questions, a), planned(questions, b)}, .bound = bound};
  if (!question.cells[0] || !question.cells[1] || questions->count == DUELS_MAX) return;
  if (winner) {
    question.panel = json_text(winner, "panel");
    question.x = json_text(winner, "x");
  }
  for (size_t i = 0; i < questions->count; i++)
    if (is_same(&questions->list[i], &question)) return;
  questions->list[questions->count++] = question;
}

static void ask_about_point(struct questions *questions, const json_t *winner) {
  const char *tied = json_string_value(json_array_get(json_object_get(winner, "tied"), 0));
  if (!tied) return;
  ask(questions, cell_at(questions, winner, json_text(winner, "engine")), cell_at(questions, winner, tied), winner, 1);
}

// Every point of the claim that is open.
static int ask_about_claim(struct questions *questions) {
  const json_t *verdict = json_object_get(questions->experiment, "verdict");
  struct verdict_trial trial = {.run = questions->run,
                                .experiment = questions->experiment,
                                .tests = json_object_get(verdict, "tests"),
                                .metric = metric_find(json_text(json_object_get(questions->experiment, "chart"), "y")),
                                .floor = noise_floor_of(questions->experiment)};
  int code = json_array_size(trial.tests) && trial.metric ? verdict_points_find(&trial) : 0;
  for (size_t i = 0; i < trial.count && !code; i++) {
    const struct verdict_point *point = &trial.points[i];
    if (point->state == POINT_OPEN) ask(questions, point->cells[0], point->cells[1], NULL, point->bound);
  }
  verdict_points_free(&trial);
  return code;
}

static int ask_all(struct questions *questions) {
  const json_t *winners = json_object_get(questions->experiment, "winners"), *winner;
  const char *panel, *x;
  size_t i;
  finding_main_point(questions->experiment, &panel, &x);
  json_array_foreach(winners, i, winner) {
    if (strcmp(json_text(winner, "x"), x) == 0 && strcmp(json_text(winner, "panel"), panel) == 0)
      ask_about_point(questions, winner);
  }
  int code = ask_about_claim(questions);
  json_array_foreach(winners, i, winner) { ask_about_point(questions, winner); }
  return code;
}

static json_t *pairs_to_json(const struct duel_result *result) {
  json_t *pairs = json_array();
  for (unsigned i = 0; i < result->pairs && pairs; i++)
    if (json_array_append_new(pairs, json_real(exp(result->pair_logs[i])))) return json_decref(pairs), NULL;
  return pairs;
}

// The first cell is side B of the duel, whose ratios are B's over A's.
static json_t *duel_to_json(const struct questions *questions, const struct question *question,
                            const struct duel_result *result, double floor, double seconds) {
  const bool fought = result->pairs > 0, ended = result->outcome == OUTCOME_OK;
  return json_pack("{s:s, s:[s, s], s:s, s:s?, s:s?, s:f, s:s, s:s?, s:o, s:o, s:o, s:o, s:f, s:o, s:f}", "experiment",
                   json_text(questions->experiment, "name"), "cells", question->cells[0]->id, question->cells[1]->id,
                   "about", question->x ? "winner" : "claim", "panel", question->panel, "x", question->x, "bound",
                   question->bound, "status", sample_outcome_name(result->outcome), "reason",
                   ended ? NULL : result->reason, "pairs", pairs_to_json(result), "pinned",
                   fought ? json_boolean(result->pinned) : json_null(), "slice_ms",
                   fought ? json_real((double)result->slice_ns / 1e6) : json_null(), "blocks",
                   fought ? json_integer(result->blocks) : json_null(), "floor", floor, "ops_per_s",
                   ended ? json_pack("[f, f]", result->rates[1], result->rates[0]) : json_null(), "seconds", seconds);
}

static struct duel duel_of(const struct schedule *schedule, const struct question *question, char sets[2][32]) {
  const struct profile *profile = schedule->plan->options.profile;
  struct duel duel = {.read_only = true,
                      .pairs = profile->duel_pairs,
                      .seconds = profile->duel_seconds,
                      .warmup = plan_duel_warmup(),
                      .level = 0.99,
                      .seed = schedule->plan->options.seed,
                      .folder = schedule->folder,
                      .interrupt = schedule->interrupt,
                      .run = schedule->pair};
  for (unsigned side = 0; side < 2; side++) {
    const struct plan_cell *cell = question->cells[1 - side];
    schedule_set_name(cell->set, sets[side]);
    duel.read_only = duel.read_only && cell->data == PLAN_SHARED;
    duel.floor = fmax(duel.floor, duel_floor(&cell->settings));
    duel.sides[side] = (struct duel_side){
        .program = "/proc/self/exe", .settings = cell->settings, .set = cell->data == PLAN_NO_DATA ? NULL : sets[side]};
  }
  return duel;
}

static void count_time(struct shares *shares, const struct duel_result *result, double seconds) {
  const double timed = (double)result->pairs * result->blocks * PAIR_SLICES * (double)result->slice_ns / 1e9;
  shares->duels += seconds;
  shares->duels_timed += fmin(timed, seconds);
}

static int hold(const struct schedule *schedule, const struct questions *questions, const struct question *question,
                struct schedule_outcome *outcome, struct error *error) {
  char sets[2][32];
  struct duel_result result = {0};
  struct duel duel = duel_of(schedule, question, sets);
  struct error why;
  const uint64_t start = clock_ns();
  if (plan_duel_possible(schedule->plan, question->cells[0], question->cells[1], &why)) {
    result.outcome = OUTCOME_SKIPPED;
    snprintf(result.reason, sizeof result.reason, "%s", why.text);
  } else if (!duel_run(&duel, &result)) {
    if (result.pairs == 0) return 0;
    result.outcome = OUTCOME_SKIPPED;
    snprintf(result.reason, sizeof result.reason, "the run was stopped after %u of %u pairs", result.pairs, duel.pairs);
  }
  const double seconds = (double)(clock_ns() - start) / 1e9;
  count_time(&outcome->shares, &result, seconds);
  json_t *json = duel_to_json(questions, question, &result, duel.floor, seconds);
  int code = json ? results_append_duel(schedule->results, json, error)
                  : error_set(error, -ENOMEM, "%s: memory is short", question->cells[0]->id);
  json_decref(json);
  return code;
}

int schedule_duels(const struct schedule *schedule, const json_t *judged, double *seconds,
                   struct schedule_outcome *outcome, struct error *error) {
  struct questions questions = {.plan = schedule->plan, .run = judged};
  questions.experiment = json_array_get(json_object_get(judged, "experiments"), 0);
  int code = ask_all(&questions);
  if (code) error_set(error, code, "memory is short; run fewer experiments");
  for (size_t i = 0; i < questions.count && !code && !interrupt_seen(schedule->interrupt); i++) {
    const struct question *question = &questions.list[i];
    struct error ignored;
    bool possible = plan_duel_possible(schedule->plan, question->cells[0], question->cells[1], &ignored) == 0;
    double cost = possible ? plan_duel_cost(schedule->plan, question->cells[0], question->cells[1]) : 0;
    if (cost > *seconds) continue;
    progress_step(schedule->progress, 0, "paired slices");
    const double before = outcome->shares.duels;
    code = hold(schedule, &questions, question, outcome, error);
    *seconds -= fmax(cost, outcome->shares.duels - before);
    progress_step(schedule->progress, cost, "paired slices");
  }
  return code;
}
