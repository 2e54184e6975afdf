// SPDX-License-Identifier: MIT
// io_uring: requests are looked at as they go to the kernel. A write may be on the disk from then on, and counts as
// done when its completion is taken; an fsync covers what was done when it was submitted, and the write it is linked
// behind.
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <sys/uio.h>

#include "tests/crash/memory.h"
#include "tests/crash/mutants.h"
#include "tests/crash/seam.h"

int __real_io_uring_submit(struct io_uring *ring);
int __real_io_uring_submit_and_wait(struct io_uring *ring, unsigned wait);
int __real_io_uring_submit_and_get_events(struct io_uring *ring);
unsigned __real_io_uring_peek_batch_cqe(struct io_uring *ring, struct io_uring_cqe **entries, unsigned count);
int __real_io_uring_register_files(struct io_uring *ring, const int *files, unsigned count);
void __real_io_uring_queue_exit(struct io_uring *ring);
int __wrap_io_uring_submit(struct io_uring *ring);
int __wrap_io_uring_submit_and_wait(struct io_uring *ring, unsigned wait);
int __wrap_io_uring_submit_and_get_events(struct io_uring *ring);
unsigned __wrap_io_uring_peek_batch_cqe(struct io_uring *ring, struct io_uring_cqe **entries, unsigned count);
int __wrap_io_uring_register_files(struct io_uring *ring, const int *files, unsigned count);
void __wrap_io_uring_queue_exit(struct io_uring *ring);

enum { REQUESTS = 256, RINGS = 16, LATE_ONE_IN = 2 };

// A request that is in the kernel's hands.
struct request {
  const struct io_uring *ring;  // NULL: free
  uint64_t data;                // its user_data
  struct disk *disk;
  int file;
  uint64_t write;  // 0: an fsync
  bool arrived;    // the file shows it
  bool durable;    // RWF_DSYNC
  bool fails;
  struct sync_ticket ticket;
};

struct ring {
  const struct io_uring *ring;  // NULL: free
  int registered;               // file
  unsigned outstanding;         // requests submitted whose completion was not taken
  bool awaited;                 // the last call waited for some
};

// The wrapped functions have no argument that could carry it. Only the thread whose turn it is gets here.
static struct request requests[REQUESTS];
static struct ring rings[RINGS];

static struct ring *ring_of(const struct io_uring *ring) {
  struct ring *unused = NULL;
  for (int i = 0; i < RINGS; i++) {
    if (rings[i].ring == ring) return &rings[i];
    if (!rings[i].ring) unused = &rings[i];
  }
  if (!unused) give_up("too many rings");
  *unused = (struct ring){.ring = ring, .registered = -1};
  return unused;
}

int __wrap_io_uring_register_files(struct io_uring *ring, const int *files, unsigned count) {
  if (seam_now()) ring_of(ring)->registered = files[0];
  return __real_io_uring_register_files(ring, files, count);
}

// A session that closes waits for what is in flight without a look at it.
static void forget_requests(const struct io_uring *ring) {
  for (int i = 0; i < REQUESTS; i++) {
    struct request *request = &requests[i];
    if (request->ring != ring) continue;
    if (request->write) disk_write_reaped(request->disk, request->file, request->write);
    request->ring = NULL;
  }
}

void __wrap_io_uring_queue_exit(struct io_uring *ring) {
  if (seam_now()) {
    forget_requests(ring);
    ring_of(ring)->ring = NULL;
  }
  __real_io_uring_queue_exit(ring);
}

static struct request *new_request(void) {
  for (int i = 0; i < REQUESTS; i++)
    if (!requests[i].ring) return &requests[i];
  give_up("too many requests");
}

// `linked`: the write that the entry before was, if it is linked to this one. Returns that of this one.
static uint64_t note_entry(struct seam *seam, struct io_uring *ring, struct io_uring_sqe *entry, uint64_t linked) {
  bool write = entry->opcode == IORING_OP_WRITE || entry->opcode == IORING_OP_WRITE_FIXED;
  if (!write && entry->opcode != IORING_OP_FSYNC) return 0;
  int fd = entry->flags & IOSQE_FIXED_FILE ? ring_of(ring)->registered : entry->fd;
  int file = seam_file(seam, fd);
  if (file == NO_FILE) return 0;
  struct request *request = new_request();
  *request = (struct request){.ring = ring, .data = entry->user_data, .disk = seam->disk, .file = file};
  if (write) {
    request->write = disk_write_queued(seam->disk, file, (const void *)(uintptr_t)entry->addr, entry->len, entry->off);
    request->durable = entry->rw_flags & RWF_DSYNC;
    if (request->durable) request->fails = seam_sync_fails(seam);
    request->ticket = (struct sync_ticket){file, entry->off, entry->off + entry->len, 0, request->write};
  } else {
    request->fails = seam_sync_fails(seam);
    request->ticket = disk_sync_begin(seam->disk, file, 0, FILE_BYTES_MAX);
    request->ticket.linked = linked;
  }
  return request->write;
}

static void note_entries(struct seam *seam, struct io_uring *ring) {
  uint64_t before = 0;
  for (unsigned i = ring->sq.sqe_head; i != ring->sq.sqe_tail; i++) {
    struct io_uring_sqe *entry = &ring->sq.sqes[i & *ring->sq.kring_mask];
    if (mutant_is(MUTANT_FSYNC_UNLINKED)) entry->flags &= (uint8_t)~IOSQE_IO_LINK;
    uint64_t write = note_entry(seam, ring, entry, before);
    before = entry->flags & IOSQE_IO_LINK ? write : 0;
  }
}

static void note_arrived(const struct io_uring *ring) {
  for (int i = 0; i < REQUESTS; i++) {
    struct request *request = &requests[i];
    if (request->ring != ring || !request->write || request->arrived) continue;
    disk_write_arrived(request->disk, request->file);
    request->arrived = true;
  }
}

// The kernel may be as quick or slow as it likes; here everything is done when the call returns, so that a run can be
// repeated. What counts is when completions are taken: they are handed out one at a time, and late by a seeded coin
// where nobody waits for them.
static int submit_all(struct seam *seam, struct io_uring *ring, bool waits) {
  unsigned queued = io_uring_sq_ready(ring);
  ring_of(ring)->awaited = waits;
  if (!queued) return 0;
  seam_moment(seam, "io_uring_enter");
  note_entries(seam, ring);
  ring_of(ring)->outstanding += queued;
  seam_moment(seam, "io_uring_enter");
  int result = __real_io_uring_submit_and_wait(ring, ring_of(ring)->outstanding);
  if (result < 0) give_up("a ring fails");
  note_arrived(ring);
  return result;
}

int __wrap_io_uring_submit(struct io_uring *ring) {
  struct seam *seam = seam_now();
  return seam ? submit_all(seam, ring, false) : __real_io_uring_submit(ring);
}

int __wrap_io_uring_submit_and_wait(struct io_uring *ring, unsigned wait) {
  struct seam *seam = seam_now();
  return seam ? submit_all(seam, ring, true) : __real_io_uring_submit_and_wait(ring, wait);
}

int __wrap_io_uring_submit_and_get_events(struct io_uring *ring) {
  struct seam *seam = seam_now();
  return seam ? submit_all(seam, ring, false) : __real_io_uring_submit_and_get_events(ring);
}

static void fail(struct seam *seam, struct request *request, struct io_uring_cqe *entry) {
  disk_sync_fail(seam->disk, &request->ticket, seam->rng);
  entry->res = -EIO;
}

static void take(struct seam *seam, struct request *request, struct io_uring_cqe *entry) {
  request->ring = NULL;
  if (request->write) {
    disk_write_reaped(seam->disk, request->file, request->write);
    if (!request->durable) return;
    request->ticket.time = seam->disk->clock;
  }
  if (entry->res < 0) return;
  if (request->fails)
    fail(seam, request, entry);
  else if (!mutant_is(MUTANT_SYNC_IS_NOTHING))
    disk_sync_end(seam->disk, &request->ticket);
}

unsigned __wrap_io_uring_peek_batch_cqe(struct io_uring *ring, struct io_uring_cqe **entries, unsigned count) {
  struct seam *seam = seam_now();
  if (!seam) return __real_io_uring_peek_batch_cqe(ring, entries, count);
  if (!ring_of(ring)->awaited && rng_once_in(seam->rng, LATE_ONE_IN)) return 0;
  unsigned taken = __real_io_uring_peek_batch_cqe(ring, entries, 1);
  if (!taken) return 0;
  ring_of(ring)->outstanding--;
  for (int i = 0; i < REQUESTS; i++) {
    struct request *request = &requests[i];
    if (request->ring != ring || request->data != entries[0]->user_data) continue;
    seam_moment(seam, "io_uring completion");
    take(seam, request, entries[0]);
    seam_moment(seam, "io_uring completion");
    break;
  }
  return taken;
}
