// SPDX-License-Identifier: MIT
// Bounds of system calls: each loop makes the calls that a store cannot do without, and nothing else.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/pages.h"
#include "harness/limits/loop.h"

enum { CALLS = 16 };  // between two looks at the clock

struct call_state {
  struct limit_cursor cursor;
  const struct limit_target *target;
  unsigned char *buffer;
  size_t bytes, record_size;
  unsigned every;
  unsigned at_once;  // records that the buffer holds
  uint64_t ahead;    // where groups are written: the record that the next one begins with
};

int limit_prepare_none(const struct limit_order *order, struct limit_target *target, struct error *error) {
  (void)order, (void)target, (void)error;
  return 0;
}

static int prepare_warm(const struct limit_order *order, struct limit_target *target, struct error *error) {
  return limit_file_warm(order, &target->fd, error);
}

static void close_state(void *state) {
  struct call_state *call = state;
  limit_cursor_close(&call->cursor);
  free(call->buffer);
  free(call);
}

static int open_with(const struct limit_order *order, const struct limit_target *target, unsigned thread,
                     unsigned at_once, void **state, struct error *error) {
  const struct limit_spec *spec = &order->spec;
  struct call_state *call = calloc(1, sizeof *call);
  if (!call) return error_set(error, -ENOMEM, "no memory");
  *call = (struct call_state){.target = target,
                              .bytes = spec->bytes,
                              .record_size = spec->record_size,
                              .every = spec->every,
                              .at_once = at_once};
  call->buffer = pages_new((size_t)at_once * spec->bytes);
  int code = call->buffer ? 0 : -ENOMEM;
  if (!code && spec->data) code = limit_cursor_open(order, thread, &call->cursor);
  if (code) {
    free(call->buffer);
    free(call);
    return error_set(error, code, "no memory");
  }
  memset(call->buffer, (int)thread + 1, (size_t)at_once * spec->bytes);
  *state = call;
  return 0;
}

static int open_state(const struct limit_order *order, const struct limit_target *target, unsigned thread, void **state,
                      struct error *error) {
  return open_with(order, target, thread, 1, state, error);
}

// Those that share a sync, as far as they fit a piece: larger writes are no faster.
static int open_group(const struct limit_order *order, const struct limit_target *target, unsigned thread, void **state,
                      struct error *error) {
  const struct limit_spec *spec = &order->spec;
  unsigned most = spec->bytes == spec->record_size && spec->bytes < LIMIT_PIECE ? LIMIT_PIECE / spec->bytes : 1;
  int code = open_with(order, target, thread, spec->every < most ? spec->every : most, state, error);
  if (code) return code;
  struct call_state *call = *state;
  call->ahead = limit_cursor_next(&call->cursor);
  return 0;
}

static int run_system_call(void *state, uint64_t deadline, uint64_t *done) {
  (void)state;
  do {
    for (int i = 0; i < CALLS; i++) (void)syscall(SYS_getppid);  // it cannot fail
    *done += CALLS;
  } while (clock_ns() < deadline);
  return 0;
}

static off_t offset_of(const struct call_state *call, uint64_t id) {
  return (off_t)(call->target->first + id * call->record_size);
}

static off_t next_offset(struct call_state *call) { return offset_of(call, limit_cursor_next(&call->cursor)); }

static int moved(size_t bytes, ssize_t n) {
  if (n == (ssize_t)bytes) return 0;
  return n < 0 ? -errno : -EIO;
}

static int run_pread(void *state, uint64_t deadline, uint64_t *done) {
  struct call_state *call = state;
  do {
    for (int i = 0; i < CALLS; i++) {
      int code = moved(call->bytes, pread(call->target->fd, call->buffer, call->bytes, next_offset(call)));
      if (code) return code;
    }
    *done += CALLS;
  } while (clock_ns() < deadline);
  return 0;
}

static int write_one(struct call_state *call) {
  return moved(call->bytes, pwrite(call->target->fd, call->buffer, call->bytes, next_offset(call)));
}

static int run_pwrite(void *state, uint64_t deadline, uint64_t *done) {
  do {
    for (int i = 0; i < CALLS; i++) {
      int code = write_one(state);
      if (code) return code;
    }
    *done += CALLS;
  } while (clock_ns() < deadline);
  return 0;
}

// Records that follow one another go out by one call: a store that has several of them together does no less. They do
// not at the end of the data, behind which the first one comes.
static int write_some(struct call_state *call, unsigned most, unsigned *count) {
  const uint64_t first = call->ahead;
  *count = 0;
  do {
    (*count)++;
    call->ahead = limit_cursor_next(&call->cursor);
  } while (*count < most && *count < call->at_once && call->ahead == first + *count);
  const size_t bytes = *count * call->bytes;
  return moved(bytes, pwrite(call->target->fd, call->buffer, bytes, offset_of(call, first)));
}

static int run_fdatasync(void *state, uint64_t deadline, uint64_t *done) {
  struct call_state *call = state;
  do {
    for (unsigned left = call->every, count; left > 0; left -= count) {
      int code = write_some(call, left, &count);
      if (code) return code;
    }
    if (fdatasync(call->target->fd)) return -errno;
    *done += call->every;
  } while (clock_ns() < deadline);
  return 0;
}

// One msync covers from the first to the last page that was stored to, as a store's would.
static int run_msync(void *state, uint64_t deadline, uint64_t *done) {
  struct call_state *call = state;
  uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
  do {
    uint64_t low = UINT64_MAX, high = 0;
    for (unsigned i = 0; i < call->every; i++) {
      uint64_t offset = (uint64_t)next_offset(call);
      call->buffer[0]++;
      memcpy(call->target->memory + offset, call->buffer, call->bytes);
      if (offset < low) low = offset;
      if (offset + call->bytes > high) high = offset + call->bytes;
    }
    low -= low % page;
    if (msync(call->target->memory + low, high - low, MS_SYNC)) return -errno;
    *done += call->every;
  } while (clock_ns() < deadline);
  return 0;
}

void limit_release_none(struct limit_target *target) { (void)target; }

const struct limit_loop limit_system_call = {limit_prepare_none, limit_release_none, open_state,
                                             run_system_call,    close_state,        NULL};
const struct limit_loop limit_pread = {prepare_warm, limit_file_release, open_state, run_pread, close_state, NULL};
const struct limit_loop limit_pwrite = {prepare_warm, limit_file_release, open_state, run_pwrite, close_state, NULL};
const struct limit_loop limit_fdatasync = {prepare_warm,  limit_file_release, open_group,
                                           run_fdatasync, close_state,        NULL};
const struct limit_loop limit_msync = {limit_file_map, limit_file_release, open_state, run_msync, close_state, NULL};
