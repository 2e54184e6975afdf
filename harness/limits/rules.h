// SPDX-License-Identifier: MIT
// Which bounds apply to which cell: the one place that says so, by the cell's settings alone.
#ifndef STOREBENCH_LIMITS_RULES_H
#define STOREBENCH_LIMITS_RULES_H

#include <jansson.h>

#include "harness/limits/limits.h"

enum { LIMITS_OF_CELL_MAX = 4 };

// The bounds that apply to a cell, as it stands in the head of a run (docs/results.md). The number of them, 0 to
// LIMITS_OF_CELL_MAX; none for an engine that keeps nothing.
size_t limits_of_cell(const json_t *cell, struct limit_spec *specs);

// A bound's value (in its own unit) in the metric of a chart, for this cell: operations, their value bytes, or, for
// latencies of cells that do one operation at a time, nanoseconds. NAN where the metric has no such bound.
double limit_in_metric(const json_t *cell, const struct limit_spec *spec, double value, const char *metric);

// The label in a chart with this key along x: that of limit_label, or "same depth" where the depth is the cell's.
void limit_label_along(const json_t *cell, const struct limit_spec *spec, const char *x, char *text, size_t room);

// Adds the bounds of all these cells. 0 or -ENOMEM.
int limit_list_add_cells(struct limit_list *list, const json_t *cells);

#endif
