// SPDX-License-Identifier: MIT
#include "tests/unit/temporary.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engines/slots/file.h"

const char *temporary_folder(void) {
  const char *folder = getenv("TEST_DIR");
  if (!folder) folder = getenv("TMPDIR");
  return folder ? folder : "/tmp";
}

int temporary_file(uint64_t bytes) {
  int fd = open(temporary_folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  assert_true(fd >= 0);
  assert_int_equal(file_extend(fd, 0, bytes), 0);
  return fd;
}
