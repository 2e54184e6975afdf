// SPDX-License-Identifier: MIT
// The numbers of a sample that charts and summaries are made of.
#include "harness/metrics.h"

#include <math.h>
#include <string.h>

static const struct metric metrics[] = {
    {"ops_per_s", "operations per second", "ops/s", false, true, "faster"},
    {"bytes_per_s", "useful bytes per second", "B/s", false, true, "faster"},
    {"p50", "median latency", "ns", true, false, "quicker at the median"},
    {"p90", "90th percentile latency", "ns", true, false, "quicker at the 90th percentile"},
    {"p99", "99th percentile latency", "ns", true, false, "quicker at the 99th percentile"},
    {"p999", "99.9th percentile latency", "ns", true, false, "quicker at the 99.9th percentile"},
    {"max", "longest latency", "ns", true, false, "quicker at worst"},
    {"mean", "mean latency", "ns", true, false, "quicker on average"},
};

const struct metric *metrics_all(size_t *count) {
  *count = sizeof metrics / sizeof metrics[0];
  return metrics;
}

const struct metric *metric_find(const char *name) {
  for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++)
    if (strcmp(metrics[i].name, name) == 0) return &metrics[i];
  return NULL;
}

double metric_value(const struct metric *metric, const json_t *sample) {
  const char *status = json_string_value(json_object_get(sample, "status"));
  const char *kind = json_string_value(json_object_get(sample, "kind"));
  if (!status || strcmp(status, "ok") != 0 || !kind) return NAN;
  if (strcmp(kind, metric->latency ? "latency" : "throughput") != 0) return NAN;
  const json_t *from = metric->latency ? json_object_get(sample, "latency_ns") : sample;
  const json_t *number = json_object_get(from, metric->name);
  return json_is_number(number) ? json_number_value(number) : NAN;
}
