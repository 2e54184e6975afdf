// SPDX-License-Identifier: MIT
// Children for a process whose libraries have threads. A fork takes along the thread that calls it alone: a lock that
// another one held then, of the library or of the allocator below it, is never freed in the child. The spawner is a
// child that was forked before any store was opened, and forks the others.
#ifndef STOREBENCH_TEST_SPAWNER_H
#define STOREBENCH_TEST_SPAWNER_H

#include <stddef.h>
#include <sys/types.h>

struct spawner {
  int socket;  // to the process that forks; 0: there is none
};

// What the spawned process runs, and leaves by _exit. `request` is its own copy, aligned for every type.
typedef void (*spawned_fn)(void *request);

// To be called once, before this process has other threads. The children become children of the caller; they and the
// spawner die with it. Returns 0 or -errno.
int spawner_start(struct spawner *spawner, spawned_fn body);
// Has a child run the body with a copy of the `length` bytes (64 KiB at most) at `request`. What these point to must be
// shared memory, or not have changed since the spawner started. Returns the process id, which the caller waits for, or
// -errno. One thread at a time.
pid_t spawner_fork(const struct spawner *spawner, const void *request, size_t length);

#endif
