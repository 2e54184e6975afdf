// SPDX-License-Identifier: MIT
// A failure, as a code for the program and a sentence for people.
#ifndef STOREBENCH_ERROR_H
#define STOREBENCH_ERROR_H

// The text is one line without a newline: what is wrong and, after a semicolon, what to do about it.
struct error {
  int code;  // 0 or -errno
  char text[512];
};

// Fills `error` (which may be NULL) and returns `code`, so that a caller can write
// `return error_set(error, -EINVAL, "...")`. Thread safe: touches only its arguments.
int error_set(struct error *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
