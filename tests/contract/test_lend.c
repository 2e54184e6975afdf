// SPDX-License-Identifier: MIT
// Contract: a lent pointer stays valid and its bytes unchanged until the session's next call, whatever others do.
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "tests/contract/contract.h"

enum { LENT = 16, LENGTH = 64 };

static const char *const lending_specs[] = {"mmap",
                                            "mmap:write=pwrite",
                                            "mmap:grow=mremap",
                                            "mmap:grow=remap",
                                            "mmap:lookup=linear",
                                            "mmap:verify=on",
                                            "mmap:fill_write=64K",
                                            NULL};

struct lent {
  struct op ops[LENT];
  char keys[LENT][KEY_LENGTH_MAX];
};

static int lend(struct access *access, struct lent *lent) {
  for (uint64_t i = 0; i < LENT; i++) {
    lent->ops[i] = (struct op){.kind = OP_PEEK, .key = lent->keys[i], .key_length = record_key(i, lent->keys[i])};
  }
  int code = session_run(access->engine, access->session, lent->ops, LENT);
  for (size_t i = 0; !code && i < LENT; i++) code = lent->ops[i].status;
  return code;
}

static bool unchanged(const struct lent *lent, uint64_t version) {
  for (uint64_t i = 0; i < LENT; i++) {
    if (lent->ops[i].value_length != LENGTH || !record_value_is(i, version, lent->ops[i].value, LENGTH)) return false;
  }
  return true;
}

// Changes what is lent in every way, many times over, so that freed slots come round again.
struct changer {
  struct fixture *fixture;
  uint64_t rounds;
  _Atomic int code;
  atomic_bool finished;
};

static int change_once(struct access *access, uint64_t round) {
  int code = 0;
  for (uint64_t id = 0; !code && id < LENT; id++) {
    code = id % 3 ? access_put(access, id, round, LENGTH) : access_delete(access, id);
    if (!code && id % 3 == 0) code = access_put(access, id, round, LENGTH);
  }
  return code;
}

static void *change(void *argument) {
  struct changer *changer = argument;
  struct access access;
  int code = access_open(&access, changer->fixture->engine, changer->fixture->store);
  if (!code) {
    for (uint64_t round = 2; !code && round < 2 + changer->rounds; round++) code = change_once(&access, round);
    int closed = access_close(&access);
    if (!code) code = closed;
  }
  changer->code = code;
  changer->finished = true;
  return NULL;
}

static void unchanged_by_others(struct fixture *f) {
  struct changer changer = {.fixture = f, .rounds = f->config.sync.kind == SYNC_ALWAYS ? 20 : 200};
  struct lent lent = {0};
  pthread_t thread;
  bool good = true;
  // Room for all the changes: a store may hold growth up while pointers are lent.
  f->config.capacity_hint = 20000;
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, LENT, 1, LENGTH), 0);
  assert_code(lend(&f->access, &lent), 0);
  assert_int_equal(pthread_create(&thread, NULL, change, &changer), 0);
  while (good && !changer.finished) good = unchanged(&lent, 1);
  good = good && unchanged(&lent, 1);
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_code(changer.code, 0);
  assert_true(good);
  uint64_t at;
  assert_code(access_expect_all(&f->access, 0, LENT, changer.rounds + 1, LENGTH, &at), 0);
  fixture_close(f);
}

static void unchanged_by_others_always(struct fixture *f) {
  f->config.sync = (struct sync_policy){SYNC_ALWAYS, 0};
  unchanged_by_others(f);
}

// Lends and gives back again and again while another thread makes slots turn over.
static void lent_again_and_again(struct fixture *f) {
  struct changer changer = {.fixture = f, .rounds = fixture_count(f, SCALED(2000, 400))};
  struct access access;
  struct lent lent = {0};
  pthread_t thread;
  uint64_t looks = 0;
  int code = 0;
  f->config.capacity_hint = 100;
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, LENT, 1, LENGTH), 0);
  access = f->access;
  assert_int_equal(pthread_create(&thread, NULL, change, &changer), 0);
  while (!code && (!changer.finished || !looks)) {
    code = lend(&access, &lent);
    if (code == -ENOENT) {  // between a delete and its put
      code = 0;
      continue;
    }
    uint64_t versions[LENT];
    for (uint64_t i = 0; !code && i < LENT; i++) {
      if (!record_value_of(i, lent.ops[i].value, lent.ops[i].value_length, &versions[i])) code = -EILSEQ;
    }
    usleep(100);
    for (uint64_t i = 0; !code && i < LENT; i++) {
      if (!record_value_is(i, versions[i], lent.ops[i].value, LENGTH)) code = -EILSEQ;
    }
    looks++;
  }
  // The last pointers must not hold the writer up once this thread stops looking.
  uint64_t version;
  int given_back = access_get(&access, 1, &version);
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_code(code, 0);
  assert_code(given_back, 0);
  assert_code(changer.code, 0);
  fixture_close(f);
}

struct compactor {
  struct fixture *fixture;
  struct error error;
  _Atomic int code;
};

static void *compact(void *argument) {
  struct compactor *compactor = argument;
  compactor->code = compactor->fixture->engine->compact(compactor->fixture->store, &compactor->error);
  return NULL;
}

static void compact_waits(struct fixture *f) {
  struct compactor compactor = {.fixture = f};
  struct lent lent = {0};
  pthread_t thread;
  bool good = true;
  uint64_t at;
  fixture_open(f);
  // What is lent stands at the end of the file, where compaction cuts.
  assert_code(access_fill(&f->access, 1000, 300, 1, LENGTH), 0);
  assert_code(access_fill(&f->access, 0, LENT, 1, LENGTH), 0);
  for (uint64_t id = 1000; id < 1300; id++) assert_code(access_delete(&f->access, id), 0);
  assert_code(lend(&f->access, &lent), 0);
  assert_int_equal(pthread_create(&thread, NULL, compact, &compactor), 0);
  for (int look = 0; good && look < 20; look++) {
    usleep(1000);
    good = unchanged(&lent, 1);
  }
  int code = access_expect_all(&f->access, 0, LENT, 1, LENGTH, &at);
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_true(good);
  assert_code(code, 0);
  assert_done(compactor.code, &compactor.error);
  assert_code(access_expect_all(&f->access, 0, LENT, 1, LENGTH, &at), 0);
  fixture_close(f);
}

// Two sessions of one thread: the second one's writes are not the first one's next call.
static void two_sessions_of_one_thread(struct fixture *f) {
  struct access other;
  struct lent lent = {0};
  f->config.capacity_hint = 5000;
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, LENT, 1, LENGTH), 0);
  assert_code(access_open(&other, f->engine, f->store), 0);
  assert_code(lend(&f->access, &lent), 0);
  for (uint64_t round = 2; round < 40; round++) {
    assert_code(change_once(&other, round), 0);
    assert_true(unchanged(&lent, 1));
  }
  assert_code(access_close(&other), 0);
  assert_true(unchanged(&lent, 1));
  fixture_close(f);
}

int main(int argc, char **argv) {
  static const uint32_t needs = CAP_PERSISTENT | CAP_LEND;
  const struct contract_case cases[] = {
      {"lent pointers unchanged by others", unchanged_by_others, needs, 0, lending_specs},
      {"lent pointers unchanged by others, always", unchanged_by_others_always, needs, 0, lending_specs},
      {"lent again and again", lent_again_and_again, needs, 0, lending_specs},
      {"compact waits for lent pointers", compact_waits, needs, 0, lending_specs},
      {"two sessions of one thread", two_sessions_of_one_thread, needs, 0, lending_specs},
  };
  return contract_main("lend", cases, sizeof cases / sizeof cases[0], argc, argv);
}
