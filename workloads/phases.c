// SPDX-License-Identifier: MIT
// Phases as words: parsed, written, compared, and what they leave.
#include "workloads/phases.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"

static const char *const names[PHASE_KINDS] = {
    [PHASE_CHURN] = "churn",     [PHASE_AGE] = "age",       [PHASE_DELETE] = "delete",
    [PHASE_COMPACT] = "compact", [PHASE_REOPEN] = "reopen", [PHASE_KILL] = "kill",
};

static const double amount_max = 100;
enum { WORD_ROOM = 64 };

const char *phase_name(enum phase_kind kind) { return names[kind]; }

static bool has_amount(enum phase_kind kind) {
  return kind == PHASE_CHURN || kind == PHASE_AGE || kind == PHASE_DELETE;
}

// "50%" or "2x".
static bool parse_amount(const char *text, double *amount) {
  char *end;
  double number = strtod(text, &end);
  if (end == text || !isfinite(number)) return false;
  bool share = strcmp(end, "%") == 0;
  *amount = share ? number / 100 : number;
  return (share || strcmp(end, "x") == 0) && *amount > 0 && *amount <= amount_max;
}

static int unknown(const char *word, struct error *error) {
  const char *nearest = nearest_word(word, names, PHASE_KINDS);
  if (nearest) return error_set(error, -EINVAL, "unknown phase \"%s\"; did you mean \"%s\"?", word, nearest);
  return error_set(error, -EINVAL, "unknown phase \"%s\"; one of churn, age, delete, compact, reopen, kill", word);
}

// One of "churn=2x" or "kill".
static int parse_phase(const char *text, struct phase *phase, struct error *error) {
  char word[WORD_ROOM];
  size_t length = strcspn(text, "=");
  int kind = 0;
  snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1), text);
  while (kind < PHASE_KINDS && strcmp(names[kind], word) != 0) kind++;
  if (kind == PHASE_KINDS) return unknown(word, error);
  *phase = (struct phase){.kind = (enum phase_kind)kind};
  if (!has_amount(phase->kind)) {
    if (!text[length]) return 0;
    return error_set(error, -EINVAL, "phase %s takes no amount; write %s alone, or %s = yes in [before]", word, word,
                     word);
  }
  const char *amount = text[length] ? text + length + 1 : "";
  if (!parse_amount(amount, &phase->amount) || (kind == PHASE_DELETE && phase->amount >= 1))
    return error_set(error, -EINVAL, "bad amount of phase %s \"%s\"; %s", word, amount,
                     kind == PHASE_DELETE ? "a share below 100% such as 50%"
                                          : "a share or a multiple of the records such as 50% or 2x");
  return 0;
}

static int check_order(const struct phases *phases, struct error *error) {
  size_t deletes = 0;
  for (size_t i = 0; i < phases->count; i++) {
    deletes += phases->list[i].kind == PHASE_DELETE;
    if (phases->list[i].kind == PHASE_KILL && i + 1 < phases->count)
      return error_set(error, -EINVAL, "phase kill is not the last; what comes after it would open the store again");
  }
  return deletes < 2 ? 0 : error_set(error, -EINVAL, "phase delete stands twice; give one share");
}

int phases_parse(const char *text, struct phases *phases, struct error *error) {
  char word[WORD_ROOM];
  *phases = (struct phases){0};
  if (strcmp(text, "none") == 0) return 0;
  for (;; text++) {
    size_t length = strcspn(text, "+");
    if (phases->count == PHASES_MAX) return error_set(error, -EINVAL, "more than %d phases; give fewer", PHASES_MAX);
    snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1), text);
    int code = parse_phase(word, &phases->list[phases->count++], error);
    if (code) return code;
    text += length;
    if (!*text) return check_order(phases, error);
  }
}

void phases_format(const struct phases *phases, char *text, size_t room) {
  size_t length = (size_t)snprintf(text, room, "%s", phases->count ? "" : "none");
  for (size_t i = 0; i < phases->count && length < room; i++) {
    const struct phase *phase = &phases->list[i];
    length += (size_t)snprintf(text + length, room - length, "%s%s", i ? "+" : "", names[phase->kind]);
    if (phase->amount > 0 && length < room)
      length += (size_t)snprintf(text + length, room - length, "=%.10gx", phase->amount);
  }
}

bool phases_same(const struct phases *a, const struct phases *b) {
  bool same = a->count == b->count;
  for (size_t i = 0; i < a->count && same; i++)
    same = a->list[i].kind == b->list[i].kind && a->list[i].amount == b->list[i].amount;
  return same;
}

uint64_t phases_left(const struct phases *phases, uint64_t records) {
  uint64_t gone = 0;
  for (size_t i = 0; i < phases->count; i++)
    if (phases->list[i].kind == PHASE_DELETE) gone = (uint64_t)(phases->list[i].amount * (double)records);
  return gone < records ? records - gone : 1;
}

double phases_work(const struct phases *phases) {
  double work = 0;
  for (size_t i = 0; i < phases->count; i++) {
    const struct phase *phase = &phases->list[i];
    work += phase->kind == PHASE_AGE ? 2 * phase->amount : phase->kind == PHASE_COMPACT ? 1 : phase->amount;
  }
  return work;
}
