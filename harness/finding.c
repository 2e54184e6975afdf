// SPDX-License-Identifier: MIT
// Which of all that was shown is worth the headline.
#include "harness/finding.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/results_file.h"
#include "harness/statistics.h"
#include "harness/verdict.h"
#include "harness/winners.h"
#include "harness/winners_internal.h"
#include "workloads/experiment.h"

enum { PAIRS_LEAST = 3 };
#define INTERVAL_LEVEL 0.95

static const char nothing[] = "Nothing to compare: fewer than two stores were measured";

static const char *verb(const json_t *run, const json_t *experiment) {
  static const struct {
    const char *operation, *verb;
  } verbs[] = {{"get", "read"},  {"peek", "read"},     {"scan", "scan"},
               {"fill", "load"}, {"update", "update"}, {"delete", "delete"}};
  const json_t *cell, *axis;
  size_t i;
  json_array_foreach(json_object_get(experiment, "axes"), i, axis) {
    if (strcmp(json_text(axis, "key"), "operation") == 0) return "run";  // each cell has its own
  }
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    if (strcmp(json_text(cell, "experiment"), json_text(experiment, "name")) != 0) continue;
    for (size_t v = 0; v < sizeof verbs / sizeof verbs[0]; v++)
      if (strcmp(json_text(cell, "operation"), verbs[v].operation) == 0) return verbs[v].verb;
    break;
  }
  return "run";
}

// The value of `axis` that the claim's first cell names, as the experiment's own text; NULL if it names none.
static const char *claimed(const json_t *experiment, const char *axis) {
  const json_t *tests = json_object_get(json_object_get(experiment, "verdict"), "tests"), *value;
  const char *side = json_text(json_array_get(tests, 0), "over");
  char text[512], *rest = text, *word;
  size_t length = strlen(axis), i;
  snprintf(text, sizeof text, "%s", side);
  while ((word = strsep(&rest, " \t"))) {
    if (strncmp(word, axis, length) != 0 || word[length] != '=') continue;
    json_array_foreach(winners_axis(experiment, axis), i, value) {
      if (strcmp(json_string_value(value), word + length + 1) == 0) return json_string_value(value);
    }
  }
  return NULL;
}

void finding_main_point(const json_t *experiment, const char **panel, const char **x) {
  const json_t *chart = json_object_get(experiment, "chart");
  const char *x_key = json_text(chart, "x"), *panel_key = json_text(chart, "panel");
  const json_t *xs = winners_axis(experiment, x_key), *panels = winners_axis(experiment, panel_key);
  *x = *x_key ? claimed(experiment, x_key) : NULL;
  if (!*x) *x = json_string_value(json_array_get(xs, json_array_size(xs) - 1));
  if (!*x) *x = "";
  *panel = *panel_key ? claimed(experiment, panel_key) : NULL;
  if (!*panel) *panel = json_string_value(json_array_get(panels, 0));
  if (!*panel) *panel = "";
}

static void add_word(char *text, const char *word) {
  size_t length = strlen(text);
  snprintf(text + length, CLAIM_MAX - length, "%s%s", length ? ", " : "", word);
}

static bool has_word(const char *side, const char *word) {
  size_t length = strlen(word);
  for (const char *at = side; (at = strstr(at, word)); at++)
    if ((at == side || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) return true;
  return false;
}

// Takes "mmap sync=always" apart: the engine, and settings that the other side has too or not.
static void read_side(const char *side, const char *other, char *name, char *differs, char *common) {
  char text[512], *rest = text, *word;
  snprintf(text, sizeof text, "%s", side);
  while ((word = strsep(&rest, " \t"))) {
    size_t length = strcspn(word, "=:");
    if (!*word) continue;
    if (word[length] != '=')
      snprintf(name, CLAIM_MAX, "%s", word);
    else if (!has_word(other, word))
      add_word(differs, word);
    else if (common)
      add_word(common, word);
  }
}

static size_t pairs_of(const json_t *point) { return (size_t)json_integer_value(json_object_get(point, "n")); }

// Whether a difference that was picked for being the largest of so many is one: its interval has to exclude 1 also when
// it is widened for having looked at them all (Bonferroni).
static bool stands_out(const struct ratio *ratio, double floor, size_t looked_at) {
  if (ratio->n < PAIRS_LEAST || !(ratio->low > 1 || ratio->high < 1)) return false;
  const double freedom = (double)ratio->n - 1, widened = 1 - (1 - INTERVAL_LEVEL) / (double)looked_at;
  const double half = log(ratio->high / ratio->low) / 2 / statistics_t_quantile(freedom, INTERVAL_LEVEL);
  return fabs(log(ratio->ratio)) > fmax(log1p(floor), half * statistics_t_quantile(freedom, widened));
}

static const json_t *test_of(const struct contest *contest, const json_t *point) {
  const json_t *tests = json_object_get(json_object_get(contest->experiment, "verdict"), "tests");
  return json_array_get(tests, (size_t)json_integer_value(json_object_get(point, "test")));
}

// The largest floor of the experiment's duels: a point does not say which of them decided it.
static double duel_floor(const struct contest *contest) {
  const json_t *duel;
  double floor = 0;
  size_t i;
  json_array_foreach(json_object_get(contest->run, "duels"), i, duel) {
    if (strcmp(json_text(duel, "experiment"), json_text(contest->experiment, "name")) == 0)
      floor = fmax(floor, json_real_or_nan(duel, "floor"));
  }
  return floor;
}

// Whether a duel shows who is faster. Its interval has been corrected for the other duels. One about that very question
// has been answered; one about another bound still has to be beyond the floor.
static bool duel_shows(const struct contest *contest, const json_t *point, const struct ratio *ratio) {
  const char *holds = json_text(test_of(contest, point), "holds");
  if (!(ratio->low > 1 || ratio->high < 1)) return false;
  if (*holds && strtod(holds + 1, NULL) == 1) return strcmp(json_text(point, "outcome"), verdict_not_shown) != 0;
  return fabs(log(ratio->ratio)) > log1p(duel_floor(contest));
}

// Whether a point of the claim shows a difference between its cells, whatever is claimed of its size.
static bool shows(const struct contest *contest, const json_t *point, size_t looked_at) {
  const struct ratio ratio = {.ratio = json_real_or_nan(point, "ratio"),
                              .low = json_real_or_nan(point, "low"),
                              .high = json_real_or_nan(point, "high"),
                              .n = pairs_of(point)};
  if (json_is_true(json_object_get(point, "paired"))) return duel_shows(contest, point, &ratio);
  return stands_out(&ratio, contest->floor, looked_at);
}

static void read_point(const struct contest *contest, const json_t *point, struct claim *claim) {
  const json_t *test = test_of(contest, point), *value;
  const char *sides[2] = {json_text(test, "over"), json_text(test, "under")}, *key;
  const double ratio = json_real_or_nan(point, "ratio"), low = json_real_or_nan(point, "low"),
               high = json_real_or_nan(point, "high");
  const bool first = (ratio > 1) == contest->metric->higher_is_better;
  *claim = (struct claim){.ratio = {.ratio = ratio, .low = low, .high = high}};
  if (ratio < 1) claim->ratio = (struct ratio){.ratio = 1 / ratio, .low = 1 / high, .high = 1 / low};
  for (int i = 0; i < 2; i++)
    read_side(sides[first ? i : 1 - i], sides[first ? 1 - i : i], claim->name[i], claim->differs[i],
              i ? NULL : claim->common);
  json_object_foreach(json_object_get(point, "at"), key, value) {
    char word[CLAIM_MAX];
    snprintf(word, sizeof word, "%s=%s", key, json_string_value(value));
    if (strcmp(key, "engine") == 0)
      for (int i = 0; i < 2; i++) snprintf(claim->name[i], CLAIM_MAX, "%s", json_string_value(value));
    else
      add_word(claim->common, word);
  }
}

// What the machine can do is no store, and wins nothing.
static bool is_of_bound(const struct contest *contest, const json_t *point) {
  return experiment_side_is_bound(json_text(test_of(contest, point), "under"));
}

// Nor does a contender, or null.
static bool wins_nothing(const struct contest *contest, const char *engine) {
  const json_t *cell;
  size_t i;
  json_array_foreach(json_object_get(contest->run, "cells"), i, cell) {
    if (strcmp(json_text(cell, "experiment"), json_text(contest->experiment, "name")) != 0) continue;
    if (strcmp(json_text(cell, "engine"), engine) == 0) return !json_is_store(cell);
  }
  return false;
}

// In how many ways try_point may find a difference among so many cells. Of more than two, one may beat all others, or
// any one another.
static size_t count_ways(size_t cells) { return cells < 2 ? 0 : cells == 2 ? 1 : 2; }

// The same of a contest: among all of its cells, and among the plain ones where those are others.
static size_t count_of_contest(struct contest contest, const json_t *winner) {
  if (contest.steps) return 1;
  contest.panel = json_text(winner, "panel");
  contest.x = json_text(winner, "x");
  contest.plain = false;
  winners_enter(&contest);
  const size_t all = contest.count;
  contest.plain = true;
  winners_enter(&contest);
  return count_ways(all) + (contest.count < all ? count_ways(contest.count) : 0);
}

// Points of the claim, and what contests may show.
static size_t count_looked_at(const struct contest *contest) {
  const json_t *points = json_object_get(json_object_get(contest->experiment, "verdict"), "points"), *point, *winner;
  size_t count = 0, i;
  json_array_foreach(json_object_get(contest->experiment, "winners"), i, winner) {
    count += count_of_contest(*contest, winner);
  }
  json_array_foreach(points, i, point) { count += !is_of_bound(contest, point) && pairs_of(point) >= PAIRS_LEAST; }
  return count;
}

// The largest difference between cells that a point of the claim shows, of a store that is ahead.
static bool read_claim(const struct contest *contest, size_t looked_at, struct claim *claim) {
  const json_t *points = json_object_get(json_object_get(contest->experiment, "verdict"), "points"), *point;
  double most = 0;
  size_t i;
  *claim = (struct claim){0};
  json_array_foreach(points, i, point) {
    const double size = fabs(log(json_real_or_nan(point, "ratio")));
    struct claim told;
    if (is_of_bound(contest, point) || !shows(contest, point, looked_at) || size <= most) continue;
    read_point(contest, point, &told);
    if (wins_nothing(contest, told.name[0])) continue;
    *claim = told;
    most = size;
  }
  return *claim->name[0] && *claim->name[1];
}

struct search {
  struct contest contest;
  const char *main_x, *main_panel, *verb;
  size_t looked_at;  // points of the claim, and what contests may show
  double best;
  char text[TEXT_MAX];
};

// A shown difference before none, plain engines before variants, the main point before others, a clear winner before
// leaders that are tied; among equals the larger ratio.
static double weight(const struct search *search, const struct outcome *outcome) {
  const struct contest *contest = &search->contest;
  const bool main = strcmp(contest->x, search->main_x) == 0 && strcmp(contest->panel, search->main_panel) == 0;
  const bool clear = outcome->ties == 0 && outcome->faints == 0;
  if (!outcome->over) return main ? 0.5 : 0;
  return 8e12 * contest->plain + 4e12 * main + 2e12 * clear + fmin(outcome->ratio.ratio, 1e12);
}

// What is looked at shares the errors that a headline may have. An only winner has one part for itself, since it has to
// beat all others besides. Where there is none, the difference is one picked from all pairs of the contest, which share
// a part. What does not stand out that far is faint: no factor is told of it, and it is not called tied, since the line
// of the contest says that it is slower. Duels are corrected for each other, at a stricter level.
static void keep_clear(const struct search *search, struct outcome *outcome) {
  const struct contest *contest = &search->contest;
  const struct outcome judged = *outcome;
  const size_t pairs = contest->count * (contest->count - 1) / 2;
  if (!judged.over) return;
  if (judged.ties == 0 && (judged.paired || stands_out(&judged.ratio, contest->floor, search->looked_at))) return;
  outcome->over = 0;
  for (size_t i = 1; i < contest->count; i++) {
    struct ratio ratio = judged.duel;
    const bool paired = judged.rival == i && judged.duel.shown;
    if (!judged.beaten[i]) continue;
    outcome->faint[i] =
        !paired && (winners_lead(contest, i, &ratio) || !stands_out(&ratio, contest->floor, pairs * search->looked_at));
    outcome->faints += outcome->faint[i];
    if (!outcome->faint[i] && !outcome->over) {
      outcome->over = i;
      outcome->ratio = ratio;
      outcome->paired = paired;
    }
  }
}

static int try_point(struct search *search, const char *panel, const char *x) {
  struct contest *contest = &search->contest;
  contest->panel = panel;
  contest->x = x;
  for (int plain = 0; plain < 2; plain++) {
    struct outcome outcome;
    contest->plain = plain;
    winners_enter(contest);
    if (winners_judge(contest, &outcome)) return -ENOMEM;
    keep_clear(search, &outcome);
    if (contest->count < 2 || weight(search, &outcome) <= search->best) continue;
    search->best = weight(search, &outcome);
    winners_state(search->text, search->verb, contest, &outcome);
  }
  return 0;
}

// Tries the step to x of the contest's panel: the largest gain of all is told, or that none of them is one.
static int try_step(struct search *search) {
  struct contest *contest = &search->contest;
  struct outcome outcome;
  winners_enter(contest);
  if (winners_judge(contest, &outcome)) return -ENOMEM;
  if (contest->count > 1 && search->best < 0) {
    search->best = 0;
    snprintf(search->text, sizeof search->text, "No step shows a gain");
  }
  if (!outcome.over || strcmp(winners_point(contest->cells[0], contest->x_key), contest->x) != 0) return 0;
  if (outcome.ratio.ratio <= search->best) return 0;
  if (!outcome.paired && !stands_out(&outcome.ratio, contest->floor, search->looked_at)) return 0;
  search->best = outcome.ratio.ratio;
  winners_state_step(search->text, contest, &outcome);
  return 0;
}

static int try_steps(struct search *search) {
  const json_t *experiment = search->contest.experiment, *winner;
  size_t i;
  int code = 0;
  json_array_foreach(json_object_get(experiment, "winners"), i, winner) {
    search->contest.panel = json_text(winner, "panel");
    search->contest.x = json_text(winner, "x");
    search->contest.step_from = winners_step_from(experiment, search->contest.x_key, search->contest.x);
    if (!code) code = try_step(search);
  }
  return code;
}

// Where one store has some of what is counted and the others none, there is no ratio to tell.
static void try_only_one(struct search *search) {
  const struct contest *contest = &search->contest;
  const json_t *cell, *only = NULL;
  size_t some = 0, none = 0, i;
  json_array_foreach(json_object_get(contest->run, "cells"), i, cell) {
    const json_t *summary = json_object_get(json_object_get(cell, "summary"), contest->metric->name);
    if (strcmp(json_text(cell, "experiment"), json_text(contest->experiment, "name")) != 0 || !summary) continue;
    if (!json_is_store(cell) || strcmp(winners_point(cell, contest->x_key), search->main_x) != 0) continue;
    if (*contest->panel_key && strcmp(winners_point(cell, contest->panel_key), search->main_panel) != 0) continue;
    const double median = json_real_or_nan(summary, "median");
    some += median > 0;
    none += median == 0;
    if (median > 0) only = cell;
  }
  if (some != 1 || none == 0) return;
  snprintf(search->text, sizeof search->text, "Only %s has %s, %s %s", winners_point(only, contest->series_key),
           contest->metric->label, contest->x_key, search->main_x);
}

int finding_choose(const json_t *run, json_t *experiment) {
  struct search search = {.best = -1, .verb = verb(run, experiment)};
  struct claim claim;
  const json_t *winner;
  size_t i;
  int code = winners_contest_of(run, experiment, &search.contest);
  if (code) return code;
  snprintf(search.text, sizeof search.text, "%s", nothing);
  finding_main_point(experiment, &search.main_panel, &search.main_x);
  search.looked_at = count_looked_at(&search.contest);
  if (search.contest.steps) {
    code = try_steps(&search);
  } else if (read_claim(&search.contest, search.looked_at, &claim)) {
    winners_state_claim(search.text, search.verb, &search.contest, &claim);
  } else {
    json_array_foreach(json_object_get(experiment, "winners"), i, winner) {
      if (!code) code = try_point(&search, json_text(winner, "panel"), json_text(winner, "x"));
    }
  }
  if (code) return code;
  if (strcmp(search.text, nothing) == 0) try_only_one(&search);
  return json_object_set_new(experiment, "finding", json_string(search.text)) ? -ENOMEM : 0;
}
