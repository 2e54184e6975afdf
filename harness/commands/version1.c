// SPDX-License-Identifier: MIT
// Version 1 of the file format, the lecture's. Little-endian: u32 magic, u32 version, u64 entry_count, u64
// next_free_offset (counted from the first entry), u64 max_file_size, zeros.
#include "harness/commands/version1.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "engines/slots/format.h"

enum { FIRST_ENTRIES = 1000, AT_VERSION = 4, AT_COUNT = 8, AT_NEXT_FREE = 16, AT_SIZE = 24, AT_REST = 32 };

static uint32_t load32(const unsigned char *bytes) {
  uint32_t value;
  memcpy(&value, bytes, sizeof value);
  return le32toh(value);
}

static uint64_t load64(const unsigned char *bytes) {
  uint64_t value;
  memcpy(&value, bytes, sizeof value);
  return le64toh(value);
}

static void store32(unsigned char *bytes, uint32_t value) {
  value = htole32(value);
  memcpy(bytes, &value, sizeof value);
}

static void store64(unsigned char *bytes, uint64_t value) {
  value = htole64(value);
  memcpy(bytes, &value, sizeof value);
}

static size_t unpadded(const unsigned char *bytes, size_t length) {
  while (length > 0 && bytes[length - 1] == 0) length--;
  return length;
}

// What is wrong with a header, or NULL.
static const char *header_fault(const unsigned char *bytes, uint64_t size) {
  if (load32(bytes) != FORMAT_MAGIC) return "is not a version 1 store; give a file that the lecture's program wrote";
  uint32_t version = load32(bytes + AT_VERSION);
  if (version == FORMAT_VERSION) return "is a version 2 store already; dump and load copy one";
  if (version != 1) return "has a version that nobody knows; give a file that the lecture's program wrote";
  if (unpadded(bytes + AT_REST, VERSION1_HEADER - AT_REST))
    return "has a damaged header: bytes 32 to 63 are not zero; restore the file";
  uint64_t entries = load64(bytes + AT_COUNT), room = (size - VERSION1_HEADER) / VERSION1_ENTRY;
  if (entries > room) return "is too short for the entries its header counts; restore the file";
  if (load64(bytes + AT_NEXT_FREE) != entries * VERSION1_ENTRY)
    return "has a damaged header: next_free_offset is not 81 times entry_count; restore the file";
  return NULL;
}

int version1_decode_header(const unsigned char bytes[VERSION1_HEADER], uint64_t size, uint64_t *entries,
                           const char **why) {
  *why = size < VERSION1_HEADER ? "is shorter than a header; give a file that the lecture's program wrote"
                                : header_fault(bytes, size);
  if (*why) return -EINVAL;
  *entries = load64(bytes + AT_COUNT);
  return 0;
}

void version1_encode_header(uint64_t entries, unsigned char bytes[VERSION1_HEADER], uint64_t *size) {
  *size = VERSION1_HEADER + FIRST_ENTRIES * VERSION1_ENTRY;
  while ((*size - VERSION1_HEADER) / VERSION1_ENTRY < entries) *size *= 2;
  memset(bytes, 0, VERSION1_HEADER);
  store32(bytes, FORMAT_MAGIC);
  store32(bytes + AT_VERSION, 1);
  store64(bytes + AT_COUNT, entries);
  store64(bytes + AT_NEXT_FREE, entries * VERSION1_ENTRY);
  store64(bytes + AT_SIZE, *size);
}

int version1_decode_entry(const unsigned char bytes[VERSION1_ENTRY], struct version1_entry *entry) {
  unsigned char valid = bytes[VERSION1_ENTRY - 1];
  entry->key = bytes;
  entry->value = bytes + VERSION1_KEY;
  entry->key_length = unpadded(entry->key, VERSION1_KEY);
  entry->value_length = unpadded(entry->value, VERSION1_VALUE);
  entry->live = valid;
  return valid > 1 || entry->key_length == 0 ? -EINVAL : 0;
}

int version1_encode_entry(const struct version1_entry *entry, unsigned char bytes[VERSION1_ENTRY], const char **why) {
  *why = NULL;
  if (entry->key_length > VERSION1_KEY || unpadded(entry->key, entry->key_length) != entry->key_length)
    *why = "the key ends in a zero byte";
  if (entry->value_length > VERSION1_VALUE)
    *why = "the value has more than 64 bytes";
  else if (unpadded(entry->value, entry->value_length) != entry->value_length)
    *why = "the value ends in a zero byte";
  if (*why) return -EINVAL;
  memset(bytes, 0, VERSION1_ENTRY);
  memcpy(bytes, entry->key, entry->key_length);
  memcpy(bytes + VERSION1_KEY, entry->value, entry->value_length);
  bytes[VERSION1_ENTRY - 1] = 1;
  return 0;
}
