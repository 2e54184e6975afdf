// SPDX-License-Identifier: MIT
// Closing a store, cleanly if it may be called clean.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engines/slots/file.h"
#include "engines/slots/internal.h"
#include "engines/slots/store.h"

void free_bitmaps(struct store *store) {
  bitmap_free(&store->used);
  bitmap_free(&store->live);
  bitmap_free(&store->tombs);
  bitmap_free(&store->stale);
}

void store_free(struct store *store) {
  timer_stop(&store->timer);
  forks_remove(&store->forks);
  if (store->file) store->io->close(store->file);
  if (atomic_load(&store->keydir.table)) keydir_free(&store->keydir);
  free_bitmaps(store);
  if (store->fd >= 0) close(store->fd);
  // Last: whoever waits for the lock finds everything closed.
  if (store->lock_fd >= 0 && !atomic_load(&store->abandoned)) unlock_store_file(store->lock_fd);
  epochs_destroy(&store->epochs);
  group_destroy(&store->group);
  syncing_destroy(&store->syncing);
  pthread_rwlock_destroy(&store->linear_lock);
  pthread_mutex_destroy(&store->writer);
  free(store->pending.ring);
  free(store->block);
  free(store->path);
  free(store);
}

// The order is the promise: records, then the snapshot, then the header that calls both current. The snapshot goes by
// its name, which is not ours to write when another file has taken the store's; and a header that calls itself clean
// without one could meet a copy's snapshot of the same number. So then the records are synced, and recovered next time.
static int close_cleanly(struct store *store, bool in_place) {
  uint64_t bytes;
  int error = sync_until(store, NULL, store->written);
  if (!error && store->io->flush) error = store->io->flush(store->file);
  if (!error) error = file_fsync(store->fd);
  if (!error) error = expect_whole(store, file_bytes_for(store->slots, store->record_size), &bytes);
  if (error || !in_place) return error;
  error = snapshot_write(store, store->header.generation + 1);
  return error ? error : header_write(store, true);
}

static int close_written(struct store *store, struct error *error) {
  bool in_place = file_is_at(store->fd, store->path);
  store->index_rebuilt = false;  // the clean close writes the snapshot anyway
  int code = atomic_load(&store->syncing.failed);
  if (!code) code = close_cleanly(store, in_place);
  if (code)
    return error_set(error, code, "not closed cleanly: %s; the next open recovers what was durable", strerror(-code));
  if (in_place) return 0;
  return error_set(error, -ESTALE,
                   "was moved, removed or replaced while it was open; what was written is in the file that was opened, "
                   "which the next open of it recovers");
}

// A file that nothing was written to since it was closed cleanly, and whose index was of no use.
static int save_index(struct store *store, struct error *error) {
  int code = snapshot_write(store, store->header.generation);
  return code ? error_set(error, code, "its index cannot be written: %s; no record is lost", strerror(-code)) : 0;
}

// The file stays as a kill would leave it. Writes that failed are known, or are found out by handing on what is held.
static int close_disposable(struct store *store, struct error *error) {
  int code = atomic_load(&store->syncing.failed);
  if (!code && store->io->flush) code = store->io->flush(store->file);
  return code ? error_set(error, code, "a write or sync failed: %s", strerror(-code)) : 0;
}

static int close_lasting(struct store *store, struct error *error) {
  int code = 0;
  if (!store->header.clean) code = close_written(store, error);
  if (store->header.clean && store->index_rebuilt && !store->corrupt && file_is_at(store->fd, store->path))
    code = save_index(store, error);
  return code;
}

int slot_store_close(struct store *store, struct error *error) {
  // Its threads, locks and buffers are copies from the middle of anything: they go with the process.
  if (store->foreign) return refuse_foreign(error);
  timer_stop(&store->timer);
  int code = 0;
  if (!store->read_only) code = store->disposable ? close_disposable(store, error) : close_lasting(store, error);
  store_free(store);
  return code;
}
