// SPDX-License-Identifier: MIT
// A plan for people: what will run, how long it takes, what is left out.
#include <math.h>
#include <string.h>

#include "base/words.h"
#include "harness/plan.h"

static void print_experiment(const struct plan *plan, size_t number, FILE *out) {
  const struct plan_experiment *experiment = &plan->experiments[number];
  size_t cells = 0, dropped = 0, peaks = 0;
  uint64_t data = 0;
  char bytes[32];
  for (size_t i = 0; i < plan->cell_count; i++) {
    bool left = plan->cells[i].experiment == number && !plan->cells[i].dropped;
    peaks += left && plan->cells[i].is_peak;
    if (left && plan->cells[i].settings.data_bytes > data) data = plan->cells[i].settings.data_bytes;
    if (plan->cells[i].is_peak) continue;
    cells += left;
    dropped += plan->cells[i].experiment == number && plan->cells[i].dropped;
  }
  format_size(data, bytes, sizeof bytes);
  fprintf(out, "%-20s %3zu cells  %9s  about %4.0f s ", experiment_name(experiment->experiment), cells, bytes,
          plan_experiment_cost(plan, number));
  for (size_t a = 0; a < experiment->axis_count; a++) {
    const struct experiment_axis *axis = &experiment->axes[a];
    fprintf(out, "%s%s: ", a ? "; " : " ", axis->key);
    for (size_t v = 0; v < axis->count; v++) fprintf(out, "%s%s", v ? ", " : "", axis->values[v]);
  }
  if (dropped) fprintf(out, " (%zu cells left out)", dropped);
  if (peaks) fprintf(out, "; %zu peaks are measured first", peaks);
  fputc('\n', out);
}

void plan_print(const struct plan *plan, FILE *out) {
  char bytes[32], memory[32], reason[64];
  uint64_t needed;
  size_t left = 0;
  double duels = 0;
  for (size_t i = 0; i < plan->experiment_count; i++) duels += plan->experiments[i].duels;
  fprintf(out, "%-20s %3zu                   about %4.0f s\n", "bounds", plan->limits.list.count,
          plan_limits_cost(plan));
  for (size_t i = 0; i < plan->experiment_count; i++) print_experiment(plan, i, out);
  for (size_t i = 0; i < plan->cell_count; i++) {
    if (plan->cells[i].is_peak) continue;
    left += !plan->cells[i].dropped;
    if (!plan->cells[i].dropped) continue;
    plan_dropped_reason(&plan->cells[i], reason, sizeof reason);
    fprintf(out, "left out: %s (%s)\n", plan->cells[i].id, reason);
  }
  for (size_t i = 0; i < plan->note_count; i++) fprintf(out, "%s\n", plan->notes[i]);
  if (duels > 0)
    fprintf(out, "about %.0f s of that are kept for duels, where repetitions leave a winner open\n", duels);
  plan_memory(plan, &needed);
  format_size(plan->bytes, bytes, sizeof bytes);
  format_size(needed, memory, sizeof memory);
  fprintf(out, "%zu cells, %u repetitions of %.3g s each and one that is not counted; about %.0f s", left,
          plan->repetitions, plan->seconds, ceil(plan->estimate));
  if (isfinite(plan->budget)) fprintf(out, " of %.0f s", plan->budget);
  fprintf(out, "; up to %s of disk space and %s of memory\n", bytes, memory);
}
