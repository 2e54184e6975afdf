// SPDX-License-Identifier: MIT
// Contract: single records. Put, get, peek, update and delete, at every record size, and what keys and values may be.
#include <errno.h>
#include <string.h>

#include "tests/contract/contract.h"

static void put_and_get(struct fixture *f) {
  fixture_open(f);
  uint64_t at = 0, n = fixture_count(f, 500);
  assert_code(access_expect(&f->access, 7, 0, 64), -ENOENT);
  for (uint64_t id = 0; id < n; id++) assert_code(access_put(&f->access, id, 1, (uint32_t)(id % 89)), 0);
  for (uint64_t id = 0; id < n; id++) assert_code(access_expect(&f->access, id, 1, (uint32_t)(id % 89)), 0);
  assert_code(access_expect_all(&f->access, n, 20, 1, 64, &at), -ENOENT);
  assert_int_equal(fixture_records(f), n);
  fixture_close(f);
}

static void update(struct fixture *f) {
  fixture_open(f);
  uint64_t at, n = fixture_count(f, 100);
  for (uint64_t version = 0; version < 5; version++) {
    uint32_t length = (uint32_t)(80 - version * 9);
    assert_code(access_fill(&f->access, 0, n, version, length), 0);
    assert_code(access_expect_all(&f->access, 0, n, version, length, &at), 0);
  }
  assert_int_equal(fixture_records(f), n);
  fixture_reopen(f);
  assert_code(access_expect_all(&f->access, 0, n, 4, 80 - 36, &at), 0);
  fixture_close(f);
}

static void delete (struct fixture *f) {
  fixture_open(f);
  uint64_t n = fixture_count(f, 200);
  assert_code(access_delete(&f->access, 3), -ENOENT);
  assert_code(access_fill(&f->access, 0, n, 1, 50), 0);
  for (uint64_t id = 0; id < n; id += 3) assert_code(access_delete(&f->access, id), 0);
  for (uint64_t id = 0; id < n; id += 3) assert_code(access_delete(&f->access, id), -ENOENT);
  for (uint64_t id = 0; id < n; id++) assert_code(access_expect(&f->access, id, 1, 50), id % 3 ? 0 : -ENOENT);
  assert_int_equal(fixture_records(f), n - (n + 2) / 3);
  fixture_close(f);
}

static void delete_then_reopen(struct fixture *f) {
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, 30, 1, 50), 0);
  assert_code(access_fill(&f->access, 0, 30, 2, 51), 0);
  for (uint64_t id = 10; id < 20; id++) assert_code(access_delete(&f->access, id), 0);
  for (int round = 0; round < 2; round++) {
    fixture_reopen(f);
    for (uint64_t id = 0; id < 30; id++) {
      assert_code(access_expect(&f->access, id, 2, 51), id / 10 == 1 ? -ENOENT : 0);
    }
    assert_int_equal(fixture_records(f), 20);
  }
  fixture_close(f);
}

static void put_after_delete(struct fixture *f) {
  fixture_open(f);
  for (uint64_t version = 1; version <= 20; version++) {
    assert_code(access_put(&f->access, 5, version, 60), 0);
    assert_code(access_expect(&f->access, 5, version, 60), 0);
    if (version < 20) assert_code(access_delete(&f->access, 5), 0);
  }
  fixture_reopen(f);
  assert_code(access_expect(&f->access, 5, 20, 60), 0);
  assert_int_equal(fixture_records(f), 1);
  fixture_close(f);
}

// All of the above once more, in brief, at the size the case names.
static void at_record_size(struct fixture *f) {
  f->config.record_size = (uint32_t)f->variant;
  uint32_t room = fixture_room(f);
  uint64_t at, n = f->variant >= 65536 ? 12 : 200;
  fixture_open(f);
  assert_int_equal(fixture_stat(f).record_size, f->variant);
  assert_code(access_fill(&f->access, 0, n, 1, room), 0);
  assert_code(access_fill(&f->access, 0, n / 2, 2, room - 1), 0);
  assert_code(access_delete(&f->access, 0), 0);
  for (int round = 0; round < 2; round++) {
    assert_code(access_expect(&f->access, 0, 2, room - 1), -ENOENT);
    assert_code(access_expect_all(&f->access, 1, n / 2 - 1, 2, room - 1, &at), 0);
    assert_code(access_expect_all(&f->access, n / 2, n - n / 2, 1, room, &at), 0);
    f->config.record_size = 0;  // the file's own
    fixture_reopen(f);
    assert_int_equal(fixture_stat(f).record_size, f->variant);
  }
  fixture_close(f);
}

static void values_of_every_length(struct fixture *f) {
  fixture_open(f);
  uint32_t room = fixture_room(f);
  for (uint32_t length = 0; length <= room; length++) {
    assert_code(access_put(&f->access, 1, length, length), 0);
    assert_code(access_expect(&f->access, 1, length, length), 0);
  }
  assert_code(access_put(&f->access, 2, 0, 0), 0);
  fixture_reopen(f);
  assert_code(access_expect(&f->access, 1, room, room), 0);
  assert_code(access_expect(&f->access, 2, 0, 0), 0);
  fixture_close(f);
}

static void value_too_long(struct fixture *f) {
  fixture_open(f);
  uint32_t room = fixture_room(f);
  assert_code(access_put(&f->access, 1, 1, room), 0);
  assert_code(access_put(&f->access, 1, 2, room + 1), -EMSGSIZE);
  assert_code(access_put(&f->access, 2, 2, RECORD_SIZE_MAX), -EMSGSIZE);
  assert_code(access_expect(&f->access, 1, 1, room), 0);
  assert_code(access_expect(&f->access, 2, 2, room), -ENOENT);
  fixture_close(f);
}

static void key_empty_or_too_long(struct fixture *f) {
  static const uint32_t lengths[] = {0, KEY_LENGTH_MAX + 1, 1000, UINT32_MAX};
  static const enum op_kind kinds[] = {OP_PUT, OP_GET, OP_DELETE, OP_PEEK};
  char key[1000] = "a key", value[64] = {0};
  size_t kinds_count = f->engine->caps & CAP_LEND ? 4 : 3;
  fixture_open(f);
  for (size_t k = 0; k < kinds_count; k++) {
    for (size_t i = 0; i < 4; i++) {
      struct op op = {
          .kind = kinds[k], .key = key, .key_length = lengths[i], .value = value, .value_length = sizeof value};
      assert_code(access_run(&f->access, &op), -EINVAL);
    }
  }
  assert_int_equal(fixture_records(f), 0);
  fixture_close(f);
}

static void no_key_or_no_value(struct fixture *f) {
  char value[64] = {0};
  struct op no_key = {.kind = OP_GET, .key = NULL, .key_length = 4, .value = value, .value_length = sizeof value};
  struct op no_value = {.kind = OP_PUT, .key = "key", .key_length = 3, .value = NULL, .value_length = 8};
  fixture_open(f);
  assert_code(access_run(&f->access, &no_key), -EINVAL);
  no_key.kind = OP_PUT;
  assert_code(access_run(&f->access, &no_key), -EINVAL);
  assert_code(access_run(&f->access, &no_value), -EINVAL);
  no_value.value_length = 0;  // an empty value needs no bytes
  assert_code(access_run(&f->access, &no_value), 0);
  assert_int_equal(fixture_records(f), 1);
  fixture_close(f);
}

// Keys are bytes: neither text, nor told apart by their padded form alone.
static void keys_are_bytes(struct fixture *f) {
  static const struct {
    const char *bytes;
    uint32_t length;
  } keys[] = {{"a", 1},
              {"a\0", 2},
              {"a\0\0", 3},
              {"\0", 1},
              {"\0\0", 2},
              {"\xff\xff\xff", 3},
              {"0123456789abcdef", 16},
              {"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16}};
  enum { COUNT = sizeof keys / sizeof keys[0] };
  fixture_open(f);
  for (size_t i = 0; i < COUNT; i++) {
    char value = (char)('A' + i);
    struct op op = {
        .kind = OP_PUT, .key = keys[i].bytes, .key_length = keys[i].length, .value = &value, .value_length = 1};
    assert_code(access_run(&f->access, &op), 0);
  }
  for (int round = 0; round < 2; round++) {
    for (size_t i = 0; i < COUNT; i++) {
      char value = 0;
      struct op op = {
          .kind = OP_GET, .key = keys[i].bytes, .key_length = keys[i].length, .value = &value, .value_length = 1};
      assert_code(access_run(&f->access, &op), 0);
      assert_int_equal(value, 'A' + i);
    }
    fixture_reopen(f);
  }
  assert_int_equal(fixture_records(f), COUNT);
  fixture_close(f);
}

static void get_with_too_little_room(struct fixture *f) {
  unsigned char value[64];
  fixture_open(f);
  assert_code(access_put(&f->access, 1, 1, 40), 0);
  for (uint32_t room = 0; room <= 41; room++) {
    memset(value, 0xee, sizeof value);
    struct op op = {.kind = OP_GET, .key = "0000000000000001", .key_length = 16, .value = value, .value_length = room};
    assert_code(access_run(&f->access, &op), room < 40 ? -EMSGSIZE : 0);
    assert_int_equal(op.value_length, 40);
    uint32_t used = room < 40 ? room : 40;
    for (size_t i = used; i < sizeof value; i++) assert_int_equal(value[i], 0xee);
    if (room >= 40) assert_true(record_value_is(1, 1, value, 40));
  }
  fixture_close(f);
}

static void peek(struct fixture *f) {
  fixture_open(f);
  assert_code(access_put(&f->access, 1, 1, 70), 0);
  struct op op = {.kind = OP_PEEK, .key = "0000000000000001", .key_length = 16};
  int expected = f->engine->caps & CAP_LEND ? 0 : -EOPNOTSUPP;
  assert_code(access_run(&f->access, &op), expected);
  if (expected == 0) {
    assert_int_equal(op.value_length, 70);
    assert_true(record_value_is(1, 1, op.value, 70));
    struct op none = {.kind = OP_PEEK, .key = "none", .key_length = 4};
    assert_code(access_run(&f->access, &none), -ENOENT);
    assert_code(access_delete(&f->access, 1), 0);
    assert_code(access_run(&f->access, &op), -ENOENT);
  }
  fixture_close(f);
}

// An engine that keeps nothing still acknowledges each operation and hands out a record.
static void acknowledges(struct fixture *f) {
  unsigned char value[256];
  fixture_open(f);
  assert_code(access_put(&f->access, 1, 1, 64), 0);
  struct op op = {.kind = OP_GET, .key = "k", .key_length = 1, .value = value, .value_length = sizeof value};
  if (!(f->engine->caps & CAP_PERSISTENT)) assert_code(access_run(&f->access, &op), 0);
  assert_code(access_put(&f->access, 1, 2, 64), 0);
  assert_code(access_delete(&f->access, 1), 0);
  assert_code(f->engine->sync(f->store), 0);
  assert_code(f->engine->forget(f->store), 0);
  fixture_close(f);
}

int main(int argc, char **argv) {
  static const struct contract_case cases[] = {
      {"acknowledges", acknowledges, 0, 0, NULL},
      {"put and get", put_and_get, CAP_PERSISTENT, 0, NULL},
      {"update", update, CAP_PERSISTENT, 0, NULL},
      {"delete", delete, CAP_PERSISTENT, 0, NULL},
      {"delete then reopen", delete_then_reopen, CAP_PERSISTENT, 0, NULL},
      {"put after delete", put_after_delete, CAP_PERSISTENT, 0, NULL},
      {"record size 64", at_record_size, CAP_PERSISTENT, 64, NULL},
      {"record size 128", at_record_size, CAP_PERSISTENT, 128, NULL},
      {"record size 1024", at_record_size, CAP_PERSISTENT, 1024, NULL},
      {"record size 4096", at_record_size, CAP_PERSISTENT, 4096, NULL},
      {"record size 8192", at_record_size, CAP_PERSISTENT, 8192, NULL},
      {"record size 1 MiB", at_record_size, CAP_PERSISTENT, 1 << 20, NULL},
      {"values of every length", values_of_every_length, CAP_PERSISTENT, 0, NULL},
      {"value too long", value_too_long, CAP_PERSISTENT, 0, NULL},
      {"key empty or too long", key_empty_or_too_long, CAP_PERSISTENT, 0, NULL},
      {"no key or no value", no_key_or_no_value, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
      {"keys are bytes", keys_are_bytes, CAP_PERSISTENT, 0, NULL},
      {"get with too little room", get_with_too_little_room, CAP_PERSISTENT, 0, NULL},
      {"peek", peek, CAP_PERSISTENT, 0, NULL},
  };
  return contract_main("records", cases, sizeof cases / sizeof cases[0], argc, argv);
}
