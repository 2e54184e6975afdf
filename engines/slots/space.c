// SPDX-License-Identifier: MIT
// The size of the file: allocated before anything maps or writes it, so that a full disk is an error and never a
// SIGBUS.
#include <errno.h>
#include <sys/stat.h>

#include "engines/slots/file.h"
#include "engines/slots/internal.h"

enum { COMPRESSED_TO = 64 };  // of a file's bytes, one in so many at least takes space on the disk

uint64_t backed_slots(int fd, uint64_t slots, uint32_t record_size) {
  struct stat status;
  if (fstat(fd, &status)) return slots;
  uint64_t backed = ((uint64_t)status.st_blocks * 512 / record_size + 1) * COMPRESSED_TO;
  return backed < slots ? backed : slots;
}

static int follow(struct store *store, uint64_t old_bytes, uint64_t new_bytes) {
  return store->io->resize ? store->io->resize(store->file, old_bytes, new_bytes) : 0;
}

int expect_whole(struct store *store, uint64_t least, uint64_t *bytes) {
  int error = file_size(store->fd, bytes);
  if (error || *bytes >= least) return error;
  syncing_fail(store, -EIO);
  return -EIO;
}

// Blocks first, then the map; when shrinking, the map first.
static int change(struct store *store, uint64_t old_bytes, uint64_t new_bytes) {
  if (new_bytes < old_bytes) {
    int error = follow(store, old_bytes, new_bytes);
    return error ? error : file_truncate(store->fd, new_bytes);
  }
  // What a crash, or somebody else, left behind the last slot is no record.
  uint64_t bytes;
  int error = expect_whole(store, old_bytes, &bytes);
  if (!error && bytes > old_bytes) error = file_truncate(store->fd, old_bytes);
  if (!error) error = file_extend(store->fd, old_bytes, new_bytes);
  if (error == -EIO) syncing_fail(store, error);  // where zeros are written for want of fallocate, a write has failed
  if (error) return error;
  // Records there are durable only in a file that is durably as long.
  error = promises_nothing(store) ? 0 : file_fsync(store->fd);
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
