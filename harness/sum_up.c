// SPDX-License-Identifier: MIT
// A run in a line an experiment.
#include "harness/sum_up.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/colour.h"
#include "harness/finding.h"
#include "harness/metrics.h"
#include "harness/results_file.h"

// As many digits as half the interval deserves.
static int decimals(double half) {
  double places = half > 0 ? -floor(log10(half)) : 2;
  return places < 0 ? 0 : places > 3 ? 3 : (int)places;
}

void sum_up_ratio(double ratio, double low, double high, char *text, size_t room) {
  const int places = decimals((high - low) / 2);
  char up[64], down[64];
  snprintf(up, sizeof up, "%.*f", places, high - ratio);
  snprintf(down, sizeof down, "%.*f", places, ratio - low);
  if (strcmp(up, down) == 0 && strtod(up, NULL) > 0)
    snprintf(text, room, "%.*f ± %s", places, ratio, up);
  else
    snprintf(text, room, "%.*f (%.*f to %.*f)", places, ratio, places, low, places, high);
}

static bool alone(const json_t *winner) { return json_is_true(json_object_get(winner, "shown")); }

static const json_t *choose(const json_t *experiment) {
  const json_t *winner, *first = NULL;
  const char *panel, *x;
  size_t i;
  finding_main_point(experiment, &panel, &x);
  json_array_foreach(json_object_get(experiment, "winners"), i, winner) {
    if (!alone(winner)) continue;
    if (strcmp(json_text(winner, "panel"), panel) == 0 && strcmp(json_text(winner, "x"), x) == 0) return winner;
    if (!first) first = winner;
  }
  return first;
}

static void put_words(FILE *out, const char *text) {
  for (; *text; text++) fputc(*text == '_' ? ' ' : *text, out);
}

static void put_series(FILE *out, bool colour, const char *key, const char *value) {
  bool engine = strcmp(key, "engine") == 0;
  if (!engine) {
    put_words(out, key);
    fputc(' ', out);
  }
  colour_put(out, colour, COLOUR_STRONG, value, strlen(value));
}

static void put_place(FILE *out, const char *key, const char *value) {
  if (!*key) return;
  fputs(", ", out);
  put_words(out, key);
  fprintf(out, " %s", value);
}

static void put_line(const json_t *experiment, const json_t *winner, FILE *out, bool colour) {
  const json_t *chart = json_object_get(experiment, "chart");
  const struct metric *metric = metric_find(json_text(chart, "y"));
  // A step is named by its place.
  const bool step = strcmp(json_text(chart, "shape"), "steps") == 0;
  const char *series = json_text(chart, step ? "x" : "series"), *comparative = metric ? metric->comparative : "better";
  char ratio[64];
  sum_up_ratio(json_real_or_nan(winner, "ratio"), json_real_or_nan(winner, "low"), json_real_or_nan(winner, "high"),
               ratio, sizeof ratio);
  fprintf(out, "  %s: ", json_text(experiment, "name"));
  put_series(out, colour, series, json_text(winner, "engine"));
  fprintf(out, " %s %s times %s than ", strcmp(comparative, "faster") == 0 ? "ran" : "was", ratio, comparative);
  put_series(out, false, series, json_text(winner, "over"));
  if (!step) put_place(out, json_text(chart, "x"), json_text(winner, "x"));
  put_place(out, json_text(chart, "panel"), json_text(winner, "panel"));
  fputc('\n', out);
}

void sum_up(const json_t *run, FILE *out, bool colour) {
  const json_t *experiment;
  size_t i, count = 0, without = 0;
  json_array_foreach(json_object_get(run, "experiments"), i, experiment) {
    const json_t *winner = choose(experiment);
    if (winner && !count++) fputs("\nSummary (times with their 95% intervals)\n", out);
    if (winner)
      put_line(experiment, winner, out, colour);
    else
      without++;
  }
  if (count && without)
    fprintf(out, "  %zu other%s no winner that stands alone\n", without, without > 1 ? "s have" : " has");
}
