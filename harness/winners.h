// SPDX-License-Identifier: MIT
// Who won an experiment, by how much and how sure that is.
#ifndef STOREBENCH_WINNERS_H
#define STOREBENCH_WINNERS_H

#include <jansson.h>

#include "harness/metrics.h"
#include "harness/statistics.h"

// Adds to `experiment` (one of `run`'s): noise_floor and winners[] (one for each panel and x value). Cells must have
// their summaries. The engine `null` never competes. 0 or -ENOMEM.
int winners_find(const json_t *run, json_t *experiment);

// How many times a's metric is b's over the repetitions that both have, with its interval; `floor` as in
// statistics_ratio. -ENODATA if there is none.
int winners_ratio(const json_t *a, const json_t *b, const struct metric *metric, double floor, struct ratio *ratio);

#endif
