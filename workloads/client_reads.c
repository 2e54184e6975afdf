// SPDX-License-Identifier: MIT
// The two halves of gets and peeks. Every engine pays for this code in every operation, and the fastest pay more for it
// than for their own: it is kept to what cannot be left out, and docs/performance.md counts its instructions. The loop
// around them (run_reads) is for calls that are each reaped before the next; a deeper window costs more (client.c).
#include <errno.h>
#include <stddef.h>

#include "base/wide.h"
#include "workloads/client_internal.h"
#include "workloads/values.h"

enum {
  USUAL_BYTES = 64,  // the lecture's values
  QUAD = 4,          // operations handled together, so that a turn of a loop costs each a quarter
};

_Static_assert(offsetof(struct op, value_length) == offsetof(struct op, status) + 4, "one word");

// What a read starts with, status and room in one word. The status is one that no engine gives, see op_renew.
static inline uint64_t fresh_read(const struct client *client) {
  return (uint64_t)client->workload.value_size << 32 | (uint32_t)-EINPROGRESS;
}

// What a read of `length` bytes that went well ends with.
static inline uint64_t good_read(uint32_t length) { return (uint64_t)length << 32; }

// The kind and the length of the key stay what they were made (client.c).
static inline void renew_read(struct op *op, uint64_t fresh, uint64_t tail) {
  memcpy((char *)op + offsetof(struct op, status), &fresh, sizeof fresh);
  memcpy(((struct client_op *)op)->key + KEY_HEAD_BYTES, &tail, sizeof tail);
}

// The ids of the next `count` reads. Drawn some at a time, so that a batch of one does not pay for a call of its own.
static inline const uint64_t *take_ids(struct client *client, size_t count) {
  size_t left = client->ids_drawn - client->ids_taken;
  if (left < count) {
    if (left) memmove(client->ids, client->ids + client->ids_taken, left * sizeof *client->ids);
    key_stream_next(client->stream, client->ids + left, client->ids_room - left);
    client->ids_drawn = client->ids_room;
    client->ids_taken = 0;
  }
  client->ids_taken += count;
  return client->ids + client->ids_taken - count;
}

// Where each call is of one read, the ids drawn are made tails of keys at once, in place: four cost less than two
// alone.
static void make_tails(uint64_t *ids, size_t count) {
  for (size_t i = 0; i + 2 <= count; i += 2) {
    key_pair tails = key_tail_pair(ids[i], ids[i + 1]);
    memcpy(ids + i, &tails, sizeof tails);
  }
}

#ifdef WIDE_AVX2
WIDE_AVX2 static void make_tails_wide(uint64_t *ids, size_t count) {
  for (size_t i = 0; i + QUAD <= count; i += QUAD) {
    key_quad tails = key_tail_quad(ids + i);
    memcpy(ids + i, &tails, sizeof tails);
  }
}
#endif

static void draw_tails(struct client *client) {
  key_stream_next(client->stream, client->ids, client->ids_room);
  client->ids_drawn = client->ids_room;
  client->ids_taken = 0;
#ifdef WIDE_AVX2
  if (wide_has_avx2()) {
    make_tails_wide(client->ids, client->ids_room);
    return;
  }
#endif
  make_tails(client->ids, client->ids_room);
}

static inline uint64_t take_tail(struct client *client) {
  if (client->ids_taken == client->ids_drawn) draw_tails(client);
  return client->ids[client->ids_taken++];
}

// Where a batch is one read. `count` is 1 then, and a loop over it all that the contract of `start` asks for.
static size_t start_single(struct client *client, struct op **ops, size_t count) {
  uint64_t fresh = fresh_read(client);
  for (size_t i = 0; i < count; i++) renew_read(ops[i], fresh, take_tail(client));
  return count;
}

static size_t start_plain(struct client *client, struct op **ops, size_t count) {
  const uint64_t *ids = take_ids(client, count), fresh = fresh_read(client);
  size_t i = 0;
  for (; i + 2 <= count; i += 2) {
    key_pair tails = key_tail_pair(ids[i], ids[i + 1]);
    renew_read(ops[i], fresh, tails[0]);
    renew_read(ops[i + 1], fresh, tails[1]);
  }
  if (i < count) renew_read(ops[i], fresh, key_tail(ids[i]));
  return count;
}

#ifdef WIDE_AVX2
WIDE_AVX2 static void renew_wide(struct op **ops, const uint64_t *ids, size_t quads, uint64_t fresh) {
  for (; quads > 0; quads--, ids += QUAD, ops += QUAD) {
    key_quad tails = key_tail_quad(ids);
    for (size_t k = 0; k < QUAD; k++) renew_read(ops[k], fresh, (uint64_t)tails[k]);
  }
}

static size_t start_wide(struct client *client, struct op **ops, size_t count) {
  const uint64_t *ids = take_ids(client, count), fresh = fresh_read(client);
  size_t quads = count / QUAD;
  if (quads) renew_wide(ops, ids, quads, fresh);
  for (size_t i = quads * QUAD; i < count; i++) renew_read(ops[i], fresh, key_tail(ids[i]));
  return count;
}
#endif

// Out of line, since the compiler would do it again in each turn of the loop; and as wide as its caller, since mixing
// old and new vector instructions costs some processors 60 ns.
WIDE_VECTORS static __attribute__((noinline)) uint64_t fold(const struct value_summer sums[QUAD]) {
  struct value_summer all = sums[0];
  for (int i = 1; i < QUAD; i++) {
    all.a += sums[i].a;
    all.b += sums[i].b;
  }
  return value_summer_total(&all);
}

// Sums values of the usual size, four operations at a time, and stops where one did not come back well. Returns how
// many it took. A function and sums of their own for this: beside the rest the compiler has no registers left for it.
WIDE_VECTORS static size_t sum_usual(struct op *const *ops, size_t count, uint64_t *sum) {
  const uint64_t good = good_read(USUAL_BYTES);
  struct value_summer first = {0}, second = {0}, third = {0}, fourth = {0};
  size_t quads = 0;
  for (; quads < count / QUAD; quads++, ops += QUAD) {
    const struct op *a = ops[0], *b = ops[1], *c = ops[2], *d = ops[3];
    if (op_outcome(a) != good || op_outcome(b) != good || op_outcome(c) != good || op_outcome(d) != good) break;
    value_summer_add(&first, a->value, USUAL_BYTES);
    value_summer_add(&second, b->value, USUAL_BYTES);
    value_summer_add(&third, c->value, USUAL_BYTES);
    value_summer_add(&fourth, d->value, USUAL_BYTES);
  }
  *sum += fold((const struct value_summer[]){first, second, third, fourth});
  return quads * QUAD;
}

// Sums the values of all that came back well, and returns how many did not.
static inline __attribute__((always_inline)) size_t finish_each(struct run *run, struct op **ops, size_t count,
                                                                uint32_t length, int *error) {
  const uint64_t good = good_read(length);
  size_t bad = 0;
  for (size_t i = 0; i < count; i++) {
    if (op_outcome(ops[i]) == good) {
      struct value_summer summer = {0};
      value_summer_add(&summer, ops[i]->value, length);
      run->counts->sum += value_summer_total(&summer);
    } else {
      bad++;
      if (!*error) *error = op_failed(run, ops[i]);
    }
  }
  return bad;
}

// Of values of any size.
WIDE_VECTORS static size_t finish_any(struct run *run, struct op **ops, size_t count, int *error) {
  return finish_each(run, ops, count, run->client->workload.value_size, error);
}

static int finish_reads(struct run *run, struct op **ops, size_t count) {
  uint32_t length = run->client->workload.value_size;
  int error = 0;
  size_t bad;
  if (length == USUAL_BYTES) {
    size_t done = count >= QUAD ? sum_usual(ops, count, &run->counts->sum) : 0;
    bad = finish_each(run, ops + done, count - done, USUAL_BYTES, &error);
  } else {
    bad = finish_any(run, ops, count, &error);
  }
  run->counts->bytes += (count - bad) * length;
  run->counts->acknowledged += count - bad;
  run->counts->failed += bad;
  return error;
}

// A call of one read.
static inline int finish_single(struct run *run, struct op **ops) {
  const struct op *op = ops[0];
  if (run->client->workload.value_size != USUAL_BYTES || op_outcome(op) != good_read(USUAL_BYTES))
    return finish_reads(run, ops, 1);
  struct value_summer summer = {0};
  value_summer_add(&summer, op->value, USUAL_BYTES);
  run->counts->sum += value_summer_total(&summer);
  run->counts->bytes += USUAL_BYTES;
  run->counts->acknowledged++;
  return 0;
}

// Starts `count` reads, all that there are to be outstanding, and takes them back.
static inline __attribute__((always_inline)) int read_call(struct run *run, size_t count, bool single) {
  struct client *client = run->client;
  const struct engine *engine = client->engine;
  struct op **ops = client->free_ops + client->free_count - count;
  if (single)
    renew_read(ops[0], fresh_read(client), take_tail(client));
  else
    client->steps.start(client, ops, count);
  run->left -= count;
  run->counts->asked += count;
  run->counts->splits++;
  int error = engine->submit(client->session, ops, count);
  if (error) return run_refused(run, count, error);
  int reaped = engine->reap(client->session, ops, count, count);
  if (reaped != (int)count) {  // the rest is left to those who can wait for it
    client->free_count -= count;
    return run_reaped(run, reaped, count);
  }
  error = single ? finish_single(run, ops) : finish_reads(run, ops, count);
  if (run->timing) run_group_call(run);
  run_look(run, count);
  return error;
}

int run_reads(struct run *run) {
  const struct client *client = run->client;
  const size_t batch = client->workload.batch;
  int error = 0;
  while (batch == 1 && !error && !run->stop && run->left && client->free_count == 1 && !run_times_each(run))
    error = read_call(run, 1, true);
  while (!error && !run->stop && run->left && client->free_count == batch && !run_times_each(run))
    error = read_call(run, run->left < batch ? (size_t)run->left : batch, false);
  return error;
}

struct operation_steps read_steps(const struct workload *workload) {
  if (workload->batch == 1) return (struct operation_steps){start_single, finish_reads};
#ifdef WIDE_AVX2
  if (wide_has_avx2()) return (struct operation_steps){start_wide, finish_reads};
#endif
  return (struct operation_steps){start_plain, finish_reads};
}
