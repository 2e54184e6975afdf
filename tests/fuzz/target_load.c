// SPDX-License-Identifier: MIT
// Any bytes as a dump, read by `load`. A dump that is refused leaves no store; one that is taken dumps as records
// again.
#include <string.h>
#include <unistd.h>

#include "harness/commands/commands.h"
#include "tests/fuzz/fuzz.h"

static void remove_store(const char *store) {
  char index[FUZZ_PATH];
  fuzz_path(index, "loaded.index");
  fuzz_file_remove(store);
  fuzz_file_remove(index);
}

static int load(char *store, char *text) {
  return command_load(7, (char *[]){(char[]){"load"}, store, text, (char[]){"--create"}, (char[]){"--engine=pread"},
                                    (char[]){"--sync"}, (char[]){"none"}, NULL});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char store[FUZZ_PATH], text[FUZZ_PATH];
  fuzz_path(store, "loaded");
  fuzz_path(text, "dump.txt");
  fuzz_file_put(text, data, size);
  int code = load(store, text);
  if (code != EXIT_DONE && access(store, F_OK) == 0) fuzz_fail("a dump that was refused left a store");
  if (code != EXIT_DONE) return 0;
  fuzz_file_remove(text);
  code =
      command_dump(5, (char *[]){(char[]){"dump"}, store, (char[]){"--output"}, text, (char[]){"--engine=mmap"}, NULL});
  remove_store(store);
  if (code != EXIT_DONE) fuzz_fail("what was loaded does not dump");
  if (load(store, text) != EXIT_DONE) fuzz_fail("what was dumped does not load");
  remove_store(store);
  return 0;
}

void fuzz_seeds(fuzz_take_fn take, void *user) {
  static const char *const dumps[] = {
      "# storebench dump 1 record_size=128 records=0\n",
      "# storebench dump 1 record_size=64 records=3\nada\t1815\ngrace\t\nkey-3\t\\x00\\\\\\t\\n\\r\\xff\n",
      "# storebench dump 1 record_size=4096 records=2\n\\x23hash\tvalue\ncaf\xc3\xa9\t\xe2\x82\xac\n",
      "# storebench dump 1 record_size=64 records=4\na\t1\nb\t2\na\t3\nb\t\n",
  };
  for (size_t i = 0; i < sizeof dumps / sizeof dumps[0]; i++) take(user, dumps[i], strlen(dumps[i]));
}
