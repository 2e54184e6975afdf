// SPDX-License-Identifier: MIT
// Contract: engines that queue keep their window full, and show what is finished to who does not wait. The requests in
// flight stay near the depth: a rolling window, not waves that wait for their slowest.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/contract/contract.h"

enum { OPERATIONS = 4096, LENGTH = 64, DEPTH = 32 };

static const char *const queueing_specs[] = {"uring:depth=32:direct=on", "uring:depth=32:direct=on:fixed=on", NULL};

struct gets {
  struct op ops[OPERATIONS];
  struct op *order[OPERATIONS];
  char keys[OPERATIONS][KEY_LENGTH_MAX];
  unsigned char values[OPERATIONS][LENGTH];
};

// Spread over the file, so that neighbours do not share a block.
static uint64_t id_of(uint64_t i) { return i * 1597 % OPERATIONS; }

static struct gets *make_gets(void) {
  struct gets *gets = calloc(1, sizeof *gets);
  assert_non_null(gets);
  for (uint64_t i = 0; i < OPERATIONS; i++) {
    gets->ops[i] = (struct op){.kind = OP_GET,
                               .key = gets->keys[i],
                               .key_length = record_key(id_of(i), gets->keys[i]),
                               .value = gets->values[i],
                               .value_length = LENGTH};
    gets->order[i] = &gets->ops[i];
  }
  return gets;
}

// The counts of a session join the store's when it closes.
static void check_depth(struct fixture *f, struct gets *gets) {
  for (uint64_t i = 0; i < OPERATIONS; i++) {
    assert_code(gets->ops[i].status, 0);
    assert_true(record_value_is(id_of(i), 1, gets->values[i], LENGTH));
  }
  free(gets);
  assert_code(access_close(&f->access), 0);
  struct store_stat stat = fixture_stat(f);
  assert_int_equal(stat.queue_depth, DEPTH);
  assert_true(stat.in_flight_count >= OPERATIONS);
  assert_between(stat.in_flight_sum, stat.in_flight_count * DEPTH * 9 / 10, stat.in_flight_count * DEPTH);
  assert_code(access_open(&f->access, f->engine, f->store), 0);
  fixture_close(f);
}

static void fill(struct fixture *f) {
  f->config.record_size = 4096;
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, OPERATIONS, 1, LENGTH), 0);
  fixture_reopen(f);
}

static void one_large_submit(struct fixture *f) {
  fill(f);
  struct gets *gets = make_gets();
  assert_code(f->engine->submit(f->access.session, gets->order, OPERATIONS), 0);
  struct op *done[64];
  for (size_t reaped = 0; reaped < OPERATIONS;) {
    int count = f->engine->reap(f->access.session, done, 64, 1);
    assert_true(count > 0);
    reaped += (size_t)count;
  }
  check_depth(f, gets);
}

static int visit_none(void *user, const void *key, uint32_t key_length, const void *value, uint32_t length) {
  (void)user, (void)key, (void)key_length, (void)value, (void)length;
  return 0;
}

// As a client does that keeps `ahead` operations outstanding and submits as many as came back.
static void rolling_submits(struct fixture *f) {
  enum { AHEAD = 2 * DEPTH };
  fill(f);
  struct gets *gets = make_gets();
  struct op *done[AHEAD];
  size_t submitted = 0, reaped = 0;
  while (reaped < OPERATIONS) {
    size_t room = AHEAD - (submitted - reaped);
    if (room > OPERATIONS - submitted) room = OPERATIONS - submitted;
    if (room) assert_code(f->engine->submit(f->access.session, gets->order + submitted, room), 0);
    submitted += room;
    int count = f->engine->reap(f->access.session, done, AHEAD, 1);
    assert_true(count > 0);
    reaped += (size_t)count;
  }
  check_depth(f, gets);
}

// Who asks without waiting, again and again, sees operations come back as they finish: an open loop lives on that.
static void reap_without_waiting(struct fixture *f) {
  enum { COUNT = 24, PATIENCE = 20000 };
  const struct timespec moment = {.tv_nsec = 1000000};
  fill(f);
  struct gets *gets = make_gets();
  struct op *done[COUNT];
  size_t reaped = 0;
  assert_code(f->engine->submit(f->access.session, gets->order, COUNT), 0);
  for (int asked = 0; reaped < COUNT && asked < PATIENCE; asked++) {
    int count = f->engine->reap(f->access.session, done + reaped, COUNT - reaped, 0);
    assert_true(count >= 0);
    reaped += (size_t)count;
    if (!(f->engine->caps & CAP_QUEUE)) assert_int_equal(reaped, COUNT);  // finished inside submit
    nanosleep(&moment, NULL);
  }
  assert_int_equal(reaped, COUNT);
  for (size_t i = 0; i < COUNT; i++) assert_code(done[i]->status, 0);
  free(gets);
  fixture_close(f);
}

// More may be asked for than there is, and as many as one likes; a scan does not go between an operation and its
// result.
static void what_is_outstanding(struct fixture *f) {
  enum { COUNT = 3, MANY = 1000 };
  struct op *done[MANY];
  fill(f);
  struct gets *gets = make_gets();
  assert_code(f->engine->submit(f->access.session, gets->order, COUNT), 0);
  assert_code(f->engine->scan(f->access.session, NULL, 0, 0, visit_none, NULL), -EBUSY);
  assert_code(f->engine->reap(f->access.session, done, 1, MANY), 1);
  assert_code(f->engine->reap(f->access.session, done, MANY, MANY), COUNT - 1);
  assert_code(f->engine->reap(f->access.session, done, MANY, 1), 0);
  assert_code(f->engine->scan(f->access.session, NULL, 0, 1, visit_none, NULL), 0);
  free(gets);
  fixture_close(f);
}

// The put finds its key by a read of its own, while reads for the gets are under way.
static void one_put_beside_gets(struct fixture *f) {
  enum { GETS = 24, ROUNDS = 160 };
  struct op *done[GETS + 1];
  fill(f);
  struct gets *gets = make_gets();
  for (uint64_t round = 0; round < ROUNDS; round++) {
    char key[KEY_LENGTH_MAX];
    unsigned char value[LENGTH];
    uint64_t id = id_of(OPERATIONS - 1 - round);
    struct op put = {
        .kind = OP_PUT, .key = key, .key_length = record_key(id, key), .value = value, .value_length = LENGTH};
    struct op *const order = &put;
    record_value(id, 2, value, LENGTH);
    assert_code(f->engine->submit(f->access.session, gets->order + round * GETS, GETS), 0);
    assert_code(f->engine->submit(f->access.session, &order, 1), 0);
    for (int reaped = 0, count; reaped <= GETS; reaped += count) {
      count = f->engine->reap(f->access.session, done, GETS + 1, 1);
      assert_true(count > 0);
    }
    assert_code(put.status, 0);
  }
  for (uint64_t i = 0; i < ROUNDS * GETS; i++) {
    assert_code(gets->ops[i].status, 0);
    assert_true(record_value_is(id_of(i), 1, gets->values[i], LENGTH));
  }
  for (uint64_t round = 0; round < ROUNDS; round++) {
    uint64_t version = 0;
    assert_code(access_get(&f->access, id_of(OPERATIONS - 1 - round), &version), 0);
    assert_int_equal(version, 2);
  }
  assert_int_equal(fixture_stat(f).records, OPERATIONS);
  free(gets);
  fixture_close(f);
}

int main(int argc, char **argv) {
  static const struct contract_case cases[] = {
      {"window stays full in one large submit", one_large_submit, CAP_QUEUE | CAP_PERSISTENT, 0, queueing_specs},
      {"window stays full with rolling submits", rolling_submits, CAP_QUEUE | CAP_PERSISTENT, 0, queueing_specs},
      {"one put beside gets in flight", one_put_beside_gets, CAP_QUEUE | CAP_PERSISTENT, 0, queueing_specs},
      {"reap without waiting sees what is finished", reap_without_waiting, CAP_PERSISTENT, 0, main_specs},
      {"what is outstanding", what_is_outstanding, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
  };
  return contract_main("queue", cases, sizeof cases / sizeof cases[0], argc, argv);
}
