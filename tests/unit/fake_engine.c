// SPDX-License-Identifier: MIT
// The lying store of tests: a fixed table in memory, under one lock.
#include "tests/unit/fake_engine.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SLOTS = 1 << 14, VALUE_MAX = 256, OUTSTANDING_MAX = 1024 };

struct slot {
  bool used, live;
  char key[KEY_LENGTH_MAX];
  uint32_t length;
  unsigned char value[VALUE_MAX];
};

struct store {
  pthread_mutex_t lock;
  struct store_config config;
  struct store_stat stat;
  uint64_t puts, gets, unsynced;
  struct slot slots[SLOTS];
};

struct session {
  struct store *store;
  struct op *done[OUTSTANDING_MAX];
  size_t count;
};

// Records outlive a close, as they would in a file: one store for the whole process.
static struct {
  enum fake_lie lie;
  struct fake_calls calls;
  struct store *store;
} fake;

void fake_set(enum fake_lie lie) {
  fake.lie = lie;
  fake.calls = (struct fake_calls){0};
}

struct fake_calls fake_calls(void) {
  return fake.calls;
}

struct store_config fake_config(void) {
  return fake.store->config;
}

static const char *fake_durability(const struct store_config *config) {
  (void)config;
  return "nothing is kept";
}

static int fake_probe(const char *folder, const struct store_config *config, struct error *error) {
  (void)folder, (void)config;
  return fake.lie == FAKE_PROBE_FAILS ? error_set(error, -ENOSYS, "no fakes here; buy a real one") : 0;
}

static int fake_open(const char *path, const struct store_config *config, struct store **store, struct error *error) {
  (void)path;
  fake.calls.opens++;
  if (fake.lie == FAKE_OPEN_FAILS) return error_set(error, -EINVAL, "not a fake store");
  if (config->create) {
    free(fake.store);
    fake.store = calloc(1, sizeof *fake.store);
    if (!fake.store) return error_set(error, -ENOMEM, "no memory");
    pthread_mutex_init(&fake.store->lock, NULL);
  }
  if (!fake.store) return error_set(error, -ENOENT, "no store was made");
  fake.store->config = *config;
  *store = fake.store;
  return 0;
}

static int fake_close(struct store *store, struct error *error) {
  (void)store;
  fake.calls.closes++;
  return fake.lie == FAKE_CLOSE_FAILS ? error_set(error, -EIO, "the fake will not close") : 0;
}

static int fake_session_open(struct store *store, struct session **session, struct error *error) {
  pthread_mutex_lock(&store->lock);
  unsigned number = fake.calls.session_opens++;
  pthread_mutex_unlock(&store->lock);
  if (fake.lie == FAKE_SESSION_FAILS && number > 0) return error_set(error, -EMFILE, "one session is enough");
  struct session *opened = calloc(1, sizeof *opened);
  if (!opened) return error_set(error, -ENOMEM, "no memory");
  opened->store = store;
  *session = opened;
  return 0;
}

static int fake_session_close(struct session *session) {
  struct store *store = session->store;
  pthread_mutex_lock(&store->lock);
  fake.calls.session_closes++;
  pthread_mutex_unlock(&store->lock);
  free(session);
  return fake.lie == FAKE_SESSION_CLOSE_FAILS ? -EIO : 0;
}

static struct slot *find(struct store *store, const struct op *op) {
  uint64_t hash = 14695981039346656037u;
  for (uint32_t i = 0; i < op->key_length; i++) hash = (hash ^ ((const unsigned char *)op->key)[i]) * 1099511628211u;
  for (size_t i = hash % SLOTS;; i = (i + 1) % SLOTS) {
    struct slot *slot = &store->slots[i];
    if (!slot->used || memcmp(slot->key, op->key, op->key_length) == 0) return slot;
  }
}

static void after_write(struct store *store) {
  uint64_t each = store->config.sync.kind == SYNC_ALWAYS  ? 1
                  : store->config.sync.kind == SYNC_EVERY ? store->config.sync.amount
                                                          : UINT64_MAX;
  if (++store->unsynced < each || fake.lie == FAKE_SYNC_SKIPPED) return;
  store->unsynced = 0;
  store->stat.syncs++;
}

static int put(struct store *store, struct slot *slot, const struct op *op) {
  bool lies = store->puts++ % 50 == 0;
  if (store->config.read_only) return -EROFS;
  if (op->value_length > VALUE_MAX) return -EMSGSIZE;
  if (lies && fake.lie == FAKE_PUT_REFUSED) return -ENOSPC;
  after_write(store);
  if (lies && (fake.lie == FAKE_PUT_DROPPED || fake.lie == FAKE_UNCOUNTED_PUT_DROPPED)) return 0;
  store->stat.records += !slot->live;
  slot->used = slot->live = true;
  memcpy(slot->key, op->key, op->key_length);
  slot->length = op->value_length;
  memcpy(slot->value, op->value, op->value_length);
  if (lies && fake.lie == FAKE_VALUE_DAMAGED) slot->value[op->value_length / 2] ^= 0x40;
  return 0;
}

static int get(struct store *store, const struct slot *slot, struct op *op) {
  if (!slot->live) return -ENOENT;
  if (op->value_length < slot->length) return -EMSGSIZE;
  memcpy(op->value, slot->value, slot->length);
  op->value_length = slot->length - (fake.lie == FAKE_VALUE_SHORT && store->gets++ % 50 == 0);
  return 0;
}

static int delete (struct store *store, struct slot *slot) {
  if (!slot->live) return -ENOENT;
  after_write(store);
  if (fake.lie == FAKE_DELETE_IGNORED || fake.lie == FAKE_UNCOUNTED_DELETE_IGNORED) return 0;
  slot->live = false;
  store->stat.records--;
  return 0;
}

static int run_op(struct store *store, struct op *op) {
  struct slot *slot = find(store, op);
  switch (op->kind) {
    case OP_PUT:
      return put(store, slot, op);
    case OP_GET:
      return get(store, slot, op);
    case OP_DELETE:
      return delete (store, slot);
    default:
      return -EOPNOTSUPP;
  }
}

static int fake_submit(struct session *session, struct op *const *ops, size_t count) {
  struct store *store = session->store;
  if (count > OUTSTANDING_MAX - session->count) return -EBUSY;
  pthread_mutex_lock(&store->lock);
  fake.calls.submits++;
  for (size_t i = 0; i < count; i++) {
    ops[i]->status = run_op(store, ops[i]);
    session->done[session->count++] = ops[i];
  }
  pthread_mutex_unlock(&store->lock);
  return 0;
}

static int fake_reap(struct session *session, struct op **done, size_t max, size_t min) {
  (void)min;
  if (fake.lie == FAKE_REAP_EMPTY) return 0;
  size_t count = session->count < max ? session->count : max;
  for (size_t i = 0; i < count; i++) done[i] = session->done[--session->count];
  return (int)count;
}

static int fake_scan(struct session *session, const void *from, uint32_t from_length, uint64_t limit, scan_fn fn,
                     void *user) {
  struct store *store = session->store;
  uint64_t visited = 0, live = 0;
  (void)from_length;
  if (from) return -EOPNOTSUPP;
  for (size_t i = 0; i < SLOTS && (limit == 0 || visited < limit); i++) {
    const struct slot *slot = &store->slots[i];
    if (!slot->live || (fake.lie == FAKE_SCAN_SKIPS && live++ % 10 == 9)) continue;
    visited++;
    int result = fn(user, slot->key, KEY_LENGTH_MAX, slot->value, slot->length);
    if (result) return result;
  }
  return 0;
}

static int fake_sync(struct store *store) {
  fake.calls.syncs++;
  if (fake.lie == FAKE_SYNC_FAILS) return -EIO;
  if (fake.lie == FAKE_SYNC_SLOW) (void)nanosleep(&(struct timespec){.tv_nsec = FAKE_SYNC_NS}, NULL);
  pthread_mutex_lock(&store->lock);
  store->stat.syncs++;
  store->unsynced = 0;
  pthread_mutex_unlock(&store->lock);
  return 0;
}

static int fake_forget(struct store *store) {
  (void)store;
  fake.calls.submits_at_forget = fake.calls.submits;
  return fake.lie == FAKE_FORGET_FAILS ? -EIO : 0;
}

static int fake_compact(struct store *store, struct error *error) {
  (void)store, (void)error;
  return 0;
}

static int fake_stat(struct store *store, struct store_stat *stat) {
  if (fake.lie == FAKE_STAT_FAILS) return -EIO;
  pthread_mutex_lock(&store->lock);
  *stat = store->stat;
  if (fake.lie >= FAKE_UNCOUNTED) stat->records = STAT_UNKNOWN;
  pthread_mutex_unlock(&store->lock);
  return 0;
}

static const struct engine_option fake_options[] = {{.name = NULL}};

const struct engine engine_fake = {
    .api = ENGINE_API,
    .name = "fake",
    .label = "fake",
    .summary = "a store for tests",
    .caps = CAP_PERSISTENT,
    .options = fake_options,
    .durability = fake_durability,
    .probe = fake_probe,
    .open = fake_open,
    .close = fake_close,
    .session_open = fake_session_open,
    .session_close = fake_session_close,
    .submit = fake_submit,
    .reap = fake_reap,
    .scan = fake_scan,
    .sync = fake_sync,
    .forget = fake_forget,
    .compact = fake_compact,
    .stat = fake_stat,
};
