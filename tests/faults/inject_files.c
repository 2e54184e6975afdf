// SPDX-License-Identifier: MIT
// Calls on files and names.
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "tests/faults/inject.h"

int __real_open(const char *path, int flags, ...);
int __real_mkostemp(char *path, int flags);
int __real_close(int fd);
int __real_fcntl(int fd, int command, ...);
int __real_flock(int fd, int operation);
int __real_fstat(int fd, struct stat *status);
int __real_lstat(const char *path, struct stat *status);
int __real_statx(int fd, const char *path, int flags, unsigned mask, struct statx *status);
int __real_fstatfs(int fd, struct statfs *status);
int __real_fstatvfs(int fd, struct statvfs *status);
int __real_link(const char *from, const char *to);
int __real_unlink(const char *path);
int __real_rename(const char *from, const char *to);
int __real_fallocate(int fd, int mode, off_t offset, off_t length);
int __real_ftruncate(int fd, off_t bytes);
int __real_fsync(int fd);
int __real_fdatasync(int fd);
int __real_sync_file_range(int fd, off_t offset, off_t length, unsigned flags);
int __real_posix_fadvise(int fd, off_t offset, off_t length, int advice);
long __real_syscall(long number, ...);
ssize_t __real_getrandom(void *bytes, size_t length, unsigned flags);
ssize_t __real_pread(int fd, void *bytes, size_t length, off_t offset);
ssize_t __real_pwrite(int fd, const void *bytes, size_t length, off_t offset);
ssize_t __real_preadv2(int fd, const struct iovec *parts, int count, off_t offset, int flags);
ssize_t __real_pwritev2(int fd, const struct iovec *parts, int count, off_t offset, int flags);
int __wrap_open(const char *path, int flags, ...);
int __wrap_mkostemp(char *path, int flags);
int __wrap_close(int fd);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_flock(int fd, int operation);
int __wrap_fstat(int fd, struct stat *status);
int __wrap_lstat(const char *path, struct stat *status);
int __wrap_statx(int fd, const char *path, int flags, unsigned mask, struct statx *status);
int __wrap_fstatfs(int fd, struct statfs *status);
int __wrap_fstatvfs(int fd, struct statvfs *status);
int __wrap_link(const char *from, const char *to);
int __wrap_unlink(const char *path);
int __wrap_rename(const char *from, const char *to);
int __wrap_fallocate(int fd, int mode, off_t offset, off_t length);
int __wrap_ftruncate(int fd, off_t bytes);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_sync_file_range(int fd, off_t offset, off_t length, unsigned flags);
int __wrap_posix_fadvise(int fd, off_t offset, off_t length, int advice);
long __wrap_syscall(long number, ...);
ssize_t __wrap_getrandom(void *bytes, size_t length, unsigned flags);
ssize_t __wrap_pread(int fd, void *bytes, size_t length, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t length, off_t offset);
ssize_t __wrap_preadv2(int fd, const struct iovec *parts, int count, off_t offset, int flags);
ssize_t __wrap_pwritev2(int fd, const struct iovec *parts, int count, off_t offset, int flags);

enum { SYSTEM_CALL_CACHESTAT = 451, SYSTEM_CALL_ARGUMENTS = 6 };

// -1 with errno set if the call is to fail, else 0.
static int fails(const char *name, unsigned may) {
  int code = inject_call(name, may);
  if (!code) return 0;
  errno = code;
  return -1;
}

int __wrap_open(const char *path, int flags, ...) {
  mode_t mode = 0;
  if (flags & O_CREAT) {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
  }
  return fails("open", MAY_BE_INTERRUPTED | (flags & O_CREAT ? MAY_RUN_OUT : 0)) ? -1 : __real_open(path, flags, mode);
}

int __wrap_mkostemp(char *path, int flags) {
  return fails("mkostemp", MAY_RUN_OUT) ? -1 : __real_mkostemp(path, flags);
}

// Linux has closed the descriptor whatever it returns.
int __wrap_close(int fd) {
  int failed = fails("close", MAY_BE_INTERRUPTED), code = errno;
  int result = __real_close(fd);
  if (failed) errno = code;
  return failed ? -1 : result;
}

int __wrap_fcntl(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  long argument = va_arg(arguments, long);
  va_end(arguments);
  bool unlocks = command == F_OFD_SETLK && ((const struct flock *)argument)->l_type == F_UNLCK;
  return fails(unlocks ? "unlock" : "fcntl", 0) ? -1 : __real_fcntl(fd, command, argument);
}

int __wrap_flock(int fd, int operation) {
  return fails(operation == LOCK_UN ? "unlock" : "flock", 0) ? -1 : __real_flock(fd, operation);
}

int __wrap_fstat(int fd, struct stat *status) { return fails("fstat", 0) ? -1 : __real_fstat(fd, status); }

int __wrap_lstat(const char *path, struct stat *status) { return fails("lstat", 0) ? -1 : __real_lstat(path, status); }

int __wrap_statx(int fd, const char *path, int flags, unsigned mask, struct statx *status) {
  return fails("statx", 0) ? -1 : __real_statx(fd, path, flags, mask, status);
}

// A disk, not memory: that is where recovery and direct I/O have more to do.
int __wrap_fstatfs(int fd, struct statfs *status) {
  if (fails("fstatfs", 0)) return -1;
  int result = __real_fstatfs(fd, status);
  if (!result && status->f_type == TMPFS_MAGIC) status->f_type = EXT4_SUPER_MAGIC;
  return result;
}

int __wrap_fstatvfs(int fd, struct statvfs *status) {
  return fails("fstatvfs", MAY_BE_INTERRUPTED) ? -1 : __real_fstatvfs(fd, status);
}

int __wrap_link(const char *from, const char *to) { return fails("link", MAY_RUN_OUT) ? -1 : __real_link(from, to); }

int __wrap_unlink(const char *path) { return fails("unlink", 0) ? -1 : __real_unlink(path); }

int __wrap_rename(const char *from, const char *to) {
  return fails("rename", MAY_RUN_OUT) ? -1 : __real_rename(from, to);
}

int __wrap_fallocate(int fd, int mode, off_t offset, off_t length) {
  return fails("fallocate", MAY_RUN_OUT | MAY_BE_INTERRUPTED) ? -1 : __real_fallocate(fd, mode, offset, length);
}

int __wrap_ftruncate(int fd, off_t bytes) {
  return fails("ftruncate", MAY_BE_INTERRUPTED) ? -1 : __real_ftruncate(fd, bytes);
}

int __wrap_fsync(int fd) {
  return fails("fsync", MAY_RUN_OUT | MAY_BE_INTERRUPTED | ENDS_WRITING) ? -1 : __real_fsync(fd);
}

int __wrap_fdatasync(int fd) {
  return fails("fdatasync", MAY_RUN_OUT | MAY_BE_INTERRUPTED | ENDS_WRITING) ? -1 : __real_fdatasync(fd);
}

int __wrap_sync_file_range(int fd, off_t offset, off_t length, unsigned flags) {
  return fails("sync_file_range", MAY_RUN_OUT | MAY_BE_INTERRUPTED | ENDS_WRITING)
             ? -1
             : __real_sync_file_range(fd, offset, length, flags);
}

int __wrap_posix_fadvise(int fd, off_t offset, off_t length, int advice) {
  int code = inject_call("posix_fadvise", 0);
  return code ? code : __real_posix_fadvise(fd, offset, length, advice);
}

long __wrap_syscall(long number, ...) {
  long arguments[SYSTEM_CALL_ARGUMENTS];
  va_list list;
  va_start(list, number);
  for (int i = 0; i < SYSTEM_CALL_ARGUMENTS; i++) arguments[i] = va_arg(list, long);
  va_end(list);
  if (number == SYSTEM_CALL_CACHESTAT && fails("cachestat", 0)) return -1;
  long result =
      __real_syscall(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
  // In a file system in memory no page can be dropped: as if this one had gone.
  struct statfs status;
  if (number == SYSTEM_CALL_CACHESTAT && !result && __real_fstatfs((int)arguments[0], &status) == 0 &&
      status.f_type == TMPFS_MAGIC)
    *(uint64_t *)arguments[2] = 0;
  return result;
}

ssize_t __wrap_getrandom(void *bytes, size_t length, unsigned flags) {
  return fails("getrandom", MAY_BE_INTERRUPTED) ? -1 : __real_getrandom(bytes, length, flags);
}

// What a transfer is to move: all, half, or (-1 with errno set) nothing, after half when it writes.
static int64_t transfer(const char *name, unsigned may, size_t length) {
  int code = inject_call(name, may | MAY_BE_INTERRUPTED | (inject_half(length) ? MAY_BE_SHORT : 0));
  if (code == 0) return (int64_t)length;
  if (code == INJECT_HALF) return (int64_t)inject_half(length);
  errno = code;
  return -1;
}

ssize_t __wrap_pread(int fd, void *bytes, size_t length, off_t offset) {
  int64_t part = transfer("pread", 0, length);
  return part < 0 ? -1 : __real_pread(fd, bytes, (size_t)part, offset);
}

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t length, off_t offset) {
  int64_t part = transfer("pwrite", MAY_RUN_OUT | ENDS_WRITING, length);
  if (part >= 0) return __real_pwrite(fd, bytes, (size_t)part, offset);
  int code = errno;
  if (code != EINTR && __real_pwrite(fd, bytes, inject_half(length), offset) < 0) return -1;
  errno = code;
  return -1;
}

// The stores give it one part.
ssize_t __wrap_preadv2(int fd, const struct iovec *parts, int count, off_t offset, int flags) {
  int64_t part = transfer("preadv2", 0, parts->iov_len);
  struct iovec cut = {parts->iov_base, (size_t)part};
  return part < 0 ? -1 : __real_preadv2(fd, &cut, count, offset, flags);
}

ssize_t __wrap_pwritev2(int fd, const struct iovec *parts, int count, off_t offset, int flags) {
  int64_t part = transfer("pwritev2", MAY_RUN_OUT | ENDS_WRITING, parts->iov_len);
  struct iovec cut = {parts->iov_base, (size_t)part};
  return part < 0 ? -1 : __real_pwritev2(fd, &cut, count, offset, flags);
}
