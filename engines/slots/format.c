// SPDX-License-Identifier: MIT
// The hash is compiled in: of records as small as ours a call of it costs as much as it does.
#define XXH_INLINE_ALL
#include "engines/slots/format.h"

#include <errno.h>
#include <xxhash.h>

enum { FLAG_CLEAN = 1 };

static void store32(unsigned char *at, uint32_t value) {
  value = htole32(value);
  memcpy(at, &value, sizeof value);
}

static void store64(unsigned char *at, uint64_t value) {
  value = htole64(value);
  memcpy(at, &value, sizeof value);
}

static uint32_t load32(const unsigned char *at) {
  uint32_t value;
  memcpy(&value, at, sizeof value);
  return le32toh(value);
}

static uint64_t load64(const unsigned char *at) {
  uint64_t value;
  memcpy(&value, at, sizeof value);
  return le64toh(value);
}

bool record_size_allowed(uint64_t record_size) {
  if (record_size < RECORD_SIZE_MIN || record_size > RECORD_SIZE_MAX) return false;
  if (record_size <= 4096) return (record_size & (record_size - 1)) == 0;
  return record_size % 4096 == 0;
}

void header_encode(const struct header *header, unsigned char bytes[HEADER_BYTES]) {
  store32(bytes, FORMAT_MAGIC);
  store32(bytes + 4, FORMAT_VERSION);
  store64(bytes + 8, header->entry_count);
  store64(bytes + 16, header->next_free_offset);
  store64(bytes + 24, header->max_file_size);
  store32(bytes + 32, header->record_size);
  store32(bytes + 36, header->clean ? FLAG_CLEAN : 0);
  store64(bytes + 40, header->store_id);
  store64(bytes + 48, header->generation);
  store64(bytes + 56, XXH3_64bits(bytes, 56));
}

static bool header_fields_fit(const struct header *header, uint32_t flags) {
  if (!record_size_allowed(header->record_size) || (flags & ~(uint32_t)FLAG_CLEAN)) return false;
  if (header->generation > COUNTER_MAX) return false;
  if (!header->clean) return true;
  uint64_t used = header->next_free_offset - RECORDS_OFFSET;
  return header->next_free_offset >= RECORDS_OFFSET && used % header->record_size == 0 &&
         used / header->record_size <= SLOTS_MAX && header->entry_count <= used / header->record_size;
}

int header_decode(const unsigned char bytes[HEADER_BYTES], struct header *header, uint32_t *version) {
  if (load32(bytes) != FORMAT_MAGIC) return -EINVAL;
  *version = load32(bytes + 4);
  if (*version != FORMAT_VERSION) return -EPROTONOSUPPORT;
  if (load64(bytes + 56) != XXH3_64bits(bytes, 56)) return -EBADMSG;
  uint32_t flags = load32(bytes + 36);
  *header = (struct header){
      .entry_count = load64(bytes + 8),
      .next_free_offset = load64(bytes + 16),
      .max_file_size = load64(bytes + 24),
      .record_size = load32(bytes + 32),
      .clean = (flags & FLAG_CLEAN) != 0,
      .store_id = load64(bytes + 40),
      .generation = load64(bytes + 48),
  };
  return header_fields_fit(header, flags) ? 0 : -EBADMSG;
}

uint64_t record_seed(uint64_t store_id, uint64_t slot) {
  unsigned char pair[16];
  store64(pair, store_id);
  store64(pair + 8, slot);
  return XXH3_64bits(pair, sizeof pair);
}

void record_encode(unsigned char *bytes, uint32_t record_size, uint64_t seed, const struct record *record) {
  unsigned char *end = bytes + record_size;
  uint32_t room = record_size - RECORD_OVERHEAD;
  if (record->key_length == KEY_LENGTH_MAX) {  // of a constant length: two instructions in place of two calls
    memcpy(bytes, record->key, KEY_LENGTH_MAX);
  } else {
    memcpy(bytes, record->key, record->key_length);
    memset(bytes + record->key_length, 0, KEY_LENGTH_MAX - record->key_length);
  }
  if (record->value_length) memcpy(bytes + KEY_LENGTH_MAX, record->value, record->value_length);
  if (record->value_length < room)
    memset(bytes + KEY_LENGTH_MAX + record->value_length, 0, room - record->value_length);
  // Eight bytes in one store: the checksum reads them as one word, and would wait for stores of parts of it.
  store64(end - TAIL_VALID, (uint64_t)record->valid |
                                (uint64_t)record->key_length << 8 * (TAIL_VALID - TAIL_KEY_LENGTH) |
                                (uint64_t)record->value_length << 8 * (TAIL_VALID - TAIL_VALUE_LENGTH));
  store64(end - TAIL_SEQUENCE, record->sequence);
  store64(end - TAIL_SUM, XXH3_64bits_withSeed(bytes, record_size - TAIL_SUM, seed));
}

static bool all_zero(const unsigned char *bytes, size_t length) {
  return bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0;
}

static bool record_fields_fit(const unsigned char *bytes, uint32_t record_size, const struct record *record) {
  const unsigned char *end = bytes + record_size;
  if (record->valid != RECORD_PUT && record->valid != RECORD_DELETED) return false;
  if (record->key_length < 1 || record->key_length > KEY_LENGTH_MAX) return false;
  if (end[-TAIL_RESERVED] || end[1 - TAIL_RESERVED]) return false;
  if (record->sequence == 0 || record->sequence > COUNTER_MAX) return false;
  return record->value_length <= record_size - RECORD_OVERHEAD;
}

enum record_state record_decode(const unsigned char *bytes, uint32_t record_size, uint64_t seed,
                                struct record *record) {
  uint64_t sum = load64(bytes + record_size - TAIL_SUM);
  if (sum == 0 && all_zero(bytes, record_size)) return RECORD_STATE_EMPTY;
  if (sum != XXH3_64bits_withSeed(bytes, record_size - TAIL_SUM, seed)) return RECORD_STATE_CORRUPT;
  record_view(bytes, record_size, record);
  return record_fields_fit(bytes, record_size, record) ? RECORD_STATE_VALID : RECORD_STATE_CORRUPT;
}
