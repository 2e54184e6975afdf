// SPDX-License-Identifier: MIT
#include "engines/slots/bitmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

size_t bitmap_word_count(uint64_t bits) { return (size_t)((bits + 63) / 64); }

uint64_t bitmap_bytes(const struct bitmap *bitmap) {
  size_t words = bitmap_word_count(bitmap->bits);
  return 8 * (words + bitmap_word_count(words));
}

int bitmap_init(struct bitmap *bitmap, uint64_t bits) {
  *bitmap = (struct bitmap){0};
  return bitmap_resize(bitmap, bits);
}

void bitmap_free(struct bitmap *bitmap) {
  free(bitmap->words);
  free(bitmap->full);
  *bitmap = (struct bitmap){0};
}

int bitmap_resize(struct bitmap *bitmap, uint64_t bits) {
  size_t count = bitmap_word_count(bits);
  uint64_t *words = calloc(count + 1, sizeof *words);
  uint64_t *full = calloc(bitmap_word_count(count) + 1, sizeof *full);
  if (!words || !full) {
    free(words);
    free(full);
    return -ENOMEM;
  }
  size_t kept = bitmap_word_count(bitmap->bits);
  if (kept > count) kept = count;
  if (kept) memcpy(words, bitmap->words, kept * sizeof *words);
  if (bits % 64) words[count - 1] &= (1ull << bits % 64) - 1;
  bitmap_free(bitmap);
  bitmap->bits = bits;
  bitmap->words = words;
  bitmap->full = full;
  bitmap->set = 0;
  return kept ? bitmap_rebuild(bitmap) : 0;  // zeros need no look, which would also touch every page of them
}

int bitmap_rebuild(struct bitmap *bitmap) {
  size_t count = bitmap_word_count(bitmap->bits);
  if (bitmap->bits % 64 && bitmap->words[count - 1] >> bitmap->bits % 64) return -EBADMSG;
  memset(bitmap->full, 0, bitmap_word_count(count) * sizeof *bitmap->full);
  bitmap->set = 0;
  for (size_t i = 0; i < count; i++) {
    bitmap->set += (uint64_t)__builtin_popcountll(bitmap->words[i]);
    if (bitmap->words[i] == UINT64_MAX) bitmap->full[i / 64] |= 1ull << i % 64;
  }
  return 0;
}

// First position at or after `from` whose bit differs from those of `skip` (0 or all ones), looking at `count` words.
static uint64_t next_other(const uint64_t *words, size_t count, uint64_t skip, uint64_t from) {
  if (from / 64 >= count) return UINT64_MAX;
  size_t i = (size_t)(from / 64);
  uint64_t other = (words[i] ^ skip) & (UINT64_MAX << from % 64);
  while (!other) {
    if (++i >= count) return UINT64_MAX;
    other = words[i] ^ skip;
  }
  return (uint64_t)i * 64 + (uint64_t)__builtin_ctzll(other);
}

uint64_t bitmap_next_zero(const struct bitmap *bitmap, uint64_t from, uint64_t end) {
  size_t count = bitmap_word_count(bitmap->bits);
  if (from >= end) return UINT64_MAX;
  size_t word = (size_t)(from / 64);
  uint64_t zeros = ~bitmap->words[word] & (UINT64_MAX << from % 64);
  if (!zeros) {
    uint64_t open = next_other(bitmap->full, bitmap_word_count(count), UINT64_MAX, word + 1);
    if (open >= count) return UINT64_MAX;
    word = (size_t)open;
    zeros = ~bitmap->words[word];
  }
  uint64_t bit = (uint64_t)word * 64 + (uint64_t)__builtin_ctzll(zeros);
  return bit < end ? bit : UINT64_MAX;
}

uint64_t bitmap_next_one(const struct bitmap *bitmap, uint64_t from) {
  return next_other(bitmap->words, bitmap_word_count(bitmap->bits), 0, from);
}
