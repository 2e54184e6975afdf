// SPDX-License-Identifier: MIT
// A run in a line an experiment: "mmap ran 4.12 ± 0.08 times faster than pread".
#ifndef STOREBENCH_SUM_UP_H
#define STOREBENCH_SUM_UP_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

// "4.12 ± 0.08" where the interval reaches as far on both sides, to the digits shown; else "13.6 (9.3 to 20.6)".
// `room` bytes at `text`; 64 are enough.
void sum_up_ratio(double ratio, double low, double high, char *text, size_t room);

// Writes the lines of a summarised run: of each experiment the winner that stands alone, at the point of its headline
// or, where there is none, at the first other one. Nothing where no experiment has one. `colour`: with the winner in
// bold.
void sum_up(const json_t *run, FILE *out, bool colour);

#endif
