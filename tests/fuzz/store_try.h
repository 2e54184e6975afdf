// SPDX-License-Identifier: MIT
// All that one does with a store, to a file that anybody may have made.
#ifndef STOREBENCH_TESTS_FUZZ_STORE_TRY_H
#define STOREBENCH_TESTS_FUZZ_STORE_TRY_H

#include "tests/fuzz/fuzz.h"

// Makes files of the input (see store_image.h), opens them with this engine for reading and then for writing, and
// reads, scans, writes, compacts. Opened for reading only, the file must stay as it was; what was acknowledged must be
// there after closing and opening, unless the index was forged.
void store_try(const char *engine, const uint8_t *data, size_t size);

#endif
