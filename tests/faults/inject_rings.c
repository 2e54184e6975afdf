// SPDX-License-Identifier: MIT
// io_uring: each request is a call of its own, and so is each entry into the kernel. A request that is to fail goes to
// the kernel with a descriptor that is none, so that what is linked behind it is cancelled as after any failure; its
// completion then gets the error that was asked for. One that is to be cut short goes with half of its length; the
// kernel would cancel what is linked behind that as well.
#include <errno.h>
#include <liburing.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "tests/faults/inject.h"

int __real_io_uring_queue_init(unsigned entries, struct io_uring *ring, unsigned flags);
void __real_io_uring_queue_exit(struct io_uring *ring);
int __real_io_uring_register_ring_fd(struct io_uring *ring);
int __real_io_uring_register_files(struct io_uring *ring, const int *files, unsigned count);
int __real_io_uring_register_buffers(struct io_uring *ring, const struct iovec *buffers, unsigned count);
int __real_io_uring_submit(struct io_uring *ring);
int __real_io_uring_submit_and_wait(struct io_uring *ring, unsigned wait);
int __real_io_uring_submit_and_get_events(struct io_uring *ring);
unsigned __real_io_uring_peek_batch_cqe(struct io_uring *ring, struct io_uring_cqe **entries, unsigned count);
int __wrap_io_uring_queue_init(unsigned entries, struct io_uring *ring, unsigned flags);
void __wrap_io_uring_queue_exit(struct io_uring *ring);
int __wrap_io_uring_register_ring_fd(struct io_uring *ring);
int __wrap_io_uring_register_files(struct io_uring *ring, const int *files, unsigned count);
int __wrap_io_uring_register_buffers(struct io_uring *ring, const struct iovec *buffers, unsigned count);
int __wrap_io_uring_submit(struct io_uring *ring);
int __wrap_io_uring_submit_and_wait(struct io_uring *ring, unsigned wait);
int __wrap_io_uring_submit_and_get_events(struct io_uring *ring);
unsigned __wrap_io_uring_peek_batch_cqe(struct io_uring *ring, struct io_uring_cqe **entries, unsigned count);

enum { CHANGED_MAX = 64 };

// A request whose completion is to say something else than the kernel does.
struct changed {
  const struct io_uring *ring;  // NULL: free
  uint64_t data;                // its user_data
  int expected, result;         // of the completion; expected 0: whatever came
};

// The wrapped functions have no argument that could carry it. Under the lock: each session has a ring, and so has the
// store's own thread.
static struct {
  pthread_mutex_t lock;
  struct changed all[CHANGED_MAX];
} requests = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void change(const struct io_uring *ring, uint64_t data, int expected, int result) {
  int i = 0;
  pthread_mutex_lock(&requests.lock);
  while (i < CHANGED_MAX && requests.all[i].ring) i++;
  if (i == CHANGED_MAX) abort();
  requests.all[i] = (struct changed){ring, data, expected, result};
  pthread_mutex_unlock(&requests.lock);
}

static void forget(const struct io_uring *ring) {
  pthread_mutex_lock(&requests.lock);
  for (int i = 0; i < CHANGED_MAX; i++)
    if (requests.all[i].ring == ring) requests.all[i].ring = NULL;
  pthread_mutex_unlock(&requests.lock);
}

// Says what was asked for, once.
static void answer(const struct io_uring *ring, struct io_uring_cqe *entry) {
  pthread_mutex_lock(&requests.lock);
  for (int i = 0; i < CHANGED_MAX; i++) {
    struct changed *changed = &requests.all[i];
    if (changed->ring != ring || changed->data != entry->user_data) continue;
    if (changed->expected && changed->expected != entry->res) continue;
    entry->res = changed->result;
    changed->ring = NULL;
    break;
  }
  pthread_mutex_unlock(&requests.lock);
}

static unsigned kind_of(const struct io_uring_sqe *entry, const char **name) {
  *name = entry->opcode == IORING_OP_READ_FIXED ? "IORING_OP_READ_FIXED" : "IORING_OP_READ";
  bool writes = entry->opcode == IORING_OP_WRITE || entry->opcode == IORING_OP_WRITE_FIXED;
  unsigned may = MAY_BE_INTERRUPTED;
  if (entry->opcode == IORING_OP_FSYNC) {
    *name = "IORING_OP_FSYNC";
    return may | MAY_RUN_OUT | ENDS_WRITING;
  }
  if (writes) *name = "IORING_OP_WRITE";
  return may | (writes ? MAY_RUN_OUT | ENDS_WRITING : 0) | (inject_half(entry->len) ? MAY_BE_SHORT : 0);
}

static void look_at(struct io_uring *ring, struct io_uring_sqe *entry, const struct io_uring_sqe *next) {
  const char *name;
  unsigned may = kind_of(entry, &name);
  int code = inject_call(name, may);
  if (code == INJECT_HALF) {
    entry->len = (unsigned)inject_half(entry->len);
    if (entry->flags & IOSQE_IO_LINK) change(ring, next->user_data, 0, -ECANCELED);
  } else if (code) {
    change(ring, entry->user_data, -EBADF, -code);
    entry->flags &= (uint8_t)~IOSQE_FIXED_FILE;
    entry->fd = -1;
  }
}

static void look_at_all(struct io_uring *ring) {
  for (unsigned i = ring->sq.sqe_head; i != ring->sq.sqe_tail; i++) {
    unsigned mask = *ring->sq.kring_mask;
    look_at(ring, &ring->sq.sqes[i & mask], &ring->sq.sqes[(i + 1) & mask]);
  }
}

int __wrap_io_uring_queue_init(unsigned entries, struct io_uring *ring, unsigned flags) {
  int code = inject_call("io_uring_setup", 0);
  if (code) return -code;
  int result = __real_io_uring_queue_init(entries, ring, flags);
  if (!result) inject_took(ring);
  return result;
}

void __wrap_io_uring_queue_exit(struct io_uring *ring) {
  forget(ring);
  inject_gave(ring);
  __real_io_uring_queue_exit(ring);
}

int __wrap_io_uring_register_ring_fd(struct io_uring *ring) {
  int code = inject_call("io_uring_register", 0);
  return code ? -code : __real_io_uring_register_ring_fd(ring);
}

int __wrap_io_uring_register_files(struct io_uring *ring, const int *files, unsigned count) {
  int code = inject_call("io_uring_register", 0);
  return code ? -code : __real_io_uring_register_files(ring, files, count);
}

int __wrap_io_uring_register_buffers(struct io_uring *ring, const struct iovec *buffers, unsigned count) {
  int code = inject_call("io_uring_register", 0);
  return code ? -code : __real_io_uring_register_buffers(ring, buffers, count);
}

int __wrap_io_uring_submit(struct io_uring *ring) {
  int code = inject_call("io_uring_enter", MAY_BE_INTERRUPTED);
  if (code) return -code;
  look_at_all(ring);
  return __real_io_uring_submit(ring);
}

int __wrap_io_uring_submit_and_wait(struct io_uring *ring, unsigned wait) {
  int code = inject_call("io_uring_enter", MAY_BE_INTERRUPTED);
  if (code) return -code;
  look_at_all(ring);
  return __real_io_uring_submit_and_wait(ring, wait);
}

int __wrap_io_uring_submit_and_get_events(struct io_uring *ring) {
  int code = inject_call("io_uring_enter", MAY_BE_INTERRUPTED);
  if (code) return -code;
  look_at_all(ring);
  return __real_io_uring_submit_and_get_events(ring);
}

unsigned __wrap_io_uring_peek_batch_cqe(struct io_uring *ring, struct io_uring_cqe **entries, unsigned count) {
  unsigned taken = __real_io_uring_peek_batch_cqe(ring, entries, count);
  for (unsigned i = 0; i < taken; i++) answer(ring, entries[i]);
  return taken;
}
