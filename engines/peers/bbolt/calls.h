// SPDX-License-Identifier: MIT
// What bbolt.c and the shared object that is written in Go say to each other. The Go side is entered once a batch: it
// gets C's own arrays of operations, and writes into C's memory only, as the rules for pointers between the two ask
// for.
#ifndef STOREBENCH_PEER_BBOLT_CALLS_H
#define STOREBENCH_PEER_BBOLT_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "engines/engine.h"
#include "engines/peers/peer.h"

struct bbolt_settings {
  const char *path;    // of bbolt's file
  uint64_t map_bytes;  // of its map, at least
  bool create;         // where there is no file
  bool read_only, no_sync, no_grow_sync;
};

// A stretch of a scan. The Go side fills `buffer` with entries that stand one behind the other.
struct bbolt_scan {
  const void *from;  // first key, NULL: the first there is; only looked at when the scan begins
  uint32_t from_length;
  uint64_t limit;  // records that are still wanted, 0: all
  void *buffer;
  uint64_t room;   // bytes: at least BBOLT_SCAN_ROOM
  uint64_t count;  // out: entries in the buffer
  uint64_t walk;   // 0 before the scan; out: what to go on with, 0 when nothing is left
};

// The head of an entry; the key's bytes and then the value's follow.
struct bbolt_entry {
  uint32_t key_length, value_length;
};

// Every possible record fits.
enum { BBOLT_SCAN_ROOM = RECORD_SIZE_MAX + 4096 };

// The Go side's functions: each is exported as "bbolt_" and its name here. 0 or -errno unless they say otherwise; may
// be called from any thread, in the process that loaded the object.
struct bbolt_calls {
  // `text` of `room` bytes gets bbolt's words for an error.
  int (*open)(const struct bbolt_settings *settings, uint64_t *store, char *text, size_t room);
  int (*close)(uint64_t store);
  int (*read)(uint64_t store, struct op *const *ops, size_t count);
  int (*commit)(uint64_t store, struct op *const *ops, size_t count);
  int (*scan)(uint64_t store, struct bbolt_scan *scan);
  int (*scan_end)(uint64_t walk);  // of a scan that is given up
  int (*sync)(uint64_t store);
  int (*compact)(uint64_t store);
  int (*describe)(char *text, size_t room);  // version of Go, and how many threads run it at a time
  int (*nothing)(void);
  pid_t (*process)(void);  // that loaded the object; written in C
};

#endif
