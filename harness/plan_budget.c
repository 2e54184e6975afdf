// SPDX-License-Identifier: MIT
// What to cut from a plan so that it fits its budget.
#include <errno.h>
#include <math.h>
#include <string.h>

#include "harness/plan.h"

enum { REPETITIONS_MIN = 3 };
static const double shorten = 0.9, shortest = 0.5;  // steps of sample time, and how far down it may go

static double whole_cost(const struct plan *plan) {
  double cost = plan_limits_cost(plan);
  for (size_t i = 0; i < plan->experiment_count; i++) cost += plan_experiment_cost(plan, i);
  return cost;
}

static size_t engine_axis(const struct plan_experiment *experiment) {
  size_t axis = 0;
  while (axis < experiment->axis_count && strcmp(experiment->axes[axis].key, "engine") != 0) axis++;
  return axis;
}

// Higher is dropped sooner. A plain engine answers the question; an engine with options refines the answer. The first
// value of an axis is the one a reader expects, so the later of equals go first.
static size_t expendability(const struct plan *plan, const struct plan_cell *cell) {
  const struct plan_experiment *experiment = &plan->experiments[cell->experiment];
  size_t axis = engine_axis(experiment), later = 0;
  for (size_t i = 0; i < experiment->axis_count; i++)
    if (i != axis) later += cell->index[i];
  bool variant = strchr(cell->settings.spec, ':') != NULL;
  return ((size_t)variant * EXPERIMENT_VALUES_MAX * EXPERIMENT_AXES_MAX + later) * EXPERIMENT_VALUES_MAX +
         (axis < experiment->axis_count ? cell->index[axis] : 0);
}

static size_t cells_left(const struct plan *plan, size_t experiment) {
  size_t left = 0;
  for (size_t i = 0; i < plan->cell_count; i++)
    left += plan->cells[i].experiment == experiment && !plan->cells[i].dropped && !plan->cells[i].is_peak;
  return left;
}

// Drops the most expendable cell of the experiment that has most left, so that every question keeps some answer. False
// when no experiment has more than two.
static bool drop_cell(struct plan *plan) {
  size_t largest = 0;
  struct plan_cell *victim = NULL;
  for (size_t i = 1; i < plan->experiment_count; i++)
    if (cells_left(plan, i) > cells_left(plan, largest)) largest = i;
  if (cells_left(plan, largest) <= 2) return false;
  for (size_t i = 0; i < plan->cell_count; i++) {
    struct plan_cell *cell = &plan->cells[i];
    if (cell->experiment != largest || cell->dropped || cell->is_peak) continue;
    if (!victim || expendability(plan, cell) >= expendability(plan, victim)) victim = cell;
  }
  if (victim) victim->dropped = true;
  plan_drop_peaks(plan);
  return victim;
}

static void note(struct plan *plan, const char *what, double from, double to, const char *unit) {
  snprintf(plan->notes[plan->note_count++], PLAN_NOTE_MAX, "%s: %g instead of %g%s, to stay within %.0f s", what, to,
           from, unit, plan->budget);
}

static size_t swept_cells(const struct plan *plan) {
  size_t count = 0;
  for (size_t i = 0; i < plan->cell_count; i++) count += !plan->cells[i].is_peak && !plan->cells[i].too_large;
  return count;
}

static void note_cuts(struct plan *plan, double seconds, unsigned repetitions, size_t dropped) {
  size_t cells = swept_cells(plan);
  if (plan->seconds < seconds) note(plan, "shorter samples", seconds, round(plan->seconds * 1e3) / 1e3, " s");
  if (plan->repetitions < repetitions) note(plan, "fewer repetitions", repetitions, plan->repetitions, "");
  if (dropped) note(plan, "fewer cells", (double)cells, (double)(cells - dropped), "");
}

int plan_fit_budget(struct plan *plan, struct error *error) {
  double seconds = plan->seconds;
  unsigned repetitions = plan->repetitions;
  bool asked = plan->options.repetitions > 0;  // what the user asked for is not cut
  size_t dropped = 0;
  while ((plan->estimate = whole_cost(plan)) > plan->budget) {
    if (plan->seconds * shorten >= seconds * shortest) {
      plan->seconds *= shorten;
    } else if (!asked && plan->repetitions > REPETITIONS_MIN) {
      plan->repetitions--;
    } else if (drop_cell(plan)) {
      dropped++;
    } else {
      return error_set(error, -ETIME,
                       "a budget of %.0f s is too short: the least takes %.0f s; raise --budget or name "
                       "fewer experiments",
                       plan->budget, ceil(plan->estimate));
    }
  }
  note_cuts(plan, seconds, repetitions, dropped);
  return 0;
}
