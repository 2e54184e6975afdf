// SPDX-License-Identifier: MIT
// The digits of a key, inline: in the timed loop they go from registers straight into the keys.
#ifndef STOREBENCH_KEY_TAIL_H
#define STOREBENCH_KEY_TAIL_H

#include <stdint.h>

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

#endif
