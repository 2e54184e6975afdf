// SPDX-License-Identifier: MIT
// Runs one measurement in a child process of its own, so that a crash, a hang or a leak costs one measurement.
#ifndef STOREBENCH_CHILD_H
#define STOREBENCH_CHILD_H

#include <jansson.h>

#include "harness/cell.h"
#include "harness/interrupt.h"

enum { CHILD_REASON_MAX = 1536 };

// Runs `storebench __sample` with this order and waits for it, `limit` seconds at most, then kills it. The sample, also
// when the child failed, crashed or was killed (its "status" is always there, "reason" says why); the caller's. NULL
// with interrupt->seen set when a signal came (the child is dead then), or when memory is short. A child never outlives
// the caller.
json_t *child_run(const struct sample_order *order, double limit, struct interrupt *interrupt);

// The same for another program, with its arguments (NULL ends them), that reads an order and prints a sample.
json_t *child_run_program(const char *program, char *const *arguments, const struct sample_order *order, double limit,
                          struct interrupt *interrupt);

// The same for any order and any answer: the object that the program prints, which has a text "status"; the caller's.
// NULL when none came, with why in `reason` (CHILD_REASON_MAX bytes), or with interrupt->seen set.
json_t *child_ask(const char *program, char *const *arguments, const json_t *order, double limit,
                  struct interrupt *interrupt, char *reason);

// What a program prints that reads `input` (NULL: nothing) and exits with 0; the caller's to free. NULL when it does
// not, with interrupt->seen set after a signal. `reason` says in either case how it ended, and what it complained last.
char *child_output(const char *program, char *const *arguments, const char *input, double limit,
                   struct interrupt *interrupt, char *reason);

// A sample of that order which did not come about: `status` ("failed", "skipped") and why. The caller's, or NULL.
json_t *child_no_sample(const struct sample_order *order, const char *status, const char *reason);

#endif
