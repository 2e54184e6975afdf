// SPDX-License-Identifier: MIT
// Files: writes, sizes, names, syncs and what is told about the page cache.
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "tests/crash/memory.h"
#include "tests/crash/mutants.h"
#include "tests/crash/seam.h"

ssize_t __real_pwrite(int fd, const void *bytes, size_t length, off_t offset);
ssize_t __real_pwritev2(int fd, const struct iovec *parts, int count, off_t offset, int flags);
size_t __real_fwrite(const void *bytes, size_t size, size_t count, FILE *stream);
int __real_fflush(FILE *stream);
int __real_fseeko(FILE *stream, off_t offset, int whence);
int __real_ftruncate(int fd, off_t bytes);
int __real_fallocate(int fd, int mode, off_t offset, off_t length);
int __real_fsync(int fd);
int __real_fdatasync(int fd);
int __real_sync_file_range(int fd, off_t offset, off_t length, unsigned flags);
int __real_open(const char *path, int flags, ...);
int __real_mkostemp(char *path, int flags);
int __real_link(const char *from, const char *to);
int __real_unlink(const char *path);
int __real_rename(const char *from, const char *to);
int __real_fstatfs(int fd, struct statfs *status);
int __real_posix_fadvise(int fd, off_t offset, off_t length, int advice);
long __real_syscall(long number, ...);
ssize_t __real_getrandom(void *bytes, size_t length, unsigned flags);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t length, off_t offset);
ssize_t __wrap_pwritev2(int fd, const struct iovec *parts, int count, off_t offset, int flags);
size_t __wrap_fwrite(const void *bytes, size_t size, size_t count, FILE *stream);
int __wrap_fflush(FILE *stream);
int __wrap_fseeko(FILE *stream, off_t offset, int whence);
int __wrap_ftruncate(int fd, off_t bytes);
int __wrap_fallocate(int fd, int mode, off_t offset, off_t length);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_sync_file_range(int fd, off_t offset, off_t length, unsigned flags);
int __wrap_open(const char *path, int flags, ...);
int __wrap_mkostemp(char *path, int flags);
int __wrap_link(const char *from, const char *to);
int __wrap_unlink(const char *path);
int __wrap_rename(const char *from, const char *to);
int __wrap_fstatfs(int fd, struct statfs *status);
int __wrap_posix_fadvise(int fd, off_t offset, off_t length, int advice);
long __wrap_syscall(long number, ...);
ssize_t __wrap_getrandom(void *bytes, size_t length, unsigned flags);

enum { SYSTEM_CALL_CACHESTAT = 451, SYSTEM_CALL_ARGUMENTS = 6 };

static void note_write(struct seam *seam, int file, off_t offset, ssize_t length) {
  uint64_t end = (uint64_t)offset + (uint64_t)(length > 0 ? length : 0);
  if (length > 0 && end > disk_size(&seam->disk->files[file])) disk_resized(seam->disk, file, end);
  if (length > 0) disk_rewritten(seam->disk, file, (uint64_t)offset, (uint64_t)length);
  disk_observe(seam->disk);
}

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t length, off_t offset) {
  struct seam *seam = seam_now();
  int file = seam_file(seam, fd);
  if (file == NO_FILE) return __real_pwrite(fd, bytes, length, offset);
  seam_moment(seam, "pwrite");
  ssize_t written = __real_pwrite(fd, bytes, length, offset);
  note_write(seam, file, offset, written);
  seam_moment(seam, "pwrite");
  return written;
}

ssize_t __wrap_pwritev2(int fd, const struct iovec *parts, int count, off_t offset, int flags) {
  struct seam *seam = seam_now();
  int file = seam_file(seam, fd);
  if (file == NO_FILE) return __real_pwritev2(fd, parts, count, offset, flags);
  seam_moment(seam, "pwritev2");
  ssize_t written = __real_pwritev2(fd, parts, count, offset, flags & ~RWF_DSYNC);
  note_write(seam, file, offset, written);
  if (written > 0 && flags & RWF_DSYNC &&
      seam_sync(seam, "RWF_DSYNC", file, (uint64_t)offset, (uint64_t)(offset + written)))
    return -1;
  seam_moment(seam, "pwritev2");
  return written;
}

// Streams write on descriptors of their own, inside the C library: seen by what has changed in the file.
size_t __wrap_fwrite(const void *bytes, size_t size, size_t count, FILE *stream) {
  struct seam *seam = seam_now();
  size_t written = __real_fwrite(bytes, size, count, stream);
  if (seam && seam_file(seam, fileno(stream)) != NO_FILE) seam_moment(seam, "fwrite");
  return written;
}

int __wrap_fflush(FILE *stream) {
  struct seam *seam = seam_now();
  bool ours = stream && seam_file(seam, fileno(stream)) != NO_FILE;
  if (ours && mutant_is(MUTANT_FLUSH_IS_NOTHING) && __fwritable(stream)) return 0;
  int result = __real_fflush(stream);
  if (ours) seam_moment(seam, "fflush");
  return result;
}

int __wrap_fseeko(FILE *stream, off_t offset, int whence) {
  struct seam *seam = seam_now();
  int result = __real_fseeko(stream, offset, whence);
  if (seam && seam_file(seam, fileno(stream)) != NO_FILE) seam_moment(seam, "fseeko");
  return result;
}

int __wrap_ftruncate(int fd, off_t bytes) {
  struct seam *seam = seam_now();
  int file = seam_file(seam, fd);
  if (file == NO_FILE) return __real_ftruncate(fd, bytes);
  seam_moment(seam, "ftruncate");
  int result = __real_ftruncate(fd, bytes);
  if (!result) disk_resized(seam->disk, file, (uint64_t)bytes);
  seam_moment(seam, "ftruncate");
  return result;
}

int __wrap_fallocate(int fd, int mode, off_t offset, off_t length) {
  struct seam *seam = seam_now();
  int file = seam_file(seam, fd);
  if (file == NO_FILE) return __real_fallocate(fd, mode, offset, length);
  seam_moment(seam, "fallocate");
  int result = __real_fallocate(fd, mode, offset, length);
  if (!result) disk_resized(seam->disk, file, (uint64_t)(offset + length));
  seam_moment(seam, "fallocate");
  return result;
}

static int sync_whole(struct seam *seam, const char *call, int fd) {
  int file = seam_file(seam, fd);
  if (file == NO_FILE && !disk_is_folder(seam->disk, fd)) return 0;
  return seam_sync(seam, call, file, 0, FILE_BYTES_MAX);
}

int __wrap_fsync(int fd) {
  struct seam *seam = seam_now();
  return seam ? sync_whole(seam, "fsync", fd) : __real_fsync(fd);
}

int __wrap_fdatasync(int fd) {
  struct seam *seam = seam_now();
  return seam ? sync_whole(seam, "fdatasync", fd) : __real_fdatasync(fd);
}

// Promises nothing.
int __wrap_sync_file_range(int fd, off_t offset, off_t length, unsigned flags) {
  struct seam *seam = seam_now();
  if (seam_file(seam, fd) == NO_FILE) return __real_sync_file_range(fd, offset, length, flags);
  seam_moment(seam, "sync_file_range");
  return 0;
}

int __wrap_open(const char *path, int flags, ...) {
  mode_t mode = 0;
  if (flags & O_CREAT) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
  }
  struct seam *seam = seam_now();
  const char *name;
  int fd = __real_open(path, flags, mode);
  if (!seam || fd < 0 || !(flags & O_CREAT) || !disk_owns(seam->disk, path, &name)) return fd;
  if (seam_file(seam, fd) == NO_FILE) disk_created(seam->disk, fd, name);
  seam_moment(seam, "open");
  return fd;
}

// The name is the same in every run.
int __wrap_mkostemp(char *path, int flags) {
  static const char pattern[] = "XXXXXX", chosen[] = "seeded";
  if (!seam_now()) return __real_mkostemp(path, flags);
  strcpy(path + strlen(path) - strlen(pattern), chosen);  // as long as what it replaces
  return __wrap_open(path, flags | O_RDWR | O_CREAT | O_EXCL, 0600);
}

int __wrap_link(const char *from, const char *to) {
  struct seam *seam = seam_now();
  const char *from_name, *to_name;
  int result = __real_link(from, to);
  if (!seam || result || !disk_owns(seam->disk, to, &to_name) || !disk_owns(seam->disk, from, &from_name))
    return result;
  disk_named(seam->disk, to_name, disk_lookup(seam->disk, from_name));
  seam_moment(seam, "link");
  return 0;
}

int __wrap_unlink(const char *path) {
  struct seam *seam = seam_now();
  const char *name;
  int result = __real_unlink(path);
  if (!seam || result || !disk_owns(seam->disk, path, &name)) return result;
  disk_named(seam->disk, name, NO_FILE);
  seam_moment(seam, "unlink");
  return 0;
}

int __wrap_rename(const char *from, const char *to) {
  struct seam *seam = seam_now();
  const char *from_name, *to_name;
  int result = __real_rename(from, to);
  if (!seam || result || !disk_owns(seam->disk, to, &to_name) || !disk_owns(seam->disk, from, &from_name))
    return result;
  disk_named(seam->disk, to_name, disk_lookup(seam->disk, from_name));
  disk_named(seam->disk, from_name, NO_FILE);
  seam_moment(seam, "rename");
  return 0;
}

// A disk, not memory: recovery must not take the page cache for the file.
int __wrap_fstatfs(int fd, struct statfs *status) {
  int result = __real_fstatfs(fd, status);
  if (!result && seam_file(seam_now(), fd) != NO_FILE) status->f_type = EXT4_SUPER_MAGIC;
  return result;
}

static bool keeps_pages(const struct seam *seam) {
  return seam->recovering && (mutant_is(MUTANT_RECOVER_FROM_CACHE) || mutant_is(MUTANT_SERVE_BEFORE_SYNC));
}

int __wrap_posix_fadvise(int fd, off_t offset, off_t length, int advice) {
  struct seam *seam = seam_now();
  int file = seam_file(seam, fd);
  if (file == NO_FILE) return __real_posix_fadvise(fd, offset, length, advice);
  if (advice == POSIX_FADV_DONTNEED && !keeps_pages(seam)) disk_drop_cache(seam->disk, file);
  return 0;
}

long __wrap_syscall(long number, ...) {
  long arguments[SYSTEM_CALL_ARGUMENTS];
  va_list list;
  va_start(list, number);
  for (int i = 0; i < SYSTEM_CALL_ARGUMENTS; i++) arguments[i] = va_arg(list, long);
  va_end(list);
  struct seam *seam = seam_now();
  int file = number == SYSTEM_CALL_CACHESTAT ? seam_file(seam, (int)arguments[0]) : NO_FILE;
  if (file == NO_FILE)
    return __real_syscall(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
  // What the store asks after it has dropped the pages: those that stayed are cached.
  uint64_t *counts = (uint64_t *)arguments[2];
  counts[0] = keeps_pages(seam) ? 0 : disk_dirty_sectors(seam->disk, file);
  return 0;
}

// Store numbers: the same in every run.
ssize_t __wrap_getrandom(void *bytes, size_t length, unsigned flags) {
  struct seam *seam = seam_now();
  if (!seam) return __real_getrandom(bytes, length, flags);
  for (size_t i = 0; i < length; i++) ((unsigned char *)bytes)[i] = (unsigned char)rng_next(seam->rng);
  return (ssize_t)length;
}
