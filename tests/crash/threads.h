// SPDX-License-Identifier: MIT
// Threads that take turns by a seeded coin, so that a run with several of them can be repeated. The wrappers of
// pthread_create, pthread_mutex_lock and so on are in threads.c. A wait with a time limit ends whenever the coin says:
// no test waits for a clock.
//
// Turns have levels: while a store is looked at in the middle of another one's call, only threads that were started
// since then take part.
#ifndef STOREBENCH_CRASH_THREADS_H
#define STOREBENCH_CRASH_THREADS_H

#include "tests/crash/rng.h"

// From here to threads_end the calling thread and all that it starts take turns.
void threads_begin(struct rng *rng);
void threads_end(void);
// A level further in (with turns of its own), and back.
void threads_enter_level(void);
void threads_leave_level(void);
// Perhaps it is another one's turn.
void threads_yield(struct rng *rng);

#endif
