// SPDX-License-Identifier: MIT
// Duels as a run holds them (docs/results.md, `duels`): what their pairs say, corrected for how many there are.
#ifndef STOREBENCH_DUELS_H
#define STOREBENCH_DUELS_H

#include <jansson.h>

#include "harness/statistics.h"

// Adds ratio, low, high, level, p and shown to each duel of the run that was fought to its end, null to the others.
// Those of one experiment are corrected together (Holm). Duels are used where repetitions showed no difference, which
// is a second try: so they are judged at 99%, and both tries together are wrong in at most six of a hundred. 0 or
// -ENOMEM.
int duels_judge(json_t *run);

// The duel between two cells of the run, by their ids, that was fought to its end about whether a's rate over b's is
// `bound`: 1 for who is faster. *ratio is of a over b, shown where it differs from the bound. -ENOENT if there is none.
int duels_about(const json_t *run, const char *a, const char *b, double bound, struct ratio *ratio);

// What is wrong with a duel that was read, given the ids of the run's cells as keys of `cells`; NULL: nothing.
const char *duels_fault(const json_t *duel, const json_t *cells);

#endif
