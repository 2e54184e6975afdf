// SPDX-License-Identifier: MIT
// Winners: for each panel and x value the best series, the ones it cannot be told from, and the first that it beats.
#include "harness/winners.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/noise_floor.h"
#include "harness/results_file.h"
#include "harness/winners_internal.h"

static double median(const json_t *cell, const struct metric *metric) {
  return json_real_or_nan(json_object_get(json_object_get(cell, "summary"), metric->name), "median");
}

static void insert_cell(struct contest *contest, const json_t *cell) {
  double value = median(cell, contest->metric);
  if (!(value > 0) || contest->count == SERIES_MAX) return;
  size_t at = contest->count++;
  for (; at > 0; at--) {
    double other = median(contest->cells[at - 1], contest->metric);
    if (contest->metric->higher_is_better ? other >= value : other <= value) break;
    contest->cells[at] = contest->cells[at - 1];
  }
  contest->cells[at] = cell;
}

// In a chart of steps that of x, and the one that it is a step up from.
static bool is_at_x(const struct contest *contest, const json_t *cell) {
  const char *x = winners_point(cell, contest->x_key);
  return strcmp(x, contest->x) == 0 || (contest->step_from && strcmp(x, contest->step_from) == 0);
}

void winners_enter(struct contest *contest) {
  const char *name = json_text(contest->experiment, "name");
  const json_t *cell;
  size_t i;
  contest->count = 0;
  json_array_foreach(json_object_get(contest->run, "cells"), i, cell) {
    if (strcmp(json_text(cell, "experiment"), name) != 0 || strcmp(json_text(cell, "status"), "ok") != 0) continue;
    if (!json_is_store(cell)) continue;
    if (contest->plain && strchr(json_text(cell, "spec"), ':')) continue;
    if (!is_at_x(contest, cell)) continue;
    if (*contest->panel_key && strcmp(winners_point(cell, contest->panel_key), contest->panel) != 0) continue;
    insert_cell(contest, cell);
  }
}

static const char *name_of(const struct contest *contest, size_t cell) {
  return winners_point(contest->cells[cell], winners_name_key(contest));
}

static json_t *ties_to_json(const struct contest *contest, const struct outcome *outcome) {
  json_t *tied = json_array();
  for (size_t i = 1; i < contest->count; i++)
    if (!outcome->beaten[i] && json_array_append_new(tied, json_string(name_of(contest, i))))
      return json_decref(tied), NULL;
  return tied;
}

// The duel that was fought where repetitions showed no difference, null if none was.
static json_t *duel_to_json(const struct contest *contest, const struct outcome *outcome) {
  const struct ratio *duel = &outcome->duel;
  if (!outcome->rival) return json_null();
  return json_pack("{s:s, s:f, s:f, s:f, s:b}", "against", name_of(contest, outcome->rival), "ratio", duel->ratio,
                   "low", duel->low, "high", duel->high, "shown", duel->shown);
}

static json_t *winner_to_json(const struct contest *contest, const struct outcome *outcome) {
  char text[TEXT_MAX];
  winners_describe(text, contest, outcome);
  const char *best = contest->count ? name_of(contest, 0) : NULL;
  const char *over = outcome->over ? name_of(contest, outcome->over) : NULL;
  const struct ratio *ratio = &outcome->ratio;
  json_t *number[3] = {json_null(), json_null(), json_null()};
  if (outcome->over) {
    number[0] = json_real(ratio->ratio);
    number[1] = json_real(ratio->low);
    number[2] = json_real(ratio->high);
  }
  return json_pack("{s:s, s:s, s:s?, s:o, s:s?, s:o, s:o, s:o, s:b, s:o, s:s}", "panel", contest->panel, "x",
                   contest->x, "engine", best, "tied", ties_to_json(contest, outcome), "over", over, "ratio", number[0],
                   "low", number[1], "high", number[2], "shown", (int)(outcome->over && outcome->ties == 0), "duel",
                   duel_to_json(contest, outcome), "text", text);
}

const json_t *winners_axis(const json_t *experiment, const char *key) {
  const json_t *axis;
  size_t i;
  json_array_foreach(json_object_get(experiment, "axes"), i, axis) {
    if (strcmp(json_text(axis, "key"), key) == 0) return json_object_get(axis, "values");
  }
  return NULL;
}

const char *winners_step_from(const json_t *experiment, const char *key, const char *x) {
  const json_t *xs = winners_axis(experiment, key);
  for (size_t i = 1; i < json_array_size(xs); i++)
    if (strcmp(json_string_value(json_array_get(xs, i)), x) == 0) return json_string_value(json_array_get(xs, i - 1));
  return NULL;
}

static int hold_contest(struct contest *contest, const char *panel, const char *x, json_t *winners) {
  struct outcome outcome;
  contest->panel = panel;
  contest->x = x;
  winners_enter(contest);
  if (winners_judge(contest, &outcome)) return -ENOMEM;
  return json_array_append_new(winners, winner_to_json(contest, &outcome)) ? -ENOMEM : 0;
}

static int hold_contests(struct contest *contest, json_t *winners) {
  const json_t *xs = winners_axis(contest->experiment, contest->x_key), *x;
  const json_t *panels = winners_axis(contest->experiment, contest->panel_key);
  size_t i, p = 0;
  int code = 0;
  do {
    const char *panel = json_string_value(json_array_get(panels, p));
    if (!xs) code = hold_contest(contest, panel ? panel : "", "", winners);  // a timeline has no x but seconds
    json_array_foreach(xs, i, x) {
      if (contest->steps)
        contest->step_from = winners_step_from(contest->experiment, contest->x_key, json_string_value(x));
      if (contest->steps && !contest->step_from) continue;  // the first is no step
      if (!code) code = hold_contest(contest, panel ? panel : "", json_string_value(x), winners);
    }
  } while (!code && ++p < json_array_size(panels));
  return code;
}

int winners_contest_of(const json_t *run, const json_t *experiment, struct contest *contest) {
  const json_t *chart = json_object_get(experiment, "chart");
  *contest = (struct contest){.run = run,
                              .experiment = experiment,
                              .metric = metric_find(json_text(chart, "y")),
                              .x_key = json_text(chart, "x"),
                              .series_key = json_text(chart, "series"),
                              .panel_key = json_text(chart, "panel"),
                              .steps = strcmp(json_text(chart, "shape"), "steps") == 0,
                              .floor = noise_floor_of(experiment)};
  return contest->metric ? 0 : -EINVAL;
}

int winners_find(const json_t *run, json_t *experiment) {
  json_t *winners = json_array();
  struct contest contest;
  int code = winners ? winners_contest_of(run, experiment, &contest) : -ENOMEM;
  if (code) {
    json_decref(winners);
    return code;
  }
  struct noise_floor noise;
  code = noise_floor_measure(run, experiment, contest.metric, &noise);
  contest.floor = noise.floor;
  if (!code) code = hold_contests(&contest, winners);
  if (json_object_set_new(experiment, "noise_floor", noise_floor_to_json(&noise))) code = -ENOMEM;
  return json_object_set_new(experiment, "winners", winners) ? -ENOMEM : code;
}
