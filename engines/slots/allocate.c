// SPDX-License-Identifier: MIT
// Which slot a record goes to. Updates never overwrite: the record that supersedes another goes to a free slot, and the
// old slot is free again when the new record is durable and no reader can still be looking at the old one. A deleted
// key's tombstone is dropped only after every free slot that may hold an older copy of the key was zeroed durably.
#include <errno.h>

#include "engines/slots/internal.h"

#define GROW_LIMIT ((uint64_t)1 << 30)

enum { FREE_SHARE = 16 };  // one slot in so many is left free where there are some that were never used

uint64_t slots_in(uint64_t file_bytes, uint32_t record_size) {
  return file_bytes < RECORDS_OFFSET ? 0 : (file_bytes - RECORDS_OFFSET) / record_size;
}

uint64_t slots_of_file(uint64_t file_bytes, uint32_t record_size) {
  return slots_in(file_bytes / FILE_ALIGNMENT * FILE_ALIGNMENT, record_size);
}

uint64_t file_bytes_for(uint64_t slots, uint32_t record_size) {
  uint64_t bytes = slot_offset(record_size, slots);
  return (bytes + FILE_ALIGNMENT - 1) / FILE_ALIGNMENT * FILE_ALIGNMENT;
}

int set_capacity(struct store *store, uint64_t slots) {
  struct bitmap *maps[] = {&store->used, &store->live, &store->tombs, &store->stale};
  for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
    int error = bitmap_resize(maps[i], slots);
    if (error) return error;  // those already resized only have room to spare
  }
  store->slots = slots;
  return 0;
}

void release_slot(struct store *store, uint32_t slot) {
  // With few free slots the search would walk far for each: begin at the one just freed.
  if (store->used.set >= store->next_free) store->cursor = slot;
  bitmap_clear(&store->used, slot);
  bitmap_set(&store->stale, slot);
}

int retire_slot(struct store *store, uint32_t slot, uint64_t ordinal) {
  bitmap_clear(&store->live, slot);
  bitmap_clear(&store->tombs, slot);
  struct pending_slot pending = {.slot = slot, .ordinal = ordinal, .stamp = epoch_retire(&store->epochs)};
  return pending_push(&store->pending, pending);
}

void reclaim_slots(struct store *store) {
  struct pending *pending = &store->pending;
  if (!pending->count) return;
  uint64_t durable = promises_nothing(store) ? UINT64_MAX : atomic_load(&store->syncing.durable);
  while (pending->count) {
    const struct pending_slot *first = &pending->ring[pending->head];
    // Both grow along the ring: what holds back the first holds back all.
    if (first->ordinal > durable || !epoch_passed(&store->epochs, first->stamp)) return;
    release_slot(store, first->slot);
    pending->head = (pending->head + 1) & (pending->capacity - 1);
    pending->count--;
  }
}

// Whether the next slot is to be one that was never used. Writes that are synced together are to lie together, since
// each page apart is a device write of its own, and then they do. So they nearly do among free slots taken in the order
// of the file, if there are enough of them: where the search goes on, more slots are free than elsewhere, as they have
// had the longest time to become so.
static bool wants_fresh(const struct store *store) {
  uint64_t free = store->next_free - store->used.set;
  return store->next_free < store->slots && (free == 0 || free < store->next_free / FREE_SHARE);
}

static bool take_free(struct store *store, uint32_t *slot) {
  if (store->used.set >= store->next_free || wants_fresh(store)) return false;
  uint64_t found = bitmap_next_zero(&store->used, store->cursor, store->next_free);
  if (found == UINT64_MAX) found = bitmap_next_zero(&store->used, 0, store->next_free);
  if (found == UINT64_MAX) return false;
  *slot = (uint32_t)found;
  store->cursor = found + 1;
  return true;
}

static uint64_t grown_bytes(const struct store *store) {
  uint64_t bytes = file_bytes_for(store->slots, store->record_size);
  uint64_t step = store->grow_step ? store->grow_step : (bytes < GROW_LIMIT ? bytes : GROW_LIMIT);
  if (step < store->record_size) step = store->record_size;
  return (bytes + step + FILE_ALIGNMENT - 1) / FILE_ALIGNMENT * FILE_ALIGNMENT;
}

static int grow(struct store *store) {
  uint64_t old_bytes = file_bytes_for(store->slots, store->record_size);
  uint64_t slots = slots_in(grown_bytes(store), store->record_size), old_slots = store->slots;
  uint64_t new_bytes = file_bytes_for(slots, store->record_size);
  if (slots > SLOTS_MAX) return -EFBIG;
  int error = set_capacity(store, slots);
  if (!error) error = resize_file(store, old_bytes, new_bytes);
  // It tells of the new size, which is a hint; that alone is not worth a sync of all that was loaded.
  if (!error && !promises_nothing(store)) error = header_write(store, false);
  if (error) {
    store->slots = old_slots;
    return error;
  }
  store->growths++;
  return 0;
}

// Tombstones fill the store when keys come and go: clear them before they make it grow.
static bool purge_is_due(const struct store *store) {
  return store->tombs.set > 64 && store->tombs.set > store->slots / 8;
}

int make_room(struct session *session, size_t count) {
  struct store *store = session->store;
  reclaim_slots(store);
  if (store->slots - store->used.set >= count || !purge_is_due(store)) return 0;
  return purge_tombstones(store, session);
}

int allocate_slot(struct store *store, uint32_t *slot) {
  reclaim_slots(store);
  bool found = take_free(store, slot);
  if (!found && store->next_free == store->slots) {
    int error = grow(store);
    if (error) return error;
  }
  if (!found) *slot = (uint32_t)store->next_free++;
  bitmap_set(&store->used, *slot);
  bitmap_clear(&store->stale, *slot);
  return 0;
}

// Takes tombstones out of the index. Their keys are in the records.
static int drop_tombstones(struct session *session, const struct gathered *group, void *user) {
  struct store *store = session->store;
  int error = 0;
  (void)user;
  for (size_t i = 0; i < group->count && !error; i++) {
    uint32_t slot = group->slots[i];
    struct record record;
    uint64_t seed = record_seed(store->header.store_id, slot);
    if (record_decode(group->bytes[i], store->record_size, seed, &record) != RECORD_STATE_VALID) return -EBADMSG;
    error = keydir_remove(&store->keydir, keydir_hash(record.key, record.key_length), slot);
    if (!error) error = retire_slot(store, slot, 0);
  }
  return error;
}

static int zero_stale(struct store *store, struct session *session) {
  uint32_t slots[COMMIT_MAX];
  uint64_t slot = 0;
  while (slot != UINT64_MAX) {
    size_t count = 0;
    while (count < COMMIT_MAX && (slot = bitmap_next_one(&store->stale, slot)) != UINT64_MAX) {
      bitmap_clear(&store->stale, slot);
      slots[count++] = (uint32_t)slot++;
    }
    int error = count ? write_slots(session, slots, NULL, count, 0) : 0;
    if (error) return error;
  }
  return 0;
}

// Slots that readers still look at cannot be zeroed, and then no tombstone may go: the caller grows the store instead.
int purge_tombstones(struct store *store, struct session *session) {
  if (session->in_flight) return 0;  // its window's buffers are in use
  int error = sync_with_writer_lock(store, session->io);
  if (error) return error;
  reclaim_slots(store);
  if (store->pending.count) return 0;
  error = zero_stale(store, session);
  if (!error) error = sync_with_writer_lock(store, session->io);
  if (!error) error = gather_records(session, &store->tombs, 0, drop_tombstones, NULL);
  if (error) syncing_fail(store, error);
  reclaim_slots(store);
  return error;
}
