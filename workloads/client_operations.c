// SPDX-License-Identifier: MIT
// The two halves of each plain operation: what is handed in, and what must come back.
#include <errno.h>
#include <string.h>

#include "workloads/client_internal.h"

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

struct operation_steps operation_steps(const struct workload *workload) {
  static const struct operation_steps steps[OPERATIONS] = {
      [OPERATION_FILL] = {start_fill, finish_writes},
      [OPERATION_UPDATE] = {start_updates, finish_writes},
      [OPERATION_DELETE] = {start_deletes, finish_writes},
      [OPERATION_MIXED] = {mix_start, mix_finish},
  };
  return operation_reads(workload->operation) ? read_steps(workload) : steps[workload->operation];
}
