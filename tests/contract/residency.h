// SPDX-License-Identifier: MIT
// Which pages of a file are in memory, asked of the kernel: what a store really read or synced.
#ifndef STOREBENCH_TEST_RESIDENCY_H
#define STOREBENCH_TEST_RESIDENCY_H

#include <stdint.h>

struct residency {
  uint64_t pages;   // of the range
  uint64_t cached;  // in the page cache
  uint64_t dirty;   // and not yet written back
};

// By cachestat (Linux 6.5). 0 or -errno (-ENOSYS on older kernels).
int residency_of(const char *path, uint64_t offset, uint64_t length, struct residency *residency);

#endif
