// SPDX-License-Identifier: MIT
// Peaks: what a cell at a share of its peak needs to know first is how much the same cell does in a closed loop. Cells
// that differ in nothing but rate and arrivals share one.
#include <errno.h>
#include <string.h>

#include "harness/plan.h"

static bool is_of_rate(const struct experiment_axis *axis) {
  return strcmp(axis->key, "rate") == 0 || strcmp(axis->key, "arrivals") == 0;
}

static bool same_but_rate(const struct plan_experiment *experiment, const struct plan_cell *a,
                          const struct plan_cell *b) {
  for (size_t i = 0; i < experiment->axis_count; i++)
    if (!is_of_rate(&experiment->axes[i]) && a->index[i] != b->index[i]) return false;
  return true;
}

// EXPERIMENT/VALUE/.../peak: no value of an axis stands behind a rate's, so the name is its own.
static int name_peak(const struct plan_experiment *experiment, struct plan_cell *peak, struct error *error) {
  size_t length = (size_t)snprintf(peak->id, sizeof peak->id, "%s", experiment_name(experiment->experiment));
  for (size_t i = 0; i < experiment->axis_count && length < sizeof peak->id; i++) {
    if (is_of_rate(&experiment->axes[i])) continue;
    length += (size_t)snprintf(peak->id + length, sizeof peak->id - length, "/%s",
                               experiment->axes[i].values[peak->index[i]]);
  }
  if (length + sizeof "/peak" > sizeof peak->id)
    return error_set(error, -ENAMETOOLONG, "%.100s...: the cell's name is too long; shorten its values", peak->id);
  memcpy(peak->id + length, "/peak", sizeof "/peak");
  return 0;
}

static int add_peak(struct plan *plan, size_t of, struct error *error) {
  struct plan_experiment *experiment = &plan->experiments[plan->cells[of].experiment];
  struct plan_cell *cells = plan_grow(plan->cells, plan->cell_count, sizeof *cells);
  if (!cells) return error_set(error, -ENOMEM, "memory is short; run fewer experiments");
  plan->cells = cells;
  struct plan_cell *peak = &cells[plan->cell_count];
  *peak = cells[of];
  memset(&peak->settings.rate, 0, sizeof peak->settings.rate);
  peak->is_peak = true;
  peak->peak = plan->cell_count;
  int code = name_peak(experiment, peak, error);
  if (code) return code;
  cells[of].peak = plan->cell_count++;
  experiment->cell_count++;
  return 0;
}

int plan_add_peaks(struct plan *plan, struct error *error) {
  const size_t number = plan->experiment_count - 1, first = plan->experiments[number].first_cell;
  const size_t swept = plan->cell_count;
  for (size_t i = first; i < swept; i++) {
    if (!(plan->cells[i].settings.rate.of_peak > 0)) continue;
    size_t peak = swept;
    while (peak < plan->cell_count && !same_but_rate(&plan->experiments[number], &plan->cells[i], &plan->cells[peak]))
      peak++;
    plan->cells[i].peak = peak;
    int code = peak == plan->cell_count ? add_peak(plan, i, error) : 0;
    if (code) return code;
  }
  return 0;
}

static bool is_used(const struct plan *plan, size_t peak) {
  for (size_t i = 0; i < plan->cell_count; i++) {
    const struct plan_cell *cell = &plan->cells[i];
    if (!cell->is_peak && !cell->dropped && cell->settings.rate.of_peak > 0 && cell->peak == peak) return true;
  }
  return false;
}

void plan_drop_peaks(struct plan *plan) {
  for (size_t i = 0; i < plan->cell_count; i++)
    if (plan->cells[i].is_peak && !is_used(plan, i)) plan->cells[i].dropped = true;
}
