// SPDX-License-Identifier: MIT
// Which bounds a run measures, how long each, and what that costs.
#include <errno.h>
#include <math.h>

#include "harness/limits/measure.h"
#include "harness/limits/rules.h"
#include "harness/plan.h"

enum { REPETITIONS_LEAST = 7, REPETITIONS_MIN = 3 };
static const double slice_share = 0.2;     // of a sample
static const double budget_share = 0.125;  // that bounds may take, as far as shorter slices help
static const double slice_min = 0.005, shorten = 0.9;
static const uint64_t base_data_max = 128 << 20;

static uint64_t base_data(const struct plan *plan) {
  uint64_t data = LIMIT_PIECE;
  for (size_t i = 0; i < plan->cell_count; i++)
    if (plan->cells[i].settings.data_bytes > data) data = plan->cells[i].settings.data_bytes;
  if (data > base_data_max) data = base_data_max;
  return data - data % LIMIT_PIECE;
}

int plan_choose_limits(struct plan *plan) {
  json_t *head = plan_to_json(plan);
  if (!head) return -ENOMEM;
  int code = limit_list_add_cells(&plan->limits.list, json_object_get(head, "cells"));
  if (!code) code = limit_list_add_base(&plan->limits.list, base_data(plan));
  json_decref(head);
  plan->limits.slice = slice_share * plan->seconds;
  plan->limits.repetitions = plan->options.profile->repetitions;
  if (plan->limits.repetitions < REPETITIONS_LEAST) plan->limits.repetitions = REPETITIONS_LEAST;
  return code;
}

double plan_limits_cost(const struct plan *plan) {
  return limit_list_cost(&plan->limits.list, plan->limits.slice, plan->limits.repetitions);
}

// Each has one repetition that is not counted.
double plan_limits_timed(const struct plan *plan, const struct limit_list *list) {
  return (double)list->count * (plan->limits.repetitions + 1) * plan->limits.slice;
}

void plan_fit_limits(struct plan *plan) {
  struct plan_limits *limits = &plan->limits;
  while (plan_limits_cost(plan) > budget_share * plan->budget) {
    if (limits->slice * shorten >= slice_min)
      limits->slice *= shorten;
    else if (limits->repetitions > REPETITIONS_MIN)
      limits->repetitions--;
    else
      return;
  }
}
