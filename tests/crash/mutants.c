// SPDX-License-Identifier: MIT
// Mutants of the store: wrappers around the functions that keep its rules. Those that concern calls of the kernel are
// in the seam.
#include "tests/crash/mutants.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engines/slots/internal.h"
#include "tests/crash/memory.h"
#include "tests/crash/seam.h"

int __real_retire_slot(struct store *store, uint32_t slot, uint64_t ordinal);
int __real_write_slots(struct session *session, const uint32_t *slots, const struct record *records, size_t count,
                       unsigned flags);
int __real_write_wait(struct session *session);
void __real_syncing_fail(struct store *store, int error);
int __real_header_write(struct store *store, bool clean);
int __real_snapshot_load(struct store *store);
int __real_recover(struct store *store, bool after_crash, struct error *error);
enum record_state __real_record_decode(const unsigned char *bytes, uint32_t record_size, uint64_t seed,
                                       struct record *record);
int __wrap_retire_slot(struct store *store, uint32_t slot, uint64_t ordinal);
int __wrap_write_slots(struct session *session, const uint32_t *slots, const struct record *records, size_t count,
                       unsigned flags);
int __wrap_write_wait(struct session *session);
void __wrap_syncing_fail(struct store *store, int error);
int __wrap_header_write(struct store *store, bool clean);
int __wrap_snapshot_load(struct store *store);
int __wrap_recover(struct store *store, bool after_crash, struct error *error);
enum record_state __wrap_record_decode(const unsigned char *bytes, uint32_t record_size, uint64_t seed,
                                       struct record *record);

const char *mutant_name(enum mutant mutant) {
  static const char *const names[MUTANTS] = {
      [MUTANT_NONE] = "none",
      [MUTANT_REUSE_AT_ONCE] = "reuse-at-once",
      [MUTANT_TOMBSTONES_EARLY] = "tombstones-early",
      [MUTANT_SKIP_CHECKSUM] = "skip-checksum",
      [MUTANT_SERVE_BEFORE_SYNC] = "serve-before-sync",
      [MUTANT_RECOVER_FROM_CACHE] = "recover-from-cache",
      [MUTANT_CLEAN_LATE] = "clean-late",
      [MUTANT_HEADER_IN_PLACE] = "header-in-place",
      [MUTANT_HEADER_UNSETTLED] = "header-unsettled",
      [MUTANT_SNAPSHOT_UNTIED] = "snapshot-untied",
      [MUTANT_SYNC_IS_NOTHING] = "sync-is-nothing",
      [MUTANT_MSYNC_TOO_SMALL] = "msync-too-small",
      [MUTANT_FSYNC_UNLINKED] = "fsync-unlinked",
      [MUTANT_FOLDER_NOT_SYNCED] = "folder-not-synced",
      [MUTANT_FAILURE_FORGOTTEN] = "failure-forgotten",
      [MUTANT_FLUSH_IS_NOTHING] = "flush-is-nothing",
      [MUTANT_PARTS_NOT_AWAITED] = "parts-not-awaited",
      [MUTANT_EMPTY_PART_LAST] = "empty-part-last",
  };
  return names[mutant];
}

// The wrapped functions have no argument that could carry it.
static enum mutant in_force;

void mutant_set(enum mutant mutant) { in_force = mutant; }

bool mutant_is(enum mutant mutant) { return in_force == mutant; }

// Mutants that break what a store does while it runs are so under the seam only: the stores that look at images are as
// sound as can be.
static bool breaks(enum mutant mutant) { return seam_now() && mutant_is(mutant); }

int __wrap_retire_slot(struct store *store, uint32_t slot, uint64_t ordinal) {
  if (!breaks(MUTANT_REUSE_AT_ONCE)) return __real_retire_slot(store, slot, ordinal);
  bitmap_clear(&store->live, slot);
  bitmap_clear(&store->tombs, slot);
  release_slot(store, slot);
  return 0;
}

int __wrap_write_slots(struct session *session, const uint32_t *slots, const struct record *records, size_t count,
                       unsigned flags) {
  if (!records && breaks(MUTANT_TOMBSTONES_EARLY)) return 0;
  if (session->write_in_flight && breaks(MUTANT_PARTS_NOT_AWAITED)) return write_ahead(session, slots, records, count);
  int error = __real_write_slots(session, slots, records, count, flags);
  struct seam *seam = seam_now();
  if (error || !seam || !seam->header_is_due) return error;
  seam->header_is_due = false;
  return __real_header_write(session->store, false);
}

// By a commit, at its end; a write of its last part has waited for all before it.
int __wrap_write_wait(struct session *session) {
  bool waits = !breaks(MUTANT_PARTS_NOT_AWAITED) && !breaks(MUTANT_EMPTY_PART_LAST);
  return waits ? __real_write_wait(session) : 0;
}

void __wrap_syncing_fail(struct store *store, int error) {
  if (!breaks(MUTANT_FAILURE_FORGOTTEN)) __real_syncing_fail(store, error);
}

int __wrap_header_write(struct store *store, bool clean) {
  if (breaks(MUTANT_CLEAN_LATE) && !clean && store->header.clean) {
    seam_now()->header_is_due = true;
    store->header.clean = false;
    return 0;
  }
  if (breaks(MUTANT_HEADER_UNSETTLED)) store->header_settled = true;
  if (breaks(MUTANT_HEADER_IN_PLACE)) store->header_copy = 1 - store->header_copy;
  return __real_header_write(store, clean);
}

// Takes the generation that the snapshot names for the store's own.
int __wrap_snapshot_load(struct store *store) {
  if (!mutant_is(MUTANT_SNAPSHOT_UNTIED)) return __real_snapshot_load(store);
  enum { GENERATION_AT = 16 };
  char path[PATH_ROOM];
  uint64_t own = store->header.generation;
  snprintf(path, sizeof path, "%s.index", store->path);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd >= 0 && pread(fd, &store->header.generation, sizeof own, GENERATION_AT) != sizeof own)
    store->header.generation = own;
  if (fd >= 0) close(fd);
  int error = __real_snapshot_load(store);
  store->header.generation = own;
  return error;
}

int __wrap_recover(struct store *store, bool after_crash, struct error *error) {
  struct seam *seam = seam_now();
  if (seam) seam->recovering = true;
  int code = __real_recover(store, after_crash, error);
  if (seam) seam->recovering = false;
  return code;
}

enum record_state __wrap_record_decode(const unsigned char *bytes, uint32_t record_size, uint64_t seed,
                                       struct record *record) {
  enum record_state state = __real_record_decode(bytes, record_size, seed, record);
  if (state != RECORD_STATE_CORRUPT || !mutant_is(MUTANT_SKIP_CHECKSUM)) return state;
  record_view(bytes, record_size, record);
  bool fits = (record->valid == RECORD_PUT || record->valid == RECORD_DELETED) && record->key_length >= 1 &&
              record->key_length <= KEY_LENGTH_MAX && record->value_length <= record_size - RECORD_OVERHEAD;
  return fits ? RECORD_STATE_VALID : RECORD_STATE_CORRUPT;
}
