// SPDX-License-Identifier: MIT
// The slot store from the inside: shared by the files of engines/slots/ only.
//
// Locks, in the order in which they are taken: `linear` (lookup=linear only), `writer`, `syncing.lock`. Readers take
// none of the last two: they enter an epoch, look the slot up, and read it. A slot that readers may still look at is
// not written (see allocate.c). `group.lock` is taken with none of these held, and none is taken with it; members wait
// in a group holding none.
#ifndef STOREBENCH_SLOTS_INTERNAL_H
#define STOREBENCH_SLOTS_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "engines/engine.h"
#include "engines/slots/bitmap.h"
#include "engines/slots/epoch.h"
#include "engines/slots/forks.h"
#include "engines/slots/format.h"
#include "engines/slots/group.h"
#include "engines/slots/guard.h"
#include "engines/slots/io.h"
#include "engines/slots/keydir.h"
#include "engines/timer.h"

enum {
  COMMIT_MAX = 1024,             // writes committed together
  WRITE_BUFFER_BYTES = 1 << 20,  // of one commit
  // Read at a time by scans: the kernel copies what lies in one folio, 2 MiB at most, by one instruction, which moves
  // more bytes a second the more there are.
  SCAN_CHUNK_BYTES = 2 << 20,
  SOME_CHUNK_BYTES = 256 << 10,  // and by what may need only some of them
};

// A slot whose record was superseded: free when the superseding record is durable and no reader can see the old one.
struct pending_slot {
  uint32_t slot;
  uint64_t ordinal;  // of the operation that superseded it
  uint64_t stamp;    // epoch of retirement
};

struct pending {
  struct pending_slot *ring;  // capacity is a power of two
  size_t capacity, head, count;
};

// Which operations are durable. An ordinal counts the writes since open; a sync covers all that were written before it
// began. Guarded by `lock`, except that `durable` and `failed` may be read without it.
struct syncing {
  pthread_mutex_t lock;
  pthread_cond_t done;
  bool busy;                 // one thread syncs, or moves the file's map, at a time
  _Atomic uint64_t durable;  // ordinal
  _Atomic int failed;        // 0, or the -errno that syncing_fail was first told: no write is taken any more
  uint64_t count;            // syncs completed
  uint64_t window_max_ns;
};

struct store {
  const struct engine *engine;
  const struct io_ops *io;
  struct io_file *file;
  struct io_limits limits;
  struct engine_options options;
  char *path;
  int fd;       // buffered: header, recovery, size
  int lock_fd;  // flock only: io_uring keeps registered files open for a while after close
  struct forks_entry forks;
  bool foreign;  // another process opened it, which this one was forked from
  bool read_only;
  bool verify, linear, prefetch, disposable;
  bool alone_by_map;  // a get alone takes the short way (read_alone)
  struct sync_policy policy;
  uint64_t grow_step, fill_write;

  struct header header;  // as last written, or about to be
  unsigned header_copy;  // which copy holds it: the other one is written next
  bool header_settled;   // that copy is known to be durable
  uint32_t record_size;
  uint32_t span;  // bytes a read of one record may take: record_size, or whole blocks for direct I/O

  struct epochs epochs;
  struct keydir keydir;
  pthread_rwlock_t linear_lock;

  pthread_mutex_t writer;          // guards what follows
  uint64_t slots;                  // capacity
  uint64_t next_free;              // slots ever used
  uint64_t records;                // live
  uint64_t sequence;               // last one given
  uint64_t written;                // ordinal of the last write
  uint64_t sync_started;           // ordinal that the latest sync covers
  uint64_t dirty_low, dirty_high;  // bytes written since the latest sync began; low >= high: none
  uint64_t dirty_since_ns;         // when the first of them was written
  struct bitmap used;              // slot holds something that is needed, or is pending
  struct bitmap live;              // slot holds the current record of its key
  struct bitmap tombs;             // slot holds the tombstone of a deleted key
  struct bitmap stale;             // slot is free but holds an old record
  uint64_t cursor;                 // where the search for a free slot goes on
  struct pending pending;
  unsigned char *block;  // direct I/O: the last block written, and where it belongs (0: none)
  uint64_t block_offset;
  uint64_t growths;
  uint64_t bytes_written;

  _Atomic bool abandoned;     // a request may still be in flight that nobody waits for
  _Atomic unsigned sessions;  // open now
  struct syncing syncing;
  struct group group;
  struct timer timer;
  uint64_t recovered, corrupt;
  bool index_rebuilt;                               // the file is clean, but its snapshot was of no use
  _Atomic uint64_t in_flight_sum, in_flight_count;  // of closed sessions
};

// Policies under which a power loss may take anything: nothing has to be durable before anything else.
static inline bool promises_nothing(const struct store *store) {
  return store->policy.kind == SYNC_NONE || store->policy.kind == SYNC_ASYNC;
}

// One get, or one search for the slot of a key that is about to be written.
struct lookup {
  struct io_request request;
  struct op *op;
  struct located *located;  // NULL: a get
  struct keydir_cursor cursor;
  uint64_t epoch;  // in which it began; UINT64_MAX when idle
  uint32_t slot;
  unsigned char *buffer;  // span bytes
  struct lookup *next;    // of those not in use
};

struct located {
  uint64_t hash;                // of the key
  struct keydir_cursor cursor;  // where the look-up ended
  uint32_t slot;                // SLOT_NONE: the key has no record
  enum record_valid valid;
  int error;  // 0 or -errno of reading the record
};

struct op_queue {    // operations, first in first out
  struct op **ring;  // capacity is a power of two
  size_t capacity, head, count;
};

struct session {
  struct store *store;
  struct io_session *io;
  struct guard_stack *guard;
  struct epoch_reader reader;
  bool inside;  // in an epoch
  uint32_t depth;
  struct lookup *lookups;  // depth of them
  struct lookup *idle;
  uint32_t in_flight;        // lookups
  uint32_t locating;         // of those, on behalf of writes
  uint32_t write_in_flight;  // write requests
  int write_error;           // first that failed
  bool lent;                 // a pointer is out: stays inside until the next call; or foreign
  bool foreign;              // another process opened it, which this one was forked from
  struct forks_entry forks;
  unsigned char *buffers;  // depth * span
  size_t buffers_bytes;
  unsigned char *write_buffer;  // with `plan` when first needed
  struct plan *plan;            // of what write.c does
  unsigned char *scan_buffer;
  struct op_queue backlog;  // reads that wait for room in the window
  struct op_queue done;     // finished, to be reaped
  struct commit *commit;
  uint64_t in_flight_sum, in_flight_count;
};

// queue.c
int op_queue_grow(struct op_queue *queue, size_t more);
// Room for `more`. 0 or -ENOMEM. Inline like the others: each get goes through here.
static inline int op_queue_reserve(struct op_queue *queue, size_t more) {
  return queue->count + more <= queue->capacity ? 0 : op_queue_grow(queue, more);
}
static inline void op_queue_push(struct op_queue *queue, struct op *op) {
  queue->ring[(queue->head + queue->count++) & (queue->capacity - 1)] = op;
}
static inline struct op *op_queue_pop(struct op_queue *queue) {
  queue->count--;
  return queue->ring[queue->head++ & (queue->capacity - 1)];
}
int pending_push(struct pending *pending, struct pending_slot slot);

// header.c: the durable header. All 0 or -errno.
int header_read(int fd, struct header *header, unsigned *copy, struct error *error);
int header_write(struct store *store, bool clean);  // a failure ends all writing
// Makes the newest copy, and a new file's name, durable if they are not known to be. The process before may have been
// killed between its write and its sync; or that sync failed, after which the kernel takes the page for clean and syncs
// nothing. So it is written again: the same bytes, which cannot tear what is there already; and if it is not, the other
// copy still is.
int header_settle(struct store *store);
// Writes the other copy anew if a crash tore it.
int header_repair(struct store *store);
int header_create(int fd, const struct header *header);

// snapshot.c: the index as of a clean close, in <path>.index.
int snapshot_write(struct store *store, uint64_t generation);
int snapshot_load(struct store *store);  // 0, -ENOENT, -ESTALE (another state of the store) or -EBADMSG

// recover.c
int recover(struct store *store, bool after_crash, struct error *error);
// How many slots from `first` on, in whole chunks, lie in a hole of the file and so are empty. At most slots - first.
uint64_t slots_before_data(int fd, uint64_t first, uint64_t slots, uint64_t chunk, uint32_t record_size);

// close.c
void free_bitmaps(struct store *store);
void store_free(struct store *store);  // with all that is open of it

// open.c and create.c
int refuse_foreign(struct error *error);                                     // -ECHILD
int lock_store_file(const char *path, bool read_only, struct error *error);  // the descriptor or -errno
void unlock_store_file(int fd);                                              // and closes it
int slot_survey(const char *path, int fd, const struct header *header, uint64_t slots, struct store **out,
                struct error *error);
void slot_survey_end(struct store *store);
// On success *lock_fd holds the new store's lock.
int create_store_file(const char *path, const struct store_config *config, int *lock_fd, struct error *error);

// allocate.c: free slots, growth. With the writer lock held.
// Before slots are looked up for a group of writes, since tombstones may leave the index: drops tombstones if the group
// would otherwise make the store grow.
int make_room(struct session *session, size_t count);
int allocate_slot(struct store *store, uint32_t *slot);
void release_slot(struct store *store, uint32_t slot);  // free at once
int retire_slot(struct store *store, uint32_t slot, uint64_t ordinal);
void reclaim_slots(struct store *store);
int set_capacity(struct store *store, uint64_t slots);  // sizes the bitmaps
int purge_tombstones(struct store *store, struct session *session);
uint64_t slots_in(uint64_t file_bytes, uint32_t record_size);
// The slots of a file of any length: what a crash cut off in the middle of a block is not used until the file grows.
uint64_t slots_of_file(uint64_t file_bytes, uint32_t record_size);
uint64_t file_bytes_for(uint64_t slots, uint32_t record_size);

// space.c: the size of the file and what follows it
// Slots that can hold anything, by the blocks the file has: a hole of any length holds nothing. At most `slots`, and a
// guess from above where the file system compresses. For sizing memory only.
uint64_t backed_slots(int fd, uint64_t slots, uint32_t record_size);
// The size of the file. -EIO if it is less than `least`: somebody else has cut it, with what was acknowledged, and the
// store takes no more writes.
int expect_whole(struct store *store, uint64_t least, uint64_t *bytes);
int resize_file(struct store *store, uint64_t old_bytes, uint64_t new_bytes);

// sync.c
int syncing_init(struct syncing *syncing);
void syncing_destroy(struct syncing *syncing);
void syncing_acquire(struct store *store);  // keeps syncs out until syncing_release
void syncing_release(struct store *store);
void syncing_fail(struct store *store, int error);
int sync_until(struct store *store, struct io_session *io, uint64_t ordinal);
int sync_with_writer_lock(struct store *store, struct io_session *io);
int acknowledge(struct session *session, uint64_t ordinal, uint64_t offset, uint64_t length);
int interval_start(struct store *store);  // the timer, where the policy wants one

// Of keys: a call of memcmp, for a length that is no constant, costs more than the comparison does.
static inline bool bytes_equal(const unsigned char *one, const unsigned char *other, uint32_t length) {
  uint64_t words[4];
  if (length < sizeof words[0]) return memcmp(one, other, length) == 0;
  memcpy(&words[0], one, sizeof words[0]);
  memcpy(&words[1], other, sizeof words[0]);
  memcpy(&words[2], one + length - sizeof words[0], sizeof words[0]);  // overlaps the first where keys are shorter
  memcpy(&words[3], other + length - sizeof words[0], sizeof words[0]);
  return ((words[0] ^ words[1]) | (words[2] ^ words[3])) == 0;
}

// read.c
enum { READ_GROUP = 64 };  // gets whose cache misses overlap
void read_ops(struct session *session, struct op *const *ops, size_t count);
int read_alone(struct session *session, struct op *op);  // submits one get or peek; where store->alone_by_map
static inline bool is_read(const struct op *op) { return op->kind == OP_GET || op->kind == OP_PEEK; }
// The record in `slot`, through the map or into `buffer` (span bytes). *record stays valid as long as the buffer and,
// on maps, the epoch. Not guarded.
int read_slot(struct session *session, uint32_t slot, unsigned char *buffer, const unsigned char **record);
void finish(struct session *session, struct op *op, int status);
// Hands a found record to its get or peek. `record` is a view of its bytes.
void answer(struct session *session, struct op *op, uint32_t slot, const struct record *record);
static inline bool key_equal(const struct record *record, const struct op *op) {
  return record->key_length == op->key_length && bytes_equal(record->key, op->key, op->key_length);
}
// Whether the look-up ends at this record, which the index points to: it has the key, or nothing is there any more,
// since someone else has cut the file. Then it may have been this key's: an error, not "no such key".
static inline bool key_settled(const struct record *record, const struct op *op) {
  return key_equal(record, op) || record->valid == RECORD_UNUSED;
}
int key_check(const struct op *op);
// The walk of gets and puts alike: from the slot that `located` has to the one that holds the key of `op`, whose record
// is then in `record`. False: there is none, and located->slot is SLOT_NONE; or, by reading only, there is an error in
// located->error, and the slot is no answer. Through the map whose base this is, guarded by the caller; inline, as each
// get does it...
static inline bool locate_in_map(const struct store *store, const char *base, const struct op *op,
                                 struct located *located, struct record *record) {
  for (; located->slot != SLOT_NONE; located->slot = keydir_next(&located->cursor)) {
    const char *bytes = base + slot_offset(store->record_size, located->slot);
    record_view((const unsigned char *)bytes, store->record_size, record);
    if (!key_settled(record, op)) continue;
    located->valid = record->valid;
    return true;
  }
  return false;
}
// ...or by reading into the buffer of the session's first look-up.
static inline bool locate_by_read(struct session *session, const struct op *op, struct located *located,
                                  struct record *record) {
  for (; located->slot != SLOT_NONE; located->slot = keydir_next(&located->cursor)) {
    const unsigned char *bytes;
    located->error = read_slot(session, located->slot, session->lookups[0].buffer, &bytes);
    if (located->error) return false;
    record_view(bytes, session->store->record_size, record);
    if (!key_settled(record, op)) continue;
    located->valid = record->valid;
    return true;
  }
  return false;
}

// locate.c
// Inside an epoch, or with the writer lock held: looks all keys up in the index, their cache misses overlapping. No
// record is looked at: `valid` is RECORD_UNUSED and `error` 0. Returns how many have a slot.
size_t find_slots(const struct keydir *keydir, struct op *const *ops, struct located *located, size_t count);
// Finds the current slot of each key that is about to be written; results, errors included, in `located`.
// With the writer lock held.
int locate_all(struct session *session, struct op *const *ops, struct located *located, size_t count);

// window.c: requests in flight, on ways that queue
int window_drive(struct session *session, size_t min);  // starts, waits, completes, refills; completions or -errno
int window_write(struct session *session, struct io_request *request);  // queues a write, waiting for room if it must
// For those of `located` whose slot may be the key's, as locate_all has found it: whether it is, or which else.
int window_locate(struct session *session, struct op *const *ops, struct located *located, size_t count);
void window_refill(struct session *session);
// Inside an epoch: starts gets of a group (at most READ_GROUP), as many as there is room for, and queues the others.
void window_get(struct session *session, struct op *const *ops, size_t count);

// session.c
void session_advance(struct session *session);  // inside its epoch: to that of the oldest read in flight
static inline void session_enter(struct session *session) {
  if (session->inside) return;
  epoch_enter(&session->store->epochs, &session->reader);
  session->inside = true;
}
// Leaves the epoch, or advances it: with reads always in flight a session would hold its first epoch for ever, and no
// slot would be free again.
static inline void session_settle(struct session *session) {
  if (!session->inside || session->lent) return;
  if (session->in_flight) {
    session_advance(session);
    return;
  }
  session->inside = false;
  epoch_leave(&session->reader);
}

// scan.c
int scan_buffer_need(struct session *session);
uint64_t chunk_slots(const struct store *store, size_t bytes);           // as many as fit, at least 1
int read_chunk(struct session *session, uint64_t slot, uint64_t count);  // into scan_buffer

// gather.c: with the writer lock held.
struct gathered {
  uint32_t slots[COMMIT_MAX];
  const unsigned char *bytes[COMMIT_MAX];  // valid during the call
  size_t count;
};
typedef int (*gathered_fn)(struct session *session, const struct gathered *group, void *user);
// Hands fn the records in the slots that `which` has, from `first` on, in groups of neighbours. fn may clear bits, and
// set some below those of its group. 0 or the first error.
int gather_records(struct session *session, const struct bitmap *which, uint64_t first, gathered_fn fn, void *user);

// linear.c
void linear_get(struct session *session, struct op *op);

// commit.c
struct commit;
int commit_new(struct commit **commit);
int commit_ops(struct session *session, struct op *const *ops, size_t count);

// write.c: records (or, with NULL, zeros) into slots, gathered into as few writes as may be. With the writer lock held.
int write_slots(struct session *session, const uint32_t *slots, const struct record *records, size_t count,
                unsigned flags);
// Begins to, on ways that queue. What is in flight then may be so until write_wait, which is to be called whatever
// fails. With direct I/O no two calls may be under way whose records share a block.
int write_ahead(struct session *session, const uint32_t *slots, const struct record *records, size_t count);
// Until nothing of it is in flight. 0 or the first error. Where there is nothing it does nothing.
int write_wait(struct session *session);
// How many records of a commit are to be looked up and written at a time. On ways that queue, some are written while
// the next are looked up: write_ahead all but the last.
size_t records_at_once(const struct store *store);
// Whether records in these slots leave in one write.
bool writes_at_once(const struct store *store, const uint32_t *slots, size_t count);

#endif
