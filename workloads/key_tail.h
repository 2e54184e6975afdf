// SPDX-License-Identifier: MIT
// The digits of a key, inline: in the timed loop they go from registers straight into the keys.
#ifndef STOREBENCH_KEY_TAIL_H
#define STOREBENCH_KEY_TAIL_H

#include <stdint.h>

#include "base/wide.h"

#ifdef WIDE_AVX2
#include <immintrin.h>
#endif

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "keys are made for little-endian processors, as the store's file is"
#endif

typedef uint64_t key_pair __attribute__((vector_size(16)));
typedef int8_t key_digits __attribute__((vector_size(16)));

// What follows KEY_HEAD in the keys of two ids: eight digits each. The bits are spread to five a byte by exchanging
// halves, so that the highest digit comes first in memory without a byte swap; then digits above 9 move on to the
// letters.
static inline key_pair key_tail_pair(uint64_t first, uint64_t second) {
  key_pair x = {first, second};
  x = (x >> 20 & 0xfffff) | (x & 0xfffff) << 32;
  x = (x >> 10 & 0x000003ff000003ff) | (x & 0x000003ff000003ff) << 16;
  x = (x >> 5 & 0x001f001f001f001f) | (x & 0x001f001f001f001f) << 8;
  key_digits digits = (key_digits)x;
  return (key_pair)(digits + '0' + ((digits > 9) & ('a' - '0' - 10)));
}

static inline uint64_t key_tail(uint64_t id) { return key_tail_pair(id, 0)[0]; }

#ifdef WIDE_AVX2
typedef int64_t key_quad __attribute__((vector_size(32)));

// The same for the four ids at `ids`. A digit lies in at most two bytes of its id: they are brought into a word, and a
// multiplication that keeps the upper half shifts each word by as much as its own digit needs (as Mula does for base
// 64). Only for functions compiled for AVX2.
__attribute__((target("avx2"), always_inline)) static inline key_quad key_tail_quad(const uint64_t *ids) {
  const __m256i first = _mm256_setr_epi8(4, 5, 3, 4, 3, 4, 2, 3, 1, 2, 1, 2, 0, 1, 5, 0,  //
                                         4, 5, 3, 4, 3, 4, 2, 3, 1, 2, 1, 2, 0, 1, 5, 0);
  const __m256i second = _mm256_add_epi8(first, _mm256_set1_epi8(8));
  const __m256i shift =
      _mm256_setr_epi16(1 << 13, 1 << 10, (short)(1 << 15), 1 << 12, 1 << 9, 1 << 14, 1 << 11, 1 << 8, 1 << 13, 1 << 10,
                        (short)(1 << 15), 1 << 12, 1 << 9, 1 << 14, 1 << 11, 1 << 8);
  const __m256i low = _mm256_set1_epi16(31);
  __m256i quad = _mm256_loadu_si256((const __m256i *)(const void *)ids);
  __m256i even = _mm256_and_si256(_mm256_mulhi_epu16(_mm256_shuffle_epi8(quad, first), shift), low);
  __m256i odd = _mm256_and_si256(_mm256_mulhi_epu16(_mm256_shuffle_epi8(quad, second), shift), low);
  __m256i digits = _mm256_packus_epi16(even, odd);
  __m256i letters = _mm256_cmpgt_epi8(digits, _mm256_set1_epi8(9));
  digits = _mm256_add_epi8(digits, _mm256_set1_epi8('0'));
  return (key_quad)_mm256_add_epi8(digits, _mm256_and_si256(letters, _mm256_set1_epi8('a' - '0' - 10)));
}
#endif

#endif
