// SPDX-License-Identifier: MIT
// What the tests store, and single operations on it.
#include "tests/contract/records.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILL_BATCH = 128 };

uint32_t record_key(uint64_t id, char key[KEY_LENGTH_MAX]) {
  char text[32];
  int length = snprintf(text, sizeof text, id % 2 ? "%016" PRIu64 : "%" PRIu64, id);
  memcpy(key, text, (size_t)length);
  return (uint32_t)length;
}

uint64_t record_id(const void *key, uint32_t length) {
  char text[KEY_LENGTH_MAX + 1] = {0};
  if (length > KEY_LENGTH_MAX) return UINT64_MAX;
  memcpy(text, key, length);
  uint64_t id = strtoull(text, NULL, 10);
  char again[KEY_LENGTH_MAX];
  return record_key(id, again) == length && !memcmp(again, key, length) ? id : UINT64_MAX;
}

// The finaliser of splitmix64: every bit of the input changes every bit of the output.
static uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// Word 0 gives the version back; the rest depends on id, version, length and position.
static uint64_t value_word(uint64_t id, uint64_t version, size_t length, size_t index) {
  if (index == 0) return version ^ mix(id + 1);
  return mix(mix(id + 1) + mix(version + 3) * 7 + length * 31 + index);
}

void record_value(uint64_t id, uint64_t version, void *value, size_t length) {
  unsigned char *at = value;
  for (size_t i = 0; i * 8 < length; i++) {
    uint64_t word = value_word(id, version, length, i);
    memcpy(at + i * 8, &word, length - i * 8 < 8 ? length - i * 8 : 8);
  }
}

bool record_value_is(uint64_t id, uint64_t version, const void *value, size_t length) {
  const unsigned char *at = value;
  for (size_t i = 0; i * 8 < length; i++) {
    uint64_t word = value_word(id, version, length, i);
    if (memcmp(at + i * 8, &word, length - i * 8 < 8 ? length - i * 8 : 8)) return false;
  }
  return true;
}

bool record_value_of(uint64_t id, const void *value, size_t length, uint64_t *version) {
  if (length < VALUE_CHECKED) return false;
  uint64_t word;
  memcpy(&word, value, sizeof word);
  *version = word ^ mix(id + 1);
  return record_value_is(id, *version, value, length);
}

int access_open(struct access *access, const struct engine *engine, struct store *store) {
  struct error error;
  *access = (struct access){.engine = engine, .value = malloc(RECORD_SIZE_MAX)};
  if (!access->value) return -ENOMEM;
  int code = engine->session_open(store, &access->session, &error);
  if (code) {
    free(access->value);
    *access = (struct access){0};
  }
  return code;
}

int access_close(struct access *access) {
  int code = access->engine->session_close(access->session);
  free(access->value);
  *access = (struct access){0};
  return code;
}

int access_run(struct access *access, struct op *op) {
  int code = session_run(access->engine, access->session, op, 1);
  return code ? code : op->status;
}

int access_put(struct access *access, uint64_t id, uint64_t version, uint32_t length) {
  char key[KEY_LENGTH_MAX];
  record_value(id, version, access->value, length);
  struct op op = {
      .kind = OP_PUT, .key = key, .key_length = record_key(id, key), .value = access->value, .value_length = length};
  return access_run(access, &op);
}

int access_delete(struct access *access, uint64_t id) {
  char key[KEY_LENGTH_MAX];
  struct op op = {.kind = OP_DELETE, .key = key, .key_length = record_key(id, key)};
  return access_run(access, &op);
}

static int get(struct access *access, uint64_t id, uint32_t *length) {
  char key[KEY_LENGTH_MAX];
  struct op op = {.kind = OP_GET,
                  .key = key,
                  .key_length = record_key(id, key),
                  .value = access->value,
                  .value_length = RECORD_SIZE_MAX};
  int code = access_run(access, &op);
  *length = op.value_length;
  return code;
}

int access_get(struct access *access, uint64_t id, uint64_t *version) {
  uint32_t length;
  int code = get(access, id, &length);
  if (code) return code;
  return record_value_of(id, access->value, length, version) ? 0 : -EILSEQ;
}

int access_expect(struct access *access, uint64_t id, uint64_t version, uint32_t length) {
  uint32_t found;
  int code = get(access, id, &found);
  if (code) return code;
  return found == length && record_value_is(id, version, access->value, length) ? 0 : -EILSEQ;
}

struct filled {
  struct op *ops;
  char (*keys)[KEY_LENGTH_MAX];
  unsigned char *values;
};

static int filled_new(struct filled *filled, size_t count, uint32_t length) {
  filled->ops = malloc(count * sizeof *filled->ops);
  filled->keys = malloc(count * sizeof *filled->keys);
  filled->values = malloc(count * length + 1);
  return filled->ops && filled->keys && filled->values ? 0 : -ENOMEM;
}

static void filled_free(struct filled *filled) {
  free(filled->ops);
  free(filled->keys);
  free(filled->values);
}

static int fill_batch(struct access *access, const struct filled *filled, uint64_t first, size_t count,
                      uint64_t version, uint32_t length) {
  for (size_t i = 0; i < count; i++) {
    unsigned char *value = filled->values + i * length;
    record_value(first + i, version, value, length);
    filled->ops[i] = (struct op){.kind = OP_PUT,
                                 .key = filled->keys[i],
                                 .key_length = record_key(first + i, filled->keys[i]),
                                 .value = value,
                                 .value_length = length};
  }
  int code = session_run(access->engine, access->session, filled->ops, count);
  for (size_t i = 0; !code && i < count; i++) code = filled->ops[i].status;
  return code;
}

int access_fill_by(struct access *access, size_t batch, uint64_t first, uint64_t count, uint64_t version,
                   uint32_t length) {
  struct filled filled;
  int code = filled_new(&filled, batch, length);
  for (uint64_t done = 0; !code && done < count; done += batch) {
    uint64_t rest = count - done;
    code = fill_batch(access, &filled, first + done, rest < batch ? rest : batch, version, length);
  }
  filled_free(&filled);
  return code;
}

int access_fill(struct access *access, uint64_t first, uint64_t count, uint64_t version, uint32_t length) {
  // Large values go in smaller batches, so that a batch stays within 4 MiB.
  return access_fill_by(access, length > 32768 ? 4 : FILL_BATCH, first, count, version, length);
}

int access_expect_all(struct access *access, uint64_t first, uint64_t count, uint64_t version, uint32_t length,
                      uint64_t *at) {
  int code = 0;
  for (uint64_t i = 0; !code && i < count; i++) {
    *at = first + i;
    code = access_expect(access, first + i, version, length);
  }
  return code;
}
