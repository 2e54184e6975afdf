// SPDX-License-Identifier: MIT
// Two sides take turns in slices.
#include "harness/turns.h"

#include <errno.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdbool.h>

enum { TURNS = 4 };
static const double left_out = 0.25;  // of the blocks, at each end

// A straight drift over a block adds the same to the mean of its outer two slices as to that of its inner two.
static int run_block(const struct turns *turns, double *log_ratio, struct slice total[2], struct error *error) {
  double sums[2] = {0, 0};
  for (unsigned turn = 0; turn < TURNS; turn++) {
    bool outer = turn == 0 || turn == TURNS - 1;
    unsigned side = outer ? turns->first : 1 - turns->first;
    struct slice slice = {0};
    int code = turns->run(turns->user, side, turns->ns, &slice, error);
    if (code) return code;
    if (slice.operations == 0 || slice.ns == 0)
      return error_set(error, -EIO, "%c: no operation finished in a slice", "AB"[side]);
    sums[side] += log((double)slice.operations / (double)slice.ns);
    total[side].operations += slice.operations;
    total[side].ns += slice.ns;
  }
  *log_ratio = (sums[1] - sums[0]) / 2;
  return 0;
}

int turns_run(const struct turns *turns, double *logs, struct turns_result *result, struct error *error) {
  double unused;
  int code = 0;
  for (unsigned i = 0; i < turns->warm_up && !code; i++) {
    struct slice ignored[2] = {{0}};
    code = run_block(turns, &unused, ignored, error);
  }
  *result = (struct turns_result){0};
  for (unsigned i = 0; i < turns->blocks && !code; i++) {
    code = run_block(turns, &logs[i], result->total, error);
  }
  if (code) return code;
  gsl_sort(logs, 1, turns->blocks);
  result->log_ratio = gsl_stats_trmean_from_sorted_data(left_out, logs, 1, turns->blocks);
  return 0;
}
