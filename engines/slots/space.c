// SPDX-License-Identifier: MIT
// The size of the file: allocated before anything maps or writes it, so that a full disk is an error and never a
// SIGBUS.
#include <errno.h>

#include "engines/slots/file.h"
#include "engines/slots/internal.h"

static int follow(struct store *store, uint64_t old_bytes, uint64_t new_bytes) {
  return store->io->resize ? store->io->resize(store->file, old_bytes, new_bytes) : 0;
}

// Blocks first, then the map; when shrinking, the map first.
static int change(struct store *store, uint64_t old_bytes, uint64_t new_bytes) {
  if (new_bytes < old_bytes) {
    int error = follow(store, old_bytes, new_bytes);
    return error ? error : file_truncate(store->fd, new_bytes);
  }
  int error = file_extend(store->fd, old_bytes, new_bytes);
  if (error) return error;
  error = file_fsync(store->fd);
  if (error) {
    syncing_fail(store, error);  // it was to make records durable as well
    return error;
  }
  error = follow(store, old_bytes, new_bytes);
  if (error) {
    // The first failure is the one to report; if giving the space back fails too, the file is longer, not wrong.
    int undo = file_truncate(store->fd, old_bytes);
    (void)undo;
  }
  return error;
}

int resize_file(struct store *store, uint64_t old_bytes, uint64_t new_bytes) {
  bool moves = store->io->resize_moves && store->io->resize_moves(store->file, old_bytes, new_bytes);
  if (!moves) return change(store, old_bytes, new_bytes);
  // Readers and syncs use the window that is about to move: wait until all are outside, and keep new ones there.
  syncing_acquire(store);
  epochs_close_gate(&store->epochs);
  int error = change(store, old_bytes, new_bytes);
  epochs_open_gate(&store->epochs);
  syncing_release(store);
  return error;
}
