// SPDX-License-Identifier: MIT
// Whether a way of moving bytes works here, found out by moving some: a kernel may grant a ring or an O_DIRECT
// descriptor and then refuse every read on it.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engines/slots/file.h"
#include "engines/slots/internal.h"
#include "engines/slots/store.h"

enum { PROBE_BYTES = 4 * FILE_ALIGNMENT, WRITTEN_BYTE = 0x5A, READ_ONLY_BYTE = 0x3C };

// The file that is to be read must lie on the device: blocks that are allocated and were never written are read as
// zeros without asking it, and a ring that cannot read (IOPOLL without poll queues) then seems to.
static int make_bytes(int fd) {
  unsigned char bytes[PROBE_BYTES];
  memset(bytes, READ_ONLY_BYTE, sizeof bytes);
  int code = file_extend(fd, 0, PROBE_BYTES);
  if (!code) code = file_write(fd, bytes, sizeof bytes, 0, 0);
  return code ? code : file_fdatasync(fd);
}

static int read_queued(const struct io_ops *io, struct io_session *session, unsigned char *buffer) {
  struct io_request request = {.kind = IO_READ, .buffer = buffer, .length = FILE_ALIGNMENT, .offset = RECORDS_OFFSET};
  struct io_request *pointer = &request;
  int error = io->submit(session, &pointer, 1);
  if (error) return error;
  int count = io->reap(session, &pointer, 1, 1);
  if (count < 0) return count;
  return count == 1 ? request.result : -EIO;
}

static int move_bytes(const struct io_ops *io, struct io_file *file, bool read_only, unsigned char *buffer) {
  struct io_session *session;
  struct io_buffers buffers = {buffer, PROBE_BYTES};
  uint32_t depth;
  int error = io->session_open(file, &buffers, &session, &depth);
  if (error) return error;
  memset(buffer, WRITTEN_BYTE, FILE_ALIGNMENT);
  if (!read_only) error = io->write(session, buffer, FILE_ALIGNMENT, RECORDS_OFFSET, 0);
  if (!error && !read_only && io->flush) error = io->flush(file);
  if (!error && !read_only) error = io->sync(file, session, RECORDS_OFFSET, FILE_ALIGNMENT, true);
  memset(buffer, 0, FILE_ALIGNMENT);
  if (!error) error = io->read(session, buffer, FILE_ALIGNMENT, RECORDS_OFFSET);
  if (!error && io->submit) error = read_queued(io, session, buffer);
  if (!error && buffer[0] != (read_only ? READ_ONLY_BYTE : WRITTEN_BYTE)) error = -EIO;
  int closed = io->session_close(session);
  return error ? error : closed;
}

static int try_io(const struct engine *engine, const struct io_ops *io, const struct store_config *config, int fd,
                  struct error *error) {
  struct io_settings settings = {.engine = engine,
                                 .options = &config->options,
                                 .sync = config->sync,
                                 .record_size = RECORD_SIZE_DEFAULT,
                                 .size = PROBE_BYTES,
                                 .read_only = config->read_only};
  struct io_limits limits = {.alignment = 1};
  struct io_file *file;
  void *buffer;
  if (posix_memalign(&buffer, FILE_ALIGNMENT, PROBE_BYTES)) return error_set(error, -ENOMEM, "no memory to try it");
  int code = io->open(&file, &limits, fd, &settings, error);
  if (!code) {
    code = move_bytes(io, file, config->read_only, buffer);
    if (code) error_set(error, code, "opens here, but cannot read and write with these options: %s", strerror(-code));
    int closed = io->close(file);
    if (!code && closed) code = error_set(error, closed, "cannot close: %s", strerror(-closed));
  }
  free(buffer);
  return code;
}

int slot_store_probe(const char *folder, const struct store_config *config, const struct engine *engine,
                     const struct io_ops *io, struct error *error) {
  char *path;
  if (asprintf(&path, "%s/.storebench-probe-XXXXXX", folder) < 0) return error_set(error, -ENOMEM, "no memory");
  int fd = mkostemp(path, O_CLOEXEC);
  if (fd < 0) {
    int code = error_set(error, -errno, "cannot create a file in %s: %s", folder, strerror(errno));
    free(path);
    return code;
  }
  int code = make_bytes(fd);
  if (code)
    error_set(error, code, "cannot write a file in %s: %s", folder, strerror(-code));
  else
    code = try_io(engine, io, config, fd, error);
  if (unlink(path) && !code) code = error_set(error, -errno, "cannot remove %s: %s", path, strerror(errno));
  close(fd);
  free(path);
  return code;
}
