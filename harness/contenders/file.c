// SPDX-License-Identifier: MIT
// The store's file as a contender sees it, and the functions by which the cache is brought into its state.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engines/slots/file.h"
#include "engines/slots/format.h"
#include "harness/contenders/internal.h"

enum { PAGE = 4096 };

static int map_file(struct store *file, struct error *error) {
  void *map = mmap(NULL, file->bytes, PROT_READ, MAP_SHARED, file->fd, 0);
  if (map == MAP_FAILED) return error_set(error, -errno, "the file cannot be mapped: %m");
  file->map = map;
  return 0;
}

int contender_file_open(const struct sample_order *order, int flags, bool map, struct store *file,
                        struct error *error) {
  struct stat status;
  *file = (struct store){.records = order->settings.workload.records, .record_size = order->settings.record_size};
  file->fd = open(order->path, flags | O_CLOEXEC);
  if (file->fd < 0) {
    bool direct = (flags & O_DIRECT) && errno == EINVAL;
    return error_set(error, direct ? -EOPNOTSUPP : -errno, "the file cannot be opened: %m");
  }
  if (fstat(file->fd, &status)) return error_set(error, -errno, "the file cannot be looked at: %m");
  file->bytes = (size_t)status.st_size;
  if (file->bytes < slot_offset(file->record_size, file->records))
    return error_set(error, -EIO, "the file ends before its last record");
  return map ? map_file(file, error) : 0;
}

int contender_file_create(const struct sample_order *order, struct store *file, struct error *error) {
  *file = (struct store){.records = order->settings.workload.records, .record_size = order->settings.record_size};
  file->bytes = slot_offset(file->record_size, file->records);
  file->fd = file_open(order->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  int code = file->fd < 0 ? file->fd : file_extend(file->fd, 0, file->bytes);
  return code ? error_set(error, code, "the file cannot be made: %s", strerror(-code)) : 0;
}

void contender_file_close(struct store *file) {
  if (file->map) munmap(file->map, file->bytes);
  if (file->fd >= 0) close(file->fd);
  *file = (struct store){.fd = -1};
}

// What is only in the page cache is dropped by whoever asked.
int contender_forget(struct store *store) {
  return store->map && madvise(store->map, store->bytes, MADV_DONTNEED) ? -errno : 0;
}

int contender_sync(struct store *store) { return fdatasync(store->fd) ? -errno : 0; }

int contender_stat(struct store *store, struct store_stat *stat) {
  *stat = (struct store_stat){.records = store->records, .record_size = store->record_size};
  return 0;
}

// There is nothing to a session but the file.
int contender_session_open(struct store *store, struct session **session, struct error *error) {
  (void)error;
  *session = (void *)store;
  return 0;
}

int contender_session_close(struct session *session) {
  (void)session;
  return 0;
}

// Every page of the map is touched, whatever is in it.
int contender_touch(struct session *session, const void *from, uint32_t from_length, uint64_t limit, scan_fn fn,
                    void *user) {
  const struct store *store = (const void *)session;
  (void)from, (void)from_length, (void)limit, (void)fn, (void)user;
  for (size_t at = 0; store->map && at < store->bytes; at += PAGE) (void)*(volatile unsigned char *)(store->map + at);
  return 0;
}
