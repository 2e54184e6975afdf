// SPDX-License-Identifier: MIT
// Any bytes as a file of the lecture's program (version 1), read by `import`. Half of the inputs get a header that fits
// their length, so that their entries are looked at. A file that is refused leaves no store; one that is taken can be
// exported, since it held nothing that the format has no room for.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/commands/commands.h"
#include "harness/commands/version1.h"
#include "tests/fuzz/fuzz.h"

enum { FIX_HEADER = 1 };

static void remove_store(const char *store) {
  char index[FUZZ_PATH];
  fuzz_path(index, "imported.index");
  fuzz_file_remove(store);
  fuzz_file_remove(index);
}

static void put_file(const char *path, const uint8_t *data, size_t size) {
  uint8_t flags = size ? data[0] : 0, *copy = malloc(size + 1);
  if (!copy) fuzz_fail("no memory for an input");
  if (size) memcpy(copy, data + 1, --size);
  if (flags & FIX_HEADER && size >= VERSION1_HEADER) {
    uint64_t entries = (size - VERSION1_HEADER) / VERSION1_ENTRY, whole;
    version1_encode_header(entries, copy, &whole);
  }
  fuzz_file_put(path, copy, size);
  free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char store[FUZZ_PATH], file[FUZZ_PATH], exported[FUZZ_PATH];
  fuzz_path(store, "imported");
  fuzz_path(file, "version1");
  fuzz_path(exported, "exported");
  put_file(file, data, size);
  int code = command_import(7, (char *[]){(char[]){"import"}, store, file, (char[]){"--create"},
                                          (char[]){"--engine=pread"}, (char[]){"--sync"}, (char[]){"none"}, NULL});
  if (code != EXIT_DONE && access(store, F_OK) == 0) fuzz_fail("a file that was refused left a store");
  if (code != EXIT_DONE) return 0;
  fuzz_file_remove(exported);
  code = command_export(3, (char *[]){(char[]){"export"}, store, exported, NULL});
  remove_store(store);
  if (code != EXIT_DONE) fuzz_fail("what was imported is not exported");
  return 0;
}

void fuzz_seeds(fuzz_take_fn take, void *user) {
  enum { ENTRIES = 4, SIZE = 1 + VERSION1_HEADER + ENTRIES * VERSION1_ENTRY };
  static const char *const keys[ENTRIES] = {"ada", "grace", "ada", "sixteen-bytes-ok"};
  uint8_t input[SIZE] = {0};
  uint64_t whole;
  const char *why;
  version1_encode_header(ENTRIES, input + 1, &whole);
  for (size_t i = 0; i < ENTRIES; i++) {
    const struct version1_entry entry = {.key = (const uint8_t *)keys[i],
                                         .key_length = strlen(keys[i]),
                                         .value = (const uint8_t *)"value",
                                         .value_length = i};
    uint8_t *at = input + 1 + VERSION1_HEADER + i * VERSION1_ENTRY;
    if (version1_encode_entry(&entry, at, &why)) fuzz_fail("a seed's entry: %s", why);
    if (i == 1) at[VERSION1_ENTRY - 1] = 0;
  }
  for (uint8_t flags = 0; flags < 2; flags++) {
    input[0] = flags;
    take(user, input, SIZE);
  }
  take(user, input, 1 + VERSION1_HEADER);
}
