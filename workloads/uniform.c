// SPDX-License-Identifier: MIT
#include "workloads/uniform.h"

#include <string.h>

#include "base/wide.h"
#include "workloads/random.h"

#ifdef WIDE_AVX2
#include <immintrin.h>
#endif

void uniform_open(struct uniform *uniform, uint32_t limit, uint64_t seed) {
  struct random random;
  random_seed(&random, seed);
  // Neither all zeros nor the other state that stays as it is can come up: the carry is below the multiplier, and odd.
  for (int i = 0; i < UNIFORM_LANES; i++)
    uniform->lanes[i] =
        (random_next(&random) & UINT32_MAX) | ((random_next(&random) % (UNIFORM_MULTIPLIER / 2)) * 2 + 1) << 32;
  uniform->limit = limit;
  uniform->next = UNIFORM_AHEAD;
}

static void draw_plain(struct uniform *uniform, uint64_t *numbers) {
  for (int i = 0; i < UNIFORM_AHEAD; i++) {
    uint64_t *state = &uniform->lanes[i % UNIFORM_LANES];
    numbers[i] = (uint64_t)uniform_draw(*state) * uniform->limit >> 32;
    *state = uniform_step(*state);
  }
}

#ifdef WIDE_AVX2
// Four draws, and a step of their generators.
WIDE_AVX2 static inline __m256i draw_four(__m256i *state, __m256i multiplier, __m256i limit) {
  __m256i carry = _mm256_srli_epi64(*state, 32);
  __m256i draw = _mm256_mul_epu32(_mm256_xor_si256(*state, carry), limit);
  *state = _mm256_add_epi64(_mm256_mul_epu32(*state, multiplier), carry);
  return _mm256_srli_epi64(draw, 32);
}

WIDE_AVX2 static void draw_wide(struct uniform *uniform, uint64_t *numbers) {
  const __m256i multiplier = _mm256_set1_epi64x(UNIFORM_MULTIPLIER), limit = _mm256_set1_epi64x(uniform->limit);
  __m256i *lanes = (__m256i *)(void *)uniform->lanes, *to = (__m256i *)(void *)numbers;
  __m256i first = _mm256_loadu_si256(lanes), second = _mm256_loadu_si256(lanes + 1);
  for (int i = 0; i < UNIFORM_AHEAD / UNIFORM_LANES; i++, to += 2) {
    _mm256_storeu_si256(to, draw_four(&first, multiplier, limit));
    _mm256_storeu_si256(to + 1, draw_four(&second, multiplier, limit));
  }
  _mm256_storeu_si256(lanes, first);
  _mm256_storeu_si256(lanes + 1, second);
}
#endif

// The next UNIFORM_AHEAD of them.
static void draw(struct uniform *uniform, uint64_t *numbers) {
#ifdef WIDE_AVX2
  if (wide_has_avx2()) {
    draw_wide(uniform, numbers);
    return;
  }
#endif
  draw_plain(uniform, numbers);
}

static size_t take_drawn(struct uniform *uniform, uint64_t *numbers, size_t count) {
  size_t left = UNIFORM_AHEAD - uniform->next, part = count < left ? count : left;
  const uint64_t *from = uniform->drawn + uniform->next;
  size_t i = 0;
  for (; part - i >= UNIFORM_LANES; i += UNIFORM_LANES) {
    memcpy(numbers + i, from + i, UNIFORM_LANES * sizeof *numbers);
    // Left to itself the compiler makes the loop one short memcpy, and that a `rep movs`, which takes 8 ns to start.
    __asm__ volatile("" : : : "memory");
  }
  for (; i < part; i++) numbers[i] = from[i];
  uniform->next += part;
  return part;
}

void uniform_next(struct uniform *uniform, uint64_t *numbers, size_t count) {
  size_t done = uniform->next < UNIFORM_AHEAD ? take_drawn(uniform, numbers, count) : 0;
  for (; count - done >= UNIFORM_AHEAD; done += UNIFORM_AHEAD) draw(uniform, numbers + done);
  if (done == count) return;
  draw(uniform, uniform->drawn);
  uniform->next = 0;
  take_drawn(uniform, numbers + done, count - done);
}
