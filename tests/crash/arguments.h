// SPDX-License-Identifier: MIT
// The command line of the crash tests: without arguments all of them, else one history again.
#ifndef STOREBENCH_CRASH_ARGUMENTS_H
#define STOREBENCH_CRASH_ARGUMENTS_H

#include "tests/crash/history.h"

// A run of one history. Exits with a message if there is no such policy.
struct run arguments_run(const char *engine, const char *policy, uint64_t seed, const char *folder);
// PROGRAM [--engine NAME --sync POLICY --seed N [--mutant NAME] [--trace]]. Returns the exit code.
int arguments_main(int count, char **arguments, int (*run_all)(void));
void arguments_print(const char *engine, const char *policy, const struct counts *counts);

#endif
