// SPDX-License-Identifier: MIT
// The file that bounds of calls and of the device are measured on.
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/pages.h"
#include "base/words.h"
#include "harness/cache.h"
#include "harness/limits/loop.h"
#include "workloads/random.h"

enum { PIECE = 1 << 20, PAGE = 4096 };
static const double warm_from = 0.99, bypassed_below = 0.05;

int limit_cursor_open(const struct limit_order *order, unsigned thread, struct limit_cursor *cursor) {
  const struct limit_spec *spec = &order->spec;
  const struct key_stream_config config = {.order = spec->keys,
                                           .records = spec->data / spec->record_size,
                                           .theta = spec->theta,
                                           .seed = order->seed + thread,
                                           .first = thread,
                                           .stride = spec->threads};
  cursor->next = CURSOR_CHUNK;
  return key_stream_open(&config, &cursor->keys);
}

void limit_cursor_close(struct limit_cursor *cursor) {
  if (cursor->keys) key_stream_close(cursor->keys);
}

// A disk that runs full would stop more than this measurement.
static int check_space(int fd, uint64_t bytes, struct error *error) {
  struct statvfs file_system;
  char need[32], have[32];
  if (fstatvfs(fd, &file_system)) return error_set(error, -errno, "free space cannot be told: %m");
  uint64_t available = (uint64_t)file_system.f_bavail * file_system.f_frsize;
  if (bytes <= available) return 0;
  format_size(bytes, need, sizeof need);
  format_size(available, have, sizeof have);
  return error_set(error, -EOPNOTSUPP, "a file of it takes %s and %s is free", need, have);
}

// Appends up to `size`, `piece` bytes a write: as many as a folio shall have. Bytes that no device can compress.
static int extend(int fd, uint64_t from, uint64_t size, size_t piece, struct error *error) {
  uint64_t *words = pages_new(piece);
  if (!words) return error_set(error, -ENOMEM, "no memory");
  struct random random;
  random_seed(&random, from + 1);
  int code = 0;
  for (uint64_t at = from; at < size && !code; at += piece) {
    for (size_t i = 0; i < piece / sizeof *words; i++) words[i] = random_next(&random);
    size_t length = size - at < piece ? size - at : piece;
    ssize_t n = pwrite(fd, words, length, (off_t)at);
    if (n != (ssize_t)length) code = n < 0 ? -errno : -ENOSPC;
  }
  if (!code && fdatasync(fd)) code = -errno;
  free(words);
  if (!code) return 0;
  int cut = ftruncate(fd, (off_t)from) ? -errno : 0;  // a full disk is given its space back
  return error_set(error, code, "the file cannot be written: %s%s", strerror(-code), cut ? ", nor cut back" : "");
}

// *grown: it is new, or was shorter.
static int make_file(const char *path, uint64_t size, size_t piece, int *out, bool *grown, struct error *error) {
  struct stat status;
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return error_set(error, -errno, "the file cannot be made: %m");
  int code = fstat(fd, &status) ? error_set(error, -errno, "the file cannot be made: %m") : 0;
  uint64_t from = code ? 0 : (uint64_t)status.st_size;
  *grown = from < size;
  if (!code && *grown) code = check_space(fd, size - from, error);
  if (!code && *grown) code = extend(fd, from, size, piece, error);
  if (code)
    close(fd);
  else
    *out = fd;
  return code;
}

// Read from end to end in pieces, as the data of the cells is brought into the cache.
static int read_in(int fd, uint64_t size) {
  char *buffer = pages_new(PIECE);
  int code = buffer ? 0 : -ENOMEM;
  for (uint64_t at = 0; at < size && !code;) {
    ssize_t n = pread(fd, buffer, PIECE, (off_t)at);
    if (n <= 0) code = n < 0 ? -errno : -EIO;
    at += n > 0 ? (uint64_t)n : 0;
  }
  free(buffer);
  return code;
}

static int bring_in(const char *path, int fd, uint64_t size, struct error *error) {
  double share;
  int code = cache_residency(path, &share);
  if (!code && share < warm_from) {
    code = read_in(fd, size);
    if (!code) code = cache_residency(path, &share);
  }
  if (code) return error_set(error, code, "the file cannot be brought into the page cache: %s", strerror(-code));
  if (share >= warm_from) return 0;
  return error_set(error, -EOPNOTSUPP, "only %.0f%% of the file stays in the page cache", share * 100);
}

int limit_file_warm(const struct limit_order *order, int *fd, struct error *error) {
  bool grown = false;
  int code = limit_check_memory(order->spec.data, error);
  if (!code) code = make_file(order->path, order->spec.data, PIECE, fd, &grown, error);
  if (code) return code;
  // How pages came into the cache decides the size of their folios: by reads, not by the writes above.
  if (grown && cache_drop(order->path)) grown = false;
  code = bring_in(order->path, *fd, order->spec.data, error);
  if (code) close(*fd), *fd = -1;
  return code;
}

static int check_device(int fd, struct error *error) {
  struct statfs file_system;
  if (fstatfs(fd, &file_system)) return error_set(error, -errno, "the file system is not known: %m");
  if (file_system.f_type != TMPFS_MAGIC && file_system.f_type != RAMFS_MAGIC) return 0;
  return error_set(error, -EOPNOTSUPP, "the file system is in memory: there is no device below it");
}

int limit_file_direct(const struct limit_order *order, int *out, struct error *error) {
  bool grown = false;
  int buffered = -1;
  int code = make_file(order->path, order->spec.data, PIECE, &buffered, &grown, error);
  if (code) return code;
  code = check_device(buffered, error);
  close(buffered);
  if (code) return code;
  code = cache_drop(order->path);
  if (code) return error_set(error, code, "the page cache cannot be dropped: %s", strerror(-code));
  int fd = open(order->path, O_RDWR | O_DIRECT | O_CLOEXEC);
  if (fd < 0) return error_set(error, errno == EINVAL ? -EOPNOTSUPP : -errno, "O_DIRECT is refused here: %m");
  *out = fd;
  return 0;
}

int limit_file_bypassed(const struct limit_order *order, struct error *error) {
  double share;
  int code = cache_residency(order->path, &share);
  if (code) return error_set(error, code, "whether O_DIRECT went round the page cache: %s", strerror(-code));
  if (share < bypassed_below) return 0;
  return error_set(error, -EOPNOTSUPP, "O_DIRECT went through the page cache here: %.0f%% of the file is in it",
                   share * 100);
}

int limit_file_map(const struct limit_order *order, struct limit_target *target, struct error *error) {
  char path[sizeof order->path + 8];
  bool grown = false;
  snprintf(path, sizeof path, "%s.map", order->path);
  int code = limit_check_memory(order->spec.data, error);
  if (!code) code = make_file(path, order->spec.data, PAGE, &target->fd, &grown, error);
  if (code) return code;
  void *map = mmap(NULL, order->spec.data, PROT_READ | PROT_WRITE, MAP_SHARED, target->fd, 0);
  if (map == MAP_FAILED) {
    code = error_set(error, -errno, "the file cannot be mapped: %m");
    close(target->fd);
    return code;
  }
  // Advice that costs nothing where it is refused: a fault reads its own page only.
  (void)madvise(map, order->spec.data, MADV_RANDOM);
  target->memory = map;
  target->memory_bytes = order->spec.data;
  return 0;
}

void limit_file_release(struct limit_target *target) {
  if (target->memory) munmap(target->memory, target->memory_bytes);
  if (target->fd >= 0) close(target->fd);
}
