// SPDX-License-Identifier: MIT
// Operations on a peer's store: checked, sorted into reads and writes, and finished inside submit.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engines/peers/internal.h"

enum { INITIAL_ROOM = 64 };

void peer_answer(struct op *op, const void *value, size_t length) {
  uint32_t room = op->value_length;
  op->value_length = (uint32_t)length;
  op->status = room < length ? -EMSGSIZE : 0;
  if (!op->status) memcpy(op->value, value, length);
}

int peer_session_open(struct store *store, struct session **session, struct error *error) {
  struct session *opened = calloc(1, sizeof *opened);
  if (!opened) return error_set(error, -ENOMEM, "no memory for a session");
  opened->store = store;
  pthread_mutex_init(&opened->lock, NULL);  // of the default kind: never fails
  pthread_mutex_lock(&store->sessions_lock);
  int code = store->db ? 0 : -EIO;
  if (!code && peer.session_open) code = peer.session_open(store->db, &opened->own);
  if (!code) {
    opened->next = store->sessions;
    store->sessions = opened;
  }
  pthread_mutex_unlock(&store->sessions_lock);
  if (code) {
    free(opened);
    return error_set(error, code, "a session cannot be opened: %s", strerror(-code));
  }
  *session = opened;
  return 0;
}

int peer_session_close(struct session *session) {
  struct store *store = session->store;
  pthread_mutex_lock(&store->sessions_lock);
  struct session **link = &store->sessions;
  while (*link != session) link = &(*link)->next;
  *link = session->next;
  if (session->own) peer.session_close(session->own);
  pthread_mutex_unlock(&store->sessions_lock);
  pthread_mutex_destroy(&session->lock);
  free(session->done);
  free(session->reads);
  free(session->writes);
  free(session);
  return 0;
}

static int widen(struct op ***array, size_t room) {
  struct op **wider = realloc(*array, room * sizeof(struct op *));
  if (!wider) return -ENOMEM;
  *array = wider;
  return 0;
}

static int reserve(struct session *session, size_t count) {
  if (session->taken == session->count) session->taken = session->count = 0;
  if (count <= session->room - session->count) return 0;
  size_t room = session->room ? session->room : INITIAL_ROOM;
  while (room - session->count < count) room *= 2;
  if (widen(&session->done, room) || widen(&session->reads, room) || widen(&session->writes, room)) return -ENOMEM;
  session->room = room;
  return 0;
}

static int check(const struct store *store, const struct op *op) {
  if (op->key_length == 0 || op->key_length > KEY_LENGTH_MAX) return -EINVAL;
  if (op->kind == OP_GET) return 0;
  if (op->kind != OP_PUT && op->kind != OP_DELETE) return -EOPNOTSUPP;  // no peer lends pointers
  if (store->config.read_only) return -EROFS;
  bool too_long = op->kind == OP_PUT && op->value_length > store->config.record_size - RECORD_OVERHEAD;
  return too_long ? -EMSGSIZE : 0;
}

// A session's own state can be missing after the store was changed as a whole: with_store_alone could not make it anew.
static bool can_read(const struct session *session) {
  return session->store->db && (session->own || !peer.session_open);
}

static void read_ops(struct session *session, struct op *const *ops, size_t count) {
  struct store *store = session->store;
  int code = can_read(session) ? peer.read(store->db, session->own, ops, count) : -EIO;
  for (size_t i = 0; code && i < count; i++) ops[i]->status = code;
}

int peer_submit(struct session *session, struct op *const *ops, size_t count) {
  size_t reads = 0, writes = 0;
  int code = reserve(session, count);
  if (code) return code;
  for (size_t i = 0; i < count; i++) {
    struct op *op = ops[i];
    op->status = check(session->store, op);
    session->done[session->count++] = op;
    if (op->status) continue;
    if (op->kind == OP_GET)
      session->reads[reads++] = op;
    else
      session->writes[writes++] = op;
  }
  pthread_mutex_lock(&session->lock);
  if (reads) read_ops(session, session->reads, reads);
  if (writes) write_ops(session, session->writes, writes);
  pthread_mutex_unlock(&session->lock);
  return 0;
}

int peer_reap(struct session *session, struct op **done, size_t max, size_t min) {
  (void)min;  // all that is outstanding is finished
  size_t ready = session->count - session->taken;
  if (ready > max) ready = max;
  if (ready) memcpy(done, session->done + session->taken, ready * sizeof(struct op *));
  session->taken += ready;
  return (int)ready;
}

int peer_scan(struct session *session, const void *from, uint32_t from_length, uint64_t limit, scan_fn fn, void *user) {
  struct store *store = session->store;
  pthread_mutex_lock(&session->lock);
  int code = can_read(session) ? peer.scan(store->db, session->own, from, from_length, limit, fn, user) : -EIO;
  pthread_mutex_unlock(&session->lock);
  return code;
}
