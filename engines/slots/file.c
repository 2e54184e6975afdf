// SPDX-License-Identifier: MIT
// System calls on files, each with EINTR, short transfers and errors dealt with once.
#include "engines/slots/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

enum { DIRECT_ALIGNMENT_MIN = 512, DIRECT_ALIGNMENT_MAX = 4096 };

int file_read(int fd, void *buffer, size_t length, uint64_t offset, int flags) {
  for (size_t done = 0; done < length;) {
    struct iovec rest = {(char *)buffer + done, length - done};
    off_t at = (off_t)(offset + done);
    ssize_t n = flags ? preadv2(fd, &rest, 1, at, flags) : pread(fd, rest.iov_base, rest.iov_len, at);
    if (n == 0) return -EIO;
    if (n > 0) {
      done += (size_t)n;
    } else if (errno != EINTR) {
      return -errno;
    }
  }
  return 0;
}

int file_write(int fd, const void *buffer, size_t length, uint64_t offset, int flags) {
  for (size_t done = 0; done < length;) {
    struct iovec rest = {(char *)buffer + done, length - done};
    off_t at = (off_t)(offset + done);
    ssize_t n = flags ? pwritev2(fd, &rest, 1, at, flags) : pwrite(fd, rest.iov_base, rest.iov_len, at);
    if (n == 0) return -EIO;  // POSIX leaves it open; going round for ever would hang the store
    if (n > 0) {
      done += (size_t)n;
    } else if (errno != EINTR) {
      return -errno;
    }
  }
  return 0;
}

// A sync is not retried on anything but EINTR: after a failure the kernel marks the pages clean, and a second call
// returns 0 for data that never reached the device.
int file_fdatasync(int fd) {
  while (fdatasync(fd)) {
    if (errno != EINTR) return -errno;
  }
  return 0;
}

int file_fsync(int fd) {
  while (fsync(fd)) {
    if (errno != EINTR) return -errno;
  }
  return 0;
}

static int sync_range(int fd, uint64_t offset, uint64_t length, unsigned flags) {
  if (length == 0) return 0;  // a length of 0 means "to the end" to the call below
  while (sync_file_range(fd, (off_t)offset, (off_t)length, flags)) {
    if (errno != EINTR) return -errno;
  }
  return 0;
}

int file_start_writeback(int fd, uint64_t offset, uint64_t length) {
  return sync_range(fd, offset, length, SYNC_FILE_RANGE_WRITE);
}

int file_await_writeback(int fd, uint64_t offset, uint64_t length) {
  return sync_range(fd, offset, length,
                    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
}

int file_open(const char *path, int flags, mode_t mode) {
  int fd;
  do {
    fd = open(path, flags, mode);
  } while (fd < 0 && errno == EINTR);
  return fd < 0 ? -errno : fd;
}

int file_close(int fd) { return close(fd) && errno != EINTR ? -errno : 0; }

int file_size(int fd, uint64_t *bytes) {
  struct stat status;
  if (fstat(fd, &status)) return -errno;
  *bytes = (uint64_t)status.st_size;
  return 0;
}

int file_truncate(int fd, uint64_t bytes) {
  while (ftruncate(fd, (off_t)bytes)) {
    if (errno != EINTR) return -errno;
  }
  return 0;
}

bool file_is_at(int fd, const char *path) {
  struct stat open, there;
  return fstat(fd, &open) == 0 && lstat(path, &there) == 0 && open.st_dev == there.st_dev &&
         open.st_ino == there.st_ino;
}

uint64_t file_next_data(int fd, uint64_t offset, uint64_t end) {
  off_t data = lseek(fd, (off_t)offset, SEEK_DATA);
  if (data < 0) return errno == ENXIO ? end : offset;
  return (uint64_t)data < end ? (uint64_t)data : end;
}

int file_sync_folder(const char *path) {
  const char *slash = strrchr(path, '/');
  size_t length = slash ? (size_t)(slash - path) : 0;
  char *folder = slash ? strndup(path, length ? length : 1) : strdup(".");
  if (!folder) return -ENOMEM;

  int fd = file_open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  free(folder);
  if (fd < 0) return fd;
  int error = file_fsync(fd);
  close(fd);
  return error;
}

static int write_zeros(int fd, uint64_t offset, uint64_t end) {
  const size_t chunk = 1u << 20;
  void *zeros = calloc(1, chunk);
  if (!zeros) return -ENOMEM;
  int error = 0;
  while (!error && offset < end) {
    size_t length = end - offset < chunk ? (size_t)(end - offset) : chunk;
    error = file_write(fd, zeros, length, offset, 0);
    offset += length;
  }
  free(zeros);
  return error;
}

static int allocate(int fd, uint64_t old_size, uint64_t new_size) {
  while (fallocate(fd, 0, (off_t)old_size, (off_t)(new_size - old_size))) {
    if (errno == EOPNOTSUPP) return write_zeros(fd, old_size, new_size);
    if (errno != EINTR) return -errno;
  }
  return 0;
}

// Past this limit the kernel would not only refuse but send SIGXFSZ, which kills.
static bool within_size_limit(uint64_t size) {
  struct rlimit limit;
  return getrlimit(RLIMIT_FSIZE, &limit) || limit.rlim_cur == RLIM_INFINITY || size <= limit.rlim_cur;
}

int file_extend(int fd, uint64_t old_size, uint64_t new_size) {
  if (new_size < old_size) return -EINVAL;
  if (new_size == old_size) return 0;
  if (!within_size_limit(new_size)) return -EFBIG;
  struct statvfs space;
  while (fstatvfs(fd, &space)) {
    if (errno != EINTR) return -errno;
  }
  // A fallocate that runs out half-way keeps what it got, which can starve the rest of the machine meanwhile.
  if ((new_size - old_size) / space.f_frsize > space.f_bavail) return -ENOSPC;

  int error = allocate(fd, old_size, new_size);
  if (error) {
    // The first failure is the one to report; if giving the space back fails too, the file is longer, not wrong.
    int undo = file_truncate(fd, old_size);
    (void)undo;
  }
  return error;
}

int file_reopen(int fd, int flags) {
  int mode = fcntl(fd, F_GETFL);
  if (mode < 0) return -errno;
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);  // fits: 14 letters and at most 11 digits
  return file_open(path, (mode & O_ACCMODE) | flags | O_CLOEXEC, 0);
}

// Finds the smallest block that a direct read takes, for kernels before 6.1 and file systems that do not say.
static int try_direct_alignment(int direct) {
  char *block = aligned_alloc(DIRECT_ALIGNMENT_MAX, 2 * (size_t)DIRECT_ALIGNMENT_MAX);
  if (!block) return -ENOMEM;
  int found = -EINVAL;
  for (int size = DIRECT_ALIGNMENT_MIN; found == -EINVAL && size <= DIRECT_ALIGNMENT_MAX; size *= 2) {
    ssize_t n;
    do {
      n = pread(direct, block + size, (size_t)size, size);
    } while (n < 0 && errno == EINTR);
    if (n == 0) {
      found = DIRECT_ALIGNMENT_MAX;  // end of file comes before the check of the alignment: take the safe one
    } else if (n > 0) {
      found = size;
    } else if (errno != EINVAL) {
      found = -errno;
    }
  }
  free(block);
  return found;
}

int file_direct_alignment(int fd) {
  // tmpfs takes O_DIRECT since Linux 6.6 and ignores it: there is no device to go to.
  struct statfs kind;
  if (fstatfs(fd, &kind)) return -errno;
  if (kind.f_type == TMPFS_MAGIC || kind.f_type == RAMFS_MAGIC) return -EINVAL;

  int direct = file_reopen(fd, O_DIRECT);
  if (direct < 0) return direct;
  int alignment;
  struct statx status;
  if (statx(direct, "", AT_EMPTY_PATH, STATX_DIOALIGN, &status) == 0 && status.stx_mask & STATX_DIOALIGN) {
    uint32_t larger =
        status.stx_dio_mem_align > status.stx_dio_offset_align ? status.stx_dio_mem_align : status.stx_dio_offset_align;
    if (status.stx_dio_offset_align == 0 || larger > DIRECT_ALIGNMENT_MAX) {
      alignment = -EINVAL;
    } else {
      alignment = larger < DIRECT_ALIGNMENT_MIN ? DIRECT_ALIGNMENT_MIN : (int)larger;
    }
  } else {
    alignment = try_direct_alignment(direct);
  }
  close(direct);
  return alignment;
}

// cachestat(2), since Linux 6.5; the system headers of older distributions lack it.
enum { SYSTEM_CALL_CACHESTAT = 451 };

struct cache_range {
  uint64_t offset;
  uint64_t length;
};

struct cache_pages {
  uint64_t cached, dirty, writeback, evicted, recently_evicted;
};

enum { DROP_TRIES = 20, DROP_PAUSE_NS = 1000000 };
enum { SMALLEST_PAGE = 4096, WINDOW = 4096 * SMALLEST_PAGE };  // looked at in one go

// Says whether any page of [offset, offset + length) is in memory, for kernels without cachestat.
static int ask_mincore(int fd, uint64_t offset, size_t length, bool *resident) {
  unsigned char states[WINDOW / SMALLEST_PAGE] = {0};
  void *window = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, (off_t)offset);
  if (window == MAP_FAILED) return -errno;
  int error = mincore(window, length, states) ? -errno : 0;
  for (size_t i = 0; !error && !*resident && i < sizeof states; i++) *resident = states[i] & 1;
  munmap(window, length);
  return error;
}

static int any_resident(int fd, uint64_t size, bool *resident) {
  struct cache_range range = {0, size};
  struct cache_pages pages;
  *resident = false;
  if (syscall(SYSTEM_CALL_CACHESTAT, fd, &range, &pages, 0) == 0) {
    *resident = pages.cached > 0;
    return 0;
  }
  if (errno != ENOSYS && errno != EPERM && errno != EOPNOTSUPP) return -errno;
  for (uint64_t offset = 0; offset < size && !*resident; offset += WINDOW) {
    size_t length = size - offset < WINDOW ? (size_t)(size - offset) : WINDOW;
    int error = ask_mincore(fd, offset, length, resident);
    if (error) return error;
  }
  return 0;
}

static int drop_once(int fd, uint64_t size) {
  bool resident;
  int error = -posix_fadvise(fd, 0, (off_t)size, POSIX_FADV_DONTNEED);
  if (!error) error = any_resident(fd, size, &resident);
  return error ? error : resident ? -EBUSY : 0;
}

// The kernel passes over a page that it holds itself, for the moment: reclaim, compaction and others' drops of the
// page cache take each page away from its list for a while (mapping_try_invalidate in mm/truncate.c counts them as
// failed, and only those still on their way to a list are waited for).
int file_drop_cache(int fd, uint64_t size) {
  const struct timespec pause = {.tv_nsec = DROP_PAUSE_NS};
  if (size == 0) return 0;  // a length of 0 means "to the end" to posix_fadvise
  int error = drop_once(fd, size);
  for (int tries = 1; error == -EBUSY && tries < DROP_TRIES; tries++) {
    nanosleep(&pause, NULL);
    error = drop_once(fd, size);
  }
  return error;
}

static int write_new(const char *path, const void *bytes, size_t length) {
  int fd = file_open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return fd;
  int error = file_write(fd, bytes, length, 0, 0);
  if (!error) error = file_fsync(fd);
  int closed = file_close(fd);
  return error ? error : closed;
}

int file_replace(const char *path, const void *bytes, size_t length) {
  char *temporary;
  if (asprintf(&temporary, "%s.new", path) < 0) return -ENOMEM;
  int error = 0;
  // A name left by a crash; O_EXCL below refuses whatever someone else puts there after this.
  if (unlink(temporary) && errno != ENOENT) {
    error = -errno;
    goto out;
  }
  error = write_new(temporary, bytes, length);
  if (!error && rename(temporary, path)) error = -errno;
  if (error) {
    unlink(temporary);
    goto out;
  }
  error = file_sync_folder(path);
out:
  free(temporary);
  return error;
}
