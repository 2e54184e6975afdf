// SPDX-License-Identifier: MIT
// A plug-in in one file: the skeleton to start an engine of your own from. Build it anywhere, with nothing of storebench
// but its installed headers (`cmake --install build --prefix PREFIX` puts them there):
//
//   cc -std=c11 -O2 -D_GNU_SOURCE -fPIC -shared -I PREFIX/include/storebench flat.c -o flat.so
//
// and name it wherever an engine is named, or put its folder on the path of plug-ins:
//
//   storebench run read-random-warm --engines mmap,pread,./flat.so
//   storebench run read-random-warm --engines mmap,flat --engine-path .
//
// The store: a file of slots of one size, written and read with pwrite and pread; the keys, and a hash table of them, are
// in memory. One lock around everything. It survives a kill, but a power cut may tear a slot: a store that is to promise
// more needs checksums, which is what engines/slots/ has. Replace all of it; what each function owes its caller stands in
// engines/engine.h.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engines/engine.h"

enum { NONE = -1, GONE = -2, TABLE_MIN = 1024 };  // in the table: never used, and used once (a search goes on past it)

struct key {
  char bytes[KEY_LENGTH_MAX];
  uint32_t length;  // 0: the slot is free
};

// A slot in the file: this, then the value.
struct slot_head {
  struct key key;
  uint32_t value_length;
};

// The two structures that engine.h leaves to each engine.
struct store {
  struct store_config config;
  int fd;
  pthread_mutex_t lock;  // guards all that follows
  uint32_t slot_size;
  struct key *keys;  // of each slot
  int64_t slots, room, records;
  int32_t *table;  // hash -> slot; `places` is a power of two
  int64_t places, filled;
  uint64_t unsynced, syncs, bytes_written;
};

struct session {  // what one thread needs for itself: here, the operations that are finished and not yet reaped
  struct store *store;
  struct op **done;
  size_t taken, count, room;
};

// The caller's words for people: one line, what is wrong; what to do.
static int complain(struct error *error, int code, const char *format, ...) {
  va_list arguments;
  if (!error) return code;
  va_start(arguments, format);
  vsnprintf(error->text, sizeof error->text, format, arguments);
  va_end(arguments);
  error->code = code;
  return code;
}

// ---- the index

static uint64_t hash(const struct key *key) {  // FNV-1a
  uint64_t h = 14695981039346656037u;
  for (uint32_t i = 0; i < key->length; i++) h = (h ^ (unsigned char)key->bytes[i]) * 1099511628211u;
  return h ^ h >> 29;
}

static bool same(const struct key *a, const struct key *b) {
  return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

// The place of a key in the table, or NULL.
static int32_t *find(struct store *store, const struct key *key) {
  for (uint64_t at = hash(key);; at++) {
    int32_t *place = &store->table[at & (uint64_t)(store->places - 1)];
    if (*place == NONE) return NULL;
    if (*place != GONE && same(&store->keys[*place], key)) return place;
  }
}

static void enter(struct store *store, int32_t slot) {
  uint64_t at = hash(&store->keys[slot]);
  while (store->table[at & (uint64_t)(store->places - 1)] != NONE) at++;
  store->table[at & (uint64_t)(store->places - 1)] = slot;
  store->filled++;
}

static int make_table(struct store *store, int64_t places) {
  int32_t *table = malloc((size_t)places * sizeof *table);
  if (!table) return -ENOMEM;
  for (int64_t i = 0; i < places; i++) table[i] = NONE;
  free(store->table);
  store->table = table;
  store->places = places;
  store->filled = 0;
  for (int64_t i = 0; i < store->slots; i++)
    if (store->keys[i].length) enter(store, (int32_t)i);
  return 0;
}

static int make_room(struct store *store) {  // for one more key
  if (store->slots == store->room) {
    int64_t room = store->room ? 2 * store->room : TABLE_MIN;
    struct key *keys = realloc(store->keys, (size_t)room * sizeof *keys);
    if (!keys) return -ENOMEM;
    store->keys = keys;
    store->room = room;
  }
  return 2 * store->filled < store->places ? 0 : make_table(store, 4 * store->records + TABLE_MIN > store->places ? 2 * store->places : store->places);
}

// ---- single operations, with the lock held; each returns what belongs into op->status

static int make_durable(struct store *store) {
  if (fdatasync(store->fd)) return -errno;
  store->syncs++;
  store->unsynced = 0;
  return 0;
}

// An acknowledged write must be as durable as the policy says before its status is 0.
static int acknowledge(struct store *store) {
  const struct sync_policy *sync = &store->config.sync;
  store->unsynced++;
  if (sync->kind == SYNC_ALWAYS || (sync->kind == SYNC_EVERY && store->unsynced >= sync->amount))
    return make_durable(store);
  return 0;
}

static int write_slot(struct store *store, int32_t slot, const struct key *key, const void *value, uint32_t length) {
  char bytes[sizeof(struct slot_head) + RECORD_SIZE_DEFAULT];
  char *buffer = store->slot_size <= sizeof bytes ? bytes : malloc(store->slot_size);
  if (!buffer) return -ENOMEM;
  struct slot_head head = {*key, length};
  memset(buffer, 0, store->slot_size);
  memcpy(buffer, &head, sizeof head);
  if (length) memcpy(buffer + sizeof head, value, length);
  ssize_t wrote = pwrite(store->fd, buffer, store->slot_size, (off_t)slot * store->slot_size);
  int code = wrote == (ssize_t)store->slot_size ? 0 : wrote < 0 ? -errno : -ENOSPC;
  if (!code) store->bytes_written += store->slot_size;
  if (buffer != bytes) free(buffer);
  return code;
}

static int put(struct store *store, const struct key *key, const struct op *op) {
  if (store->config.read_only) return -EROFS;
  if (op->value_length > store->config.record_size - RECORD_OVERHEAD) return -EMSGSIZE;
  const int32_t *place = find(store, key);
  int code = place ? 0 : make_room(store);
  if (code) return code;
  int32_t slot = place ? *place : (int32_t)store->slots;
  code = write_slot(store, slot, key, op->value, op->value_length);
  if (code) return code;
  if (!place) {
    store->keys[store->slots++] = *key;
    store->records++;
    enter(store, slot);
  }
  return acknowledge(store);
}

static int get(struct store *store, const struct key *key, struct op *op) {
  const int32_t *place = find(store, key);
  if (!place) return -ENOENT;
  off_t offset = (off_t)*place * store->slot_size;
  struct slot_head head;
  if (pread(store->fd, &head, sizeof head, offset) != sizeof head) return -EIO;
  uint32_t room = op->value_length;
  op->value_length = head.value_length;
  if (room < head.value_length) return -EMSGSIZE;
  ssize_t got = pread(store->fd, op->value, head.value_length, offset + (off_t)sizeof head);
  return got == (ssize_t)head.value_length ? 0 : -EIO;
}

static int delete(struct store *store, const struct key *key) {
  static const struct key none;
  if (store->config.read_only) return -EROFS;
  int32_t *place = find(store, key);
  if (!place) return -ENOENT;
  int code = write_slot(store, *place, &none, NULL, 0);
  if (code) return code;
  store->keys[*place].length = 0;  // the slot is not used again: a store of yours does better
  *place = GONE;
  store->records--;
  return acknowledge(store);
}

static int run(struct store *store, struct op *op) {
  struct key key = {.length = op->key_length};
  if (op->key_length == 0 || op->key_length > KEY_LENGTH_MAX) return -EINVAL;
  memcpy(key.bytes, op->key, op->key_length);
  switch (op->kind) {
    case OP_PUT:
      return put(store, &key, op);
    case OP_GET:
      return get(store, &key, op);
    case OP_DELETE:
      return delete(store, &key);
    default:
      return -EOPNOTSUPP;  // OP_PEEK: caps has no CAP_LEND
  }
}

// ---- the functions of the vtable

static const char *flat_durability(const struct store_config *config) {
  switch (config->sync.kind) {
    case SYNC_NONE:
      return "pwrite; nothing is synced";
    case SYNC_EVERY:
      return "fdatasync after each N operations";
    case SYNC_ALWAYS:
      return "fdatasync after each operation";
    default:
      return "cannot be had: it has no timer, and asks for no write-back";
  }
}

// What cannot be had is refused with the reason: those cells are skipped, and the reason stands in the report.
static int flat_probe(const char *folder, const struct store_config *config, struct error *error) {
  (void)folder;
  if (config->sync.kind == SYNC_INTERVAL || config->sync.kind == SYNC_ASYNC)
    return complain(error, -EOPNOTSUPP, "flat has no sync policy of this kind; use none, every=N or always");
  return 0;
}

// The file begins with no header: the record size is the caller's, or the default.
static int load_keys(struct store *store) {
  struct stat status;
  if (fstat(store->fd, &status)) return -errno;
  int code = make_table(store, TABLE_MIN);
  for (off_t at = 0; !code && at + store->slot_size <= status.st_size; at += store->slot_size) {
    struct slot_head head;
    if (pread(store->fd, &head, sizeof head, at) != sizeof head) return -EIO;
    if (head.key.length > KEY_LENGTH_MAX) return -EINVAL;
    code = make_room(store);
    if (code) return code;
    store->keys[store->slots] = head.key;
    if (head.key.length) enter(store, (int32_t)store->slots);
    store->records += head.key.length > 0;
    store->slots++;
  }
  return code;
}

static void free_store(struct store *store) {
  close(store->fd);
  pthread_mutex_destroy(&store->lock);
  free(store->keys);
  free(store->table);
  free(store);
}

static int flat_open(const char *path, const struct store_config *config, struct store **store, struct error *error) {
  int flags = config->read_only ? O_RDONLY : O_RDWR;
  if (config->create) flags |= O_CREAT | (config->exclusive ? O_EXCL : 0);
  struct store *opened = calloc(1, sizeof *opened);
  if (!opened) return complain(error, -ENOMEM, "no memory for a store");
  opened->config = *config;
  if (!config->record_size) opened->config.record_size = RECORD_SIZE_DEFAULT;
  opened->slot_size = (uint32_t)sizeof(struct slot_head) + opened->config.record_size - RECORD_OVERHEAD;
  opened->fd = open(path, flags | O_CLOEXEC, 0600);
  int code = opened->fd < 0 ? -errno : -pthread_mutex_init(&opened->lock, NULL);
  if (code) {
    free(opened);
    return complain(error, code, "%s: %s", path, strerror(-code));
  }
  code = load_keys(opened);
  if (code) {
    free_store(opened);
    return complain(error, code, "%s: %s; is it a flat store of this record size?", path, strerror(-code));
  }
  *store = opened;
  return 0;
}

static int flat_sync(struct store *store) {
  pthread_mutex_lock(&store->lock);
  int code = make_durable(store);
  pthread_mutex_unlock(&store->lock);
  return code;
}

static int flat_close(struct store *store, struct error *error) {
  bool promised = store->config.sync.kind != SYNC_NONE && !store->config.read_only;
  int code = promised ? flat_sync(store) : 0;
  free_store(store);
  return code ? complain(error, code, "sync at close: %s", strerror(-code)) : 0;
}

static int flat_session_open(struct store *store, struct session **session, struct error *error) {
  *session = calloc(1, sizeof **session);
  if (!*session) return complain(error, -ENOMEM, "no memory for a session");
  (*session)->store = store;
  return 0;
}

static int flat_session_close(struct session *session) {
  free(session->done);
  free(session);
  return 0;
}

// This engine does not queue: all operations are finished when submit returns, and wait for reap.
static int flat_submit(struct session *session, struct op *const *ops, size_t count) {
  struct store *store = session->store;
  if (session->taken == session->count) session->taken = session->count = 0;
  if (session->count + count > session->room) {
    size_t room = 2 * (session->count + count);
    struct op **done = realloc(session->done, room * sizeof(struct op *));
    if (!done) return -ENOMEM;
    session->done = done;
    session->room = room;
  }
  pthread_mutex_lock(&store->lock);
  for (size_t i = 0; i < count; i++) {
    ops[i]->status = run(store, ops[i]);
    session->done[session->count++] = ops[i];
  }
  pthread_mutex_unlock(&store->lock);
  return 0;
}

static int flat_reap(struct session *session, struct op **done, size_t max, size_t min) {
  (void)min;
  size_t ready = session->count - session->taken;
  if (ready > max) ready = max;
  if (ready) memcpy(done, session->done + session->taken, ready * sizeof(struct op *));
  session->taken += ready;
  return (int)ready;
}

// In slot order, since caps has no CAP_SCAN_ORDERED; so there is no key to begin from.
static int flat_scan(struct session *session, const void *from, uint32_t from_length, uint64_t limit, scan_fn fn,
                     void *user) {
  struct store *store = session->store;
  (void)from_length;
  if (from) return -EOPNOTSUPP;
  char *value = malloc(store->config.record_size);
  if (!value) return -ENOMEM;
  int code = 0;
  uint64_t visited = 0;
  pthread_mutex_lock(&store->lock);
  for (int64_t i = 0; !code && i < store->slots && (!limit || visited < limit); i++) {
    const struct key key = store->keys[i];
    struct op op = {.value = value, .value_length = store->config.record_size};
    if (!key.length) continue;
    code = get(store, &key, &op);
    if (!code) code = fn(user, key.bytes, key.length, value, op.value_length);
    visited++;
  }
  pthread_mutex_unlock(&store->lock);
  free(value);
  return code;
}

static int flat_forget(struct store *store) {
  int code = flat_sync(store);
  return code ? code : -posix_fadvise(store->fd, 0, 0, POSIX_FADV_DONTNEED);
}

static int flat_compact(struct store *store, struct error *error) {
  (void)store, (void)error;
  return 0;  // nothing is given back
}

static int flat_stat(struct store *store, struct store_stat *stat) {
  struct stat status;
  if (fstat(store->fd, &status)) return -errno;
  pthread_mutex_lock(&store->lock);
  *stat = (struct store_stat){.records = (uint64_t)store->records,
                              .capacity = (uint64_t)store->slots,
                              .record_size = store->config.record_size,
                              .bytes_apparent = (uint64_t)status.st_size,
                              .bytes_allocated = (uint64_t)status.st_blocks * 512,
                              .bytes_written = store->bytes_written,
                              .syncs = store->syncs,
                              .index_bytes = (uint64_t)(store->room * (int64_t)sizeof(struct key) + store->places * 4)};
  pthread_mutex_unlock(&store->lock);
  return 0;
}

static const struct engine_option flat_options[] = {{.name = NULL}};  // none; NULL ends the table

static const struct engine engine_flat = {
    .api = ENGINE_API,
    .name = "flat",
    .label = "flat",
    .summary = "slots of one size by pwrite and pread, keys in memory; the example of a plug-in",
    .caps = CAP_PERSISTENT,
    .options = flat_options,
    .durability = flat_durability,
    .probe = flat_probe,
    .open = flat_open,
    .close = flat_close,
    .session_open = flat_session_open,
    .session_close = flat_session_close,
    .submit = flat_submit,
    .reap = flat_reap,
    .scan = flat_scan,
    .sync = flat_sync,
    .forget = flat_forget,
    .compact = flat_compact,
    .stat = flat_stat,
};

// The one thing a plug-in exports.
STOREBENCH_EXPORT const struct engine *storebench_engine(uint32_t api);
const struct engine *storebench_engine(uint32_t api) { return api == ENGINE_API ? &engine_flat : NULL; }
