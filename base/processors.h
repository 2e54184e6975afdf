// SPDX-License-Identifier: MIT
// How many processors there are for this process.
#ifndef STOREBENCH_PROCESSORS_H
#define STOREBENCH_PROCESSORS_H

// Processors that this process may run on: fewer than the machine's in a container or under taskset. At least 1.
unsigned processors_count(void);

#endif
