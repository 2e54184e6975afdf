// SPDX-License-Identifier: MIT
// Summing values inside the timed loop: inline, because a call and the folding of its sums would cost more than reading
// 64 bytes does.
#ifndef STOREBENCH_VALUES_H
#define STOREBENCH_VALUES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

// Words at any address. Written out as vectors because -O2 leaves a plain loop over words scalar.
typedef uint64_t word_pair __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint64_t word_quad __attribute__((vector_size(32), aligned(1), may_alias));

enum { VALUE_WORD = sizeof(uint64_t), VALUE_PAIR = sizeof(word_pair), VALUE_BLOCK = 4 * VALUE_PAIR };

// The running sum of many values, folded once at the end.
struct value_summer {
  word_quad a, b;
  uint64_t rest;
};

// The `length` bytes at `at`, at most a word, as a word padded with zeros.
static inline uint64_t value_load(const unsigned char *at, size_t length) {
  uint64_t word = 0;
  memcpy(&word, at, length < VALUE_WORD ? length : VALUE_WORD);
  return word;
}

static inline void value_summer_add(struct value_summer *summer, const void *value, size_t length) {
  const unsigned char *at = value, *end = at + length;
  for (; end - at >= VALUE_BLOCK; at += VALUE_BLOCK) {
    const word_quad *words = (const word_quad *)at;
    summer->a += words[0];
    summer->b += words[1];
  }
  for (; end > at; at += VALUE_WORD) {
    if (end - at < VALUE_WORD) {
      summer->rest += value_load(at, (size_t)(end - at));
      break;
    }
    summer->rest += value_load(at, VALUE_WORD);
  }
}

static inline uint64_t value_summer_total(const struct value_summer *summer) {
  word_quad sum = summer->a + summer->b;
  return sum[0] + sum[1] + sum[2] + sum[3] + summer->rest;
}

#endif
