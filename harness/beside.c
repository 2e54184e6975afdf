// SPDX-License-Identifier: MIT
// Charts of further metrics over the same cells: an experiment as it would be with another y.
#include "harness/beside.h"

#include <errno.h>
#include <stdio.h>

#include "harness/finding.h"
#include "harness/metrics.h"
#include "harness/results_file.h"
#include "harness/verdict.h"
#include "harness/winners.h"

const char *beside_metric(const json_t *experiment, size_t i) {
  const json_t *beside = json_object_get(json_object_get(experiment, "chart"), "beside");
  const char *metric = json_string_value(json_array_get(beside, i));
  return metric && metric_find(metric) ? metric : NULL;  // it becomes part of a file's name
}

void beside_name(const json_t *experiment, const char *metric, char *name, size_t room) {
  snprintf(name, room, "%s-%s", json_text(experiment, "name"), metric);
}

// The claim is of y, and so are the duels; what it compares are the cells that the question is about, by this metric
// too.
json_t *beside_experiment(const json_t *run, const json_t *experiment, const char *metric) {
  json_t *other = json_deep_copy(experiment), *chart = json_object_get(other, "chart");
  json_t *repetitions = json_copy((json_t *)run);  // of this function: what is in it is the run's
  int bad = !repetitions || json_object_set_new(repetitions, "duels", json_array()) ||
            json_object_set_new(chart, "y", json_string(metric)) ||
            json_object_set_new(chart, "beside", json_array()) || json_object_set_new(other, "claim", json_string(""));
  if (!bad) bad = winners_find(repetitions, other) || verdict_find(repetitions, other);
  if (!bad) bad = finding_choose(repetitions, other);
  json_decref(repetitions);
  if (!bad) return other;
  json_decref(other);
  return NULL;
}
