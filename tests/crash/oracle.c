// SPDX-License-Identifier: MIT
#include "tests/crash/oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/crash/memory.h"
#include "tests/crash/rng.h"

static void add_state(struct key_states *states, uint32_t number) {
  grow_array((void **)&states->numbers, &states->room, states->count + 1, sizeof *states->numbers);
  states->numbers[states->count++] = number;
}

static void set_base(struct key_states *states, uint32_t number) {
  states->count = 0;
  states->must = 0;
  add_state(states, number);
}

void log_init(struct log *log, struct sync_policy policy) {
  *log = (struct log){.policy = policy, .exact = true};
  for (unsigned key = 0; key < KEYS; key++) set_base(&log->keys[key], ABSENT);
}

void log_free(struct log *log) {
  free(log->writes);
  for (unsigned key = 0; key < KEYS; key++) free(log->keys[key].numbers);
}

static void *copy_of(const void *items, uint32_t count, size_t bytes) {
  void *copy = need_memory(malloc(count * bytes + 1));
  if (count) memcpy(copy, items, count * bytes);
  return copy;
}

void log_copy(const struct log *log, struct log *copy) {
  *copy = *log;
  copy->writes = copy_of(log->writes, log->count, sizeof *log->writes);
  copy->room = log->count;
  for (unsigned key = 0; key < KEYS; key++) {
    struct key_states *states = &copy->keys[key];
    states->numbers = copy_of(states->numbers, states->count, sizeof *states->numbers);
    states->room = states->count;
  }
}

static struct write *write_of(const struct log *log, uint32_t number) { return &log->writes[number - 1]; }

uint32_t log_start(struct log *log, unsigned thread, uint16_t key, bool put, uint32_t length, uint64_t now) {
  grow_array((void **)&log->writes, &log->room, log->count + 1, sizeof *log->writes);
  log->writes[log->count++] =
      (struct write){.key = key, .put = put, .thread = thread, .length = length, .started = now};
  add_state(&log->keys[key], log->count);
  log->exact = false;
  return log->count;
}

// How many were acknowledged of those that were certainly written after this one.
static uint32_t later_acknowledged(const struct log *log, uint32_t number) {
  const struct write *one = write_of(log, number);
  uint32_t later = 0;
  for (uint32_t i = 0; i < log->count; i++) {
    const struct write *other = &log->writes[i];
    if (!other->acknowledged) continue;
    if ((other->thread == one->thread && i + 1 > number) || other->started > one->acknowledged) later++;
  }
  return later;
}

static bool is_promised(const struct log *log, uint32_t number) {
  if (!write_of(log, number)->acknowledged) return false;
  if (log->policy.kind == SYNC_ALWAYS) return true;
  return log->policy.kind == SYNC_EVERY && later_acknowledged(log, number) + 1 >= log->policy.amount;
}

void log_finish(struct log *log, uint32_t number, bool acknowledged, uint64_t now) {
  struct write *write = write_of(log, number);
  write->failed = !acknowledged;
  if (acknowledged) write->acknowledged = now;
  if (log->policy.kind != SYNC_EVERY && log->policy.kind != SYNC_ALWAYS) return;
  for (unsigned key = 0; key < KEYS; key++) {
    struct key_states *states = &log->keys[key];
    for (uint32_t i = states->count - 1; i > states->must; i--)
      if (is_promised(log, states->numbers[i])) states->must = i;
  }
}

void log_synced(struct log *log, uint64_t time, bool all) {
  for (unsigned key = 0; key < KEYS; key++) {
    struct key_states *states = &log->keys[key];
    for (uint32_t i = states->count - 1; i > states->must; i--) {
      const struct write *write = write_of(log, states->numbers[i]);
      if (write->acknowledged && write->acknowledged <= time) states->must = i;
    }
  }
  log->exact = all;
}

uint32_t log_newest(const struct log *log, uint16_t key) {
  const struct key_states *states = &log->keys[key];
  return states->numbers[states->count - 1];
}

bool log_is_put(const struct log *log, uint32_t number) { return number != ABSENT && write_of(log, number)->put; }

void log_killed(struct log *log) { log_synced(log, UINT64_MAX, true); }

void log_rebase(struct log *log, const struct found *found) {
  for (unsigned key = 0; key < KEYS; key++) set_base(&log->keys[key], found->numbers[key]);
  log->exact = true;
}

void log_key(uint16_t key, char text[KEY_LENGTH_MAX + 1]) {
  // Lengths from 3 to 16: the padding is part of the format.
  snprintf(text, KEY_LENGTH_MAX + 1, "k%02u%.*s", key % 100u, key % 14, "abcdefghijklm");
}

bool log_parse_key(const void *key, uint32_t length, uint16_t *number) {
  for (*number = 0; *number < KEYS; ++*number) {
    char text[KEY_LENGTH_MAX + 1];
    log_key(*number, text);
    if (strlen(text) == length && memcmp(text, key, length) == 0) return true;
  }
  return false;
}

void log_value(uint32_t number, unsigned char *bytes, uint32_t length) {
  struct rng rng = {number};
  for (uint32_t i = 0; i < length; i++) bytes[i] = (unsigned char)rng_next(&rng);
  memcpy(bytes, &number, sizeof number);
}

uint32_t log_parse_value(const struct log *log, uint16_t key, const void *bytes, uint32_t length) {
  uint32_t number;
  unsigned char expected[VALUE_BYTES_MAX];
  if (length < VALUE_BYTES_MIN || length > VALUE_BYTES_MAX) return ABSENT;
  memcpy(&number, bytes, sizeof number);
  if (number == ABSENT || number > log->count) return ABSENT;
  const struct write *write = write_of(log, number);
  if (!write->put || write->key != key || write->length != length) return ABSENT;
  log_value(number, expected, length);
  return memcmp(expected, bytes, length) == 0 ? number : ABSENT;
}

// Whether what was found is this state: a delete, like the base of nothing, is found as absence.
static bool is_state(const struct log *log, uint32_t state, uint32_t found) {
  return log_is_put(log, state) ? state == found : found == ABSENT;
}

static bool allows_key(const struct log *log, uint16_t key, uint32_t found) {
  const struct key_states *states = &log->keys[key];
  bool promises = log->policy.kind != SYNC_NONE && log->policy.kind != SYNC_ASYNC;
  if (!promises && !log->exact) return true;  // any value that was ever put, or none: log_parse_value saw to that
  for (uint32_t i = states->must; i < states->count; i++)
    if (is_state(log, states->numbers[i], found)) return true;
  return false;
}

static void describe(const struct log *log, uint32_t number, char *text, size_t room) {
  if (number == ABSENT)
    snprintf(text, room, "nothing");
  else
    snprintf(text, room, "%s %u", write_of(log, number)->put ? "value" : "delete", number);
}

bool log_allows(const struct log *log, const struct found *found, char *why, size_t room) {
  for (unsigned key = 0; key < KEYS; key++) {
    if (allows_key(log, key, found->numbers[key])) continue;
    const struct key_states *states = &log->keys[key];
    char holds[32], least[32], newest[32];
    describe(log, found->numbers[key], holds, sizeof holds);
    describe(log, states->numbers[states->must], least, sizeof least);
    describe(log, log_newest(log, key), newest, sizeof newest);
    snprintf(why, room, "key %u holds %s; promised is %s or later, up to %s", key, holds, least, newest);
    return false;
  }
  return true;
}
