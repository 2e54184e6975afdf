// SPDX-License-Identifier: MIT
// What `ab` says about a cell.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/ab.h"

const char *ab_verdict(const struct duel_result *result) {
  if (!result->shown) return "no difference";
  return result->ratio > 1 ? "faster" : "slower";
}

static const char *side_name(const struct ab_options *options, unsigned side) {
  static const char *const letters[] = {"A", "B"};
  return options->builds ? letters[side] : options->names[side];
}

// 950, 12.3K, 4.56M: three digits are more than a machine repeats.
static void format_rate(double rate, char *text, size_t room) {
  static const struct {
    double unit;
    const char *letter;
  } units[] = {{1e9, "G"}, {1e6, "M"}, {1e3, "K"}, {1, ""}};
  size_t i = 0;
  while (i < 3 && rate < 0.9995 * units[i].unit) i++;
  double number = rate / units[i].unit;
  snprintf(text, room, "%.*f%s", number < 9.995 ? 2 : number < 99.95 ? 1 : 0, number, units[i].letter);
}

void ab_print(const struct ab_options *options, const struct ab_outcome *outcome) {
  const struct duel_result *result = &outcome->result;
  char rates[2][32];
  printf("%s", outcome->cell->label);
  if (options->builds) printf(", %s", outcome->cell->settings[0].engine);
  if (result->outcome != OUTCOME_OK) {
    printf(": %s: %s\n", sample_outcome_name(result->outcome), result->reason);
    return;
  }
  for (unsigned side = 0; side < 2; side++) format_rate(result->rates[side], rates[side], sizeof rates[side]);
  const char *a = side_name(options, 0), *b = side_name(options, 1);
  if (!result->shown)
    printf(": ~ no difference shown (%.2f-%.2f)", result->low, result->high);
  else if (result->ratio > 1)
    printf(": %s is %.2fx faster than %s (%.2f-%.2f)", b, result->ratio, a, result->low, result->high);
  else
    printf(": %s is %.2fx slower than %s (%.2f-%.2f)", b, 1 / result->ratio, a, 1 / result->high, 1 / result->low);
  printf(", %s/s against %s/s\n", rates[1], rates[0]);
}

static json_t *pairs_to_json(const struct duel_result *result) {
  json_t *pairs = json_array();
  for (unsigned i = 0; i < result->pairs; i++)
    if (json_array_append_new(pairs, json_real(exp(result->pair_logs[i])))) return json_decref(pairs), NULL;
  return pairs;
}

json_t *ab_to_json(const struct ab_outcome *outcome) {
  const struct duel_result *result = &outcome->result;
  const struct ab_cell *cell = outcome->cell;
  json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s?}", "cell", cell->label, "a", cell->settings[0].spec, "b",
                           cell->settings[1].spec, "status", sample_outcome_name(result->outcome), "reason",
                           result->outcome == OUTCOME_OK ? NULL : result->reason);
  if (!json || result->outcome != OUTCOME_OK) return json;
  json_t *part =
      json_pack("{s:s, s:f, s:f, s:f, s:f, s:b, s:f, s:f, s:f, s:b, s:i, s:o}", "verdict", ab_verdict(result), "ratio",
                result->ratio, "low", result->low, "high", result->high, "floor", outcome->floor, "floor_measured",
                (int)outcome->floor_measured, "a_ops_per_s", result->rates[0], "b_ops_per_s", result->rates[1],
                "slice_ms", (double)result->slice_ns / 1e6, "pinned", (int)result->pinned, "blocks",
                (int)result->blocks, "pairs", pairs_to_json(result));
  bool failed = !part || json_object_update(json, part) != 0;
  json_decref(part);
  if (!failed) return json;
  json_decref(json);
  return NULL;
}
