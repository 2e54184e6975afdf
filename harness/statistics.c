// SPDX-License-Identifier: MIT
// Medians, intervals, tests and the noise floor: quantiles, sorting and moments are GSL's.
#include "harness/statistics.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT_MIN = 6, PAIRS_MIN = 3 };
static const double level_of_pairs = 0.95;

double statistics_t_quantile(double freedom, double level) { return gsl_cdf_tdist_Qinv((1 - level) / 2, freedom); }

// How many values to leave out at each end so that what remains covers the median with at least 95%: the largest k with
// P(Binomial(n, 1/2) < k) <= 2.5%.
static size_t order_rank(size_t n) {
  size_t k = 0;
  while (gsl_cdf_binomial_P((unsigned)k, 0.5, (unsigned)n) <= 0.025) k++;
  return k;
}

int statistics_interval(const double *values, size_t n, struct interval *interval) {
  if (n == 0) return -EINVAL;
  for (size_t i = 0; i < n; i++)
    if (!isfinite(values[i])) return -EINVAL;
  double *sorted = malloc(n * sizeof *sorted);
  if (!sorted) return -ENOMEM;
  memcpy(sorted, values, n * sizeof *sorted);
  gsl_sort(sorted, 1, n);
  size_t k = n < EXACT_MIN ? 1 : order_rank(n);
  interval->median = gsl_stats_median_from_sorted_data(sorted, 1, n);
  interval->low = sorted[k - 1];
  interval->high = sorted[n - k];
  interval->exact = n >= EXACT_MIN;
  interval->n = n;
  free(sorted);
  return 0;
}

// Mean and variance of numbers that come one by one (Welford's method).
struct moments {
  size_t n;
  double mean, squares;
};

static void add(struct moments *moments, double value) {
  double step = value - moments->mean;
  moments->n++;
  moments->mean += step / (double)moments->n;
  moments->squares += step * (value - moments->mean);
}

// The square of the mean's standard error; needs two numbers.
static double error_of_mean(const struct moments *moments) {
  return moments->squares / (double)(moments->n - 1) / (double)moments->n;
}

static bool has_logarithm(double value) { return value > 0 && isfinite(value); }

// `mean`: a difference of logarithms; `error`: its standard error, of so many degrees of freedom (0: not known).
static void judge(double mean, double error, double freedom, double level, double floor, struct ratio *ratio) {
  double half = freedom > 0 ? statistics_t_quantile(freedom, level) * error : INFINITY;
  ratio->ratio = exp(mean);
  ratio->low = exp(mean - half);
  ratio->high = exp(mean + half);
  if (!(freedom > 0) || mean == 0)
    ratio->p = 1;
  else
    ratio->p = error > 0 ? 2 * gsl_cdf_tdist_Q(fabs(mean) / error, freedom) : 0;
  ratio->shown = ratio->n >= PAIRS_MIN && fabs(mean) > half && fabs(mean) > log1p(floor);
}

int statistics_ratio(const double *a, const double *b, size_t n, double floor, struct ratio *ratio) {
  struct moments moments = {0};
  if (n == 0) return -EINVAL;
  for (size_t i = 0; i < n; i++) {
    if (!has_logarithm(a[i]) || !has_logarithm(b[i])) return -EINVAL;
    add(&moments, log(a[i] / b[i]));
  }
  ratio->n = n;
  judge(moments.mean, n > 1 ? sqrt(error_of_mean(&moments)) : INFINITY, (double)n - 1, level_of_pairs, floor, ratio);
  return 0;
}

void statistics_against(const struct ratio *ratio, double bound, double floor, struct ratio *against) {
  double freedom = (double)ratio->n - 1, error = INFINITY;
  if (ratio->n > 1) error = log(ratio->high / ratio->low) / 2 / statistics_t_quantile(freedom, level_of_pairs);
  against->n = ratio->n;
  judge(log(ratio->ratio / bound), error, freedom, level_of_pairs, floor, against);
}

static int add_logarithms(const double *values, size_t n, struct moments *moments) {
  for (size_t i = 0; i < n; i++) {
    if (!has_logarithm(values[i])) return -EINVAL;
    add(moments, log(values[i]));
  }
  return n ? 0 : -EINVAL;
}

int statistics_ratio_unpaired(const double *a, size_t of_a, const double *b, size_t of_b, double level, double floor,
                              struct ratio *ratio) {
  struct moments in_a = {0}, in_b = {0};
  if (add_logarithms(a, of_a, &in_a) || add_logarithms(b, of_b, &in_b)) return -EINVAL;
  double square = 0, freedom = 0;
  if (of_a > 1 && of_b > 1) {
    double from_a = error_of_mean(&in_a), from_b = error_of_mean(&in_b);
    square = from_a + from_b;
    // Welch and Satterthwaite; without any spread every number of degrees says the same.
    freedom = square > 0
                  ? square * square / (from_a * from_a / (double)(of_a - 1) + from_b * from_b / (double)(of_b - 1))
                  : (double)(of_a + of_b - 2);
  }
  ratio->n = of_a < of_b ? of_a : of_b;
  judge(in_a.mean - in_b.mean, sqrt(square), freedom, level, floor, ratio);
  return 0;
}

int statistics_floor(double *changes, size_t n, size_t pairs, double *floor) {
  if (n == 0 || pairs == 0) return -EINVAL;
  for (size_t i = 0; i < n; i++) {
    if (!isfinite(changes[i])) return -EINVAL;
    changes[i] = fabs(changes[i]);
  }
  gsl_sort(changes, 1, n);
  // Half of all normal numbers are within 0.6745 standard deviations. The median of n is itself uncertain: Student's t.
  double deviation = gsl_stats_median_from_sorted_data(changes, 1, n) / gsl_cdf_ugaussian_Pinv(0.75);
  *floor = expm1(statistics_t_quantile((double)n, 0.95) * deviation / sqrt((double)pairs));
  return 0;
}

int statistics_holm(double *p, size_t n) {
  size_t *order = malloc((n ? n : 1) * sizeof *order);
  double highest = 0;
  if (!order) return -ENOMEM;
  gsl_sort_index(order, p, 1, n);
  for (size_t i = 0; i < n; i++) {
    double adjusted = fmin(1, p[order[i]] * (double)(n - i));
    highest = fmax(highest, adjusted);
    p[order[i]] = highest;
  }
  free(order);
  return 0;
}
