// SPDX-License-Identifier: MIT
// What the peers share, over a made-up peer that can fail where real ones hardly do.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/peers/peer.h"
#include "tests/unit/temporary.h"

// The one record that it keeps is the store's own.
static struct {
  char meta[64];
  size_t length;
  bool full, sessions_fail, leaves_folder;
} made;

struct peer_session {
  int used;
};

static int made_open(const char *path, const struct store_config *config, struct peer_db **db, struct error *error) {
  char lock[640];
  (void)config, (void)error;
  snprintf(lock, sizeof lock, "%s-lock", path);
  *db = (struct peer_db *)&made;
  return made.leaves_folder && mkdir(lock, 0700) ? -errno : 0;
}

static int made_close(struct peer_db *db) {
  (void)db;
  return 0;
}

static int made_session_open(struct peer_db *db, struct peer_session **session) {
  (void)db;
  if (made.sessions_fail) return -ENOMEM;
  *session = calloc(1, sizeof **session);
  return *session ? 0 : -ENOMEM;
}

static void made_session_close(struct peer_session *session) { free(session); }

static int made_read(struct peer_db *db, struct peer_session *session, struct op *const *ops, size_t count) {
  (void)db;
  session->used++;
  for (size_t i = 0; i < count; i++)
    if (peer_is_meta(ops[i]->key_length))
      peer_answer(ops[i], made.meta, made.length);
    else
      ops[i]->status = -ENOENT;
  return 0;
}

static int made_commit(struct peer_db *db, struct op *const *ops, size_t count, bool durable) {
  (void)db, (void)durable;
  if (made.full) return PEER_GROW;
  for (size_t i = 0; i < count; i++) {
    ops[i]->status = 0;
    if (!peer_is_meta(ops[i]->key_length)) continue;
    made.length = ops[i]->value_length;
    memcpy(made.meta, ops[i]->value, made.length);
  }
  return 0;
}

static int made_grow(struct peer_db *db) {
  (void)db;
  made.full = false;
  return 0;
}

static int made_scan(struct peer_db *db, struct peer_session *session, const void *from, uint32_t from_length,
                     uint64_t limit, scan_fn fn, void *user) {
  (void)db, (void)from, (void)from_length, (void)limit, (void)fn, (void)user;
  session->used++;
  return 0;
}

static int made_sync(struct peer_db *db) {
  (void)db;
  return 0;
}

static int made_stat(struct peer_db *db, struct store_stat *stat) {
  (void)db, (void)stat;
  return 0;
}

const struct peer peer = {.open = made_open,
                          .close = made_close,
                          .session_open = made_session_open,
                          .session_close = made_session_close,
                          .read = made_read,
                          .commit = made_commit,
                          .grow = made_grow,
                          .scan = made_scan,
                          .sync = made_sync,
                          .stat = made_stat};

static int run(struct session *session, enum op_kind kind) {
  char value[16] = "value";
  struct op op = {.kind = kind, .key = "key", .key_length = 3, .value = value, .value_length = sizeof value};
  struct op *ops[] = {&op}, *done[1];
  assert_int_equal(peer_submit(session, ops, 1), 0);
  assert_int_equal(peer_reap(session, done, 1, 1), 1);
  return op.status;
}

static void name_store(char *path, size_t room) { snprintf(path, room, "%s/made.store", temporary_folder()); }

static void test_sessions_that_are_lost_fail_and_come_back(void **state) {
  (void)state;
  char path[600];
  struct store *store;
  struct session *writer, *reader;
  struct store_stat stat;
  struct error error = {0};
  name_store(path, sizeof path);
  const struct store_config config = {.create = true};
  if (peer_open(path, &config, &store, &error)) fail_msg("%s", error.text);
  assert_int_equal(peer_session_open(store, &writer, &error), 0);
  assert_int_equal(peer_session_open(store, &reader, &error), 0);
  assert_int_equal(run(reader, OP_GET), -ENOENT);
  made.full = made.sessions_fail = true;
  assert_int_equal(run(writer, OP_PUT), -ENOMEM);
  assert_int_equal(run(reader, OP_GET), -EIO);
  assert_int_equal(peer_scan(reader, NULL, 0, 0, NULL, NULL), -EIO);
  made.full = true;
  made.sessions_fail = false;
  assert_int_equal(run(writer, OP_PUT), 0);
  assert_int_equal(run(reader, OP_GET), -ENOENT);
  assert_int_equal(peer_scan(reader, NULL, 0, 0, NULL, NULL), 0);
  assert_int_equal(peer_stat(store, &stat), 0);
  assert_int_equal(stat.growths, 2);
  assert_int_equal(peer_session_close(writer), 0);
  assert_int_equal(peer_session_close(reader), 0);
  assert_int_equal(peer_close(store, &error), 0);
  assert_int_equal(unlink(path), 0);
}

// A folder where a lock file would be cannot be unlinked: neither one of before, nor one that the peer left.
static void test_what_cannot_be_removed_is_named(void **state) {
  (void)state;
  char path[600], lock[620], said[700];
  struct store *store;
  struct error error = {0};
  const struct store_config config = {.create = true};
  name_store(path, sizeof path);
  snprintf(lock, sizeof lock, "%s.new-lock", path);
  made.leaves_folder = true;
  assert_int_equal(peer_open(path, &config, &store, &error), -EISDIR);
  made.leaves_folder = false;
  snprintf(said, sizeof said, "%s.new: it or its lock file cannot be removed: Is a directory; remove both", path);
  assert_string_equal(error.text, said);
  assert_int_equal(unlink(path), 0);
  error.text[0] = 0;
  assert_int_equal(peer_open(path, &config, &store, &error), -EISDIR);
  assert_string_equal(error.text, said);
  assert_int_equal(rmdir(lock), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sessions_that_are_lost_fail_and_come_back),
      cmocka_unit_test(test_what_cannot_be_removed_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
