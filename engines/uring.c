// SPDX-License-Identifier: MIT
// Moves bytes by requests on an io_uring, one ring a session, made on the thread that uses it. How requests go in and
// come out is in engines/slots/ring.c; here is what the options mean to a file.
//
// - direct opens the file once more with O_DIRECT; the store's own descriptor stays buffered.
// - fixed registers the file and the session's buffers, which spares the kernel looking them up for each request.
// - sqpoll has a kernel thread take the requests: no system call to submit, and a CPU less for the rest.
// - iopoll takes polled direct I/O only: such a ring cannot sync, so syncs go by fdatasync. Many devices have no poll
//   queues; the ring is made all the same and refuses the first read, which is why opening a file tries one.
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engines/native.h"
#include "engines/registry.h"
#include "engines/slots/file.h"
#include "engines/slots/late.h"
#include "engines/slots/ring.h"
#include "engines/slots/store.h"
#include "engines/slots/ways.h"

static int explain_disabled(int code, struct error *error) {
  int level = -1;
  FILE *setting = fopen("/proc/sys/kernel/io_uring_disabled", "re");
  if (setting) {
    if (fscanf(setting, "%d", &level) != 1) level = -1;
    fclose(setting);
  }
  if (code == -EPERM && level > 0)
    return error_set(error, code, "io_uring is disabled: kernel.io_uring_disabled=%d; set it to 0 with sysctl", level);
  if (code == -EPERM)
    return error_set(error, code,
                     "io_uring is disabled: a seccomp filter or security policy refuses it; allow io_uring_setup");
  return error_set(error, code,
                   "io_uring is disabled: this kernel or its seccomp filter has no io_uring_setup; allow it");
}

static int explain(const struct io_file *file, int code, const char *what, struct error *error) {
  if (file->iopoll && (code == -EOPNOTSUPP || code == -EINVAL))
    return error_set(error, code, "iopoll: %s fails: %s: the device has no poll queues; leave iopoll out", what,
                     strerror(-code));
  if (code == -ENOMEM)
    return error_set(error, code, "io_uring: %s fails: %s; raise RLIMIT_MEMLOCK (ulimit -l), or leave fixed out", what,
                     strerror(-code));
  return error_set(error, code, "io_uring: %s fails: %s", what, strerror(-code));
}

// A ring may be made and then refuse to read (IOPOLL does on most devices): reads the first block as a session would.
static int try_ring(struct io_file *file, uint64_t size, struct error *error) {
  const size_t block = 4096;
  struct io_buffers buffers = {aligned_alloc(block, block), block};
  if (!buffers.base) return error_set(error, -ENOMEM, "out of memory");
  struct io_session *session;
  uint32_t depth;
  int failed = ring_session_open(file, &buffers, &session, &depth);
  if (failed == -EPERM || failed == -ENOSYS) {
    explain_disabled(failed, error);
  } else if (failed) {
    explain(file, failed, "making a ring", error);
  } else {
    if (size >= block) failed = ring_read(session, buffers.base, block, 0);
    if (failed) explain(file, failed, "reading", error);
    int busy = ring_session_close(session);
    if (busy) return failed ? failed : explain(file, busy, "closing a ring", error);  // the buffer stays
  }
  free(buffers.base);
  return failed;
}

static int open_direct(struct io_file *file, struct error *error) {
  int alignment = file_direct_alignment(file->fd);
  if (alignment < 0)
    return error_set(error, alignment, "no direct I/O on this file system (%s); use direct=off", strerror(-alignment));
  int fd = file_reopen(file->fd, O_DIRECT);
  if (fd < 0) return error_set(error, fd, "cannot open for direct I/O: %s", strerror(-fd));
  file->ring_fd = fd;
  file->alignment = (uint32_t)alignment;
  int failed = forks_add(&file->forks, forks_shut, &file->ring_fd);
  return failed ? error_set(error, failed, "out of memory") : 0;
}

static int mark(struct io_file *file, struct error *error) {
  int failed = late_mark(file->ring_fd);
  if (failed) return error_set(error, failed, "cannot lock: %s", strerror(-failed));
  file->marked = true;
  return 0;
}

static int uring_close(struct io_file *file) {
  forks_remove(&file->forks);
  if (file->marked && !atomic_load(&file->abandoned)) late_unmark(file->ring_fd);
  int error = file->ring_fd != file->fd ? file_close(file->ring_fd) : 0;
  free(file);
  return error;
}

static int uring_open(struct io_file **out, struct io_limits *limits, int fd, const struct io_settings *settings,
                      struct error *error) {
  const struct engine *engine = settings->engine;
  const struct engine_options *options = settings->options;
  struct io_file *file = calloc(1, sizeof *file);
  if (!file) return error_set(error, -ENOMEM, "out of memory");
  *file = (struct io_file){
      .fd = fd,
      .ring_fd = fd,
      .alignment = 1,
      .depth = (uint32_t)registry_option(engine, options, "depth"),
      .direct = registry_option(engine, options, "direct"),
      .fixed = registry_option(engine, options, "fixed"),
      .sqpoll = registry_option(engine, options, "sqpoll"),
      .iopoll = registry_option(engine, options, "iopoll"),
      .dsync = registry_option(engine, options, "dsync"),
  };
  int failed = 0;
  if (file->iopoll && !file->direct) failed = error_set(error, -EINVAL, "iopoll polls the device; it needs direct=on");
  if (!failed && file->direct) failed = open_direct(file, error);
  if (!failed && !settings->read_only) failed = mark(file, error);
  if (!failed) failed = try_ring(file, settings->size, error);
  if (failed) {
    uring_close(file);
    return failed;
  }
  limits->alignment = file->alignment;
  limits->durable = file->dsync ? IO_DURABLE_EACH : file->iopoll ? IO_DURABLE_NEVER : IO_DURABLE_ALONE;
  *out = file;
  return 0;
}

const struct io_ops uring_io = {
    .open = uring_open,
    .close = uring_close,
    .session_open = ring_session_open,
    .session_close = ring_session_close,
    .read = ring_read,
    .write = ring_write,
    .submit = ring_submit,
    .reap = ring_reap,
    .sync = ring_sync,
    .settings = ring_settings,
};

static const struct engine_option options[] = {
    {"depth", OPTION_COUNT, NULL, "64", 1, 4096, "most requests in flight in a session"},
    {"direct", OPTION_BOOL, NULL, "off", 0, 0, "go round the page cache (O_DIRECT)"},
    {"fixed", OPTION_BOOL, NULL, "off", 0, 0, "register file and buffers with the ring"},
    {"sqpoll", OPTION_BOOL, NULL, "off", 0, 0, "a kernel thread submits (IORING_SETUP_SQPOLL)"},
    {"iopoll", OPTION_BOOL, NULL, "off", 0, 0, "poll the device for completions; needs direct=on and poll queues"},
    {"dsync", OPTION_BOOL, NULL, "off", 0, 0, "durable writes by RWF_DSYNC in place of write and fsync"},
    SLOT_STORE_OPTIONS,
    {0},
};

static int open_store(const char *path, const struct store_config *config, struct store **store, struct error *error) {
  return slot_store_open(path, config, &engine_uring, &uring_io, store, error);
}

static int probe(const char *folder, const struct store_config *config, struct error *error) {
  return slot_store_probe(folder, config, &engine_uring, &uring_io, error);
}

static const char *durability(const struct store_config *config) {
  static const char none[] = "nothing: the kernel writes back when it likes";
  static const char async[] =
      "sync_file_range(SYNC_FILE_RANGE_WRITE), which waits for nothing, after each batch of puts";
  static const char *const by_ring[SYNC_KINDS] = {
      none, async, "IORING_OP_FSYNC(DATASYNC) after every N puts, once their writes are reaped", "fdatasync on a timer",
      "IORING_OP_FSYNC(DATASYNC): linked behind the write where a group is one write, else after all are reaped"};
  static const char *const by_call[SYNC_KINDS] = {
      none, async, "fdatasync after every N puts (a ring with iopoll cannot sync)", "fdatasync on a timer",
      "fdatasync after each put, one for a batch (a ring with iopoll cannot sync)"};
  const struct engine_options *in_effect = &config->options;
  if (config->sync.kind == SYNC_ALWAYS && registry_option(&engine_uring, in_effect, "dsync"))
    return "RWF_DSYNC on each write";
  return (registry_option(&engine_uring, in_effect, "iopoll") ? by_call : by_ring)[config->sync.kind];
}

const struct engine engine_uring = {
    .api = ENGINE_API,
    .name = "uring",
    .label = "io_uring",
    .summary = "a window of requests in flight on an io_uring, one ring a session",
    .caps = CAP_QUEUE | CAP_SHARED_FORMAT | CAP_PROCESSES | CAP_PERSISTENT,
    .options = options,
    .durability = durability,
    .probe = probe,
    .open = open_store,
    .close = slot_store_close,
    .session_open = slot_store_session_open,
    .session_close = slot_store_session_close,
    .submit = slot_store_submit,
    .reap = slot_store_reap,
    .scan = slot_store_scan,
    .sync = slot_store_sync,
    .forget = slot_store_forget,
    .compact = slot_store_compact,
    .stat = slot_store_stat,
    .settings = slot_store_settings,
};
