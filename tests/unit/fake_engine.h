// SPDX-License-Identifier: MIT
// A store in memory that can be told to lie, so that tests can see the lie found out.
#ifndef STOREBENCH_TESTS_FAKE_ENGINE_H
#define STOREBENCH_TESTS_FAKE_ENGINE_H

#include "engines/engine.h"

enum fake_lie {
  FAKE_HONEST,
  FAKE_PROBE_FAILS,
  FAKE_OPEN_FAILS,
  FAKE_SESSION_FAILS,  // of every session but the first
  FAKE_SESSION_CLOSE_FAILS,
  FAKE_PUT_DROPPED,    // every 50th put is acknowledged and not kept
  FAKE_PUT_REFUSED,    // every 50th put is -ENOSPC
  FAKE_VALUE_DAMAGED,  // every 50th put keeps a damaged value
  FAKE_VALUE_SHORT,    // every 50th get hands back a byte less
  FAKE_REAP_EMPTY,     // reap never has anything
  FAKE_SYNC_FAILS,
  FAKE_SYNC_SKIPPED,    // puts are acknowledged without the syncs the policy needs
  FAKE_SCAN_SKIPS,      // a scan leaves out one record in ten
  FAKE_DELETE_IGNORED,  // acknowledged, and the record stays
  FAKE_FORGET_FAILS,
  FAKE_CLOSE_FAILS,
  FAKE_STAT_FAILS,
  FAKE_SYNC_SLOW,                 // no lie: each takes FAKE_SYNC_NS
  FAKE_UNCOUNTED,                 // no lie: stat does not know how many records there are
  FAKE_UNCOUNTED_DELETE_IGNORED,  // both
  FAKE_UNCOUNTED_PUT_DROPPED,
};

enum { FAKE_SYNC_NS = 100000000 };

extern const struct engine engine_fake;

// What every fake store in this process does from now on.
void fake_set(enum fake_lie lie);

// How often its functions were called since fake_set.
struct fake_calls {
  unsigned opens, closes, session_opens, session_closes, syncs, submits;
  unsigned submits_at_forget;  // of submits, before the last call of forget
};
struct fake_calls fake_calls(void);

// The policy and flags of the last open.
struct store_config fake_config(void);

#endif
