// SPDX-License-Identifier: MIT
// One run from its plan to its report: checks the target, measures, writes the results, draws, says who won.
#ifndef STOREBENCH_MEASURE_H
#define STOREBENCH_MEASURE_H

#include <stdbool.h>

#include "harness/plan.h"

struct measure_options {
  const char *dir;         // where data files go; NULL: beside the results
  const char *out;         // folder of the run, which must not exist; NULL: results/<UTC time>-<host>
  char *const *arguments;  // as given: the command and what follows it, NULL at the end; for the record
  const char *silence;     // names of warnings with commas between, or NULL
  bool require_durable;
  bool json;  // the outcome as JSON instead of words
  // Prints the outcome of the summarised run in `folder` and gives the exit code; NULL: outcome_print.
  int (*print)(const json_t *run, const char *folder, bool json);
};

// Runs the plan. Results go to standard output, progress and complaints to standard error. Returns the exit code
// (harness/commands/commands.h). No data file is left behind.
int measure_run(const struct plan *plan, const struct measure_options *options);

// Prints the plan, and what the run would be refused for; makes and measures nothing. Returns the exit code.
int measure_dry_run(const struct plan *plan, const struct measure_options *options);

#endif
