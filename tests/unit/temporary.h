// SPDX-License-Identifier: MIT
// Files without a name for tests: gone when closed, also when the test dies.
#ifndef STOREBENCH_TESTS_TEMPORARY_H
#define STOREBENCH_TESTS_TEMPORARY_H

#include <stdint.h>

// The folder that tests may fill: $TEST_DIR, else $TMPDIR, else /tmp.
const char *temporary_folder(void);

// A file of `bytes` real zeros there, open for reading and writing. The caller closes it. Fails the test on any error.
int temporary_file(uint64_t bytes);

#endif
