// SPDX-License-Identifier: MIT
// Loads and stores that survive a file truncated under the map: SIGBUS inside a guarded range becomes -EIO.
#ifndef STOREBENCH_SLOTS_GUARD_H
#define STOREBENCH_SLOTS_GUARD_H

#include <stddef.h>

struct guard_stack;  // a thread's alternate signal stack

// Installs the process's SIGBUS handler unless it is in place (it passes every other fault on to the handler that was
// there before), and gives the calling thread an alternate stack unless it has one. 0 or -errno. The stack is the
// caller's until guard_leave on the same thread.
int guard_enter(struct guard_stack **stack);
void guard_leave(struct guard_stack *stack);

// Runs body(argument) and returns what it returns, or -EIO if it touched a byte of [base, base + length) that has no
// file behind it. The body is left in the middle then (siglongjmp): it must hold no lock and own no memory. The thread
// must be between guard_enter and guard_leave. Does not nest.
int guard_run(const void *base, size_t length, int (*body)(void *), void *argument);

#endif
