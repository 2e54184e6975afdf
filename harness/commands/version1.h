// SPDX-License-Identifier: MIT
// Version 1 of the file format, the lecture's: a header of 64 bytes, then entries of 81 bytes in the order in which
// they were appended. docs/format.md describes it. Pure functions on memory; thread safe.
#ifndef STOREBENCH_COMMANDS_VERSION1_H
#define STOREBENCH_COMMANDS_VERSION1_H

#include <stddef.h>
#include <stdint.h>

enum {
  VERSION1_HEADER = 64,  // bytes; entries follow
  VERSION1_KEY = 16,
  VERSION1_VALUE = 64,
  VERSION1_ENTRY = VERSION1_KEY + VERSION1_VALUE + 1,
};

// An entry's fields; as read they point into its bytes, and the zeros that pad them are not counted.
struct version1_entry {
  const unsigned char *key, *value;
  size_t key_length, value_length;
  int live;  // 0: deleted
};

// Reads the header of a file of `size` bytes and sets *entries, deleted ones included. 0, or -EINVAL and *why, what is
// wrong and what to do (a constant string).
int version1_decode_header(const unsigned char bytes[VERSION1_HEADER], uint64_t size, uint64_t *entries,
                           const char **why);
// The header of a file that holds `entries`; sets *size, the bytes the whole file has: 1000 entries, doubled until they
// fit, as the lecture's program grows it.
void version1_encode_header(uint64_t entries, unsigned char bytes[VERSION1_HEADER], uint64_t *size);

// 0, or -EINVAL when the entry has no key or is neither live nor deleted.
int version1_decode_entry(const unsigned char bytes[VERSION1_ENTRY], struct version1_entry *entry);
// Fills all bytes of a live entry. 0, or -EINVAL and *why when key or value cannot be told from its padding, or is too
// long.
int version1_encode_entry(const struct version1_entry *entry, unsigned char bytes[VERSION1_ENTRY], const char **why);

#endif
