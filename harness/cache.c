// SPDX-License-Identifier: MIT
// Cache states: how each is reached, and the proof that it was.
#include "harness/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/input.h"
#include "harness/mappings.h"
#include "harness/store_files.h"

#ifndef SYS_cachestat
#define SYS_cachestat 451  // the same on every architecture (Linux 6.5); older headers lack it
#endif

enum { READ_BYTES = 1 << 20, READ_TRIES = 3, PAGE_BYTES_MIN = 4096 };
static const double COLD_BELOW = 0.01, WARM_FROM = 0.99;
// What fault-around maps (fault_around_bytes, 64 KiB) around the few pages that opening touches.
static const uint64_t MAPPED_SLACK = 256 << 10;
// Of a store of which opening maps some, more than this is no cold one.
static const double KEPT_MOST = 0.05;

struct cachestat_range {
  uint64_t offset, length;
};
struct cachestat {
  uint64_t cached, dirty, writeback, evicted, recently_evicted;
};

static uint64_t pages_of(uint64_t bytes) {
  uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
  return (bytes + page - 1) / page;
}

// Whoever may not write to a file and does not own it is told that all of it is there (mm/mincore.c), to keep secrets.
static bool is_told(int fd, const struct stat *stat) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return geteuid() == 0 || geteuid() == stat->st_uid || access(path, W_OK) == 0;
}

static int mincore_pages(int fd, const struct stat *stat, uint64_t *cached) {
  size_t size = (size_t)stat->st_size, pages = (size_t)pages_of(size);
  if (!is_told(fd, stat)) return -EPERM;
  void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) return -errno;
  int code = 0;
  unsigned char *present = malloc(pages);
  if (!present) {
    code = -ENOMEM;
  } else if (mincore(map, size, present) != 0) {
    code = -errno;
  } else {
    for (size_t i = 0; i < pages; i++) *cached += present[i] & 1;
  }
  free(present);
  munmap(map, size);
  return code;
}

static int cached_pages(int fd, const struct stat *file, uint64_t *cached) {
  struct cachestat_range range = {0, (uint64_t)file->st_size};
  struct cachestat stat;
  *cached = 0;
  if (syscall(SYS_cachestat, fd, &range, &stat, 0) == 0) {
    *cached = stat.cached;
    return 0;
  }
  // ENOSYS: an older kernel; EPERM: a filter that does not know the call; EOPNOTSUPP: not on this file system.
  return mincore_pages(fd, file, cached);
}

static int count_file(const char *path, uint64_t *cached, uint64_t *all) {
  int fd = input_open(path);
  if (fd < 0) return fd;
  struct stat stat;
  int code = fstat(fd, &stat) == 0 ? 0 : -errno;
  if (!code && stat.st_size == 0) code = -ENODATA;
  if (!code) code = cached_pages(fd, &stat, cached);
  if (!code) *all = pages_of((uint64_t)stat.st_size);
  close(fd);
  return code;
}

struct count {
  uint64_t cached, all;
};

static int add_file(const char *path, void *user) {
  struct count *count = user;
  uint64_t cached = 0, all = 0;
  int code = count_file(path, &cached, &all);
  if (code == -ENODATA || code == -ENOENT) return 0;  // empty, or gone since
  count->cached += cached;
  count->all += all;
  return code;
}

static int count_pages(const char *path, uint64_t *cached, uint64_t *all) {
  struct count count = {0, 0};
  int code = store_files_each(path, add_file, &count);
  if (!code && count.all == 0) code = -ENODATA;
  *cached = count.cached;
  if (!code) *all = count.all;
  return code;
}

int cache_residency(const char *path, double *share) {
  uint64_t cached = 0, all = 1;
  int code = count_pages(path, &cached, &all);
  *share = code ? 0 : (double)cached / (double)all;
  return code;
}

int cache_bytes(const char *path, uint64_t *cached) {
  uint64_t pages = 0, all;
  int code = count_pages(path, &pages, &all);
  *cached = code ? 0 : pages * (uint64_t)sysconf(_SC_PAGESIZE);
  return code;
}

int cache_mapped(const char *path, uint64_t *bytes, unsigned *maps) {
  struct mappings mappings;
  int code = mappings_read(path, &mappings);
  *bytes = mappings.file_rss;
  *maps = mappings.maps;
  return code;
}

static int drop_file(const char *path, void *user) {
  (void)user;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT ? 0 : -errno;
  int code = 0;
  // Dirty pages stay where they are, so they are written first.
  if (fdatasync(fd) != 0) code = -errno;
  if (!code) code = -posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  close(fd);
  return code;
}

int cache_drop(const char *path) { return store_files_each(path, drop_file, NULL); }

enum { DROP_TRIES = 5, DROP_PAUSE_US = 10000 };

// /proc/sys/vm/drop_caches could do no more than this: it drops the same unmapped, clean pages, only of every file of
// the machine.
int cache_empty(const struct engine *engine, struct store *store, const char *path, double *share,
                struct error *error) {
  // The store first: pages that its map holds survive every other way.
  int code = engine->forget(store);
  // -EBUSY: pages stayed, which the second try may mend.
  if (code && code != -EBUSY)
    return error_set(error, code, "%s cannot drop its cached pages: %s", engine->name, strerror(-code));
  code = cache_residency(path, share);
  // More than once: pages that another CPU has just had in hand, or that are being written back, stay for a moment.
  for (int tries = 0; !code && *share >= COLD_BELOW && tries < DROP_TRIES; tries++) {
    if (tries) usleep(DROP_PAUSE_US);
    code = cache_drop(path);
    if (!code) code = cache_residency(path, share);
  }
  return code ? error_set(error, -EBUSY, "%s: cannot tell what is in the page cache: %s", path, strerror(-code)) : 0;
}

// Whether what stays cached of a store of others is what opening it has mapped. Such pages cannot be dropped while it
// is open, and of a small store they are more than a hundredth; ours take their pages out of the page table to forget
// them.
static bool is_kept_open(const struct engine *engine, const char *path) {
  uint64_t cached, mapped;
  unsigned maps;
  if (engine->caps & CAP_SHARED_FORMAT || cache_bytes(path, &cached) || cached > MAPPED_SLACK) return false;
  return cache_mapped(path, &mapped, &maps) == 0 && mapped > 0;
}

static int make_cold(const struct engine *engine, struct store *store, const char *path, struct error *error) {
  double share = 1;
  int code = cache_empty(engine, store, path, &share, error);
  if (code) return code;
  bool kept = share >= COLD_BELOW && is_kept_open(engine, path);
  if (share < COLD_BELOW || (kept && share <= KEPT_MOST)) return 0;
  if (kept)
    return error_set(error, -EBUSY, "cache=cold: opening %s maps %.1f%% of it, which stays in memory; use more data",
                     path, share * 100);
  return error_set(error, -EBUSY,
                   "cache=cold: %.1f%% of %s stays in the page cache; use --dir with a folder on a disk, and close "
                   "what maps the file",
                   share * 100, path);
}

int cache_read(const char *path, uint64_t from, uint64_t to) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  int code = 0;
  // A map of its own: aligned, which the kernel copies into several times faster, and given back whole, since under a
  // memory limit the allocator would keep its megabyte from the page cache.
  char *buffer = mmap(NULL, READ_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (buffer == MAP_FAILED) code = -errno;
  while (!code && from < to) {
    ssize_t got = pread(fd, buffer, to - from < READ_BYTES ? to - from : READ_BYTES, (off_t)from);
    if (got == 0) break;
    if (got > 0) from += (uint64_t)got;
    if (got < 0 && errno != EINTR) code = -errno;
  }
  if (buffer != MAP_FAILED) munmap(buffer, READ_BYTES);
  close(fd);
  return code;
}

static int read_file(const char *path, void *user) {
  (void)user;
  int code = cache_read(path, 0, UINT64_MAX);
  return code == -ENOENT ? 0 : code;
}

static bool in_memory(const char *path) {
  struct statfs stat;
  return statfs(path, &stat) == 0 && (stat.f_type == TMPFS_MAGIC || stat.f_type == RAMFS_MAGIC);
}

// From nothing, so that all of it is read in one way: pages that come one by one lie otherwise than those of a read in
// order.
static int read_anew(const struct engine *engine, struct store *store, const char *path, double *share,
                     struct error *error) {
  int code = cache_empty(engine, store, path, share, error);
  if (code) return code;
  // tmpfs has no other place for its pages. Anywhere else those that stay were read in by someone else, in another way.
  if (*share >= COLD_BELOW && !is_kept_open(engine, path) && !in_memory(path))
    return error_set(error, -EBUSY,
                     "cache=warm: %.1f%% of %s cannot be dropped and read in anew; close what maps the file",
                     *share * 100, path);
  code = store_files_each(path, read_file, NULL);
  if (!code) code = cache_residency(path, share);
  return code ? error_set(error, code, "%s: cannot read it into the page cache: %s", path, strerror(-code)) : 0;
}

// More than once: a machine whose host takes memory back loses pages that were read a moment ago.
static int make_warm(const struct engine *engine, struct store *store, const char *path, struct error *error) {
  double share = 0;
  int code = 0;
  for (int tries = 0; !code && share < WARM_FROM && tries < READ_TRIES; tries++)
    code = read_anew(engine, store, path, &share, error);
  if (code || share >= WARM_FROM) return code;
  return error_set(error, -EBUSY, "only %.1f%% of %s stays in the page cache; use less data or more memory",
                   share * 100, path);
}

static int touched(const char *path, uint64_t *bytes, unsigned *maps, struct error *error) {
  int code = cache_mapped(path, bytes, maps);
  return code ? error_set(error, -EBUSY, "/proc/self/smaps: %s; cannot prove the cache state", strerror(-code)) : 0;
}

static int check_untouched(const char *path, struct error *error) {
  uint64_t bytes;
  unsigned maps;
  uint64_t size;
  int code = touched(path, &bytes, &maps, error);
  if (code) return code;
  code = store_files_size(path, &size);
  if (code) return error_set(error, code, "%s: %s", path, strerror(-code));
  if (bytes <= MAPPED_SLACK || (double)bytes < COLD_BELOW * (double)size) return 0;
  return error_set(error, -EBUSY, "cache=warm: %llu bytes of %s are in the page table", (unsigned long long)bytes,
                   path);
}

struct touching {
  unsigned char sink;
  uint64_t bytes;
};

static int touch(void *user, const void *key, uint32_t key_length, const void *value, uint32_t value_length) {
  struct touching *touching = user;
  volatile unsigned char *sink = &touching->sink;
  (void)key;
  touching->bytes += key_length + value_length;
  for (uint32_t i = 0; i < value_length; i += PAGE_BYTES_MIN) *sink ^= ((const unsigned char *)value)[i];
  if (value_length) *sink ^= ((const unsigned char *)value)[value_length - 1];
  return 0;
}

static int touch_all(const struct engine *engine, struct store *store, uint64_t *bytes, struct error *error) {
  struct session *session;
  struct touching touching = {0, 0};
  int code = engine->session_open(store, &session, error);
  if (code) return code;
  code = engine->scan(session, NULL, 0, 0, touch, &touching);
  *bytes = touching.bytes;
  int closed = engine->session_close(session);
  if (!code) code = closed;
  return code ? error_set(error, code, "cache=mapped: scan: %s", strerror(-code)) : 0;
}

static int make_mapped(const struct engine *engine, struct store *store, const char *path, struct error *error) {
  uint64_t bytes, visited;
  unsigned maps;
  struct store_stat stat;
  int code = touch_all(engine, store, &visited, error);
  if (code) return code;
  code = engine->stat(store, &stat);
  if (code) return error_set(error, code, "stat: %s", strerror(-code));
  // Others keep records in less than their size.
  uint64_t least = engine->caps & CAP_SHARED_FORMAT ? stat.records * stat.record_size : visited;
  code = touched(path, &bytes, &maps, error);
  if (code) return code;
  // Engines without a map have no more to touch than the page cache.
  if (maps == 0 || (double)bytes >= WARM_FROM * (double)least) return 0;
  return error_set(error, -EBUSY, "cache=mapped: only %llu bytes of %s are in the page table",
                   (unsigned long long)bytes, path);
}

bool cache_lasted(enum cache_state state, uint64_t before, uint64_t after) {
  return (state != CACHE_WARM && state != CACHE_MAPPED) || (double)after >= WARM_FROM * (double)before;
}

int cache_set(enum cache_state state, const struct engine *engine, struct store *store, const char *path,
              struct error *error) {
  if (state == CACHE_ASIS || !(engine->caps & CAP_PERSISTENT)) return 0;
  if (cache_limited(state))
    return error_set(error, -EOPNOTSUPP, "cache=%s: no memory is limited here; use warm or cold",
                     cache_state_name(state));
  if (state == CACHE_COLD) return make_cold(engine, store, path, error);
  int code = make_warm(engine, store, path, error);
  if (code) return code;
  return state == CACHE_MAPPED ? make_mapped(engine, store, path, error) : check_untouched(path, error);
}

int cache_join(enum cache_state state, const struct engine *engine, struct store *store, const char *path,
               struct error *error) {
  double share;
  if (state != CACHE_MAPPED || !(engine->caps & CAP_PERSISTENT)) return cache_set(state, engine, store, path, error);
  int code = cache_residency(path, &share);
  if (code) return error_set(error, -EBUSY, "%s: cannot tell what is in the page cache: %s", path, strerror(-code));
  if (share >= WARM_FROM) return make_mapped(engine, store, path, error);
  return error_set(error, -EBUSY, "only %.1f%% of %s stays in the page cache; use less data or more memory",
                   share * 100, path);
}
