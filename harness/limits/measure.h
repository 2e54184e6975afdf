// SPDX-License-Identifier: MIT
// Measures a list of bounds, each in a child process of its own.
#ifndef STOREBENCH_LIMITS_MEASURE_H
#define STOREBENCH_LIMITS_MEASURE_H

#include <jansson.h>

#include "harness/dataset.h"
#include "harness/interrupt.h"
#include "harness/limits/limits.h"

struct limits_measure {
  const struct limit_list *list;
  const struct dataset_folder *folder;  // the file is made there, and gone afterwards
  double slice;                         // seconds of one repetition
  unsigned repetitions;                 // counted ones
  struct interrupt *interrupt;
  const char *program;  // NULL: this one
  // Gets each bound as it was measured, in the order of the list. 0 or -errno, which ends it.
  int (*take)(void *user, const struct limit_spec *spec, json_t *limit, struct error *error);
  void *user;
};

// Crashes and time-outs are results with status "failed". 0, also after a signal (interrupt->seen is set then), or
// -errno with a message.
int limits_run(const struct limits_measure *measure, struct error *error);

// Seconds that one bound takes, and all of a list, roughly.
double limit_cost(const struct limit_spec *spec, double slice, unsigned repetitions);
double limit_list_cost(const struct limit_list *list, double slice, unsigned repetitions);
// The most disk space that a list takes.
uint64_t limit_list_bytes(const struct limit_list *list);

#endif
