// SPDX-License-Identifier: MIT
// How many processors there are for this process.
#include "base/processors.h"

#include <sched.h>
#include <unistd.h>

unsigned processors_count(void) {
  cpu_set_t set;
  // Fails where there are more than the set has room for (1024): then all of them count.
  if (sched_getaffinity(0, sizeof set, &set) == 0) return (unsigned)CPU_COUNT(&set);
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (unsigned)online : 1;
}
