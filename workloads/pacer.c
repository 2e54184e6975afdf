// SPDX-License-Identifier: MIT
#include "workloads/pacer.h"

#include <sys/prctl.h>
#include <time.h>

#include "base/clock.h"

// ns: waking up takes so long at worst, but for a machine that is busy with something else. A shorter wait is no sleep.
enum { AWAKE_BEFORE = 100000, SHORTEST_SLEEP = 50000 };

static uint64_t real_now(void *user) {
  (void)user;
  return clock_ns();
}

static void real_wait_until(void *user, uint64_t deadline) {
  (void)user;
  if (deadline > clock_ns() + AWAKE_BEFORE + SHORTEST_SLEEP) {
    uint64_t wake = deadline - AWAKE_BEFORE;
    struct timespec until = {.tv_sec = (time_t)(wake / 1000000000), .tv_nsec = (long)(wake % 1000000000)};
    // A signal ends it early, and the loop waits for the rest.
    (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
  }
  while (clock_ns() < deadline) continue;
}

struct pacer pacer_real(void) {
  // The default slack is 50 us. Where it cannot be changed, waking is later, which the lateness shows.
  (void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  return (struct pacer){.now = real_now, .wait_until = real_wait_until};
}
