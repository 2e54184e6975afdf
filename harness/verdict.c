// SPDX-License-Identifier: MIT
// Verdicts: the claim an experiment tests, such as "mmap sync=always / mmap sync=none < 0.5", against what was
// measured.
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/noise_floor.h"
#include "harness/results_file.h"
#include "harness/winners.h"

// Whether the cell is the one named: an engine, and KEY=VALUE for each other axis.
static bool is_named(const json_t *cell, const char *side) {
  char text[512], *rest = text, *word;
  snprintf(text, sizeof text, "%s", side);
  while ((word = strsep(&rest, " \t"))) {
    if (!*word) continue;
    size_t length = strcspn(word, "=:");  // an engine's own options come after ':'
    bool pair = word[length] == '=';
    if (pair) word[length] = '\0';
    const char *value = json_text(json_object_get(cell, "point"), pair ? word : "engine");
    if (strcmp(value, pair ? word + length + 1 : word) != 0) return false;
  }
  return true;
}

static const json_t *find_cell(const json_t *run, const json_t *experiment, const char *side) {
  const json_t *cell;
  size_t i;
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    if (strcmp(json_text(cell, "experiment"), json_text(experiment, "name")) == 0 && is_named(cell, side)) return cell;
  }
  return NULL;
}

// A ratio beside the bound by less than an engine differs from itself decides nothing.
static const char *outcome(const char *holds, const struct ratio *ratio, double floor) {
  double bound = strtod(holds + 1, NULL);
  bool below = holds[0] == '<';
  if (!(fabs(log(ratio->ratio / bound)) > log1p(floor))) return "undecided";
  if (below ? ratio->high < bound : ratio->low > bound) return "holds";
  return (below ? ratio->low > bound : ratio->high < bound) ? "refuted" : "undecided";
}

int verdict_find(const json_t *run, json_t *experiment) {
  json_t *verdict = json_object_get(experiment, "verdict");
  const json_t *compare = json_object_get(verdict, "compare");
  const struct metric *metric = metric_find(json_text(json_object_get(experiment, "chart"), "y"));
  const char *holds = json_text(verdict, "holds");
  if (!json_is_object(verdict) || !*holds) return 0;
  const json_t *sides[2];
  for (size_t i = 0; i < 2; i++) sides[i] = find_cell(run, experiment, json_string_value(json_array_get(compare, i)));
  struct ratio ratio;
  double floor = noise_floor_of(experiment);
  bool measured = sides[0] && sides[1] && metric && winners_ratio(sides[0], sides[1], metric, floor, &ratio) == 0;
  // Two pairs have no interval worth the name: nothing is decided by them.
  const char *word = !measured ? "unmeasured" : ratio.n < 3 ? "undecided" : outcome(holds, &ratio, floor);
  json_t *found = measured && ratio.n > 1 ? json_pack("{s:f, s:f, s:f, s:s}", "ratio", ratio.ratio, "low", ratio.low,
                                                      "high", ratio.high, "outcome", word)
                                          : json_pack("{s:n, s:n, s:n, s:s}", "ratio", "low", "high", "outcome", word);
  int code = !found || json_object_update(verdict, found) ? -ENOMEM : 0;
  json_decref(found);
  return code;
}
