// SPDX-License-Identifier: MIT
// The one clock that everything is timed by.
#ifndef STOREBENCH_CLOCK_H
#define STOREBENCH_CLOCK_H

#include <stdint.h>

// Nanoseconds of CLOCK_MONOTONIC. Thread safe.
uint64_t clock_ns(void);

#endif
