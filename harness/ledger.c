// SPDX-License-Identifier: MIT
// Samples of a run that is under way.
#include "harness/ledger.h"

#include <errno.h>
#include <stdlib.h>

#include "harness/results.h"

int ledger_open(struct ledger *ledger, const struct plan *plan) {
  ledger->head = plan_to_json(plan);
  ledger->cells = calloc(plan->cell_count + 1, sizeof(json_t *));
  if (!ledger->head || !ledger->cells) return -ENOMEM;
  json_t *cells = json_object_get(ledger->head, "cells");
  for (size_t i = 0, at = 0; i < plan->cell_count; i++) {
    if (plan->cells[i].dropped) continue;
    ledger->cells[i] = json_array_get(cells, at++);
    if (!ledger->cells[i] || json_object_set_new(ledger->cells[i], "samples", json_array())) return -ENOMEM;
  }
  return 0;
}

void ledger_close(struct ledger *ledger) {
  json_decref(ledger->head);
  free(ledger->cells);
  *ledger = (struct ledger){0};
}

int ledger_add(struct ledger *ledger, size_t cell, json_t *sample) {
  return json_array_append(json_object_get(ledger->cells[cell], "samples"), sample) ? -ENOMEM : 0;
}

json_t *ledger_take(struct ledger *ledger, const struct plan *plan, size_t experiment) {
  json_t *cells = json_array(), *samples;
  json_t *run = json_pack("{s:[O], s:o}", "experiments",
                          json_array_get(json_object_get(ledger->head, "experiments"), experiment), "cells", cells);
  struct error error;
  bool bad = !run;
  for (size_t i = 0; i < plan->cell_count && !bad; i++) {
    json_t *cell = plan->cells[i].experiment == experiment ? ledger->cells[i] : NULL;
    if (cell) bad = json_array_append(cells, cell) || results_settle_cell(cell);
  }
  if (!bad) bad = results_summarise(run, &error) != 0;
  for (size_t i = 0; i < json_array_size(cells) && !bad; i++) {
    samples = json_object_get(json_array_get(cells, i), "samples");
    bad = json_array_clear(samples) != 0;
  }
  if (!bad) return run;
  json_decref(run);
  return NULL;
}
