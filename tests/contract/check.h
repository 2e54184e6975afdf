// SPDX-License-Identifier: MIT
// cmocka with the headers it needs, and what every test here shares: comparisons that name the error, and scaling.
#ifndef STOREBENCH_TEST_CHECK_H
#define STOREBENCH_TEST_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

// What ThreadSanitizer keeps of its own leaves no room for terabytes of addresses, nor for their memory.
#ifdef __SANITIZE_THREAD__
enum { NO_GIANTS = 1 };
#else
enum { NO_GIANTS = 0 };
#endif

// Sanitizers slow a test by 5 to 20 times: the second count is for their builds.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SCALED(full, sanitized) (sanitized)
#else
#define SCALED(full, sanitized) (full)
#endif

// Fails unless `code` (0 or -errno) is `expected`, and prints both as words.
#define assert_code(code, expected) check_code((code), (expected), #code, __FILE__, __LINE__)
void check_code(int64_t code, int64_t expected, const char *what, const char *file, int line);

// The same with the sentence the callee left in `error`.
#define assert_done(code, error) check_done((code), (error), #code, __FILE__, __LINE__)
struct error;
void check_done(int code, const struct error *error, const char *what, const char *file, int line);

// Fails unless low <= value <= high, and prints all three.
#define assert_between(value, low, high) check_between((value), (low), (high), #value, __FILE__, __LINE__)
void check_between(uint64_t value, uint64_t low, uint64_t high, const char *what, const char *file, int line);

// Fails unless `error` holds `code` and one line of text that contains `word`.
#define assert_message(error, code, word) check_message((error), (code), (word), __FILE__, __LINE__)
void check_message(const struct error *error, int code, const char *word, const char *file, int line);

#endif
