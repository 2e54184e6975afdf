// SPDX-License-Identifier: MIT
#include "tests/unit/queueing_store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct session {
  struct store *store;
  struct op *queue[FAKE_QUEUE];
  size_t count;
};

static int fake_session_open(struct store *store, struct session **session, struct error *error) {
  (void)error;
  *session = calloc(1, sizeof **session);
  assert_non_null(*session);
  (*session)->store = store;
  return 0;
}

static int fake_session_close(struct session *session) {
  assert_int_equal(session->count, 0);  // a client hands nothing to a session that it does not wait for
  free(session);
  return 0;
}

static int run_get(struct store *store, struct op *op, uint64_t id) {
  store->gets++;
  if (!store->there[id]) return -ENOENT;
  assert_in_range(op->value_length, FAKE_VALUE, UINT32_MAX);
  memcpy(op->value, store->values[id], FAKE_VALUE);
  op->value_length = FAKE_VALUE;
  return 0;
}

static int run_op(struct store *store, struct op *op) {
  uint64_t id;
  assert_int_equal(key_parse(op->key, op->key_length, &id), 1);
  assert_in_range(id, 0, FAKE_RECORDS - 1);
  switch (op->kind) {
    case OP_PUT:
      assert_int_equal(op->value_length, FAKE_VALUE);
      assert_int_equal(value_check(id, op->value, FAKE_VALUE, NULL), 1);
      memcpy(store->values[id], op->value, FAKE_VALUE);
      store->there[id] = true;
      store->puts[id]++;
      return 0;
    case OP_GET:
      return run_get(store, op, id);
    case OP_PEEK:
      op->value = store->values[id];
      op->value_length = FAKE_VALUE;
      return store->there[id] ? 0 : -ENOENT;
    default:
      store->deletes++;
      if (!store->there[id]) return -ENOENT;
      store->there[id] = false;
      return 0;
  }
}

static int fake_submit(struct session *session, struct op *const *ops, size_t count) {
  struct store *store = session->store;
  if (++store->submits == store->lose_at) return -ENOMEM;
  if (store->watched && store->submits == 2) store->published = atomic_load(store->watched);
  for (size_t i = 0; i < count; i++) {
    assert_in_range(session->count, 0, FAKE_QUEUE - 1);
    store->submitted++;
    int status = run_op(store, ops[i]);
    if (store->submitted != store->untouched_at) ops[i]->status = store->submitted == store->fail_at ? -EIO : status;
    session->queue[session->count++] = ops[i];
  }
  if (session->count > store->deepest) store->deepest = session->count;
  return 0;
}

static int fake_reap(struct session *session, struct op **done, size_t max, size_t min) {
  struct store *store = session->store;
  size_t count = session->count;
  if (store->reap_max && count > store->reap_max) count = store->reap_max;
  if (count < min) count = min < session->count ? min : session->count;
  if (count > max) count = max;
  if (min > store->largest_min) store->largest_min = min;
  store->outstanding_sum += session->count;
  if (++store->reaps == store->short_at) count = min - 1;
  for (size_t i = 0; i < count; i++) done[i] = session->queue[--session->count];
  return (int)count;
}

// In order of id, as an ordered store's.
static int fake_scan(struct session *session, const void *from, uint32_t from_length, uint64_t limit, scan_fn fn,
                     void *user) {
  uint64_t id = 0, visited = 0;
  assert_int_equal(session->count, 0);
  if (from) assert_int_equal(key_parse(from, from_length, &id), 1);
  for (; id < FAKE_RECORDS && (limit == 0 || visited < limit); id++) {
    if (session->store->endless && !session->store->there[id]) id = 0;
    if (!session->store->there[id]) continue;
    char key[KEY_BYTES];
    key_make(id, key);
    visited++;
    bool is_short = ++session->store->visits == session->store->short_visit;
    int code = fn(user, key, KEY_BYTES, session->store->values[id], FAKE_VALUE - is_short);
    if (code) return code;
  }
  return 0;
}

const struct engine queueing = {
    .name = "queueing",
    .caps = CAP_QUEUE | CAP_LEND | CAP_SCAN_ORDERED,
    .session_open = fake_session_open,
    .session_close = fake_session_close,
    .submit = fake_submit,
    .reap = fake_reap,
    .scan = fake_scan,
};

const struct engine direct = {
    .name = "direct",
    .caps = 0,
    .session_open = fake_session_open,
    .session_close = fake_session_close,
    .submit = fake_submit,
    .reap = fake_reap,
    .scan = fake_scan,
};

struct workload workload_of(enum operation operation) {
  return (struct workload){.operation = operation,
                           .keys = KEYS_UNIFORM,
                           .theta = 0.99,
                           .records = 1000,
                           .value_size = FAKE_VALUE,
                           .batch = 1,
                           .depth = 1,
                           .threads = 1,
                           .seed = 1};
}

struct store *filled(uint64_t records) {
  struct store *store = calloc(1, sizeof *store);
  assert_non_null(store);
  for (uint64_t id = 0; id < records; id++) {
    store->there[id] = true;
    value_make(id, 0, store->values[id], FAKE_VALUE);
  }
  return store;
}

int run_client(const struct workload *workload, const struct engine *engine, struct store *store, uint64_t operations,
               struct client_counts *counts, struct error *error) {
  struct client *client;
  *counts = (struct client_counts){0};
  assert_int_equal(client_open(workload, 0, engine, store, &client, error), 0);
  int code = client_run(client, operations, 0, NULL, counts, error);
  assert_int_equal(client_close(client), 0);
  return code;
}
