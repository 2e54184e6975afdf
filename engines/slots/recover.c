// SPDX-License-Identifier: MIT
// Rebuilding the index from the records. After a crash the page cache may hold what the disk does not, and after a
// failed sync it holds clean pages that never reached the disk; so first everything is synced, the pages are dropped,
// and the drop is proven, or the records are read around the cache. Never through a map. What fails its checksum is
// zeroed, and all is synced before the first answer.
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "engines/slots/ahead.h"
#include "engines/slots/file.h"
#include "engines/slots/internal.h"
#include "engines/slots/late.h"

// Added to the highest sequence found: larger than the number of writes that a crash can have taken back, so that no
// sequence is ever used twice.
#define SEQUENCE_GAP ((uint64_t)1 << 32)

enum { GROUP = 64 };

struct recovery {
  struct store *store;
  int fd;  // buffered after a proven drop, or O_DIRECT
  bool zero_corrupt;
  unsigned char *other;  // one more record, with room for whole blocks around it
};

struct found {
  struct record record;
  uint64_t hash;
  uint32_t slot;
};

static bool in_memory_file_system(int fd) {
  struct statfs status;
  return fstatfs(fd, &status) == 0 && (status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC);
}

static int open_proven(struct store *store, int *fd, struct error *error) {
  uint64_t size;
  int code = late_wait(store->fd);
  if (code)
    return error_set(error, code, "is still being written by requests of a process that is gone (%s); try again later",
                     strerror(-code));
  code = file_fsync(store->fd);
  if (code && !(store->read_only && (code == -EROFS || code == -EINVAL)))
    return error_set(error, code, "recovery cannot sync the file: %s", strerror(-code));
  code = file_size(store->fd, &size);
  if (code) return error_set(error, code, "cannot read the size: %s", strerror(-code));
  *fd = store->fd;
  // There the page cache is the file.
  if (in_memory_file_system(store->fd) || file_drop_cache(store->fd, size) == 0) return 0;
  int direct = file_reopen(store->fd, O_RDONLY | O_DIRECT | O_CLOEXEC);
  if (direct < 0)
    return error_set(error, -EBUSY,
                     "was not closed cleanly, and recovery can neither drop its cached pages nor read around them; "
                     "close other programs that map the file");
  *fd = direct;
  return 0;
}

// The record in a slot, through the same descriptor as the scan.
static int reread(struct recovery *recovery, uint32_t slot, struct record *record) {
  uint32_t record_size = recovery->store->record_size;
  uint64_t offset = slot_offset(record_size, slot), start = offset / FILE_ALIGNMENT * FILE_ALIGNMENT;
  size_t length = record_size < FILE_ALIGNMENT ? FILE_ALIGNMENT : record_size;
  int error = file_read(recovery->fd, recovery->other, length, start, 0);
  if (!error) record_view(recovery->other + (offset - start), record_size, record);
  return error;
}

static void mark(struct store *store, const struct found *found) {
  bitmap_set(&store->used, found->slot);
  bitmap_set(found->record.valid == RECORD_PUT ? &store->live : &store->tombs, found->slot);
}

static void unmark(struct store *store, uint32_t slot) {
  bitmap_clear(&store->used, slot);
  bitmap_clear(&store->live, slot);
  bitmap_clear(&store->tombs, slot);
  bitmap_set(&store->stale, slot);
}

// The highest sequence of a key wins.
static int enter(struct recovery *recovery, const struct found *found) {
  struct store *store = recovery->store;
  struct keydir_cursor cursor;
  if (found->record.sequence > store->sequence) store->sequence = found->record.sequence;
  for (uint32_t slot = keydir_first(&store->keydir, found->hash, &cursor); slot != SLOT_NONE;
       slot = keydir_next(&cursor)) {
    struct record other;
    int error = reread(recovery, slot, &other);
    if (error) return error;
    if (other.key_length != found->record.key_length || memcmp(other.key, found->record.key, other.key_length) != 0)
      continue;
    if (other.sequence > found->record.sequence) {
      bitmap_set(&store->stale, found->slot);
      return 0;
    }
    error = keydir_replace(&store->keydir, found->hash, slot, found->slot);
    if (error) return error;
    unmark(store, slot);
    mark(store, found);
    return 0;
  }
  mark(store, found);
  return keydir_insert(&store->keydir, found->hash, found->slot);
}

// Zeroed after a crash; after a clean close it is evidence of a broken disk, kept for `check` and never reused.
static int drop_corrupt(struct recovery *recovery, unsigned char *bytes, uint32_t slot) {
  struct store *store = recovery->store;
  store->corrupt++;
  if (!recovery->zero_corrupt) {
    bitmap_set(&store->used, slot);
    return 0;
  }
  memset(bytes, 0, store->record_size);
  return file_write(store->fd, bytes, store->record_size, slot_offset(store->record_size, slot), 0);
}

static int enter_group(struct recovery *recovery, const struct found *group, size_t count) {
  int error = 0;
  for (size_t i = 0; i < count && !error; i++) error = enter(recovery, &group[i]);
  return error;
}

static int take_chunk(struct recovery *recovery, const struct ahead_chunk *chunk) {
  struct store *store = recovery->store;
  struct found group[GROUP];
  size_t grouped = 0;
  int error = 0;
  for (uint64_t i = 0; i < chunk->count && !error; i++) {
    unsigned char *bytes = chunk->bytes + i * store->record_size;
    struct found *found = &group[grouped];
    found->slot = (uint32_t)(chunk->first + i);
    enum record_state state =
        record_decode(bytes, store->record_size, record_seed(store->header.store_id, found->slot), &found->record);
    if (state == RECORD_STATE_EMPTY) continue;
    store->next_free = chunk->first + i + 1;
    if (state == RECORD_STATE_CORRUPT) {
      error = drop_corrupt(recovery, bytes, found->slot);
      continue;
    }
    found->hash = keydir_hash(found->record.key, found->record.key_length);
    keydir_prefetch(&store->keydir, found->hash);
    if (++grouped < GROUP) continue;
    error = enter_group(recovery, group, grouped);
    grouped = 0;
  }
  return error ? error : enter_group(recovery, group, grouped);
}

// Whole chunks that lie in a hole are empty slots, and a hole may be larger than all memory and time.
uint64_t slots_before_data(int fd, uint64_t first, uint64_t slots, uint64_t chunk, uint32_t record_size) {
  uint64_t offset = slot_offset(record_size, first);
  uint64_t data = file_next_data(fd, offset, slot_offset(record_size, slots));
  return (data - offset) / record_size / chunk * chunk;
}

static int scan_records(struct recovery *recovery) {
  struct store *store = recovery->store;
  struct ahead *ahead = NULL;
  struct ahead_chunk chunk;
  int error = ahead_start(&ahead, recovery->fd, store->slots, store->record_size);
  while (!error) {
    error = ahead_next(ahead, &chunk);
    if (error || chunk.count == 0) break;
    error = take_chunk(recovery, &chunk);
  }
  ahead_stop(ahead);
  return error;
}

int recover(struct store *store, bool after_crash, struct error *error) {
  struct recovery recovery = {.store = store, .fd = store->fd, .zero_corrupt = after_crash && !store->read_only};
  void *other = NULL;
  int code = after_crash ? open_proven(store, &recovery.fd, error) : 0;
  if (code) return code;
  if (posix_memalign(&other, FILE_ALIGNMENT, RECORD_SIZE_MAX)) {
    code = error_set(error, -ENOMEM, "no memory for recovery");
    goto out;
  }
  recovery.other = other;
  store->next_free = 0;
  store->sequence = 0;
  code = scan_records(&recovery);
  // Its sync is of what was zeroed, too.
  if (!code && recovery.zero_corrupt) code = header_settle(store);
  if (code) error_set(error, code, "recovery failed: %s", strerror(-code));
  store->records = store->live.set;
  store->sequence += SEQUENCE_GAP;
  store->recovered = after_crash;
out:
  free(other);
  if (recovery.fd != store->fd) close(recovery.fd);
  return code;
}
