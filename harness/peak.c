// SPDX-License-Identifier: MIT
#include "harness/peak.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/metrics.h"
#include "harness/results_file.h"
#include "harness/statistics.h"

void peak_add(struct peak *peak, const json_t *sample) {
  if (strcmp(json_text(sample, "status"), "ok") != 0) {
    snprintf(peak->status, sizeof peak->status, "%s", json_text(sample, "status"));
    snprintf(peak->reason, sizeof peak->reason, "%s", json_text(sample, "reason"));
    return;
  }
  double value = metric_value(metric_find("ops_per_s"), sample);
  if (!json_is_true(json_object_get(sample, "counted")) || !(value > 0) || peak->count == PLAN_PEAK_REPETITIONS) return;
  peak->values[peak->count++] = value;
}

double peak_rate(const struct peak *peak) {
  struct interval interval;
  return peak->count && statistics_interval(peak->values, peak->count, &interval) == 0 ? interval.median : NAN;
}
