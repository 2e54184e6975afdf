// SPDX-License-Identifier: MIT
// Sizes, counts and nearest words: what people type, and what they mistype.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/words.h"

struct number_case {
  const char *text;
  int error;
  uint64_t value;
};

typedef int (*number_parser)(const char *text, uint64_t *value);

static void check_numbers(number_parser parse, const struct number_case *cases, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint64_t value = 4242;
    int error = parse(cases[i].text, &value);
    uint64_t expected = cases[i].error ? 4242 : cases[i].value;  // a failure leaves the number alone
    if (error != cases[i].error || value != expected)
      fail_msg("\"%s\": got %d and %ju, expected %d and %ju", cases[i].text, error, (uintmax_t)value, cases[i].error,
               (uintmax_t)expected);
  }
}

static void test_parse_size(void **state) {
  (void)state;
  static const struct number_case cases[] = {
      {"0", 0, 0},
      {"512", 0, 512},
      {"64K", 0, 64 << 10},
      {"64k", 0, 64 << 10},
      {"4KiB", 0, 4096},
      {"4KB", 0, 4096},
      {"100B", 0, 100},
      {"128M", 0, 128 << 20},
      {"2G", 0, 2ull << 30},
      {"1T", 0, 1ull << 40},
      {"18446744073709551615", 0, UINT64_MAX},
      {"15E", 0, 15ull << 60},
      {"", -EINVAL, 0},
      {"K", -EINVAL, 0},
      {"-1", -EINVAL, 0},
      {"+1", -EINVAL, 0},
      {" 1", -EINVAL, 0},
      {"1 ", -EINVAL, 0},
      {"1 K", -EINVAL, 0},
      {"1.5G", -EINVAL, 0},
      {"0x10", -EINVAL, 0},
      {"12iB", -EINVAL, 0},
      {"12Ki", -EINVAL, 0},
      {"12KK", -EINVAL, 0},
      {"12Q", -EINVAL, 0},
      {"12MiBs", -EINVAL, 0},
      {"many", -EINVAL, 0},
      {"18446744073709551616", -ERANGE, 0},
      {"99999999999999999999999999", -ERANGE, 0},
      {"16E", -ERANGE, 0},
      {"17592186044416M", -ERANGE, 0},
      {"99999999999999999999999999x", -EINVAL, 0},
  };
  check_numbers(parse_size, cases, sizeof cases / sizeof *cases);
}

static void test_parse_count(void **state) {
  (void)state;
  static const struct number_case cases[] = {
      {"0", 0, 0},
      {"5000", 0, 5000},
      {"64K", 0, 64000},
      {"4M", 0, 4000000},
      {"2g", 0, 2000000000},
      {"18446744073709551615", 0, UINT64_MAX},
      {"", -EINVAL, 0},
      {"-5", -EINVAL, 0},
      {"1e6", -EINVAL, 0},
      {"4MB", -EINVAL, 0},
      {"4 M", -EINVAL, 0},
      {"four", -EINVAL, 0},
      {"18446744073709551616", -ERANGE, 0},
      {"19E", -ERANGE, 0},
  };
  check_numbers(parse_count, cases, sizeof cases / sizeof *cases);
}

static void test_nearest_word(void **state) {
  (void)state;
  static const char *const words[] = {"mmap", "pread", "stdio", "uring", "null"};
  static const struct {
    const char *text, *nearest;
  } cases[] = {
      {"mmap", "mmap"},
      {"mmpa", "mmap"},         // neighbours swapped
      {"map", "mmap"},          // a letter missing
      {"preads", "pread"},      // one too many
      {"studio", "stdio"},      // one in the middle
      {"iuring", "uring"},      // one in front
      {"urinalysis", "uring"},  // far, but the same beginning
      {"rocksdb", NULL},
      {"xyz", NULL},
      {"", NULL},
      {"a-word-so-long-that-nobody-can-have-meant-any-of-the-words-that-there-are", NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *nearest = nearest_word(cases[i].text, words, sizeof words / sizeof *words);
    if (!cases[i].nearest && nearest) fail_msg("\"%s\": got %s, expected nothing", cases[i].text, nearest);
    if (!cases[i].nearest) continue;
    assert_non_null(nearest);
    assert_string_equal(nearest, cases[i].nearest);
  }
  assert_null(nearest_word("mmap", words, 0));
}

static void test_nearest_word_takes_the_first_of_equals(void **state) {
  (void)state;
  static const char *const words[] = {"cold", "bold"};
  assert_string_equal(nearest_word("gold", words, 2), "cold");
}

static void test_format_size(void **state) {
  (void)state;
  static const struct {
    uint64_t bytes;
    const char *text;
  } cases[] = {
      {0, "0 B"},
      {128, "128 B"},
      {1023, "1023 B"},
      {1024, "1 KiB"},
      {4096, "4 KiB"},
      {1536, "1.5 KiB"},
      {1000000, "976.6 KiB"},
      {128 << 20, "128 MiB"},
      {3ull << 29, "1.5 GiB"},
      {1ull << 40, "1 TiB"},
      {1ull << 60, "1 EiB"},
      {UINT64_MAX, "16 EiB"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[32];
    format_size(cases[i].bytes, text, sizeof text);
    assert_string_equal(text, cases[i].text);
  }
  char small[4];
  format_size(128ull << 20, small, sizeof small);
  assert_string_equal(small, "128");  // cut, never written past its room
}

static void test_error_set(void **state) {
  (void)state;
  struct error error = {.code = 0};
  assert_int_equal(error_set(&error, -EINVAL, "%s: bad %d", "file", 7), -EINVAL);
  assert_int_equal(error.code, -EINVAL);
  assert_string_equal(error.text, "file: bad 7");
  assert_int_equal(error_set(NULL, -ENOENT, "nobody listens"), -ENOENT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_parse_size),   cmocka_unit_test(test_parse_count),
      cmocka_unit_test(test_nearest_word), cmocka_unit_test(test_nearest_word_takes_the_first_of_equals),
      cmocka_unit_test(test_format_size),  cmocka_unit_test(test_error_set),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
