// SPDX-License-Identifier: MIT
// The thread that has a role on the store while it is measured (workloads/background.h), counted apart.
#ifndef STOREBENCH_HARNESS_BACKGROUND_H
#define STOREBENCH_HARNESS_BACKGROUND_H

#include "harness/sample.h"

struct background;

// Starts the thread and waits until it has its session; it does nothing yet. NULL without a role. *background is the
// caller's. 0 or -errno with a message.
int background_open(const struct sample *sample, struct background **background, struct error *error);
// The clock starts, and with it the thread's work. NULL is fine, here and below.
void background_begin(struct background *background);
// The clock stopped: waits until the thread has finished what it began. 0 or -errno with a message of what it failed
// at; `done` and `seconds` are what it did, in which time. May be called again.
int background_end(struct background *background, uint64_t *done, double *seconds, struct error *error);
// Ends it in any state, and frees it.
void background_close(struct background *background);

#endif
