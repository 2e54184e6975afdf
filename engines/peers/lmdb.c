// SPDX-License-Identifier: MIT
// LMDB: a B+tree with copy-on-write pages in a map that it reads through; by default it writes with pwrite.
//
// One write transaction a batch, one read transaction a batch of gets. MDB_NOTLS ties a read transaction to our session
// instead of to its thread, so that it can be made anew when the store is replaced or grows.
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engines/peers/peer.h"

enum { OPTION_APPEND, OPTION_WRITEMAP, OPTION_READAHEAD };

static const struct engine_option options[] = {
    [OPTION_APPEND] = {"append", OPTION_BOOL, NULL, "off", 0, 0,
                       "MDB_APPEND for keys beyond the last: bulk load in key order; others are put as ever"},
    [OPTION_WRITEMAP] = {"writemap", OPTION_BOOL, NULL, "off", 0, 0,
                         "MDB_WRITEMAP: stores into the map; the file is as large as the map"},
    [OPTION_READAHEAD] = {"readahead", OPTION_BOOL, NULL, "on", 0, 0, "off: MDB_NORDAHEAD"},
    {.name = NULL},
};

static const uint64_t map_min = 64u << 20, map_step_max = 1u << 30;
enum { READERS_MAX = 512 };

struct peer_db {
  MDB_env *env;
  MDB_dbi dbi;
  uint64_t map_bytes;
  bool append;
};

struct peer_session {
  MDB_txn *txn;  // reset between reads
};

// LMDB's own codes are negative, others are errno's.
static int to_errno(int code) {
  switch (code) {
    case MDB_SUCCESS:
      return 0;
    case MDB_NOTFOUND:
      return -ENOENT;
    case MDB_MAP_FULL:
      return PEER_GROW;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_PANIC:
      return -EIO;
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
      return -EINVAL;
    case MDB_READERS_FULL:
      return -EMFILE;
    default:
      return code > 0 ? -code : -EIO;
  }
}

// A record takes its bytes, a node's header and its share of a page that is two thirds full; twice that, since pages of
// older transactions are free only when nobody reads them.
static uint64_t map_bytes_for(const struct store_config *config) {
  uint64_t record = config->record_size ? config->record_size : RECORD_SIZE_DEFAULT;
  uint64_t bytes = config->capacity_hint * (record + (record > 2048 ? 4096 : 32)) * 3;
  return (bytes > map_min ? bytes : map_min) / map_min * map_min;
}

static int open_dbi(struct peer_db *db, bool read_only) {
  MDB_txn *txn;
  int code = mdb_txn_begin(db->env, NULL, read_only ? MDB_RDONLY : 0, &txn);
  if (code) return code;
  code = mdb_dbi_open(txn, NULL, 0, &db->dbi);
  if (!code) return mdb_txn_commit(txn);
  mdb_txn_abort(txn);
  return code;
}

static int lmdb_open(const char *path, const struct store_config *config, struct peer_db **db, struct error *error) {
  const uint64_t *values = config->options.values;
  unsigned flags = MDB_NOSUBDIR | MDB_NOTLS;
  if (config->read_only) flags |= MDB_RDONLY;
  if (config->sync.kind != SYNC_ALWAYS) flags |= MDB_NOSYNC;
  if (values[OPTION_WRITEMAP]) flags |= MDB_WRITEMAP;
  if (!values[OPTION_READAHEAD]) flags |= MDB_NORDAHEAD;
  struct peer_db *opened = calloc(1, sizeof *opened);
  if (!opened) return error_set(error, -ENOMEM, "no memory for a store");
  opened->append = values[OPTION_APPEND];
  opened->map_bytes = map_bytes_for(config);
  int code = mdb_env_create(&opened->env);
  if (!code) code = mdb_env_set_maxreaders(opened->env, READERS_MAX);
  // At least as large as the file: LMDB sees to that.
  if (!code) code = mdb_env_set_mapsize(opened->env, opened->map_bytes);
  if (!code) code = mdb_env_open(opened->env, path, flags, 0600);
  if (!code) code = open_dbi(opened, config->read_only);
  MDB_envinfo info;
  if (!code) code = mdb_env_info(opened->env, &info);
  if (!code) {
    opened->map_bytes = info.me_mapsize;
    *db = opened;
    return 0;
  }
  if (opened->env) mdb_env_close(opened->env);
  free(opened);
  return error_set(error, to_errno(code), "%s: LMDB: %s", path, mdb_strerror(code));
}

static int lmdb_close(struct peer_db *db) {
  mdb_env_close(db->env);
  free(db);
  return 0;
}

static int lmdb_session_open(struct peer_db *db, struct peer_session **session) {
  struct peer_session *opened = malloc(sizeof *opened);
  if (!opened) return -ENOMEM;
  int code = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &opened->txn);
  if (code) {
    free(opened);
    return to_errno(code);
  }
  mdb_txn_reset(opened->txn);
  *session = opened;
  return 0;
}

static void lmdb_session_close(struct peer_session *session) {
  mdb_txn_abort(session->txn);
  free(session);
}

// A reader takes the number of the last transaction first and the root that belongs to it after that; of roots there
// are two, by turns (mdb.c of 0.9.24: mdb_txn_renew0, mdb_env_write_meta). Two commits between those steps, of a reader
// that has lost its processor, put their root in its place. It is whole, but of a commit that may still be syncing, and
// the next reader gets the one before it: what was read goes back. So the newest number in the map is looked at
// afterwards. A number is written behind its root: that nothing is seen of a root that is just being written rests on
// those few bytes.
static int begin_read(const struct peer_db *db, MDB_txn *txn) {
  for (;;) {
    MDB_envinfo info;
    int code = mdb_txn_renew(txn);
    if (code) return to_errno(code);
    code = mdb_env_info(db->env, &info);
    if (!code && info.me_last_txnid < mdb_txn_id(txn) + 2) return 0;
    mdb_txn_reset(txn);
    if (code) return to_errno(code);
  }
}

static int lmdb_read(struct peer_db *db, struct peer_session *session, struct op *const *ops, size_t count) {
  int code = begin_read(db, session->txn);
  if (code) return code;
  for (size_t i = 0; i < count; i++) {
    struct op *op = ops[i];
    MDB_val key = {op->key_length, (void *)op->key}, value;
    code = mdb_get(session->txn, db->dbi, &key, &value);
    if (code)
      op->status = to_errno(code);
    else
      peer_answer(op, value.mv_data, value.mv_size);
  }
  mdb_txn_reset(session->txn);
  return 0;
}

static int put(const struct peer_db *db, MDB_txn *txn, const struct op *op) {
  MDB_val key = {op->key_length, (void *)op->key}, value = {op->value_length, op->value};
  // Of a key that is not beyond the last, MDB_APPEND says MDB_KEYEXIST and changes nothing.
  int code = db->append ? mdb_put(txn, db->dbi, &key, &value, MDB_APPEND) : MDB_KEYEXIST;
  return code == MDB_KEYEXIST ? mdb_put(txn, db->dbi, &key, &value, 0) : code;
}

static int lmdb_commit(struct peer_db *db, struct op *const *ops, size_t count, bool durable) {
  MDB_txn *txn;
  (void)durable;  // the environment was opened so
  int code = mdb_txn_begin(db->env, NULL, 0, &txn);
  if (code) return to_errno(code);
  for (size_t i = 0; i < count && !code; i++) {
    struct op *op = ops[i];
    MDB_val key = {op->key_length, (void *)op->key};
    code = op->kind == OP_PUT ? put(db, txn, op) : mdb_del(txn, db->dbi, &key, NULL);
    op->status = code == MDB_NOTFOUND ? -ENOENT : 0;
    if (code == MDB_NOTFOUND) code = 0;
  }
  if (!code) return to_errno(mdb_txn_commit(txn));
  mdb_txn_abort(txn);
  return to_errno(code);
}

static int lmdb_grow(struct peer_db *db) {
  uint64_t more = db->map_bytes < map_step_max ? db->map_bytes : map_step_max;
  int code = mdb_env_set_mapsize(db->env, db->map_bytes + more);
  if (!code) db->map_bytes += more;
  return to_errno(code);
}

static int visit_all(MDB_cursor *cursor, MDB_val *key, MDB_cursor_op first, uint64_t limit, scan_fn fn, void *user) {
  MDB_val value;
  uint64_t visited = 0;
  int code = mdb_cursor_get(cursor, key, &value, first);
  for (; !code && (!limit || visited < limit); code = mdb_cursor_get(cursor, key, &value, MDB_NEXT)) {
    if (peer_is_meta(key->mv_size)) continue;
    int result = fn(user, key->mv_data, (uint32_t)key->mv_size, value.mv_data, (uint32_t)value.mv_size);
    if (result) return result;
    visited++;
  }
  return code == MDB_NOTFOUND ? 0 : to_errno(code);
}

static int lmdb_scan(struct peer_db *db, struct peer_session *session, const void *from, uint32_t from_length,
                     uint64_t limit, scan_fn fn, void *user) {
  MDB_cursor *cursor;
  MDB_val key = {from_length, (void *)from};
  int code = begin_read(db, session->txn);
  if (code) return code;
  code = to_errno(mdb_cursor_open(session->txn, db->dbi, &cursor));
  if (!code) {
    code = visit_all(cursor, &key, from ? MDB_SET_RANGE : MDB_FIRST, limit, fn, user);
    mdb_cursor_close(cursor);
  }
  mdb_txn_reset(session->txn);
  return code;
}

static int lmdb_sync(struct peer_db *db) { return to_errno(mdb_env_sync(db->env, 1)); }

static int lmdb_start_writeback(struct peer_db *db) {
  int fd;
  int code = to_errno(mdb_env_get_fd(db->env, &fd));
  if (code) return code;
  return sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE) ? -errno : 0;
}

static int lmdb_rewrite(struct peer_db *db, const char *path) {
  int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return -errno;
  int code = to_errno(mdb_env_copyfd2(db->env, fd, MDB_CP_COMPACT));
  if (!code && fsync(fd)) code = -errno;
  close(fd);
  return code;
}

static int lmdb_stat(struct peer_db *db, struct store_stat *stat) {
  MDB_stat tree;
  MDB_envinfo info;
  int code = mdb_env_stat(db->env, &tree);
  if (!code) code = mdb_env_info(db->env, &info);
  if (code) return to_errno(code);
  uint64_t used = (info.me_last_pgno + 1) * tree.ms_psize;
  stat->records = tree.ms_entries ? tree.ms_entries - 1 : 0;
  stat->capacity = stat->records + (db->map_bytes > used ? (db->map_bytes - used) / stat->record_size : 0);
  return 0;
}

static int lmdb_settings(struct peer_db *db, setting_fn tell, void *user) {
  static const struct {
    unsigned flag;
    const char *name;
  } names[] = {{MDB_NOSYNC, " MDB_NOSYNC"}, {MDB_WRITEMAP, " MDB_WRITEMAP"}, {MDB_NORDAHEAD, " MDB_NORDAHEAD"}};
  MDB_envinfo info;
  MDB_stat tree;
  unsigned flags;
  char text[64] = "";
  int code = mdb_env_get_flags(db->env, &flags);
  if (!code) code = mdb_env_info(db->env, &info);
  if (!code) code = mdb_env_stat(db->env, &tree);
  if (code) return to_errno(code);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (flags & names[i].flag) strcat(text, names[i].name);
  code = peer_tell(tell, user, "flags", "%s", *text ? text + 1 : "none");
  if (!code) code = peer_tell(tell, user, "map", "%zu bytes", info.me_mapsize);
  return code ? code : peer_tell(tell, user, "page", "%u bytes", tree.ms_psize);
}

const struct peer peer = {
    .open = lmdb_open,
    .close = lmdb_close,
    .session_open = lmdb_session_open,
    .session_close = lmdb_session_close,
    .read = lmdb_read,
    .commit = lmdb_commit,
    .grow = lmdb_grow,
    .scan = lmdb_scan,
    .sync = lmdb_sync,
    .start_writeback = lmdb_start_writeback,
    .rewrite = lmdb_rewrite,
    .settings = lmdb_settings,
    .stat = lmdb_stat,
};

#define TORN "; between syncs a power loss may leave the file unreadable"

static const char *lmdb_durability(const struct store_config *config) {
  bool map = config->options.values[OPTION_WRITEMAP];
  switch (config->sync.kind) {
    case SYNC_NONE:
      return "MDB_NOSYNC: nothing is synced; a power loss may leave the file unreadable";
    case SYNC_ASYNC:
      return "MDB_NOSYNC, then sync_file_range without waiting; a power loss may leave the file unreadable";
    case SYNC_EVERY:
      return map ? "MDB_NOSYNC, and mdb_env_sync (msync) after every N puts" TORN
                 : "MDB_NOSYNC, and mdb_env_sync (fdatasync) after every N puts" TORN;
    case SYNC_INTERVAL:
      return map ? "MDB_NOSYNC, and mdb_env_sync (msync) on a timer" TORN
                 : "MDB_NOSYNC, and mdb_env_sync (fdatasync) on a timer" TORN;
    default:
      return map ? "one transaction a batch: msync of the data, then of the page that commits it"
                 : "one transaction a batch: fdatasync of the data, then the page that commits it by O_DSYNC";
  }
}

PEER_PLUGIN(.name = "lmdb", .label = "LMDB",
            .summary = "LMDB: a copy-on-write B+tree, read through a map and written with pwrite",
            .caps = CAP_SCAN_ORDERED | CAP_PROCESSES | CAP_PERSISTENT, .options = options,
            .durability = lmdb_durability)
