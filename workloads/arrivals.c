// SPDX-License-Identifier: MIT
#include "workloads/arrivals.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static const char *const names[ARRIVAL_KINDS] = {[ARRIVALS_POISSON] = "poisson", [ARRIVALS_CONSTANT] = "constant"};

// Above 0 and up to 1, in steps of 2^-53, so that its logarithm is finite.
static double draw(struct random *random) { return ((double)(random_next(random) >> 11) + 1) * 0x1p-53; }

static double gap(struct arrivals *arrivals) {
  return arrivals->kind == ARRIVALS_CONSTANT ? arrivals->gap : -log(draw(&arrivals->random)) * arrivals->gap;
}

void arrivals_begin(struct arrivals *arrivals, enum arrival_kind kind, double rate, unsigned stream, unsigned streams,
                    uint64_t seed) {
  *arrivals = (struct arrivals){.kind = kind, .gap = 1e9 * streams / rate};
  random_seed(&arrivals->random, random_mix(seed) + stream);
  arrivals->next = kind == ARRIVALS_CONSTANT ? 1e9 * stream / rate : gap(arrivals);
}

// A double counts nanoseconds exactly for a hundred days.
uint64_t arrivals_next(struct arrivals *arrivals) {
  double next = arrivals->next;
  arrivals->next += gap(arrivals);
  return (uint64_t)next;
}

const char *arrival_kind_name(enum arrival_kind kind) { return names[kind]; }

int arrival_kind_parse(const char *text, enum arrival_kind *kind) {
  for (int i = 0; i < ARRIVAL_KINDS; i++) {
    if (strcmp(names[i], text) != 0) continue;
    *kind = (enum arrival_kind)i;
    return 0;
  }
  return -EINVAL;
}
