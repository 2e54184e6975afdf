// SPDX-License-Identifier: MIT
// Medians, intervals, tests and the noise floor; docs/statistics.md says why these. Pure functions on arrays; thread
// safe.
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
  double ratio, low, high;  // geometric mean of a/b (unpaired: a's over b's) and its t interval on logarithms
  double p;                 // of so large a difference, either way, between equals; 1 where n is too small to tell
  size_t n;                 // pairs; unpaired: the smaller number of values
  int shown;                // 1: the interval excludes 1 and the effect exceeds `floor`
};

// Pairs a[i] with b[i] (same repetition). `floor`: the smallest effect believed, as a fraction (0.05 = 5%); INFINITY
// believes none. With fewer than three pairs nothing is shown. 0 or -EINVAL (n of 0, a value not above 0).
int statistics_ratio(const double *a, const double *b, size_t n, double floor, struct ratio *ratio);

// How such a ratio stands to `bound` (above 0) in place of 1: `against` gets ratio and interval divided by it, p of so
// large a distance from the bound, and shown.
void statistics_against(const struct ratio *ratio, double bound, double floor, struct ratio *against);

// Ratios of values that are not pairs, such as those of two runs: Welch's test on logarithms. `level`: of the
// interval, such as 0.99. Fewer than three values on a side show nothing. 0 or -EINVAL.
int statistics_ratio_unpaired(const double *a, size_t of_a, const double *b, size_t of_b, double level, double floor,
                              struct ratio *ratio);

// The noise floor: of comparisons over `pairs` pairs of an engine with itself, 95 in 100 find a smaller difference than
// this fraction. `changes` (n of them, n >= 1) are the logarithms of ratios of two samples of one and the same cell;
// their order and sign do not matter, and `changes` is sorted by size in place. The spread is taken from the median
// change, so that a few stalls do not widen it: the interval of the pair that has them does that. 0 or -EINVAL.
int statistics_floor(double *changes, size_t n, size_t pairs, double *floor);

// Holm's correction: turns the p values of n tests, in place, into those adjusted for having made all of them. Claims
// with an adjusted value up to x are all true with a probability of 1 - x at least. 0 or -ENOMEM.
int statistics_holm(double *p, size_t n);

// The factor of a two-sided interval of that level (0.95) of Student's t with `freedom` (above 0) degrees of freedom.
double statistics_t_quantile(double freedom, double level);

#endif
