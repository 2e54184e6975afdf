// SPDX-License-Identifier: MIT
// A thread that does something at intervals, such as syncing a store.
#ifndef STOREBENCH_TIMER_H
#define STOREBENCH_TIMER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct timer {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t wake;
  bool running, stop;
  bool ready;  // the body has said whether it can do its work...
  int error;   // ...0, or why not
};

// Starts a thread that runs `body` with `argument`, and waits for its timer_tell. The body then goes by timer_wait, and
// returns when that says so. 0 or -errno, also the body's; then no thread is left.
int timer_start(struct timer *timer, void *(*body)(void *argument), void *argument);

// On that thread, once, before the first timer_wait: whether it can do its work, 0 or -errno.
void timer_tell(struct timer *timer, int error);

// On that thread: waits, and says whether to go on. False once the timer is to stop.
bool timer_wait(struct timer *timer, uint64_t milliseconds);

// Ends the thread and waits for it. Nothing to do for a timer that was never started (all zero).
void timer_stop(struct timer *timer);

#endif
