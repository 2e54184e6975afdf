// SPDX-License-Identifier: MIT
// Reading what people type: sizes, counts, and the nearest valid word for a mistyped one.
#ifndef STOREBENCH_WORDS_H
#define STOREBENCH_WORDS_H

#include <stddef.h>
#include <stdint.h>

// "0", "512", "64K", "128M", "2G", "1T" (powers of 1024; an optional "iB" or "B" after the letter) to bytes. 0, -EINVAL
// (not a size, negative, trailing text) or -ERANGE.
int parse_size(const char *text, uint64_t *bytes);

// A decimal count; "4M" and "64K" are accepted with powers of 1000. 0, -EINVAL or -ERANGE.
int parse_count(const char *text, uint64_t *count);

// The word of `words` (count strings) with the smallest edit distance to `text`, or NULL when none is near (distance
// above a third of the longer length, rounded up, and no common prefix of two letters).
const char *nearest_word(const char *text, const char *const *words, size_t count);

// Bytes as people write them, exact where possible: "128 B", "4 KiB", "1.5 GiB".
void format_size(uint64_t bytes, char *text, size_t room);

#endif
