// SPDX-License-Identifier: MIT
// How much memory a plan takes, told before anything runs: a run that does not fit would end in skipped cells, or in a
// machine that swaps.
#include <errno.h>
#include <stdio.h>

#include "base/words.h"
#include "harness/environment_internal.h"
#include "harness/plan.h"

// A record, at most (engines/slots/keydir.h): of a store that is open, and in the moment at which the index grows, as
// it may with the last record of a load.
enum { INDEX_BYTES = 16, GROWING_INDEX_BYTES = 26 };

// Several processes read only: one of them alone has loaded what they read.
static uint64_t index_of(const struct cell_settings *settings) {
  uint64_t each = settings->processes > 1 ? (uint64_t)INDEX_BYTES * settings->processes : GROWING_INDEX_BYTES;
  return settings->filled * each;
}

// Of each store, the index of each process, and of the data what the cache state keeps in memory.
static uint64_t memory_of(const struct cell_settings *settings) {
  uint64_t index = index_of(settings);
  bool cached = settings->cache == CACHE_WARM || settings->cache == CACHE_MAPPED;
  // A limit is one for all stores of a sample.
  return cell_stores(settings) * (index + (cached ? settings->data_bytes : 0)) + (cached ? 0 : settings->memory_bytes);
}

static uint64_t needed_by(const struct plan_cell *cell) {
  return cell->dropped || cell->data == PLAN_NO_DATA ? 0 : memory_of(&cell->settings);
}

// An experiment of one cell has nothing to compare, and what keeps no data answers no question by itself.
enum { CELLS_KEPT = 2 };

static size_t drop_large_of(struct plan *plan, size_t experiment, uint64_t available) {
  size_t fit = 0, dropped = 0;
  for (size_t i = 0; i < plan->cell_count; i++) {
    const struct plan_cell *cell = &plan->cells[i];
    bool store = cell->data != PLAN_NO_DATA && !cell->dropped && !cell->is_peak;
    fit += cell->experiment == experiment && store && needed_by(cell) <= available;
  }
  for (size_t i = 0; i < plan->cell_count && fit >= CELLS_KEPT; i++) {
    struct plan_cell *cell = &plan->cells[i];
    uint64_t needed = needed_by(cell);
    if (cell->experiment != experiment || cell->is_peak || needed <= available) continue;
    cell->too_large = needed;
    cell->dropped = true;
    dropped++;
  }
  return dropped;
}

void plan_drop_large(struct plan *plan, uint64_t available) {
  size_t dropped = 0;
  char have[32];
  for (size_t i = 0; i < plan->experiment_count; i++) dropped += drop_large_of(plan, i, available);
  if (!dropped) return;
  plan_drop_peaks(plan);
  format_size(available, have, sizeof have);
  snprintf(plan->notes[plan->note_count++], PLAN_NOTE_MAX,
           "fewer cells: %zu left out that need more memory than the %s available", dropped, have);
}

void plan_dropped_reason(const struct plan_cell *cell, char *text, size_t room) {
  char need[32];
  format_size(cell->too_large, need, sizeof need);
  if (cell->too_large)
    snprintf(text, room, "needs %s of memory", need);
  else
    snprintf(text, room, "time budget");
}

const struct plan_cell *plan_memory(const struct plan *plan, uint64_t *bytes) {
  const struct plan_cell *most = NULL;
  *bytes = 0;
  for (size_t i = 0; i < plan->cell_count; i++) {
    const struct plan_cell *cell = &plan->cells[i];
    uint64_t needed = needed_by(cell);
    if (needed <= *bytes) continue;
    *bytes = needed;
    most = cell;
  }
  return most;
}

int plan_check_memory(const struct plan *plan, uint64_t available, struct error *error) {
  uint64_t bytes;
  char need[32], data[32], have[32];
  const struct plan_cell *cell = plan_memory(plan, &bytes);
  if (!cell || bytes <= available) return 0;
  format_size(bytes, need, sizeof need);
  format_size(cell->settings.data_bytes, data, sizeof data);
  format_size(available, have, sizeof have);
  return error_set(error, -ENOMEM,
                   "%.200s: %llu records, %s of data, need %s of memory and %s is available; use fewer records, or "
                   "cache = cold",
                   cell->id, (unsigned long long)cell->settings.filled, data, need, have);
}

uint64_t plan_memory_available(void) {
  char text[64];
  unsigned long long kilobytes;
  if (read_value_of("/proc/meminfo", "MemAvailable", text, sizeof text) || sscanf(text, "%llu", &kilobytes) != 1)
    return UINT64_MAX;  // not known: what does not fit is skipped cell by cell
  return kilobytes * 1024;
}
