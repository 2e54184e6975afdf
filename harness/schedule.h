// SPDX-License-Identifier: MIT
// Runs a plan: which sample when, each in a child process, interleaved in a seeded order, within the time there is.
#ifndef STOREBENCH_SCHEDULE_H
#define STOREBENCH_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/cell.h"
#include "harness/dataset.h"
#include "harness/interrupt.h"
#include "harness/memory_group.h"
#include "harness/pair.h"
#include "harness/plan.h"
#include "harness/progress.h"
#include "harness/results.h"
#include "harness/shares.h"

struct schedule {
  const struct plan *plan;
  const struct dataset_folder *folder;
  struct results *results;
  struct interrupt *interrupt;
  struct progress *progress;
  struct memory_groups *memory;  // NULL: the plan has no cell that needs one
  // Runs one sample: child_run, or a test's own, which promises the same.
  json_t *(*run)(const struct sample_order *order, double limit, struct interrupt *interrupt);
  // Runs one pair of a duel: pair_run, or a test's own. NULL: no duels are held.
  bool (*pair)(const struct pair *pair, struct interrupt *interrupt, struct pair_result *result);
};

struct schedule_outcome {
  bool interrupted;
  struct shares shares;  // of the time: what the schedule knows of it
  size_t samples;
};

// Runs everything and appends each sample to the results. Failed and skipped samples are results, not errors; a skipped
// cell is not tried again. 0 or -errno with a message (results cannot be written, memory is short).
int schedule_run(const struct schedule *schedule, struct schedule_outcome *outcome, struct error *error);

// The folder of a data set of the plan.
void schedule_set_name(size_t set, char name[32]);

// Puts 0..count-1 into `order` in the order that this seed, experiment and repetition give.
void schedule_shuffle(uint64_t seed, size_t experiment, unsigned repetition, size_t *order, size_t count);

#endif
