// SPDX-License-Identifier: MIT
// The experiment that measures a planned load.
#ifndef STOREBENCH_ADVISE_EXPERIMENT_H
#define STOREBENCH_ADVISE_EXPERIMENT_H

#include <stddef.h>

#include "base/error.h"
#include "harness/advise.h"

// What it compares are the choices of an advice, as many as are shown.
enum { ADVISE_SHOWN_MAX = 8 };

size_t advise_shown(const struct advice *advice);

// Writes the experiment to `path`. Data that memory holds is loaded as large as asked for (`bytes`), as far as `run`
// takes it here and now: for want of memory, disk space or time it is less, which is said on standard error. For what
// memory does not hold, its multiple counts. 0, or -errno with why it cannot be written, or is one that `run` refuses:
// nothing is written then.
int advise_experiment(const char *path, const struct advise_load *load, double bytes, const struct advice *advice,
                      struct error *error);

#endif
