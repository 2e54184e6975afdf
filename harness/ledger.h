// SPDX-License-Identifier: MIT
// What a run that is under way has found so far: its samples, kept in memory so that an experiment can be judged before
// the next one begins.
#ifndef STOREBENCH_LEDGER_H
#define STOREBENCH_LEDGER_H

#include <jansson.h>

#include "harness/plan.h"

struct ledger {
  json_t *head;    // plan_to_json
  json_t **cells;  // one a cell of the plan, borrowed from `head`; NULL where it was dropped
};

// 0 or -ENOMEM; ledger_close in either case.
int ledger_open(struct ledger *ledger, const struct plan *plan);
void ledger_close(struct ledger *ledger);

// Adds a sample, which is borrowed, to a cell by its number in the plan. 0 or -ENOMEM.
int ledger_add(struct ledger *ledger, size_t cell, json_t *sample);

// The experiment with its cells as a summarised run of its own (results_summarise): the caller's, or NULL. Its samples
// are forgotten here.
json_t *ledger_take(struct ledger *ledger, const struct plan *plan, size_t experiment);

#endif
