// SPDX-License-Identifier: MIT
// What `ab` does: builds the data, holds a duel for each cell, and says what came of it.
#ifndef STOREBENCH_AB_H
#define STOREBENCH_AB_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/ab_cells.h"
#include "harness/duel.h"

struct ab_profile {
  const char *name;
  unsigned pairs;
  double seconds;  // of slices in each cell
  double warmup;   // of each process
};

struct ab_options {
  const char *programs[2];  // "/proc/self/exe" where engine specs are compared
  const char *names[2];     // what people called them
  bool builds;              // two programs, else two engine specs
  unsigned pairs;
  double seconds, warmup;
  bool measure_floor;  // each cell also with A on both sides
  bool own_data;       // each side's program fills its own data set
  const char *dir;     // where the data files go
  uint64_t seed;
  bool json;
};

// What came of one cell, for the printer.
struct ab_outcome {
  const struct ab_cell *cell;
  struct duel_result result;
  double floor;  // that an effect had to exceed
  bool floor_measured;
};

// How sure a run of `ab` is that all it calls faster or slower is so. Shared out among its cells (Bonferroni).
#define AB_LEVEL 0.99

// Measures all cells; results on standard output, one line a cell as it comes. The exit code: EXIT_CELL_FAILED where B
// is slower than A somewhere or a cell failed.
int ab_run(const struct ab_options *options, const struct ab_cells *cells);

// One line about a cell: "LABEL: B is 1.08x faster than A (1.06-1.10)".
void ab_print(const struct ab_options *options, const struct ab_outcome *outcome);
// The same as JSON (docs/ab.md has the fields). The caller's; NULL when memory is short.
json_t *ab_to_json(const struct ab_outcome *outcome);
// "faster" or "slower": B, by more than the floor, and the interval excludes 1; else "no difference". For an outcome
// that is ok.
const char *ab_verdict(const struct duel_result *result);

#endif
