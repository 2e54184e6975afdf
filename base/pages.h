// SPDX-License-Identifier: MIT
// Memory that calls copy to and from at full speed.
#ifndef STOREBENCH_PAGES_H
#define STOREBENCH_PAGES_H

#include <stddef.h>

// At least `bytes` bytes, not set to anything, aligned to 4096. A long piece of malloc's stands 16 bytes into a page,
// and the kernel's copy (rep movsb) to just past its source's place in a page is several times slower than any other.
// The caller's to free; NULL without memory. Thread safe.
void *pages_new(size_t bytes);

#endif
