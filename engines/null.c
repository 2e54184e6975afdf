// SPDX-License-Identifier: MIT
// The null engine: keeps nothing, and answers every get with the same bytes, as many as the caller has room for. What
// it costs is what the harness costs, so each operation does only what no engine can leave out: look at what is asked,
// and move the value.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/wide.h"
#include "engines/native.h"

enum { USUAL_BYTES = 64, INITIAL_ROOM = 64, QUAD = 4 };

// Half a value of the usual size, at any address.
typedef uint64_t half __attribute__((vector_size(USUAL_BYTES / 2), aligned(1), may_alias));

static const char constant_key[KEY_LENGTH_MAX] = "null-constant-16";
static const char text[] = "The null engine keeps nothing and gives this record to everyone ";

struct store {
  struct store_config config;
  uint32_t value_max;     // bytes: what fits into a record
  uint32_t value_length;  // of peeks and scans, where nobody says how much there is room for
  char value[];           // value_max bytes
};

// Finished operations wait in done[taken] to done[count - 1] until they are reaped.
struct session {
  const struct store *store;
  struct op **done;
  size_t taken, count, room;
};

static const char *null_durability(const struct store_config *config) {
  (void)config;
  return "nothing is written";
}

static int null_probe(const char *folder, const struct store_config *config, struct error *error) {
  (void)folder;
  (void)config;
  (void)error;
  return 0;
}

static int null_open(const char *path, const struct store_config *config, struct store **store, struct error *error) {
  (void)path;
  uint32_t record_size = config->record_size ? config->record_size : RECORD_SIZE_DEFAULT;
  if (record_size < RECORD_SIZE_MIN || record_size > RECORD_SIZE_MAX)
    return error_set(error, -EINVAL, "bad record size %u; use %u to %u bytes", record_size, RECORD_SIZE_MIN,
                     RECORD_SIZE_MAX);
  uint32_t value_max = record_size - RECORD_OVERHEAD;
  struct store *opened = malloc(sizeof *opened + value_max);
  if (!opened) return error_set(error, -ENOMEM, "no memory for a null store");
  opened->config = *config;
  opened->config.record_size = record_size;
  opened->value_max = value_max;
  // What the values of workloads are unless they say otherwise: the lecture's 64 bytes, or all that a record holds.
  opened->value_length = record_size == RECORD_SIZE_DEFAULT ? USUAL_BYTES : value_max;
  for (uint32_t i = 0; i < value_max; i++) opened->value[i] = text[i % (sizeof text - 1)];
  *store = opened;
  return 0;
}

static int null_close(struct store *store, struct error *error) {
  (void)error;
  free(store);
  return 0;
}

static int null_session_open(struct store *store, struct session **session, struct error *error) {
  struct session *opened = calloc(1, sizeof *opened);
  if (!opened) return error_set(error, -ENOMEM, "no memory for a session");
  opened->store = store;
  *session = opened;
  return 0;
}

static int null_session_close(struct session *session) {
  free(session->done);
  free(session);
  return 0;
}

// Makes room for `count` more finished operations.
static int reserve(struct session *session, size_t count) {
  if (session->taken == session->count) session->taken = session->count = 0;
  if (count <= session->room - session->count) return 0;
  size_t room = session->room ? session->room : INITIAL_ROOM;
  while (room - session->count < count) room *= 2;
  struct op **done = realloc(session->done, room * sizeof(struct op *));
  if (!done) return -ENOMEM;
  session->done = done;
  session->room = room;
  return 0;
}

static int run_get(const struct store *store, struct op *op) {
  if (op->value_length > store->value_max) op->value_length = store->value_max;
  if (op->value_length == USUAL_BYTES)
    memcpy(op->value, store->value, USUAL_BYTES);  // known to the compiler: no call
  else
    memcpy(op->value, store->value, op->value_length);
  return 0;
}

static int run_peek(const struct store *store, struct op *op) {
  op->value = (void *)store->value;  // lent for reading only
  op->value_length = store->value_length;
  return 0;
}

static int run_put(const struct store *store, const struct op *op) {
  if (store->config.read_only) return -EROFS;
  return op->value_length > store->value_max ? -EMSGSIZE : 0;
}

static int run_op(const struct store *store, struct op *op) {
  if (op->key_length == 0 || op->key_length > KEY_LENGTH_MAX) return -EINVAL;
  switch (op->kind) {
    case OP_GET:
      return run_get(store, op);
    case OP_PEEK:
      return run_peek(store, op);
    case OP_PUT:
      return run_put(store, op);
    case OP_DELETE:
      return store->config.read_only ? -EROFS : 0;
  }
  return -EINVAL;
}

// Whether it asks for the usual size and for the rest what the first one asks for.
static inline bool is_alike(const struct op *op, uint64_t asked) {
  return op_asked(op) == asked && op->value_length == USUAL_BYTES;
}

static inline void give(struct op *op, half first, half second) {
  half *to = op->value;
  to[0] = first;
  to[1] = second;
  op->status = 0;
  op->value_length = USUAL_BYTES;  // as it was: one store with the status
}

// Gets are what the harness is priced with: straight code for those that are alike, four at a time. Returns how many it
// answered.
WIDE_VECTORS static size_t run_alike(const struct store *store, struct op *const *ops, size_t count) {
  const half *from = (const half *)(const void *)store->value, first = from[0], second = from[1];
  const uint64_t asked = op_asked(ops[0]);
  size_t quads = 0;
  if (ops[0]->kind != OP_GET || ops[0]->key_length - 1 >= KEY_LENGTH_MAX) return 0;
  for (; quads < count / QUAD; quads++, ops += QUAD) {
    struct op *a = ops[0], *b = ops[1], *c = ops[2], *d = ops[3];
    if (!is_alike(a, asked) || !is_alike(b, asked) || !is_alike(c, asked) || !is_alike(d, asked)) break;
    give(a, first, second);
    give(b, first, second);
    give(c, first, second);
    give(d, first, second);
  }
  return quads * QUAD;
}

static int null_submit(struct session *session, struct op *const *ops, size_t count) {
  int error = reserve(session, count);
  if (error || count == 0) return error;
  const struct store *store = session->store;
  size_t i = count >= QUAD && store->value_max >= USUAL_BYTES ? run_alike(store, ops, count) : 0;
  for (; i < count; i++) ops[i]->status = run_op(store, ops[i]);
  memcpy(session->done + session->count, ops, count * sizeof(struct op *));
  session->count += count;
  return 0;
}

static int null_reap(struct session *session, struct op **done, size_t max, size_t min) {
  (void)min;  // all that is outstanding is finished
  size_t ready = session->count - session->taken;
  if (ready > max) ready = max;
  if (ready) memcpy(done, session->done + session->taken, ready * sizeof(struct op *));
  session->taken += ready;
  return (int)ready;
}

static int null_scan(struct session *session, const void *from, uint32_t from_length, uint64_t limit, scan_fn fn,
                     void *user) {
  (void)from_length;
  if (from) return -EOPNOTSUPP;
  uint64_t records = session->store->config.capacity_hint;
  if (limit && limit < records) records = limit;
  for (uint64_t i = 0; i < records; i++) {
    int result = fn(user, constant_key, KEY_LENGTH_MAX, session->store->value, session->store->value_length);
    if (result) return result;
  }
  return 0;
}

static int null_sync(struct store *store) {
  (void)store;
  return 0;
}

static int null_compact(struct store *store, struct error *error) {
  (void)store;
  (void)error;
  return 0;
}

static int null_stat(struct store *store, struct store_stat *stat) {
  *stat = (struct store_stat){
      .records = store->config.capacity_hint,
      .capacity = store->config.capacity_hint,
      .record_size = store->config.record_size,
  };
  return 0;
}

static const struct engine_option null_options[] = {{.name = NULL}};

const struct engine engine_null = {
    .api = ENGINE_API,
    .name = "null",
    .label = "null",
    .summary = "keeps nothing; shows what the harness itself costs",
    .caps = CAP_LEND,
    .options = null_options,
    .durability = null_durability,
    .probe = null_probe,
    .open = null_open,
    .close = null_close,
    .session_open = null_session_open,
    .session_close = null_session_close,
    .submit = null_submit,
    .reap = null_reap,
    .scan = null_scan,
    .sync = null_sync,
    .forget = null_sync,
    .compact = null_compact,
    .stat = null_stat,
};
