// SPDX-License-Identifier: MIT
// Inside the child that measures one bound: what its parts hand on.
#ifndef STOREBENCH_LIMITS_LOOP_H
#define STOREBENCH_LIMITS_LOOP_H

#include "harness/limits/limits.h"

struct limit_order {
  struct limit_spec spec;
  uint64_t seed;         // of the keys: thread t draws by seed + t
  char path[4096];       // of the file, which the first bound that needs it makes
  double slice;          // seconds of one repetition
  unsigned repetitions;  // a first one is not counted
};

// What all threads of a loop share.
struct limit_target {
  unsigned char *memory;  // or the file's map
  size_t memory_bytes;
  unsigned char *records;  // in memory: the first one
  int fd;                  // -1: none
  uint64_t first;          // byte of the file at which the first record stands
};

// One way to spend time. Errors are -errno with a message; -EOPNOTSUPP stands for what cannot be had here.
struct limit_loop {
  // Before any thread, and after all.
  int (*prepare)(const struct limit_order *order, struct limit_target *target, struct error *error);
  void (*release)(struct limit_target *target);
  // On each thread.
  int (*open)(const struct limit_order *order, const struct limit_target *target, unsigned thread, void **state,
              struct error *error);
  // Runs until clock_ns() passes `deadline`; adds the operations to *done.
  int (*run)(void *state, uint64_t deadline, uint64_t *done);
  void (*close)(void *state);
  // After the last run: whether what was measured is what the name says. NULL: nothing to prove.
  int (*prove)(const struct limit_order *order, const struct limit_target *target, struct error *error);
};

// memory.c, calls.c, files.c, ring.c
extern const struct limit_loop limit_open, limit_create;
extern const struct limit_loop limit_memory_copy, limit_memory_sum, limit_memory_read, limit_memory_write;
extern const struct limit_loop limit_system_call, limit_pread, limit_pwrite, limit_fdatasync, limit_msync;
extern const struct limit_loop limit_uring_nop, limit_uring_read, limit_device;

// calls.c: of loops that need nothing but their own state.
int limit_prepare_none(const struct limit_order *order, struct limit_target *target, struct error *error);
void limit_release_none(struct limit_target *target);

// Which record comes next: ids of one thread, drawn some at a time as the client of a store does.
enum { CURSOR_CHUNK = 256 };
struct limit_cursor {
  struct key_stream *keys;
  uint64_t ids[CURSOR_CHUNK];
  size_t next;
};
int limit_cursor_open(const struct limit_order *order, unsigned thread, struct limit_cursor *cursor);
void limit_cursor_close(struct limit_cursor *cursor);

static inline uint64_t limit_cursor_next(struct limit_cursor *cursor) {
  if (cursor->next == CURSOR_CHUNK) {
    key_stream_next(cursor->keys, cursor->ids, CURSOR_CHUNK);
    cursor->next = 0;
  }
  return cursor->ids[cursor->next++];
}

// memory.c: into which cache limit_memory_copy or limit_memory_sum asks for records ahead, as it chose in its first
// run. For people; static.
const char *limit_memory_cache(const void *state);
// memory.c: -EOPNOTSUPP if that is more than half of the memory that is free.
int limit_check_memory(uint64_t bytes, struct error *error);

// file.c: the file at order->path with spec.data bytes, all written, none a hole. The descriptor is the caller's.
// In the page cache, read in from end to end.
int limit_file_warm(const struct limit_order *order, int *fd, struct error *error);
// Opened with O_DIRECT, not in the page cache. -EOPNOTSUPP where there is no device below, or no O_DIRECT.
int limit_file_direct(const struct limit_order *order, int *out, struct error *error);
// After a loop with O_DIRECT: -EOPNOTSUPP if it filled the page cache.
int limit_file_bypassed(const struct limit_order *order, struct error *error);
// A second file, written in pieces of 4 KiB so that each is a folio of its own, mapped shared.
int limit_file_map(const struct limit_order *order, struct limit_target *target, struct error *error);
// Closes the file and takes the map away.
void limit_file_release(struct limit_target *target);

// child.c: measures the bound in this process: its members, value, low, high, n, status and reason. NULL: no memory.
json_t *limit_measure_here(const struct limit_order *order);
// The hidden command `__limit`: reads an order from standard input, prints the bound. Exit code 0 if it could print.
int limit_command(void);

json_t *limit_order_to_json(const struct limit_order *order);
int limit_order_from_json(const json_t *json, struct limit_order *order, struct error *error);

#endif
