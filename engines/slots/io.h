// SPDX-License-Identifier: MIT
// What the slot store sees of a way of moving bytes. Each of the four engines is one constant `struct io_ops`.
//
// The store does everything that the ways have in common: locking, the header, recovery, alignment for direct I/O,
// the window of requests in flight, retrying nothing. An io only moves the bytes it is told to, between memory and the
// record area of one file. Every function returns 0 (or a count where it says so) or -errno.
//
// Calls on one io_session come from the one thread that opened it. `write`, `flush` and `resize` are called by one
// thread at a time (the store's writer lock), but while other threads read. `sync` is called by one thread at a time
// while others read and write.
#ifndef STOREBENCH_SLOTS_IO_H
#define STOREBENCH_SLOTS_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engines/engine.h"

struct io_file;     // one open data file
struct io_session;  // one thread's way into it

struct io_settings {
  const struct engine *engine;           // for registry_option(engine, options, "name")
  const struct engine_options *options;  // valid during the call only
  struct sync_policy sync;
  uint32_t record_size;  // bytes
  uint64_t size;         // bytes of the file now, a multiple of 4096
  bool read_only;
};

// When the store should pass IO_DURABLE under the policy `always`, in place of a sync of its own.
enum io_durable {
  IO_DURABLE_NEVER,  // the io has no such write
  IO_DURABLE_ALONE,  // a write that shares its sync with no other (write and fsync linked)
  IO_DURABLE_EACH,   // every write (RWF_DSYNC, asked for by an option)
};

// What the store must know about an open file to talk to it.
struct io_limits {
  uint32_t alignment;  // of offset, length and memory of every read and write: 1, or for O_DIRECT 512 to 4096
  enum io_durable durable;
};

// Memory the session's requests will use, owned by the store and valid until session_close. An io may register it with
// the kernel. Requests may also use other memory.
struct io_buffers {
  void *base;  // aligned to 4096
  size_t bytes;
};

enum io_kind { IO_READ, IO_WRITE };

enum io_flags {
  IO_DURABLE = 1 << 0,  // the data must be durable when the write completes (see enum io_durable)
  IO_BY_CALL = 1 << 1,  // a map must write this with pwrite, not by stores into the map (fill_write)
};

// One queued request. The store owns it and its buffer until reap gives it back.
struct io_request {
  enum io_kind kind;
  unsigned flags;
  void *buffer;     // IO_WRITE: read only
  uint32_t length;  // bytes
  uint64_t offset;
  int result;     // out: 0 when all bytes were moved, -errno, -EIO for a read that met the end of the file
  uint32_t done;  // for the io: bytes moved so far
  void *user;     // for the store
};

// A window onto the file in memory.
struct io_map {
  char *base;     // byte 0 of the file
  size_t length;  // bytes that may be touched: allocated in the file. Touching them faults if someone truncates it
};

struct io_ops {
  // Takes the open descriptor `fd` (buffered, read-write or read-only; stays the store's) and sets *file and *limits.
  int (*open)(struct io_file **file, struct io_limits *limits, int fd, const struct io_settings *settings,
              struct error *error);
  // Frees the file. No session is open.
  int (*close)(struct io_file *file);

  // On the thread that will use it. `buffers` may be empty. Sets *depth to the most requests that may be queued and in
  // flight at a time (1 where submit is NULL).
  int (*session_open)(struct io_file *file, const struct io_buffers *buffers, struct io_session **session,
                      uint32_t *depth);
  // Frees the session when nothing of it is in flight any more. -EBUSY: the kernel cannot be brought to tell; then it
  // may still use the memory of requests, and write to the file, until this process ends.
  int (*session_close)(struct io_session *session);

  // Move exactly `length` bytes; -EIO at the end of the file. EINTR and short transfers are the io's to handle.
  int (*read)(struct io_session *session, void *buffer, size_t length, uint64_t offset);
  int (*write)(struct io_session *session, const void *buffer, size_t length, uint64_t offset, unsigned flags);

  // NULL for ways that do not queue. submit only queues (never more than depth outstanding); reap starts what is
  // queued, waits for at least `min` completions and returns how many it stored in `done` (at most max).
  int (*submit)(struct io_session *session, struct io_request *const *requests, size_t count);
  int (*reap)(struct io_session *session, struct io_request **done, size_t max, size_t min);

  // NULL for ways without a map. The window stays as it is until the next resize, during which no reader is inside.
  int (*map)(struct io_file *file, struct io_map *map);

  // NULL for ways that do not prefetch. Tells the kernel that the `count` records of `length` bytes at these offsets
  // are about to be read through the map, before the first of them is. Same rules as touching the window. On an error
  // the window is as it was, and reading it still works.
  int (*prefetch)(struct io_file *file, const uint64_t *offsets, uint32_t length, size_t count);

  // Whether a resize from old_size moves or replaces the window, so that the store must wait for readers to leave
  // first. NULL: never.
  bool (*resize_moves)(struct io_file *file, uint64_t old_size, uint64_t new_size);
  // The file has been grown (or is about to be truncated) by the store to this size: follow it. On failure the old
  // window and size stay usable.
  int (*resize)(struct io_file *file, uint64_t old_size, uint64_t new_size);

  // NULL unless written bytes wait in memory of this process: hands them to the kernel.
  int (*flush)(struct io_file *file);
  // Makes every write that completed before the call and lies in [offset, offset + length) durable; or, with `wait`
  // false, only asks for it (SYNC_ASYNC). flush has been called. session may be NULL when no session is at hand.
  int (*sync)(struct io_file *file, struct io_session *session, uint64_t offset, uint64_t length, bool wait);

  // Drops this io's own caches: the pages of its map from the page table, its buffers. Not the page cache.
  int (*forget)(struct io_file *file);

  // What came of what was asked of the kernel: `settings` of struct engine.
  int (*settings)(struct io_session *session, setting_fn tell, void *user);
};

#endif
