// SPDX-License-Identifier: MIT
// One cell, two sides, several pairs of children.
#include "harness/duel.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "workloads/random.h"

enum { TRIES = 3 };  // of each pair

static const char *const copies[2] = {"pair-0", "pair-1"};

static unsigned first_of(unsigned number) { return number % 2; }

static bool copied(const struct duel *duel, unsigned side) { return !duel->read_only && duel->sides[side].set; }

static int remove_copies(const struct duel *duel) {
  int code = dataset_remove(duel->folder, copies[0]), second = dataset_remove(duel->folder, copies[1]);
  return code ? code : second;
}

// One of each side's set. With one set for both, either copy serves either side.
static int make_copies(const struct duel *duel) {
  int code = remove_copies(duel);
  for (unsigned side = 0; side < 2 && !code; side++)
    if (copied(duel, side)) code = dataset_copy(duel->folder, duel->sides[side].set, copies[side]);
  return code;
}

static bool one_set(const struct duel *duel) {
  const char *a = duel->sides[0].set, *b = duel->sides[1].set;
  return a && b && strcmp(a, b) == 0;
}

// Whether the sides have each other's copy in this pair. The second half begins with the roles changed, so that with an
// odd number of pairs each side has had each role as often, but for one.
static bool exchanged(const struct duel *duel, unsigned number) {
  bool second_half = number >= (duel->pairs + 1) / 2;
  return one_set(duel) && (number % 2) != (unsigned)second_half;
}

static void make_order(const struct duel *duel, unsigned number, unsigned side, struct sample_order *order) {
  const struct duel_side *from = &duel->sides[side];
  *order = (struct sample_order){.kind = SAMPLE_THROUGHPUT,
                                 .settings = from->settings,
                                 .seconds = duel->seconds,
                                 .warmup = duel->warmup,
                                 .read_only = duel->read_only && from->set,
                                 // Both sides draw the same keys; each pair draws others.
                                 .seed = random_mix(duel->seed + number)};
  const char *name = copied(duel, side) ? copies[exchanged(duel, number) ? 1 - side : side] : from->set;
  if (name) dataset_path(duel->folder, name, order->path);
}

// Whole blocks of four slices.
static unsigned blocks_of(const struct duel *duel, uint64_t slice_ns) {
  double blocks = duel->seconds * 1e9 / duel->pairs / (4 * (double)slice_ns);
  return (unsigned)fmin(fmax(round(blocks), 1), PAIR_BLOCKS_MAX);
}

static void make_pair(const struct duel *duel, unsigned number, const struct duel_result *result, struct pair *pair) {
  *pair = (struct pair){
      .first = first_of(number), .pinned = result->pinned, .slice_ns = result->slice_ns, .blocks = result->blocks};
  for (unsigned side = 0; side < 2; side++) {
    pair->sides[side].program = duel->sides[side].program;
    make_order(duel, number, side, &pair->sides[side].order);
  }
}

// What could not be had may be had the next time: pages leave the cache whenever the kernel wants their memory.
static bool run_pair(const struct duel *duel, unsigned number, struct duel_result *result) {
  struct pair pair;
  struct pair_result paired = {.outcome = OUTCOME_SKIPPED};
  make_pair(duel, number, result, &pair);
  for (int i = 0; i < TRIES && paired.outcome == OUTCOME_SKIPPED; i++)
    if (!duel->run(&pair, duel->interrupt, &paired)) return false;
  result->outcome = paired.outcome;
  if (paired.outcome != OUTCOME_OK) {
    snprintf(result->reason, sizeof result->reason, "%s", paired.reason);
    return true;
  }
  result->pair_logs[result->pairs++] = paired.log_ratio;
  for (unsigned side = 0; side < 2; side++) result->rates[side] += log(paired.rates[side]);
  return true;
}

static void fail(struct duel_result *result, const char *what, int code) {
  result->outcome = OUTCOME_FAILED;
  snprintf(result->reason, sizeof result->reason, "%s: %s", what, strerror(-code));
}

// Student's t with the effect of who starts taken out: the pairs that A started and those that B started are two groups
// with a mean of their own, the ratio is the mean of both means, and the spread is that within the groups.
static void sum_up(const struct duel *duel, struct duel_result *result) {
  double groups[2][DUEL_PAIRS_MAX], squares = 0, weights = 0, mean = 0;
  size_t n[2] = {0, 0};
  for (unsigned i = 0; i < result->pairs; i++) groups[first_of(i)][n[first_of(i)]++] = result->pair_logs[i];
  for (unsigned first = 0; first < 2; first++) {
    double own = gsl_stats_mean(groups[first], 1, n[first]);
    squares += gsl_stats_tss_m(groups[first], 1, n[first], own);
    weights += 1 / (double)n[first];
    mean += own / 2;
  }
  double freedom = (double)result->pairs - 2;
  double half = gsl_cdf_tdist_Qinv((1 - duel->level) / 2, freedom) * sqrt(squares / freedom * weights) / 2;
  result->ratio = exp(mean);
  result->low = exp(mean - half);
  result->high = exp(mean + half);
  result->shown = fabs(mean) > half && fabs(mean) > log1p(duel->floor);
  for (unsigned side = 0; side < 2; side++) result->rates[side] = exp(result->rates[side] / result->pairs);
}

bool duel_run(const struct duel *duel, struct duel_result *result) {
  const struct duel_side *sides = duel->sides;
  struct error error = {0};
  *result = (struct duel_result){0};
  for (unsigned side = 0; side < 2; side++) {
    if (pair_possible(&sides[side].settings, &error) == 0) continue;
    result->outcome = OUTCOME_SKIPPED;
    snprintf(result->reason, sizeof result->reason, "%s", error.text);
    return true;
  }
  uint64_t a_ns = pair_slice_ns(&sides[0].settings), b_ns = pair_slice_ns(&sides[1].settings);
  result->slice_ns = a_ns > b_ns ? a_ns : b_ns;
  result->pinned = pair_pinned(&sides[0].settings) && pair_pinned(&sides[1].settings);
  result->blocks = blocks_of(duel, result->slice_ns);
  bool going = true;
  for (unsigned i = 0; i < duel->pairs && going && result->outcome == OUTCOME_OK; i++) {
    bool anew = !duel->read_only && (i == 0 || i == (duel->pairs + 1) / 2);
    int code = anew ? make_copies(duel) : 0;
    if (code) fail(result, "copies of the data set cannot be made", code);
    if (!code) going = run_pair(duel, i, result);
    if (going && duel->progress) duel->progress(duel->user, i + 1);
  }
  int code = remove_copies(duel);
  if (going && result->outcome == OUTCOME_OK) sum_up(duel, result);
  if (code && result->outcome == OUTCOME_OK) fail(result, "a copy of the data set cannot be removed", code);
  return going;
}
