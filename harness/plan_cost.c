// SPDX-License-Identifier: MIT
// How long a plan takes. The constants are what the parts of samples took on a small virtual machine with an SSD
// (`spent` in run.json, docs/results.md). The schedule goes by what it sees; the plan only has to be near.
#include <math.h>

#include "harness/plan.h"

static const double process_seconds = 0.02;       // a child: fork, exec, its threads, its end
static const double file_seconds = 0.015;         // making or removing a file of its own and closing it synced
static const double check_seconds = 0.012;        // reading records back
static const double open_record_seconds = 16e-9;  // the index, from its snapshot
static const double copy_bytes_per_s = 800e6;     // a private copy, synced
static const double warm_bytes_per_s = 850e6;     // dropping a file from the cache and reading it in
static const double touch_bytes_per_s = 6e9;      // a scan that puts it into the page table
static const double limit_seconds = 0.05;         // limiting memory, and filling the cache up to there
static const double fill_record_seconds = 0.4e-6, fill_call_seconds = 1.2e-6;
static const double fill_bytes_per_s = 800e6;
static const double durable_seconds = 300e-6, plain_seconds = 10e-6;  // an operation of those that end by their number
static const double phase_factor = 2;     // an update, put or delete at random over a put in order
static const double draw_seconds = 0.35;  // charts of one experiment, drawn beside those of others
static const double repeated = 1.04;      // samples that the isolation gate has repeated

static const double open_factor = 4;  // an open loop lasts as long as so many samples of a closed one
// Caches of the processor and buffers of an engine are warm by then, in a long sample too.
static const double warmup_share = 1.0 / 3, warmup_most = 0.05;
// Records enough for most engines are put in well under this where nothing waits for a sync; others are cut short, as
// durable loads always are.
static const double fill_limit_factor = 4, fill_limit_least = 0.5;

double plan_timed(const struct plan *plan, const struct plan_cell *cell) {
  if (cell->settings.duration > 0) return cell->settings.duration;
  return cell_rated(&cell->settings) ? open_factor * plan->seconds : plan->seconds;
}

double plan_warmup(const struct plan *plan, const struct plan_cell *cell) {
  bool cold = cell->settings.cache == CACHE_COLD;
  enum operation operation = cell->settings.workload.operation;
  if (cold || operation == OPERATION_FILL || operation_of_stores(operation)) return 0;
  return fmin(warmup_share * plan->seconds, warmup_most);
}

// Whether the timed part lasts as long as it is told to, whatever the operation.
static bool is_fixed(const struct cell_settings *settings) { return cell_rated(settings) || settings->duration > 0; }

double plan_limit(const struct plan *plan, const struct plan_cell *cell) {
  if (cell->settings.workload.operation != OPERATION_FILL || is_fixed(&cell->settings)) return plan_timed(plan, cell);
  bool durable = cell->settings.sync.kind == SYNC_ALWAYS || cell->settings.sync.kind == SYNC_EVERY;
  return durable ? plan->seconds : fmax(fill_limit_least, fill_limit_factor * plan->seconds);
}

static double fill_seconds(const struct cell_settings *settings) {
  const struct workload *workload = &settings->workload;
  return (double)workload->records * (fill_record_seconds + fill_call_seconds / workload->batch) +
         (double)settings->data_bytes / fill_bytes_per_s;
}

static double cache_cost(const struct cell_settings *settings) {
  const double bytes = (double)settings->data_bytes;
  switch (settings->cache) {
    case CACHE_WARM:
      return bytes / warm_bytes_per_s;
    case CACHE_MAPPED:
      return bytes / warm_bytes_per_s + bytes / touch_bytes_per_s;
    case CACHE_PRESSURE:
    case CACHE_FILLING:
      return limit_seconds + bytes / warm_bytes_per_s;
    default:
      return 0;
  }
}

static double operations_cost(const struct cell_settings *settings) {
  bool durable = settings->sync.kind == SYNC_ALWAYS && !plan_reads_only(&settings->workload);
  return (double)settings->operations * (durable ? durable_seconds : plain_seconds);
}

// Batches of one engine take as long as their time limit; loads may be done before. How fast an engine loads is what
// the experiment is to find out: half-way is as wrong either way.
static double timed_cost(const struct plan *plan, const struct plan_cell *cell, double length) {
  const struct cell_settings *settings = &cell->settings;
  double limit = length * plan_limit(plan, cell);
  if (settings->operations) return fmin(limit, operations_cost(settings));
  if (settings->workload.operation != OPERATION_FILL || is_fixed(settings)) return length * plan_timed(plan, cell);
  return fmin(limit, fill_seconds(settings));
}

double plan_sample_cost(const struct plan *plan, const struct plan_cell *cell, double length) {
  const struct cell_settings *settings = &cell->settings;
  double cost = process_seconds + plan_warmup(plan, cell) + timed_cost(plan, cell, length);
  if (cell->data == PLAN_NO_DATA) return repeated * cost;
  cost += check_seconds + cache_cost(settings);
  if (cell->data != PLAN_SHARED) cost += file_seconds;
  if (cell->data != PLAN_FRESH) cost += (double)settings->workload.records * open_record_seconds;
  if (cell->data == PLAN_COPY) cost += cell_stores(settings) * (double)settings->data_bytes / copy_bytes_per_s;
  cost += (cell_stores(settings) - 1) * file_seconds;
  return repeated * cost;
}

double plan_set_cost(const struct plan_set *set) {
  return fill_seconds(&set->settings) * (1 + phase_factor * phases_work(&set->settings.before));
}

double plan_drawing_cost(void) { return draw_seconds; }

// The counted samples, and those beside them: one that is not counted, one of latencies and one of counters. A metric
// of either kind has its samples in the repetitions; at a given rate only latencies are worth knowing.
static double cell_cost(const struct plan *plan, const struct plan_cell *cell, enum sample_kind kind) {
  double whole = cell->is_peak ? PLAN_PEAK_REPETITIONS : plan->repetitions, beside = 1;
  if (!cell->is_peak && !cell_rated(&cell->settings) && !cell->contender) {
    whole += kind != SAMPLE_LATENCY;
    beside += kind != SAMPLE_COUNTERS;
  }
  return whole * plan_sample_cost(plan, cell, 1) + beside * plan_sample_cost(plan, cell, PLAN_LENGTH_BESIDE);
}

double plan_experiment_cost(const struct plan *plan, size_t experiment) {
  enum sample_kind kind = plan->experiments[experiment].metric->kind;
  double cost = draw_seconds + plan->experiments[experiment].duels;
  for (size_t i = 0; i < plan->cell_count; i++) {
    const struct plan_cell *cell = &plan->cells[i];
    bool runs = !cell->dropped && !*cell->described->unavailable;
    if (cell->experiment == experiment && runs) cost += cell_cost(plan, cell, kind);
  }
  for (size_t i = 0; i < plan->set_count; i++)
    if (plan->sets[i].first == experiment) cost += plan_set_cost(&plan->sets[i]);
  return cost;
}
