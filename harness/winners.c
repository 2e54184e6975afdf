// SPDX-License-Identifier: MIT
// Winners: for each panel and x value the best series, the ones it cannot be told from, and the first that it beats.
// Ratios are of pairs from the same repetition, so that a drift of the machine hits both sides.
#include "harness/winners.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/results_file.h"

enum { SERIES_MAX = 64, PAIRS_MAX = 1024, TEXT_MAX = 1024 };

struct contest {
  const json_t *experiment;
  const struct metric *metric;
  const char *x_key, *series_key, *panel_key;
  const char *x, *panel;
  size_t count;
  const json_t *cells[SERIES_MAX];  // the best first
};

struct outcome {
  size_t ties;  // series after the best that it cannot be told from
  bool beats;   // cells[ties + 1] is beaten by `ratio`
  struct ratio ratio;
};

static const char *point(const json_t *cell, const char *key) { return json_text(json_object_get(cell, "point"), key); }

static double median(const json_t *cell, const struct metric *metric) {
  return json_real_or_nan(json_object_get(json_object_get(cell, "summary"), metric->name), "median");
}

static bool counted(const json_t *sample) { return json_is_true(json_object_get(sample, "counted")); }

// The value of `cell` in that repetition, NAN if there is none.
static double value_in(const json_t *cell, json_int_t repetition, const struct metric *metric) {
  const json_t *sample;
  size_t i;
  json_array_foreach(json_object_get(cell, "samples"), i, sample) {
    if (!counted(sample) || json_integer_value(json_object_get(sample, "repetition")) != repetition) continue;
    double value = metric_value(metric, sample);
    if (isfinite(value)) return value;
  }
  return NAN;
}

int winners_ratio(const json_t *a, const json_t *b, const struct metric *metric, struct ratio *ratio) {
  double of_a[PAIRS_MAX], of_b[PAIRS_MAX];
  size_t pairs = 0, i;
  const json_t *sample;
  json_array_foreach(json_object_get(a, "samples"), i, sample) {
    double x = counted(sample) ? metric_value(metric, sample) : NAN;
    double y = isfinite(x) ? value_in(b, json_integer_value(json_object_get(sample, "repetition")), metric) : NAN;
    if (!(x > 0) || !(y > 0) || pairs == PAIRS_MAX) continue;
    of_a[pairs] = x;
    of_b[pairs++] = y;
  }
  return pairs ? statistics_ratio(of_a, of_b, pairs, WINNERS_FLOOR, ratio) : -ENODATA;
}

// How many times better `a` is than `b`: above 1 when a wins, whichever direction is better.
static int compare_cells(const json_t *a, const json_t *b, const struct metric *metric, struct ratio *ratio) {
  return metric->higher_is_better ? winners_ratio(a, b, metric, ratio) : winners_ratio(b, a, metric, ratio);
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

static void enter_cells(struct contest *contest, const json_t *run) {
  const char *name = json_text(contest->experiment, "name");
  const json_t *cell;
  size_t i;
  contest->count = 0;
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    if (strcmp(json_text(cell, "experiment"), name) != 0 || strcmp(json_text(cell, "status"), "ok") != 0) continue;
    if (strcmp(json_text(cell, "spec"), "null") == 0) continue;  // prices the harness, is no store
    if (strcmp(point(cell, contest->x_key), contest->x) != 0) continue;
    if (*contest->panel_key && strcmp(point(cell, contest->panel_key), contest->panel) != 0) continue;
    insert_cell(contest, cell);
  }
}

static struct outcome judge(const struct contest *contest) {
  struct outcome outcome = {0};
  for (; outcome.ties + 1 < contest->count; outcome.ties++) {
    const json_t *other = contest->cells[outcome.ties + 1];
    int code = compare_cells(contest->cells[0], other, contest->metric, &outcome.ratio);
    outcome.beats = !code && outcome.ratio.shown && outcome.ratio.ratio > 1;
    if (outcome.beats) break;
  }
  return outcome;
}

__attribute__((format(printf, 2, 3))) static void append(char *text, const char *format, ...) {
  size_t length = strlen(text);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text + length, TEXT_MAX - length, format, arguments);
  va_end(arguments);
}

// "mmap" for engines, "sync=always" for other series.
static void append_series(char *text, const struct contest *contest, size_t i) {
  const char *value = point(contest->cells[i], contest->series_key);
  if (strcmp(contest->series_key, "engine") == 0)
    append(text, "%s", value);
  else
    append(text, "%s=%s", contest->series_key, value);
}

static void append_leaders(char *text, const struct contest *contest, size_t leaders) {
  for (size_t i = 0; i < leaders; i++) {
    if (i) append(text, i + 1 == leaders ? " and " : ", ");
    append_series(text, contest, i);
  }
}

// As many digits as the number deserves: 1.07, 3.1, 12.
static void append_number(char *text, double number) {
  append(text, "%.*f", number < 1.995 ? 2 : number < 9.95 ? 1 : 0, number);
}

static void append_ratio(char *text, const struct contest *contest, const struct outcome *outcome) {
  append_number(text, outcome->ratio.ratio);
  append(text, "x %s than ", contest->metric->comparative);
  append_series(text, contest, outcome->ties + 1);
}

static void append_interval(char *text, const struct ratio *ratio) {
  append(text, " (");
  append_number(text, ratio->low);
  append(text, "-");
  append_number(text, ratio->high);
  append(text, "x)");
}

static void append_point(char *text, const char *key, const char *value) {
  if (!*key) return;
  append(text, ", ");
  for (; *key; key++) append(text, "%c", *key == '_' ? ' ' : *key);
  append(text, " %s", value);
}

static void describe(char *text, const struct contest *contest, const struct outcome *outcome) {
  text[0] = '\0';
  if (contest->count < 2) {
    append(text, "nothing to compare: fewer than two stores were measured");
    return;
  }
  if (outcome->ties) append(text, "~ no difference shown between ");
  append_leaders(text, contest, outcome->ties + 1);
  if (!outcome->beats) return;
  if (outcome->ties) {
    append(text, "; ");
    append_series(text, contest, 0);
  }
  append(text, " is ");
  append_ratio(text, contest, outcome);
  append_interval(text, &outcome->ratio);
}

static json_t *ties_to_json(const struct contest *contest, const struct outcome *outcome) {
  json_t *tied = json_array();
  for (size_t i = 1; i <= outcome->ties && i < contest->count; i++)
    if (json_array_append_new(tied, json_string(point(contest->cells[i], contest->series_key))))
      return json_decref(tied), NULL;
  return tied;
}

static json_t *winner_to_json(const struct contest *contest, const struct outcome *outcome) {
  char text[TEXT_MAX];
  describe(text, contest, outcome);
  const char *best = contest->count ? point(contest->cells[0], contest->series_key) : NULL;
  const char *over = outcome->beats ? point(contest->cells[outcome->ties + 1], contest->series_key) : NULL;
  const struct ratio *ratio = &outcome->ratio;
  json_t *number[3] = {json_null(), json_null(), json_null()};
  if (outcome->beats) {
    number[0] = json_real(ratio->ratio);
    number[1] = json_real(ratio->low);
    number[2] = json_real(ratio->high);
  }
  return json_pack("{s:s, s:s, s:s?, s:o, s:s?, s:o, s:o, s:o, s:b, s:s}", "panel", contest->panel, "x", contest->x,
                   "engine", best, "tied", ties_to_json(contest, outcome), "over", over, "ratio", number[0], "low",
                   number[1], "high", number[2], "shown", (int)(outcome->beats && outcome->ties == 0), "text", text);
}

static const char *verb(const json_t *run, const json_t *experiment) {
  static const struct {
    const char *operation, *verb;
  } verbs[] = {{"get", "read"},  {"peek", "read"},     {"scan", "scan"},
               {"fill", "load"}, {"update", "update"}, {"delete", "delete"}};
  const json_t *cell;
  size_t i;
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    if (strcmp(json_text(cell, "experiment"), json_text(experiment, "name")) != 0) continue;
    for (size_t v = 0; v < sizeof verbs / sizeof verbs[0]; v++)
      if (strcmp(json_text(cell, "operation"), verbs[v].operation) == 0) return verbs[v].verb;
    break;
  }
  return "run";
}

// One sentence, which heads the chart.
static void state_finding(char *text, const char *verb_, const struct contest *contest, const struct outcome *outcome) {
  text[0] = '\0';
  if (outcome->ties) {
    append(text, "No difference shown between ");
    append_leaders(text, contest, outcome->ties + 1);
    if (outcome->beats) append(text, "; ");
  }
  if (outcome->beats) {
    append_series(text, contest, 0);
    append(text, " %ss ", verb_);
    append_ratio(text, contest, outcome);
  }
  append_point(text, contest->x_key, contest->x);
  append_point(text, contest->panel_key, contest->panel);
  if (outcome->beats) append_interval(text, &outcome->ratio);
}

// The most telling point heads the chart: a clear winner before a tie of leaders before no difference, and among equals
// the larger ratio.
static double weight(const struct outcome *outcome) {
  if (!outcome->beats) return 0;
  return outcome->ties ? outcome->ratio.ratio : 1e6 * outcome->ratio.ratio;
}

static const json_t *axis_values(const json_t *experiment, const char *key) {
  const json_t *axis;
  size_t i;
  json_array_foreach(json_object_get(experiment, "axes"), i, axis) {
    if (strcmp(json_text(axis, "key"), key) == 0) return json_object_get(axis, "values");
  }
  return NULL;
}

struct search {
  const json_t *run;
  struct contest contest;
  json_t *winners;
  double best;
  char finding[TEXT_MAX];
};

static int hold_contest(struct search *search, const char *panel, const char *x) {
  struct contest *contest = &search->contest;
  contest->panel = panel;
  contest->x = x;
  enter_cells(contest, search->run);
  const struct outcome outcome = judge(contest);
  if (contest->count >= 2 && weight(&outcome) > search->best) {
    search->best = weight(&outcome);
    state_finding(search->finding, verb(search->run, contest->experiment), contest, &outcome);
  }
  return json_array_append_new(search->winners, winner_to_json(contest, &outcome)) ? -ENOMEM : 0;
}

static int hold_contests(struct search *search) {
  const json_t *xs = axis_values(search->contest.experiment, search->contest.x_key), *x;
  const json_t *panels = axis_values(search->contest.experiment, search->contest.panel_key);
  size_t i, p = 0;
  int code = 0;
  do {
    json_array_foreach(xs, i, x) {
      const char *panel = json_string_value(json_array_get(panels, p));
      if (!code) code = hold_contest(search, panel ? panel : "", json_string_value(x));
    }
  } while (++p < json_array_size(panels));
  return code;
}

int winners_find(const json_t *run, json_t *experiment) {
  const json_t *chart = json_object_get(experiment, "chart");
  struct search search = {.run = run, .winners = json_array(), .best = -1};
  search.contest = (struct contest){.experiment = experiment,
                                    .metric = metric_find(json_text(chart, "y")),
                                    .x_key = json_text(chart, "x"),
                                    .series_key = json_text(chart, "series"),
                                    .panel_key = json_text(chart, "panel")};
  snprintf(search.finding, sizeof search.finding, "Nothing to compare: fewer than two stores were measured");
  if (!search.winners || !search.contest.metric) {
    json_decref(search.winners);
    return search.winners ? -EINVAL : -ENOMEM;
  }
  int code = hold_contests(&search);
  if (json_object_set_new(experiment, "winners", search.winners)) return -ENOMEM;
  if (json_object_set_new(experiment, "finding", json_string(search.finding))) return -ENOMEM;
  return code;
}
