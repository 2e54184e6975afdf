// SPDX-License-Identifier: MIT
// A process that outlives a run which was killed, only to remove the memory groups that it had made.
#ifndef STOREBENCH_MEMORY_GUARD_H
#define STOREBENCH_MEMORY_GUARD_H

#include <sys/types.h>

#define MEMORY_GROUP_NAME "storebench-"  // then the process that made it, '-', and a number

// Removes the empty groups in `base` that process `of` has made, or whose maker is no more. Returns how many of them
// could not be removed.
unsigned memory_guard_sweep(const char *base, pid_t of);

// Starts it for this process's groups in `base`. `alive` is the end of a pipe whose closing, also by this process's
// death, sets it to work. It ignores Ctrl-C and holds no other descriptor. 0 or -errno.
int memory_guard_start(const char *base, pid_t *guard, int *alive);
// Lets it end, and waits for that.
void memory_guard_stop(pid_t guard, int alive);

#endif
