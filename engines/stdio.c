// SPDX-License-Identifier: MIT
// Buffered stdio: fseeko and fread, fseeko and fwrite, through a buffer of this process. The lecture's "traditional file
// I/O".
//
// One FILE writes (under the store's writer lock), one per session reads. A reader's buffer knows nothing of what the
// writer has flushed since it was filled, and glibc keeps using it when a seek stays inside it; so a reader throws its
// buffer away (__fpurge) when the writer has flushed since. What is still in the writer's buffer is flushed before a read:
// that happens with one session only, since with more the store flushes each put before it publishes it.
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engines/native.h"
#include "engines/registry.h"
#include "engines/slots/file.h"
#include "engines/slots/store.h"
#include "engines/slots/ways.h"

struct io_file {
  int fd;                      // the store's
  FILE *writer;                // NULL: read-only
  size_t buffer;               // bytes; 0: unbuffered
  uint64_t write_position;     // where the writer's next byte goes without a seek; UINT64_MAX: unknown
  _Atomic bool dirty;          // the writer's buffer holds bytes the kernel has not seen
  _Atomic uint64_t flushes;    // grows with each flush that had something to say
};

struct io_session {
  struct io_file *file;
  FILE *reader;
  uint64_t position;  // of the next byte read without a seek; UINT64_MAX: unknown
  uint64_t flushes;   // as of the reader's buffer
};

static int stream_error(FILE *stream) {
  int error = errno ? -errno : -EIO;
  clearerr(stream);
  return error;
}

// A descriptor of its own, so that fclose does not close the store's and seeks do not move another stream's position.
static int stream_open(const struct io_file *file, int flags, const char *mode, FILE **stream) {
  int fd = file_reopen(file->fd, flags | O_CLOEXEC);
  if (fd < 0) return fd;
  *stream = fdopen(fd, mode);
  if (!*stream) {
    int error = -errno;
    close(fd);
    return error;
  }
  if (setvbuf(*stream, NULL, file->buffer ? _IOFBF : _IONBF, file->buffer)) {
    fclose(*stream);
    return -ENOMEM;
  }
  return 0;
}

static int stdio_open(struct io_file **out, struct io_limits *limits, int fd, const struct io_settings *settings,
                      struct error *error) {
  struct io_file *file = calloc(1, sizeof *file);
  if (!file) return error_set(error, -ENOMEM, "no memory");
  file->fd = fd;
  file->buffer = registry_option(settings->engine, settings->options, "buffer");
  file->write_position = UINT64_MAX;
  *limits = (struct io_limits){.alignment = 1, .durable = IO_DURABLE_NEVER};
  int code = settings->read_only ? 0 : stream_open(file, O_RDWR, "r+b", &file->writer);
  if (code) {
    free(file);
    return error_set(error, code, "cannot open a stream: %s", strerror(-code));
  }
  *out = file;
  return 0;
}

static int stdio_close(struct io_file *file) {
  int error = file->writer && fclose(file->writer) ? -errno : 0;
  free(file);
  return error;
}

static int stdio_flush(struct io_file *file) {
  if (!file->writer || !atomic_load(&file->dirty)) return 0;
  errno = 0;
  if (fflush(file->writer)) return stream_error(file->writer);
  atomic_store(&file->dirty, false);
  atomic_fetch_add(&file->flushes, 1);
  return 0;
}

static int stdio_session_open(struct io_file *file, const struct io_buffers *buffers, struct io_session **out,
                              uint32_t *depth) {
  (void)buffers;
  struct io_session *session = calloc(1, sizeof *session);
  if (!session) return -ENOMEM;
  session->file = file;
  session->position = UINT64_MAX;
  int error = stream_open(file, O_RDONLY, "rb", &session->reader);
  if (error) {
    free(session);
    return error;
  }
  *depth = 1;
  *out = session;
  return 0;
}

static void stdio_session_close(struct io_session *session) {
  fclose(session->reader);  // read only: nothing to lose
  free(session);
}

static void drop_old_buffer(struct io_session *session) {
  uint64_t flushes = atomic_load(&session->file->flushes);
  if (flushes == session->flushes) return;
  __fpurge(session->reader);
  session->flushes = flushes;
  session->position = UINT64_MAX;
}

static int stdio_read(struct io_session *session, void *buffer, size_t length, uint64_t offset) {
  int error = stdio_flush(session->file);
  if (error) return error;
  drop_old_buffer(session);
  errno = 0;
  // A seek, even to where the stream stands, costs an lseek and may throw the buffer away: sequential reads do without.
  if (session->position != offset && fseeko(session->reader, (off_t)offset, SEEK_SET)) {
    session->position = UINT64_MAX;
    return stream_error(session->reader);
  }
  size_t done = fread(buffer, 1, length, session->reader);
  while (done < length && ferror(session->reader) && errno == EINTR) {
    clearerr(session->reader);
    done += fread((char *)buffer + done, 1, length - done, session->reader);
  }
  session->position = offset + length;
  if (done == length) return 0;
  session->position = UINT64_MAX;
  error = ferror(session->reader) ? stream_error(session->reader) : -EIO;
  clearerr(session->reader);
  return error;
}

static int stdio_write(struct io_session *session, const void *buffer, size_t length, uint64_t offset,
                       unsigned flags) {
  (void)flags;
  struct io_file *file = session->file;
  errno = 0;
  if (file->write_position != offset && fseeko(file->writer, (off_t)offset, SEEK_SET)) {
    file->write_position = UINT64_MAX;
    return stream_error(file->writer);
  }
  atomic_store(&file->dirty, true);
  if (fwrite(buffer, 1, length, file->writer) != length) {
    file->write_position = UINT64_MAX;
    return stream_error(file->writer);
  }
  file->write_position = offset + length;
  return 0;
}

static int stdio_sync(struct io_file *file, struct io_session *session, uint64_t offset, uint64_t length, bool wait) {
  (void)session;
  if (wait) return file_fdatasync(file->fd);
  return sync_file_range(file->fd, (off64_t)offset, (off64_t)length, SYNC_FILE_RANGE_WRITE) ? -errno : 0;
}

// Each reader drops its buffer at its next read.
static int stdio_forget(struct io_file *file) {
  atomic_fetch_add(&file->flushes, 1);
  return 0;
}

const struct io_ops stdio_io = {
    .open = stdio_open,
    .close = stdio_close,
    .session_open = stdio_session_open,
    .session_close = stdio_session_close,
    .read = stdio_read,
    .write = stdio_write,
    .flush = stdio_flush,
    .sync = stdio_sync,
    .forget = stdio_forget,
};

static const struct engine_option stdio_options[] = {
    {"buffer", OPTION_SIZE, NULL, "4096", 0, 1u << 20, "bytes of each stream's buffer; 0: unbuffered"},
    SLOT_STORE_OPTIONS,
    {0},
};

static const char *stdio_durability(const struct store_config *config) {
  static const char *const words[SYNC_KINDS] = {
      [SYNC_NONE] = "no flush, no sync: a killed process loses what is in its buffer",
      [SYNC_ASYNC] = "sync_file_range(WRITE) after each batch, not awaited; what is in the buffer is not covered",
      [SYNC_EVERY] = "fflush and fdatasync after each N puts",
      [SYNC_INTERVAL] = "fflush and fdatasync by a timer",
      [SYNC_ALWAYS] = "fflush and fdatasync after each batch of puts",
  };
  return words[config->sync.kind];
}

static int stdio_engine_open(const char *path, const struct store_config *config, struct store **store,
                             struct error *error) {
  return slot_store_open(path, config, &engine_stdio, &stdio_io, store, error);
}

static int stdio_probe(const char *folder, const struct store_config *config, struct error *error) {
  return slot_store_probe(folder, config, &engine_stdio, &stdio_io, error);
}

const struct engine engine_stdio = {
    .api = ENGINE_API,
    .name = "stdio",
    .label = "stdio",
    .summary = "fseeko, fread and fwrite through a buffer",
    .caps = CAP_SHARED_FORMAT | CAP_PROCESSES | CAP_PERSISTENT,
    .options = stdio_options,
    .durability = stdio_durability,
    .probe = stdio_probe,
    .open = stdio_engine_open,
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
};
