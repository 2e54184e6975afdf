// SPDX-License-Identifier: MIT
// A growable set of slot numbers. Not thread safe: the store's writer lock covers it.
#ifndef STOREBENCH_SLOTS_BITMAP_H
#define STOREBENCH_SLOTS_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bitmap {
  uint64_t bits;    // how many there are
  uint64_t set;     // how many are 1
  uint64_t *words;  // bits / 64, rounded up; bits past the end are 0
  uint64_t *full;   // one bit a word: the word is all ones. Finds a 0 among millions of 1 quickly
};

// All zero. `bitmap` is uninitialised memory or a bitmap that was freed. 0 or -ENOMEM.
int bitmap_init(struct bitmap *bitmap, uint64_t bits);
void bitmap_free(struct bitmap *bitmap);
// To more or fewer bits; new ones are 0. On failure nothing has changed.
int bitmap_resize(struct bitmap *bitmap, uint64_t bits);
static inline bool bitmap_get(const struct bitmap *bitmap, uint64_t bit) {
  return bitmap->words[bit / 64] >> bit % 64 & 1;
}
// Set or clear; doing it twice counts once. Inline: four of them are part of every write.
static inline void bitmap_set(struct bitmap *bitmap, uint64_t bit) {
  uint64_t *word = &bitmap->words[bit / 64], mask = 1ull << bit % 64;
  if (*word & mask) return;
  *word |= mask;
  bitmap->set++;
  if (*word == UINT64_MAX) bitmap->full[bit / 64 / 64] |= 1ull << bit / 64 % 64;
}
static inline void bitmap_clear(struct bitmap *bitmap, uint64_t bit) {
  uint64_t *word = &bitmap->words[bit / 64], mask = 1ull << bit % 64;
  if (!(*word & mask)) return;
  *word &= ~mask;
  bitmap->set--;
  bitmap->full[bit / 64 / 64] &= ~(1ull << bit / 64 % 64);
}
// The first 0 at or after `from` and before `end`, or UINT64_MAX.
uint64_t bitmap_next_zero(const struct bitmap *bitmap, uint64_t from, uint64_t end);
// The first 1 at or after `from`, or UINT64_MAX.
uint64_t bitmap_next_one(const struct bitmap *bitmap, uint64_t from);
// After words were filled from outside: rebuilds counts and the `full` summary. -EBADMSG if a bit past the end is set.
int bitmap_rebuild(struct bitmap *bitmap);
size_t bitmap_word_count(uint64_t bits);
uint64_t bitmap_bytes(const struct bitmap *bitmap);

#endif
