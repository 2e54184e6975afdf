// SPDX-License-Identifier: MIT
#include "base/words.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char unit_letters[] = "KMGTPE";

enum { WORD_MAX = 64 };  // longer words are nobody's typing error

// Reads the leading digits. strtoull would take signs and blanks as well.
static int parse_digits(const char **text, uint64_t *number) {
  const char *at = *text;
  if (!isdigit((unsigned char)*at)) return -EINVAL;
  uint64_t value = 0;
  int error = 0;
  for (; isdigit((unsigned char)*at); at++) {
    if (__builtin_mul_overflow(value, 10u, &value) || __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
      error = -ERANGE;
  }
  *text = at;
  *number = value;
  return error;
}

// Multiplies by base^n, where the letter at *text is the n-th unit, and moves past the letter. No letter: n is 0.
static int scale_by_unit(const char **text, uint64_t base, uint64_t *number) {
  const char *unit = **text ? strchr(unit_letters, toupper((unsigned char)**text)) : NULL;
  if (!unit) return 0;
  ++*text;
  int error = 0;
  for (const char *letter = unit_letters; letter <= unit; letter++)
    if (__builtin_mul_overflow(*number, base, number)) error = -ERANGE;
  return error;
}

int parse_size(const char *text, uint64_t *bytes) {
  uint64_t number = 0;
  int error = parse_digits(&text, &number);
  if (error == -EINVAL) return error;
  const char *unit = text;
  int overflow = scale_by_unit(&text, 1024, &number);
  if (text != unit && text[0] == 'i' && text[1] == 'B')
    text += 2;
  else if (text[0] == 'B')
    text++;
  if (*text) return -EINVAL;
  if (error || overflow) return -ERANGE;
  *bytes = number;
  return 0;
}

int parse_count(const char *text, uint64_t *count) {
  uint64_t number = 0;
  int error = parse_digits(&text, &number);
  if (error == -EINVAL) return error;
  int overflow = scale_by_unit(&text, 1000, &number);
  if (*text) return -EINVAL;
  if (error || overflow) return -ERANGE;
  *count = number;
  return 0;
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

// Edits (insert, remove, replace, swap of neighbours) that turn one word into the other. Both are shorter than
// WORD_MAX. The optimal string alignment form of Damerau-Levenshtein, which keeps three rows of the table.
static size_t edit_distance(const char *a, const char *b) {
  size_t rows[3][WORD_MAX + 1];
  size_t *before = rows[0], *last = rows[1], *row = rows[2];
  size_t width = strlen(b);
  for (size_t j = 0; j <= width; j++) last[j] = j;
  for (size_t i = 1; a[i - 1]; i++) {
    row[0] = i;
    for (size_t j = 1; j <= width; j++) {
      size_t replace = last[j - 1] + (a[i - 1] != b[j - 1]);
      row[j] = smaller(replace, smaller(last[j], row[j - 1]) + 1);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = smaller(row[j], before[j - 2] + 1);
    }
    size_t *spare = before;
    before = last;
    last = row;
    row = spare;
  }
  return last[width];
}

static int is_near(const char *a, const char *b, size_t distance) {
  size_t a_length = strlen(a), b_length = strlen(b);
  size_t longer = a_length > b_length ? a_length : b_length;
  return distance <= (longer + 2) / 3 || (a_length >= 2 && b_length >= 2 && strncmp(a, b, 2) == 0);
}

const char *nearest_word(const char *text, const char *const *words, size_t count) {
  if (strlen(text) >= WORD_MAX) return NULL;
  const char *nearest = NULL;
  size_t smallest = SIZE_MAX;
  for (size_t i = 0; i < count; i++) {
    if (strlen(words[i]) >= WORD_MAX) continue;
    size_t distance = edit_distance(text, words[i]);
    if (distance < smallest && is_near(text, words[i], distance)) {
      nearest = words[i];
      smallest = distance;
    }
  }
  return nearest;
}

void format_size(uint64_t bytes, char *text, size_t room) {
  if (bytes < 1024) {
    snprintf(text, room, "%" PRIu64 " B", bytes);
    return;
  }
  size_t unit = 0;
  uint64_t scale = 1024;
  while (unit + 1 < sizeof unit_letters - 1 && bytes / scale >= 1024) {
    scale *= 1024;
    unit++;
  }
  if (bytes % scale == 0) {
    snprintf(text, room, "%" PRIu64 " %ciB", bytes / scale, unit_letters[unit]);
    return;
  }
  // %.4g never shows more digits than it must; under 1024 units it never needs an exponent.
  snprintf(text, room, "%.4g %ciB", (double)bytes / (double)scale, unit_letters[unit]);
}
