// SPDX-License-Identifier: MIT
// Duels within a run: pairs of processes that decide what the repetitions of an experiment left open.
#ifndef STOREBENCH_SCHEDULE_DUELS_H
#define STOREBENCH_SCHEDULE_DUELS_H

#include "harness/schedule.h"

// Holds the duels that a judged experiment (ledger_take) asks for, as long as they fit into *seconds, from which they
// are taken: first about the chart's main point, then about the experiment's claim, then about the other points; in
// each, of the best two that were not told apart. The data sets must stand. Each is appended to the results as it ends;
// one that a signal stopped, with the pairs it had. 0 or -errno with a message.
int schedule_duels(const struct schedule *schedule, const json_t *judged, double *seconds,
                   struct schedule_outcome *outcome, struct error *error);

#endif
