// SPDX-License-Identifier: MIT
// System calls that fail on purpose, in a child process of a test.
#ifndef STOREBENCH_TEST_CONTRACT_REFUSE_H
#define STOREBENCH_TEST_CONTRACT_REFUSE_H

#include <stddef.h>

// From now on each of these system calls of this thread fails with EIO, for good. 0 or -errno: -ENOSYS where the kernel
// or the machine's policy has no system call filters.
int refuse_calls(const int *numbers, size_t count);

// The file can be written up to `bytes` only, or (0) without a limit: a write above it fails with EFBIG. 0 or -errno.
int limit_writes(unsigned long bytes);

#endif
