// SPDX-License-Identifier: MIT
// Clients against the null engine and against a small engine in memory that queues, reorders and fails when told to.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "engines/registry.h"
#include "workloads/client.h"

enum { FAKE_RECORDS = 2000, FAKE_VALUE = 64, FAKE_QUEUE = 256 };

// Records by id, and a queue that hands back the newest first, so that completions come out of order.
struct store {
  bool there[FAKE_RECORDS];
  unsigned char values[FAKE_RECORDS][FAKE_VALUE];
  unsigned puts[FAKE_RECORDS];
  size_t reap_max;        // operations one reap hands back at most; 0: all
  uint64_t fail_at;       // this operation, counted from 1, comes back -EIO
  uint64_t lose_at;       // this submit is refused as a whole
  uint64_t untouched_at;  // this operation is handed back as it came
  uint64_t submitted, submits, gets, deletes;
  size_t deepest, largest_min;
  uint64_t outstanding_sum, reaps;
  const _Atomic uint64_t *watched;  // what a client publishes, and what it said as the second submit came
  uint64_t published;
};

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
  store->reaps++;
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
    if (!session->store->there[id]) continue;
    char key[KEY_BYTES];
    key_make(id, key);
    visited++;
    int code = fn(user, key, KEY_BYTES, session->store->values[id], FAKE_VALUE);
    if (code) return code;
  }
  return 0;
}

static const struct engine queueing = {
    .name = "queueing",
    .caps = CAP_QUEUE | CAP_LEND | CAP_SCAN_ORDERED,
    .session_open = fake_session_open,
    .session_close = fake_session_close,
    .submit = fake_submit,
    .reap = fake_reap,
    .scan = fake_scan,
};

static const struct engine direct = {
    .name = "direct",
    .caps = 0,
    .session_open = fake_session_open,
    .session_close = fake_session_close,
    .submit = fake_submit,
    .reap = fake_reap,
    .scan = fake_scan,
};

static struct workload workload_of(enum operation operation) {
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

static struct store *filled(uint64_t records) {
  struct store *store = calloc(1, sizeof *store);
  assert_non_null(store);
  for (uint64_t id = 0; id < records; id++) {
    store->there[id] = true;
    value_make(id, 0, store->values[id], FAKE_VALUE);
  }
  return store;
}

// Runs `operations` of the workload on one client. Returns what client_run returned.
static int run(const struct workload *workload, const struct engine *engine, struct store *store, uint64_t operations,
               struct client_counts *counts, struct error *error) {
  struct client *client;
  *counts = (struct client_counts){0};
  assert_int_equal(client_open(workload, 0, engine, store, &client, error), 0);
  int code = client_run(client, operations, 0, NULL, counts, error);
  assert_int_equal(client_close(client), 0);
  return code;
}

static void test_gets_count_bytes_and_sum(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_GET);
  struct client_counts counts;
  struct error error;
  uint64_t sum = 0;
  workload.keys = KEYS_SEQUENTIAL;
  workload.mix.scan = 100;  // of no meaning outside a mix
  for (uint64_t id = 0; id < 1000; id++) sum += value_sum(store->values[id], FAKE_VALUE);
  for (uint32_t batch = 1; batch <= 64; batch *= 8) {
    workload.batch = workload.depth = batch;
    assert_int_equal(run(&workload, &queueing, store, 1000, &counts, &error), 0);
    assert_int_equal(counts.asked, 1000);
    assert_int_equal(counts.acknowledged, 1000);
    assert_int_equal(counts.failed + counts.not_found, 0);
    assert_int_equal(counts.bytes, 1000 * FAKE_VALUE);
    assert_int_equal(counts.sum, sum);
    assert_int_equal(counts.splits, (1000 + batch - 1) / batch);
  }
  free(store);
}

static void count_due(void *user, uint64_t now) {
  assert_true(now > 1);
  ++*(unsigned *)user;
}

// While it runs and at its end; nothing before client_watch, as in a warm-up.
static void test_progress_is_published(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_GET);
  struct client_counts counts = {0};
  struct client *client;
  struct error error;
  _Atomic uint64_t published = 0, due = 1;
  unsigned times = 0;
  const struct client_watch watch = {&published, &due, count_due, &times};
  workload.batch = workload.depth = 4;
  assert_int_equal(client_open(&workload, 0, &queueing, store, &client, &error), 0);
  assert_int_equal(client_run(client, 100, UINT64_MAX, NULL, &counts, &error), 0);
  assert_int_equal(atomic_load(&published), 0);
  client_watch(client, &watch);
  counts = (struct client_counts){0};
  store->submits = 0;
  store->watched = &published;
  assert_int_equal(client_run(client, 1000, UINT64_MAX, NULL, &counts, &error), 0);
  assert_int_equal(store->published, 4);
  assert_int_equal(atomic_load(&published), 1000);
  assert_true(times > 0);
  atomic_store(&due, UINT64_MAX);
  times = 0;
  assert_int_equal(client_run(client, 1000, UINT64_MAX, NULL, &counts, &error), 0);
  assert_int_equal(times, 0);
  assert_int_equal(client_close(client), 0);
  free(store);
}

static void test_depth_is_kept(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_GET);
  struct client_counts counts;
  struct error error;
  workload.batch = 4;
  workload.depth = 32;
  store->reap_max = 3;  // fewer than a batch, so that the client must come again before it may submit
  assert_int_equal(run(&workload, &queueing, store, 5000, &counts, &error), 0);
  assert_int_equal(counts.acknowledged, 5000);
  assert_int_equal(store->deepest, 32);
  assert_int_equal(store->largest_min, 4);  // waits for room for a batch, not for a wave
  assert_true(store->outstanding_sum >= store->reaps * 32 * 9 / 10);
  free(store);
}

static void test_engines_that_do_not_queue_get_one_batch(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_GET);
  struct client_counts counts;
  struct error error;
  workload.batch = 4;
  workload.depth = 32;
  assert_int_equal(run(&workload, &direct, store, 100, &counts, &error), 0);
  assert_int_equal(store->deepest, 4);
  workload.operation = OPERATION_PEEK;  // and lent pointers die with the next call
  store->deepest = 0;
  assert_int_equal(run(&workload, &queueing, store, 100, &counts, &error), 0);
  assert_int_equal(store->deepest, 4);
  assert_int_equal(counts.bytes, 100 * FAKE_VALUE);
  free(store);
}

static void fill_by(unsigned threads, enum key_order order, uint32_t batch) {
  struct store *store = filled(0);
  struct workload workload = workload_of(OPERATION_FILL);
  struct client_counts counts = {0};
  struct error error;
  workload.threads = threads;
  workload.keys = order;
  workload.batch = workload.depth = batch;
  for (unsigned thread = 0; thread < threads; thread++) {
    struct client *client;
    assert_int_equal(client_open(&workload, thread, &queueing, store, &client, &error), 0);
    // In two goes: the second takes up where the first ended.
    assert_int_equal(client_run(client, 100, 0, NULL, &counts, &error), 0);
    assert_int_equal(client_run(client, UINT64_MAX, 0, NULL, &counts, &error), 0);
    assert_int_equal(client_run(client, 100, 0, NULL, &counts, &error), 0);
    assert_int_equal(client_close(client), 0);
  }
  assert_int_equal(counts.acknowledged, 1000);
  assert_int_equal(counts.asked, 1000);
  for (int id = 0; id < FAKE_RECORDS; id++) assert_int_equal(store->puts[id], id < 1000);
  free(store);
}

static void test_fills_put_every_id_once(void **state) {
  (void)state;
  const uint32_t batches[] = {1, 7, 64};
  for (unsigned threads = 1; threads <= 4; threads += 3) {
    for (int b = 0; b < 3; b++) {
      fill_by(threads, KEYS_SEQUENTIAL, batches[b]);
      fill_by(threads, KEYS_UNIFORM, batches[b]);
    }
  }
}

static void test_more_threads_than_records(void **state) {
  (void)state;
  struct store *store = filled(0);
  struct workload workload = workload_of(OPERATION_FILL);
  struct client_counts counts = {0};
  struct error error;
  workload.threads = 5;
  workload.records = 2;
  for (unsigned thread = 0; thread < 5; thread++) {
    struct client *client;
    assert_int_equal(client_open(&workload, thread, &queueing, store, &client, &error), 0);
    assert_int_equal(client_run(client, 10, 0, NULL, &counts, &error), 0);
    assert_int_equal(client_close(client), 0);
  }
  assert_int_equal(counts.acknowledged, 2);
  free(store);
}

static void test_deletes_take_every_id_once(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_DELETE);
  struct client_counts counts;
  struct error error;
  workload.batch = workload.depth = 16;
  assert_int_equal(run(&workload, &queueing, store, UINT64_MAX, &counts, &error), 0);
  assert_int_equal(counts.acknowledged, 1000);
  for (int id = 0; id < 1000; id++) assert_false(store->there[id]);
  free(store);
}

static void test_updates_count_versions_up(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_UPDATE);
  struct client_counts counts;
  struct error error;
  uint64_t version, seen[1001] = {0};
  workload.keys = KEYS_SEQUENTIAL;
  assert_int_equal(run(&workload, &queueing, store, 1000, &counts, &error), 0);
  assert_int_equal(counts.bytes, 1000 * FAKE_VALUE);
  for (uint64_t id = 0; id < 1000; id++) {
    assert_int_equal(value_check(id, store->values[id], FAKE_VALUE, &version), 1);
    assert_in_range(version, 1, 1000);
    assert_int_equal(seen[version]++, 0);
  }
  free(store);
}

static void test_missing_record_fails(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_GET);
  struct client_counts counts;
  struct error error;
  workload.keys = KEYS_SEQUENTIAL;
  workload.batch = workload.depth = 8;
  store->there[20] = false;
  assert_int_equal(run(&workload, &queueing, store, 1000, &counts, &error), -ENOENT);
  assert_string_equal(error.text, "get of record 20: No such file or directory");
  assert_int_equal(counts.asked, 24);
  assert_int_equal(counts.acknowledged, 23);
  assert_int_equal(counts.failed, 1);
  assert_int_equal(counts.not_found, 0);
  free(store);
}

static void test_failure_drains_the_window(void **state) {
  (void)state;
  const enum operation operations[] = {OPERATION_GET, OPERATION_UPDATE, OPERATION_FILL, OPERATION_MIXED};
  for (int i = 0; i < 4; i++) {
    struct store *store = filled(operations[i] == OPERATION_FILL ? 0 : 1000);
    struct workload workload = workload_of(operations[i]);
    struct client_counts counts;
    struct error error;
    workload.mix.update = 50;
    workload.mix.read_modify_write = 50;
    workload.batch = 4;
    workload.depth = 32;
    store->reap_max = 2;
    store->fail_at = 101;
    assert_int_equal(run(&workload, &queueing, store, 1000, &counts, &error), -EIO);  // close checks the queue
    assert_int_equal(counts.failed, 1);
    assert_non_null(strstr(error.text, "Input/output error"));
    free(store);
  }
}

static void test_refused_submit_is_an_error(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_GET);
  struct client_counts counts;
  struct error error;
  workload.depth = 8;
  store->lose_at = 5;
  assert_int_equal(run(&workload, &queueing, store, 100, &counts, &error), -ENOMEM);
  assert_int_equal(counts.acknowledged, 4);
  free(store);
}

static void test_untouched_operation_is_no_success(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_UPDATE);
  struct client_counts counts;
  struct error error;
  store->untouched_at = 50;
  assert_int_equal(run(&workload, &queueing, store, 100, &counts, &error), -EINPROGRESS);
  assert_int_equal(counts.acknowledged, 49);
  free(store);
}

static void test_wrong_length_fails(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_GET);
  struct client_counts counts;
  struct error error;
  workload.value_size = 80;
  assert_int_equal(run(&workload, &queueing, store, 100, &counts, &error), -EIO);
  assert_non_null(strstr(error.text, "gave 64 bytes instead of 80"));
  free(store);
}

static void test_mix_keeps_its_shares(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_MIXED);
  struct client_counts counts;
  struct error error;
  uint64_t puts = 0;
  workload.mix.get = 70;
  workload.mix.update = 30;
  workload.batch = 8;
  workload.depth = 32;
  store->reap_max = 5;
  assert_int_equal(run(&workload, &queueing, store, 100000, &counts, &error), 0);
  for (int id = 0; id < FAKE_RECORDS; id++) puts += store->puts[id];
  assert_int_equal(counts.acknowledged, 100000);
  assert_int_equal(puts + store->gets, 100000);
  assert_in_range(puts, 29000, 31000);  // seven standard deviations
  assert_int_equal(counts.bytes, 100000 * FAKE_VALUE);
  free(store);
}

static void test_read_modify_write_is_one_operation(void **state) {
  (void)state;
  const uint32_t depths[] = {1, 8, 32};
  for (int i = 0; i < 3; i++) {
    struct store *store = filled(1000);
    struct workload workload = workload_of(OPERATION_MIXED);
    struct client_counts counts;
    struct error error;
    uint64_t puts = 0;
    workload.mix.read_modify_write = 100;
    workload.batch = depths[i] < 8 ? 1 : 8;
    workload.depth = depths[i];
    assert_int_equal(run(&workload, &queueing, store, 1003, &counts, &error), 0);
    for (int id = 0; id < FAKE_RECORDS; id++) puts += store->puts[id];
    assert_int_equal(counts.asked, 1003);
    assert_int_equal(counts.acknowledged, 1003);
    assert_int_equal(puts, 1003);
    assert_int_equal(store->gets, 1003);
    assert_int_equal(counts.bytes, 2 * 1003 * FAKE_VALUE);
    free(store);
  }
}

static void test_inserts_put_new_ids(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_MIXED);
  struct client_counts counts;
  struct error error;
  workload.mix.get = 50;
  workload.mix.insert = 50;
  workload.keys = KEYS_LATEST;
  workload.batch = 4;
  workload.depth = 16;
  assert_int_equal(run(&workload, &queueing, store, 1000, &counts, &error), 0);
  unsigned inserted = 0;
  for (int id = 1000; id < FAKE_RECORDS; id++) inserted += store->there[id];
  assert_in_range(inserted, 400, 600);
  for (unsigned id = 1000; id < 1000 + inserted; id++) assert_int_equal(store->puts[id], 1);
  uint64_t checked;
  assert_int_equal(client_verify(&workload, &queueing, store, 1000 + inserted, 0, &checked, &error), 0);
  assert_int_equal(checked, 1000 + inserted);
  free(store);
}

static void test_deletes_in_a_mix_may_miss(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_MIXED);
  struct client_counts counts;
  struct error error;
  workload.mix.get = 50;
  workload.mix.remove = 50;
  assert_int_equal(run(&workload, &queueing, store, 10000, &counts, &error), 0);
  assert_int_equal(counts.acknowledged, 10000);
  assert_true(counts.not_found > 1000);
  assert_int_equal(counts.bytes % FAKE_VALUE, 0);
  free(store);
}

static void test_scans_go_round(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_SCAN);
  struct client_counts counts;
  struct error error;
  assert_int_equal(run(&workload, &queueing, store, 2500, &counts, &error), 0);
  assert_int_equal(counts.asked, 2500);
  assert_int_equal(counts.acknowledged, 2500);
  assert_int_equal(counts.bytes, 2500 * FAKE_VALUE);
  assert_int_equal(counts.splits, 3);
  free(store);
}

static void test_scan_of_an_empty_store_ends(void **state) {
  (void)state;
  struct store *store = filled(0);
  struct workload workload = workload_of(OPERATION_SCAN);
  struct client_counts counts;
  struct error error;
  assert_int_equal(run(&workload, &queueing, store, 10, &counts, &error), -ENOENT);
  free(store);
}

static void test_scans_in_a_mix(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_MIXED);
  struct client_counts counts;
  struct error error;
  struct client *client;
  workload.mix.scan = 95;
  workload.mix.update = 5;
  workload.depth = 4;
  assert_int_equal(run(&workload, &queueing, store, 1000, &counts, &error), 0);
  assert_int_equal(counts.acknowledged, 1000);
  assert_true(counts.bytes > 20000 * FAKE_VALUE);  // 950 scans of 50 records
  assert_int_equal(client_open(&workload, 0, &direct, store, &client, &error), -EOPNOTSUPP);
  workload.batch = 2;
  assert_int_equal(client_open(&workload, 0, &queueing, store, &client, &error), -EINVAL);
  free(store);
}

struct latencies {
  uint64_t calls, operations, longest;
  uint64_t kinds[OPERATION_KINDS];
  struct timing timing;
  uint32_t group_after;  // calls of record after which groups of 8 are asked for; 0: never
};

static void on_latency(void *user, enum operation_kind kind, uint64_t ns, uint32_t calls, uint64_t operations) {
  (void)calls;
  struct latencies *latencies = user;
  latencies->calls++;
  latencies->operations += operations;
  latencies->kinds[kind] += operations;
  if (ns > latencies->longest) latencies->longest = ns;
  if (latencies->calls == latencies->group_after) latencies->timing.calls = 8;
}

// Runs `operations` of the workload with times taken.
static void run_timed(const struct workload *workload, const struct engine *engine, uint64_t operations,
                      struct latencies *latencies) {
  struct store *store = filled(1000);
  struct client_counts counts = {0};
  struct error error;
  struct client *client;
  latencies->timing.record = on_latency;
  latencies->timing.user = latencies;
  assert_int_equal(client_open(workload, 0, engine, store, &client, &error), 0);
  assert_int_equal(client_run(client, operations, 0, &latencies->timing, &counts, &error), 0);
  assert_int_equal(client_close(client), 0);
  assert_int_equal(counts.acknowledged, operations);
  assert_int_equal(latencies->operations, operations);
  free(store);
}

static void test_latencies_come_once_an_operation(void **state) {
  (void)state;
  const enum operation operations[] = {OPERATION_GET, OPERATION_SCAN, OPERATION_MIXED};
  for (int i = 0; i < 3; i++) {
    struct workload workload = workload_of(operations[i]);
    struct latencies latencies = {.timing.calls = 1};
    workload.mix.read_modify_write = 100;
    workload.depth = operations[i] == OPERATION_SCAN ? 1 : 8;
    run_timed(&workload, &queueing, 777, &latencies);
    assert_int_equal(latencies.calls, 777);
    assert_int_equal(latencies.kinds[KIND_READ_MODIFY_WRITE], operations[i] == OPERATION_MIXED ? 777 : 0);
    assert_in_range(latencies.longest, 0, 60000000000u);  // a span, not a point in time
  }
}

static void test_latencies_know_their_kind(void **state) {
  (void)state;
  struct workload workload = workload_of(OPERATION_MIXED);
  struct latencies latencies = {.timing.calls = 1};
  workload.mix.get = workload.mix.update = workload.mix.insert = workload.mix.remove = 20;
  workload.mix.scan = workload.mix.read_modify_write = 10;
  run_timed(&workload, &queueing, 1000, &latencies);
  for (int kind = 0; kind < OPERATION_KINDS; kind++) {
    uint64_t share = kind == KIND_SCAN || kind == KIND_READ_MODIFY_WRITE ? 100 : 200;
    assert_in_range(latencies.kinds[kind], share - 60, share + 60);  // five deviations of 9.5 and 12.6
  }
}

// One reading of the clock for eight calls, and the last few get theirs.
static void test_calls_are_timed_in_groups(void **state) {
  (void)state;
  const enum operation operations[] = {OPERATION_GET, OPERATION_UPDATE, OPERATION_SCAN};
  for (int i = 0; i < 3; i++) {
    for (uint32_t batch = 1; batch <= (operations[i] == OPERATION_SCAN ? 1 : 4); batch *= 4) {
      struct workload workload = workload_of(operations[i]);
      struct latencies whole = {.timing.calls = 8}, later = {.timing.calls = 1, .group_after = 20};
      workload.batch = workload.depth = batch;
      run_timed(&workload, &direct, 100 * batch, &whole);
      assert_int_equal(whole.calls, 100 / 8 + 1);
      run_timed(&workload, &direct, 100 * batch, &later);
      assert_int_equal(later.calls, 20 + (100 - 20 / batch) / 8 + ((100 - 20 / batch) % 8 > 0));
    }
  }
}

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// Returns at all, and not before its time.
static void test_deadline_ends_a_run(void **state) {
  (void)state;
  const enum operation operations[] = {OPERATION_GET, OPERATION_SCAN, OPERATION_MIXED};
  for (int i = 0; i < 3; i++) {
    struct store *store = filled(1000);
    struct workload workload = workload_of(operations[i]);
    struct client_counts counts = {0};
    struct error error;
    struct client *client;
    workload.mix.read_modify_write = 100;
    assert_int_equal(client_open(&workload, 0, &queueing, store, &client, &error), 0);
    uint64_t deadline = now_ns() + 3000000;
    assert_int_equal(client_run(client, UINT64_MAX, deadline, NULL, &counts, &error), 0);
    assert_true(now_ns() >= deadline);
    assert_true(counts.acknowledged > 0);
    assert_int_equal(counts.asked, counts.acknowledged);
    assert_int_equal(client_close(client), 0);
    free(store);
  }
}

static void test_fill_and_verify(void **state) {
  (void)state;
  struct store *store = filled(0);
  struct workload workload = workload_of(OPERATION_GET);
  struct error error;
  uint64_t checked = 0;
  assert_int_equal(client_fill(&workload, &queueing, store, &error), 0);
  for (int id = 0; id < FAKE_RECORDS; id++) assert_int_equal(store->puts[id], id < 1000);
  assert_int_equal(client_verify(&workload, &queueing, store, 1000, 0, &checked, &error), 0);
  assert_int_equal(checked, 1000);
  assert_int_equal(client_verify(&workload, &queueing, store, 1000, 300, &checked, &error), 0);
  assert_int_equal(checked, 300);
  free(store);
}

static void test_verify_finds_what_is_wrong(void **state) {
  (void)state;
  struct store *store = filled(1000);
  struct workload workload = workload_of(OPERATION_GET);
  struct error error;
  uint64_t checked = 0;
  store->values[777][40] ^= 1;
  assert_int_equal(client_verify(&workload, &queueing, store, 1000, 0, &checked, &error), -EIO);
  assert_string_equal(error.text, "the bytes of record 777 are not a value of it");
  value_make(778, 0, store->values[777], FAKE_VALUE);
  assert_int_equal(client_verify(&workload, &queueing, store, 1000, 0, &checked, &error), -EIO);
  value_make(777, 9, store->values[777], FAKE_VALUE);
  assert_int_equal(client_verify(&workload, &queueing, store, 1000, 0, &checked, &error), 0);
  store->there[5] = false;
  assert_int_equal(client_verify(&workload, &queueing, store, 1000, 0, &checked, &error), -EIO);
  assert_string_equal(error.text, "999 records are there instead of 1000");
  assert_int_equal(client_verify(&workload, &queueing, store, 999, 0, &checked, &error), 0);
  assert_int_equal(client_verify(&workload, &queueing, store, 999, 500, &checked, &error), 0);
  store->fail_at = store->submitted + 10;
  assert_int_equal(client_verify(&workload, &queueing, store, 999, 0, &checked, &error), -EIO);
  free(store);
}

static void test_bad_workloads(void **state) {
  (void)state;
  struct store *store = filled(10);
  struct client *client;
  struct error error;
  struct workload good = workload_of(OPERATION_GET), bad = good;
  bad.records = 0;
  assert_int_equal(client_open(&bad, 0, &queueing, store, &client, &error), -EINVAL);
  bad = good;
  bad.batch = 0;
  assert_int_equal(client_open(&bad, 0, &queueing, store, &client, &error), -EINVAL);
  bad = good;
  bad.batch = 2;
  assert_int_equal(client_open(&bad, 0, &queueing, store, &client, &error), -EINVAL);
  assert_int_equal(client_open(&good, 1, &queueing, store, &client, &error), -EINVAL);
  bad = good;
  bad.operation = OPERATION_PEEK;
  assert_int_equal(client_open(&bad, 0, &direct, store, &client, &error), -EOPNOTSUPP);
  bad.operation = OPERATION_MIXED;
  bad.mix.get = 99;
  assert_int_equal(client_open(&bad, 0, &queueing, store, &client, &error), -EINVAL);
  assert_string_equal(error.text, "the shares of the mix add up to 99; they must make 100");
  free(store);
}

static void test_null_engine(void **state) {
  (void)state;
  const struct engine *null = registry_find("null", 4);
  assert_non_null(null);
  struct store_config config = {.capacity_hint = 1000};
  struct store *store;
  struct error error;
  assert_int_equal(null->open("unused", &config, &store, &error), 0);
  const enum operation operations[] = {OPERATION_GET,  OPERATION_PEEK,  OPERATION_UPDATE,
                                       OPERATION_FILL, OPERATION_MIXED, OPERATION_SCAN};
  for (int i = 0; i < 6; i++) {
    struct workload workload = workload_of(operations[i]);
    struct client_counts counts;
    workload.mix.get = 95;
    workload.mix.update = 5;
    workload.records = 100000;
    workload.batch = workload.depth = operations[i] == OPERATION_SCAN ? 1 : 64;
    assert_int_equal(run(&workload, null, store, 50000, &counts, &error), 0);
    assert_int_equal(counts.acknowledged, 50000);
    assert_int_equal(counts.bytes, 50000 * 64);
  }
  assert_int_equal(null->close(store, &error), 0);
}

static void test_names(void **state) {
  (void)state;
  for (int i = 0; i < OPERATIONS; i++) {
    enum operation operation = OPERATIONS;
    assert_int_equal(operation_parse(operation_name((enum operation)i), &operation), 0);
    assert_int_equal(operation, i);
  }
  for (int i = 0; i <= KEYS_LATEST; i++) {
    enum key_order order = KEYS_SEQUENTIAL;
    assert_int_equal(key_order_parse(key_order_name((enum key_order)i), &order), 0);
    assert_int_equal(order, i);
  }
  enum operation operation;
  enum key_order order;
  assert_int_equal(operation_parse("gets", &operation), -EINVAL);
  assert_int_equal(key_order_parse("", &order), -EINVAL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_gets_count_bytes_and_sum),
      cmocka_unit_test(test_progress_is_published),
      cmocka_unit_test(test_depth_is_kept),
      cmocka_unit_test(test_engines_that_do_not_queue_get_one_batch),
      cmocka_unit_test(test_fills_put_every_id_once),
      cmocka_unit_test(test_more_threads_than_records),
      cmocka_unit_test(test_deletes_take_every_id_once),
      cmocka_unit_test(test_updates_count_versions_up),
      cmocka_unit_test(test_missing_record_fails),
      cmocka_unit_test(test_failure_drains_the_window),
      cmocka_unit_test(test_refused_submit_is_an_error),
      cmocka_unit_test(test_untouched_operation_is_no_success),
      cmocka_unit_test(test_wrong_length_fails),
      cmocka_unit_test(test_mix_keeps_its_shares),
      cmocka_unit_test(test_read_modify_write_is_one_operation),
      cmocka_unit_test(test_inserts_put_new_ids),
      cmocka_unit_test(test_deletes_in_a_mix_may_miss),
      cmocka_unit_test(test_scans_go_round),
      cmocka_unit_test(test_scan_of_an_empty_store_ends),
      cmocka_unit_test(test_scans_in_a_mix),
      cmocka_unit_test(test_latencies_come_once_an_operation),
      cmocka_unit_test(test_latencies_know_their_kind),
      cmocka_unit_test(test_calls_are_timed_in_groups),
      cmocka_unit_test(test_deadline_ends_a_run),
      cmocka_unit_test(test_fill_and_verify),
      cmocka_unit_test(test_verify_finds_what_is_wrong),
      cmocka_unit_test(test_bad_workloads),
      cmocka_unit_test(test_null_engine),
      cmocka_unit_test(test_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
