// SPDX-License-Identifier: MIT
#define XXH_INLINE_ALL  // a hash of 16 bytes is a few instructions
#include "engines/slots/keydir.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

enum { BUCKETS_MIN = 64, MOVED_AT_ONCE = 512 };
#define HUGE_PAGE ((size_t)2 << 20)

static uint64_t entry_make(uint32_t tag, uint32_t slot) { return (uint64_t)tag << 32 | ((uint64_t)slot + 1); }
static uint64_t limit_of(uint64_t buckets) { return buckets / 5 * 4; }

uint64_t keydir_hash(const void *key, uint32_t length) { return XXH3_64bits(key, length); }

// Random probes of a large table miss the TLB on every look-up without huge pages, and each is cleared a page at a
// time. They begin where an address is a multiple of theirs, so the table does. Only a hint: not having them is slower,
// not wrong, and AnonHugePages in smaps shows which it was.
static void *map_huge(size_t bytes) {
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  bytes = (bytes + page - 1) / page * page;
  char *memory = mmap(NULL, bytes + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return memory;
  size_t before = (HUGE_PAGE - (uintptr_t)memory % HUGE_PAGE) % HUGE_PAGE;
  if (before) munmap(memory, before);
  munmap(memory + before + bytes, HUGE_PAGE - before);
  (void)madvise(memory + before, bytes, MADV_HUGEPAGE);
  return memory + before;
}

static void *map_entries(size_t bytes) {
  if (bytes >= HUGE_PAGE) return map_huge(bytes);
  return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

struct keydir_table *keydir_table_new(uint64_t buckets) {
  struct keydir_table *table = calloc(1, sizeof *table);
  if (!table) return NULL;
  table->buckets = buckets;
  table->bytes = buckets * sizeof *table->entries;
  void *memory = map_entries(table->bytes);
  if (memory == MAP_FAILED) {
    free(table);
    return NULL;
  }
  table->entries = memory;
  return table;
}

void keydir_table_free(struct keydir_table *table) {
  if (!table) return;
  munmap((void *)table->entries, table->bytes);
  free(table);
}

static void free_retired(struct keydir *keydir, bool all) {
  struct keydir_table **link = &keydir->retired;
  while (*link) {
    struct keydir_table *table = *link;
    if (all || epoch_passed(keydir->epochs, table->stamp)) {
      *link = table->retired;
      keydir_table_free(table);
    } else {
      link = &table->retired;
    }
  }
}

static uint64_t buckets_for(uint64_t entries) {
  uint64_t buckets = entries + entries / 5 * 2;
  return buckets < BUCKETS_MIN ? BUCKETS_MIN : buckets;
}

int keydir_init(struct keydir *keydir, uint64_t expected, struct epochs *epochs) {
  struct keydir_table *table = keydir_table_new(buckets_for(expected));
  if (!table) return -ENOMEM;
  *keydir = (struct keydir){.epochs = epochs};
  atomic_init(&keydir->table, table);
  return 0;
}

void keydir_free(struct keydir *keydir) {
  free_retired(keydir, true);
  keydir_table_free(atomic_load(&keydir->table));
  atomic_store(&keydir->table, NULL);
}

static uint64_t home_of(const struct keydir_table *table, uint64_t tag) { return tag * table->buckets >> 32; }

// `at`: its home, or any bucket after that with none empty between.
static void table_insert(struct keydir_table *table, uint64_t at, uint64_t entry) {
  while (atomic_load_explicit(&table->entries[at], memory_order_relaxed) != 0)
    if (++at == table->buckets) at = 0;
  atomic_store_explicit(&table->entries[at], entry, memory_order_release);
}

// Takes the entries in use out of `count` buckets. Without a branch: which of them are empty cannot be guessed.
static size_t entries_in_use(const _Atomic uint64_t *buckets, size_t count, uint64_t *entries) {
  size_t used = 0;
  for (size_t i = 0; i < count; i++) {
    entries[used] = atomic_load_explicit(&buckets[i], memory_order_relaxed);
    used += (entries[used] & KEYDIR_SLOT_FIELD) - 1 < KEYDIR_REMOVED - 1;  // neither 0 nor the mark of a removed one
  }
  return used;
}

static void move_entries(const struct keydir_table *from, struct keydir_table *to) {
  uint64_t entries[MOVED_AT_ONCE];
  for (uint64_t first = 0; first < from->buckets; first += MOVED_AT_ONCE) {
    uint64_t left = from->buckets - first;
    size_t used = entries_in_use(from->entries + first, left < MOVED_AT_ONCE ? left : MOVED_AT_ONCE, entries);
    for (size_t i = 0; i < used; i++) table_insert(to, home_of(to, entries[i] >> 32), entries[i]);
  }
}

static int rebuild(struct keydir *keydir, uint64_t buckets) {
  struct keydir_table *old = atomic_load_explicit(&keydir->table, memory_order_relaxed);
  struct keydir_table *table = keydir_table_new(buckets);
  if (!table) return -ENOMEM;
  move_entries(old, table);
  atomic_store(&keydir->table, table);
  keydir->used = keydir->live;
  old->stamp = epoch_retire(keydir->epochs);
  old->retired = keydir->retired;
  keydir->retired = old;
  free_retired(keydir, false);
  return 0;
}

int keydir_reserve(struct keydir *keydir, uint64_t more) {
  uint64_t buckets = atomic_load_explicit(&keydir->table, memory_order_relaxed)->buckets;
  if (keydir->retired) free_retired(keydir, false);
  if (keydir->used + more <= limit_of(buckets)) return 0;
  // Mostly marks of removed entries: the same size is enough once they are gone.
  uint64_t wanted = keydir->live + more > buckets / 5 * 3 ? buckets / 5 * 8 : buckets;
  while (keydir->live + more > limit_of(wanted)) wanted = wanted / 5 * 8;
  return rebuild(keydir, wanted);
}

int keydir_fit(struct keydir *keydir) { return rebuild(keydir, buckets_for(keydir->live)); }

int keydir_insert(struct keydir *keydir, uint64_t hash, uint32_t slot) {
  int error = keydir_reserve(keydir, 1);
  if (error) return error;
  struct keydir_table *table = atomic_load_explicit(&keydir->table, memory_order_relaxed);
  const struct keydir_cursor home = {.table = table, .at = home_of(table, hash >> 32), .tag = (uint32_t)(hash >> 32)};
  keydir_insert_at(keydir, &home, slot);
  return 0;
}

void keydir_insert_at(struct keydir *keydir, const struct keydir_cursor *cursor, uint32_t slot) {
  struct keydir_table *table = atomic_load_explicit(&keydir->table, memory_order_relaxed);
  // No entry ever becomes empty again: what the look-up passed is still full, and what it ended at may be by now.
  uint64_t at = cursor->table == table ? cursor->at : home_of(table, cursor->tag);
  table_insert(table, at, entry_make(cursor->tag, slot));
  keydir->live++;
  keydir->used++;
}

static _Atomic uint64_t *entry_of(struct keydir *keydir, uint64_t hash, uint32_t slot) {
  struct keydir_cursor cursor;
  uint32_t found = keydir_first(keydir, hash, &cursor);
  while (found != slot && found != SLOT_NONE) found = keydir_next(&cursor);
  if (found == SLOT_NONE) return NULL;
  return &cursor.table->entries[cursor.at == 0 ? cursor.table->buckets - 1 : cursor.at - 1];
}

int keydir_replace(struct keydir *keydir, uint64_t hash, uint32_t old_slot, uint32_t new_slot) {
  _Atomic uint64_t *entry = entry_of(keydir, hash, old_slot);
  if (!entry) return -EBADMSG;
  atomic_store_explicit(entry, entry_make((uint32_t)(hash >> 32), new_slot), memory_order_release);
  return 0;
}

int keydir_remove(struct keydir *keydir, uint64_t hash, uint32_t slot) {
  _Atomic uint64_t *entry = entry_of(keydir, hash, slot);
  if (!entry) return -EBADMSG;
  atomic_store_explicit(entry, (hash >> 32) << 32 | KEYDIR_REMOVED, memory_order_release);
  keydir->live--;
  return 0;
}

uint64_t keydir_bytes(const struct keydir *keydir) {
  uint64_t bytes = atomic_load(&keydir->table)->bytes;
  for (const struct keydir_table *table = keydir->retired; table; table = table->retired) bytes += table->bytes;
  return bytes;
}

int keydir_adopt(struct keydir *keydir, struct keydir_table *table, uint64_t slots) {
  uint64_t live = 0, used = 0;
  if (table->buckets < BUCKETS_MIN) return -EBADMSG;
  for (uint64_t i = 0; i < table->buckets; i++) {
    uint64_t entry = atomic_load_explicit(&table->entries[i], memory_order_relaxed);
    uint64_t field = entry & KEYDIR_SLOT_FIELD;
    if (!entry) continue;
    used++;
    if (field == KEYDIR_REMOVED) continue;
    if (field == 0 || field > slots) return -EBADMSG;
    live++;
  }
  if (used > limit_of(table->buckets)) return -EBADMSG;
  keydir_table_free(atomic_load(&keydir->table));
  atomic_store(&keydir->table, table);
  keydir->live = live;
  keydir->used = used;
  return 0;
}
