// SPDX-License-Identifier: MIT
// Changes to JSON that leave it JSON: what random bytes hardly ever make.
#ifndef STOREBENCH_TESTS_FUZZ_JSON_MUTATE_H
#define STOREBENCH_TESTS_FUZZ_JSON_MUTATE_H

#include <stddef.h>
#include <stdint.h>

// Replaces, removes or moves one value somewhere in one of the lines of `data` (or in all of it, where that is one JSON
// value) and returns the new size, at most `room`; the size unchanged when nothing there is JSON.
size_t json_mutate(uint8_t *data, size_t size, size_t room, unsigned seed);

#endif
