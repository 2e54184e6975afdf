// SPDX-License-Identifier: MIT
// What decides which bounds apply to a cell, read from its settings.
#ifndef STOREBENCH_LIMITS_FACTS_H
#define STOREBENCH_LIMITS_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "workloads/client.h"

struct limit_facts {
  bool known;      // a store, asked for records
  bool on_stores;  // a store, of which the whole is what is worked on
  bool write;
  char engine[32];  // without its options
  bool own_format;  // records of a fixed size in slots
  bool maps, direct, huge, populated;
  const char *operation, *cache, *sync, *before;
  uint64_t records, data;  // data: bytes of all of them
  uint64_t memory;         // what a limit leaves for it, under pressure
  uint32_t record_size, value_size;
  unsigned batch, depth, threads;  // threads: of all processes. depth: requests that one thread of it has in flight
  unsigned processes, stores;
  enum key_order keys;
  double theta;
};

// Its texts are the cell's.
struct limit_facts limit_facts_of(const json_t *cell);

// Bytes of a record that a store makes durable at least when it is written: its slot in our format, key and value in
// another, which its log has to hold.
uint64_t limit_logged_bytes(const struct limit_facts *facts);
// Bytes that a store keeps of a record at least, and a scan or a cache meets: its slot in our format, its value in
// another, where keys in order may share what they begin with.
uint64_t limit_kept_bytes(const struct limit_facts *facts);
// Whether reads have to go to the device, as far as nothing has read ahead for them.
bool limit_from_device(const struct limit_facts *facts);
// The share of reads that no page cache can spare: 1, unless a limited one holds a part of data whose keys are drawn
// evenly, which spares as much at best. 0 where nothing can be said, as of keys that are not drawn evenly.
double limit_missed(const struct limit_facts *facts);
// What a compaction has to move of a store that did nothing but delete at random before; 0 where that is not known.
double limit_moved_bytes(const struct limit_facts *facts);
// Whether each acknowledged write has been synced, or all but the last few.
bool limit_durable(const struct limit_facts *facts);
// How many operations one sync may cover at most, where writes are durable.
unsigned limit_writes_a_sync(const struct limit_facts *facts);

#endif
