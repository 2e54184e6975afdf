// SPDX-License-Identifier: MIT
// Phases done to an open store.
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "workloads/client.h"
#include "workloads/phases.h"

enum { CHUNK = 64, QUARTERS = 4, SPREAD_SEED = 7 };

// The places first..first+count-1, each once, in the order that `seed` gives. A place is an id; or, where `of` is not
// 0, that of a permutation of so many ids, the same for all stretches of a store, which lie everywhere then.
struct stretch {
  uint64_t first, count, seed, of;
};

struct writer {
  const struct engine *engine;
  struct session *session;
  uint32_t value_size;
  struct op ops[CHUNK];
  char keys[CHUNK][KEY_BYTES];
  unsigned char *values;  // CHUNK of them
};

static uint64_t id_at(const struct stretch *stretch, uint64_t i) {
  uint64_t place = stretch->first + key_permute(i, stretch->count, stretch->seed);
  return stretch->of ? key_permute(place, stretch->of, SPREAD_SEED) : place;
}

static int write_chunk(struct writer *writer, enum op_kind kind, const struct stretch *stretch, uint64_t from,
                       size_t count, struct error *error) {
  for (size_t i = 0; i < count; i++) {
    uint64_t id = id_at(stretch, from + i);
    unsigned char *value = writer->values + i * writer->value_size;
    key_make(id, writer->keys[i]);
    if (kind == OP_PUT) value_make(id, 0, value, writer->value_size);
    writer->ops[i] = (struct op){.kind = kind,
                                 .status = -EINPROGRESS,
                                 .key = writer->keys[i],
                                 .key_length = KEY_BYTES,
                                 .value = kind == OP_PUT ? value : NULL,
                                 .value_length = kind == OP_PUT ? writer->value_size : 0};
  }
  int code = session_run(writer->engine, writer->session, writer->ops, count);
  for (size_t i = 0; i < count && !code; i++) code = writer->ops[i].status;
  if (!code) return 0;
  return error_set(error, code, "%s before the measurement: %s", kind == OP_PUT ? "put" : "delete", strerror(-code));
}

static int write_stretch(struct writer *writer, enum op_kind kind, const struct stretch *stretch, struct error *error) {
  int code = 0;
  for (uint64_t from = 0; from < stretch->count && !code; from += CHUNK) {
    uint64_t rest = stretch->count - from;
    code = write_chunk(writer, kind, stretch, from, rest < CHUNK ? (size_t)rest : CHUNK, error);
  }
  return code;
}

// Runs the stretches with a session of their own, put or delete by turns from `kind` on.
static int write_all(const struct workload *workload, const struct engine *engine, struct store *store,
                     enum op_kind kind, const struct stretch *stretches, size_t count, struct error *error) {
  struct writer *writer = calloc(1, sizeof *writer);
  unsigned char *values = malloc((size_t)CHUNK * (workload->value_size ? workload->value_size : 1));
  int code = 0;
  if (!writer || !values) {
    code = error_set(error, -ENOMEM, "no memory for a writer");
    goto out;
  }
  *writer = (struct writer){.engine = engine, .value_size = workload->value_size, .values = values};
  code = engine->session_open(store, &writer->session, error);
  if (code) goto out;
  for (size_t i = 0; i < count && !code; i++) {
    code = write_stretch(writer, kind, &stretches[i], error);
    kind = kind == OP_PUT ? OP_DELETE : OP_PUT;
  }
  int closed = engine->session_close(writer->session);
  if (closed && !code) code = error_set(error, closed, "closing the session: %s", strerror(-closed));
out:
  free(values);
  free(writer);
  return code;
}

int phases_fill(const struct phases *phases, const struct workload *workload, const struct engine *engine,
                struct store *store, struct error *error) {
  const struct stretch all = {0, workload->records, workload->seed, 0};
  if (phases_left(phases, workload->records) == workload->records) return client_fill(workload, engine, store, error);
  return write_all(workload, engine, store, OP_PUT, &all, 1, error);
}

static int churn(double amount, const struct workload *workload, const struct engine *engine, struct store *store,
                 struct error *error) {
  struct workload updates = *workload;
  struct client *client;
  struct client_counts counts = {0};
  updates.operation = OPERATION_UPDATE;
  updates.keys = KEYS_UNIFORM;
  updates.batch = updates.depth = CHUNK;
  updates.threads = 1;
  int code = client_open(&updates, 0, engine, store, &client, error);
  if (code) return code;
  code = client_run(client, (uint64_t)ceil(amount * (double)workload->records), 0, NULL, &counts, error);
  int closed = client_close(client);
  return code || !closed ? code : error_set(error, closed, "closing the session: %s", strerror(-closed));
}

// Quarters by turns, so that at most a quarter is missing at a time, as a store in use has some room but not much.
static int age(double amount, const struct workload *workload, const struct engine *engine, struct store *store,
               struct error *error) {
  uint64_t records = workload->records, quarter = records / QUARTERS ? records / QUARTERS : 1;
  size_t rounds = (size_t)ceil(amount * QUARTERS);
  int code = 0;
  for (size_t i = 0; i < rounds && !code; i++) {
    uint64_t first = i % QUARTERS * quarter % records;
    // The last quarter takes what does not divide.
    uint64_t count = i % QUARTERS == QUARTERS - 1 && first + quarter < records ? records - first : quarter;
    const struct stretch turns[] = {{first, count, workload->seed + 2 * i, records},
                                    {first, count, workload->seed + 2 * i + 1, records}};
    code = write_all(workload, engine, store, OP_DELETE, turns, 2, error);
  }
  return code;
}

static int delete_share(double amount, const struct workload *workload, const struct engine *engine,
                        struct store *store, struct error *error) {
  const struct phases only = {.count = 1, .list = {{PHASE_DELETE, amount}}};
  uint64_t left = phases_left(&only, workload->records);
  const struct stretch rest = {left, workload->records - left, workload->seed + 1, 0};
  return rest.count ? write_all(workload, engine, store, OP_DELETE, &rest, 1, error) : 0;
}

int phase_run(const struct phase *phase, const struct workload *workload, const struct engine *engine,
              struct store *store, struct error *error) {
  switch (phase->kind) {
    case PHASE_CHURN:
      return churn(phase->amount, workload, engine, store, error);
    case PHASE_AGE:
      return age(phase->amount, workload, engine, store, error);
    case PHASE_DELETE:
      return delete_share(phase->amount, workload, engine, store, error);
    case PHASE_COMPACT:
      return engine->compact(store, error);
    default:
      return error_set(error, -EINVAL, "phase %s needs more than a store", phase_name(phase->kind));
  }
}
