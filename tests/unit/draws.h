// SPDX-License-Identifier: MIT
// Seeded draws from known distributions, for simulations whose answer is known.
#ifndef STOREBENCH_TESTS_DRAWS_H
#define STOREBENCH_TESTS_DRAWS_H

#include "workloads/random.h"

// Above 0 and below 1.
double draw_uniform(struct random *random);
// Mean 0, variance 1.
double draw_normal(struct random *random);
// Student's t with three degrees of freedom: the heaviest tails that have a variance (3).
double draw_heavy(struct random *random);

#endif
