// SPDX-License-Identifier: MIT
// A rolling window of requests in flight: whenever one completes, the next one that waits takes its place, so the
// device sees the full depth for as long as there is work.
#include <errno.h>

#include "engines/slots/internal.h"

enum { REAP_MAX = 64 };

static bool has_room(const struct session *session) {
  return session->in_flight + session->write_in_flight < session->depth;
}

static void release(struct session *session, struct lookup *lookup) {
  if (lookup->located) session->locating--;
  lookup->epoch = UINT64_MAX;
  lookup->next = session->idle;
  session->idle = lookup;
  session->in_flight--;
}

static void end_lookup(struct session *session, struct lookup *lookup, int error, const struct record *record) {
  if (lookup->located) {
    enum record_valid valid = record ? record->valid : RECORD_UNUSED;
    lookup->located->cursor = lookup->cursor;
    lookup->located->slot = lookup->slot;
    lookup->located->valid = valid;
    lookup->located->error = error;
  } else if (error || !record) {
    finish(session, lookup->op, error ? error : -ENOENT);
  } else {
    answer(session, lookup->op, lookup->slot, record);
  }
  release(session, lookup);
}

// Reads the record that the cursor found, or ends a look-up that has no candidate left.
static void read_candidate(struct session *session, struct lookup *lookup) {
  struct store *store = session->store;
  if (lookup->slot == SLOT_NONE) {
    end_lookup(session, lookup, 0, NULL);
    return;
  }
  uint64_t offset = slot_offset(store->record_size, lookup->slot);
  lookup->request = (struct io_request){
      .kind = IO_READ,
      .buffer = lookup->buffer,
      .length = store->span,
      .offset = offset / store->limits.alignment * store->limits.alignment,
      .user = lookup,
  };
  struct io_request *request = &lookup->request;
  int error = store->io->submit(session->io, &request, 1);
  if (error) end_lookup(session, lookup, error, NULL);
}

// From the slot that `found` has on, looked up in `epoch`. `located` as in struct lookup.
static void start_lookup(struct session *session, struct op *op, const struct located *found, uint64_t epoch,
                         struct located *located) {
  struct lookup *lookup = session->idle;
  session->idle = lookup->next;
  session->in_flight++;
  if (located) session->locating++;
  lookup->op = op;
  lookup->located = located;
  lookup->epoch = epoch;
  lookup->slot = found->slot;
  lookup->cursor = found->cursor;
  read_candidate(session, lookup);
}

static uint64_t current_epoch(struct session *session) { return atomic_load(&session->store->epochs.current); }

void window_refill(struct session *session) {
  const struct keydir *keydir = &session->store->keydir;
  while (session->backlog.count && has_room(session)) {
    struct op *op = op_queue_pop(&session->backlog);
    struct located found;
    session_enter(session);
    uint64_t epoch = current_epoch(session);
    found.slot = keydir_first(keydir, keydir_hash(op->key, op->key_length), &found.cursor);
    start_lookup(session, op, &found, epoch, NULL);
  }
}

void window_get(struct session *session, struct op *const *ops, size_t count) {
  struct located found[READ_GROUP];
  uint64_t epoch = current_epoch(session);  // before the look-ups: what they find may be free in the next
  (void)find_slots(&session->store->keydir, ops, found, count);
  for (size_t i = 0; i < count; i++) {
    if (!session->backlog.count && has_room(session))
      start_lookup(session, ops[i], &found[i], epoch, NULL);
    else
      op_queue_push(&session->backlog, ops[i]);
  }
}

static void complete(struct session *session, struct io_request *request) {
  struct lookup *lookup = request->user;
  session->in_flight_sum += session->in_flight + session->write_in_flight;
  session->in_flight_count++;
  if (!lookup) {
    session->write_in_flight--;
    if (request->result && !session->write_error) session->write_error = request->result;
    return;
  }
  if (request->result) {
    end_lookup(session, lookup, request->result, NULL);
    return;
  }
  struct store *store = session->store;
  struct record record;
  const unsigned char *bytes = lookup->buffer + (slot_offset(store->record_size, lookup->slot) - request->offset);
  record_view(bytes, store->record_size, &record);
  if (key_settled(&record, lookup->op)) {
    end_lookup(session, lookup, 0, &record);
    return;
  }
  lookup->slot = keydir_next(&lookup->cursor);
  read_candidate(session, lookup);
}

// Completions of a device come in lumps (interrupts are coalesced). Taken all at once, the window would empty and fill
// in waves; so only a part is taken before the next requests go out. What completed inside submit, from the page cache,
// is taken whole: there no device idles meanwhile, and each turn is a system call.
static size_t take_at_once(const struct session *session, size_t min) {
  if (min == 0 && session->store->limits.alignment == 1) return REAP_MAX;
  return session->depth < 32 ? 1 : session->depth / 16;
}

int window_drive(struct session *session, size_t min) {
  struct io_request *done[REAP_MAX];
  window_refill(session);
  uint32_t outstanding = session->in_flight + session->write_in_flight;
  size_t max = take_at_once(session, min);
  if (max > REAP_MAX) max = REAP_MAX;
  int count = session->store->io->reap(session->io, done, max, min < outstanding ? min : outstanding);
  for (int i = 0; i < count; i++) complete(session, done[i]);
  window_refill(session);
  return count;
}

int window_write(struct session *session, struct io_request *request) {
  while (!has_room(session)) {
    int count = window_drive(session, 1);
    if (count < 0) return count;
  }
  int error = session->store->io->submit(session->io, &request, 1);
  if (!error) session->write_in_flight++;
  return error;
}

int window_locate(struct session *session, struct op *const *ops, struct located *located, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (located[i].slot == SLOT_NONE) continue;
    while (!has_room(session)) {
      int reaped = window_drive(session, 1);
      if (reaped < 0) return reaped;
    }
    start_lookup(session, ops[i], &located[i], current_epoch(session), &located[i]);
  }
  while (session->locating) {
    int reaped = window_drive(session, 1);
    if (reaped < 0) return reaped;
  }
  return 0;
}
