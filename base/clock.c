// SPDX-License-Identifier: MIT
#include "base/clock.h"

#include <time.h>

uint64_t clock_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);  // cannot fail with this clock
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

enum { ROUNDS = 20, READINGS = 1000 };

void clock_measure(double *cost, double *resolution) {
  uint64_t best = UINT64_MAX, step = UINT64_MAX;
  // The best of many rounds: anything else that runs only adds to one.
  for (int round = 0; round < ROUNDS; round++) {
    uint64_t start = clock_ns(), last = start;
    for (int i = 0; i < READINGS; i++) {
      uint64_t now = clock_ns();
      if (now > last && now - last < step) step = now - last;
      last = now;
    }
    if (last - start < best) best = last - start;
  }
  *cost = (double)best / READINGS;
  *resolution = (double)step;
}
