// SPDX-License-Identifier: MIT
// System calls on files, each with EINTR, short transfers and errors dealt with once. 0 or -errno throughout; thread
// safe as the calls are.
#ifndef STOREBENCH_SLOTS_FILE_H
#define STOREBENCH_SLOTS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Exactly `length` bytes; reading past the end is -EIO. `flags` are preadv2's/pwritev2's RWF_*; 0 uses plain
// pread/pwrite.
int file_read(int fd, void *buffer, size_t length, uint64_t offset, int flags);
int file_write(int fd, const void *buffer, size_t length, uint64_t offset, int flags);
int file_fdatasync(int fd);
int file_fsync(int fd);
// Asks the kernel to begin writing dirty pages of [offset, offset + length) back, waits for nothing, promises nothing.
int file_start_writeback(int fd, uint64_t offset, uint64_t length);
// The same, and waits until the device has taken them. Still promises nothing: the device may keep them in a cache that
// is not flushed, and what leads to them in the file system is not written.
int file_await_writeback(int fd, uint64_t offset, uint64_t length);
int file_size(int fd, uint64_t *bytes);
int file_truncate(int fd, uint64_t bytes);
// Whether `path` still names the open file: it may have been moved, removed or replaced.
bool file_is_at(int fd, const char *path);
// Where the next byte at or after `offset` stands that is not in a hole; `end` if there is none before it. Moves the
// descriptor's position. Where the file system cannot tell, that is `offset`.
uint64_t file_next_data(int fd, uint64_t offset, uint64_t end);
// Syncs the folder that holds `path`, so that a new or renamed entry is durable.
int file_sync_folder(const char *path);
// Allocates [old_size, new_size) as real blocks, readable as zeros; checks the free space first (-ENOSPC) and this
// process's limit on file sizes (-EFBIG), and truncates back to old_size on any failure. The new size is durable after
// a sync: left to the caller, for whom a failed sync is another matter than a full disk.
int file_extend(int fd, uint64_t old_size, uint64_t new_size);
// open(2) and close(2), which a signal may interrupt; the first is tried again. The second must not be: Linux has
// closed the descriptor by then, and another thread may have been given its number.
int file_open(const char *path, int flags, mode_t mode);  // the descriptor or -errno
int file_close(int fd);
// A second open file description of the same file with other flags (O_DIRECT ...). Returns the descriptor or -errno.
int file_reopen(int fd, int flags);
// The alignment O_DIRECT needs on this file (512 to 4096), or -errno (-EINVAL: no direct I/O here).
int file_direct_alignment(int fd);
// Drops the file's pages from the page cache. It must be unmapped. Sync it first: dirty pages may be written back
// meanwhile, without a flush of the device, and be dropped, so 0 says nothing of whether they last. 0 if no page
// stayed, -EBUSY if some did for 20 ms.
int file_drop_cache(int fd, uint64_t size);
// Writes the whole of a small file by temporary name, fsync, rename and sync of the folder; 0600.
int file_replace(const char *path, const void *bytes, size_t length);

#endif
