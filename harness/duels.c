// SPDX-License-Identifier: MIT
// Duels of a run: intervals, verdicts, and finding them by their cells.
#include "harness/duels.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "harness/duel.h"
#include "harness/duel_estimate.h"
#include "harness/results_file.h"

static const double error_rate = 0.01;

struct judged {
  json_t *duel;
  double bound, p;
  unsigned pairs;
  double logs[DUEL_PAIRS_MAX];
};

static const char *cell_of(const json_t *duel, size_t side) {
  const char *id = json_string_value(json_array_get(json_object_get(duel, "cells"), side));
  return id ? id : "";
}

static int set_estimate(json_t *duel, const struct duel_estimate *estimate, double level, bool shown) {
  json_t *part = estimate
                     ? json_pack("{s:f, s:f, s:f, s:f, s:f, s:b}", "ratio", estimate->ratio, "low", estimate->low,
                                 "high", estimate->high, "level", level, "p", estimate->p, "shown", (int)shown)
                     : json_pack("{s:n, s:n, s:n, s:n, s:n, s:b}", "ratio", "low", "high", "level", "p", "shown", 0);
  int code = !part || json_object_update(duel, part) ? -ENOMEM : 0;
  json_decref(part);
  return code;
}

static void read_duel(json_t *duel, struct judged *judged) {
  struct duel_estimate estimate;
  const json_t *pair;
  size_t i;
  judged->duel = duel;
  judged->bound = json_real_or_nan(duel, "bound");
  judged->pairs = 0;
  json_array_foreach(json_object_get(duel, "pairs"), i, pair) {
    if (judged->pairs < DUEL_PAIRS_MAX) judged->logs[judged->pairs++] = log(json_number_value(pair));
  }
  duel_estimate(judged->logs, judged->pairs, 1 - error_rate, judged->bound, &estimate);
  judged->p = estimate.p;
}

static int by_p(const void *a, const void *b) {
  const struct judged *x = a, *y = b;
  return (x->p > y->p) - (x->p < y->p);
}

// Holm's method goes through them from the smallest p on, each at the level of its step, and stops at the first that
// shows nothing. The intervals have the level of the step that each came to.
static int correct(struct judged *duels, size_t count) {
  bool open = true;
  double rate = error_rate;
  int code = 0;
  qsort(duels, count, sizeof *duels, by_p);
  for (size_t i = 0; i < count && !code; i++) {
    const struct judged *judged = &duels[i];
    const double floor = json_real_or_nan(judged->duel, "floor");
    if (open) rate = error_rate / (double)(count - i);
    open = open && judged->p <= rate;
    struct duel_estimate estimate;
    duel_estimate(judged->logs, judged->pairs, 1 - rate, judged->bound, &estimate);
    const bool beyond = fabs(log(estimate.ratio / judged->bound)) > log1p(floor);
    code = set_estimate(judged->duel, &estimate, 1 - rate, open && beyond);
  }
  return code;
}

static bool fought(const json_t *duel) { return strcmp(json_text(duel, "status"), "ok") == 0; }

static int judge_experiment(json_t *duels, const char *experiment, struct judged *room) {
  json_t *duel;
  size_t i, count = 0;
  json_array_foreach(duels, i, duel) {
    if (fought(duel) && strcmp(json_text(duel, "experiment"), experiment) == 0) read_duel(duel, &room[count++]);
  }
  return correct(room, count);
}

int duels_judge(json_t *run) {
  json_t *duels = json_object_get(run, "duels"), *duel;
  const json_t *experiment;
  size_t i;
  int code = 0;
  if (json_array_size(duels) == 0) return 0;
  struct judged *room = malloc(json_array_size(duels) * sizeof *room);
  if (!room) return -ENOMEM;
  json_array_foreach(duels, i, duel) {
    if (!fought(duel) && !code) code = set_estimate(duel, NULL, NAN, false);
  }
  json_array_foreach(json_object_get(run, "experiments"), i, experiment) {
    if (!code) code = judge_experiment(duels, json_text(experiment, "name"), room);
  }
  free(room);
  return code;
}

// *turned: it names b first.
static const json_t *find(const json_t *run, const char *a, const char *b, double bound, bool *turned) {
  const json_t *duel;
  size_t i;
  json_array_foreach(json_object_get(run, "duels"), i, duel) {
    if (!fought(duel) || !json_is_number(json_object_get(duel, "ratio"))) continue;
    const double own = json_real_or_nan(duel, "bound");
    *turned = strcmp(cell_of(duel, 0), b) == 0 && strcmp(cell_of(duel, 1), a) == 0;
    bool straight = strcmp(cell_of(duel, 0), a) == 0 && strcmp(cell_of(duel, 1), b) == 0;
    if ((straight || *turned) && fabs((*turned ? 1 / own : own) - bound) < 1e-9) return duel;
  }
  return NULL;
}

int duels_about(const json_t *run, const char *a, const char *b, double bound, struct ratio *ratio) {
  bool turned;
  const json_t *duel = find(run, a, b, bound, &turned);
  if (!duel) return -ENOENT;
  const double low = json_real_or_nan(duel, "low"), high = json_real_or_nan(duel, "high");
  *ratio = (struct ratio){.ratio = json_real_or_nan(duel, "ratio"),
                          .low = low,
                          .high = high,
                          .p = json_real_or_nan(duel, "p"),
                          .n = json_array_size(json_object_get(duel, "pairs")),
                          .shown = json_is_true(json_object_get(duel, "shown"))};
  if (!turned) return 0;
  ratio->ratio = 1 / ratio->ratio;
  ratio->low = 1 / high;
  ratio->high = 1 / low;
  return 0;
}

const char *duels_fault(const json_t *duel, const json_t *cells) {
  const json_t *pairs = json_object_get(duel, "pairs"), *pair;
  size_t i;
  if (!json_is_object(duel) || !*json_text(duel, "status")) return "not a duel";
  for (size_t side = 0; side < 2; side++)
    if (!json_object_get(cells, cell_of(duel, side))) return "a duel of an unknown cell";
  if (!(json_real_or_nan(duel, "bound") > 0)) return "a duel about nothing";
  json_array_foreach(pairs, i, pair) {
    if (!(json_number_value(pair) > 0)) return "a duel with a pair that has no ratio";
  }
  if (!fought(duel)) return NULL;
  if (json_array_size(pairs) < DUEL_PAIRS_MIN) return "a duel of too few pairs";
  return json_real_or_nan(duel, "floor") >= 0 ? NULL : "a duel without a floor";
}
