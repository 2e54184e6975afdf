// SPDX-License-Identifier: MIT
// The order of the samples in a pass, and where data sets stand.
#include <stdio.h>

#include "harness/schedule.h"
#include "workloads/random.h"

void schedule_shuffle(uint64_t seed, size_t experiment, unsigned repetition, size_t *order, size_t count) {
  struct random random;
  random_seed(&random, seed ^ random_mix(((uint64_t)experiment << 32) + repetition + 1));
  for (size_t i = 0; i < count; i++) {
    size_t j = random_below(&random, i + 1);
    order[i] = order[j];
    order[j] = i;
  }
}

void schedule_set_name(size_t set, char name[32]) { snprintf(name, 32, "set-%zu", set); }
