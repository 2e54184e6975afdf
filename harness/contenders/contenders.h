// SPDX-License-Identifier: MIT
// Contenders that are no stores: bare loops, and fio. They stand in an experiment's list of engines, take their turns
// among the stores in the same run, on the same file, and show what is left for a store to gain. docs/limits.md says
// what each does.
#ifndef STOREBENCH_CONTENDERS_H
#define STOREBENCH_CONTENDERS_H

#include <jansson.h>
#include <stddef.h>

#include "engines/engine.h"
#include "harness/cell.h"

struct contender;

// All there are, in the order of lists. Sets *count. The array is constant.
const struct contender *const *contenders_all(size_t *count);

// The contender of NAME[:OPTION=VALUE]..., or NULL where the name is none of one.
const struct contender *contender_find(const char *spec);

// What is known of it, as of an engine: name, label, summary, capabilities and options. It opens no store.
const struct engine *contender_engine(const struct contender *contender);

// What it is, and what of a sample it does not measure: for the record.
const char *contender_mark(const struct contender *contender);

// Whether it can run here at all. 0, or -errno with the reason.
int contender_probe(const struct contender *contender, struct error *error);

// Runs the order in this process, as sample_run does.
json_t *contender_sample(const struct contender *contender, const struct sample_order *order);

#endif
