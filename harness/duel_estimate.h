// SPDX-License-Identifier: MIT
// What the pairs of a duel say. Pure; thread safe.
#ifndef STOREBENCH_DUEL_ESTIMATE_H
#define STOREBENCH_DUEL_ESTIMATE_H

struct duel_estimate {
  double ratio, low, high;  // of B's rate over A's: geometric mean over the pairs, and its t interval
  double p;                 // of a ratio so far from `bound`, either way, if that were the true one
};

// `logs`: of the ratio in each of `pairs` pairs, at least DUEL_PAIRS_MIN of them, in the order in which they were run:
// A started the first, B the second and so on. Who starts may make a difference, which is taken out: the pairs that A
// started and those that B started are two groups with a mean of their own, the ratio is the mean of both means, and
// the spread is that within the groups. `level`: of the interval, such as 0.99.
void duel_estimate(const double *logs, unsigned pairs, double level, double bound, struct duel_estimate *estimate);

#endif
