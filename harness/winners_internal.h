// SPDX-License-Identifier: MIT
// What the parts of winners share: a contest is the cells of one panel and x value.
#ifndef STOREBENCH_WINNERS_INTERNAL_H
#define STOREBENCH_WINNERS_INTERNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "harness/metrics.h"
#include "harness/statistics.h"

enum { SERIES_MAX = 64, TEXT_MAX = 1024, CLAIM_MAX = 256 };

struct contest {
  const json_t *run, *experiment;
  const struct metric *metric;
  const char *x_key, *series_key, *panel_key;
  const char *x, *panel;
  // Of a chart of steps: what stood before x, one step back, else NULL. A contest is then one of these two, which their
  // values of x name.
  const char *step_from;
  bool steps;
  double floor;
  bool plain;  // only engines without options compete
  size_t count;
  const json_t *cells[SERIES_MAX];  // the best first
};

struct outcome {
  bool beaten[SERIES_MAX];  // by cells[0]; the others are tied with it
  size_t ties, over;        // how many others are tied; the first one beaten, 0 if none is
  struct ratio ratio;       // cells[0] to cells[over]
  bool paired;              // ratio is that of a duel
  // Of a headline: which ones are beaten, but not by so much that they may be picked from many; and how many.
  bool faint[SERIES_MAX];
  size_t faints;
  // A duel of cells[0] that was fought because repetitions showed no difference: with which cell, 0 for none.
  size_t rival;
  struct ratio duel;  // cells[0] to cells[rival]
};

// The contests of an experiment: keys, metric, and noise floor (from the experiment). 0, or -EINVAL without a metric.
int winners_contest_of(const json_t *run, const json_t *experiment, struct contest *contest);
// Enters the cells of the contest's panel and x.
void winners_enter(struct contest *contest);
// The values of an axis of the experiment, NULL if it has none of that key.
const json_t *winners_axis(const json_t *experiment, const char *key);
// The value of x that comes before this one; NULL for the first.
const char *winners_step_from(const json_t *experiment, const char *key, const char *x);

// Which of the others the first one beats. Where repetitions leave that open and a duel decides it against the first
// one, the winner of the duel becomes the first. 0 or -ENOMEM.
int winners_judge(struct contest *contest, struct outcome *outcome);
// How many times better the first cell is than that one, by repetitions. 0, or -ENODATA: no repetition has both.
int winners_lead(const struct contest *contest, size_t other, struct ratio *ratio);

// Two cells of which the first is better, whatever differs between them.
struct claim {
  char name[2][CLAIM_MAX];     // of their engines
  char differs[2][CLAIM_MAX];  // settings that only one has: "sync=none"
  char common[CLAIM_MAX];      // those of both
  struct ratio ratio;          // how many times better, above 1
};

// The value of a cell on an axis.
const char *winners_point(const json_t *cell, const char *key);
// What tells the cells of a contest apart: the key of an axis.
const char *winners_name_key(const struct contest *contest);

// Into TEXT_MAX bytes: the line of a contest, and the sentence that heads a chart ("mmap reads 3x faster than ...").
void winners_describe(char *text, const struct contest *contest, const struct outcome *outcome);
void winners_state(char *text, const char *verb, const struct contest *contest, const struct outcome *outcome);
// That of the step that gives most, in a chart of steps.
void winners_state_step(char *text, const struct contest *contest, const struct outcome *outcome);
// The same of a claim: "mmap updates 600x faster with sync none than with sync always (500-720x)".
void winners_state_claim(char *text, const char *verb, const struct contest *contest, const struct claim *claim);

#endif
