// SPDX-License-Identifier: MIT
// What the tests store: keys of every length, and values that tell whose they are and whether a byte of them is wrong.
// Nothing here fails a test by itself, so that threads and child processes may use it.
#ifndef STOREBENCH_TEST_RECORDS_H
#define STOREBENCH_TEST_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engines/engine.h"

// From this length on a value carries its own version and a check.
#define VALUE_CHECKED 16u

// Stores the key of `id` (below 10^15) and returns its length. Distinct ids have distinct keys; many are prefixes of
// others, and every second one has the full 16 bytes.
uint32_t record_key(uint64_t id, char key[KEY_LENGTH_MAX]);
// The id of a key made by record_key, or UINT64_MAX.
uint64_t record_id(const void *key, uint32_t length);

// Writes the value of (id, version).
void record_value(uint64_t id, uint64_t version, void *value, size_t length);
// Whether these bytes are the value of (id, version).
bool record_value_is(uint64_t id, uint64_t version, const void *value, size_t length);
// Whether they are the value of `id` at some version, which is stored. The length must be VALUE_CHECKED or more.
bool record_value_of(uint64_t id, const void *value, size_t length, uint64_t *version);

// One thread's way into a store: a session and room for the largest value.
struct access {
  const struct engine *engine;
  struct session *session;
  unsigned char *value;  // RECORD_SIZE_MAX bytes
};

// On the thread that will use it. 0 or -errno.
int access_open(struct access *access, const struct engine *engine, struct store *store);
int access_close(struct access *access);

// Single operations, each returning the operation's status, or -errno of the session.
int access_run(struct access *access, struct op *op);
int access_put(struct access *access, uint64_t id, uint64_t version, uint32_t length);
int access_delete(struct access *access, uint64_t id);
// Sets *version; -EILSEQ when the value is not one of this id's.
int access_get(struct access *access, uint64_t id, uint64_t *version);
// 0 if the store holds exactly this value, -EILSEQ if another.
int access_expect(struct access *access, uint64_t id, uint64_t version, uint32_t length);
// Puts ids first to first + count - 1 in batches of 128. 0 or the first error.
int access_fill(struct access *access, uint64_t first, uint64_t count, uint64_t version, uint32_t length);
// The same in batches of so many.
int access_fill_by(struct access *access, size_t batch, uint64_t first, uint64_t count, uint64_t version,
                   uint32_t length);
// access_expect for each of them. 0 or the first error, whose id is stored in *at.
int access_expect_all(struct access *access, uint64_t first, uint64_t count, uint64_t version, uint32_t length,
                      uint64_t *at);

#endif
