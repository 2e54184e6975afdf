// SPDX-License-Identifier: MIT
// Bounds by io_uring: a file in the page cache, the device below the file by O_DIRECT, or nothing at all. Requests are
// kept in flight at the depth from the first to the last: whenever one completes, the next takes its place.
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/pages.h"
#include "harness/limits/loop.h"

enum { REAP = 64 };

struct ring_state {
  struct io_uring ring;
  struct limit_cursor cursor;
  unsigned char *buffers;
  int fd;
  enum limit_kind kind;
  uint32_t bytes, record_size;
  uint64_t first;  // byte of the file
  unsigned depth, in_flight;
};

static void queue(struct ring_state *state, unsigned slot) {
  struct io_uring_sqe *entry = io_uring_get_sqe(&state->ring);  // the ring has an entry for each request in flight
  unsigned char *buffer = state->buffers + (size_t)slot * state->bytes;
  bool empty = state->kind == LIMIT_URING_NOP;
  uint64_t offset = empty ? 0 : state->first + limit_cursor_next(&state->cursor) * state->record_size;
  if (empty)
    io_uring_prep_nop(entry);
  else if (state->kind >= LIMIT_DEVICE_WRITE)
    io_uring_prep_write(entry, state->fd, buffer, state->bytes, offset);
  else
    io_uring_prep_read(entry, state->fd, buffer, state->bytes, offset);
  io_uring_sqe_set_data64(entry, slot);
  state->in_flight++;
}

static int enter(struct ring_state *state) {
  int code;
  do code = io_uring_submit_and_wait(&state->ring, 1);
  while (code == -EINTR || code == -EAGAIN);
  return code < 0 ? code : 0;
}

// Completions of a device come in lumps. Were all of one taken before the next requests go out, by one call, the device
// would wait for the last of them to be prepared: 66 k/s in place of 80 with 32 in flight (docs/performance.md).
static unsigned take_at_once(const struct ring_state *state) {
  if (state->kind < LIMIT_DEVICE_READ) return REAP;
  unsigned part = state->depth / 8;
  return part < 1 ? 1 : part < REAP ? part : REAP;
}

// Takes what completed; with `again` each goes out anew at another offset.
static int harvest(struct ring_state *state, bool again, uint64_t *done) {
  struct io_uring_cqe *entries[REAP];
  unsigned count = io_uring_peek_batch_cqe(&state->ring, entries, take_at_once(state));
  int code = 0;
  for (unsigned i = 0; i < count; i++) {
    int result = entries[i]->res;
    if (result != (int)state->bytes && !code) code = result < 0 ? result : -EIO;
    state->in_flight--;
    ++*done;
    if (again && !code) queue(state, (unsigned)entries[i]->user_data);
  }
  io_uring_cq_advance(&state->ring, count);
  return code;
}

static int run_ring(void *opened, uint64_t deadline, uint64_t *done) {
  struct ring_state *state = opened;
  int code = 0;
  if (state->in_flight == 0)
    for (unsigned slot = 0; slot < state->depth; slot++) queue(state, slot);
  do {
    code = enter(state);
    if (!code) code = harvest(state, true, done);
  } while (!code && clock_ns() < deadline);
  return code;
}

static void close_ring(void *opened) {
  struct ring_state *state = opened;
  uint64_t ignored = 0;
  while (state->in_flight && enter(state) == 0) (void)harvest(state, false, &ignored);
  io_uring_queue_exit(&state->ring);
  limit_cursor_close(&state->cursor);
  free(state->buffers);
  free(state);
}

// The fastest set-up of a ring that one thread uses (Linux 6.1); before that, a plain one.
static int make_ring(struct io_uring *ring, unsigned depth, struct error *error) {
  struct io_uring_params parameters = {.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN};
  int code = io_uring_queue_init_params(depth, ring, &parameters);
  if (code == -EINVAL) code = io_uring_queue_init(depth, ring, 0);
  if (!code) return 0;
  bool refused = code == -ENOSYS || code == -EPERM || code == -EACCES;
  return error_set(error, refused ? -EOPNOTSUPP : code, "io_uring cannot be used: %s", strerror(-code));
}

static int open_ring(const struct limit_order *order, const struct limit_target *target, unsigned thread, void **opened,
                     struct error *error) {
  const struct limit_spec *spec = &order->spec;
  struct ring_state *state = calloc(1, sizeof *state);
  if (!state) return error_set(error, -ENOMEM, "no memory");
  *state = (struct ring_state){.fd = target->fd,
                               .kind = spec->kind,
                               .bytes = spec->bytes,
                               .record_size = spec->record_size,
                               .first = target->first,
                               .depth = spec->depth};
  size_t room = (size_t)spec->bytes * spec->depth;
  state->buffers = pages_new(room);
  int code = state->buffers ? 0 : -ENOMEM;
  if (!code && spec->data) code = limit_cursor_open(order, thread, &state->cursor);
  if (code) {
    error_set(error, code, "no memory for %u requests", spec->depth);
  } else {
    memset(state->buffers, (int)thread + 1, room);
    code = make_ring(&state->ring, spec->depth, error);
  }
  if (!code) {
    *opened = state;
    return 0;
  }
  if (state->cursor.keys) limit_cursor_close(&state->cursor);
  free(state->buffers);
  free(state);
  return code;
}

static int prepare_warm(const struct limit_order *order, struct limit_target *target, struct error *error) {
  return limit_file_warm(order, &target->fd, error);
}

static int prepare_direct(const struct limit_order *order, struct limit_target *target, struct error *error) {
  return limit_file_direct(order, &target->fd, error);
}

static int prove_bypassed(const struct limit_order *order, const struct limit_target *target, struct error *error) {
  (void)target;
  return limit_file_bypassed(order, error);
}

const struct limit_loop limit_uring_nop = {limit_prepare_none, limit_release_none, open_ring,
                                           run_ring,           close_ring,         NULL};
const struct limit_loop limit_uring_read = {prepare_warm, limit_file_release, open_ring, run_ring, close_ring, NULL};
const struct limit_loop limit_device = {prepare_direct, limit_file_release, open_ring,
                                        run_ring,       close_ring,         prove_bypassed};
