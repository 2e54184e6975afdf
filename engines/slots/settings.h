// SPDX-License-Identifier: MIT
// What the kernel says of what it was asked for: parts of the engines' `settings` (engines/engine.h). 0, -errno or what
// `tell` returned.
#ifndef STOREBENCH_SLOTS_SETTINGS_H
#define STOREBENCH_SLOTS_SETTINGS_H

#include <stddef.h>

#include "engines/engine.h"

// Whether this descriptor goes through the page cache.
int settings_tell_access(int fd, setting_fn tell, void *user);

// The advice on the mappings between `start` and `start + length`, and how much of what they have in the page table is
// there as huge pages, by /proc/self/smaps. Takes the lock of the whole address space for reading.
int settings_tell_map(const void *start, size_t length, setting_fn tell, void *user);

#endif
