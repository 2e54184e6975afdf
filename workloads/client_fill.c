// SPDX-License-Identifier: MIT
// Building a data set, and reading it back to the last byte. Both untimed.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "workloads/client_internal.h"

enum { CHUNK = 256 };  // operations in one submit

struct chunk {
  struct op ops[CHUNK];
  char keys[CHUNK][KEY_BYTES];
  uint64_t ids[CHUNK];
  unsigned char *values;  // CHUNK of them
};

// NULL when memory is short.
static struct chunk *chunk_open(uint32_t value_size) {
  struct chunk *chunk = calloc(1, sizeof *chunk);
  unsigned char *values = malloc(value_size ? (size_t)CHUNK * value_size : 1);
  if (!chunk || !values) {
    free(chunk);
    free(values);
    return NULL;
  }
  chunk->values = values;
  return chunk;
}

static int no_memory(uint32_t value_size, struct error *error) {
  return error_set(error, -ENOMEM, "no memory for %d values of %u bytes", CHUNK, value_size);
}

static void chunk_close(struct chunk *chunk) {
  free(chunk->values);
  free(chunk);
}

static void chunk_set(struct chunk *chunk, size_t i, enum op_kind kind, uint64_t id, uint32_t value_size) {
  chunk->ids[i] = id;
  key_make(id, chunk->keys[i]);
  chunk->ops[i] = (struct op){
      .kind = kind,
      .status = -EINPROGRESS,
      .key = chunk->keys[i],
      .key_length = KEY_BYTES,
      .value = chunk->values + i * value_size,
      .value_length = value_size,
  };
}

static int fill_chunk(struct chunk *chunk, const struct engine *engine, struct session *session, uint64_t first,
                      size_t count, uint32_t value_size, struct error *error) {
  for (size_t i = 0; i < count; i++) {
    chunk_set(chunk, i, OP_PUT, first + i, value_size);
    value_make(first + i, 0, chunk->ops[i].value, value_size);
  }
  int code = session_run(engine, session, chunk->ops, count);
  if (code) return error_set(error, code, "fill from record %llu: %s", (unsigned long long)first, strerror(-code));
  for (size_t i = 0; i < count; i++) {
    code = chunk->ops[i].status;
    if (code)
      return error_set(error, code, "fill, put of record %llu: %s", (unsigned long long)chunk->ids[i], strerror(-code));
  }
  return 0;
}

// Closes the session; its own failure counts only where nothing failed before.
static int end_session(const struct engine *engine, struct session *session, int code, struct error *error) {
  int closed = engine->session_close(session);
  if (code || !closed) return code;
  return error_set(error, closed, "closing the session: %s", strerror(-closed));
}

int client_fill(const struct workload *workload, const struct engine *engine, struct store *store,
                struct error *error) {
  struct chunk *chunk = chunk_open(workload->value_size);
  struct session *session;
  if (!chunk) return no_memory(workload->value_size, error);
  int code = engine->session_open(store, &session, error);
  if (code) goto out;
  for (uint64_t first = 0; first < workload->records && !code; first += CHUNK) {
    uint64_t rest = workload->records - first;
    code = fill_chunk(chunk, engine, session, first, rest < CHUNK ? (size_t)rest : CHUNK, workload->value_size, error);
  }
  code = end_session(engine, session, code, error);
out:
  chunk_close(chunk);
  return code;
}

static int wrong_value(uint64_t id, struct error *error) {
  return error_set(error, -EIO, "the bytes of record %llu are not a value of it", (unsigned long long)id);
}

// Reads the ids of the chunk. Adds to *found those that are there and right.
static int verify_chunk(struct chunk *chunk, const struct engine *engine, struct session *session, size_t count,
                        uint32_t value_size, uint64_t *found, struct error *error) {
  for (size_t i = 0; i < count; i++) chunk_set(chunk, i, OP_GET, chunk->ids[i], value_size);
  int code = session_run(engine, session, chunk->ops, count);
  if (code) return error_set(error, code, "reading back: %s", strerror(-code));
  for (size_t i = 0; i < count; i++) {
    const struct op *op = &chunk->ops[i];
    if (op->status == -ENOENT) continue;
    if (op->status)
      return error_set(error, op->status, "reading back record %llu: %s", (unsigned long long)chunk->ids[i],
                       strerror(-op->status));
    if (op->value_length != value_size || !value_check(chunk->ids[i], op->value, value_size, NULL))
      return wrong_value(chunk->ids[i], error);
    ++*found;
  }
  return 0;
}

// Every id of 0..records-1 when sample is 0, else `sample` drawn ones. Sets *read and *found.
static int verify_gets(const struct workload *workload, const struct engine *engine, struct session *session,
                       struct chunk *chunk, uint64_t sample, uint64_t *read, uint64_t *found, struct error *error) {
  struct random random;
  random_seed(&random, workload->seed);
  uint64_t total = sample ? sample : workload->records;
  *read = *found = 0;
  while (*read < total) {
    size_t count = total - *read < CHUNK ? (size_t)(total - *read) : CHUNK;
    for (size_t i = 0; i < count; i++) chunk->ids[i] = sample ? random_below(&random, workload->records) : *read + i;
    int code = verify_chunk(chunk, engine, session, count, workload->value_size, found, error);
    if (code) return code;
    *read += count;
  }
  return 0;
}

struct scan_check {
  struct error *error;
  uint64_t found;
};

static int check_visited(void *user, const void *key, uint32_t key_length, const void *value, uint32_t value_length) {
  struct scan_check *check = user;
  uint64_t id;
  if (!key_parse(key, key_length, &id)) return error_set(check->error, -EIO, "scan met a key that no workload writes");
  if (!value_check(id, value, value_length, NULL)) return wrong_value(id, check->error);
  check->found++;
  return 0;
}

// Records that a mix inserted have ids above `records`, with gaps between threads: only a scan finds them all.
static int verify_scan(const struct engine *engine, struct session *session, uint64_t *found, struct error *error) {
  struct scan_check check = {.error = error};
  int code = engine->scan(session, NULL, 0, 0, check_visited, &check);
  *found = check.found;
  if (code && error && error->code != code) error_set(error, code, "scan: %s", strerror(-code));
  return code;
}

int client_verify(const struct workload *workload, const struct engine *engine, struct store *store, uint64_t expect,
                  uint64_t sample, uint64_t *checked, struct error *error) {
  struct chunk *chunk = chunk_open(workload->value_size);
  struct session *session;
  uint64_t read = expect, found = 0;
  bool inserts = workload->operation == OPERATION_MIXED && workload->mix.insert > 0;
  if (!chunk) return no_memory(workload->value_size, error);
  int code = engine->session_open(store, &session, error);
  if (code) goto out;
  code = inserts && !sample ? verify_scan(engine, session, &found, error)
                            : verify_gets(workload, engine, session, chunk, sample, &read, &found, error);
  // Of drawn ids some may be absent where records were deleted; of all ids exactly `expect` must be there.
  uint64_t want = sample ? (expect >= workload->records ? read : 0) : expect;
  bool short_of = sample ? found < want : found != want;
  if (!code && short_of)
    code = error_set(error, -EIO, "%llu records are there instead of %llu", (unsigned long long)found,
                     (unsigned long long)want);
  if (!code) *checked = found;
  code = end_session(engine, session, code, error);
out:
  chunk_close(chunk);
  return code;
}
