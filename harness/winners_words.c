// SPDX-License-Identifier: MIT
// Winners in words.
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/results_file.h"
#include "harness/winners_internal.h"

const char *winners_point(const json_t *cell, const char *key) {
  return json_text(json_object_get(cell, "point"), key);
}

const char *winners_name_key(const struct contest *contest) {
  return contest->steps ? contest->x_key : contest->series_key;
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
  const char *key = winners_name_key(contest), *value = winners_point(contest->cells[i], key);
  if (strcmp(key, "engine") == 0)
    append(text, "%s", value);
  else
    append(text, "%s=%s", key, value);
}

// "a, b and c": those of the cells that `left_out` does not name, `count` of them.
static void append_names(char *text, const struct contest *contest, const bool *left_out, size_t count) {
  size_t told = 0;
  for (size_t i = 0; i < contest->count; i++) {
    if (left_out[i]) continue;
    if (told) append(text, told + 1 == count ? " and " : ", ");
    append_series(text, contest, i);
    told++;
  }
}

// The best one and those that it cannot be told from.
static void append_leaders(char *text, const struct contest *contest, const struct outcome *outcome) {
  append_names(text, contest, outcome->beaten, outcome->ties + 1);
}

// As many digits as the number deserves: 1.07, 3.1, 12.
static void append_number(char *text, double number) {
  append(text, "%.*f", number < 1.995 ? 2 : number < 9.95 ? 1 : 0, number);
}

static void append_ratio(char *text, const struct contest *contest, const struct outcome *outcome) {
  append_number(text, outcome->ratio.ratio);
  append(text, "x %s than ", contest->metric->comparative);
  append_series(text, contest, outcome->over);
}

static void append_interval(char *text, const struct ratio *ratio) {
  append(text, " (");
  append_number(text, ratio->low);
  append(text, "-");
  append_number(text, ratio->high);
  append(text, "x)");
}

// By its name it looks like a sync; a headline about it must not be read as one about durable writes.
static const char *caution(const char *key, const char *value) {
  return strcmp(key, "sync") == 0 && strcmp(value, "async") == 0 ? " (promises nothing)" : "";
}

static void append_point(char *text, const char *key, const char *value) {
  if (!*key) return;
  append(text, ", ");
  for (const char *c = key; *c; c++) append(text, "%c", *c == '_' ? ' ' : *c);
  append(text, " %s%s", value, caution(key, value));
}

// Settings as words: "batch=64, sync=always" as "batch 64, sync always".
static void append_words(char *text, const char *before, const char *settings, const char *after) {
  char copy[CLAIM_MAX], *rest = copy, *setting;
  if (!*settings) return;
  snprintf(copy, sizeof copy, "%s", settings);
  append(text, "%s", before);
  for (bool first = true; (setting = strsep(&rest, ",")); first = false) {
    setting += strspn(setting, " ");
    size_t length = strcspn(setting, "=");
    const char *value = setting[length] ? setting + length + 1 : "";
    append(text, "%s", first ? "" : ", ");
    for (const char *c = setting; *c; c++) append(text, "%c", *c == '_' || *c == '=' ? ' ' : *c);
    setting[length] = '\0';
    append(text, "%s", caution(setting, value));
  }
  append(text, "%s", after);
}

// That a duel showed no difference either.
static void append_tied_duel(char *text, const struct contest *contest, const struct outcome *outcome) {
  if (!outcome->rival || outcome->duel.shown) return;
  if (outcome->ties == 1) {
    append(text, ", also by paired slices");
  } else {
    append(text, "; also by paired slices none between ");
    append_series(text, contest, 0);
    append(text, " and ");
    append_series(text, contest, outcome->rival);
  }
  append_interval(text, &outcome->duel);
}

// That a duel showed one.
static void append_won_duel(char *text, const struct contest *contest, const struct outcome *outcome) {
  if (!outcome->rival || !outcome->duel.shown) return;
  if (outcome->paired) {
    append(text, ", decided by paired slices");
    return;
  }
  append(text, "; by paired slices ");
  append_number(text, outcome->duel.ratio);
  append(text, "x %s than ", contest->metric->comparative);
  append_series(text, contest, outcome->rival);
  append_interval(text, &outcome->duel);
}

void winners_describe(char *text, const struct contest *contest, const struct outcome *outcome) {
  text[0] = '\0';
  if (contest->count < 2) {
    append(text, "nothing to compare: fewer than two stores were measured");
    return;
  }
  if (outcome->ties) append(text, "~ no difference shown between ");
  append_leaders(text, contest, outcome);
  append_tied_duel(text, contest, outcome);
  if (!outcome->over) return;
  if (outcome->ties) {
    append(text, "; ");
    append_series(text, contest, 0);
  }
  append(text, " is ");
  append_ratio(text, contest, outcome);
  append_interval(text, &outcome->ratio);
  append_won_duel(text, contest, outcome);
}

// "reads 2x faster", but "is 2x more sparing with device bytes": only a rate says how something is done.
static void append_verb(char *text, const struct contest *contest, const char *verb) {
  if (strcmp(contest->metric->comparative, "faster") == 0)
    append(text, " %ss ", verb);
  else
    append(text, " is ");
}

static const char uncertain[] = "does not survive correction for multiple comparisons";

// Whom the best one leads by too little to be told how far.
static void append_faint_lead(char *text, const struct contest *contest, const struct outcome *outcome) {
  bool others[SERIES_MAX];
  for (size_t i = 0; i < contest->count; i++) others[i] = !outcome->faint[i];
  append(text, "; the lead of ");
  append_series(text, contest, 0);
  append(text, " over ");
  append_names(text, contest, others, outcome->faints);
  append(text, " %s", uncertain);
}

static void append_points(char *text, const struct contest *contest) {
  append_point(text, contest->x_key, contest->x);
  append_point(text, contest->panel_key, contest->panel);
}

static void state_clear(char *text, const char *verb, const struct contest *contest, const struct outcome *outcome) {
  append_series(text, contest, 0);
  append_verb(text, contest, verb);
  append_ratio(text, contest, outcome);
  append_points(text, contest);
  append_interval(text, &outcome->ratio);
  if (!outcome->ties) return;
  append(text, "; none shown between ");
  append_leaders(text, contest, outcome);
}

// A rate goes without saying.
static void append_metric(char *text, const struct contest *contest) {
  if (strcmp(contest->metric->comparative, "faster") != 0) append(text, " in %s", contest->metric->label);
}

static void state_tied(char *text, const struct contest *contest, const struct outcome *outcome) {
  append(text, "No difference");
  append_metric(text, contest);
  append(text, " shown between ");
  append_leaders(text, contest, outcome);
  append_points(text, contest);
}

static void state_ahead(char *text, const struct contest *contest) {
  append_series(text, contest, 0);
  append(text, " is ahead");
  append_metric(text, contest);
  append_points(text, contest);
  append(text, ", but its lead %s", uncertain);
}

void winners_state(char *text, const char *verb, const struct contest *contest, const struct outcome *outcome) {
  const bool alone = !outcome->over && !outcome->ties;  // all others are faint
  text[0] = '\0';
  if (outcome->over)
    state_clear(text, verb, contest, outcome);
  else if (outcome->ties)
    state_tied(text, contest, outcome);
  else
    state_ahead(text, contest);
  if (outcome->faints && !alone) append_faint_lead(text, contest, outcome);
}

void winners_state_step(char *text, const struct contest *contest, const struct outcome *outcome) {
  text[0] = '\0';
  append(text, "The step to ");
  append_series(text, contest, 0);
  append(text, " gives most: ");
  append_ratio(text, contest, outcome);
  append_point(text, contest->panel_key, contest->panel);
  append_interval(text, &outcome->ratio);
}

void winners_state_claim(char *text, const char *verb, const struct contest *contest, const struct claim *claim) {
  const bool same = strcmp(claim->name[0], claim->name[1]) == 0;
  text[0] = '\0';
  append(text, "%s", claim->name[0]);
  append_verb(text, contest, verb);
  append_number(text, claim->ratio.ratio);
  append(text, "x %s ", contest->metric->comparative);
  if (!same) append(text, "than %s", claim->name[1]);
  if (*claim->differs[0]) {
    append_words(text, same ? "with " : " (", claim->differs[0], "");
    append_words(text, same ? " than with " : " against ", claim->differs[1], same ? "" : ")");
  }
  append_words(text, ", ", claim->common, "");
  append_interval(text, &claim->ratio);
}
