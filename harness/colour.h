// SPDX-License-Identifier: MIT
// Colours, on terminals that want them.
#ifndef STOREBENCH_COLOUR_H
#define STOREBENCH_COLOUR_H

#include <stdbool.h>
#include <stdio.h>

enum colour { COLOUR_NONE, COLOUR_GOOD, COLOUR_BAD, COLOUR_MIXED, COLOUR_QUIET, COLOUR_STRONG };

// Whether `out` is a terminal that shows colours to someone who wants them: not under NO_COLOR (set and not empty,
// https://no-color.org), not where TERM is dumb or not set.
bool colour_wanted(FILE *out);
// Writes the first `length` bytes of `text` in that colour; plainly if it is not `wanted`.
void colour_put(FILE *out, bool wanted, enum colour colour, const char *text, size_t length);
// The colour of an outcome, by the word that `text` begins with: holds, worse, reproduced ... COLOUR_NONE for any
// other. *length: of that word.
enum colour colour_of_outcome(const char *text, size_t *length);
// Writes `text`, with the outcome that it begins with in its colour.
void colour_put_outcome(FILE *out, bool wanted, const char *text);

#endif
