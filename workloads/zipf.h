// SPDX-License-Identifier: MIT
// Zipfian ranks in constant time: rank r (from 0) is drawn with a probability that falls as (r + 1)^-theta.
//
// The ranks are cut into buckets: the first ones hold one rank each, later ones a range that is under 0.8% wider than
// its distance from the start. A bucket is drawn by Walker's alias method (Vose 1991) with its exact share, and the
// rank evenly within it: the share of a bucket is exact to double precision, that of a single rank within 0.4%. Every
// rank can be drawn, nothing repeats, and the table stays near the processor (about 1500 buckets for 4 million ranks).
#ifndef STOREBENCH_ZIPF_H
#define STOREBENCH_ZIPF_H

#include <stdint.h>

#include "workloads/random.h"

struct zipf_bucket {
  uint64_t threshold;  // draws below it stay in this bucket, others go to `alias`
  uint64_t first;      // lowest rank
  uint64_t width;      // ranks
  uint64_t alias;      // bucket
};

struct zipf {
  uint64_t count;
  struct zipf_bucket *buckets;
};

// Makes the table for ranks 0..ranks-1. 0, -EINVAL (no ranks, or theta not between 0 and 1) or -ENOMEM.
int zipf_open(struct zipf *zipf, uint64_t ranks, double theta);
void zipf_close(struct zipf *zipf);

static inline uint64_t zipf_next(const struct zipf *zipf, struct random *random) {
  __uint128_t product = (__uint128_t)random_next(random) * zipf->count;
  uint64_t index = (uint64_t)(product >> 64);
  const struct zipf_bucket *bucket = &zipf->buckets[index];
  // Arithmetic, not a branch: no processor could predict it.
  uint64_t leave = -(uint64_t)((uint64_t)product >= bucket->threshold);
  bucket = &zipf->buckets[index ^ ((index ^ bucket->alias) & leave)];
  return bucket->first + random_below(random, bucket->width);
}

#endif
