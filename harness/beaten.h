// SPDX-License-Identifier: MIT
// Bounds that cells were better than: the machine was another when they were measured.
#ifndef STOREBENCH_BEATEN_H
#define STOREBENCH_BEATEN_H

#include <jansson.h>
#include <stdbool.h>

#include "harness/limits/limits.h"
#include "harness/metrics.h"

// Whether a cell is better than a bound, whose best value in the metric's unit is `best`, by more than the intervals of
// both. False where either is not known.
bool beaten_by(const json_t *cell, const struct metric *metric, double best);

// Adds the bounds of a summarised run that a cell is better than, in the metric of its experiment's chart. Of a bound
// whose interval is wider than a factor of two its median is enough to be better than. 0 or -ENOMEM.
int beaten_limits(const json_t *run, struct limit_list *list);

#endif
