// SPDX-License-Identifier: MIT
// Where the time of a sample goes beside its timed part: run.json tells, so that nobody has to believe what share of a
// run was spent on measuring.
#ifndef STOREBENCH_SPENT_H
#define STOREBENCH_SPENT_H

#include <jansson.h>
#include <stdint.h>

enum spent_phase {
  SPENT_OPEN,    // probing the engine and opening the store
  SPENT_WARMUP,  // starting threads and sessions, and operations before the timed part
  SPENT_CACHE,   // bringing the page cache into its state
  SPENT_TIMED,   // the timed part and closing the sessions
  SPENT_CHECK,   // reading records back
  SPENT_CLOSE,   // closing the store, which syncs it unless nobody opens it again and its operations were on records
  SPENT_PHASES,
};

// "open", "warmup", "cache", "timed", "check", "close".
const char *spent_phase_name(enum spent_phase phase);

struct spent {
  uint64_t last;  // clock_ns at which the current phase began
  uint64_t ns[SPENT_PHASES];
};

void spent_start(struct spent *spent);
// Ends the current phase, which was this one, and begins the next.
void spent_on(struct spent *spent, enum spent_phase phase);
// Phase -> seconds. The caller's; NULL when memory is short.
json_t *spent_to_json(const struct spent *spent);
// Adds to a sample's `spent` what only its parent knows, in seconds: `prepare`, putting its file into its place, and
// `total`, from then until child and file are gone. 0 or -ENOMEM.
int spent_complete(json_t *sample, double prepare, double total);

#endif
