// SPDX-License-Identifier: MIT
// What the intervals promise, by simulation with known answers: how often they hold the true ratio, how often a
// difference is shown where there is none, and that a percentile bootstrap would not do. docs/statistics.md quotes the
// figures that this test prints.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <gsl/gsl_sort.h>

#include "harness/statistics.h"
#include "tests/unit/draws.h"

enum { PAIRS = 9, TRIES = 4000, RESAMPLES = 400, CELLS = 10 };

// Fills nine samples of an engine and of another that is as fast, in the order in which a run takes them: pair by pair,
// either one first.
typedef void (*model_fn)(struct random *random, double *a, double *b);

static void lognormal(struct random *random, double *a, double *b) {
  for (size_t i = 0; i < PAIRS; i++) {
    a[i] = exp(0.11 * draw_normal(random));
    b[i] = exp(0.11 * draw_normal(random));
  }
}

static void heavy_tailed(struct random *random, double *a, double *b) {
  for (size_t i = 0; i < PAIRS; i++) {
    a[i] = exp(0.05 * draw_heavy(random));
    b[i] = exp(0.05 * draw_heavy(random));
  }
}

// The machine loses 30% over the run and wanders by 3% from sample to sample; the engines add 2% of their own.
static void drifting(struct random *random, double *a, double *b) {
  double level = 0;
  for (size_t i = 0; i < PAIRS; i++) {
    double *pair[2] = {&a[i], &b[i]};
    size_t first = random_below(random, 2);
    for (size_t s = 0; s < 2; s++) {
      level += log(0.7) / (2.0 * PAIRS) + 0.03 * draw_normal(random);
      *pair[s ? 1 - first : first] = exp(level + 0.02 * draw_normal(random));
    }
  }
}

// One sample in eight is hit by something and 40% slower.
static void stalled(struct random *random, double *a, double *b) {
  for (size_t i = 0; i < PAIRS; i++) {
    a[i] = exp(0.03 * draw_normal(random)) * (random_below(random, 8) ? 1 : 0.6);
    b[i] = exp(0.03 * draw_normal(random)) * (random_below(random, 8) ? 1 : 0.6);
  }
}

static void one_noisy(struct random *random, double *a, double *b) {
  for (size_t i = 0; i < PAIRS; i++) {
    a[i] = exp(0.02 * draw_normal(random));
    b[i] = exp(0.20 * draw_normal(random));
  }
}

// With 4000 tries a share of 95% is known to 0.7%. Where logarithms of ratios are normal the interval is exact; long
// tails make it cover more.
static const struct model {
  const char *name;
  model_fn fill;
  double least, most;  // share of intervals that hold the true ratio
  double shown;        // at most: share of equals between which a difference is shown
} models[] = {{"lognormal", lognormal, 0.943, 0.957, 0.05},
              {"heavy tails", heavy_tailed, 0.945, 0.975, 0.04},
              {"drift", drifting, 0.943, 0.965, 0.03},
              {"stalls", stalled, 0.945, 0.99, 0.03},
              {"one noisy", one_noisy, 0.943, 0.957, 0.06}};
enum { MODELS = sizeof models / sizeof models[0] };
// What the bootstrap does not reach on any of them.
static const double bootstrap_most = 0.92;

// The interval that is not used: percentiles of means of resampled pairs.
static void bootstrap(struct random *random, const double *a, const double *b, double *low, double *high) {
  double means[RESAMPLES];
  for (size_t r = 0; r < RESAMPLES; r++) {
    means[r] = 0;
    for (size_t i = 0; i < PAIRS; i++) {
      size_t drawn = random_below(random, PAIRS);
      means[r] += log(a[drawn] / b[drawn]) / PAIRS;
    }
  }
  gsl_sort(means, 1, RESAMPLES);
  *low = exp(means[RESAMPLES / 40 - 1]);
  *high = exp(means[RESAMPLES - RESAMPLES / 40]);
}

struct tally {
  double covered, bootstrapped, shown;  // shares of TRIES
};

// The noise floor as a run measures it: from each cell to itself one repetition later, of ten cells.
static double measure_floor(struct random *random, model_fn fill) {
  double changes[CELLS * (PAIRS - 1)], floor;
  size_t count = 0;
  for (size_t c = 0; c < CELLS / 2; c++) {
    double a[PAIRS], b[PAIRS];
    fill(random, a, b);
    for (size_t i = 1; i < PAIRS; i++) {
      changes[count++] = log(a[i] / a[i - 1]);
      changes[count++] = log(b[i] / b[i - 1]);
    }
  }
  assert_int_equal(statistics_floor(changes, count, PAIRS, &floor), 0);
  return floor;
}

static struct tally simulate(model_fn fill) {
  struct random random;
  size_t covered = 0, bootstrapped = 0, shown = 0;
  random_seed(&random, 5);
  for (size_t t = 0; t < TRIES; t++) {
    double a[PAIRS], b[PAIRS], low, high, floor = measure_floor(&random, fill);
    struct ratio ratio;
    fill(&random, a, b);
    assert_int_equal(statistics_ratio(a, b, PAIRS, floor, &ratio), 0);
    bootstrap(&random, a, b, &low, &high);
    covered += ratio.low <= 1 && 1 <= ratio.high;
    bootstrapped += low <= 1 && 1 <= high;
    shown += (size_t)ratio.shown;
  }
  return (struct tally){(double)covered / TRIES, (double)bootstrapped / TRIES, (double)shown / TRIES};
}

static void assert_between(double seen, double low, double high) {
  if (!(low <= seen && seen <= high)) fail_msg("%g is not between %g and %g", seen, low, high);
}

static void test_paired_intervals_cover(void **state) {
  (void)state;
  for (size_t m = 0; m < MODELS; m++) {
    const struct model *model = &models[m];
    struct tally tally = simulate(model->fill);
    printf("%-12s covered %.1f%%, by a bootstrap %.1f%%; shown without a difference %.1f%%\n", model->name,
           100 * tally.covered, 100 * tally.bootstrapped, 100 * tally.shown);
    assert_between(tally.covered, model->least, model->most);
    assert_between(tally.bootstrapped, 0.5, bootstrap_most);
    assert_between(tally.shown, 0, model->shown);
    assert_true(model->least > bootstrap_most);  // a bootstrap in its place would fail
  }
}

// How often a difference that is there is found, at 3% of noise a sample: what the caution costs.
static void test_differences_are_found(void **state) {
  (void)state;
  static const struct { double effect, least; } cases[] = {{1.05, 0.75}, {1.10, 0.99}};
  struct random random;
  random_seed(&random, 6);
  for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
    size_t found = 0;
    for (size_t t = 0; t < TRIES; t++) {
      double a[PAIRS], b[PAIRS];
      struct ratio ratio;
      for (size_t i = 0; i < PAIRS; i++) {
        a[i] = cases[c].effect * exp(0.03 * draw_normal(&random));
        b[i] = exp(0.03 * draw_normal(&random));
      }
      assert_int_equal(statistics_ratio(a, b, PAIRS, 0.03, &ratio), 0);
      found += (size_t)ratio.shown;
    }
    printf("%.0f%% faster at 3%% of noise: shown in %.1f%%\n", 100 * (cases[c].effect - 1),
           100.0 * (double)found / TRIES);
    assert_between((double)found / TRIES, cases[c].least, 1);
  }
}

static void test_median_interval_covers(void **state) {
  (void)state;
  struct random random;
  size_t covered = 0;
  random_seed(&random, 7);
  for (size_t t = 0; t < TRIES; t++) {
    double values[PAIRS];
    struct interval interval;
    for (size_t i = 0; i < PAIRS; i++) values[i] = exp(draw_heavy(&random));
    assert_int_equal(statistics_interval(values, PAIRS, &interval), 0);
    covered += interval.low <= 1 && 1 <= interval.high;
  }
  assert_between((double)covered / TRIES, 0.954, 0.968);  // 96.1% whatever the distribution: ranks 2 and 8 of 9
}

// Two runs of one machine that did not move between them.
static void test_unpaired_intervals_cover(void **state) {
  (void)state;
  struct random random;
  size_t covered = 0;
  random_seed(&random, 8);
  for (size_t t = 0; t < TRIES; t++) {
    double a[PAIRS], b[PAIRS - 2];
    struct ratio ratio;
    for (size_t i = 0; i < PAIRS; i++) a[i] = 3 * exp(0.03 * draw_normal(&random));
    for (size_t i = 0; i < PAIRS - 2; i++) b[i] = exp(0.10 * draw_normal(&random));
    assert_int_equal(statistics_ratio_unpaired(a, PAIRS, b, PAIRS - 2, 0.99, 0, &ratio), 0);
    covered += ratio.low <= 3 && 3 <= ratio.high;
  }
  assert_between((double)covered / TRIES, 0.984, 0.995);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_paired_intervals_cover),
      cmocka_unit_test(test_differences_are_found),
      cmocka_unit_test(test_median_interval_covers),
      cmocka_unit_test(test_unpaired_intervals_cover),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
