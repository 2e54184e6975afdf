// SPDX-License-Identifier: MIT
// LevelDB: a log-structured merge tree. It writes with write(), and reads its tables through maps (up to 1000 of them).
//
// It has no way to open a store for reading only: such a store is opened as ever, and writes are refused here.
#include <errno.h>
#include <leveldb/c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engines/peers/lsm.h"

static const struct engine_option options[] = {LSM_TABLE, {.name = NULL}};

struct peer_db {
  leveldb_t *db;
  leveldb_options_t *options;
  leveldb_cache_t *cache;
  leveldb_filterpolicy_t *filter;
  size_t cache_bytes, buffer_bytes;
  leveldb_readoptions_t *read;
  leveldb_writeoptions_t *write, *write_synced;
  pthread_mutex_t deletes;  // two deletes of one key at a time would both find it
};

static void destroy(struct peer_db *db) {
  if (db->db) leveldb_close(db->db);
  leveldb_readoptions_destroy(db->read);
  leveldb_writeoptions_destroy(db->write);
  leveldb_writeoptions_destroy(db->write_synced);
  leveldb_options_destroy(db->options);
  leveldb_cache_destroy(db->cache);
  leveldb_filterpolicy_destroy(db->filter);
  pthread_mutex_destroy(&db->deletes);
  free(db);
}

static void configure(struct peer_db *db, const struct store_config *config) {
  const uint64_t *values = config->options.values;
  db->cache_bytes = values[LSM_CACHE];
  db->buffer_bytes = values[LSM_BUFFER];
  db->options = leveldb_options_create();
  db->cache = leveldb_cache_create_lru(values[LSM_CACHE]);
  db->filter = leveldb_filterpolicy_create_bloom(LSM_BLOOM_BITS);
  db->read = leveldb_readoptions_create();
  db->write = leveldb_writeoptions_create();
  db->write_synced = leveldb_writeoptions_create();
  leveldb_options_set_create_if_missing(db->options, config->create);
  leveldb_options_set_cache(db->options, db->cache);
  leveldb_options_set_filter_policy(db->options, db->filter);
  leveldb_options_set_compression(db->options, leveldb_no_compression);
  leveldb_options_set_write_buffer_size(db->options, values[LSM_BUFFER]);
  leveldb_readoptions_set_verify_checksums(db->read, values[LSM_VERIFY] != 0);
  leveldb_writeoptions_set_sync(db->write_synced, 1);
}

static int level_open(const char *path, const struct store_config *config, struct peer_db **db, struct error *error) {
  char *text = NULL;
  struct peer_db *opened = calloc(1, sizeof *opened);
  if (!opened) return error_set(error, -ENOMEM, "no memory for a store");
  pthread_mutex_init(&opened->deletes, NULL);  // of the default kind: never fails
  configure(opened, config);
  opened->db = leveldb_open(opened->options, path, &text);
  int code = lsm_open_status(text, path, error);
  if (code)
    destroy(opened);
  else
    *db = opened;
  return code;
}

static int level_close(struct peer_db *db) {
  destroy(db);
  return 0;
}

// The interface of C hands out a copy of its own, which is copied once more.
static int level_read(struct peer_db *db, struct peer_session *session, struct op *const *ops, size_t count) {
  (void)session;
  for (size_t i = 0; i < count; i++) {
    struct op *op = ops[i];
    size_t length;
    char *text = NULL, *value = leveldb_get(db->db, db->read, op->key, op->key_length, &length, &text);
    op->status = text ? lsm_status(text) : -ENOENT;
    if (value) peer_answer(op, value, length);
    leveldb_free(value);
  }
  return 0;
}

// A delete says whether the key was there, which an LSM tree does not look at by itself: so it is read.
static int find(struct peer_db *db, struct op *const *ops, size_t index) {
  const struct op *op = ops[index];
  int earlier = lsm_earlier(ops, index);
  if (earlier >= 0) return earlier ? 0 : -ENOENT;
  size_t length;
  char *text = NULL, *value = leveldb_get(db->db, db->read, op->key, op->key_length, &length, &text);
  int code = text ? lsm_status(text) : value ? 0 : -ENOENT;
  leveldb_free(value);
  return code;
}

static int write_batch(struct peer_db *db, leveldb_writebatch_t *batch, bool durable) {
  char *text = NULL;
  leveldb_write(db->db, durable ? db->write_synced : db->write, batch, &text);
  return lsm_status(text);
}

static int level_commit(struct peer_db *db, struct op *const *ops, size_t count, bool durable) {
  leveldb_writebatch_t *batch = leveldb_writebatch_create();
  bool deletes = false;
  size_t changed = 0;
  for (size_t i = 0; i < count; i++) deletes = deletes || ops[i]->kind == OP_DELETE;
  if (deletes) pthread_mutex_lock(&db->deletes);
  for (size_t i = 0; i < count; i++) {
    struct op *op = ops[i];
    op->status = op->kind == OP_DELETE ? find(db, ops, i) : 0;
    if (op->status) continue;
    changed++;
    if (op->kind == OP_PUT)
      leveldb_writebatch_put(batch, op->key, op->key_length, op->value, op->value_length);
    else
      leveldb_writebatch_delete(batch, op->key, op->key_length);
  }
  int code = changed ? write_batch(db, batch, durable) : 0;
  if (deletes) pthread_mutex_unlock(&db->deletes);
  leveldb_writebatch_destroy(batch);
  return code;
}

// An empty batch reaches the log behind all others, and syncs it.
static int level_sync(struct peer_db *db) {
  leveldb_writebatch_t *batch = leveldb_writebatch_create();
  int code = write_batch(db, batch, true);
  leveldb_writebatch_destroy(batch);
  return code;
}

static int level_scan(struct peer_db *db, struct peer_session *session, const void *from, uint32_t from_length,
                      uint64_t limit, scan_fn fn, void *user) {
  (void)session;
  leveldb_iterator_t *at = leveldb_create_iterator(db->db, db->read);
  uint64_t visited = 0;
  int code = 0;
  if (from)
    leveldb_iter_seek(at, from, from_length);
  else
    leveldb_iter_seek_to_first(at);
  for (; !code && leveldb_iter_valid(at) && (!limit || visited < limit); leveldb_iter_next(at)) {
    size_t key_length, length;
    const char *key = leveldb_iter_key(at, &key_length);
    if (peer_is_meta(key_length)) continue;
    const char *value = leveldb_iter_value(at, &length);
    code = fn(user, key, (uint32_t)key_length, value, (uint32_t)length);
    visited++;
  }
  char *text = NULL;
  leveldb_iter_get_error(at, &text);
  int failed = lsm_status(text);
  leveldb_iter_destroy(at);
  return code ? code : failed;
}

// Of all keys: writes the memtable out and merges every level into the last; it waits for that.
static int level_compact(struct peer_db *db) {
  leveldb_compact_range(db->db, NULL, 0, NULL, 0);
  return 0;
}

// When LevelDB merges a level (db/version_set.cc: Finalize, MaxBytesForLevel): the first by its files, others by their
// bytes, ten times as many a level.
enum { LEVELS = 7, FIRST_FILES = 4 };
static const uint64_t second_bytes = 10u << 20;

struct level_sizes {
  uint64_t files[LEVELS], bytes[LEVELS];
};

// Reads the property: "--- level 0 ---" and a line "NUMBER:BYTES[...]" for each file of the level.
static void read_sizes(char *text, struct level_sizes *sizes) {
  unsigned level = LEVELS;
  char *rest;
  *sizes = (struct level_sizes){{0}, {0}};
  for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
    unsigned long long number, bytes;
    if (sscanf(line, "--- level %u", &level) == 1) continue;
    if (level >= LEVELS || sscanf(line, " %llu:%llu[", &number, &bytes) != 2) continue;
    sizes->files[level]++;
    sizes->bytes[level] += bytes;
  }
}

// Whether a level is due to be merged into the next.
static int level_busy(struct peer_db *db) {
  struct level_sizes sizes;
  char *text = leveldb_property_value(db->db, "leveldb.sstables");
  if (!text) return -EOPNOTSUPP;
  read_sizes(text, &sizes);
  leveldb_free(text);
  uint64_t most = second_bytes;
  bool due = sizes.files[0] >= FIRST_FILES;
  for (size_t i = 1; i + 1 < LEVELS; i++, most *= 10) due = due || sizes.bytes[i] >= most;
  return due;
}

// LevelDB tells neither whether it merges nor whether it writes a memtable out. But a compaction of a range without
// keys first has the memtable written out, then waits for the merge that is under way, and has nothing to do itself
// (db/db_impl.cc: TEST_CompactMemTable, TEST_CompactRange).
static void wait_for_work_under_way(struct peer_db *db) { leveldb_compact_range(db->db, "", 0, "", 0); }

static int wait_and_look(struct peer_db *db) {
  wait_for_work_under_way(db);
  return level_busy(db);
}

static int level_drain(struct peer_db *db) {
  int code = lsm_drain(db, wait_and_look);
  wait_for_work_under_way(db);  // what had begun for another reason than a level's size, such as reads that missed
  return code ? code : 1;
}

static int level_stat(struct peer_db *db, struct store_stat *stat) {
  (void)db;
  stat->records = stat->capacity = STAT_UNKNOWN;
  return 0;
}

// LevelDB tells nothing of its options: this is what it was asked for.
static int level_settings(struct peer_db *db, setting_fn tell, void *user) {
  int code = peer_tell(tell, user, "compression", "none");
  if (!code) code = peer_tell(tell, user, "block cache", "%zu bytes asked for", db->cache_bytes);
  if (!code) code = peer_tell(tell, user, "memtable", "%zu bytes asked for", db->buffer_bytes);
  if (!code) code = peer_tell(tell, user, "filter", "bloom, %d bits a key", LSM_BLOOM_BITS);
  return code ? code : peer_tell(tell, user, "background work", "%s", lsm_work(level_busy(db), "due"));
}

const struct peer peer = {
    .folder = true,
    .open = level_open,
    .close = level_close,
    .read = level_read,
    .commit = level_commit,
    .scan = level_scan,
    .sync = level_sync,
    .compact = level_compact,
    .drain = level_drain,
    .settings = level_settings,
    .stat = level_stat,
};

static const char *level_durability(const struct store_config *config) {
  switch (config->sync.kind) {
    case SYNC_NONE:
      return "sync=0: the log is written, not synced";
    case SYNC_ASYNC:
      return "as none: LevelDB has no way to ask for write-back";
    case SYNC_EVERY:
      return "sync=0, and an empty batch with sync=1 (fdatasync of the log) after every N puts";
    case SYNC_INTERVAL:
      return "sync=0, and an empty batch with sync=1 (fdatasync of the log) on a timer";
    default:
      return "sync=1: fdatasync of the log, once a batch";
  }
}

PEER_PLUGIN(.name = "leveldb", .label = "LevelDB",
            .summary = "LevelDB: a log-structured merge tree, written with write() and read through maps of its tables",
            .caps = CAP_SCAN_ORDERED | CAP_PERSISTENT, .options = options, .durability = level_durability)
