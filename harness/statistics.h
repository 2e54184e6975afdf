// SPDX-License-Identifier: MIT
// Medians, intervals and verdicts. Pure functions on arrays; thread safe.
#ifndef STOREBENCH_STATISTICS_H
#define STOREBENCH_STATISTICS_H

#include <stddef.h>

struct interval {
  double median, low, high;  // low and high: the ends of the 95% interval (of the median, by order statistics; with
                             // fewer than six values the range, and `exact` is 0)
  int exact;
  size_t n;
};

// `values` (n of them, n >= 1) are copied, not changed. 0, -EINVAL or -ENOMEM.
int statistics_interval(const double *values, size_t n, struct interval *interval);

struct ratio {
  double ratio, low, high;  // geometric mean of a/b over pairs, and its 95% t interval on log ratios
  size_t n;
  int shown;  // 1: the interval excludes 1 and the effect exceeds `floor`
};

// Pairs a[i] with b[i] (same repetition). `floor`: the smallest effect believed, as a fraction (0.05 = 5%). With fewer
// than three pairs nothing is shown. 0 or -EINVAL (n of 0, a value not above 0).
int statistics_ratio(const double *a, const double *b, size_t n, double floor, struct ratio *ratio);

// The factor of a two-sided 95% interval of Student's t with `freedom` (at least 1) degrees of freedom.
double statistics_t_quantile(size_t freedom);

#endif
