// SPDX-License-Identifier: MIT
// Which cells a duel can tell apart, what one costs, and how much time is kept for them.
#include <errno.h>
#include <math.h>
#include <string.h>

#include "harness/pair.h"
#include "harness/plan.h"

static const double reserve_share = 0.07;   // of the budget, for all duels together
static const double warmup_seconds = 0.02;  // as `ab` has it

static bool is_throughput(const struct metric *metric) {
  return strcmp(metric->name, "ops_per_s") == 0 || strcmp(metric->name, "bytes_per_s") == 0;
}

int plan_duel_possible(const struct plan *plan, const struct plan_cell *a, const struct plan_cell *b,
                       struct error *error) {
  const struct metric *metric = plan->experiments[a->experiment].metric;
  if (!is_throughput(metric)) return error_set(error, -EOPNOTSUPP, "%s is not measured by paired slices", metric->name);
  // Slices count operations.
  if (strcmp(metric->name, "bytes_per_s") == 0 && a->settings.workload.value_size != b->settings.workload.value_size)
    return error_set(error, -EOPNOTSUPP, "paired slices compare operations, and these move different bytes");
  int code = pair_possible(&a->settings, error);
  return code ? code : pair_possible(&b->settings, error);
}

double plan_duel_warmup(void) { return warmup_seconds; }

static double start_cost(const struct plan *plan, const struct plan_cell *cell) {
  return plan_sample_cost(plan, cell, 0) - plan_warmup(plan, cell) + warmup_seconds;
}

double plan_duel_cost(const struct plan *plan, const struct plan_cell *a, const struct plan_cell *b) {
  const struct profile *profile = plan->options.profile;
  uint64_t a_ns = pair_slice_ns(&a->settings), b_ns = pair_slice_ns(&b->settings);
  const double block = PAIR_SLICES * (double)(a_ns > b_ns ? a_ns : b_ns) / 1e9;
  const double blocks = fmax(1, round(profile->duel_seconds / profile->duel_pairs / block));
  return profile->duel_pairs * (start_cost(plan, a) + start_cost(plan, b) + (blocks + PAIR_WARM_UP_BLOCKS) * block);
}

// The dearest duel of the experiment; 0 where there is none.
static double dearest(const struct plan *plan, size_t experiment) {
  double cost = 0;
  size_t able = 0;
  for (size_t i = 0; i < plan->cell_count; i++) {
    const struct plan_cell *cell = &plan->cells[i];
    struct error ignored;
    if (cell->experiment != experiment || cell->is_peak || cell->data == PLAN_NO_DATA) continue;
    if (plan_duel_possible(plan, cell, cell, &ignored)) continue;
    able++;
    cost = fmax(cost, plan_duel_cost(plan, cell, cell));
  }
  return able >= 2 ? cost : 0;
}

void plan_reserve_duels(struct plan *plan) {
  double all = 0;
  for (size_t i = 0; i < plan->experiment_count; i++) {
    plan->experiments[i].duels = plan->options.profile->duels * dearest(plan, i);
    all += plan->experiments[i].duels;
  }
  // What one experiment does not need goes to the next ones, so a part of a duel for each is worth having.
  if (all > reserve_share * plan->budget)
    for (size_t i = 0; i < plan->experiment_count; i++)
      plan->experiments[i].duels *= reserve_share * plan->budget / all;
}
