// SPDX-License-Identifier: MIT
#include "tests/unit/lazy_io.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engines/slots/file.h"

struct io_file {
  int fd;
};

struct io_session {
  struct io_file *file;
  struct io_request *queue[LAZY_DEPTH], *doomed;
  size_t count;
};

struct lazy lazy;

static int lazy_open(struct io_file **file, struct io_limits *limits, int fd, const struct io_settings *settings,
                     struct error *error) {
  (void)settings, (void)error;
  *file = malloc(sizeof **file);
  if (!*file) return -ENOMEM;
  (*file)->fd = fd;
  *limits = (struct io_limits){.alignment = 1, .durable = IO_DURABLE_NEVER};
  return 0;
}

static int lazy_close(struct io_file *file) {
  free(file);
  return 0;
}

static int lazy_session_open(struct io_file *file, const struct io_buffers *buffers, struct io_session **session,
                             uint32_t *depth) {
  (void)buffers;
  *session = calloc(1, sizeof **session);
  if (!*session) return -ENOMEM;
  (*session)->file = file;
  *depth = LAZY_DEPTH;
  return 0;
}

static int lazy_session_close(struct io_session *session) {
  assert_int_equal(session->count, 0);
  free(session);
  return 0;
}

static int lazy_read(struct io_session *session, void *buffer, size_t length, uint64_t offset) {
  return file_read(session->file->fd, buffer, length, offset, 0);
}

static int lazy_write(struct io_session *session, const void *buffer, size_t length, uint64_t offset, unsigned flags) {
  (void)flags;
  return file_write(session->file->fd, buffer, length, offset, 0);
}

static int lazy_submit(struct io_session *session, struct io_request *const *requests, size_t count) {
  for (size_t i = 0; i < count; i++) {
    assert_true(session->count < LAZY_DEPTH);
    session->queue[session->count++] = requests[i];
    if (requests[i]->kind != IO_WRITE) continue;
    if (++lazy.queued == lazy.fail_queued) session->doomed = requests[i];
    if (++lazy.writing > lazy.most_writing) lazy.most_writing = lazy.writing;
  }
  return 0;
}

static bool is_due(size_t *countdown) { return *countdown && --*countdown == 0; }

static int carry_out(struct io_session *session, struct io_request *request) {
  if (request->kind == IO_READ) {
    if (is_due(&lazy.fail_read)) return -EIO;
    return lazy_read(session, request->buffer, request->length, request->offset);
  }
  lazy.writing--;
  if (request == session->doomed) {
    lazy.failed_last = lazy.writing == 0;
    session->doomed = NULL;
    return -EIO;
  }
  if (is_due(&lazy.fail_write)) return -EIO;
  return lazy_write(session, request->buffer, request->length, request->offset, 0);
}

static int lazy_reap(struct io_session *session, struct io_request **done, size_t max, size_t min) {
  size_t count = 0;
  for (; count < min && count < max && session->count; count++) {
    struct io_request *latest = session->queue[session->count - 1];
    if (latest->kind == IO_READ && count == 0 && is_due(&lazy.fail_reap_at_read)) return -EIO;
    session->count--;
    done[count] = latest;
    done[count]->result = carry_out(session, latest);
  }
  return (int)count;
}

static int lazy_resize(struct io_file *file, uint64_t old_size, uint64_t new_size) {
  (void)file;
  if (new_size <= old_size) return 0;
  if (lazy.writing > lazy.writing_at_growth) lazy.writing_at_growth = lazy.writing;
  return lazy.refuse_growth ? -ENOSPC : 0;
}

static int lazy_sync(struct io_file *file, struct io_session *session, uint64_t offset, uint64_t length, bool wait) {
  (void)session, (void)offset, (void)length, (void)wait;
  return file_fdatasync(file->fd);
}

const struct io_ops lazy_io = {
    .open = lazy_open,
    .close = lazy_close,
    .session_open = lazy_session_open,
    .session_close = lazy_session_close,
    .read = lazy_read,
    .write = lazy_write,
    .submit = lazy_submit,
    .reap = lazy_reap,
    .resize = lazy_resize,
    .sync = lazy_sync,
};
