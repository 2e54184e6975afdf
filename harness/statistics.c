// SPDX-License-Identifier: MIT
// Medians, intervals and verdicts.
#include "harness/statistics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// The 97.5% quantile of Student's t for 1 to 30 degrees of freedom (NIST/SEMATECH e-Handbook of Statistical Methods,
// table 1.3.6.7.2), the two-sided 95% interval's factor.
static const double t_quantiles[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
                                     2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
                                     2.080,  2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042};

enum { T_TABLE = sizeof t_quantiles / sizeof t_quantiles[0], EXACT_MIN = 6, PAIRS_MIN = 3 };

double statistics_t_quantile(size_t freedom) {
  if (freedom <= T_TABLE) return t_quantiles[freedom - 1];
  // Cornish-Fisher expansion about the normal quantile (Abramowitz and Stegun 26.7.5): under 0.001 off above 30.
  const double z = 1.959964, n = (double)freedom;
  return z + (pow(z, 3) + z) / (4 * n) + (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / (96 * n * n);
}

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

// How many values to leave out at each end so that what remains covers the median with at least 95%: the largest k with
// P(Binomial(n, 1/2) < k) <= 2.5%.
static size_t order_rank(size_t n) {
  double term = exp2(-(double)n), below = 0;
  size_t k = 0;
  while (below + term <= 0.025) {
    below += term;
    term *= (double)(n - k) / (double)(k + 1);
    k++;
  }
  return k;
}

int statistics_interval(const double *values, size_t n, struct interval *interval) {
  if (n == 0) return -EINVAL;
  for (size_t i = 0; i < n; i++)
    if (!isfinite(values[i])) return -EINVAL;
  double *sorted = malloc(n * sizeof *sorted);
  if (!sorted) return -ENOMEM;
  memcpy(sorted, values, n * sizeof *sorted);
  qsort(sorted, n, sizeof *sorted, compare_doubles);
  // exp2(-n) underflows far beyond any number of repetitions; the normal approximation serves there.
  size_t k = n < EXACT_MIN ? 1 : n <= 1000 ? order_rank(n) : (size_t)(0.5 * (double)n - 0.98 * sqrt((double)n));
  interval->median = n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
  interval->low = sorted[k - 1];
  interval->high = sorted[n - k];
  interval->exact = n >= EXACT_MIN;
  interval->n = n;
  free(sorted);
  return 0;
}

int statistics_ratio(const double *a, const double *b, size_t n, double floor, struct ratio *ratio) {
  if (n == 0) return -EINVAL;
  double mean = 0, squares = 0;
  for (size_t i = 0; i < n; i++) {
    if (!(a[i] > 0) || !(b[i] > 0) || !isfinite(a[i]) || !isfinite(b[i])) return -EINVAL;
    double difference = log(a[i] / b[i]), step = difference - mean;
    mean += step / (double)(i + 1);
    squares += step * (difference - mean);
  }
  double half = n > 1 ? statistics_t_quantile(n - 1) * sqrt(squares / (double)(n - 1) / (double)n) : INFINITY;
  ratio->ratio = exp(mean);
  ratio->low = exp(mean - half);
  ratio->high = exp(mean + half);
  ratio->n = n;
  ratio->shown = n >= PAIRS_MIN && fabs(mean) > half && fabs(mean) > log1p(floor);
  return 0;
}
