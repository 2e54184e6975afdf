// SPDX-License-Identifier: MIT
// A run that was never measured: figures made up so that tests of results and reports have all that a run can hold.
#ifndef STOREBENCH_TESTS_MADE_RUN_H
#define STOREBENCH_TESTS_MADE_RUN_H

#include <jansson.h>

struct made_experiment {
  const char *name, *title, *question, *shape, *x, *y;  // x "": a chart along seconds
  int log_y;
  const char *const *xs;       // values of x, NULL ends them
  const char *const *engines;  // NULL ends them
  const char *skipped;         // an engine whose cells were skipped, or NULL
  const char *beside;          // another metric with a chart of its own, or NULL
};

// The head of a run on `host` with no experiment. The caller's.
json_t *made_run(const char *host);
// Adds the experiment and its cells, each with four samples of throughput (the first not counted), one of latency and
// one of counters.
void made_run_add(json_t *run, const struct made_experiment *experiment);
// Lets the last experiment claim it of those cells, as a line of its [verdict].
void made_run_claim(json_t *run, const char *over, const char *under, const char *holds);
// Gives a cell counted throughput samples of these rates, in operations per second, in place of those it has.
void made_run_samples(json_t *cell, const double *rates, size_t count);
// Adds a bound that applies to the cells of every experiment: "fdatasync" to all engines but mmap, "msync" to mmap. A
// value of 0: it was skipped, since it was "made to be".
void made_run_add_limit(json_t *run, const char *name, double value);

#endif
