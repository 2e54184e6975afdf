// SPDX-License-Identifier: MIT
// The cells that `ab` measures: from an experiment, from options, or the default ones; each with the settings of both
// sides.
#ifndef STOREBENCH_AB_CELLS_H
#define STOREBENCH_AB_CELLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "engines/engine.h"
#include "harness/described.h"
#include "workloads/experiment.h"

enum { AB_LABEL_MAX = 256, AB_OPTIONS_MAX = 16 };

// One key of [hold] given as an option: several values, with commas between, make cells of each.
struct ab_option {
  const char *key, *value;
};

struct ab_choice {
  const char *experiment;  // a name or a file; NULL: by options, or the default cells where there are none
  const char *profile;
  struct ab_option options[AB_OPTIONS_MAX];
  size_t option_count;
  const char *engines[2];  // comma-separated specs of side A and B, as many; NULL (both): the experiment's own, or the
                           // four that move bytes
};

struct ab_cell {
  char label[AB_LABEL_MAX];  // "get batch=64 cache=mapped data=128M"
  struct cell_settings settings[2];
  const struct engine *engines[2];
  bool read_only;
};

struct ab_cells {
  size_t count;
  struct ab_cell *cells;
  struct described_list engines;
};

// Makes the list. 0 or -errno with a message; free with ab_cells_free, also after an error.
int ab_cells_make(const struct ab_choice *choice, struct ab_cells *cells, struct error *error);
void ab_cells_free(struct ab_cells *cells);

#endif
