// SPDX-License-Identifier: MIT
#include "tests/faults/ledger.h"

bool ledger_deletes(unsigned version) { return version % DELETE_EVERY == 0; }

unsigned ledger_start(struct ledger *ledger, unsigned number) {
  return atomic_fetch_add(&ledger->keys[number].started, 1) + 1;
}

void ledger_acknowledge(struct ledger *ledger, unsigned number, unsigned version) {
  atomic_store(&ledger->keys[number].acknowledged, version);
}

// The versions that may be there are those from `kept` on that this life started, and, while none of this life must be
// there, the one it found.
static bool may_be_settled(const struct ledger_key *key) { return atomic_load(&key->kept) < key->first; }

static unsigned lowest(const struct ledger_key *key) {
  return may_be_settled(key) ? key->first : atomic_load(&key->kept);
}

// The last delete among them, or 0.
static unsigned last_delete(const struct ledger_key *key) {
  for (unsigned version = atomic_load(&key->started); version >= lowest(key) && version > 0; version--)
    if (ledger_deletes(version)) return version;
  return 0;
}

bool ledger_allows(const struct ledger *ledger, unsigned number, bool absent, unsigned version) {
  const struct ledger_key *key = &ledger->keys[number];
  if (absent) return last_delete(key) || (may_be_settled(key) && ledger_deletes(key->settled));
  if (ledger_deletes(version)) return false;
  if (version >= lowest(key) && version <= atomic_load(&key->started)) return true;
  return may_be_settled(key) && version == key->settled;
}

void ledger_settle(struct ledger *ledger, unsigned number, bool absent, unsigned version) {
  struct ledger_key *key = &ledger->keys[number];
  key->settled = absent ? last_delete(key) : version;
  key->first = atomic_load(&key->started) + 1;
  atomic_store(&key->acknowledged, key->settled);
  atomic_store(&key->kept, key->settled);
}
