// SPDX-License-Identifier: MIT
// Moves bytes through the buffers of stdio: fseeko and fread, fseeko and fwrite. The lecture's "traditional file I/O".
//
// One FILE writes (under the store's writer lock), one per session reads. A reader's buffer knows nothing of what the
// writer has flushed since it was filled, and glibc goes on using it when a seek stays inside it; so a reader throws
// its buffer away when the writer has flushed since. What is still in the writer's buffer is flushed before a read:
// that happens with one session only, since with more the store flushes each put before it publishes it.
//
// Buffers are 4096 bytes by default, as glibc chooses (st_blksize). A random read fills the whole buffer by a seek and
// a read, whatever the record's size; a read of a buffer's size or more goes past it.
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engines/native.h"
#include "engines/registry.h"
#include "engines/slots/file.h"
#include "engines/slots/forks.h"
#include "engines/slots/store.h"
#include "engines/slots/ways.h"

struct stream {
  FILE *file;
  int fd;                    // its descriptor
  struct forks_entry forks;  // a child's exit would write out its copy of the buffer, and move the offset they share
  char *buffer;              // glibc ignores the size given to setvbuf unless the memory comes with it
  uint64_t position;         // where the next byte goes to or comes from without a seek; UINT64_MAX: unknown
};

struct io_file {
  int fd;                       // the store's
  struct stream writer;         // file NULL: read-only
  size_t buffer;                // bytes of each stream's; 0: unbuffered
  _Atomic uint64_t written;     // counts writes into the writer's buffer...
  _Atomic uint64_t flushed;     // ...and how many of them the kernel has seen
  _Atomic uint64_t generation;  // grows when readers must drop their buffers
  _Atomic int failed;           // 0, or the -errno of a failed write or flush: bytes in the buffer were lost, whatever
                                // a later one returns
};

struct io_session {
  struct io_file *file;
  struct stream reader;
  uint64_t generation;  // as of the reader's buffer
};

static int stream_error(struct stream *stream) {
  int error = errno ? -errno : -EIO;
  clearerr(stream->file);
  stream->position = UINT64_MAX;
  return error;
}

static int stream_close(struct stream *stream) {
  forks_remove(&stream->forks);
  int error = stream->file && fclose(stream->file) ? -errno : 0;
  free(stream->buffer);
  return error;
}

// On a descriptor of its own, so that fclose leaves the store's open and seeks do not move another stream's position.
static int stream_open(struct stream *stream, const struct io_file *file, const char *mode) {
  *stream = (struct stream){.position = UINT64_MAX};
  int fd = file_reopen(file->fd, 0);
  if (fd < 0) return fd;
  stream->file = fdopen(fd, mode);
  if (!stream->file) {
    int error = -errno;
    close(fd);
    return error;
  }
  stream->fd = fd;
  if (file->buffer > 0) stream->buffer = malloc(file->buffer);
  bool refused = setvbuf(stream->file, stream->buffer, file->buffer ? _IOFBF : _IONBF, file->buffer) != 0;
  if (!refused && (stream->buffer || file->buffer == 0) && !forks_add(&stream->forks, forks_shut, &stream->fd))
    return 0;
  stream_close(stream);
  return -ENOMEM;
}

// A seek to where the stream stands is left out: glibc would call lseek all the same, and on the writer flush.
static int stream_seek(struct stream *stream, uint64_t offset) {
  errno = 0;
  if (stream->position == offset) return 0;
  return fseeko(stream->file, (off_t)offset, SEEK_SET) ? stream_error(stream) : 0;
}

static int stdio_open(struct io_file **out, struct io_limits *limits, int fd, const struct io_settings *settings,
                      struct error *error) {
  struct io_file *file = calloc(1, sizeof *file);
  if (!file) return error_set(error, -ENOMEM, "out of memory");
  file->fd = fd;
  file->buffer = registry_option(settings->engine, settings->options, "buffer");
  int code = settings->read_only ? 0 : stream_open(&file->writer, file, "r+");
  if (code) {
    free(file);
    return error_set(error, code, "cannot open a stream: %s", strerror(-code));
  }
  *limits = (struct io_limits){.alignment = 1, .durable = IO_DURABLE_NEVER};
  *out = file;
  return 0;
}

static int stdio_close(struct io_file *file) {
  bool flushed = atomic_load(&file->flushed) >= atomic_load(&file->written);
  int error = stream_close(&file->writer);
  free(file);
  return flushed && error == -EINTR ? 0 : error;  // Linux has closed it all the same
}

static int stdio_flush(struct io_file *file) {
  uint64_t written = atomic_load(&file->written), flushed = atomic_load(&file->flushed);
  if (flushed >= written) return 0;
  int failed = atomic_load(&file->failed);
  if (failed) return failed;
  errno = 0;
  if (fflush(file->writer.file)) {
    failed = errno ? -errno : -EIO;
    atomic_store(&file->failed, failed);
    return failed;
  }
  // In this order: whoever finds nothing left to flush must also find the new generation.
  atomic_fetch_add(&file->generation, 1);
  while (flushed < written && !atomic_compare_exchange_weak(&file->flushed, &flushed, written)) {
  }
  return 0;
}

static int stdio_session_open(struct io_file *file, const struct io_buffers *buffers, struct io_session **out,
                              uint32_t *depth) {
  (void)buffers;  // streams have their own
  struct io_session *session = calloc(1, sizeof *session);
  if (!session) return -ENOMEM;
  session->file = file;
  int error = stream_open(&session->reader, file, "r");
  if (error) {
    free(session);
    return error;
  }
  *depth = 1;
  *out = session;
  return 0;
}

static int stdio_session_close(struct io_session *session) {
  stream_close(&session->reader);  // it only read: nothing to lose
  free(session);
  return 0;
}

// By fflush, which on a stream that reads gives the buffer up and forgets the position. Not by __fpurge: glibc still
// takes the buffer's old end for its position then, and a seek nearby reads other bytes than it was told to.
static int drop_old_buffer(struct io_session *session) {
  uint64_t generation = atomic_load(&session->file->generation);
  if (generation == session->generation) return 0;
  errno = 0;
  if (fflush(session->reader.file)) return stream_error(&session->reader);
  session->generation = generation;
  session->reader.position = UINT64_MAX;
  return 0;
}

static int stdio_read(struct io_session *session, void *buffer, size_t length, uint64_t offset) {
  struct stream *reader = &session->reader;
  int error = stdio_flush(session->file);
  if (!error) error = drop_old_buffer(session);
  if (!error) error = stream_seek(reader, offset);
  if (error) return error;
  size_t done = fread(buffer, 1, length, reader->file);
  while (done < length && ferror(reader->file) && errno == EINTR) {
    clearerr(reader->file);
    done += fread((char *)buffer + done, 1, length - done, reader->file);
  }
  if (done < length) return stream_error(reader);  // at the end of the file errno is still 0: -EIO
  reader->position = offset + length;
  return 0;
}

static int stdio_write(struct io_session *session, const void *buffer, size_t length, uint64_t offset, unsigned flags) {
  (void)flags;  // of durable writes there are none, and each write is a call already
  struct io_file *file = session->file;
  struct stream *writer = &file->writer;
  if (!writer->file) return -EROFS;
  int error = atomic_load(&file->failed);
  if (error) return error;
  error = stream_seek(writer, offset);  // flushes what was written elsewhere before
  if (!error && fwrite(buffer, 1, length, writer->file) != length) error = stream_error(writer);
  if (error) {
    // When a write fails, glibc gives up all that was in the buffer, be it only a signal that interrupted it: earlier
    // records may be gone.
    atomic_store(&file->failed, error);
    return error;
  }
  writer->position = offset + length;
  atomic_fetch_add(&file->written, 1);
  return 0;
}

static int stdio_sync(struct io_file *file, struct io_session *session, uint64_t offset, uint64_t length, bool wait) {
  (void)session;
  if (wait) return file_fdatasync(file->fd);
  // The store flushes before a sync that it waits for only; what is not in the page cache cannot be written back.
  int error = stdio_flush(file);
  return error ? error : file_start_writeback(file->fd, offset, length);
}

// Each reader drops its buffer at its next read.
static int stdio_forget(struct io_file *file) {
  atomic_fetch_add(&file->generation, 1);
  return 0;
}

// What waits in the writer's buffer would make a file that is cut longer again, and readers may hold what is cut off.
static int stdio_resize(struct io_file *file, uint64_t old_size, uint64_t new_size) {
  int error = stdio_flush(file);
  if (!error && new_size < old_size) error = stdio_forget(file);
  return error;
}

// As glibc has it, which may take another size than it was given.
static int tell_buffer(const struct stream *stream, const char *name, setting_fn tell, void *user) {
  char text[32];
  if (!stream->file) return 0;
  snprintf(text, sizeof text, "%zu bytes", __fbufsize(stream->file));
  return tell(user, name, text);
}

static int stdio_settings(struct io_session *session, setting_fn tell, void *user) {
  int code = tell_buffer(&session->reader, "reader's buffer", tell, user);
  return code ? code : tell_buffer(&session->file->writer, "writer's buffer", tell, user);
}

const struct io_ops stdio_io = {
    .open = stdio_open,
    .close = stdio_close,
    .session_open = stdio_session_open,
    .session_close = stdio_session_close,
    .read = stdio_read,
    .write = stdio_write,
    .resize = stdio_resize,
    .flush = stdio_flush,
    .sync = stdio_sync,
    .forget = stdio_forget,
    .settings = stdio_settings,
};

static const struct engine_option stdio_options[] = {
    {"buffer", OPTION_SIZE, NULL, "4096", 0, 1u << 20, "bytes of each stream's buffer; 0: unbuffered"},
    SLOT_STORE_OPTIONS,
    {0},
};

static const char *stdio_durability(const struct store_config *config) {
  static const char *const words[SYNC_KINDS] = {
      [SYNC_NONE] = "no flush, no sync: a killed process loses what is in its buffer",
      [SYNC_ASYNC] = "fflush and sync_file_range(WRITE) after each batch, not awaited",
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
    .settings = slot_store_settings,
};
