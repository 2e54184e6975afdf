// SPDX-License-Identifier: MIT
// The bytes of a store file, version 2: two header copies, then records. docs/format.md describes them for users.
// Pure functions on memory; thread safe.
#ifndef STOREBENCH_SLOTS_FORMAT_H
#define STOREBENCH_SLOTS_FORMAT_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engines/engine.h"

#define FORMAT_MAGIC 0xDEADBEEFu
#define FORMAT_VERSION 2u
#define HEADER_BYTES 64u
#define HEADER_COPIES 2u
#define HEADER_SPACING 4096u  // from one copy to the next: copies never share a sector
#define RECORDS_OFFSET 8192u  // first record
#define FILE_ALIGNMENT 4096u  // file sizes are multiples of this
#define COUNTER_MAX \
  (UINT64_MAX / 2)  // of sequences and generations: nothing that counts from 1 gets there, and
                    // what a forged file says must not bring the next one round to 0
#define COUNTER_WORN \
  (COUNTER_MAX - (UINT64_C(1) << 48))  // no store that is written to begins above this: it must not get past the other
#define SLOT_NONE UINT32_MAX           // no slot
#define SLOTS_MAX (UINT32_MAX - 1u)

struct header {
  uint64_t entry_count;       // live records; true only when clean
  uint64_t next_free_offset;  // end of the slots ever used; true only when clean
  uint64_t max_file_size;     // size when the header was last written: a hint
  uint32_t record_size;
  bool clean;
  uint64_t store_id;
  uint64_t generation;
};

// Offsets from the end of a record.
enum record_tail {
  TAIL_VALID = 24,
  TAIL_KEY_LENGTH = 23,
  TAIL_RESERVED = 22,
  TAIL_VALUE_LENGTH = 20,
  TAIL_SEQUENCE = 16,
  TAIL_SUM = 8
};

enum record_valid { RECORD_UNUSED = 0, RECORD_PUT = 1, RECORD_DELETED = 2 };

// A record's fields, pointing into its bytes.
struct record {
  const unsigned char *key;
  const unsigned char *value;
  uint32_t key_length;
  uint32_t value_length;
  uint64_t sequence;
  enum record_valid valid;
};

enum record_state { RECORD_STATE_EMPTY, RECORD_STATE_VALID, RECORD_STATE_CORRUPT };

bool record_size_allowed(uint64_t record_size);
// Bytes of the file up to the end of slot `slots` - 1.
static inline uint64_t slot_offset(uint32_t record_size, uint64_t slot) { return RECORDS_OFFSET + slot * record_size; }

void header_encode(const struct header *header, unsigned char bytes[HEADER_BYTES]);
// 0, -EINVAL (no magic), -EPROTONOSUPPORT (another version: *version says which) or -EBADMSG (checksum or a field
// wrong).
int header_decode(const unsigned char bytes[HEADER_BYTES], struct header *header, uint32_t *version);

// The seed of a record's checksum: ties it to its store and its slot, so that a copy elsewhere is not a record.
uint64_t record_seed(uint64_t store_id, uint64_t slot);
// Fills all record_size bytes. Lengths have been checked by the caller.
void record_encode(unsigned char *bytes, uint32_t record_size, uint64_t seed, const struct record *record);
// Reads the fields without checking them: only for slots the index points to. Inline, as each get does it.
static inline void record_view(const unsigned char *bytes, uint32_t record_size, struct record *record) {
  const unsigned char *end = bytes + record_size;
  uint32_t value_length;
  uint64_t sequence;
  memcpy(&value_length, end - TAIL_VALUE_LENGTH, sizeof value_length);
  memcpy(&sequence, end - TAIL_SEQUENCE, sizeof sequence);
  record->key = bytes;
  record->value = bytes + KEY_LENGTH_MAX;
  record->valid = (enum record_valid)end[-TAIL_VALID];
  record->key_length = end[-TAIL_KEY_LENGTH];
  record->value_length = le32toh(value_length);
  record->sequence = le64toh(sequence);
}
// Checks the checksum, then every field. `record` is filled when valid.
enum record_state record_decode(const unsigned char *bytes, uint32_t record_size, uint64_t seed, struct record *record);

#endif
