// SPDX-License-Identifier: MIT
// The numbers of a sample that charts and summaries are made of.
#ifndef STOREBENCH_METRICS_H
#define STOREBENCH_METRICS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct metric {
  const char *name;   // in experiment files and results
  const char *label;  // on an axis
  const char *unit;
  bool latency;  // measured by latency samples; else by throughput samples
  bool higher_is_better;
  const char *comparative;  // "A is 3.1x COMPARATIVE than B"
};

// All metrics, in the order in which summaries list them. Constant.
const struct metric *metrics_all(size_t *count);
// The metric of that name, or NULL.
const struct metric *metric_find(const char *name);
// The metric's value in a sample (docs/results.md); NAN where the sample has none, is not ok, or is of the other kind.
double metric_value(const struct metric *metric, const json_t *sample);

#endif
