// SPDX-License-Identifier: MIT
// Charts of further metrics over the same cells (`beside` in [chart]): data/NAME-METRIC.tsv and charts/NAME-METRIC.*.
#ifndef STOREBENCH_BESIDE_H
#define STOREBENCH_BESIDE_H

#include <jansson.h>
#include <stddef.h>

// The i-th metric beside the y of an experiment of a run; NULL after the last one, or for
// one that this version does not know.
const char *beside_metric(const json_t *experiment, size_t i);
// The name of its data and its chart.
void beside_name(const json_t *experiment, const char *metric, char *name, size_t room);
// The experiment with that y, its winners and its finding, and without a claim: a new object. NULL: no memory, or a
// metric that this version does not know.
json_t *beside_experiment(const json_t *run, const json_t *experiment, const char *metric);

#endif
