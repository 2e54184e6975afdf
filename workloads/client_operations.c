// SPDX-License-Identifier: MIT
// The two halves of each plain operation: what is handed in, and what must come back.
#include <errno.h>
#include <string.h>

#include "base/wide.h"
#include "workloads/client_internal.h"
#include "workloads/values.h"

uint64_t op_id(const struct op *op) {
  uint64_t id = 0;
  (void)key_parse(op->key, op->key_length, &id);  // the key is ours: it parses
  return id;
}

static const char *kind_name(enum op_kind kind) {
  static const char *const names[] = {[OP_PUT] = "put", [OP_GET] = "get", [OP_PEEK] = "peek", [OP_DELETE] = "delete"};
  return names[kind];
}

int op_failed(struct run *run, const struct op *op) {
  const char *kind = kind_name(op->kind);
  unsigned long long id = op_id(op);
  if (op->status == 0)
    return error_set(run->error, -EIO, "%s of record %llu gave %u bytes instead of %u", kind, id, op->value_length,
                     run->client->workload.value_size);
  return error_set(run->error, op->status, "%s of record %llu: %s", kind, id, strerror(-op->status));
}

// Inlined with a constant kind: what it and the status make is then one store.
static inline __attribute__((always_inline)) size_t start_reads(struct client *client, struct op **ops, size_t count,
                                                                enum op_kind kind) {
  uint32_t length = client->workload.value_size;
  const uint64_t *ids = client->ids;
  size_t i = 0;
  key_stream_next(client->stream, client->ids, count);
  for (; i + 2 <= count; i += 2) {
    key_pair tails = key_tail_pair(ids[i], ids[i + 1]);
    op_renew(ops[i], kind, length, tails[0]);
    op_renew(ops[i + 1], kind, length, tails[1]);
  }
  if (i < count) op_renew(ops[i], kind, length, key_tail(ids[i]));
  return count;
}

WIDE_VECTORS static size_t start_gets(struct client *client, struct op **ops, size_t count) {
  return start_reads(client, ops, count, OP_GET);
}

WIDE_VECTORS static size_t start_peeks(struct client *client, struct op **ops, size_t count) {
  return start_reads(client, ops, count, OP_PEEK);
}

// Sums the values of the operations from `*at` on that came back well, and stops at one that did not. Inlined with a
// constant length the sum is straight code.
static inline __attribute__((always_inline)) void sum_good(struct op *const *ops, size_t count, uint32_t length,
                                                           size_t *at, struct value_summer *summer) {
  struct value_summer sums = *summer;
  size_t i = *at;
  for (; i < count && ops[i]->status == 0 && ops[i]->value_length == length; i++)
    value_summer_add(&sums, ops[i]->value, length);
  *at = i;
  *summer = sums;
}

WIDE_VECTORS static int finish_reads(struct run *run, struct op **ops, size_t count) {
  enum { USUAL = 64 };  // the lecture's values
  uint32_t length = run->client->workload.value_size;
  struct value_summer summer = {0};
  size_t bad = 0;
  int error = 0;
  for (size_t i = 0;; i++) {
    if (length == USUAL)
      sum_good(ops, count, USUAL, &i, &summer);
    else
      sum_good(ops, count, length, &i, &summer);
    if (i == count) break;
    bad++;
    if (!error) error = op_failed(run, ops[i]);
  }
  run->counts->sum += value_summer_total(&summer);
  run->counts->bytes += (count - bad) * length;
  run->counts->acknowledged += count - bad;
  run->counts->failed += bad;
  return error;
}

static void start_puts(struct client *client, struct op **ops, size_t count, uint64_t version, uint64_t step) {
  uint32_t length = client->workload.value_size;
  for (size_t i = 0; i < count; i++, version += step) {
    op_renew(ops[i], OP_PUT, length, key_tail(client->ids[i]));
    value_make(client->ids[i], version, ops[i]->value, length);
  }
}

static size_t start_updates(struct client *client, struct op **ops, size_t count) {
  key_stream_next(client->stream, client->ids, count);
  start_puts(client, ops, count, client->version + 1, 1);
  client->version += count;
  return count;
}

// The next ids of a fill or delete: thread t of T takes every T-th place, so that each id is taken once.
static void next_once(struct client *client, size_t count) {
  const struct workload *workload = &client->workload;
  for (size_t i = 0; i < count; i++) {
    uint64_t place = client->thread + client->once++ * workload->threads;
    client->ids[i] = workload->keys == KEYS_SEQUENTIAL ? place : key_permute(place, workload->records, workload->seed);
  }
}

static size_t start_fill(struct client *client, struct op **ops, size_t count) {
  next_once(client, count);
  start_puts(client, ops, count, 0, 0);
  return count;
}

static size_t start_deletes(struct client *client, struct op **ops, size_t count) {
  next_once(client, count);
  for (size_t i = 0; i < count; i++) op_renew(ops[i], OP_DELETE, 0, key_tail(client->ids[i]));
  return count;
}

static int finish_writes(struct run *run, struct op **ops, size_t count) {
  size_t good = 0, bytes = 0;
  int error = 0;
  for (size_t i = 0; i < count; i++) {
    if (ops[i]->status == 0) {
      good++;
      bytes += ops[i]->kind == OP_PUT ? ops[i]->value_length : 0;
    } else if (!error) {
      error = op_failed(run, ops[i]);
    }
  }
  run->counts->bytes += bytes;
  run->counts->bytes_written += bytes;
  run->counts->acknowledged += good;
  run->counts->failed += count - good;
  return error;
}

struct operation_steps operation_steps(enum operation operation) {
  static const struct operation_steps steps[OPERATIONS] = {
      [OPERATION_FILL] = {start_fill, finish_writes},      [OPERATION_UPDATE] = {start_updates, finish_writes},
      [OPERATION_GET] = {start_gets, finish_reads},        [OPERATION_PEEK] = {start_peeks, finish_reads},
      [OPERATION_DELETE] = {start_deletes, finish_writes}, [OPERATION_MIXED] = {mix_start, mix_finish},
  };
  return steps[operation];
}
