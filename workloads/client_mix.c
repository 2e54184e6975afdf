// SPDX-License-Identifier: MIT
// Mixes: each operation is drawn by its share. A read-modify-write comes back to the window for its second half.
#include <errno.h>

#include "workloads/client_internal.h"

bool mix_draws_scan(struct client *client) { return random_below(&client->random, 100) < client->workload.mix.scan; }

static void start_put(struct client *client, struct op *op, uint64_t id) {
  op_renew(op, OP_PUT, client->workload.value_size, key_tail(id));
  value_make(id, ++client->version, op->value, client->workload.value_size);
}

static void start_second_half(struct client *client, struct op *op, struct slot *slot) {
  uint64_t id = op_id(op);
  slot->part = PART_WRITE;
  client->due--;
  start_put(client, op, id);
}

static void start_insert(struct client *client, struct op *op, struct slot *slot) {
  uint64_t id = client->workload.records + client->thread + client->inserted++ * client->workload.threads;
  slot->part = PART_INSERT;
  start_put(client, op, id);
}

// Scans are drawn before a batch is made (mix_draws_scan): here the other shares count as the whole.
static void start_drawn(struct client *client, struct op *op, uint64_t id) {
  const struct workload *workload = &client->workload;
  struct slot *slot = op_slot(op);
  uint64_t draw = random_below(&client->random, 100 - workload->mix.scan);
  slot->part = PART_WHOLE;
  if (draw < workload->mix.get) {
    op_renew(op, OP_GET, workload->value_size, key_tail(id));
  } else if ((draw -= workload->mix.get) < workload->mix.update) {
    start_put(client, op, id);
  } else if ((draw -= workload->mix.update) < workload->mix.read_modify_write) {
    slot->part = PART_READ;
    op_renew(op, OP_GET, workload->value_size, key_tail(id));
  } else if (draw - workload->mix.read_modify_write < workload->mix.remove) {
    op_renew(op, OP_DELETE, 0, key_tail(id));
  } else {
    start_insert(client, op, slot);
  }
}

size_t mix_start(struct client *client, struct op **ops, size_t count) {
  size_t fresh = 0;
  for (size_t i = 0; i < count; i++) {
    struct slot *slot = op_slot(ops[i]);
    if (slot->part == PART_WRITE_DUE) {
      start_second_half(client, ops[i], slot);
    } else {
      struct op *op = ops[i];
      ops[i] = ops[fresh];
      ops[fresh++] = op;
    }
  }
  key_stream_next(client->stream, client->ids, fresh);
  for (size_t i = 0; i < fresh; i++) start_drawn(client, ops[i], client->ids[i]);
  return fresh;
}

// Deleted ids stay away until they are put again, and another thread's inserts may not have arrived.
static bool may_be_absent(const struct client *client, const struct op *op) {
  return op->kind != OP_PUT && (client->workload.mix.remove > 0 || op_id(op) >= client->workload.records);
}

static void count_good(struct run *run, const struct op *op) {
  run->counts->acknowledged++;
  if (op->status == -ENOENT) {
    run->counts->not_found++;
    return;
  }
  if (op->kind != OP_DELETE) run->counts->bytes += op->value_length;
  if (op->kind == OP_PUT) run->counts->bytes_written += op->value_length;
  if (op->kind == OP_GET) run->counts->sum += value_sum(op->value, op->value_length);
}

// Moves an operation that came back well to its next part. Returns whether it is finished.
static bool advance(struct run *run, const struct op *op, struct slot *slot) {
  struct client *client = run->client;
  if (slot->part == PART_INSERT) key_stream_grow(client->stream, op_id(op));
  if (slot->part != PART_READ || op->status == -ENOENT) return true;
  slot->part = PART_WRITE_DUE;
  client->due++;
  run->counts->bytes += op->value_length;
  run->counts->sum += value_sum(op->value, op->value_length);
  return false;
}

int mix_finish(struct run *run, struct op **ops, size_t count) {
  struct client *client = run->client;
  int error = 0;
  for (size_t i = 0; i < count; i++) {
    const struct op *op = ops[i];
    bool whole = op->kind != OP_GET || op->value_length == client->workload.value_size;
    if ((op->status == 0 && whole) || (op->status == -ENOENT && may_be_absent(client, op))) {
      if (advance(run, op, op_slot(op))) count_good(run, op);
      continue;
    }
    run->counts->failed++;
    if (!error) error = op_failed(run, op);
  }
  return error;
}

void mix_raise_due(struct client *client) {
  size_t low = 0, high = client->free_count;
  while (low < high) {
    struct op *op = client->free_ops[low];
    if (op_slot(op)->part != PART_WRITE_DUE) {
      low++;
      continue;
    }
    client->free_ops[low] = client->free_ops[--high];
    client->free_ops[high] = op;
  }
}
