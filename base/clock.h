// SPDX-License-Identifier: MIT
// The one clock that everything is timed by.
#ifndef STOREBENCH_CLOCK_H
#define STOREBENCH_CLOCK_H

#include <stdint.h>

// Nanoseconds of CLOCK_MONOTONIC. Thread safe.
uint64_t clock_ns(void);

// Measures the clock, in about a millisecond: what one reading costs, and the least step between two readings that
// differ, both in nanoseconds. A clock that steps finer than it can be read shows the time between two readings.
void clock_measure(double *cost, double *resolution);

#endif
