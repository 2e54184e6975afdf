// SPDX-License-Identifier: MIT
// Seeded random numbers (splitmix64): the same seed makes the same run everywhere.
#ifndef STOREBENCH_CRASH_RNG_H
#define STOREBENCH_CRASH_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
  uint64_t state;
};

static inline uint64_t rng_next(struct rng *rng) {
  uint64_t z = rng->state += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
  return z ^ z >> 31;
}

// 0 to n - 1. n must not be 0.
static inline uint32_t rng_below(struct rng *rng, uint32_t n) { return (uint32_t)((rng_next(rng) >> 32) * n >> 32); }

// True once in n times.
static inline bool rng_once_in(struct rng *rng, uint32_t n) { return rng_below(rng, n) == 0; }

#endif
