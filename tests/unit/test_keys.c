// SPDX-License-Identifier: MIT
// Key streams, permutations, keys and values.
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "workloads/key_tail.h"
#include "workloads/keys.h"
#include "workloads/random.h"
#include "workloads/uniform.h"

static struct key_stream *open_stream(enum key_order order, uint64_t records, uint64_t seed) {
  struct key_stream_config config = {.order = order, .records = records, .theta = 0.99, .seed = seed, .stride = 1};
  struct key_stream *stream = NULL;
  assert_int_equal(key_stream_open(&config, &stream), 0);
  return stream;
}

static void test_permutation_takes_every_id_once(void **state) {
  (void)state;
  const uint64_t sizes[] = {1, 2, 3, 4, 5, 7, 64, 65, 1000, 4096, 100003};
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    for (uint64_t seed = 0; seed < 5; seed++) {
      unsigned char *seen = calloc(sizes[s], 1);
      assert_non_null(seen);
      for (uint64_t i = 0; i < sizes[s]; i++) {
        uint64_t id = key_permute(i, sizes[s], seed * 0x9e3779b97f4a7c15u);
        assert_in_range(id, 0, sizes[s] - 1);
        assert_int_equal(seen[id]++, 0);
      }
      free(seen);
    }
  }
}

static void test_permutation_scatters(void **state) {
  (void)state;
  enum { RECORDS = 1 << 16 };
  unsigned neighbours = 0, fixed = 0;
  for (uint64_t i = 0; i + 1 < RECORDS; i++) {
    uint64_t a = key_permute(i, RECORDS, 1), b = key_permute(i + 1, RECORDS, 1);
    neighbours += a + 1 == b || b + 1 == a;
    fixed += a == i;
  }
  assert_in_range(neighbours, 0, 32);  // by chance: 2
  assert_in_range(fixed, 0, 16);       // by chance: 1
}

static void test_seeds_permute_differently(void **state) {
  (void)state;
  unsigned same = 0;
  for (uint64_t i = 0; i < 10000; i++) same += key_permute(i, 10000, 1) == key_permute(i, 10000, 2);
  assert_in_range(same, 0, 50);
}

static void test_sequential_goes_round(void **state) {
  (void)state;
  struct key_stream_config config = {.order = KEYS_SEQUENTIAL, .records = 10, .first = 1, .stride = 3};
  struct key_stream *stream;
  const uint64_t expected[] = {1, 4, 7, 1, 4, 7, 1};
  uint64_t ids[7];
  assert_int_equal(key_stream_open(&config, &stream), 0);
  key_stream_next(stream, ids, 2);
  key_stream_next(stream, ids + 2, 5);
  assert_memory_equal(ids, expected, sizeof ids);
  key_stream_close(stream);
}

static void test_sequential_strides_cover_all(void **state) {
  (void)state;
  unsigned seen[10] = {0};
  for (uint64_t thread = 0; thread < 3; thread++) {
    struct key_stream_config config = {.order = KEYS_SEQUENTIAL, .records = 10, .first = thread, .stride = 3};
    struct key_stream *stream;
    uint64_t ids[4];
    assert_int_equal(key_stream_open(&config, &stream), 0);
    key_stream_next(stream, ids, 4);
    for (int i = 0; i < (thread == 0 ? 4 : 3); i++) seen[ids[i]]++;
    key_stream_close(stream);
  }
  for (int i = 0; i < 10; i++) assert_int_equal(seen[i], 1);
}

static void draw(enum key_order order, uint64_t records, uint64_t seed, unsigned *counts, size_t draws) {
  struct key_stream *stream = open_stream(order, records, seed);
  uint64_t ids[100];
  for (size_t done = 0; done < draws; done += 100) {
    key_stream_next(stream, ids, 100);
    for (int i = 0; i < 100; i++) {
      assert_in_range(ids[i], 0, records - 1);
      counts[ids[i]]++;
    }
  }
  key_stream_close(stream);
}

// Five standard deviations: a right generator fails once in two million such checks, and the seed is fixed.
static void assert_near(double count, double expected) {
  if (fabs(count - expected) > 5 * sqrt(expected) + 1) fail_msg("counted %.0f where %.0f belong", count, expected);
}

static void test_uniform_is_even(void **state) {
  (void)state;
  enum { RECORDS = 101, DRAWS = 1010000 };
  unsigned counts[RECORDS] = {0};
  draw(KEYS_UNIFORM, RECORDS, 7, counts, DRAWS);
  for (int i = 0; i < RECORDS; i++) assert_near(counts[i], (double)DRAWS / RECORDS);
}

static int compare_descending(const void *a, const void *b) {
  unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;
  return (x < y) - (x > y);
}

static double zeta(uint64_t from, uint64_t to) {
  double sum = 0;
  for (uint64_t rank = from; rank < to; rank++) sum += pow((double)rank + 1, -0.99);
  return sum;
}

// KEYS_LATEST shows the ranks bare: distance from the newest id.
static void test_zipfian_frequencies(void **state) {
  (void)state;
  enum { RECORDS = 100000, DRAWS = 4000000 };
  static unsigned counts[RECORDS];
  memset(counts, 0, sizeof counts);
  draw(KEYS_LATEST, RECORDS, 3, counts, DRAWS);
  double total = zeta(0, RECORDS);
  for (uint64_t rank = 0; rank < 1000; rank++)
    assert_near(counts[RECORDS - 1 - rank], DRAWS * pow((double)rank + 1, -0.99) / total);
  for (uint64_t from = 1000; from < RECORDS; from += 1000) {
    double sum = 0;
    for (uint64_t rank = from; rank < from + 1000; rank++) sum += counts[RECORDS - 1 - rank];
    assert_near(sum, DRAWS * zeta(from, from + 1000) / total);
  }
}

static void test_zipfian_is_latest_permuted(void **state) {
  (void)state;
  enum { RECORDS = 5000, DRAWS = 1000000 };
  static unsigned zipfian[RECORDS], latest[RECORDS];
  memset(zipfian, 0, sizeof zipfian);
  memset(latest, 0, sizeof latest);
  draw(KEYS_ZIPFIAN, RECORDS, 11, zipfian, DRAWS);
  draw(KEYS_LATEST, RECORDS, 11, latest, DRAWS);
  unsigned hottest = zipfian[0] > zipfian[1] ? 0 : 1;
  for (unsigned i = 0; i < RECORDS; i++) hottest = zipfian[i] > zipfian[hottest] ? i : hottest;
  assert_int_not_equal(hottest, 0);  // spread: the hot ones do not stand together
  qsort(zipfian, RECORDS, sizeof *zipfian, compare_descending);
  qsort(latest, RECORDS, sizeof *latest, compare_descending);
  assert_memory_equal(zipfian, latest, sizeof zipfian);
}

static void test_zipfian_hot_keys_do_not_depend_on_seed(void **state) {
  (void)state;
  enum { RECORDS = 1000, DRAWS = 100000 };
  unsigned hottest[2] = {0};
  for (uint64_t seed = 0; seed < 2; seed++) {
    unsigned counts[RECORDS] = {0};
    draw(KEYS_ZIPFIAN, RECORDS, seed, counts, DRAWS);
    for (unsigned i = 0; i < RECORDS; i++)
      if (counts[i] > counts[hottest[seed]]) hottest[seed] = i;
  }
  assert_int_equal(hottest[0], hottest[1]);
}

static void test_zipfian_touches_every_id(void **state) {
  (void)state;
  unsigned counts[300] = {0};
  draw(KEYS_ZIPFIAN, 300, 5, counts, 300000);
  for (int i = 0; i < 300; i++) assert_int_not_equal(counts[i], 0);
}

static void test_latest_follows_growth(void **state) {
  (void)state;
  struct key_stream *stream = open_stream(KEYS_LATEST, 100, 1);
  uint64_t ids[1000], newest = 0;
  key_stream_grow(stream, 499);
  key_stream_grow(stream, 300);  // an older one changes nothing
  key_stream_next(stream, ids, 1000);
  for (int i = 0; i < 1000; i++) {
    assert_in_range(ids[i], 400, 499);
    newest += ids[i] == 499;
  }
  assert_in_range(newest, 100, 300);  // a fifth of the draws
  key_stream_close(stream);
}

static void test_seed_decides(void **state) {
  (void)state;
  const enum key_order orders[] = {KEYS_UNIFORM, KEYS_ZIPFIAN, KEYS_LATEST};
  for (int o = 0; o < 3; o++) {
    uint64_t a[256], b[256], c[256];
    struct key_stream *streams[] = {open_stream(orders[o], 1 << 20, 42), open_stream(orders[o], 1 << 20, 42),
                                    open_stream(orders[o], 1 << 20, 43)};
    key_stream_next(streams[0], a, 256);
    key_stream_next(streams[1], b, 256);
    key_stream_next(streams[2], c, 256);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_not_equal(a, c, sizeof a);
    for (int i = 0; i < 3; i++) key_stream_close(streams[i]);
  }
}

static void test_large_counts(void **state) {
  (void)state;
  const uint64_t records = 1ull << 36;
  const enum key_order orders[] = {KEYS_UNIFORM, KEYS_ZIPFIAN, KEYS_LATEST};
  for (int o = 0; o < 3; o++) {
    struct key_stream *stream = open_stream(orders[o], records, 9);
    uint64_t ids[1000], above = 0;
    key_stream_next(stream, ids, 1000);
    for (int i = 0; i < 1000; i++) {
      assert_in_range(ids[i], 0, records - 1);
      above += ids[i] > UINT32_MAX;
    }
    assert_in_range(above, 500, 1000);
    key_stream_close(stream);
  }
}

static void test_bad_configs(void **state) {
  (void)state;
  struct key_stream *stream;
  struct key_stream_config good = {.order = KEYS_ZIPFIAN, .records = 10, .theta = 0.5, .stride = 1}, bad = good;
  bad.records = 0;
  assert_int_equal(key_stream_open(&bad, &stream), -EINVAL);
  bad = good;
  bad.stride = 0;
  assert_int_equal(key_stream_open(&bad, &stream), -EINVAL);
  const double thetas[] = {0, 1, -1, NAN};
  for (int i = 0; i < 4; i++) {
    bad = good;
    bad.theta = thetas[i];
    assert_int_equal(key_stream_open(&bad, &stream), -EINVAL);
  }
}

static void test_keys_sort_and_come_back(void **state) {
  (void)state;
  const uint64_t ids[] = {0, 1, 9, 10, 31, 32, 1023, 1024, 99999, 1u << 20, 123456789, UINT32_MAX, KEY_ID_LIMIT - 1};
  char previous[KEY_BYTES] = {0};
  for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
    char key[KEY_BYTES];
    uint64_t id;
    key_make(ids[i], key);
    assert_true(memcmp(previous, key, KEY_BYTES) < 0);
    assert_int_equal(key_parse(key, KEY_BYTES, &id), 1);
    assert_int_equal(id, ids[i]);
    memcpy(previous, key, KEY_BYTES);
  }
  char key[KEY_BYTES];
  key_make(32 * 10 + 31, key);
  assert_memory_equal(key, "user0000000000av", KEY_BYTES);
}

static void test_key_tails_are_those_of_keys(void **state) {
  (void)state;
  const uint64_t ids[] = {5, 77777, 1ull << 39, 0, 31};
  for (size_t i = 0; i < 5; i++) {
    char key[KEY_BYTES];
    key_make(ids[i], key);
    for (int place = 0; place < 2; place++) {
      key_pair pair = place == 0 ? key_tail_pair(ids[i], 12345) : key_tail_pair(12345, ids[i]);
      uint64_t tail = pair[place];
      assert_memory_equal(&tail, key + KEY_HEAD_BYTES, sizeof tail);
    }
  }
}

#ifdef WIDE_AVX2
WIDE_AVX2 static void check_quad(const uint64_t ids[4]) {
  key_quad tails = key_tail_quad(ids);
  for (size_t i = 0; i < 4; i++) assert_int_equal((uint64_t)tails[i], key_tail(ids[i]));
}
#endif

static void test_key_tails_of_four(void **state) {
  (void)state;
#ifdef WIDE_AVX2
  if (!wide_has_avx2()) skip();
  struct random random;
  random_seed(&random, 4);
  check_quad((const uint64_t[]){0, KEY_ID_LIMIT - 1, 31, 32});
  for (int round = 0; round < 1000; round++) {
    uint64_t ids[4];
    for (int i = 0; i < 4; i++) ids[i] = random_next(&random) >> (24 + 40 * (round % 2 ? 0 : i) / 4);
    check_quad(ids);
  }
#else
  skip();
#endif
}

// The vector unit's draws are those of the plain formula, however many are taken at a time.
static void test_uniform_is_mwc64x(void **state) {
  (void)state;
  enum { DRAWS = 1000, LIMIT = 4000000 };
  const size_t parts[] = {1, 64, 3, 128, 4, 200, 5, 63};
  struct uniform uniform;
  uniform_open(&uniform, LIMIT, 17);
  uint64_t lanes[UNIFORM_LANES], numbers[DRAWS];
  memcpy(lanes, uniform.lanes, sizeof lanes);
  for (size_t done = 0, i = 0; done < DRAWS; i++) {
    size_t part = parts[i % 8] < DRAWS - done ? parts[i % 8] : DRAWS - done;
    uniform_next(&uniform, numbers + done, part);
    done += part;
  }
  for (size_t i = 0; i < DRAWS; i++) {
    uint64_t *state_of = &lanes[i % UNIFORM_LANES], low = *state_of & UINT32_MAX, carry = *state_of >> 32;
    assert_int_equal(numbers[i], ((low ^ carry) * LIMIT) >> 32);
    *state_of = low * 4294883355u + carry;
  }
}

static void test_other_keys_do_not_parse(void **state) {
  (void)state;
  uint64_t id;
  assert_int_equal(key_parse("user000000000000", 15, &id), 0);
  assert_int_equal(key_parse("usor000000000000", 16, &id), 0);
  assert_int_equal(key_parse("user00000000000w", 16, &id), 0);
  assert_int_equal(key_parse("user00000000000A", 16, &id), 0);
}

static void test_values_come_back(void **state) {
  (void)state;
  const size_t lengths[] = {16, 17, 23, 24, 63, 64, 65, 88, 984, 4056};
  unsigned char value[4056];
  for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
    for (uint64_t version = 0; version < 3; version++) {
      uint64_t found = 99;
      value_make(12345, version << 40, value, lengths[l]);
      assert_int_equal(value_check(12345, value, lengths[l], &found), 1);
      assert_int_equal(found, version << 40);
      assert_int_equal(value_check(12346, value, lengths[l], NULL), 0);
    }
  }
}

static void test_any_changed_byte_is_seen(void **state) {
  (void)state;
  unsigned char value[100];
  for (size_t length = 16; length <= sizeof value; length += 21) {
    value_make(7, 3, value, length);
    for (size_t i = 0; i < length; i++) {
      for (unsigned bit = 0; bit < 8; bit++) {
        value[i] ^= (unsigned char)(1u << bit);
        assert_int_equal(value_check(7, value, length, NULL), 0);
        value[i] ^= (unsigned char)(1u << bit);
      }
    }
    assert_int_equal(value_check(7, value, length, NULL), 1);
  }
}

static void test_mixed_versions_are_seen(void **state) {
  (void)state;
  unsigned char old[128], torn[128];
  value_make(1, 1, old, sizeof old);
  value_make(1, 2, torn, sizeof torn);
  memcpy(torn + 64, old + 64, 64);
  assert_int_equal(value_check(1, torn, sizeof torn, NULL), 0);
}

static void test_short_values(void **state) {
  (void)state;
  unsigned char value[16];
  for (size_t length = 1; length < 16; length++) {
    uint64_t version;
    memset(value, 0, sizeof value);
    value_make(3, 5, value, length);
    unsigned sum = 0;
    for (size_t i = 0; i < length; i++) sum += value[i];
    assert_int_not_equal(sum, 0);
    assert_int_equal(value_check(3, value, length, &version), 1);
    assert_int_equal(version, 5);
    for (size_t i = length; i < sizeof value; i++) assert_int_equal(value[i], 0);
  }
  value_make(3, 5, value, 0);
  assert_int_equal(value_sum(value, 0), 0);
}

static void test_sum_reads_every_byte(void **state) {
  (void)state;
  unsigned char value[201] = {0};
  for (size_t length = 1; length <= 200; length++) {
    uint64_t expected = 0;
    for (size_t i = 0; i < length; i++) {
      value[i] = (unsigned char)(i * 37 + 11);
      expected += (uint64_t)value[i] << 8 * (i % 8);
    }
    value[length] = 0xff;
    assert_int_equal(value_sum(value, length), expected);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_permutation_takes_every_id_once),
      cmocka_unit_test(test_permutation_scatters),
      cmocka_unit_test(test_seeds_permute_differently),
      cmocka_unit_test(test_sequential_goes_round),
      cmocka_unit_test(test_sequential_strides_cover_all),
      cmocka_unit_test(test_uniform_is_even),
      cmocka_unit_test(test_zipfian_frequencies),
      cmocka_unit_test(test_zipfian_is_latest_permuted),
      cmocka_unit_test(test_zipfian_hot_keys_do_not_depend_on_seed),
      cmocka_unit_test(test_zipfian_touches_every_id),
      cmocka_unit_test(test_latest_follows_growth),
      cmocka_unit_test(test_seed_decides),
      cmocka_unit_test(test_large_counts),
      cmocka_unit_test(test_bad_configs),
      cmocka_unit_test(test_keys_sort_and_come_back),
      cmocka_unit_test(test_key_tails_are_those_of_keys),
      cmocka_unit_test(test_key_tails_of_four),
      cmocka_unit_test(test_uniform_is_mwc64x),
      cmocka_unit_test(test_other_keys_do_not_parse),
      cmocka_unit_test(test_values_come_back),
      cmocka_unit_test(test_any_changed_byte_is_seen),
      cmocka_unit_test(test_mixed_versions_are_seen),
      cmocka_unit_test(test_short_values),
      cmocka_unit_test(test_sum_reads_every_byte),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
