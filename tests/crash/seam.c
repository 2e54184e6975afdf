// SPDX-License-Identifier: MIT
// Which seam is in force, and syncs as the model sees them.
#include "tests/crash/seam.h"

#include <errno.h>
#include <stddef.h>

#include "tests/crash/mutants.h"
#include "tests/crash/threads.h"

// The wrapped functions have no argument that could carry it.
static struct seam *in_force;

struct seam *seam_enter(struct seam *seam) {
  struct seam *before = in_force;
  in_force = seam;
  return before;
}

struct seam *seam_now(void) {
  return in_force && !in_force->quiet ? in_force : NULL;
}

int seam_file(struct seam *seam, int fd) { return seam ? disk_find(seam->disk, fd) : NO_FILE; }

void seam_moment(struct seam *seam, const char *call) {
  int before = errno;
  disk_observe(seam->disk);
  seam->moment(seam, call);
  threads_yield(seam->rng);
  errno = before;
}

bool seam_sync_fails(struct seam *seam) {
  if (seam->recovering || !seam->fail_sync || --seam->fail_sync) return false;
  seam->sync_failed = true;
  return true;
}

static bool covers_nothing(const struct seam *seam, int file) {
  if (mutant_is(MUTANT_SYNC_IS_NOTHING) && file != NO_FILE && disk_lookup(seam->disk, "s") != NO_FILE) return true;
  if (mutant_is(MUTANT_SERVE_BEFORE_SYNC) && seam->recovering) return true;
  return mutant_is(MUTANT_FOLDER_NOT_SYNCED) && file == NO_FILE;
}

int seam_sync(struct seam *seam, const char *call, int file, uint64_t from, uint64_t to) {
  seam_moment(seam, call);
  bool fails = seam_sync_fails(seam);
  struct sync_ticket ticket = disk_sync_begin(seam->disk, file, from, to);
  seam_moment(seam, call);  // other threads go on meanwhile
  if (fails) {
    disk_sync_fail(seam->disk, &ticket, seam->rng);
    errno = EIO;
    return -1;
  }
  if (!covers_nothing(seam, file)) disk_sync_end(seam->disk, &ticket);
  seam_moment(seam, call);
  return 0;
}
