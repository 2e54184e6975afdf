// SPDX-License-Identifier: MIT
// The rings of engines/uring.c: one a session, with its requests in flight. The functions are those of struct io_ops
// with the same names; see engines/slots/io.h.
#ifndef STOREBENCH_SLOTS_RING_H
#define STOREBENCH_SLOTS_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "engines/slots/forks.h"
#include "engines/slots/io.h"

struct io_file {
  int fd;       // the store's: buffered
  int ring_fd;  // what the rings write and sync through: fd, or a direct descriptor of our own
  uint32_t depth;
  uint32_t alignment;
  bool direct, fixed, sqpoll, iopoll, dsync;
  bool marked;               // ring_fd (late.h)
  _Atomic bool abandoned;    // a session closed with requests in flight
  struct forks_entry forks;  // of the direct descriptor
};

int ring_session_open(struct io_file *file, const struct io_buffers *buffers, struct io_session **out, uint32_t *depth);
int ring_session_close(struct io_session *session);
int ring_read(struct io_session *session, void *buffer, size_t length, uint64_t offset);
int ring_write(struct io_session *session, const void *buffer, size_t length, uint64_t offset, unsigned flags);
int ring_submit(struct io_session *session, struct io_request *const *requests, size_t count);
int ring_reap(struct io_session *session, struct io_request **done, size_t max, size_t min);
int ring_sync(struct io_file *file, struct io_session *session, uint64_t offset, uint64_t length, bool wait);
int ring_settings(struct io_session *session, setting_fn tell, void *user);

#endif
