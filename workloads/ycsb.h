// SPDX-License-Identifier: MIT
// The core workloads of the Yahoo Cloud Serving Benchmark (Cooper and others, SoCC 2010) as mixes.
#ifndef STOREBENCH_YCSB_H
#define STOREBENCH_YCSB_H

#include <stdbool.h>

#include "workloads/client.h"

// Whether the text is meant to name one: it begins with "ycsb-".
bool ycsb_named(const char *text);
// Sets mix and keys to those of "ycsb-a" to "ycsb-f". 0 or -EINVAL.
int ycsb_set(const char *name, struct workload *workload);

#endif
