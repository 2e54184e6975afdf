// SPDX-License-Identifier: MIT
// One cell, two sides, several pairs of children.
#include "harness/duel.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/duel_estimate.h"
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
  for (unsigned side = 0; side < 2 && !code; side++) {
    const struct duel_side *from = &duel->sides[side];
    if (copied(duel, side)) code = dataset_copy(duel->folder, from->set, copies[side], from->settings.fill_write);
  }
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

static void sum_up(const struct duel *duel, struct duel_result *result) {
  struct duel_estimate estimate;
  duel_estimate(result->pair_logs, result->pairs, duel->level, 1, &estimate);
  const double mean = log(estimate.ratio);
  result->ratio = estimate.ratio;
  result->low = estimate.low;
  result->high = estimate.high;
  result->shown = (estimate.low > 1 || estimate.high < 1) && fabs(mean) > log1p(duel->floor);
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
