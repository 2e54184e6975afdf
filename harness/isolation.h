// SPDX-License-Identifier: MIT
// The isolation gate: which samples were disturbed by others, and whether one is measured again.
#ifndef STOREBENCH_ISOLATION_H
#define STOREBENCH_ISOLATION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { ISOLATION_TRIES = 3 };  // a sample and its repeats

struct isolation {
  double fastest_ns;         // reference loop of the run's samples so far; 0: none yet
  size_t samples, repeated;  // of the run
};

// Adds to the sample's "flags" what its "foreign" tells (thresholds: docs/results.md): foreign-cpu, foreign-io, steal,
// slow. 0 or -ENOMEM.
int isolation_judge(struct isolation *isolation, json_t *sample);

// Whether the sample is to be measured again: it has a flag, this was try number `tries` (from 1) of at most three, and
// no more than a fifth of the run's samples, and four, were repeats. Counts the repeat.
bool isolation_repeats(struct isolation *isolation, const json_t *sample, unsigned tries);

#endif
