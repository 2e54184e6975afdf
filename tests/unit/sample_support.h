// SPDX-License-Identifier: MIT
// What the tests of samples share: an order to change, and what came of it. Anything unexpected fails the test.
#ifndef STOREBENCH_TESTS_SAMPLE_SUPPORT_H
#define STOREBENCH_TESTS_SAMPLE_SUPPORT_H

#include <jansson.h>

#include "harness/sample.h"

enum { FAKE_RECORDS = 2000 };

// One thread, FAKE_RECORDS records, uniform keys, 10 ms, no syncs.
struct sample_order sample_new_order(enum operation operation);

// Runs the order on the fake engine. The sample is the caller's.
json_t *sample_of(const struct sample_order *order);

// A field of a sample, or "(null)"; a field that must be a number.
const char *sample_text(const json_t *sample, const char *field);
double sample_number(const json_t *sample, const char *field);

// Prints the reason where the status is another.
void assert_sample_status(const json_t *sample, const char *status);

// Fills an honest fake store with FAKE_RECORDS records.
void make_fake_store(void);

#endif
