// SPDX-License-Identifier: MIT
// Puts and deletes: a group is located, given slots, written, published in the index, and acknowledged by policy. A
// reader may see a write before it is durable; the writer hears of it only after.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engines/slots/internal.h"

enum {
  SAME_KEY_BUCKETS = 4 * COMMIT_MAX,
  NO_ITEM = UINT16_MAX,
  AHEAD = 16,  // index entries that are brought near while others are written
};

struct item {
  struct op *op;
  uint64_t hash;
  uint32_t slot;      // where it is written
  uint32_t old_slot;  // what it supersedes, or SLOT_NONE
  enum record_valid old_valid;
  bool writes;
};

// The work space of a group: too large for a stack, and needed again and again. A group of several sessions may be more
// than one commit holds: then it is committed in parts, one after the other, and synced once.
struct commit {
  struct op *ops[COMMIT_MAX];
  struct located located[COMMIT_MAX];
  struct item items[COMMIT_MAX];
  uint32_t slots[COMMIT_MAX];
  struct record records[COMMIT_MAX];
  uint16_t same_key[SAME_KEY_BUCKETS];  // by hash: the latest item of the group that writes a key there
  uint16_t before[COMMIT_MAX];          // of each item: the one that was there before it
  size_t buckets;                       // of same_key in use: a power of two
  size_t count, writing;
  bool alone;                   // the group has no other part
  bool durable;                 // its write brings its own sync
  uint64_t ordinal, low, high;  // what of the group waits for a sync; ordinal 0: nothing
};

int commit_new(struct commit **commit) {
  *commit = calloc(1, sizeof **commit);
  return *commit ? 0 : -ENOMEM;
}

static int op_check(const struct store *store, const struct op *op) {
  if (store->read_only) return -EROFS;
  if (key_check(op)) return -EINVAL;
  if (op->kind != OP_PUT) return 0;
  if (op->value_length > store->record_size - RECORD_OVERHEAD) return -EMSGSIZE;
  return op->value_length && !op->value ? -EINVAL : 0;
}

// The item of this group that wrote the key last, or NULL.
static const struct item *earlier(const struct commit *commit, const struct item *item) {
  for (size_t i = commit->same_key[item->hash & (commit->buckets - 1)]; i != NO_ITEM; i = commit->before[i]) {
    const struct item *other = &commit->items[i];
    if (other->hash == item->hash && other->op->key_length == item->op->key_length &&
        memcmp(other->op->key, item->op->key, item->op->key_length) == 0)
      return other;
  }
  return NULL;
}

// What the item supersedes, seen from within the group; gives it a slot if it has anything to write.
static int prepare_item(struct session *session, struct commit *commit, size_t i) {
  struct item *item = &commit->items[i];
  struct op *op = commit->ops[i];
  *item = (struct item){.op = op,
                        .hash = commit->located[i].hash,
                        .old_slot = commit->located[i].slot,
                        .old_valid = commit->located[i].valid};
  const struct item *before = earlier(commit, item);
  if (before) {
    item->old_slot = before->slot;
    item->old_valid = before->op->kind == OP_PUT ? RECORD_PUT : RECORD_DELETED;
  } else if (commit->located[i].error) {
    return commit->located[i].error;
  } else if (item->old_slot != SLOT_NONE && item->old_valid == RECORD_UNUSED) {
    return -EBADMSG;  // what the index points to is gone
  }
  if (op->kind == OP_DELETE && item->old_valid != RECORD_PUT) return -ENOENT;
  int error = allocate_slot(session->store, &item->slot);
  if (error) return error;
  item->writes = true;
  uint16_t *latest = &commit->same_key[item->hash & (commit->buckets - 1)];
  commit->before[i] = *latest;
  *latest = (uint16_t)i;
  commit->slots[commit->writing] = item->slot;
  commit->records[commit->writing++] = (struct record){
      .key = op->key,
      .value = op->value,
      .key_length = op->key_length,
      .value_length = op->kind == OP_PUT ? op->value_length : 0,
      .sequence = ++session->store->sequence,
      .valid = op->kind == OP_PUT ? RECORD_PUT : RECORD_DELETED,
  };
  return 0;
}

static void begin_items(struct commit *commit) {
  // Three quarters empty at least, so that most keys find nothing to compare with; and no more: all of them are 8 KiB
  // to clear for a single put.
  for (commit->buckets = 4; commit->buckets < 4 * commit->count;) commit->buckets *= 2;
  memset(commit->same_key, 0xFF, commit->buckets * sizeof *commit->same_key);
  commit->writing = 0;
  commit->durable = false;
}

static void prepare(struct session *session, struct commit *commit, size_t first, size_t end) {
  for (size_t i = first; i < end; i++) {
    commit->ops[i]->status = prepare_item(session, commit, i);
    if (commit->ops[i]->status) commit->items[i].writes = false;
  }
}

static int publish_item(struct store *store, const struct item *item, const struct located *located) {
  int error = 0;
  if (item->old_slot == SLOT_NONE)
    keydir_insert_at(&store->keydir, &located->cursor, item->slot);
  else
    error = keydir_replace(&store->keydir, item->hash, item->old_slot, item->slot);
  if (error) return error;
  bool put = item->op->kind == OP_PUT;
  if (put && item->old_valid != RECORD_PUT) store->records++;
  if (!put) store->records--;
  bitmap_set(put ? &store->live : &store->tombs, item->slot);
  return item->old_slot == SLOT_NONE ? 0 : retire_slot(store, item->old_slot, store->written);
}

// Since the look-ups the other entries and the records have gone through the caches.
static int publish(struct store *store, const struct commit *commit) {
  int error = 0;
  for (size_t i = 0; i < commit->count && !error; i++) {
    if (i + AHEAD < commit->count) keydir_prefetch_at(&store->keydir, &commit->located[i + AHEAD].cursor);
    if (!commit->items[i].writes) continue;
    store->written++;
    error = publish_item(store, &commit->items[i], &commit->located[i]);
  }
  return error;
}

// Whether the write itself is to be durable, in place of a sync after it. Under `always` all before it is durable: one
// group is committed after the other. But not all that a group of several parts has written before: those share a sync.
static bool wants_durable_write(const struct store *store, const struct commit *commit) {
  if (store->policy.kind != SYNC_ALWAYS) return false;
  if (store->limits.durable == IO_DURABLE_EACH) return true;
  return store->limits.durable == IO_DURABLE_ALONE && commit->alone &&
         writes_at_once(store, commit->slots, commit->writing);
}

// Everything up to this write is durable: it brought its own sync.
static void note_durable(struct store *store) {
  pthread_mutex_lock(&store->syncing.lock);
  store->syncing.count++;
  atomic_store(&store->syncing.durable, store->written);
  pthread_mutex_unlock(&store->syncing.lock);
  store->sync_started = store->written;
  store->dirty_low = store->dirty_high = 0;
}

// What was written is durable only after a sync.
static void note_written(const struct store *store, struct commit *commit) {
  commit->ordinal = store->written;
  for (size_t i = 0; i < commit->writing; i++) {
    uint64_t offset = slot_offset(store->record_size, commit->slots[i]);
    if (offset < commit->low) commit->low = offset;
    if (offset + store->record_size > commit->high) commit->high = offset + store->record_size;
  }
}

// Looks up, gives out slots and writes, from operation `first` on. Some of it may be in flight then.
static int write_part(struct session *session, struct commit *commit, size_t first, size_t part) {
  struct store *store = session->store;
  size_t written = commit->writing, end = commit->count - first <= part ? commit->count : first + part;
  int error = locate_all(session, commit->ops + first, commit->located + first, end - first);
  if (error) {
    if (written) syncing_fail(store, error);  // of the parts before, what is written is not in the index
    return error;
  }
  prepare(session, commit, first, end);
  if (atomic_load(&store->syncing.failed)) return -EIO;  // growing did: what it was to sync may be lost
  const uint32_t *slots = commit->slots + written;
  const struct record *records = commit->records + written;
  if (commit->writing == written) return 0;
  if (end < commit->count) {
    error = write_ahead(session, slots, records, commit->writing - written);
  } else {
    commit->durable = wants_durable_write(store, commit);
    error = write_slots(session, slots, records, commit->writing - written, commit->durable ? IO_DURABLE : 0);
  }
  if (error) syncing_fail(store, error);
  return error;
}

static int write_parts(struct session *session, struct commit *commit) {
  size_t part = records_at_once(session->store);
  int error = 0;
  begin_items(commit);
  for (size_t first = 0; first < commit->count && !error; first += part)
    error = write_part(session, commit, first, part);
  int late = write_wait(session);
  if (late) syncing_fail(session->store, late);
  return error ? error : late;
}

// What is written is there for all to see.
static int publish_group(struct store *store, struct commit *commit) {
  // Another session's reader looks into the file, not into this process's buffer.
  int error = store->io->flush && atomic_load(&store->sessions) > 1 ? store->io->flush(store->file) : 0;
  if (!error) error = publish(store, commit);
  if (error) {
    syncing_fail(store, error);
    return error;
  }
  if (commit->durable)
    note_durable(store);
  else
    note_written(store, commit);
  return 0;
}

// With the writer lock held.
static int commit_group(struct session *session, struct commit *commit) {
  struct store *store = session->store;
  if (atomic_load(&store->syncing.failed)) return -EIO;
  int error = store->header.clean ? header_write(store, false) : 0;
  if (!error) error = make_room(session, commit->count);
  // Before look-ups, so that a new key goes where its own ended; and before slots are given out: one that was taken and
  // not written would keep an old record that nobody remembers.
  if (!error) error = keydir_reserve(&store->keydir, commit->count);
  if (!error) error = write_parts(session, commit);
  return error || !commit->writing ? error : publish_group(store, commit);
}

// every=N: a sync after each N operations, in the middle of a batch if it falls there.
static size_t group_limit(const struct store *store, size_t count) {
  if (store->policy.kind != SYNC_EVERY) return count;
  uint64_t since = store->written - store->sync_started;
  uint64_t left = since < store->policy.amount ? store->policy.amount - since : 1;
  return count < left ? count : (size_t)left;
}

static void begin_commit(struct commit *commit) {
  commit->ordinal = commit->high = 0;
  commit->low = UINT64_MAX;
}

static void take(struct commit *commit, struct op *const *ops, size_t count) {
  memcpy(commit->ops + commit->count, ops, count * sizeof *ops);
  commit->count += count;
}

// What was taken, or as much of it as the policy lets go together: count then says how much.
static int commit_taken(struct session *session) {
  struct store *store = session->store;
  struct commit *commit = session->commit;
  if (store->linear) pthread_rwlock_wrlock(&store->linear_lock);
  pthread_mutex_lock(&store->writer);
  commit->count = group_limit(store, commit->count);
  commit->writing = 0;
  int error = commit_group(session, commit);
  pthread_mutex_unlock(&store->writer);
  if (store->linear) pthread_rwlock_unlock(&store->linear_lock);
  return error;
}

// Where one part of a group has failed, those before it are written, and are synced all the same: a durable write of
// the next group speaks for all before it.
static int end_commit(struct session *session, int error) {
  const struct commit *commit = session->commit;
  if (!commit->ordinal) return error;
  int late = acknowledge(session, commit->ordinal, commit->low, commit->high - commit->low);
  return error ? error : late;
}

// As many members as one commit holds. Returns those that are left.
static const struct member *take_members(struct commit *commit, const struct member *member) {
  commit->count = 0;
  for (; member && commit->count + member->count <= COMMIT_MAX; member = member->next)
    take(commit, member->ops, member->count);
  return member;
}

static void lead_group(struct session *session) {
  struct group *group = &session->store->group;
  struct commit *commit = session->commit;
  uint64_t began = clock_ns();
  struct member *taken = group_take(group);
  const struct member *left = taken;
  int error = 0;
  begin_commit(commit);
  while (left && !error) {
    const struct member *first = left;
    left = take_members(commit, first);
    commit->alone = first == taken && !left;
    error = commit_taken(session);
  }
  error = end_commit(session, error);  // before the clock is read: no order holds among the arguments of one call
  group_end(group, taken, error, clock_ns() - began);
}

static int commit_together(struct session *session, struct op *const *ops, size_t count) {
  struct member own = {.ops = ops, .count = count};
  if (group_join(&session->store->group, &own)) lead_group(session);
  return own.error;
}

static size_t commit_some(struct session *session, struct op *const *ops, size_t count) {
  struct commit *commit = session->commit;
  int error;
  if (session->store->policy.kind == SYNC_ALWAYS) {
    error = commit_together(session, ops, count);
  } else {
    begin_commit(commit);
    commit->count = 0;
    take(commit, ops, count);
    error = end_commit(session, commit_taken(session));
    if (commit->count < count) count = commit->count;
  }
  for (size_t i = 0; i < count; i++) finish(session, ops[i], error ? error : ops[i]->status);
  return count;
}

int commit_ops(struct session *session, struct op *const *ops, size_t count) {
  struct op *group[COMMIT_MAX];
  size_t grouped = 0;
  session_settle(session);
  for (size_t i = 0; i < count; i++) {
    if (ops[i]->kind != OP_PUT && ops[i]->kind != OP_DELETE) continue;
    int error = op_check(session->store, ops[i]);
    if (error) {
      finish(session, ops[i], error);
      continue;
    }
    group[grouped++] = ops[i];
    if (grouped < COMMIT_MAX) continue;
    for (size_t done = 0; done < grouped;) done += commit_some(session, group + done, grouped - done);
    grouped = 0;
  }
  for (size_t done = 0; done < grouped;) done += commit_some(session, group + done, grouped - done);
  return 0;
}
