// SPDX-License-Identifier: MIT
// The clock that latencies are taken by and that an open loop waits by: the real one, or a test's.
#ifndef STOREBENCH_PACER_H
#define STOREBENCH_PACER_H

#include <stdint.h>

struct pacer {
  uint64_t (*now)(void *user);                        // ns
  void (*wait_until)(void *user, uint64_t deadline);  // returns when now is `deadline` or later
  void *user;
};

// CLOCK_MONOTONIC. Waits asleep until shortly before the time and then in a loop, since a sleeper is woken late by tens
// of microseconds. Asks the kernel to wake the calling thread without slack.
struct pacer pacer_real(void);

#endif
