// SPDX-License-Identifier: MIT
// Streams of record ids, and the keys that ids have.
#include "workloads/keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "workloads/key_tail.h"
#include "workloads/random.h"
#include "workloads/uniform.h"
#include "workloads/zipf.h"

// Hot ranks land on the same records in every thread, process and run, whatever the seed of the draws.
#define HOT_KEYS_SEED 0x5851f42d4c957f2du

struct key_stream {
  struct key_stream_config config;
  struct random random;
  uint64_t records;
  uint64_t next;  // sequential
  struct zipf zipf;
  struct uniform uniform;
};

static int uses_zipf(enum key_order order) { return order == KEYS_ZIPFIAN || order == KEYS_LATEST; }

int key_stream_open(const struct key_stream_config *config, struct key_stream **stream) {
  if (config->records == 0 || config->stride == 0) return -EINVAL;
  struct key_stream *opened = calloc(1, sizeof *opened);
  if (!opened) return -ENOMEM;
  opened->config = *config;
  opened->records = config->records;
  opened->config.first = config->first % config->records;
  opened->next = opened->config.first;
  random_seed(&opened->random, config->seed);
  if (config->records <= UINT32_MAX) uniform_open(&opened->uniform, (uint32_t)config->records, config->seed);
  if (uses_zipf(config->order)) {
    int error = zipf_open(&opened->zipf, config->records, config->theta);
    if (error) {
      free(opened);
      return error;
    }
  }
  *stream = opened;
  return 0;
}

void key_stream_close(struct key_stream *stream) {
  if (!stream) return;
  zipf_close(&stream->zipf);
  free(stream);
}

static void next_sequential(struct key_stream *stream, uint64_t *ids, size_t count) {
  uint64_t next = stream->next;
  for (size_t i = 0; i < count; i++) {
    ids[i] = next;
    next = stream->config.stride < stream->records - next ? next + stream->config.stride : stream->config.first;
  }
  stream->next = next;
}

static void next_uniform(struct key_stream *stream, uint64_t *ids, size_t count) {
  if (stream->records <= UINT32_MAX) {
    uniform_next(&stream->uniform, ids, count);
    return;
  }
  // Copied to a local, so that storing ids cannot be seen to change it; likewise below.
  struct random random = stream->random;
  for (size_t i = 0; i < count; i++) ids[i] = random_below(&random, stream->records);
  stream->random = random;
}

static void next_ranks(struct key_stream *stream, uint64_t *ranks, size_t count) {
  struct random random = stream->random;
  struct zipf zipf = stream->zipf;
  for (size_t i = 0; i < count; i++) ranks[i] = zipf_next(&zipf, &random);
  stream->random = random;
}

void key_stream_next(struct key_stream *stream, uint64_t *ids, size_t count) {
  switch (stream->config.order) {
    case KEYS_SEQUENTIAL:
      next_sequential(stream, ids, count);
      break;
    case KEYS_UNIFORM:
      next_uniform(stream, ids, count);
      break;
    case KEYS_ZIPFIAN:
      next_ranks(stream, ids, count);
      for (size_t i = 0; i < count; i++) ids[i] = key_permute(ids[i], stream->records, HOT_KEYS_SEED);
      break;
    case KEYS_LATEST:
      next_ranks(stream, ids, count);
      for (size_t i = 0; i < count; i++) ids[i] = stream->records - 1 - ids[i];
      break;
  }
}

void key_stream_grow(struct key_stream *stream, uint64_t newest) {
  if (stream->config.order == KEYS_LATEST && newest >= stream->records) stream->records = newest + 1;
}

// Every step is a bijection of the `bits`-bit numbers: xor with a constant, multiplication by an odd number, xor with
// the number's own upper half. Three rounds, so that each bit reaches each other.
static uint64_t scramble(uint64_t x, unsigned bits, uint64_t seed) {
  uint64_t mask = UINT64_MAX >> (64 - bits);
  unsigned half = (bits + 1) / 2;
  x = ((x ^ seed) & mask) * 0x9e3779b97f4a7c15u & mask;
  x ^= x >> half;
  x = ((x ^ (seed >> 21)) & mask) * 0xbf58476d1ce4e5b9u & mask;
  x ^= x >> half;
  x = ((x ^ (seed >> 42)) & mask) * 0x94d049bb133111ebu & mask;
  return x ^ x >> half;
}

// Cycle walking: a bijection of the next power of two, applied until it lands below `records`, is one of 0..records-1
// (Black and Rogaway 2002); under two steps on average.
uint64_t key_permute(uint64_t id, uint64_t records, uint64_t seed) {
  if (records < 2) return id;
  unsigned bits = 64 - (unsigned)__builtin_clzll(records - 1);
  do id = scramble(id, bits, seed);
  while (id >= records);
  return id;
}

void key_make(uint64_t id, char key[KEY_BYTES]) {
  uint64_t tail = key_tail(id);
  // NOLINTNEXTLINE(bugprone-not-null-terminated-result): a key is no string
  memcpy(key, KEY_HEAD, KEY_HEAD_BYTES);
  memcpy(key + KEY_HEAD_BYTES, &tail, sizeof tail);
}

static int digit_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'v') return digit - 'a' + 10;
  return -1;
}

int key_parse(const void *key, size_t length, uint64_t *id) {
  const char *text = key;
  if (length != KEY_BYTES || memcmp(text, KEY_HEAD, KEY_HEAD_BYTES) != 0) return 0;
  uint64_t value = 0;
  for (size_t i = KEY_HEAD_BYTES; i < KEY_BYTES; i++) {
    int digit = digit_value(text[i]);
    if (digit < 0) return 0;
    value = value << 5 | (uint64_t)digit;
  }
  *id = value;
  return 1;
}
