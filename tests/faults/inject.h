// SPDX-License-Identifier: MIT
// Makes the n-th call of a store to the kernel (or for memory) fail. The test program is linked so that those calls go
// through the wrappers of inject_*.c first, and each of them asks here.
#ifndef STOREBENCH_TEST_INJECT_H
#define STOREBENCH_TEST_INJECT_H

#include <stdbool.h>
#include <stdint.h>

enum inject_mode {
  INJECT_EIO,     // the call fails; a write has moved half of its bytes
  INJECT_GONE,    // the same, and so does every call after it
  INJECT_ENOSPC,  // calls that need room
  INJECT_EINTR,   // calls that a signal may interrupt
  INJECT_SHORT,   // transfers, which move half of their bytes
  INJECT_ENOMEM,  // calls for memory, and no others
  INJECT_MODES,
};

// What may happen to a call.
enum inject_may {
  MAY_RUN_OUT = 1 << 0,
  MAY_BE_INTERRUPTED = 1 << 1,
  MAY_BE_SHORT = 1 << 2,
  ENDS_WRITING = 1 << 3,  // a write or sync: when one fails the store may take no write any more
  ASKS_FOR_MEMORY = 1 << 4,
};

// What happened to the call that was to fail.
struct inject_strike {
  bool struck;
  const char *call;
  const char *step;  // under way then
  unsigned may;
};

// From here on calls are counted, from 1. The one with number `n` fails if the mode can happen to it; 0: none does.
void inject_begin(enum inject_mode mode, uint64_t n);
// Stops, and returns how many calls there were that the mode can happen to.
uint64_t inject_end(void);
struct inject_strike inject_struck(void);
// From here on, until inject_begin is called again, every call of that name fails with that errno, uncounted: what a
// kernel or a file system does not have, or always refuses. The name is a constant string.
void inject_always(const char *name, int code);
// What the store is doing from here on. A constant string.
void inject_step(const char *step);
// The test's own calls, in between, are not counted.
void inject_pause(void);
void inject_resume(void);

// For the wrappers. 0: go on; INJECT_HALF: move half of the bytes and say so; else the errno to fail with.
enum { INJECT_HALF = -1 };
int inject_call(const char *name, unsigned may);
// Bytes to move of a transfer of `length` that is cut short, 0: too small to be. What direct I/O moves is whole blocks.
uint64_t inject_half(uint64_t length);

// Memory that was allocated or mapped between inject_begin and inject_end and is still held.
void inject_took(const void *memory);
void inject_gave(const void *memory);
uint64_t inject_held(void);

#endif
