// SPDX-License-Identifier: MIT
// Runs to begin with, and how fuzzers change them.
#ifndef STOREBENCH_TESTS_FUZZ_RUN_SEEDS_H
#define STOREBENCH_TESTS_FUZZ_RUN_SEEDS_H

#include <jansson.h>

#include "tests/fuzz/fuzz.h"

// A small run with its samples, as run.json holds it. The caller's.
json_t *run_seed(void);

// libFuzzer's hook, for both targets that read runs: half of the changes leave JSON what it is.
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);

#endif
