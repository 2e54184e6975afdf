// SPDX-License-Identifier: MIT
// Where the files that the program reads stand.
#include "harness/data_dir.h"

#include <stdlib.h>

#include "build_info.h"

const char *data_dir(void) {
  const char *given = getenv("STOREBENCH_DATA");
  return given && *given ? given : STOREBENCH_DATA_DIR;
}
