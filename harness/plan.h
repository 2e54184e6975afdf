// SPDX-License-Identifier: MIT
// What a run will measure: the cells of its experiments, the data sets they need, how long and how often each is
// sampled, and what is left out so that time and disk suffice. A plan is made before anything runs and opens no store.
#ifndef STOREBENCH_PLAN_H
#define STOREBENCH_PLAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "engines/engine.h"
#include "harness/described.h"
#include "harness/limits/limits.h"
#include "harness/metrics.h"
#include "workloads/experiment.h"

enum { PLAN_ID_MAX = 512, PLAN_NOTE_MAX = 256, PLAN_NOTES_MAX = 8 };

struct contender;

struct profile {
  const char *name;
  double seconds;        // timed part of a sample
  unsigned repetitions;  // counted ones
  double budget;         // seconds for the whole run; INFINITY: none
  bool indicative;       // too few repetitions for more than an indication
  // Duels where repetitions leave the winner open: how many an experiment may hold, of how many pairs, with how many
  // seconds of slices each.
  unsigned duels, duel_pairs;
  double duel_seconds;
};

// The profile of that name; -EINVAL with the nearest one.
int plan_profile(const char *name, const struct profile **profile, struct error *error);

struct plan_options {
  const struct profile *profile;
  const char *const *experiments;  // names or files; none: all shipped ones that are in the profile
  size_t experiment_count;
  const char *engines;   // comma-separated specs in place of each experiment's engines, or NULL
  unsigned repetitions;  // 0: the profile's
  uint64_t seed;
  double budget;  // seconds; 0: the profile's
};

// Where the file of a sample comes from.
enum plan_data {
  PLAN_NO_DATA,  // the engine keeps nothing
  PLAN_SHARED,   // the data set itself, read-only
  PLAN_COPY,     // a private copy of the data set
  PLAN_FRESH,    // a new file
};

struct plan_cell {
  char id[PLAN_ID_MAX];  // EXPERIMENT/VALUE/VALUE..., unique in the run
  size_t experiment;     // index into plan.experiments
  size_t index[EXPERIMENT_AXES_MAX];
  struct cell_settings settings;
  const struct described *described;
  const struct contender *contender;  // NULL: a store
  const struct engine *engine;        // the described one: it opens no store here
  struct store_config config;
  enum plan_data data;
  size_t set;  // PLAN_SHARED and PLAN_COPY: index into plan.sets
  bool dropped;
  uint64_t too_large;  // of a cell dropped for it: bytes of memory that it needs; else 0, and time was short
  bool is_peak;        // measured first, in a closed loop, for the cells at a share of its throughput
  size_t peak;         // of a cell at a share of a peak: the index of the cell that measures it; of a peak: its own
};

// A filled store that cells share.
struct plan_set {
  struct cell_settings settings;  // of the fill
  size_t first, last;             // experiments that use it; it is built before the first and removed after the last
  uint64_t bytes;                 // disk space it may take
};

struct plan_experiment {
  struct experiment *experiment;
  struct experiment_axis axes[EXPERIMENT_AXES_MAX];
  size_t axis_count;
  size_t first_cell, cell_count;
  const struct metric *metric;  // of the chart
  double duels;                 // seconds that are kept for them
};

// The bounds that a run measures before its cells.
struct plan_limits {
  struct limit_list list;
  double slice;          // seconds of one repetition of one bound
  unsigned repetitions;  // counted ones
};

struct plan {
  struct plan_options options;  // borrowed pointers stay the caller's
  size_t experiment_count, cell_count, set_count, note_count;
  struct plan_experiment *experiments;
  struct plan_cell *cells;
  struct plan_set *sets;
  struct described_list engines;
  struct plan_limits limits;
  double seconds;                             // timed part of a sample
  unsigned repetitions;                       // counted ones of each cell
  double budget;                              // seconds, INFINITY: none
  double estimate;                            // seconds the whole run will take, roughly
  uint64_t bytes;                             // most disk space in use at a time
  char notes[PLAN_NOTES_MAX][PLAN_NOTE_MAX];  // what was cut, for people
};

enum { PLAN_PEAK_REPETITIONS = 3 };  // counted throughput samples of a peak; their median is the peak

// Makes the plan: reads the experiments, checks every engine spec, and cuts until the budget holds. 0 or -errno with a
// message that names the file; free with plan_free, also after an error.
int plan_make(const struct plan_options *options, struct plan *plan, struct error *error);
void plan_free(struct plan *plan);

// Whether the operation leaves the store as it is, so that cells can share one.
bool plan_reads_only(const struct workload *workload);
// The fill that makes the data set of such a cell, whether two fills make the same one, and the disk space it may take.
struct cell_settings plan_set_settings(const struct cell_settings *cell, const struct engine *engine);
bool plan_same_set(const struct cell_settings *a, const struct cell_settings *b);
uint64_t plan_file_bytes(const struct cell_settings *settings);

// -ENOSPC with how much is needed and how much `folder`'s file system has free, or 0.
int plan_check_space(const struct plan *plan, const char *folder, struct error *error);

// The cell that takes most memory, and how much: its index, and the data that its cache state keeps in memory. NULL,
// and 0, where none takes any.
const struct plan_cell *plan_memory(const struct plan *plan, uint64_t *bytes);
// -ENOMEM with what is needed where that is more than `available`, or 0.
int plan_check_memory(const struct plan *plan, uint64_t available, struct error *error);
// Drops the cells that need more than `available` and notes it, where their experiment keeps two or more that fit;
// others stay, for plan_check_memory to refuse.
void plan_drop_large(struct plan *plan, uint64_t available);
// Why a dropped cell is: a word or two in `text`.
void plan_dropped_reason(const struct plan_cell *cell, char *text, size_t room);
// Bytes that programs can have without swapping; UINT64_MAX where the kernel does not say.
uint64_t plan_memory_available(void);

// Whether a cell needs its memory limited.
bool plan_limits_memory(const struct plan *plan);

// Length of the timed part of samples that do not count, or that count system calls, beside that of the counted ones:
// of the first nothing is used, and a quotient such as system calls an operation needs few operations.
#define PLAN_LENGTH_BESIDE 0.5

// Seconds that one sample of a cell takes, its set-up included; `length` of its timed part is 1 or PLAN_LENGTH_BESIDE.
double plan_sample_cost(const struct plan *plan, const struct plan_cell *cell, double length);
// Seconds of the timed part: what the experiment says, else the profile's; open loops last longer, since there must be
// many operations for a high percentile.
double plan_timed(const struct plan *plan, const struct plan_cell *cell);
// Seconds of warm-up before the timed part, and the longest the timed part may last.
double plan_warmup(const struct plan *plan, const struct plan_cell *cell);
double plan_limit(const struct plan *plan, const struct plan_cell *cell);
// Seconds that building a data set takes, and drawing the charts of one experiment.
double plan_set_cost(const struct plan_set *set);
double plan_drawing_cost(void);
// Seconds that one experiment takes with all its data sets and samples.
double plan_experiment_cost(const struct plan *plan, size_t experiment);

// Whether a duel of these cells can answer what the experiment asks. 0, or -EOPNOTSUPP with the reason: the metric is
// not a throughput, or a cell cannot be measured in slices.
int plan_duel_possible(const struct plan *plan, const struct plan_cell *a, const struct plan_cell *b,
                       struct error *error);
// Seconds that it takes, and that warm-up of each of its processes lasts.
double plan_duel_cost(const struct plan *plan, const struct plan_cell *a, const struct plan_cell *b);
double plan_duel_warmup(void);
// Keeps time for duels in each experiment that can have some, a small part of the budget.
void plan_reserve_duels(struct plan *plan);

// Adds to the last experiment the peaks that its cells refer to. 0 or -errno with a message.
int plan_add_peaks(struct plan *plan, struct error *error);
// Drops peaks that no cell refers to any more.
void plan_drop_peaks(struct plan *plan);
// Room for one more element: the array of `count`, grown, or NULL. For the parts of the plan.
void *plan_grow(void *array, size_t count, size_t size);

// Puts the bounds that apply to the cells, and those that every run has, into the plan. 0 or -ENOMEM.
int plan_choose_limits(struct plan *plan);
// Seconds that measuring them takes, and shortening it until it is a small part of the budget.
double plan_limits_cost(const struct plan *plan);
// Seconds of measuring such bounds in which something is timed.
double plan_limits_timed(const struct plan *plan, const struct limit_list *list);
void plan_fit_limits(struct plan *plan);

// Shortens samples, then takes repetitions away, then drops cells, until the estimate is within the budget, and notes
// what it did. -ETIME when even the least does not fit.
int plan_fit_budget(struct plan *plan, struct error *error);

// The arrays "experiments", "cells" (without samples) and "dropped" of run.json as one new object. NULL: no memory.
json_t *plan_to_json(const struct plan *plan);

// Prints the plan for people.
void plan_print(const struct plan *plan, FILE *out);

#endif
