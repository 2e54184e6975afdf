// SPDX-License-Identifier: MIT
// From the bytes of an input to a store file and the index beside it.
//
// A store file is mostly zeros and checksums, neither of which random changes get past. So an input may be compact,
// what fills the pages up left out, and may ask for its checksums to be made right; or it is the file as it is.
//
//   byte 0: enum image_flags    byte 1: what the target does with the store
//   compact: u16 length of the index; header copies, 64 bytes each; records; index
#ifndef STOREBENCH_TESTS_FUZZ_STORE_IMAGE_H
#define STOREBENCH_TESTS_FUZZ_STORE_IMAGE_H

#include <stdbool.h>

#include "tests/fuzz/fuzz.h"

enum image_flags {
  IMAGE_COMPACT = 1,
  IMAGE_FIX_HEADERS = 2,
  IMAGE_FIX_RECORDS = 4,
  IMAGE_FIX_INDEX = 8,
  IMAGE_RAGGED = 16,  // the file ends where the records do, not on a page
  IMAGE_SPARSE = 32,  // the file goes on for a while as a hole
  IMAGE_VERIFY = 64,
  IMAGE_LINEAR = 128,
};

struct image {
  char path[FUZZ_PATH];   // of the store; the index is beside it
  uint8_t flags, choice;  // bytes 0 and 1
  bool index;             // one was made
  const uint8_t *rest;    // of the input
  size_t rest_size;
};

// Makes the files. False: the input is too short to be any.
bool image_make(struct image *image, const uint8_t *data, size_t size);

// Hands over seeds: stores closed cleanly and not, compact and whole, small records and larger ones.
void image_seeds(fuzz_take_fn take, void *user);

#endif
