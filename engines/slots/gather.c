// SPDX-License-Identifier: MIT
// Records named by a bitmap, read many at a time: what moves or drops records in bulk meets neighbours, and one call
// for each would cost a device access apiece with direct I/O. By the io's read, which survives a file that someone cut.
#include "engines/slots/internal.h"

// The last slot of [first, end) that the bitmap has.
static uint64_t last_one(const struct bitmap *which, uint64_t first, uint64_t end) {
  uint64_t last = first;
  for (uint64_t slot = first; (slot = bitmap_next_one(which, slot)) < end; slot++) last = slot;
  return last;
}

// Hands out the bitmap's slots of [first, last], whose bytes are in the scan buffer from slot `base` on.
static int hand_out(struct session *session, const struct bitmap *which, uint64_t base, uint64_t first, uint64_t last,
                    gathered_fn fn, void *user) {
  uint32_t record_size = session->store->record_size;
  struct gathered group = {.count = 0};
  int error = 0;
  for (uint64_t slot = first; !error && (slot = bitmap_next_one(which, slot)) <= last; slot++) {
    group.slots[group.count] = (uint32_t)slot;
    group.bytes[group.count++] = session->scan_buffer + (slot - base) * record_size;
    if (group.count < COMMIT_MAX) continue;
    error = fn(session, &group, user);
    group.count = 0;
  }
  return error || group.count == 0 ? error : fn(session, &group, user);
}

int gather_records(struct session *session, const struct bitmap *which, uint64_t first, gathered_fn fn, void *user) {
  const struct store *store = session->store;
  uint64_t chunk = chunk_slots(store, SOME_CHUNK_BYTES), alignment = store->limits.alignment;
  uint64_t block = alignment > store->record_size ? alignment / store->record_size : 1;  // slots a read begins on
  int error = scan_buffer_need(session);
  uint64_t slot = first;
  while (!error && (slot = bitmap_next_one(which, slot)) != UINT64_MAX) {
    uint64_t base = slot / block * block;
    uint64_t last = last_one(which, slot, base + chunk);
    error = read_chunk(session, base, last - base + 1);
    if (!error) error = hand_out(session, which, base, slot, last, fn, user);
    slot = last + 1;
  }
  return error;
}
