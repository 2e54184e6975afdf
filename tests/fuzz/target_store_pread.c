// SPDX-License-Identifier: MIT
// Any bytes as a store, opened by the engine `pread`.
#include "tests/fuzz/store_image.h"
#include "tests/fuzz/store_try.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  store_try("pread", data, size);
  return 0;
}

void fuzz_seeds(fuzz_take_fn take, void *user) { image_seeds(take, user); }
