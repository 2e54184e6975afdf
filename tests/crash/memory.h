// SPDX-License-Identifier: MIT
// What the simulator does when it cannot go on: say so and abort. It never runs outside a test.
#ifndef STOREBENCH_CRASH_MEMORY_H
#define STOREBENCH_CRASH_MEMORY_H

#include <stddef.h>
#include <stdint.h>

enum { PATH_ROOM = 512 };

// Prints the reason with what errno says, and aborts.
_Noreturn void give_up(const char *why);
void *need_memory(void *memory);
// Room for `count` items of `bytes` each.
void grow_array(void **items, uint32_t *room, uint32_t count, size_t bytes);

#endif
