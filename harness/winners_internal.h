// SPDX-License-Identifier: MIT
// What the parts of winners share: a contest is the cells of one panel and x value.
#ifndef STOREBENCH_WINNERS_INTERNAL_H
#define STOREBENCH_WINNERS_INTERNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "harness/metrics.h"
#include "harness/statistics.h"

enum { SERIES_MAX = 64, TEXT_MAX = 1024 };

struct contest {
  const json_t *experiment;
  const struct metric *metric;
  const char *x_key, *series_key, *panel_key;
  const char *x, *panel;
  double floor;
  size_t count;
  const json_t *cells[SERIES_MAX];  // the best first
};

struct outcome {
  bool beaten[SERIES_MAX];  // by cells[0]; the others are tied with it
  size_t ties, over;        // how many others are tied; the first one beaten, 0 if none is
  struct ratio ratio;       // cells[0] to cells[over]
};

// Which of the others the first one beats. 0 or -ENOMEM.
int winners_judge(const struct contest *contest, struct outcome *outcome);

// The value of a cell on an axis.
const char *winners_point(const json_t *cell, const char *key);

// Into TEXT_MAX bytes: the line of a contest, and the sentence that heads a chart ("mmap reads 3x faster than ...").
void winners_describe(char *text, const struct contest *contest, const struct outcome *outcome);
void winners_state(char *text, const char *verb, const struct contest *contest, const struct outcome *outcome);

#endif
