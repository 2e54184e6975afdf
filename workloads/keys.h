// SPDX-License-Identifier: MIT
// Which record comes next, and what its key and value look like. A record is known by its id, 0 to records - 1.
#ifndef STOREBENCH_KEYS_H
#define STOREBENCH_KEYS_H

#include <stddef.h>
#include <stdint.h>

#define KEY_BYTES 16u
#define KEY_HEAD "user0000"  // the first bytes of every key
#define KEY_HEAD_BYTES 8u
#define KEY_ID_LIMIT (1ull << 40)  // ids are below it

enum key_order {
  KEYS_SEQUENTIAL,  // 0, 1, 2 ... and round again
  KEYS_UNIFORM,     // every id equally likely
  KEYS_ZIPFIAN,     // theta-skewed ranks (Gray et al., SIGMOD 1994), spread by a permutation that touches every id:
                    // the same for every seed, so that threads and runs agree on which keys are hot
  KEYS_LATEST,      // zipfian distance back from the newest id
};

struct key_stream_config {
  enum key_order order;
  uint64_t records;  // at least 1
  double theta;      // 0 < theta < 1; zipfian and latest
  uint64_t seed;
  uint64_t first;   // sequential: id to begin with; uniform and others ignore it
  uint64_t stride;  // sequential: distance between ids (number of threads), at least 1
};

struct key_stream;

// 0, -EINVAL or -ENOMEM. *stream is the caller's. Zipfian draws come from a table made here (workloads/zipf.h), so that
// next() costs a few nanoseconds whatever the order. Approximated: ranks above 128 are drawn evenly within ranges less
// than 0.8% wide, whose shares are exact. There is no list of draws that repeats.
int key_stream_open(const struct key_stream_config *config, struct key_stream **stream);
void key_stream_close(struct key_stream *stream);
// The next `count` ids. Not thread safe: one stream a thread.
void key_stream_next(struct key_stream *stream, uint64_t *ids, size_t count);
// For latest (others ignore it): `newest` is now the highest id, if it is above the one known. Distances back from it
// keep the distribution of the records there were at open.
void key_stream_grow(struct key_stream *stream, uint64_t newest);

// A bijection of 0..records-1 onto itself, for fills in random order: every key exactly once. O(1) memory.
uint64_t key_permute(uint64_t id, uint64_t records, uint64_t seed);

// The 16 bytes of a record's key: KEY_HEAD and eight digits in base 32 (0-9, a-v, as in "base32hex" of RFC 4648):
// distinct for distinct ids, sorts by id, and can be typed.
void key_make(uint64_t id, char key[KEY_BYTES]);
// 1 and *id if these bytes are a key that key_make writes, else 0.
int key_parse(const void *key, size_t length, uint64_t *id);

// Writes the value of (id, version): `length` bytes that depend on both and on every position, never all zero. Cheap (a
// few ns for 64 bytes). Versions count up to 2^63; a value shorter than 8 bytes holds only the low bits of its version.
void value_make(uint64_t id, uint64_t version, void *value, size_t length);
// 1 if the bytes are the value of id at some version, which is stored in *version (may be NULL); else 0. Values of 16
// bytes and more tell another id and any changed byte; shorter ones cannot (every bit is taken by the version).
int value_check(uint64_t id, const void *value, size_t length, uint64_t *version);
// Sum of the value's 64-bit words (the last one padded with zeros): reads every byte, as a user of the value would.
uint64_t value_sum(const void *value, size_t length);

#endif
