// SPDX-License-Identifier: MIT
// The life of a store, from its creation through growth, deletes, a clean close, an unclean stop and its recovery, with
// each answer held against what was acknowledged. The same calls in the same order each time, as long as nothing fails.
#ifndef STOREBENCH_TEST_LIFE_H
#define STOREBENCH_TEST_LIFE_H

#include <stdbool.h>

#include "tests/contract/contract.h"
#include "tests/faults/ledger.h"

struct life {
  const struct engine *engine;
  struct store_config config;
  const char *folder, *path;
  bool keeps;  // every acknowledged write survives the process; else (stdio) what was synced, or written under `always`
  struct ledger ledger;
  struct store *store;       // NULL while closed
  struct access access;      // session NULL while closed
  struct bytes crash_image;  // data NULL: none
  const char *step;          // the one under way, or that failed
  struct error error;        // of the last call that filled one
  char lie[160];             // what was wrong with an answer; "": nothing
};

void life_begin(struct life *life, const struct fixture *fixture);
// Goes through all steps, or up to the first that fails: 0 or -errno. -EILSEQ: an answer was wrong (`lie` says how).
int life_run(struct life *life);
// After a failure, with the store still open perhaps: tries a put, a delete, gets and a scan, and closes all. None of
// it may give a wrong answer. Returns whether a write was taken.
bool life_go_on(struct life *life);
// Opens the store anew and looks at every key. 0, or -errno, or -EILSEQ with `lie` set.
int life_look_back(struct life *life);
void life_end(struct life *life);

#endif
