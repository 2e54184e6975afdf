// SPDX-License-Identifier: MIT
// The set of slots against a plain array of bools, through random operations and every boundary of a word.
#include "engines/slots/bitmap.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 9000 };

struct model {
  bool bits[MOST];
  uint64_t count;
};

static uint64_t model_next(const struct model *model, uint64_t from, uint64_t end, bool value) {
  for (uint64_t i = from; i < end; i++) {
    if (model->bits[i] == value) return i;
  }
  return UINT64_MAX;
}

static void check(const struct bitmap *bitmap, const struct model *model) {
  uint64_t set = 0;
  for (uint64_t i = 0; i < model->count; i++) {
    assert_int_equal(bitmap_get(bitmap, i), model->bits[i]);
    set += model->bits[i];
  }
  assert_int_equal(bitmap->bits, model->count);
  assert_int_equal(bitmap->set, set);
}

static void check_searches(const struct bitmap *bitmap, const struct model *model) {
  for (int i = 0; i < 200; i++) {
    uint64_t from = (uint64_t)random() % (model->count + 1), end = (uint64_t)random() % (model->count + 1);
    assert_int_equal(bitmap_next_zero(bitmap, from, end), model_next(model, from, end, false));
    assert_int_equal(bitmap_next_one(bitmap, from), model_next(model, from, model->count, true));
  }
}

static void change(struct bitmap *bitmap, struct model *model, unsigned percent_set) {
  for (int i = 0; i < 5000; i++) {
    uint64_t bit = (uint64_t)random() % model->count;
    bool set = (unsigned)random() % 100 < percent_set;
    if (set) bitmap_set(bitmap, bit);
    if (!set) bitmap_clear(bitmap, bit);
    model->bits[bit] = set;
  }
}

static void agrees_with_a_model(void **state) {
  static struct model model;
  static const unsigned percents[] = {50, 99, 1, 100, 0};
  (void)state;
  srandom(7);
  struct bitmap bitmap;
  model = (struct model){.count = 3000};
  assert_int_equal(bitmap_init(&bitmap, model.count), 0);
  for (size_t i = 0; i < 5; i++) {
    change(&bitmap, &model, percents[i]);
    check(&bitmap, &model);
    check_searches(&bitmap, &model);
  }
  bitmap_free(&bitmap);
}

// Full words are skipped by a summary of their own: only past 64 * 64 bits does it have a second word.
static void finds_the_one_zero_among_many(void **state) {
  (void)state;
  struct bitmap bitmap;
  assert_int_equal(bitmap_init(&bitmap, MOST), 0);
  for (uint64_t i = 0; i < MOST; i++) bitmap_set(&bitmap, i);
  assert_int_equal(bitmap_next_zero(&bitmap, 0, MOST), UINT64_MAX);
  for (uint64_t hole = 0; hole < MOST; hole += 61) {
    bitmap_clear(&bitmap, hole);
    assert_int_equal(bitmap_next_zero(&bitmap, 0, MOST), hole);
    assert_int_equal(bitmap_next_zero(&bitmap, hole, MOST), hole);
    assert_int_equal(bitmap_next_zero(&bitmap, hole + 1, MOST), UINT64_MAX);
    assert_int_equal(bitmap_next_zero(&bitmap, 0, hole), UINT64_MAX);
    bitmap_set(&bitmap, hole);
  }
  bitmap_free(&bitmap);
}

static void setting_twice_counts_once(void **state) {
  (void)state;
  struct bitmap bitmap;
  assert_int_equal(bitmap_init(&bitmap, 100), 0);
  for (int i = 0; i < 3; i++) bitmap_set(&bitmap, 64);
  assert_int_equal(bitmap.set, 1);
  for (int i = 0; i < 3; i++) bitmap_clear(&bitmap, 64);
  assert_int_equal(bitmap.set, 0);
  bitmap_free(&bitmap);
}

static void resizes_to_any_size(void **state) {
  static const uint64_t sizes[] = {0, 1, 63, 64, 65, 127, 128, 4095, 4096, 4097, 8999, 130, 64, 63, 1, 0, 5000};
  static struct model model;
  (void)state;
  srandom(11);
  struct bitmap bitmap;
  model = (struct model){0};
  assert_int_equal(bitmap_init(&bitmap, 0), 0);
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    assert_int_equal(bitmap_resize(&bitmap, sizes[i]), 0);
    if (sizes[i] < model.count) memset(model.bits + sizes[i], 0, (model.count - sizes[i]) * sizeof model.bits[0]);
    model.count = sizes[i];
    check(&bitmap, &model);
    if (model.count) change(&bitmap, &model, 70);
    check(&bitmap, &model);
    check_searches(&bitmap, &model);
  }
  bitmap_free(&bitmap);
}

static void rebuilds_from_words(void **state) {
  (void)state;
  struct bitmap bitmap;
  assert_int_equal(bitmap_init(&bitmap, 130), 0);
  assert_int_equal(bitmap_word_count(130), 3);
  bitmap.words[0] = UINT64_MAX;
  bitmap.words[1] = 5;
  bitmap.words[2] = 2;
  assert_int_equal(bitmap_rebuild(&bitmap), 0);
  assert_int_equal(bitmap.set, 64 + 2 + 1);
  assert_int_equal(bitmap_next_zero(&bitmap, 0, 130), 65);
  assert_int_equal(bitmap_next_one(&bitmap, 67), 129);
  bitmap.words[2] = 4;  // bit 130 is past the end
  assert_int_equal(bitmap_rebuild(&bitmap), -EBADMSG);
  bitmap_free(&bitmap);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(agrees_with_a_model),       cmocka_unit_test(finds_the_one_zero_among_many),
      cmocka_unit_test(setting_twice_counts_once), cmocka_unit_test(resizes_to_any_size),
      cmocka_unit_test(rebuilds_from_words),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
