// SPDX-License-Identifier: MIT
// Gets and peeks: index, record, key comparison, answer. Three ways, by what the io can do: through a map, by requests
// in flight (window.c), or one read after the other.
#include <errno.h>
#include <string.h>

#include "base/prefetch.h"
#include "engines/slots/internal.h"

int key_check(const struct op *op) {
  return op->key && op->key_length >= 1 && op->key_length <= KEY_LENGTH_MAX ? 0 : -EINVAL;
}

void finish(struct session *session, struct op *op, int status) {
  op->status = status;
  op_queue_push(&session->done, op);
}

static int lend(struct session *session, struct op *op, const struct record *record) {
  if (!session->store->io->map) return -EOPNOTSUPP;
  op->value = (void *)(uintptr_t)record->value;
  op->value_length = record->value_length;
  session->lent = true;
  return 0;
}

static int copy_value(struct op *op, const struct record *record) {
  uint32_t room = op->value_length;
  op->value_length = record->value_length;
  if (room < record->value_length) return -EMSGSIZE;
  if (record->value_length) memcpy(op->value, record->value, record->value_length);
  return 0;
}

static bool verified(const struct store *store, uint32_t slot, const unsigned char *bytes) {
  struct record record;
  uint64_t seed = record_seed(store->header.store_id, slot);
  return record_decode(bytes, store->record_size, seed, &record) == RECORD_STATE_VALID;
}

static int refusal(const struct record *record) { return record->valid == RECORD_DELETED ? -ENOENT : -EBADMSG; }

static inline int answer_status(struct session *session, struct op *op, uint32_t slot, const struct record *record) {
  const struct store *store = session->store;
  if (record->value_length > store->record_size - RECORD_OVERHEAD) return -EBADMSG;
  if (store->verify && !verified(store, slot, record->key)) return -EBADMSG;
  if (record->valid != RECORD_PUT) return refusal(record);
  return op->kind == OP_PEEK ? lend(session, op, record) : copy_value(op, record);
}

void answer(struct session *session, struct op *op, uint32_t slot, const struct record *record) {
  finish(session, op, answer_status(session, op, slot, record));
}

int read_slot(struct session *session, uint32_t slot, unsigned char *buffer, const unsigned char **record) {
  const struct store *store = session->store;
  uint64_t offset = slot_offset(store->record_size, slot);
  if (store->io->map) {
    struct io_map map;
    int error = store->io->map(store->file, &map);
    if (error) return error;
    *record = (const unsigned char *)map.base + offset;
    return 0;
  }
  uint64_t start = offset / store->limits.alignment * store->limits.alignment;
  *record = buffer + (offset - start);
  return store->io->read(session->io, buffer, store->span, start);
}

// A group of gets through the map. `at` survives the jump out of a fault.
struct map_group {
  struct session *session;
  struct op *const *ops;
  size_t count;
  volatile size_t at;
  struct io_map map;
  struct located located[READ_GROUP];
};

static int map_answer(void *argument) {
  struct map_group *group = argument;
  for (; group->at < group->count; group->at++) {
    size_t i = group->at;
    struct record record;
    if (locate_in_map(group->session->store, group->map.base, group->ops[i], &group->located[i], &record))
      answer(group->session, group->ops[i], group->located[i].slot, &record);
    else
      finish(group->session, group->ops[i], -ENOENT);
  }
  return 0;
}

// Brings a record near: its first lines, where key and the start of the value are, and its last.
static inline void prefetch_record(const char *bytes, uint32_t record_size) {
  prefetch_line(bytes);
  prefetch_line(bytes + 64);
  if (record_size > 128) prefetch_line(bytes + record_size - 1);
}

// Index lines first, then records: by the time a record is compared, its cache misses have overlapped with the others'.
static int map_prefetch(struct map_group *group) {
  const struct store *store = group->session->store;
  uint64_t offsets[READ_GROUP];
  size_t found = 0;
  (void)find_slots(&store->keydir, group->ops, group->located, group->count);
  for (size_t i = 0; i < group->count; i++) {
    if (group->located[i].slot == SLOT_NONE) continue;
    offsets[found] = slot_offset(store->record_size, group->located[i].slot);
    prefetch_record(group->map.base + offsets[found++], store->record_size);
  }
  return store->prefetch ? store->io->prefetch(store->file, offsets, store->record_size, found) : 0;
}

// A get alone: what map_group_run does for many, without its arrays.
struct map_single {
  struct session *session;
  struct op *op;
  struct located located;
  struct io_map map;
};

static int map_answer_alone(void *argument) {
  struct map_single *single = argument;
  struct session *session = single->session;
  struct record record;
  bool found = locate_in_map(session->store, single->map.base, single->op, &single->located, &record);
  single->op->status = found ? answer_status(session, single->op, single->located.slot, &record) : -ENOENT;
  return 0;
}

int read_alone(struct session *session, struct op *op) {
  struct store *store = session->store;
  int error = op_queue_reserve(&session->done, 1);
  if (error) return error;
  session_enter(session);
  struct map_single single;  // not initialised as a whole: most of it is set where it is known
  single.session = session;
  single.op = op;
  error = key_check(op);
  if (!error) error = store->io->map(store->file, &single.map);
  if (!error) {
    single.located.slot = keydir_first(&store->keydir, keydir_hash(op->key, op->key_length), &single.located.cursor);
    error = guard_run(single.map.base, single.map.length, map_answer_alone, &single);
  }
  if (error) op->status = error;
  op_queue_push(&session->done, op);
  session_settle(session);
  return 0;
}

static int map_group_run(struct session *session, struct op *const *ops, size_t count) {
  struct map_group group;  // not initialised as a whole: clearing its arrays costs more than one look-up
  group.session = session;
  group.ops = ops;
  group.count = count;
  group.at = 0;
  int error = session->store->io->map(session->store->file, &group.map);
  if (error) return error;
  error = map_prefetch(&group);  // a hint that is refused is not what was asked for
  if (error) return error;
  while (guard_run(group.map.base, group.map.length, map_answer, &group) == -EIO) {
    size_t i = group.at++;
    finish(session, ops[i], -EIO);
  }
  return 0;
}

// One read after the other. Slots are found before the first: between two calls the kernel's own code and data drive
// index lines out of the caches again.
static void get_by_reads(struct session *session, struct op *const *ops, size_t count) {
  struct located located[READ_GROUP];  // not initialised as a whole, as in map_group_run
  (void)find_slots(&session->store->keydir, ops, located, count);
  for (size_t i = 0; i < count; i++) {
    struct record record;
    if (locate_by_read(session, ops[i], &located[i], &record))
      answer(session, ops[i], located[i].slot, &record);
    else
      finish(session, ops[i], located[i].error ? located[i].error : -ENOENT);
  }
}

static void read_group(struct session *session, struct op *const *ops, size_t count) {
  const struct store *store = session->store;
  if (store->linear) {
    for (size_t i = 0; i < count; i++) linear_get(session, ops[i]);
  } else if (store->io->map) {
    int error = map_group_run(session, ops, count);
    for (size_t i = 0; error && i < count; i++) finish(session, ops[i], error);
  } else if (store->io->submit) {
    window_get(session, ops, count);
  } else {
    get_by_reads(session, ops, count);
  }
}

static int read_check(const struct session *session, const struct op *op) {
  int error = key_check(op);
  return !error && op->kind == OP_PEEK && !session->store->io->map ? -EOPNOTSUPP : error;
}

void read_ops(struct session *session, struct op *const *ops, size_t count) {
  struct op *group[READ_GROUP];
  size_t grouped = 0;
  // Before the epoch: who holds this lock for writing may wait for readers to leave theirs.
  if (session->store->linear) pthread_rwlock_rdlock(&session->store->linear_lock);
  session_enter(session);
  for (size_t i = 0; i < count; i++) {
    if (!is_read(ops[i])) continue;
    int error = read_check(session, ops[i]);
    if (error) {
      finish(session, ops[i], error);
      continue;
    }
    group[grouped++] = ops[i];
    if (grouped == READ_GROUP) {
      read_group(session, group, grouped);
      grouped = 0;
    }
  }
  if (grouped) read_group(session, group, grouped);
  if (session->store->linear) pthread_rwlock_unlock(&session->store->linear_lock);
}
