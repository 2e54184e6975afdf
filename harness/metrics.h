// SPDX-License-Identifier: MIT
// The numbers of a sample that charts and summaries are made of: each is defined here and nowhere else.
#ifndef STOREBENCH_METRICS_H
#define STOREBENCH_METRICS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "harness/cell.h"

struct metric {
  const char *name;       // in experiment files and results
  const char *label;      // on an axis
  const char *unit;       // "ns" and units of bytes take prefixes
  enum sample_kind kind;  // of the samples that measure it
  bool higher_is_better;
  const char *comparative;  // "A is 3.1x COMPARATIVE than B"
  // Quotients: the sum of these fields of a sample, times `scale`, by the sum of those, if there are
  // any. NULL ends each list; without
  // any the metric is a field of the sample itself, or for SAMPLE_LATENCY of its latency_ns.
  const char *over[3], *under[2];
  double scale;
};

// All metrics, in the order in which summaries list them. Constant.
const struct metric *metrics_all(size_t *count);
// The metric of that name, or NULL.
const struct metric *metric_find(const char *name);
// The most similar name of a metric, or NULL if none is similar.
const char *metric_nearest(const char *name);
// The metric's value in a sample (docs/results.md); NAN where the sample has none, is not ok, or is of another kind.
double metric_value(const struct metric *metric, const json_t *sample);

#endif
