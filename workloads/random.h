// SPDX-License-Identifier: MIT
// The generator behind every seeded choice: wyrand (Wang Yi, public domain), one addition and one wide multiplication a
// draw, so that choosing a key costs about a nanosecond.
#ifndef STOREBENCH_RANDOM_H
#define STOREBENCH_RANDOM_H

#include <stdint.h>

struct random {
  uint64_t state;
};

// Spreads every bit of `x` over all 64 (the finalizer of splitmix64, a bijection).
static inline uint64_t random_mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// Mixed, because wyrand's neighbouring seeds walk one orbit a few steps apart.
static inline void random_seed(struct random *random, uint64_t seed) {
  random->state = random_mix(seed + 0x9e3779b97f4a7c15u);
}

static inline uint64_t random_next(struct random *random) {
  random->state += 0xa0761d6478bd642fu;
  __uint128_t product = (__uint128_t)random->state * (random->state ^ 0xe7037ed1a0b428dbu);
  return (uint64_t)(product >> 64) ^ (uint64_t)product;
}

// A number below `limit`. Multiply-shift without rejection: the bias is below limit / 2^64.
static inline uint64_t random_below(struct random *random, uint64_t limit) {
  return (uint64_t)(((__uint128_t)random_next(random) * limit) >> 64);
}

#endif
