// SPDX-License-Identifier: MIT
#include "harness/steady.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "workloads/random.h"

// 999 shuffles resolve 0.1%; a stretch is odd when at most 4 of them match it: 5 in 1000.
enum { BLOCKS_MAX = 64, SHUFFLES = 999, MATCHES_MAX = 4, SEED = 1 };

struct stretch {
  size_t from, to;
  double oddity;  // squared distance of its mean from the rest's, by how well both are known
};

static struct stretch find_oddest(const double *values, size_t n) {
  double sums[BLOCKS_MAX + 1] = {0};
  struct stretch oddest = {0};
  for (size_t i = 0; i < n; i++) sums[i + 1] = sums[i] + values[i];
  double mean = sums[n] / (double)n;
  for (size_t from = 0; from < n; from++)
    for (size_t to = from + 1; to <= n && to - from < n; to++) {
      double length = (double)(to - from), excess = sums[to] - sums[from] - length * mean;
      double oddity = excess * excess / (length * ((double)n - length));
      if (oddity > oddest.oddity) oddest = (struct stretch){from, to, oddity};
    }
  return oddest;
}

static void shuffle(struct random *random, double *values, size_t n) {
  for (size_t i = n; i > 1; i--) {
    size_t other = random_below(random, i);
    double value = values[i - 1];
    values[i - 1] = values[other];
    values[other] = value;
  }
}

// Whether the oddest stretch is one that chance does not make.
static bool is_odd(const double *values, size_t n, struct stretch *oddest) {
  double shuffled[BLOCKS_MAX];
  struct random random;
  size_t matches = 0;
  *oddest = find_oddest(values, n);
  random_seed(&random, SEED);
  memcpy(shuffled, values, n * sizeof *values);
  for (size_t i = 0; i < SHUFFLES && matches <= MATCHES_MAX; i++) {
    shuffle(&random, shuffled, n);
    // Sums in another order differ in their last bits.
    matches += find_oddest(shuffled, n).oddity >= oddest->oddity * (1 - 1e-9);
  }
  return matches <= MATCHES_MAX;
}

// Equal values share the mean of their ranks.
static void rank(const double *values, size_t n, double *ranks) {
  for (size_t i = 0; i < n; i++) {
    ranks[i] = 0.5;
    for (size_t j = 0; j < n; j++) ranks[i] += values[j] < values[i] ? 1 : values[j] == values[i] ? 0.5 : 0;
  }
}

static size_t average(const double *rates, size_t n, double *blocks) {
  size_t count = n < BLOCKS_MAX ? n : BLOCKS_MAX;
  for (size_t b = 0; b < count; b++) {
    size_t from = b * n / count, to = (b + 1) * n / count;
    blocks[b] = 0;
    for (size_t i = from; i < to; i++) blocks[b] += rates[i] / (double)(to - from);
  }
  return count;
}

static double mean_ratio(const double *rates, size_t n, size_t from, size_t to) {
  double inside = 0, outside = 0;
  for (size_t i = 0; i < n; i++) *(from <= i && i < to ? &inside : &outside) += rates[i];
  if (!(outside > 0)) return NAN;
  return inside / (double)(to - from) / (outside / (double)(n - (to - from)));
}

int steady_judge(const double *rates, size_t n, double floor, struct steadiness *steadiness) {
  double blocks[BLOCKS_MAX], ranks[BLOCKS_MAX], sum = 0;
  struct stretch stretch;
  *steadiness = (struct steadiness){.verdict = STEADY_UNKNOWN, .change = NAN};
  for (size_t i = 0; i < n; i++) {
    if (!(rates[i] >= 0) || !isfinite(rates[i])) return -EINVAL;
    sum += rates[i];
  }
  if (n < STEADY_MIN || !(sum > 0)) return 0;
  size_t count = average(rates, n, blocks);
  rank(blocks, count, ranks);
  steadiness->verdict = STEADY_YES;
  bool odd = is_odd(blocks, count, &stretch) || is_odd(ranks, count, &stretch);
  if (stretch.from == stretch.to) return 0;  // every interval is the same
  steadiness->from = stretch.from * n / count;
  steadiness->to = stretch.to * n / count;
  steadiness->change = mean_ratio(rates, n, steadiness->from, steadiness->to);
  // A fall to 1/1.05 weighs as much as a rise to 1.05; a rest that stood still is a change beyond any floor.
  bool matters = isnan(steadiness->change) || fabs(log(steadiness->change)) > log1p(floor);
  if (odd && matters) steadiness->verdict = STEADY_NO;
  return 0;
}

const char *steady_name(enum steady_verdict verdict) {
  static const char *const names[] = {"unknown", "steady", "not steady"};
  return names[verdict];
}
