// SPDX-License-Identifier: MIT
// What the two LSM trees have in common.
#include "engines/peers/lsm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool begins(const char *text, const char *words) { return strncmp(text, words, strlen(words)) == 0; }

static bool ends(const char *text, const char *words) {
  size_t length = strlen(text), end = strlen(words);
  return length >= end && strcmp(text + length - end, words) == 0;
}

// What comes after "IO error: ". Both end it with the system's words. RocksDB has those of a full device at its head as
// well, and adds its own after them. A lock that this process holds itself comes with words of neither kind, or with
// ENOLCK's.
static int io_code(const char *text) {
  static const int known[] = {ENOSPC, EDQUOT, EFBIG, EACCES, EPERM, EROFS, ENOENT, EMFILE, ENFILE, ENOMEM};
  if (begins(text, "lock ") || begins(text, "While lock file: ")) return -EWOULDBLOCK;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (ends(text, strerror(known[i])) || begins(text, strerror(known[i]))) return -known[i];
  return -EIO;
}

// Both begin with the kind of error. What follows holds paths and others' words, and is looked at only where the kind
// leaves the code open.
static int code_of(const char *text) {
  static const char io[] = "IO error: ", argument[] = "Invalid argument: ";
  static const struct {
    const char *kind;
    int code;
  } known[] = {{"Corruption: ", -EBADMSG}, {"Not implemented: ", -EOPNOTSUPP}, {"NotFound: ", -ENOENT}};
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    if (begins(text, known[i].kind)) return known[i].code;
  if (begins(text, argument)) return ends(text, ": does not exist (create_if_missing is false)") ? -ENOENT : -EINVAL;
  return begins(text, io) ? io_code(text + strlen(io)) : -EIO;
}

int lsm_status(char *text) {
  int code = text ? code_of(text) : 0;
  free(text);
  // An absent key comes without words: what is not found here is a file of the tree.
  return code == -ENOENT ? -EIO : code;
}

int lsm_open_status(char *text, const char *path, struct error *error) {
  if (!text) return 0;
  for (char *c = text; *c; c++)
    if (*c == '\n') *c = ' ';
  int code = error_set(error, code_of(text), "%s: %.300s", path, text);
  free(text);
  return code;
}

enum { DRAIN_PAUSE_US = 2000, DRAIN_TRIES = 30000 };

int lsm_drain(struct peer_db *db, int (*busy)(struct peer_db *db)) {
  for (int tries = 0; tries < DRAIN_TRIES; tries++) {
    int is = busy(db);
    if (is <= 0) return is;
    usleep(DRAIN_PAUSE_US);
  }
  return -ETIMEDOUT;
}

const char *lsm_work(int busy, const char *some) { return busy < 0 ? "not known" : busy ? some : "none left"; }

int lsm_earlier(struct op *const *ops, size_t index) {
  const struct op *op = ops[index];
  for (size_t i = index; i-- > 0;) {
    bool same = ops[i]->key_length == op->key_length && memcmp(ops[i]->key, op->key, op->key_length) == 0;
    if (same) return ops[i]->kind == OP_PUT;
  }
  return -1;
}
