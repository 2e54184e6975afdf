// SPDX-License-Identifier: MIT
// Giving space back: records from the end move to free slots at the front, and the file is cut behind the last one. A
// moved record is an update with its own value, so a crash in between loses nothing.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engines/slots/internal.h"
#include "engines/slots/store.h"

// Everything that waits or holds a slot without need is let go. Readers are outside.
static int clear_out(struct session *session) {
  struct store *store = session->store;
  int error = sync_with_writer_lock(store, session->io);
  if (error) return error;
  reclaim_slots(store);
  return store->tombs.set ? purge_tombstones(store, session) : 0;
}

struct move {
  uint64_t target;  // where the search for a free slot goes on
  struct record records[COMMIT_MAX];
  uint32_t to[COMMIT_MAX];
};

static int take_targets(struct store *store, const struct gathered *group, struct move *move, size_t *count) {
  for (*count = 0; *count < group->count; ++*count) {
    uint32_t from = group->slots[*count];
    struct record *record = &move->records[*count];
    uint64_t seed = record_seed(store->header.store_id, from);
    if (record_decode(group->bytes[*count], store->record_size, seed, record) != RECORD_STATE_VALID) return -EBADMSG;
    uint64_t to = bitmap_next_zero(&store->used, move->target, from);
    if (to == UINT64_MAX) return 0;
    move->target = to + 1;
    move->to[*count] = (uint32_t)to;
    record->sequence = ++store->sequence;
    bitmap_set(&store->used, to);
    bitmap_clear(&store->stale, to);
  }
  return 0;
}

static int move_group(struct session *session, const struct gathered *group, void *user) {
  struct store *store = session->store;
  struct move *move = user;
  size_t count;
  int error = take_targets(store, group, move, &count);
  if (!error && count) error = write_slots(session, move->to, move->records, count, 0);
  for (size_t i = 0; !error && i < count; i++) {
    uint64_t hash = keydir_hash(move->records[i].key, move->records[i].key_length);
    error = keydir_replace(&store->keydir, hash, group->slots[i], move->to[i]);
    if (error) break;
    bitmap_set(&store->live, move->to[i]);
    error = retire_slot(store, group->slots[i], ++store->written);
  }
  return error;
}

// The records that do not fit in the first `wanted` slots.
static int move_together(struct session *session, uint64_t wanted) {
  struct move *move = malloc(sizeof *move);
  if (!move) return -ENOMEM;
  move->target = 0;
  int error = gather_records(session, &session->store->live, wanted, move_group, move);
  free(move);
  return error;
}

static uint64_t last_used(const struct store *store) {
  uint64_t end = store->next_free;
  while (end > 0 && !bitmap_get(&store->used, end - 1)) end--;
  return end;
}

static int cut(struct store *store) {
  uint64_t end = last_used(store), old_slots = store->slots;
  uint64_t slots = slots_in(file_bytes_for(end ? end : 1, store->record_size), store->record_size);
  store->next_free = end;
  store->cursor = 0;
  store->block_offset = 0;
  if (slots >= old_slots) return 0;
  uint64_t old_bytes = file_bytes_for(old_slots, store->record_size);
  // The header tells of the new size first: a file shorter than its header says was cut by somebody else.
  int error = set_capacity(store, slots);
  if (!error) error = header_write(store, false);
  if (!error) error = resize_file(store, old_bytes, file_bytes_for(slots, store->record_size));
  return error ? error : header_write(store, false);
}

// Tombstones go before the move, so that records can take their slots. Older copies of their keys are wiped for it,
// also those that the cut takes off: until the cut is on the device a crash leaves them in the file, and such a copy
// would be back once its tombstone is gone or has been written over.
static int compact(struct session *session) {
  struct store *store = session->store;
  int error = atomic_load(&store->syncing.failed);
  if (!error && store->header.clean) error = header_write(store, false);
  if (!error) error = clear_out(session);
  if (!error) error = move_together(session, store->live.set);
  if (!error) error = clear_out(session);
  if (!error) error = cut(store);
  if (error) syncing_fail(store, error);
  return error;
}

int slot_store_compact(struct store *store, struct error *error) {
  struct session *session;
  if (store->read_only) return error_set(error, -EROFS, "is open for reading only; open it for writing to compact it");
  int code = slot_store_session_open(store, &session, error);
  if (code) return code;
  // Readers leave before the writer lock is taken, since one that is inside may need it to get out; but after the
  // linear lock, which readers take before they enter.
  if (store->linear) pthread_rwlock_wrlock(&store->linear_lock);
  epochs_close_gate(&store->epochs);
  pthread_mutex_lock(&store->writer);
  code = compact(session);
  pthread_mutex_unlock(&store->writer);
  epochs_open_gate(&store->epochs);
  if (store->linear) pthread_rwlock_unlock(&store->linear_lock);
  int closed = slot_store_session_close(session);
  if (!code) code = closed;
  return code ? error_set(error, code, "cannot compact: %s", strerror(-code)) : 0;
}
