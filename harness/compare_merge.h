// SPDX-License-Identifier: MIT
// Several runs as one, for charts: each cell once a run.
#ifndef STOREBENCH_COMPARE_MERGE_H
#define STOREBENCH_COMPARE_MERGE_H

#include <jansson.h>
#include <stddef.h>

enum { COMPARE_RUNS_MAX = 6 };  // more lines in a panel cannot be told from one another

// Runs and their comparisons, all borrowed.
struct compared_runs {
  size_t count;                // 2 to COMPARE_RUNS_MAX
  const char *const *paths;    // of a folder, or of a run.json
  json_t *const *runs;         // summarised
  json_t *const *comparisons;  // count - 1: of each other run with the first
};

// "B after": the letter of run `i` (from 0 on), and the name of its folder.
void compare_label(const struct compared_runs *all, size_t i, char *text, size_t room);

// A run as results_write_data, report_charts and pages take it, of the experiments in which cells were compared. Its
// charts have a series a run, and a panel for each value of what were series and panels. Only cells that were compared
// are in it. Findings say what is worse and better. The caller's; NULL: memory.
json_t *compare_merge(const struct compared_runs *all);

#endif
