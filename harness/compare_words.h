// SPDX-License-Identifier: MIT
// Parts of a comparison in words, for text and for pages. Each writes into `room` bytes at `text`, where it is cut.
#ifndef STOREBENCH_COMPARE_WORDS_H
#define STOREBENCH_COMPARE_WORDS_H

#include <jansson.h>
#include <stddef.h>

// A value of a run, of any type, on one line.
void compare_scalar_words(const json_t *value, char *text, size_t room);
// From which difference on one counts, and why.
void compare_floor_words(const json_t *comparison, char *text, size_t room);
// How far the controls moved.
void compare_controls_words(const json_t *comparison, char *text, size_t room);
// The interval of a cell's ratio.
void compare_interval_words(const json_t *cell, char *text, size_t room);

#endif
