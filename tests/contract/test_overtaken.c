// SPDX-License-Identifier: MIT
// Contract: commits that come to pass while a reader begins. Of LMDB, whose reader has two steps for that.
#include <dlfcn.h>
#include <errno.h>

#include "tests/contract/contract.h"

enum { LENGTH = 64 };

// Takes the place of the library's own function, since programs come before libraries where a plug-in looks for a name
// (ENABLE_EXPORTS). Commits go between the two steps as seen from outside: the number of the reader's transaction is
// from before them, and they are in the map before anything is read.
static struct {
  struct access *writer;
  uint64_t commits, version;  // to be made at the next beginning; the last that was made
  unsigned beginnings;
  int code;
} between;

int mdb_txn_renew(void *txn);
int mdb_txn_renew(void *txn) {
  void *library = dlopen("liblmdb.so.0", RTLD_NOW | RTLD_NOLOAD);
  int (*renew)(void *) = library ? (int (*)(void *))dlsym(library, "mdb_txn_renew") : NULL;
  if (!renew) return ENOSYS;
  int code = renew(txn);
  dlclose(library);
  between.beginnings++;
  for (; between.commits && !between.code; between.commits--)
    between.code = access_put(between.writer, 1, ++between.version, LENGTH);
  return code;
}

// A record is there, and the reader that begins next is overtaken by so many commits.
static void open_overtaken(struct fixture *f, struct access *writer, uint64_t commits) {
  fixture_open(f);
  assert_code(access_open(writer, f->engine, f->store), 0);
  assert_code(access_put(writer, 1, 1, LENGTH), 0);
  between.writer = writer;
  between.version = 1;
  between.commits = commits;
  between.beginnings = 0;
}

static void close_overtaken(struct fixture *f, struct access *writer, unsigned beginnings) {
  assert_code(between.code, 0);
  assert_int_equal(between.beginnings, beginnings);
  assert_code(access_expect(&f->access, 1, between.version, LENGTH), 0);
  assert_code(access_close(writer), 0);
  fixture_close(f);
}

static void overtake(struct fixture *f, uint64_t commits, uint64_t expected, unsigned beginnings) {
  struct access writer;
  uint64_t version;
  open_overtaken(f, &writer, commits);
  assert_code(access_get(&f->access, 1, &version), 0);
  assert_int_equal(version, expected);
  assert_int_equal(between.version, 1 + commits);
  close_overtaken(f, &writer, beginnings);
}

// The reader's root is still there: it reads as of before.
static void by_one(struct fixture *f) { overtake(f, 1, 1, 1); }

// The second commit's root has taken its place.
static void by_two(struct fixture *f) { overtake(f, 2, 3, 2); }

static int take(void *user, const void *key, uint32_t key_length, const void *value, uint32_t value_length) {
  uint64_t *version = user;
  return record_value_of(record_id(key, key_length), value, value_length, version) ? 0 : -EILSEQ;
}

static void scan_by_two(struct fixture *f) {
  struct access writer;
  uint64_t version = 0;
  open_overtaken(f, &writer, 2);
  assert_code(f->engine->scan(f->access.session, NULL, 0, 0, take, &version), 0);
  assert_int_equal(version, 3);
  close_overtaken(f, &writer, 2);
}

int main(int argc, char **argv) {
  static const char *const specs[] = {"lmdb", "lmdb:writemap=on", NULL};
  static const struct contract_case cases[] = {
      {"a reader that one commit overtakes", by_one, 0, 0, specs},
      {"a reader that two commits overtake", by_two, 0, 0, specs},
      {"a scan that two commits overtake", scan_by_two, 0, 0, specs},
  };
  return contract_main("overtaken", cases, sizeof cases / sizeof cases[0], argc, argv);
}
