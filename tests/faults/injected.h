// SPDX-License-Identifier: MIT
// One life of a store with one call made to fail, and what must hold then.
#ifndef STOREBENCH_TEST_INJECTED_H
#define STOREBENCH_TEST_INJECTED_H

#include "tests/contract/contract.h"
#include "tests/faults/inject.h"

// Lives through a store once undisturbed, and once for each call that the mode can happen to, or for every `step`th of
// them; under ThreadSanitizer, which looks for races that no single call decides, for a third of those. Fails the test
// at the first life in which something does not hold. Returns the number of such calls; with FAULTS_COUNT in the
// environment they are counted and none fails.
uint64_t injected_lives(struct fixture *fixture, enum inject_mode mode, uint64_t step);

// The same where some calls always fail in the same way; `absent` ends with a NULL name.
struct injected_absence {
  const char *call;
  int code;
};
uint64_t injected_lives_without(struct fixture *fixture, enum inject_mode mode, uint64_t step,
                                const struct injected_absence *absent);

#endif
