// SPDX-License-Identifier: MIT
// Contract: many operations in one submit. Each comes back once with its own status; writes take effect in order.
#include <errno.h>
#include <string.h>

#include "tests/contract/contract.h"

enum {
  MOST = 2049,  // our stores commit 1024 at once: two such commits, and one of what is left
  ROOM = 88,
};

// Operations with room for their keys and values.
struct batch {
  size_t count;
  struct op ops[MOST];
  char keys[MOST][KEY_LENGTH_MAX];
  unsigned char values[MOST][ROOM];
};

static struct op *batch_add(struct batch *batch, enum op_kind kind, uint64_t id, uint64_t version, uint32_t length) {
  size_t i = batch->count++;
  struct op *op = &batch->ops[i];
  *op = (struct op){.kind = kind,
                    .key = batch->keys[i],
                    .key_length = record_key(id, batch->keys[i]),
                    .value = kind == OP_PEEK ? NULL : batch->values[i],
                    .value_length = kind == OP_PUT ? length : ROOM,
                    .status = -12345};
  if (kind == OP_PUT) record_value(id, version, batch->values[i], length);
  return op;
}

static void batch_run(struct fixture *f, struct batch *batch) {
  assert_code(session_run(f->engine, f->access.session, batch->ops, batch->count), 0);
}

static void mixed(struct fixture *f) {
  static struct batch batch;
  batch.count = 0;
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, 100, 1, 70), 0);
  bool lends = f->engine->caps & CAP_LEND;
  for (uint64_t i = 0; i < 20; i++) {
    batch_add(&batch, OP_PUT, i, 2, 60);
    batch_add(&batch, OP_GET, 20 + i, 0, 0);
    batch_add(&batch, OP_DELETE, 40 + i, 0, 0);
    batch_add(&batch, lends ? OP_PEEK : OP_GET, 60 + i, 0, 0);
    batch_add(&batch, OP_GET, 200 + i, 0, 0);
    batch_add(&batch, OP_PUT, 300 + i, 1, 50);
    batch_add(&batch, OP_DELETE, 400 + i, 0, 0);
  }
  batch_run(f, &batch);
  for (uint64_t i = 0; i < 20; i++) {
    const struct op *op = &batch.ops[i * 7];
    assert_code(op[0].status, 0);
    assert_code(op[1].status, 0);
    assert_true(op[1].value_length == 70 && record_value_is(20 + i, 1, op[1].value, 70));
    assert_code(op[2].status, 0);
    assert_code(op[3].status, 0);
    assert_true(op[3].value_length == 70 && record_value_is(60 + i, 1, op[3].value, 70));
    assert_code(op[4].status, -ENOENT);
    assert_code(op[5].status, 0);
    assert_code(op[6].status, -ENOENT);
  }
  for (int round = 0; round < 2; round++) {
    uint64_t at;
    assert_code(access_expect_all(&f->access, 0, 20, 2, 60, &at), 0);
    assert_code(access_expect_all(&f->access, 20, 20, 1, 70, &at), 0);
    for (uint64_t i = 40; i < 60; i++) assert_code(access_expect(&f->access, i, 1, 70), -ENOENT);
    assert_code(access_expect_all(&f->access, 300, 20, 1, 50, &at), 0);
    fixture_reopen(f);
  }
  assert_int_equal(fixture_records(f), 100);
  fixture_close(f);
}

static void last_write_of_a_key_wins(struct fixture *f) {
  static struct batch batch;
  batch.count = 0;
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, 4, 1, 64), 0);
  for (uint64_t version = 2; version <= 9; version++) {
    batch_add(&batch, OP_PUT, 0, version, 64);                             // put, put ... put
    batch_add(&batch, version % 2 ? OP_DELETE : OP_PUT, 1, version, 64);   // put, delete ... delete
    batch_add(&batch, version % 2 ? OP_PUT : OP_DELETE, 2, version, 64);   // delete, put ... put
    batch_add(&batch, version % 2 ? OP_DELETE : OP_PUT, 10, version, 64);  // new key: put, delete ... delete
    batch_add(&batch, version % 2 ? OP_PUT : OP_DELETE, 11, version, 64);  // new key: delete fails, put
  }
  batch_run(f, &batch);
  for (size_t i = 0; i < batch.count; i++) assert_code(batch.ops[i].status, i == 4 ? -ENOENT : 0);
  for (int round = 0; round < 2; round++) {
    assert_code(access_expect(&f->access, 0, 9, 64), 0);
    assert_code(access_expect(&f->access, 1, 9, 64), -ENOENT);
    assert_code(access_expect(&f->access, 2, 9, 64), 0);
    assert_code(access_expect(&f->access, 3, 1, 64), 0);
    assert_code(access_expect(&f->access, 10, 9, 64), -ENOENT);
    assert_code(access_expect(&f->access, 11, 9, 64), 0);
    assert_int_equal(fixture_records(f), 4);
    fixture_reopen(f);
  }
  fixture_close(f);
}

// A read beside writes of its key in one submit may see the store before or after any of them, but nothing else.
static void reads_see_before_or_after(struct fixture *f) {
  static struct batch batch;
  fixture_open(f);
  for (uint64_t round = 1; round <= 20; round++) {
    batch.count = 0;
    assert_code(access_put(&f->access, 1, round * 10, 64), 0);
    for (uint64_t i = 1; i <= 5; i++) {
      batch_add(&batch, OP_GET, 1, 0, 0);
      batch_add(&batch, OP_PUT, 1, round * 10 + i, 64);
    }
    batch_run(f, &batch);
    for (size_t i = 0; i < batch.count; i++) {
      uint64_t version;
      assert_code(batch.ops[i].status, 0);
      if (batch.ops[i].kind != OP_GET) continue;
      assert_true(record_value_of(1, batch.ops[i].value, batch.ops[i].value_length, &version));
      assert_between(version, round * 10, round * 10 + 5);
    }
    assert_code(access_expect(&f->access, 1, round * 10 + 5, 64), 0);
  }
  fixture_close(f);
}

static void a_bad_operation_spoils_no_other(struct fixture *f) {
  static struct batch batch;
  batch.count = 0;
  fixture_open(f);
  for (uint64_t i = 0; i < 10; i++) {
    batch_add(&batch, OP_PUT, i, 1, 64);
    batch_add(&batch, OP_PUT, 100 + i, 1, 64)->key_length = 0;
    batch_add(&batch, OP_PUT, 200 + i, 1, 64)->value_length = fixture_room(f) + 1;
    batch_add(&batch, OP_GET, 300 + i, 0, 0);
  }
  batch_run(f, &batch);
  static const int expected[] = {0, -EINVAL, -EMSGSIZE, -ENOENT};
  for (size_t i = 0; i < batch.count; i++) assert_code(batch.ops[i].status, expected[i % 4]);
  uint64_t at;
  assert_code(access_expect_all(&f->access, 0, 10, 1, 64, &at), 0);
  assert_int_equal(fixture_records(f), 10);
  fixture_close(f);
}

// Marks in op.user how often each operation came back.
static size_t reap_some(struct fixture *f, size_t max, size_t min) {
  struct op *done[MOST];
  int count = f->engine->reap(f->access.session, done, max, min);
  assert_true(count >= 0);
  assert_true((size_t)count <= max && (size_t)count >= min);
  for (int i = 0; i < count; i++) ++*(int *)done[i]->user;
  return (size_t)count;
}

static void each_comes_back_once(struct fixture *f) {
  static struct batch batch;
  int times[MOST] = {0};
  batch.count = 0;
  size_t n = 1000, submitted = 0, reaped = 0;
  fixture_open(f);
  if (f->engine->caps & CAP_PERSISTENT) assert_code(access_fill(&f->access, 0, 50, 1, 64), 0);
  for (size_t i = 0; i < n; i++) batch_add(&batch, i % 5 ? OP_GET : OP_PUT, i % 50, 1, 64)->user = &times[i];
  while (submitted < n) {
    struct op *ops[40];
    for (size_t i = 0; i < 40; i++) ops[i] = &batch.ops[submitted + i];
    assert_code(f->engine->submit(f->access.session, ops, 40), 0);
    submitted += 40;
    reaped += reap_some(f, 7, 0);
    if (submitted - reaped > 150) reaped += reap_some(f, 100, 50);
  }
  while (reaped < n) reaped += reap_some(f, 33, 1);
  assert_int_equal(reaped, n);
  for (size_t i = 0; i < n; i++) {
    assert_int_equal(times[i], 1);
    assert_code(batch.ops[i].status, 0);
    if (batch.ops[i].kind == OP_GET && f->engine->caps & CAP_PERSISTENT) {
      assert_true(record_value_is(i % 50, 1, batch.ops[i].value, 64));
    }
  }
  fixture_close(f);
}

static void nothing_to_do(struct fixture *f) {
  struct op *done[1];
  fixture_open(f);
  assert_code(f->engine->submit(f->access.session, done, 0), 0);
  assert_code(f->engine->reap(f->access.session, done, 1, 0), 0);
  assert_code(f->engine->reap(f->access.session, done, 1, 1), 0);
  fixture_close(f);
}

// Each key three times, within one commit and from one to the next.
static void larger_than_any_queue(struct fixture *f) {
  enum { IDS = MOST / 3 };
  static struct batch batch;
  batch.count = 0;
  uint64_t at;
  fixture_open(f);
  for (uint64_t i = 0; i < MOST; i++) batch_add(&batch, OP_PUT, i % IDS, i / IDS, 64);
  struct op *ops[MOST];
  for (size_t i = 0; i < MOST; i++) ops[i] = &batch.ops[i];
  assert_code(f->engine->submit(f->access.session, ops, MOST), 0);
  assert_int_equal(f->engine->reap(f->access.session, ops, MOST, MOST), MOST);
  for (size_t i = 0; i < MOST; i++) assert_code(batch.ops[i].status, 0);
  assert_code(access_expect_all(&f->access, 0, IDS, 2, 64, &at), 0);
  fixture_close(f);
}

// Closing a session finishes what it was asked, though nobody reaps it.
static void close_with_operations_outstanding(struct fixture *f) {
  static struct batch batch;
  batch.count = 0;
  struct op *ops[100];
  uint64_t at;
  fixture_open(f);
  for (uint64_t i = 0; i < 100; i++) ops[i] = batch_add(&batch, OP_PUT, i, 1, 64);
  assert_code(f->engine->submit(f->access.session, ops, 100), 0);
  fixture_reopen(f);
  assert_code(access_expect_all(&f->access, 0, 100, 1, 64, &at), 0);
  fixture_close(f);
}

int main(int argc, char **argv) {
  static const struct contract_case cases[] = {
      {"mixed batch", mixed, CAP_PERSISTENT, 0, NULL},
      {"last write of a key in a batch wins", last_write_of_a_key_wins, CAP_PERSISTENT, 0, NULL},
      {"reads in a batch see before or after", reads_see_before_or_after, CAP_PERSISTENT, 0, NULL},
      {"a bad operation spoils no other", a_bad_operation_spoils_no_other, CAP_PERSISTENT, 0, NULL},
      {"each operation comes back once", each_comes_back_once, 0, 0, NULL},
      {"nothing to do", nothing_to_do, 0, 0, NULL},
      {"batch larger than any queue", larger_than_any_queue, CAP_PERSISTENT, 0, NULL},
      {"close with operations outstanding", close_with_operations_outstanding, CAP_PERSISTENT, 0, NULL},
  };
  return contract_main("batches", cases, sizeof cases / sizeof cases[0], argc, argv);
}
