// SPDX-License-Identifier: MIT
// What a store may hold after a crash, key by key, from the log of what was asked of it, acknowledged and synced.
//
// Each key is written by one thread, so its states have an order: the base, then its writes. `must` is the newest state
// that the policy promises; that one or any later one may be found, also one that was never acknowledged.
#ifndef STOREBENCH_CRASH_ORACLE_H
#define STOREBENCH_CRASH_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engines/engine.h"

enum { KEYS = 24, ABSENT = 0, VALUE_BYTES_MIN = 8, VALUE_BYTES_MAX = 4096 };

struct write {
  uint16_t key;
  bool put;  // else a delete
  bool failed;
  unsigned thread;
  uint32_t length;                 // of the value
  uint64_t started, acknowledged;  // times of the disk's clock; 0: not
};

// States of one key by their numbers: number n is the write log.writes[n - 1], 0 the absence of any.
struct key_states {
  uint32_t *numbers;  // the base first
  uint32_t count, room;
  uint32_t must;  // index
};

struct log {
  struct sync_policy policy;
  struct write *writes;
  uint32_t count, room;
  struct key_states keys[KEYS];
  bool exact;  // everything is durable and nothing was written since: holds for none and async too
};

// What a store was found to hold: for each key the number of its state.
struct found {
  uint32_t numbers[KEYS];
};

void log_init(struct log *log, struct sync_policy policy);
void log_free(struct log *log);
void log_copy(const struct log *log, struct log *copy);

// A write is about to be handed in; returns its number. log_finish says how it went.
uint32_t log_start(struct log *log, unsigned thread, uint16_t key, bool put, uint32_t length, uint64_t now);
void log_finish(struct log *log, uint32_t number, bool acknowledged, uint64_t now);
// A sync, a close or a round of the timer that began at `time` is done: what was acknowledged by then is durable.
// `all`: and nothing was written meanwhile, so the state is exactly this.
void log_synced(struct log *log, uint64_t time, bool all);
// The newest state of a key that was asked for.
uint32_t log_newest(const struct log *log, uint16_t key);
bool log_is_put(const struct log *log, uint32_t number);
// Only the process died, and nothing waited in a buffer of it: everything acknowledged must be there.
void log_killed(struct log *log);
// The store was found like this after a crash, and has promised it by answering.
void log_rebase(struct log *log, const struct found *found);

// The key and the value of a write, and which write a value is of (0: none that was ever made).
void log_key(uint16_t key, char text[KEY_LENGTH_MAX + 1]);
bool log_parse_key(const void *key, uint32_t length, uint16_t *number);
void log_value(uint32_t number, unsigned char *bytes, uint32_t length);
uint32_t log_parse_value(const struct log *log, uint16_t key, const void *bytes, uint32_t length);

// Whether `found` is allowed; if not, says why in `why`.
bool log_allows(const struct log *log, const struct found *found, char *why, size_t room);

#endif
