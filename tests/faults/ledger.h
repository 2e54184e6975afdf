// SPDX-License-Identifier: MIT
// What a process said of its operations before it was killed, in memory that outlives it, and what a store may hold
// then.
//
// Each key has versions that only grow. Every DELETE_EVERYth of them is a delete, the others put a value that tells its
// version. A key is written by one thread of one process at a time.
#ifndef STOREBENCH_TEST_LEDGER_H
#define STOREBENCH_TEST_LEDGER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { LEDGER_KEYS = 48, DELETE_EVERY = 4 };

struct ledger_key {
  atomic_uint started;       // the last version that was handed to the store
  atomic_uint acknowledged;  // the last one that came back, this process's life
  atomic_uint kept;          // the last one that must survive a kill: acknowledged, and flushed where the store buffers
  unsigned settled;          // what the key was found at after the last kill
  unsigned first;            // the first version of this life
};

struct ledger {
  struct ledger_key keys[LEDGER_KEYS];
};

bool ledger_deletes(unsigned version);  // version 0, before the first put, is absent too

// The next version of a key; counted as started from here on.
unsigned ledger_start(struct ledger *ledger, unsigned number);
void ledger_acknowledge(struct ledger *ledger, unsigned number, unsigned version);

// Whether the store may hold this key at `version`, or, with `absent`, not at all.
bool ledger_allows(const struct ledger *ledger, unsigned number, bool absent, unsigned version);
// After a kill: the key was found like this, and a new life begins.
void ledger_settle(struct ledger *ledger, unsigned number, bool absent, unsigned version);

#endif
