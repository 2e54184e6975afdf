// SPDX-License-Identifier: MIT
// Assertions that say what came instead.
#include "tests/contract/check.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"

static const char *code_name(int64_t code) {
  if (code == 0) return "0";
  return code < 0 && code > -4096 ? strerrorname_np((int)-code) : "a count";
}

void check_code(int64_t code, int64_t expected, const char *what, const char *file, int line) {
  if (code == expected) return;
  print_error("%s is %" PRId64 " (%s), not %" PRId64 " (%s)\n", what, code, code_name(code), expected,
              code_name(expected));
  _fail(file, line);
}

void check_done(int code, const struct error *error, const char *what, const char *file, int line) {
  if (code == 0) return;
  print_error("%s is %d (%s): %s\n", what, code, code_name(code), error->text);
  _fail(file, line);
}

void check_between(uint64_t value, uint64_t low, uint64_t high, const char *what, const char *file, int line) {
  if (value >= low && value <= high) return;
  print_error("%s is %" PRIu64 ", not within %" PRIu64 " to %" PRIu64 "\n", what, value, low, high);
  _fail(file, line);
}

void check_message(const struct error *error, int code, const char *word, const char *file, int line) {
  int good = error->code == code && error->text[0] && !strchr(error->text, '\n') && strstr(error->text, word);
  if (good) return;
  print_error("the error is %d (%s) \"%s\", not %d (%s) with one line that contains \"%s\"\n", error->code,
              code_name(error->code), error->text, code, code_name(code), word);
  _fail(file, line);
}
