// SPDX-License-Identifier: MIT
// The noise floor of an experiment: the difference that an engine shows against itself.
#ifndef STOREBENCH_NOISE_FLOOR_H
#define STOREBENCH_NOISE_FLOOR_H

#include <jansson.h>

#include "harness/metrics.h"

// Never less than this is believed: where the linker and the page allocator happen to put things makes such differences
// between two builds or processes that do the same.
#define NOISE_FLOOR_LEAST 0.02

enum { NOISE_FLOOR_CHANGES = 4 };  // fewer changes measure nothing

struct noise_floor {
  double floor;     // the smallest difference believed, as a fraction; INFINITY: not measured, nothing is believed
  double measured;  // before NOISE_FLOOR_LEAST; NAN: not measured
  size_t changes;   // from one counted sample of a cell to its next one, of all cells together
};

// From the experiment's cells in `run`, without `null`. Each cell is compared with itself one repetition later: those
// two samples are further apart in time than the pairs that comparisons are made of, so the floor does not flatter.
// 0 or -ENOMEM.
int noise_floor_measure(const json_t *run, const json_t *experiment, const struct metric *metric,
                        struct noise_floor *noise);

// As run.json has it (docs/results.md): a new reference, NULL when memory is short.
json_t *noise_floor_to_json(const struct noise_floor *noise);
// From there: the floor of an experiment that has been summarised; INFINITY where none was measured.
double noise_floor_of(const json_t *experiment);
// For people, of such an experiment: "Noise floor 3.1%: the same engine against itself".
void noise_floor_describe(const json_t *experiment, char *text, size_t room);

#endif
