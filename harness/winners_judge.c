// SPDX-License-Identifier: MIT
// Who beats whom. Ratios are of pairs from the same repetition, so that a drift of the machine hits both sides.
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/duels.h"
#include "harness/results_file.h"
#include "harness/winners.h"
#include "harness/winners_internal.h"

enum { PAIRS_MAX = 1024 };
static const double error_rate = 0.05;  // of claims that are wrong

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

int winners_ratio(const json_t *a, const json_t *b, const struct metric *metric, double floor, struct ratio *ratio) {
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
  return pairs ? statistics_ratio(of_a, of_b, pairs, floor, ratio) : -ENODATA;
}

// How many times better cells[a] is than cells[b]: above 1 when a wins, whichever direction is better.
static int compare_cells(const struct contest *contest, size_t a, size_t b, struct ratio *ratio) {
  const struct metric *metric = contest->metric;
  const json_t *better = contest->cells[metric->higher_is_better ? a : b];
  const json_t *worse = contest->cells[metric->higher_is_better ? b : a];
  return winners_ratio(better, worse, metric, contest->floor, ratio);
}

int winners_lead(const struct contest *contest, size_t other, struct ratio *ratio) {
  return compare_cells(contest, 0, other, ratio);
}

static bool won_duel(const struct outcome *outcome) { return outcome->rival && outcome->duel.shown; }

static bool beats(const struct contest *contest, size_t other, struct ratio *ratio) {
  return compare_cells(contest, 0, other, ratio) == 0 && ratio->shown && ratio->ratio > 1;
}

// The first cell was chosen because it looked best, out of all pairs that could have looked so: its comparisons are
// corrected for them all (Holm). 0 or -ENOMEM.
static int correct(const struct contest *contest, struct outcome *outcome) {
  size_t pairs = contest->count * (contest->count - 1) / 2, i = 0;
  double *p = malloc(pairs * sizeof *p);
  struct ratio ratio;
  if (!p) return -ENOMEM;
  for (size_t a = 0; a < contest->count; a++)  // those of the first cell come first
    for (size_t b = a + 1; b < contest->count; b++) p[i++] = compare_cells(contest, a, b, &ratio) ? 1 : ratio.p;
  int code = statistics_holm(p, pairs);
  for (i = 1; i < contest->count; i++)
    outcome->beaten[i] = outcome->beaten[i] && (p[i - 1] <= error_rate || (won_duel(outcome) && i == outcome->rival));
  free(p);
  return code;
}

static const char *id_of(const struct contest *contest, size_t cell) { return json_text(contest->cells[cell], "id"); }

static void to_front(struct contest *contest, size_t from) {
  const json_t *cell = contest->cells[from];
  memmove(contest->cells + 1, contest->cells, from * sizeof *contest->cells);
  contest->cells[0] = cell;
}

// The duel of two that repetitions could not tell apart, if one was fought: its winner comes first.
static void take_duel(struct contest *contest, struct outcome *outcome) {
  struct ratio duel;
  for (size_t i = 1; i < contest->count && !outcome->rival; i++) {
    if (outcome->beaten[i] || duels_about(contest->run, id_of(contest, 0), id_of(contest, i), 1, &duel)) continue;
    outcome->rival = i;
    if (duel.shown && duel.ratio < 1) {
      to_front(contest, i);
      outcome->rival = 1;
      (void)duels_about(contest->run, id_of(contest, 0), id_of(contest, 1), 1, &duel);
    }
    outcome->duel = duel;
  }
}

// The only winner is the one that beats every other, each by its own 95% interval, or in a duel: that all must agree is
// correction enough (an intersection-union test). Where one is tied, what is said of the rest is one claim picked from
// many.
static int judge(const struct contest *contest, struct outcome *outcome) {
  struct ratio ratio;
  outcome->ties = 0;
  for (size_t i = 1; i < contest->count; i++) {
    outcome->beaten[i] = beats(contest, i, &ratio) || (won_duel(outcome) && i == outcome->rival);
    outcome->ties += !outcome->beaten[i];
  }
  if (!outcome->ties) return 0;
  if (correct(contest, outcome)) return -ENOMEM;
  outcome->ties = 0;
  for (size_t i = 1; i < contest->count; i++) outcome->ties += !outcome->beaten[i];
  return 0;
}

int winners_judge(struct contest *contest, struct outcome *outcome) {
  *outcome = (struct outcome){0};
  int code = judge(contest, outcome);
  if (!code && outcome->ties) {
    take_duel(contest, outcome);
    if (won_duel(outcome)) code = judge(contest, outcome);
  }
  for (size_t i = 1; i < contest->count && !outcome->over; i++)
    if (outcome->beaten[i]) outcome->over = i;
  if (code || !outcome->over) return code;
  outcome->paired = won_duel(outcome) && outcome->over == outcome->rival;
  if (outcome->paired) outcome->ratio = outcome->duel;
  return !outcome->paired && compare_cells(contest, 0, outcome->over, &outcome->ratio) ? -ENOMEM : 0;
}
