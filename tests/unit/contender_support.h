// SPDX-License-Identifier: MIT
// What the tests of contenders share: a store whose file they work on, and what came of a sample.
#ifndef STOREBENCH_TESTS_CONTENDER_SUPPORT_H
#define STOREBENCH_TESTS_CONTENDER_SUPPORT_H

#include "tests/unit/sample_support.h"

enum { CONTENDER_RECORDS = 10000 };

// The group's set-up and tear-down: a store of that many records of 128 bytes in a folder of its own.
int make_contenders_store(void **state);
int remove_contenders_store(void **state);

// An order of that spec on the store.
struct sample_order contender_order(const char *spec, enum operation operation);
// Of a fill: a file beside the store, which does not exist. The caller removes what was made.
void contender_order_new_file(struct sample_order *order);

// Runs the order, which must be ok and leave null what only a store has or a client times. The sample is the caller's.
json_t *contender_measured(const struct sample_order *order);
// Runs the order, which must be skipped with a reason that has these words.
void expect_contender_skipped(struct sample_order order, const char *reason);

#endif
