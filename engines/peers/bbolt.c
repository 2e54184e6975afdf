// SPDX-License-Identifier: MIT
// bbolt: a B+tree in Go with copy-on-write pages, read through a map (MADV_RANDOM) and written with pwrite.
//
// This plug-in is in C, as the others are. What is in Go stands in a shared object of its own, which is loaded when a
// store is opened: Go starts threads when it is loaded, and they do not survive a fork. bbolt locks its file itself, so
// that a store is a folder with that file, and our lock is on the folder.
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engines/peers/bbolt/calls.h"

enum { OPTION_EMPTY_CALLS };

static const struct engine_option options[] = {
    [OPTION_EMPTY_CALLS] = {"empty_calls", OPTION_COUNT, NULL, "0", 0, 1000,
                            "calls into Go that do nothing, before each batch of gets: shows what one costs"},
    {.name = NULL},
};

enum { TEXT_ROOM = 256 };

struct peer_db {
  struct bbolt_calls call;
  uint64_t store;  // as the Go side knows it
  uint64_t empty_calls;
};

// ---- the Go side

// Of the files beside this plug-in: bbolt/libbbolt-go.so.
static int find_object(char *path, size_t room) {
  Dl_info here;
  const char *slash = dladdr((const void *)&peer, &here) && here.dli_fname ? strrchr(here.dli_fname, '/') : NULL;
  if (!slash) return -ENOENT;
  int length = (int)(slash - here.dli_fname);
  return snprintf(path, room, "%.*s/bbolt/libbbolt-go.so", length, here.dli_fname) < (int)room ? 0 : -ENAMETOOLONG;
}

// ISO C has no cast from an object's pointer to a function's, which is why each is copied.
static bool find_calls(void *object, struct bbolt_calls *calls) {
  const struct {
    const char *name;
    void *call;
  } known[] = {
      {"bbolt_open", &calls->open},       {"bbolt_close", &calls->close},     {"bbolt_read", &calls->read},
      {"bbolt_commit", &calls->commit},   {"bbolt_scan", &calls->scan},       {"bbolt_scan_end", &calls->scan_end},
      {"bbolt_sync", &calls->sync},       {"bbolt_compact", &calls->compact}, {"bbolt_describe", &calls->describe},
      {"bbolt_nothing", &calls->nothing}, {"bbolt_process", &calls->process},
  };
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    void *symbol = dlsym(object, known[i].name);
    if (!symbol) return false;
    memcpy(known[i].call, &symbol, sizeof symbol);
  }
  return true;
}

static bool bbolt_started(void) {
  char path[PATH_MAX];
  struct bbolt_calls calls;
  void *object = find_object(path, sizeof path) ? NULL : dlopen(path, RTLD_NOW | RTLD_NOLOAD);
  return object && find_calls(object, &calls) && calls.process() == getpid();
}

static int load_go(struct bbolt_calls *calls, struct error *error) {
  char path[PATH_MAX];
  int code = find_object(path, sizeof path);
  if (code) {
    error_set(error, code, "bbolt/libbbolt-go.so: cannot be found: %s", strerror(-code));
    return code;
  }
  void *object = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
  // Go takes the place of the handler for SIGBUS, and hands on to the one before what is not its own.
  if (!object) object = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!object) {
    error_set(error, -ENOEXEC, "it cannot be loaded: %.200s", dlerror());
    return -ENOEXEC;
  }
  if (!find_calls(object, calls)) {
    error_set(error, -ENOEXEC, "%s: it lacks functions; build it again", path);
    return -ENOEXEC;
  }
  if (calls->process() == getpid()) {
    calls->nothing();  // returns when Go runs
    return 0;
  }
  error_set(error, -EOPNOTSUPP,
            "bbolt: Go runs in the process that this one was forked off, and a fork leaves it behind");
  return -EOPNOTSUPP;
}

// ---- the store

// As much room as LMDB's map gets: one that is large enough need not be made anew, which waits for all readers.
static uint64_t map_bytes_for(const struct store_config *config) {
  uint64_t record = config->record_size ? config->record_size : RECORD_SIZE_DEFAULT;
  return config->capacity_hint * (record + (record > 2048 ? 4096 : 32)) * 3;
}

static int bbolt_open(const char *path, const struct store_config *config, struct peer_db **db, struct error *error) {
  char file[PATH_MAX], text[TEXT_ROOM] = "";
  if (snprintf(file, sizeof file, "%s/bbolt.db", path) >= (int)sizeof file)
    return error_set(error, -ENAMETOOLONG, "%.100s...: the path is too long", path);
  struct peer_db *opened = calloc(1, sizeof *opened);
  if (!opened) return error_set(error, -ENOMEM, "no memory for a store");
  struct bbolt_settings settings = {.path = file,
                                    .map_bytes = map_bytes_for(config),
                                    .create = config->create,
                                    .read_only = config->read_only,
                                    .no_sync = config->sync.kind != SYNC_ALWAYS,
                                    .no_grow_sync = config->sync.kind == SYNC_NONE || config->sync.kind == SYNC_ASYNC};
  opened->empty_calls = config->options.values[OPTION_EMPTY_CALLS];
  int code = load_go(&opened->call, error);
  if (!code) {
    code = opened->call.open(&settings, &opened->store, text, sizeof text);
    if (code) error_set(error, code, "%s: bbolt: %s", path, *text ? text : strerror(-code));
  }
  if (code)
    free(opened);
  else
    *db = opened;
  return code;
}

static int bbolt_close(struct peer_db *db) {
  int code = db->call.close(db->store);
  free(db);
  return code;
}

// ---- sessions: the buffer that a scan needs

struct peer_session {
  unsigned char buffer[BBOLT_SCAN_ROOM];  // only what scans use of it takes memory
};

static int bbolt_session_open(struct peer_db *db, struct peer_session **session) {
  (void)db;
  *session = malloc(sizeof **session);
  return *session ? 0 : -ENOMEM;
}

static void bbolt_session_close(struct peer_session *session) { free(session); }

static int bbolt_read(struct peer_db *db, struct peer_session *session, struct op *const *ops, size_t count) {
  (void)session;
  for (uint64_t i = 0; i < db->empty_calls; i++) db->call.nothing();
  return db->call.read(db->store, ops, count);
}

static int bbolt_commit(struct peer_db *db, struct op *const *ops, size_t count, bool durable) {
  (void)durable;  // the store was opened so
  return db->call.commit(db->store, ops, count);
}

// Of one stretch.
static int visit(const struct bbolt_scan *scan, scan_fn fn, void *user) {
  const unsigned char *at = scan->buffer;
  int code = 0;
  for (uint64_t i = 0; i < scan->count && !code; i++) {
    struct bbolt_entry head;
    memcpy(&head, at, sizeof head);
    const unsigned char *key = at + sizeof head, *value = key + head.key_length;
    code = fn(user, key, head.key_length, value, head.value_length);
    at = value + head.value_length;
  }
  return code;
}

static int bbolt_scan(struct peer_db *db, struct peer_session *session, const void *from, uint32_t from_length,
                      uint64_t limit, scan_fn fn, void *user) {
  struct bbolt_scan scan = {.from = from,
                            .from_length = from_length,
                            .limit = limit,
                            .buffer = session->buffer,
                            .room = sizeof session->buffer};
  int code;
  do {
    code = db->call.scan(db->store, &scan);
    if (!code) code = visit(&scan, fn, user);
    if (limit) scan.limit -= scan.count;
  } while (!code && scan.walk);
  if (scan.walk) db->call.scan_end(scan.walk);
  return code;
}

static int bbolt_sync(struct peer_db *db) { return db->call.sync(db->store); }

static int bbolt_compact(struct peer_db *db) { return db->call.compact(db->store); }

// It counts records by walking the tree, as a scan does.
static int bbolt_stat(struct peer_db *db, struct store_stat *stat) {
  (void)db;
  stat->records = stat->capacity = STAT_UNKNOWN;
  return 0;
}

static int bbolt_settings(struct peer_db *db, setting_fn tell, void *user) {
  char text[TEXT_ROOM];
  int code = db->call.describe(text, sizeof text);
  return code ? code : peer_tell(tell, user, "runtime", "%s", text);
}

const struct peer peer = {
    .folder = true,
    .started = bbolt_started,
    .open = bbolt_open,
    .close = bbolt_close,
    .session_open = bbolt_session_open,
    .session_close = bbolt_session_close,
    .read = bbolt_read,
    .commit = bbolt_commit,
    .scan = bbolt_scan,
    .sync = bbolt_sync,
    .compact = bbolt_compact,
    .settings = bbolt_settings,
    .stat = bbolt_stat,
};

#define TORN "; between syncs a power loss may leave the file unreadable"

static const char *bbolt_durability(const struct store_config *config) {
  switch (config->sync.kind) {
    case SYNC_NONE:
      return "NoSync and NoGrowSync: nothing is synced; a power loss may leave the file unreadable";
    case SYNC_ASYNC:
      return "as none: bbolt has no way to ask for write-back; a power loss may leave the file unreadable";
    case SYNC_EVERY:
      return "NoSync, and db.Sync (fdatasync) after every N puts" TORN;
    case SYNC_INTERVAL:
      return "NoSync, and db.Sync (fdatasync) on a timer" TORN;
    default:
      return "one Update a batch: fdatasync of the data, then of the page that commits it";
  }
}

PEER_PLUGIN(.name = "bbolt", .label = "bbolt",
            .summary = "bbolt: a copy-on-write B+tree in Go, read through a map and written with pwrite",
            .caps = CAP_SCAN_ORDERED | CAP_PROCESSES | CAP_PERSISTENT, .options = options,
            .durability = bbolt_durability)
