// SPDX-License-Identifier: MIT
// The bounds of a run: measured before its cells, and some again after them, each handed to the
// results.
#ifndef STOREBENCH_MEASURE_LIMITS_H
#define STOREBENCH_MEASURE_LIMITS_H

#include "harness/dataset.h"
#include "harness/interrupt.h"
#include "harness/plan.h"
#include "harness/progress.h"
#include "harness/results.h"

// Sets *seconds to the time it took. Bounds that cannot be measured are results, not errors. 0, also after a signal
// (interrupt->seen is set then), or -errno with a message.
int measure_limits(const struct plan *plan, const struct dataset_folder *folder, struct results *results,
                   struct interrupt *interrupt, struct progress *progress, double *seconds, struct error *error);

// Measures those again that a cell of the run in `out` was better than, so that they meet the machine as the cells did;
// the better of both counts (results_read), and those that cannot be measured again become notes. Likewise; *timed is
// the part of it that was timed.
int measure_limits_again(const struct plan *plan, const char *out, const struct dataset_folder *folder,
                         struct results *results, struct interrupt *interrupt, struct progress *progress,
                         double *seconds, double *timed, struct error *error);

#endif
