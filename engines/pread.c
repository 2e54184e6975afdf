// SPDX-License-Identifier: MIT
// pread(2) and pwrite(2): one system call an operation, copied between the page cache and the store's buffer; or, with
// direct=on, between the device and the buffer, block by block.
//
// Durability is fdatasync(2): it writes the data and what is needed to find it again, and leaves out the times that
// fsync would journal. With sync=dsync each write carries RWF_DSYNC instead: one call, and on devices with FUA no flush
// of the whole write cache. sync=range is no such call and makes nothing durable: sync_file_range(2) waits until the
// device has taken the pages, but neither flushes its write cache nor writes what the file system needs to find them.
// So it is of the policy async alone. dontcache=on (RWF_DONTCACHE, Linux 6.14) goes through the page cache and drops
// the pages behind it.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "engines/native.h"
#include "engines/registry.h"
#include "engines/slots/file.h"
#include "engines/slots/forks.h"
#include "engines/slots/own.h"
#include "engines/slots/settings.h"
#include "engines/slots/store.h"
#include "engines/slots/ways.h"

#ifndef RWF_DONTCACHE
#define RWF_DONTCACHE 0x80  // newer than Debian 12's headers
#endif

enum sync_call { CALL_FDATASYNC, CALL_FSYNC, CALL_DSYNC, CALL_RANGE };

struct io_file {
  int fd;
  bool own_fd;
  struct forks_entry forks;  // of that one
  int open_flags;            // O_DIRECT or 0
  int flags;                 // RWF_* of every read and write
  enum sync_call sync_call;
};

struct io_session {
  struct io_file *file;
  struct own_file reads;
};

static int open_direct(struct io_file *file, struct io_limits *limits, bool read_only, struct error *error) {
  int alignment = file_direct_alignment(file->fd);
  if (alignment < 0)
    return error_set(error, alignment, "no direct I/O on this file system (%s); leave direct=on out or use another",
                     strerror(-alignment));
  int fd = file_reopen(file->fd, (read_only ? O_RDONLY : O_RDWR) | O_DIRECT | O_CLOEXEC);
  if (fd < 0) return error_set(error, fd, "cannot open with O_DIRECT: %s", strerror(-fd));
  file->fd = fd;
  file->own_fd = true;
  file->open_flags = O_DIRECT;
  int failed = forks_add(&file->forks, forks_shut, &file->fd);
  if (failed) {
    close(fd);
    return error_set(error, failed, "no memory");
  }
  limits->alignment = (uint32_t)alignment;
  return 0;
}

// The kernel says whether it knows the flag only when it is used.
static int try_dontcache(const struct io_file *file, struct error *error) {
  char byte;
  int code = file_read(file->fd, &byte, 1, 0, RWF_DONTCACHE);
  if (!code) return 0;
  return error_set(error, code, "no RWF_DONTCACHE here (%s): it needs Linux 6.14 and a file system that has it",
                   strerror(-code));
}

static int pread_open(struct io_file **out, struct io_limits *limits, int fd, const struct io_settings *settings,
                      struct error *error) {
  struct io_file *file = calloc(1, sizeof *file);
  if (!file) return error_set(error, -ENOMEM, "no memory");
  bool direct = registry_option(settings->engine, settings->options, "direct");
  bool dontcache = registry_option(settings->engine, settings->options, "dontcache");
  file->fd = fd;
  file->sync_call = (enum sync_call)registry_option(settings->engine, settings->options, "sync");
  *limits =
      (struct io_limits){.alignment = 1, .durable = file->sync_call == CALL_DSYNC ? IO_DURABLE_EACH : IO_DURABLE_NEVER};
  int code = 0;
  if (direct && dontcache) code = error_set(error, -EINVAL, "direct=on has no cache to drop; leave dontcache=on out");
  if (!code && direct) code = open_direct(file, limits, settings->read_only, error);
  if (!code && dontcache) code = try_dontcache(file, error);
  if (code) {
    forks_remove(&file->forks);
    free(file);
    return code;
  }
  file->flags = dontcache ? RWF_DONTCACHE : 0;
  *out = file;
  return 0;
}

static int pread_close(struct io_file *file) {
  forks_remove(&file->forks);
  int error = file->own_fd ? file_close(file->fd) : 0;
  free(file);
  return error;
}

static int pread_session_close(struct io_session *session) {
  own_close(&session->reads);
  free(session);
  return 0;
}

static int pread_session_open(struct io_file *file, const struct io_buffers *buffers, struct io_session **out,
                              uint32_t *depth) {
  (void)buffers;
  struct io_session *session = calloc(1, sizeof *session);
  if (!session) return -ENOMEM;
  session->file = file;
  int error = own_open(&session->reads, file->fd, file->open_flags);
  if (error) {
    pread_session_close(session);
    return error;
  }
  *depth = 1;
  *out = session;
  return 0;
}

static int pread_read(struct io_session *session, void *buffer, size_t length, uint64_t offset) {
  return file_read(session->reads.fd, buffer, length, offset, session->file->flags);
}

static int pread_write(struct io_session *session, const void *buffer, size_t length, uint64_t offset, unsigned flags) {
  int rwf = session->file->flags | (flags & IO_DURABLE ? RWF_DSYNC : 0);
  return file_write(session->file->fd, buffer, length, offset, rwf);
}

static int pread_sync(struct io_file *file, struct io_session *session, uint64_t offset, uint64_t length, bool wait) {
  (void)session;
  if (!wait && file->sync_call == CALL_RANGE) return file_await_writeback(file->fd, offset, length);
  if (!wait) return file_start_writeback(file->fd, offset, length);
  return file->sync_call == CALL_FSYNC ? file_fsync(file->fd) : file_fdatasync(file->fd);
}

static int pread_settings(struct io_session *session, setting_fn tell, void *user) {
  const struct io_file *file = session->file;
  int code = settings_tell_access(file->fd, tell, user);
  if (!code) code = own_settings(&session->reads, tell, user);
  return code || !file->flags ? code : tell(user, "each read and write", "RWF_DONTCACHE");
}

const struct io_ops pread_io = {
    .open = pread_open,
    .close = pread_close,
    .session_open = pread_session_open,
    .session_close = pread_session_close,
    .read = pread_read,
    .write = pread_write,
    .sync = pread_sync,
    .settings = pread_settings,
};

static const struct engine_option pread_options[] = {
    {"direct", OPTION_BOOL, NULL, "off", 0, 0, "O_DIRECT: around the page cache"},
    {"sync", OPTION_CHOICE, "fdatasync/fsync/dsync/range", "fdatasync", 0, 0,
     "the call that makes writes durable; dsync: RWF_DSYNC on each write under the policy always; range: under async, "
     "sync_file_range that waits, and makes nothing durable"},
    {"dontcache", OPTION_BOOL, NULL, "off", 0, 0, "RWF_DONTCACHE: through the page cache, dropped behind"},
    SLOT_STORE_OPTIONS,
    {0},
};

static const char *pread_durability(const struct store_config *config) {
  static const char *const words[SYNC_KINDS][4] = {
      [SYNC_NONE] = {"no sync", "no sync", "no sync", "no sync"},
      [SYNC_ASYNC] = {"sync_file_range(WRITE) after each batch, not awaited",
                      "sync_file_range(WRITE) after each batch, not awaited",
                      "sync_file_range(WRITE) after each batch, not awaited",
                      "sync_file_range(WAIT_BEFORE, WRITE, WAIT_AFTER) after each batch, which makes nothing durable"},
      [SYNC_EVERY] = {"fdatasync after each N puts", "fsync after each N puts", "fdatasync after each N puts",
                      "nothing: refused under this policy"},
      [SYNC_INTERVAL] = {"fdatasync by a timer", "fsync by a timer", "fdatasync by a timer",
                         "nothing: refused under this policy"},
      [SYNC_ALWAYS] = {"fdatasync after each batch of puts", "fsync after each batch of puts",
                       "each pwrite with RWF_DSYNC", "nothing: refused under this policy"},
  };
  return words[config->sync.kind][registry_option(&engine_pread, &config->options, "sync")];
}

// What is asked for must not pass for a promise.
static int check_range(const struct store_config *config, struct error *error) {
  if (registry_option(&engine_pread, &config->options, "sync") != CALL_RANGE) return 0;
  if (config->sync.kind == SYNC_NONE || config->sync.kind == SYNC_ASYNC) return 0;
  return error_set(error, -EINVAL,
                   "sync=range makes nothing durable (sync_file_range flushes no write cache and no metadata); use it "
                   "with the policy async");
}

static int pread_engine_open(const char *path, const struct store_config *config, struct store **store,
                             struct error *error) {
  int code = check_range(config, error);
  return code ? code : slot_store_open(path, config, &engine_pread, &pread_io, store, error);
}

static int pread_probe(const char *folder, const struct store_config *config, struct error *error) {
  int code = check_range(config, error);
  return code ? code : slot_store_probe(folder, config, &engine_pread, &pread_io, error);
}

const struct engine engine_pread = {
    .api = ENGINE_API,
    .name = "pread",
    .label = "pread",
    .summary = "pread and pwrite, a system call an operation",
    .caps = CAP_SHARED_FORMAT | CAP_PROCESSES | CAP_PERSISTENT,
    .options = pread_options,
    .durability = pread_durability,
    .probe = pread_probe,
    .open = pread_engine_open,
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
