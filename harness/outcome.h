// SPDX-License-Identifier: MIT
// What a run says when it is over: who won each experiment, what went wrong, where the report is.
#ifndef STOREBENCH_OUTCOME_H
#define STOREBENCH_OUTCOME_H

#include <jansson.h>
#include <stdbool.h>

// Prints the outcome of a summarised run to standard output, in words or as JSON, and what failed to standard error.
// Returns the exit code: 0, EXIT_CELL_FAILED if a cell failed, EXIT_NOTHING_RAN if none was measured.
int outcome_print(const json_t *run, const char *folder, bool json);

#endif
