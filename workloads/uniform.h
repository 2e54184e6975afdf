// SPDX-License-Identifier: MIT
// Uniform draws below 2^32, the cheapest that are good: eight generators side by side, which a vector unit steps four
// at a time. Two such fours take turns, since a step waits for the one before it.
//
// Each is MWC64X (Thomas 2011): a 64-bit multiply-with-carry whose halves are xored; it passes TestU01's BigCrush. Its
// period is about 2^63, so eight that start at random places do not meet. A draw is made a number by multiplication
// (bias below limit / 2^32). What comes out depends on the seed only, not on the processor nor on how many are taken at
// a time.
#ifndef STOREBENCH_UNIFORM_H
#define STOREBENCH_UNIFORM_H

#include <stddef.h>
#include <stdint.h>

enum { UNIFORM_LANES = 8, UNIFORM_AHEAD = 64 };

struct uniform {
  uint64_t lanes[UNIFORM_LANES];
  uint32_t limit;
  size_t next;                    // of those drawn: the first that was not taken
  uint64_t drawn[UNIFORM_AHEAD];  // made together, since one alone would cost as much as four
};

// Numbers from 0 to limit - 1.
void uniform_open(struct uniform *uniform, uint32_t limit, uint64_t seed);
void uniform_next(struct uniform *uniform, uint64_t *numbers, size_t count);

// A step of one generator, and its draw: 32 bits.
#define UNIFORM_MULTIPLIER 4294883355u
static inline uint64_t uniform_step(uint64_t state) {
  return (state & UINT32_MAX) * UNIFORM_MULTIPLIER + (state >> 32);
}
static inline uint32_t uniform_draw(uint64_t state) { return (uint32_t)(state ^ state >> 32); }

#endif
