// SPDX-License-Identifier: MIT
// Asking for cache lines ahead of their use, many at a time.
#ifndef STOREBENCH_BASE_PREFETCH_H
#define STOREBENCH_BASE_PREFETCH_H

// Brings the line at `address` into the second cache, to be read. Any address will do; a wrong one costs time only.
//
// Into the second and not the first (PREFETCHT1): misses of the first have few places to wait (about a dozen to two
// dozen, by the processor), and in bursts, as a batch of look-ups makes them, each that finds none holds up what comes
// after it. The second has more. Measured: docs/performance.md.
static inline void prefetch_line(const void *address) { __builtin_prefetch(address, 0, 2); }

#endif
