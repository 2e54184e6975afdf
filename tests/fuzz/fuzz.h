// SPDX-License-Identifier: MIT
// A fuzz target hands any bytes to one reader, which must neither crash, hang nor leak, whatever they are. Each
// target_*.c defines the two functions below; libFuzzer calls the first with inputs that it makes up, the replay
// program with those that are kept. For one thread.
#ifndef STOREBENCH_TESTS_FUZZ_H
#define STOREBENCH_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

// One input. Returns 0; what must not happen ends the process.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Hands each input to begin with to `take`: well-formed ones, of which the others are made.
typedef void (*fuzz_take_fn)(void *user, const void *data, size_t size);
void fuzz_seeds(fuzz_take_fn take, void *user);

// What must hold does not: says so and aborts.
_Noreturn void fuzz_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

enum { FUZZ_PATH = 256 };

// The path of `name` in a folder of this process (in memory where there is /dev/shm), which goes when it ends.
void fuzz_path(char path[FUZZ_PATH], const char *name);
// The whole file there: made or replaced, read (the caller's to free; NULL when it is missing), removed if it is there.
void fuzz_file_put(const char *path, const void *data, size_t size);
uint8_t *fuzz_file_get(const char *path, size_t *size);
void fuzz_file_remove(const char *path);

#endif
