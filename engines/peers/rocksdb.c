// SPDX-License-Identifier: MIT
// RocksDB: a log-structured merge tree. It reads and writes with pread and write(), or (mmap=on) reads through maps.
#include <errno.h>
#include <rocksdb/c.h>
#include <stdlib.h>
#include <string.h>

#include "engines/peers/lsm.h"

enum { OPTION_MMAP = LSM_OPTIONS, OPTION_WAL };

static const struct engine_option options[] = {
    LSM_TABLE,
    [OPTION_MMAP] = {"mmap", OPTION_BOOL, NULL, "off", 0, 0, "allow_mmap_reads: reads its tables through maps"},
    [OPTION_WAL] = {"wal", OPTION_BOOL, NULL, "on", 0, 0,
                    "off: no log; a kill loses what is in the memtable, so only sync policy none can be had"},
    {.name = NULL},
};

static const uint64_t async_bytes = 64u << 10;  // of the log, until write-back is asked for

struct peer_db {
  rocksdb_t *db;
  rocksdb_options_t *options;
  rocksdb_block_based_table_options_t *table;
  rocksdb_cache_t *cache;
  rocksdb_flushoptions_t *flush;
  bool log, read_only;
  rocksdb_readoptions_t *read;
  rocksdb_writeoptions_t *write, *write_synced;
  pthread_mutex_t deletes;  // two deletes of one key at a time would both find it
};

static void destroy(struct peer_db *db) {
  if (db->db) rocksdb_close(db->db);
  rocksdb_readoptions_destroy(db->read);
  rocksdb_writeoptions_destroy(db->write);
  rocksdb_writeoptions_destroy(db->write_synced);
  rocksdb_flushoptions_destroy(db->flush);
  rocksdb_block_based_options_destroy(db->table);
  rocksdb_options_destroy(db->options);
  rocksdb_cache_destroy(db->cache);
  pthread_mutex_destroy(&db->deletes);
  free(db);
}

static void configure(struct peer_db *db, const struct store_config *config) {
  const uint64_t *values = config->options.values;
  db->log = values[OPTION_WAL];
  db->read_only = config->read_only;
  db->options = rocksdb_options_create();
  db->table = rocksdb_block_based_options_create();
  db->cache = rocksdb_cache_create_lru(values[LSM_CACHE]);
  db->read = rocksdb_readoptions_create();
  db->write = rocksdb_writeoptions_create();
  db->write_synced = rocksdb_writeoptions_create();
  db->flush = rocksdb_flushoptions_create();
  rocksdb_block_based_options_set_block_cache(db->table, db->cache);
  rocksdb_block_based_options_set_filter_policy(db->table, rocksdb_filterpolicy_create_bloom_full(LSM_BLOOM_BITS));
  rocksdb_options_set_block_based_table_factory(db->options, db->table);
  rocksdb_options_set_create_if_missing(db->options, config->create);
  rocksdb_options_set_compression(db->options, rocksdb_no_compression);
  rocksdb_options_set_write_buffer_size(db->options, values[LSM_BUFFER]);
  rocksdb_options_set_allow_mmap_reads(db->options, values[OPTION_MMAP] != 0);
  if (config->sync.kind == SYNC_ASYNC) rocksdb_options_set_wal_bytes_per_sync(db->options, async_bytes);
  rocksdb_readoptions_set_verify_checksums(db->read, values[LSM_VERIFY] != 0);
  rocksdb_writeoptions_disable_WAL(db->write, !db->log);
  rocksdb_writeoptions_set_sync(db->write_synced, 1);
}

static int rocks_open(const char *path, const struct store_config *config, struct peer_db **db, struct error *error) {
  char *text = NULL;
  if (!config->options.values[OPTION_WAL] && config->sync.kind != SYNC_NONE)
    return error_set(error, -EOPNOTSUPP, "rocksdb:wal=off has no log that could be synced; use sync = none");
  struct peer_db *opened = calloc(1, sizeof *opened);
  if (!opened) return error_set(error, -ENOMEM, "no memory for a store");
  pthread_mutex_init(&opened->deletes, NULL);  // of the default kind: never fails
  configure(opened, config);
  opened->db = config->read_only ? rocksdb_open_for_read_only(opened->options, path, 0, &text)
                                 : rocksdb_open(opened->options, path, &text);
  int code = lsm_open_status(text, path, error);
  if (code)
    destroy(opened);
  else
    *db = opened;
  return code;
}

static int rocks_close(struct peer_db *db) {
  destroy(db);
  return 0;
}

// The value is pinned where it is, in the block cache or a map, and copied from there.
static int rocks_read(struct peer_db *db, struct peer_session *session, struct op *const *ops, size_t count) {
  (void)session;
  for (size_t i = 0; i < count; i++) {
    struct op *op = ops[i];
    size_t length;
    char *text = NULL;
    rocksdb_pinnableslice_t *found = rocksdb_get_pinned(db->db, db->read, op->key, op->key_length, &text);
    op->status = text ? lsm_status(text) : -ENOENT;
    if (!found) continue;
    const char *value = rocksdb_pinnableslice_value(found, &length);
    peer_answer(op, value, length);
    rocksdb_pinnableslice_destroy(found);
  }
  return 0;
}

// A delete says whether the key was there, which an LSM tree does not look at by itself: so it is read.
static int find(struct peer_db *db, struct op *const *ops, size_t index) {
  const struct op *op = ops[index];
  int earlier = lsm_earlier(ops, index);
  if (earlier >= 0) return earlier ? 0 : -ENOENT;
  char *text = NULL;
  rocksdb_pinnableslice_t *found = rocksdb_get_pinned(db->db, db->read, op->key, op->key_length, &text);
  int code = text ? lsm_status(text) : found ? 0 : -ENOENT;
  rocksdb_pinnableslice_destroy(found);
  return code;
}

static int write_batch(struct peer_db *db, rocksdb_writebatch_t *batch, bool durable) {
  char *text = NULL;
  rocksdb_write(db->db, durable ? db->write_synced : db->write, batch, &text);
  return lsm_status(text);
}

static int rocks_commit(struct peer_db *db, struct op *const *ops, size_t count, bool durable) {
  rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
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
      rocksdb_writebatch_put(batch, op->key, op->key_length, op->value, op->value_length);
    else
      rocksdb_writebatch_delete(batch, op->key, op->key_length);
  }
  int code = changed ? write_batch(db, batch, durable) : 0;
  if (deletes) pthread_mutex_unlock(&db->deletes);
  rocksdb_writebatch_destroy(batch);
  return code;
}

static int rocks_sync(struct peer_db *db) {
  char *text = NULL;
  if (db->log)
    rocksdb_flush_wal(db->db, 1, &text);
  else
    rocksdb_flush(db->db, db->flush, &text);  // what is in the memtable, into a table
  return lsm_status(text);
}

static int rocks_scan(struct peer_db *db, struct peer_session *session, const void *from, uint32_t from_length,
                      uint64_t limit, scan_fn fn, void *user) {
  (void)session;
  rocksdb_iterator_t *at = rocksdb_create_iterator(db->db, db->read);
  uint64_t visited = 0;
  int code = 0;
  if (from)
    rocksdb_iter_seek(at, from, from_length);
  else
    rocksdb_iter_seek_to_first(at);
  for (; !code && rocksdb_iter_valid(at) && (!limit || visited < limit); rocksdb_iter_next(at)) {
    size_t key_length, length;
    const char *key = rocksdb_iter_key(at, &key_length);
    if (peer_is_meta(key_length)) continue;
    const char *value = rocksdb_iter_value(at, &length);
    code = fn(user, key, (uint32_t)key_length, value, (uint32_t)length);
    visited++;
  }
  char *text = NULL;
  rocksdb_iter_get_error(at, &text);
  int failed = lsm_status(text);
  rocksdb_iter_destroy(at);
  return code ? code : failed;
}

// As LevelDB's: writes the memtable out and merges every level into the last; it waits for that.
static int rocks_compact(struct peer_db *db) {
  char *text = NULL;
  rocksdb_flush(db->db, db->flush, &text);
  int code = lsm_status(text);
  if (!code) rocksdb_compact_range(db->db, NULL, 0, NULL, 0);
  return code;
}

// Flushes and compactions that run or are due. A store that is open for reading only does none, though one may stay
// due.
static int rocks_busy(struct peer_db *db) {
  static const char *const properties[] = {"rocksdb.mem-table-flush-pending", "rocksdb.num-running-flushes",
                                           "rocksdb.compaction-pending", "rocksdb.num-running-compactions"};
  if (db->read_only) return 0;
  for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++) {
    uint64_t value;
    if (rocksdb_property_int(db->db, properties[i], &value)) return -EOPNOTSUPP;
    if (value) return 1;
  }
  return 0;
}

static int rocks_drain(struct peer_db *db) {
  int code = lsm_drain(db, rocks_busy);
  return code ? code : rocksdb_options_get_allow_mmap_reads(db->options) != 0;
}

static int rocks_stat(struct peer_db *db, struct store_stat *stat) {
  (void)db;
  stat->records = stat->capacity = STAT_UNKNOWN;
  return 0;
}

static int rocks_settings(struct peer_db *db, setting_fn tell, void *user) {
  int compression = rocksdb_options_get_compression(db->options);
  int code = peer_tell(tell, user, "compression", "%s", compression == rocksdb_no_compression ? "none" : "some");
  if (!code) code = peer_tell(tell, user, "block cache", "%zu bytes", rocksdb_cache_get_capacity(db->cache));
  if (!code) code = peer_tell(tell, user, "memtable", "%zu bytes", rocksdb_options_get_write_buffer_size(db->options));
  if (!code) code = peer_tell(tell, user, "filter", "bloom, %d bits a key", LSM_BLOOM_BITS);
  if (!code)
    code = peer_tell(tell, user, "tables", "read %s",
                     rocksdb_options_get_allow_mmap_reads(db->options) ? "through maps" : "by pread");
  if (!code) code = peer_tell(tell, user, "log", "%s", db->log ? "written" : "none");
  if (!code) code = peer_tell(tell, user, "background work", "%s", lsm_work(rocks_busy(db), "under way"));
  return code;
}

const struct peer peer = {
    .folder = true,
    .open = rocks_open,
    .close = rocks_close,
    .read = rocks_read,
    .commit = rocks_commit,
    .scan = rocks_scan,
    .sync = rocks_sync,
    .compact = rocks_compact,
    .drain = rocks_drain,
    .settings = rocks_settings,
    .stat = rocks_stat,
};

static const char *rocks_durability(const struct store_config *config) {
  // Whatever the policy: those that sync are refused, and a report names them all the same.
  if (!config->options.values[OPTION_WAL]) return "no log: a kill, too, loses all that is still in the memtable";
  switch (config->sync.kind) {
    case SYNC_NONE:
      return "sync=0: the log is written, not synced";
    case SYNC_ASYNC:
      return "sync=0 and wal_bytes_per_sync=64K: sync_file_range of the log, without waiting";
    case SYNC_EVERY:
      return "sync=0, and FlushWAL(sync) after every N puts";
    case SYNC_INTERVAL:
      return "sync=0, and FlushWAL(sync) on a timer";
    default:
      return "sync=1: fsync of the log, once a batch";
  }
}

PEER_PLUGIN(.name = "rocksdb", .label = "RocksDB",
            .summary = "RocksDB: a log-structured merge tree, by pread and write()",
            .caps = CAP_SCAN_ORDERED | CAP_PROCESSES | CAP_PERSISTENT, .options = options,
            .durability = rocks_durability)
