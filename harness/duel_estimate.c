// SPDX-License-Identifier: MIT
// Student's t over the pairs of a duel, with the effect of who starts taken out.
#include "harness/duel_estimate.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

void duel_estimate(const double *logs, unsigned pairs, double level, double bound, struct duel_estimate *estimate) {
  double squares = 0, weights = 0, mean = 0;
  for (unsigned first = 0; first < 2; first++) {
    const unsigned n = (pairs + 1 - first) / 2;
    const double own = gsl_stats_mean(logs + first, 2, n);
    squares += gsl_stats_tss_m(logs + first, 2, n, own);
    weights += 1 / (double)n;
    mean += own / 2;
  }
  const double freedom = (double)pairs - 2, error = sqrt(squares / freedom * weights) / 2;
  const double half = gsl_cdf_tdist_Qinv((1 - level) / 2, freedom) * error, away = fabs(mean - log(bound));
  estimate->ratio = exp(mean);
  estimate->low = exp(mean - half);
  estimate->high = exp(mean + half);
  estimate->p = away > 0 ? 2 * gsl_cdf_tdist_Q(away / error, freedom) : 1;
}
