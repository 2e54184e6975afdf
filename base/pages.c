// SPDX-License-Identifier: MIT
// Memory aligned to pages.
#include "base/pages.h"

#include <stdlib.h>

enum { PAGE = 4096 };  // also where pages are larger: what copies compare is the low twelve bits of two addresses

void *pages_new(size_t bytes) {
  void *memory;
  return posix_memalign(&memory, PAGE, bytes ? bytes : 1) ? NULL : memory;
}
