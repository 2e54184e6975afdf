// SPDX-License-Identifier: MIT
// The index: against a plain table through random changes, with colliding tags, while growing, and beside readers.
#include "engines/slots/keydir.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { KEYS = 20000 };

struct fixture {
  struct epochs epochs;
  struct keydir keydir;
};

static int setup(void **state) {
  struct fixture *fixture = calloc(1, sizeof *fixture);
  if (!fixture || epochs_init(&fixture->epochs)) return -1;
  *state = fixture;
  return keydir_init(&fixture->keydir, 0, &fixture->epochs);
}

static int teardown(void **state) {
  struct fixture *fixture = *state;
  keydir_free(&fixture->keydir);
  epochs_destroy(&fixture->epochs);
  free(fixture);
  return 0;
}

// As the store does, candidates are told apart by something else: here by which slot is expected.
static bool has(const struct keydir *keydir, uint64_t hash, uint32_t slot) {
  struct keydir_cursor cursor;
  uint32_t found = keydir_first(keydir, hash, &cursor);
  while (found != slot && found != SLOT_NONE) found = keydir_next(&cursor);
  return found == slot;
}

static unsigned candidates(const struct keydir *keydir, uint64_t hash) {
  struct keydir_cursor cursor;
  unsigned count = 0;
  for (uint32_t slot = keydir_first(keydir, hash, &cursor); slot != SLOT_NONE; slot = keydir_next(&cursor)) count++;
  return count;
}

static uint64_t hash_of(uint64_t key) { return keydir_hash(&key, sizeof key); }

static void hash_depends_on_bytes_and_length(void **state) {
  (void)state;
  assert_true(keydir_hash("ab", 2) == keydir_hash("ab", 2));
  assert_true(keydir_hash("ab", 2) != keydir_hash("ac", 2));
  assert_true(keydir_hash("a\0", 2) != keydir_hash("a", 1));
}

static void agrees_with_a_model(void **state) {
  static uint32_t slots[KEYS];  // slot + 1, or 0
  struct keydir *keydir = &((struct fixture *)*state)->keydir;
  uint64_t live = 0;
  srandom(5);
  for (uint32_t i = 0; i < 200000; i++) {
    uint64_t key = (uint64_t)random() % KEYS;
    if (!slots[key]) {
      assert_int_equal(keydir_insert(keydir, hash_of(key), i), 0);
      slots[key] = i + 1;
      live++;
    } else if (random() % 3) {
      keydir_replace(keydir, hash_of(key), slots[key] - 1, i);
      slots[key] = i + 1;
    } else {
      keydir_remove(keydir, hash_of(key), slots[key] - 1);
      slots[key] = 0;
      live--;
    }
  }
  assert_int_equal(keydir->live, live);
  for (uint64_t key = 0; key < KEYS; key++) {
    if (slots[key]) assert_true(has(keydir, hash_of(key), slots[key] - 1));
    if (!slots[key]) assert_int_equal(candidates(keydir, hash_of(key)), 0);
  }
}

// As after a damaged snapshot: an answer, not the end of the process.
static void what_is_not_there_is_an_error(void **state) {
  struct keydir *keydir = &((struct fixture *)*state)->keydir;
  assert_int_equal(keydir_insert(keydir, hash_of(1), 7), 0);
  assert_int_equal(keydir_replace(keydir, hash_of(1), 8, 9), -EBADMSG);
  assert_int_equal(keydir_remove(keydir, hash_of(2), 7), -EBADMSG);
  assert_true(has(keydir, hash_of(1), 7));
  assert_int_equal(keydir->live, 1);
}

// All at one home, and some at the last bucket, so that the search has to wrap round.
static void tells_equal_tags_apart(void **state) {
  struct keydir *keydir = &((struct fixture *)*state)->keydir;
  static const uint64_t hashes[] = {0, UINT64_C(0x7777777700000000), UINT64_MAX};
  for (size_t h = 0; h < 3; h++) {
    for (uint32_t i = 0; i < 300; i++) assert_int_equal(keydir_insert(keydir, hashes[h], 1000 * (uint32_t)h + i), 0);
  }
  for (size_t h = 0; h < 3; h++) {
    for (uint32_t i = 0; i < 300; i += 2) keydir_remove(keydir, hashes[h], 1000 * (uint32_t)h + i);
    assert_int_equal(candidates(keydir, hashes[h]), 150);
    for (uint32_t i = 0; i < 300; i++) assert_int_equal(has(keydir, hashes[h], 1000 * (uint32_t)h + i), i % 2);
  }
}

// The greatest slot number must not look like a removed entry or an empty one.
static void takes_the_extreme_slots(void **state) {
  struct keydir *keydir = &((struct fixture *)*state)->keydir;
  assert_int_equal(keydir_insert(keydir, 0, 0), 0);
  assert_int_equal(keydir_insert(keydir, UINT64_MAX, SLOTS_MAX - 1), 0);
  assert_true(has(keydir, 0, 0));
  assert_true(has(keydir, UINT64_MAX, SLOTS_MAX - 1));
  keydir_remove(keydir, 0, 0);
  keydir_remove(keydir, UINT64_MAX, SLOTS_MAX - 1);
  assert_int_equal(candidates(keydir, 0) + candidates(keydir, UINT64_MAX), 0);
}

// Removed entries leave marks: without clearing them the table would grow with operations instead of with records.
static void does_not_grow_with_operations(void **state) {
  struct keydir *keydir = &((struct fixture *)*state)->keydir;
  for (uint32_t i = 0; i < 1000; i++) assert_int_equal(keydir_insert(keydir, hash_of(i), i), 0);
  uint64_t before = keydir_bytes(keydir);
  for (uint32_t i = 1000; i < 200000; i++) {
    assert_int_equal(keydir_insert(keydir, hash_of(i), i), 0);
    keydir_remove(keydir, hash_of(i - 1000), i - 1000);
  }
  assert_true(keydir_bytes(keydir) <= 2 * before);
  assert_int_equal(keydir->live, 1000);
}

static void costs_at_most_sixteen_bytes(void **state) {
  struct keydir *keydir = &((struct fixture *)*state)->keydir;
  for (uint32_t i = 0; i < 300000; i++) {
    assert_int_equal(keydir_insert(keydir, hash_of(i), i), 0);
    if (i >= 1000) assert_true(keydir_bytes(keydir) <= 16 * (uint64_t)(i + 1));
  }
}

static void reserve_makes_room(void **state) {
  struct keydir *keydir = &((struct fixture *)*state)->keydir;
  assert_int_equal(keydir_reserve(keydir, 5000), 0);
  uint64_t bytes = keydir_bytes(keydir);
  for (uint32_t i = 0; i < 5000; i++) assert_int_equal(keydir_insert(keydir, hash_of(i), i), 0);
  assert_int_equal(keydir_bytes(keydir), bytes);
}

static struct keydir_cursor end_of(const struct keydir *keydir, uint64_t hash) {
  struct keydir_cursor cursor;
  for (uint32_t slot = keydir_first(keydir, hash, &cursor); slot != SLOT_NONE;) slot = keydir_next(&cursor);
  return cursor;
}

// Their look-ups ended at the same bucket: the second walks on from there.
static void two_new_keys_of_one_tag(void **state) {
  struct keydir *keydir = &((struct fixture *)*state)->keydir;
  const uint64_t hash = UINT64_C(0x7777777700000000);
  const struct keydir_cursor one = end_of(keydir, hash), two = end_of(keydir, hash | 1);
  assert_int_equal(one.at, two.at);
  keydir_insert_at(keydir, &one, 1);
  keydir_insert_at(keydir, &two, 2);
  assert_int_equal(candidates(keydir, hash), 2);
  assert_true(has(keydir, hash, 1) && has(keydir, hash, 2));
  assert_int_equal(keydir->live, 2);
  assert_int_equal(keydir->used, 2);
}

// A look-up that ends at the last bucket, whose place is taken meanwhile; one that ends behind it, at the first; and
// one of another tag with the same home, which has both to pass.
static void insert_at_the_end_of_the_table_wraps(void **state) {
  struct keydir *keydir = &((struct fixture *)*state)->keydir;
  const uint64_t last = UINT64_MAX, beside = UINT64_MAX - (UINT64_C(1) << 32);
  const struct keydir_table *table = atomic_load(&keydir->table);
  struct keydir_cursor cursor = end_of(keydir, last), late = cursor;
  assert_int_equal(cursor.at, table->buckets - 1);
  keydir_insert_at(keydir, &cursor, 1);
  cursor = end_of(keydir, last);
  assert_int_equal(cursor.at, 0);
  keydir_insert_at(keydir, &cursor, 2);
  keydir_insert_at(keydir, &late, 3);
  cursor = end_of(keydir, beside);
  assert_int_equal(cursor.at, 2);
  keydir_insert_at(keydir, &cursor, 4);
  assert_int_equal(candidates(keydir, last), 3);
  assert_int_equal(candidates(keydir, beside), 1);
  for (uint32_t slot = 1; slot <= 3; slot++) assert_true(has(keydir, last, slot));
  assert_true(has(keydir, beside, 4));
}

// What the cursor says of the old table says nothing of the new one: there the end lies elsewhere.
static void insert_at_with_a_cursor_of_a_replaced_table(void **state) {
  struct fixture *fixture = *state;
  struct keydir *keydir = &fixture->keydir;
  const uint64_t hash = UINT64_C(0x7777777700000000);
  struct epoch_reader reader = {0};
  epoch_add(&fixture->epochs, &reader);
  epoch_enter(&fixture->epochs, &reader);  // or another table could take the old one's address
  assert_int_equal(keydir_insert(keydir, hash, 1), 0);
  const struct keydir_cursor cursor = end_of(keydir, hash);
  assert_int_equal(keydir_reserve(keydir, 1000), 0);
  assert_ptr_not_equal(cursor.table, atomic_load(&keydir->table));
  keydir_insert_at(keydir, &cursor, 2);
  assert_int_equal(candidates(keydir, hash), 2);
  assert_true(has(keydir, hash, 1) && has(keydir, hash, 2));
  epoch_leave(&reader);
  epoch_remove(&fixture->epochs, &reader);
}

// Down to what its entries need, with none lost, and it grows again from there.
static void fits_its_entries(void **state) {
  struct keydir *keydir = &((struct fixture *)*state)->keydir;
  const uint64_t empty = keydir_bytes(keydir);
  for (uint32_t i = 0; i < 5000; i++) assert_int_equal(keydir_insert(keydir, hash_of(i), i), 0);
  for (uint32_t i = 40; i < 5000; i++) assert_int_equal(keydir_remove(keydir, hash_of(i), i), 0);
  assert_int_equal(keydir_fit(keydir), 0);
  assert_int_equal(keydir_bytes(keydir), empty);
  assert_int_equal(keydir->live, 40);
  for (uint32_t i = 40; i < 5000; i++) assert_int_equal(keydir_insert(keydir, hash_of(i), i), 0);
  for (uint32_t i = 0; i < 5000; i++) assert_true(has(keydir, hash_of(i), i));
  assert_int_equal(keydir_fit(keydir), 0);
  assert_true(keydir_bytes(keydir) <= (uint64_t)16 * 5000);
}

static void adopts_a_sound_table_only(void **state) {
  struct keydir *keydir = &((struct fixture *)*state)->keydir;
  struct keydir_table *table = keydir_table_new(100);
  assert_non_null(table);
  for (uint64_t i = 0; i < 3; i++) table->entries[10 + i] = (uint64_t)(i + 1) | UINT64_C(1) << 40;
  assert_int_equal(keydir_adopt(keydir, table, 2), -EBADMSG);  // slot 2 is past the end
  assert_int_equal(keydir_adopt(keydir, table, 3), 0);
  assert_int_equal(keydir->live, 3);
  table = keydir_table_new(100);
  assert_non_null(table);
  for (uint64_t i = 0; i < 100; i++) table->entries[i] = i + 1;  // no empty bucket: a search would never end
  assert_int_equal(keydir_adopt(keydir, table, 1000), -EBADMSG);
  keydir_table_free(table);
  table = keydir_table_new(4);  // too few to grow from: making room would never end
  assert_non_null(table);
  assert_int_equal(keydir_adopt(keydir, table, 1000), -EBADMSG);
  keydir_table_free(table);
}

// A table that was grown out of stays while a reader looks at it, counts meanwhile, and goes when the reader has left.
static void old_tables_go_with_their_readers(void **state) {
  struct fixture *fixture = *state;
  struct epoch_reader reader = {0};
  epoch_add(&fixture->epochs, &reader);
  epoch_enter(&fixture->epochs, &reader);
  for (uint32_t i = 0; !fixture->keydir.retired; i++)
    assert_int_equal(keydir_insert(&fixture->keydir, hash_of(i), i), 0);
  uint64_t both = keydir_bytes(&fixture->keydir);
  epoch_leave(&reader);
  assert_int_equal(keydir_reserve(&fixture->keydir, 1), 0);
  assert_null(fixture->keydir.retired);
  assert_true(keydir_bytes(&fixture->keydir) < both);
  epoch_remove(&fixture->epochs, &reader);
}

struct looker {
  struct fixture *fixture;
  _Atomic bool stop;
  _Atomic uint64_t looks, missed;
};

// Keys 0 to 99 are always there; the writer moves them about and grows the table meanwhile.
static void *look(void *argument) {
  struct looker *looker = argument;
  struct epoch_reader reader = {0};
  epoch_add(&looker->fixture->epochs, &reader);
  while (!looker->stop) {
    epoch_enter(&looker->fixture->epochs, &reader);
    for (uint64_t key = 0; key < 100; key++) {
      if (!candidates(&looker->fixture->keydir, hash_of(key))) looker->missed++;
    }
    epoch_leave(&reader);
    looker->looks++;
  }
  epoch_remove(&looker->fixture->epochs, &reader);
  return NULL;
}

static void readers_find_while_a_writer_changes(void **state) {
  struct fixture *fixture = *state;
  struct looker looker = {.fixture = fixture};
  pthread_t thread;
  for (uint32_t key = 0; key < 100; key++) assert_int_equal(keydir_insert(&fixture->keydir, hash_of(key), key), 0);
  assert_int_equal(pthread_create(&thread, NULL, look, &looker), 0);
  int error = 0;
  for (uint32_t i = 0; (i < 30000 || looker.looks < 10) && !error; i++) {
    uint32_t key = i % 100, turn = i / 100;
    keydir_replace(&fixture->keydir, hash_of(key), key + 100 * turn, key + 100 * (turn + 1));
    error = keydir_insert(&fixture->keydir, hash_of(1000000 + i), i);
  }
  looker.stop = true;
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_int_equal(error, 0);
  assert_int_equal(looker.missed, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hash_depends_on_bytes_and_length),
      cmocka_unit_test_setup_teardown(agrees_with_a_model, setup, teardown),
      cmocka_unit_test_setup_teardown(what_is_not_there_is_an_error, setup, teardown),
      cmocka_unit_test_setup_teardown(tells_equal_tags_apart, setup, teardown),
      cmocka_unit_test_setup_teardown(takes_the_extreme_slots, setup, teardown),
      cmocka_unit_test_setup_teardown(does_not_grow_with_operations, setup, teardown),
      cmocka_unit_test_setup_teardown(costs_at_most_sixteen_bytes, setup, teardown),
      cmocka_unit_test_setup_teardown(reserve_makes_room, setup, teardown),
      cmocka_unit_test_setup_teardown(two_new_keys_of_one_tag, setup, teardown),
      cmocka_unit_test_setup_teardown(insert_at_the_end_of_the_table_wraps, setup, teardown),
      cmocka_unit_test_setup_teardown(insert_at_with_a_cursor_of_a_replaced_table, setup, teardown),
      cmocka_unit_test_setup_teardown(fits_its_entries, setup, teardown),
      cmocka_unit_test_setup_teardown(adopts_a_sound_table_only, setup, teardown),
      cmocka_unit_test_setup_teardown(old_tables_go_with_their_readers, setup, teardown),
      cmocka_unit_test_setup_teardown(readers_find_while_a_writer_changes, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
