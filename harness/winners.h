// SPDX-License-Identifier: MIT
// Who won an experiment, by how much and how sure that is; and whether the claim it tests holds.
#ifndef STOREBENCH_WINNERS_H
#define STOREBENCH_WINNERS_H

#include <jansson.h>

#include "harness/metrics.h"
#include "harness/statistics.h"

// Adds to `experiment` (one of `run`'s): noise_floor, winners[] (one for each panel and x value) and finding. Cells
// must have their summaries. The engine `null` never competes. 0 or -ENOMEM.
int winners_find(const json_t *run, json_t *experiment);

// Puts the experiment's claim to the test, after winners_find: adds ratio, low, high (95% interval) and outcome to its
// verdict: "holds", "refuted", "undecided" (the interval has the bound in it, or the ratio is within the noise floor of
// it) or "unmeasured". 0 or -ENOMEM.
int verdict_find(const json_t *run, json_t *experiment);

// How many times a's metric is b's over the repetitions that both have, with its interval; `floor` as in
// statistics_ratio. -ENODATA if there is none.
int winners_ratio(const json_t *a, const json_t *b, const struct metric *metric, double floor, struct ratio *ratio);

#endif
