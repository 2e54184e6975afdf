// SPDX-License-Identifier: MIT
// Two runs, cell by cell: better, worse or no difference. docs/compare.md has the rules.
#ifndef STOREBENCH_COMPARE_H
#define STOREBENCH_COMPARE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

struct compare_rules {
  double threshold;    // the smallest difference that counts, as a fraction; NAN: what the runs themselves tell
  size_t comparisons;  // how many this is one of, which share the rate of error: 1 or more
  const char *name;    // what the second run is called: "B"
};

// Compares two runs as results_load gives them. *comparison is a new reference to what docs/compare.md lists. 0,
// -ENODATA (no cell can be compared: the comparison is made all the same) or -ENOMEM with a message.
int compare_runs(const json_t *a, const json_t *b, const struct compare_rules *rules, json_t **comparison,
                 struct error *error);

// Prints it for people; `a` and `b` are the paths of the runs. Not more than 100 columns, but for long paths and names.
void compare_print(const json_t *comparison, const char *a, const char *b, FILE *out);
// The same as Markdown.
void compare_print_markdown(const json_t *comparison, const char *a, const char *b, FILE *out);

#endif
