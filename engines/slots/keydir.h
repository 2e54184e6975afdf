// SPDX-License-Identifier: MIT
// The index: key hash to slot number, in memory. The key itself is compared in the record.
//
// Linear probing over 8-byte entries: the upper 32 bits of the hash and the slot. An entry's home is a monotone
// function of those 32 bits (multiply and shift), so a table of any size can be built from another by one pass in
// order. Readers look up without locks while one writer changes the table; a table that was replaced is freed when all
// readers that could see it have left (epoch.h).
//
// At most 80% full and grown by 1.6: an entry costs 10 to 16 bytes once grown, and 26 in the moment at which both
// tables are there (8 and 12.8 bytes for each bucket of the old one, 80% of them used). Where entries go as well, a
// table whose marks fill it grows from 60% in use on, to 21 bytes an entry, by way of 35.
#ifndef STOREBENCH_SLOTS_KEYDIR_H
#define STOREBENCH_SLOTS_KEYDIR_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "engines/slots/epoch.h"
#include "engines/slots/format.h"

// An entry is tag << 32 | slot + 1; 0 is empty, a slot field of all ones the mark of a removed entry.
#define KEYDIR_SLOT_FIELD UINT64_C(0xFFFFFFFF)
#define KEYDIR_REMOVED KEYDIR_SLOT_FIELD

struct keydir_table {
  uint64_t buckets;
  size_t bytes;  // of the mapping
  _Atomic uint64_t *entries;
  struct keydir_table *retired;  // next of those that wait to be freed
  uint64_t stamp;                // epoch of retirement
};

struct keydir {
  struct keydir_table *_Atomic table;
  uint64_t live;  // entries in use
  uint64_t used;  // and marks of removed ones
  struct keydir_table *retired;
  struct epochs *epochs;
};

struct keydir_cursor {
  const struct keydir_table *table;
  uint64_t at;
  uint32_t tag;
};

// Room for `expected` entries without growing. 0 or -ENOMEM. `epochs` must outlive it.
int keydir_init(struct keydir *keydir, uint64_t expected, struct epochs *epochs);
void keydir_free(struct keydir *keydir);

uint64_t keydir_hash(const void *key, uint32_t length);

// Readers, inside an epoch: brings the first cache line of the look-up near.
static inline void keydir_prefetch(const struct keydir *keydir, uint64_t hash) {
  const struct keydir_table *table = atomic_load_explicit(&keydir->table, memory_order_acquire);
  __builtin_prefetch((const void *)&table->entries[(hash >> 32) * table->buckets >> 32]);
}
// The writer only: brings the entry near again at which a look-up ended, to be written.
static inline void keydir_prefetch_at(const struct keydir *keydir, const struct keydir_cursor *cursor) {
  const struct keydir_table *table = atomic_load_explicit(&keydir->table, memory_order_relaxed);
  __builtin_prefetch((const void *)&table->entries[cursor->at], 1);
}
// Readers and the writer: slots whose entry may be this hash's, one after the other; SLOT_NONE at the end. Several keys
// can share a tag, so the caller compares keys.
static inline uint32_t keydir_next(struct keydir_cursor *cursor) {
  const struct keydir_table *table = cursor->table;
  uint64_t entry, at = cursor->at;  // a local: a cursor in memory would be stored at each step
  for (;;) {
    entry = atomic_load_explicit(&table->entries[at], memory_order_acquire);
    if (entry == 0) break;
    if (++at == table->buckets) at = 0;
    if (entry >> 32 == cursor->tag && (entry & KEYDIR_SLOT_FIELD) != KEYDIR_REMOVED) break;
  }
  cursor->at = at;
  return (uint32_t)(entry - 1);
}

static inline uint32_t keydir_first(const struct keydir *keydir, uint64_t hash, struct keydir_cursor *cursor) {
  cursor->table = atomic_load_explicit(&keydir->table, memory_order_acquire);
  cursor->tag = (uint32_t)(hash >> 32);
  cursor->at = cursor->tag * cursor->table->buckets >> 32;
  return keydir_next(cursor);
}

// The writer only, after keydir_reserve and then a look-up that found nothing, which is where `cursor` stands: inserts
// without walking there again. Other inserts may lie between.
void keydir_insert_at(struct keydir *keydir, const struct keydir_cursor *cursor, uint32_t slot);
// The writer only. insert: 0 or -ENOMEM (nothing changed). replace and remove: 0, or -EBADMSG if the entry is not there
// (only a damaged snapshot can bring that about).
int keydir_insert(struct keydir *keydir, uint64_t hash, uint32_t slot);
int keydir_replace(struct keydir *keydir, uint64_t hash, uint32_t old_slot, uint32_t new_slot);
int keydir_remove(struct keydir *keydir, uint64_t hash, uint32_t slot);
// Makes room for `more` inserts now, so that they cannot fail.
int keydir_reserve(struct keydir *keydir, uint64_t more);
// Takes a table of the size that its entries need, whatever was reserved or removed. 0 or -ENOMEM (nothing changed).
int keydir_fit(struct keydir *keydir);
uint64_t keydir_bytes(const struct keydir *keydir);  // tables that wait for readers to leave included

// For the snapshot: an empty table of exactly this many buckets whose entries the caller fills, then publishes.
struct keydir_table *keydir_table_new(uint64_t buckets);
void keydir_table_free(struct keydir_table *table);
// Counts the entries, checks each slot against `slots`, and takes the table over. 0 or -EBADMSG (the caller keeps it).
int keydir_adopt(struct keydir *keydir, struct keydir_table *table, uint64_t slots);

#endif
