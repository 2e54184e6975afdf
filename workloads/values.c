// SPDX-License-Identifier: MIT
// What a record's value looks like, how it is checked and how it is used.
//
// Word 0 carries the version, hidden under a hash of the id; word i above it is i steps from a start that depends on id
// and version. So a value names its version, a value of another record or a byte out of place is seen, nothing
// compresses, and no multiplication stands between one word and the next.
#include "workloads/values.h"

#include "base/wide.h"
#include "workloads/keys.h"
#include "workloads/random.h"

#define STEP 0x9e3779b97f4a7c15u  // odd

static uint64_t hash_even(uint64_t id) { return random_mix(id + STEP) & ~1ull; }

// Odd for every version: no value is all zero.
static uint64_t word_zero(uint64_t id, uint64_t version) { return (version << 1 | 1) ^ hash_even(id); }

static uint64_t word_start(uint64_t id, uint64_t version) { return random_mix(id * 0xd1342543de82ef95u ^ version); }

void value_make(uint64_t id, uint64_t version, void *value, size_t length) {
  unsigned char *at = value, *end = at + length;
  uint64_t word = word_start(id, version), zero = word_zero(id, version);
  const word_pair step = {2 * STEP, 2 * STEP};
  word_pair words = {word, word + STEP};
  for (; end - at >= VALUE_BLOCK; at += VALUE_BLOCK) {
    for (int i = 0; i < VALUE_BLOCK / VALUE_PAIR; i++, words += step) *(word_pair *)(at + i * VALUE_PAIR) = words;
  }
  for (word = words[0]; end - at >= VALUE_WORD; at += VALUE_WORD, word += STEP) memcpy(at, &word, VALUE_WORD);
  memcpy(at, &word, (size_t)(end - at));
  memcpy(value, &zero, length < VALUE_WORD ? length : VALUE_WORD);
}

int value_check(uint64_t id, const void *value, size_t length, uint64_t *version) {
  const unsigned char *at = value, *end = at + length;
  uint64_t zero = value_load(at, length);
  uint64_t found = (zero ^ hash_even(id)) >> 1;
  uint64_t wrong = zero ^ word_zero(id, found);
  if (length < VALUE_WORD) {
    found &= (1ull << 8 * length >> 1) - 1;
    at = end;
  } else {
    at += VALUE_WORD;
  }
  uint64_t word = word_start(id, found) + STEP;
  for (; end - at >= VALUE_WORD; at += VALUE_WORD, word += STEP) wrong |= value_load(at, VALUE_WORD) ^ word;
  if (version) *version = found;
  return wrong == 0 && memcmp(at, &word, (size_t)(end - at)) == 0;
}

WIDE_VECTORS uint64_t value_sum(const void *value, size_t length) {
  struct value_summer summer = {0};
  value_summer_add(&summer, value, length);
  return value_summer_total(&summer);
}
