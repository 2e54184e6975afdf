// SPDX-License-Identifier: MIT
// A thread's way into the store: its window of requests, its buffers, and the epoch it is in.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engines/registry.h"
#include "engines/slots/internal.h"
#include "engines/slots/store.h"

void session_advance(struct session *session) {
  uint64_t oldest = UINT64_MAX;
  for (uint32_t i = 0; i < session->depth; i++)
    if (session->lookups[i].epoch < oldest) oldest = session->lookups[i].epoch;
  epoch_advance(&session->reader, oldest);
}

static int allocate_window(struct session *session) {
  struct store *store = session->store;
  session->lookups = calloc(session->depth, sizeof *session->lookups);
  if (!session->lookups) return -ENOMEM;
  for (uint32_t i = session->depth; i-- > 0;) {
    struct lookup *lookup = &session->lookups[i];
    lookup->buffer = session->buffers + (size_t)i * store->span;
    lookup->epoch = UINT64_MAX;
    lookup->next = session->idle;
    session->idle = lookup;
  }
  return 0;
}

// The window's depth is the io's to say, but its buffers must be there before the io can register them: as many as the
// most it may ask for.
static int allocate_buffers(struct session *session, uint32_t depth) {
  struct store *store = session->store;
  void *memory;
  session->buffers_bytes = ((size_t)depth * store->span + FILE_ALIGNMENT - 1) / FILE_ALIGNMENT * FILE_ALIGNMENT;
  if (posix_memalign(&memory, FILE_ALIGNMENT, session->buffers_bytes)) return -ENOMEM;
  session->buffers = memory;
  return 0;
}

// A way that queues says by its option how much.
static uint32_t depth_asked(const struct store *store) {
  return store->io->submit ? (uint32_t)registry_option(store->engine, &store->options, "depth") : 1;
}

// What the kernel may still use stays, and so does the store's lock, until the process ends.
static void free_buffers(struct session *session, bool in_use) {
  if (in_use) {
    atomic_store(&session->store->abandoned, true);
    return;
  }
  free(session->buffers);
  free(session->write_buffer);
  free(session->plan);
  free(session->scan_buffer);
}

// `lent` is what every submit looks at anyway.
static void become_foreign(void *subject) {
  struct session *session = subject;
  session->foreign = session->lent = true;
}

static void session_free(struct session *session) {
  forks_remove(&session->forks);
  int busy = session->io ? session->store->io->session_close(session->io) : 0;
  guard_leave(session->guard);
  free(session->lookups);
  free_buffers(session, busy != 0);
  free(session->backlog.ring);
  free(session->done.ring);
  free(session->commit);
  free(session);
}

// Until now puts were seen through this process's buffer only: hand it to the kernel before a second session reads.
static int flush_before_sharing(struct store *store) {
  pthread_mutex_lock(&store->writer);
  atomic_fetch_add(&store->sessions, 1);
  int error = store->io->flush && !store->read_only ? store->io->flush(store->file) : 0;
  pthread_mutex_unlock(&store->writer);
  return error;
}

int slot_store_session_open(struct store *store, struct session **out, struct error *error) {
  if (store->foreign) return refuse_foreign(error);
  struct session *session = aligned_alloc(64, (sizeof *session + 63) / 64 * 64);
  if (!session) return error_set(error, -ENOMEM, "no memory for a session");
  *session = (struct session){.store = store};
  int code = allocate_buffers(session, depth_asked(store));
  if (!code) code = commit_new(&session->commit);
  if (!code && store->io->map) code = guard_enter(&session->guard);
  struct io_buffers buffers = {session->buffers, session->buffers_bytes};
  if (!code) code = store->io->session_open(store->file, &buffers, &session->io, &session->depth);
  if (!code && (size_t)session->depth * store->span > session->buffers_bytes) code = -EOVERFLOW;
  if (!code) code = allocate_window(session);
  if (!code) code = forks_add(&session->forks, become_foreign, session);
  if (!code) code = flush_before_sharing(store);
  if (code) {
    session_free(session);
    return error_set(error, code, "cannot open a session of %s: %s", store->engine->name, strerror(-code));
  }
  epoch_add(&store->epochs, &session->reader);
  *out = session;
  return 0;
}

int slot_store_session_close(struct session *session) {
  if (session->foreign) return -ECHILD;
  struct store *store = session->store;
  int error = 0;
  while (!error && (session->in_flight || session->backlog.count)) {
    int count = window_drive(session, 1);
    if (count < 0) error = count;
  }
  session->lent = false;
  if (session->inside) epoch_leave(&session->reader);
  epoch_remove(&store->epochs, &session->reader);
  atomic_fetch_add(&store->in_flight_sum, session->in_flight_sum);
  atomic_fetch_add(&store->in_flight_count, session->in_flight_count);
  atomic_fetch_sub(&store->sessions, 1);
  session_free(session);
  return error;
}

// Out of line, like what follows: a get alone would save registers for it.
static __attribute__((noinline)) int submit_many(struct session *session, struct op *const *ops, size_t count) {
  struct store *store = session->store;
  size_t reads = 0;
  for (size_t i = 0; i < count; i++) reads += is_read(ops[i]);
  // What is outstanding ends up in `done` too: room for all of it now, so that completing an operation cannot fail.
  int error = op_queue_reserve(&session->done, count + session->in_flight + session->backlog.count);
  if (!error && store->io->submit) error = op_queue_reserve(&session->backlog, reads);
  if (error) return error;
  if (reads < count) error = commit_ops(session, ops, count);
  if (error) return error;
  if (reads) read_ops(session, ops, count);
  int moved = 0;
  while (session->in_flight || session->backlog.count) {
    moved = window_drive(session, 0);
    if (moved <= 0 || store->limits.alignment > 1) break;
  }
  session_settle(session);
  return moved < 0 ? moved : 0;
}

// The call after which what was lent is no longer valid.
static __attribute__((noinline)) int end_loan(struct session *session) {
  if (session->foreign) return -ECHILD;
  session->lent = false;
  session_settle(session);
  return 0;
}

int slot_store_submit(struct session *session, struct op *const *ops, size_t count) {
  int error = session->lent ? end_loan(session) : 0;
  if (error) return error;
  return count == 1 && session->store->alone_by_map && is_read(ops[0]) ? read_alone(session, ops[0])
                                                                       : submit_many(session, ops, count);
}

// Drives the window until `min` are finished.
static __attribute__((noinline)) int await(struct session *session, size_t max, size_t min) {
  size_t outstanding = session->in_flight + session->backlog.count + session->done.count;
  if (min > outstanding) min = outstanding;
  if (min > max) min = max;
  int count = min == 0 ? window_drive(session, 0) : 0;  // who asks without waiting sees what is finished
  while (count >= 0 && session->done.count < min) count = window_drive(session, 1);
  return count < 0 ? count : 0;
}

int slot_store_reap(struct session *session, struct op **done, size_t max, size_t min) {
  if (session->foreign) return -ECHILD;
  if (session->in_flight + session->backlog.count > 0) {
    int error = await(session, max, min);
    if (error) return error;
  }
  struct op_queue *queue = &session->done;
  size_t count = queue->count < max ? queue->count : max;
  for (size_t i = 0; i < count; i++) done[i] = queue->ring[(queue->head + i) & (queue->capacity - 1)];
  queue->head += count;
  queue->count -= count;
  if (!session->in_flight) session_settle(session);
  return (int)count;
}

int slot_store_settings(struct session *session, setting_fn tell, void *user) {
  return session->foreign ? -ECHILD : session->store->io->settings(session->io, tell, user);
}
