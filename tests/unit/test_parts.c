// SPDX-License-Identifier: MIT
// A commit in parts, on a way that queues: some of it is written while the next is looked up, and all of it is before
// the commit is acknowledged. Seen through an io that does nothing before it is waited for.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/native.h"
#include "engines/registry.h"
#include "engines/slots/file.h"
#include "engines/slots/internal.h"
#include "engines/slots/io.h"
#include "engines/slots/store.h"
#include "tests/unit/temporary.h"

enum { ROOM = 512, DEPTH = 64, KEYS = 1000 };

struct io_file {
  int fd;
};

struct io_session {
  struct io_file *file;
  struct io_request *queue[DEPTH];
  size_t count;
};

static struct {
  size_t writing, most_writing;  // writes that are queued, now and at most
  unsigned fail_at;              // so many writes from now, one fails; 0: none
} seen;

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
  *depth = DEPTH;
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
    assert_true(session->count < DEPTH);
    session->queue[session->count++] = requests[i];
    seen.writing += requests[i]->kind == IO_WRITE;
    if (seen.writing > seen.most_writing) seen.most_writing = seen.writing;
  }
  return 0;
}

static int carry_out(struct io_session *session, struct io_request *request) {
  if (request->kind == IO_READ) {
    return lazy_read(session, request->buffer, request->length, request->offset);
  }
  seen.writing--;
  if (seen.fail_at && --seen.fail_at == 0) return -EIO;
  return lazy_write(session, request->buffer, request->length, request->offset, 0);
}

// The latest first.
static int lazy_reap(struct io_session *session, struct io_request **done, size_t max, size_t min) {
  size_t count = 0;
  for (; count < min && count < max && session->count; count++) {
    done[count] = session->queue[--session->count];
    done[count]->result = carry_out(session, done[count]);
  }
  return (int)count;
}

static int lazy_sync(struct io_file *file, struct io_session *session, uint64_t offset, uint64_t length, bool wait) {
  (void)session, (void)offset, (void)length, (void)wait;
  return file_fdatasync(file->fd);
}

static const struct io_ops lazy_io = {
    .open = lazy_open,
    .close = lazy_close,
    .session_open = lazy_session_open,
    .session_close = lazy_session_close,
    .read = lazy_read,
    .write = lazy_write,
    .submit = lazy_submit,
    .reap = lazy_reap,
    .sync = lazy_sync,
};

struct fixture {
  struct store *store;
  struct session *session;
  struct op ops[KEYS], *pointers[KEYS];
  uint32_t keys[KEYS], values[KEYS];
  char folder[ROOM], path[ROOM + 16];
};

static int setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  *state = fixture;
  if (!fixture) return -1;
  memset(&seen, 0, sizeof seen);
  snprintf(fixture->folder, sizeof fixture->folder, "%.480s/parts-XXXXXX", temporary_folder());
  if (!mkdtemp(fixture->folder)) return -1;
  snprintf(fixture->path, sizeof fixture->path, "%s/store", fixture->folder);
  struct store_config config = {.create = true, .disposable = true};
  if (registry_parse_options("uring", &engine_uring, &config, NULL)) return -1;
  if (slot_store_open(fixture->path, &config, &engine_uring, &lazy_io, &fixture->store, NULL)) return -1;
  return engine_uring.session_open(fixture->store, &fixture->session, NULL);
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  int error = engine_uring.session_close(fixture->session);
  (void)engine_uring.close(fixture->store, NULL);  // tells of a write that failed
  if (unlink(fixture->path) || rmdir(fixture->folder)) error = -1;
  free(fixture);
  return error;
}

// In one call, so that it is one commit. Nothing of it is outstanding then.
static void run(struct fixture *fixture, enum op_kind kind, uint32_t version) {
  for (uint32_t i = 0; i < KEYS; i++) {
    fixture->keys[i] = i;
    fixture->values[i] = kind == OP_PUT ? i + version : 0;
    fixture->ops[i] = (struct op){
        .kind = kind, .key = &fixture->keys[i], .key_length = 4, .value = &fixture->values[i], .value_length = 4};
    fixture->pointers[i] = &fixture->ops[i];
  }
  assert_int_equal(engine_uring.submit(fixture->session, fixture->pointers, KEYS), 0);
  assert_int_equal(seen.writing, 0);
  for (size_t done = 0; done < KEYS;) {
    int count = engine_uring.reap(fixture->session, fixture->pointers, KEYS, 1);
    assert_true(count > 0);
    done += (size_t)count;
  }
}

static void expect(const struct fixture *fixture, int status) {
  for (size_t i = 0; i < KEYS; i++) assert_int_equal(fixture->ops[i].status, status);
}

static void expect_version(struct fixture *fixture, uint32_t version) {
  run(fixture, OP_GET, 0);
  expect(fixture, 0);
  for (uint32_t i = 0; i < KEYS; i++) assert_int_equal(fixture->values[i], i + version);
}

static void parts_overlap_and_all_are_written(void **state) {
  struct fixture *fixture = *state;
  for (uint32_t version = 1; version <= 3; version++) {
    seen.most_writing = 0;
    run(fixture, OP_PUT, version);
    expect(fixture, 0);
    assert_true(seen.most_writing > 1);
    expect_version(fixture, version);
  }
}

static void one_write_that_fails_fails_all(void **state) {
  struct fixture *fixture = *state;
  run(fixture, OP_PUT, 1);
  seen.fail_at = 3;
  run(fixture, OP_PUT, 2);
  expect(fixture, -EIO);
  assert_int_equal(seen.fail_at, 0);
  expect_version(fixture, 1);
  run(fixture, OP_PUT, 3);  // no write is taken any more
  expect(fixture, -EIO);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(parts_overlap_and_all_are_written, setup, teardown),
      cmocka_unit_test_setup_teardown(one_write_that_fails_fails_all, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
