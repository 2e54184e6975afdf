// SPDX-License-Identifier: MIT
// Bounds: what this machine cannot beat, measured by loops that do nothing else. docs/limits.md says what each does.
#ifndef STOREBENCH_LIMITS_H
#define STOREBENCH_LIMITS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "workloads/keys.h"

enum limit_kind {
  LIMIT_MEMORY_COPY,              // copies `bytes` from records of `record_size` in memory, in the order of `keys`
  LIMIT_MEMORY_SUM,               // adds up `bytes` of records of `record_size` in memory, likewise
  LIMIT_MEMORY_READ,              // reads memory from end to end
  LIMIT_MEMORY_WRITE,             // writes memory from end to end
  LIMIT_SYSTEM_CALL,              // a system call that does nothing
  LIMIT_URING_NOP,                // io_uring requests that do nothing, `depth` in flight
  LIMIT_OPEN,                     // opens a file, reads its first 4 KiB and closes it
  LIMIT_CREATE,                   // makes a file of `bytes`, makes it durable and removes it
  LIMIT_PREAD,                    // preads records of a file in the page cache, in the order of `keys`
  LIMIT_PWRITE,                   // pwrites them
  LIMIT_FDATASYNC,                // pwrites `every` records, in order by one call, then one fdatasync
  LIMIT_MSYNC,                    // `every` stores into a shared map, then one msync of their pages
  LIMIT_URING_READ,               // io_uring reads of records of a file in the page cache, `depth` in flight
  LIMIT_DEVICE_READ,              // O_DIRECT io_uring reads in the order of `keys`, `depth` in flight
  LIMIT_DEVICE_READ_SEQUENTIAL,   // O_DIRECT io_uring reads from end to end, `depth` in flight
  LIMIT_DEVICE_WRITE,             // O_DIRECT io_uring writes, likewise
  LIMIT_DEVICE_WRITE_SEQUENTIAL,  // likewise
  LIMIT_KINDS
};

// One bound to measure. Two with equal members are the same bound.
struct limit_spec {
  enum limit_kind kind;
  uint32_t bytes;        // that one operation moves; 0: none
  uint32_t record_size;  // distance of records in the data
  uint64_t data;         // bytes of memory or of the file; 0: neither is touched
  enum key_order keys;
  double theta;  // of keys zipfian and latest, else 0
  unsigned depth, every, threads;
};

struct limit_list {
  size_t count;
  struct limit_spec *specs;
};

enum { LIMIT_RECORD_SIZE = 128, LIMIT_VALUE_SIZE = 64, LIMIT_BLOCK = 4096, LIMIT_PIECE = 1 << 20, LIMIT_DEPTH = 32 };

// "memory-copy", "device-read-sequential" ...: names of results. By name: 0 or -EINVAL.
const char *limit_name(enum limit_kind kind);
int limit_by_name(const char *name, enum limit_kind *kind);
// "B/s" where an operation is a piece of a whole, else "ops/s".
const char *limit_unit(enum limit_kind kind);
// What the loop does in a few words for a chart: "bare device, depth 32". Cut at `room` bytes.
void limit_label(const struct limit_spec *spec, char *text, size_t room);
// What it was measured over: "128 B each, 32 MiB, uniform, depth 64". Cut at `room` bytes.
void limit_describe(const struct limit_spec *spec, char *text, size_t room);

bool limit_equal(const struct limit_spec *a, const struct limit_spec *b);
// Adds a bound unless it is there. The list stays in the order in which bounds are best measured: by kind, then data,
// so that the one file grows and never shrinks. 0 or -ENOMEM.
int limit_list_add(struct limit_list *list, const struct limit_spec *spec);
// Adds what every run measures, over `data` bytes (at least LIMIT_PIECE of them, a multiple of
// LIMIT_BLOCK) of records of the default size. 0 or -ENOMEM.
int limit_list_add_base(struct limit_list *list, uint64_t data);
// The same and those kinds that a run measures only where its cells need them. 0 or -ENOMEM.
int limit_list_add_all(struct limit_list *list, uint64_t data);
void limit_list_free(struct limit_list *list);

// The members of a spec as JSON and back, under their names (`keys` null where there is no order). The new reference is
// the caller's, NULL without memory. From: 0 or -EINVAL.
json_t *limit_spec_to_json(const struct limit_spec *spec);
int limit_spec_from_json(const json_t *json, struct limit_spec *spec, struct error *error);

// A bound that has no value: its members, `status` (skipped or failed) and why. The caller's, or NULL.
json_t *limit_without_value(const struct limit_spec *spec, const char *status, const char *reason);

#endif
