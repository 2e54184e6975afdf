// SPDX-License-Identifier: MIT
// The bytes of a store file: fields at their published offsets, every flipped bit noticed, fields checked beyond the
// sum.
#include "engines/slots/format.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <xxhash.h>

#include <cmocka.h>

enum { SIZE = 128 };

static const struct header sample = {.entry_count = 3,
                                     .next_free_offset = 8192 + 5 * SIZE,
                                     .max_file_size = 81920,
                                     .record_size = SIZE,
                                     .clean = true,
                                     .store_id = 0x1122334455667788,
                                     .generation = 9};

static uint64_t load(const unsigned char *bytes, size_t length) {
  uint64_t value = 0;
  for (size_t i = length; i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

static void header_fields_stand_where_published(void **state) {
  unsigned char bytes[HEADER_BYTES];
  (void)state;
  header_encode(&sample, bytes);
  assert_int_equal(load(bytes, 4), 0xDEADBEEF);
  assert_int_equal(load(bytes + 4, 4), 2);
  assert_int_equal(load(bytes + 8, 8), 3);
  assert_int_equal(load(bytes + 16, 8), 8192 + 5 * SIZE);
  assert_int_equal(load(bytes + 24, 8), 81920);
  assert_int_equal(load(bytes + 32, 4), SIZE);
  assert_int_equal(load(bytes + 36, 4), 1);
  assert_int_equal(load(bytes + 40, 8), 0x1122334455667788);
  assert_int_equal(load(bytes + 48, 8), 9);
  assert_int_equal(load(bytes + 56, 8), XXH3_64bits(bytes, 56));
}

static void header_comes_back(void **state) {
  unsigned char bytes[HEADER_BYTES];
  struct header header;
  uint32_t version;
  (void)state;
  header_encode(&sample, bytes);
  assert_int_equal(header_decode(bytes, &header, &version), 0);
  assert_int_equal(header.entry_count, sample.entry_count);
  assert_int_equal(header.next_free_offset, sample.next_free_offset);
  assert_int_equal(header.max_file_size, sample.max_file_size);
  assert_int_equal(header.record_size, sample.record_size);
  assert_true(header.clean);
  assert_int_equal(header.store_id, sample.store_id);
  assert_int_equal(header.generation, sample.generation);
}

static void header_notices_every_flipped_bit(void **state) {
  unsigned char bytes[HEADER_BYTES];
  struct header header;
  uint32_t version;
  (void)state;
  header_encode(&sample, bytes);
  for (size_t bit = 0; bit < HEADER_BYTES * 8; bit++) {
    bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    int expected = bit < 32 ? -EINVAL : bit < 64 ? -EPROTONOSUPPORT : -EBADMSG;
    assert_int_equal(header_decode(bytes, &header, &version), expected);
    bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
  }
  memset(bytes, 0, sizeof bytes);
  assert_int_equal(header_decode(bytes, &header, &version), -EINVAL);
}

// A checksum is no authentication: what it vouches for may still be nonsense.
static void header_fields_are_checked(void **state) {
  struct header headers[] = {sample, sample, sample, sample, sample, sample, sample};
  struct header header;
  uint32_t version;
  (void)state;
  headers[0].record_size = 100;
  headers[1].record_size = 0;
  headers[2].next_free_offset = 4096;
  headers[3].next_free_offset = 8192 + 5 * SIZE + 1;
  headers[4].entry_count = 6;  // more than slots ever used
  headers[5].next_free_offset = UINT64_MAX;
  headers[6].generation = UINT64_MAX;  // the next one would be the oldest
  for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
    unsigned char bytes[HEADER_BYTES];
    header_encode(&headers[i], bytes);
    assert_int_equal(header_decode(bytes, &header, &version), -EBADMSG);
  }
}

static void record_sizes(void **state) {
  static const uint32_t good[] = {64, 128, 256, 512, 1024, 2048, 4096, 8192, 12288, 1 << 20};
  static const uint64_t bad[] = {0, 1, 32, 63, 65, 96, 100, 4095, 4097, 6144, (1 << 20) + 4096, 1ull << 32};
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) assert_true(record_size_allowed(good[i]));
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) assert_false(record_size_allowed(bad[i]));
  assert_int_equal(slot_offset(1 << 20, SLOTS_MAX), 8192 + ((uint64_t)SLOTS_MAX << 20));
}

static struct record sample_record(void) {
  return (struct record){.key = (const unsigned char *)"key",
                         .value = (const unsigned char *)"value\0with zeros\0",
                         .key_length = 3,
                         .value_length = 17,
                         .sequence = 0x0102030405060708,
                         .valid = RECORD_PUT};
}

static void record_fields_stand_where_published(void **state) {
  unsigned char bytes[SIZE];
  struct record record = sample_record();
  (void)state;
  memset(bytes, 0xee, sizeof bytes);
  record_encode(bytes, SIZE, 42, &record);
  assert_memory_equal(bytes, "key\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
  assert_memory_equal(bytes + 16, record.value, 17);
  for (size_t i = 16 + 17; i < SIZE - 24; i++) assert_int_equal(bytes[i], 0);
  assert_int_equal(bytes[SIZE - 24], 1);
  assert_int_equal(bytes[SIZE - 23], 3);
  assert_int_equal(load(bytes + SIZE - 22, 2), 0);
  assert_int_equal(load(bytes + SIZE - 20, 4), 17);
  assert_int_equal(load(bytes + SIZE - 16, 8), 0x0102030405060708);
  assert_int_equal(load(bytes + SIZE - 8, 8), XXH3_64bits_withSeed(bytes, SIZE - 8, 42));
}

static void record_comes_back(void **state) {
  unsigned char bytes[SIZE];
  struct record record = sample_record(), back;
  (void)state;
  record_encode(bytes, SIZE, 42, &record);
  assert_int_equal(record_decode(bytes, SIZE, 42, &back), RECORD_STATE_VALID);
  assert_int_equal(back.key_length, 3);
  assert_memory_equal(back.key, "key", 3);
  assert_int_equal(back.value_length, 17);
  assert_memory_equal(back.value, record.value, 17);
  assert_int_equal(back.sequence, record.sequence);
  assert_int_equal(back.valid, RECORD_PUT);
  memset(&back, 0, sizeof back);
  record_view(bytes, SIZE, &back);
  assert_int_equal(back.value_length, 17);
  assert_int_equal(back.sequence, record.sequence);
}

static void record_notices_every_flipped_bit(void **state) {
  unsigned char bytes[SIZE];
  struct record record = sample_record(), back;
  (void)state;
  record_encode(bytes, SIZE, 42, &record);
  for (size_t bit = 0; bit < SIZE * 8; bit++) {
    bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    assert_int_equal(record_decode(bytes, SIZE, 42, &back), RECORD_STATE_CORRUPT);
    bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
  }
  memset(bytes, 0, sizeof bytes);
  assert_int_equal(record_decode(bytes, SIZE, 42, &back), RECORD_STATE_EMPTY);
  for (size_t i = 0; i < SIZE; i++) {
    bytes[i] = 1;
    assert_int_equal(record_decode(bytes, SIZE, 42, &back), RECORD_STATE_CORRUPT);
    bytes[i] = 0;
  }
}

// The same bytes in another slot, or of another store, are no record there.
static void record_is_tied_to_its_place(void **state) {
  unsigned char bytes[SIZE];
  struct record record = sample_record(), back;
  (void)state;
  record_encode(bytes, SIZE, record_seed(1, 7), &record);
  assert_int_equal(record_decode(bytes, SIZE, record_seed(1, 7), &back), RECORD_STATE_VALID);
  assert_int_equal(record_decode(bytes, SIZE, record_seed(1, 8), &back), RECORD_STATE_CORRUPT);
  assert_int_equal(record_decode(bytes, SIZE, record_seed(2, 7), &back), RECORD_STATE_CORRUPT);
  assert_int_equal(record_decode(bytes, SIZE, record_seed(7, 1), &back), RECORD_STATE_CORRUPT);
}

static void record_fields_are_checked(void **state) {
  static const struct {
    size_t offset;
    unsigned char value;
  } wrong[] = {{SIZE - 24, 3}, {SIZE - 24, 0}, {SIZE - 23, 0},  {SIZE - 23, 17},
               {SIZE - 22, 1}, {SIZE - 21, 1}, {SIZE - 20, 89}, {SIZE - 17, 1}};
  struct record record = sample_record(), back;
  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    unsigned char bytes[SIZE];
    record_encode(bytes, SIZE, 42, &record);
    bytes[wrong[i].offset] = wrong[i].value;
    uint64_t sum = XXH3_64bits_withSeed(bytes, SIZE - 8, 42);
    memcpy(bytes + SIZE - 8, &sum, sizeof sum);
    assert_int_equal(record_decode(bytes, SIZE, 42, &back), RECORD_STATE_CORRUPT);
  }
  static const uint64_t sequences[] = {0, COUNTER_MAX + 1, UINT64_MAX};
  for (size_t i = 0; i < sizeof sequences / sizeof sequences[0]; i++) {
    unsigned char bytes[SIZE];
    record.sequence = sequences[i];
    record_encode(bytes, SIZE, 42, &record);
    assert_int_equal(record_decode(bytes, SIZE, 42, &back), RECORD_STATE_CORRUPT);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(header_fields_stand_where_published),
      cmocka_unit_test(header_comes_back),
      cmocka_unit_test(header_notices_every_flipped_bit),
      cmocka_unit_test(header_fields_are_checked),
      cmocka_unit_test(record_sizes),
      cmocka_unit_test(record_fields_stand_where_published),
      cmocka_unit_test(record_comes_back),
      cmocka_unit_test(record_notices_every_flipped_bit),
      cmocka_unit_test(record_is_tied_to_its_place),
      cmocka_unit_test(record_fields_are_checked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
