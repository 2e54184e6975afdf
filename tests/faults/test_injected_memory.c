// SPDX-License-Identifier: MIT
// Every call for memory in the life of a store fails once: the operation under way says -ENOMEM, nothing leaks, no
// answer is wrong, and what was acknowledged is there when the store is opened anew.
#include "tests/faults/injected.h"

static const struct sync_policy policies[] = {{SYNC_NONE, 0}, {SYNC_INTERVAL, 1}, {SYNC_ALWAYS, 0}};

static void fails(struct fixture *f) {
  f->config.capacity_hint = 20;
  f->config.sync = policies[f->variant];
  print_message("%llu calls for memory\n", (unsigned long long)injected_lives(f, INJECT_ENOMEM, 1));
}

int main(int argc, char **argv) {
  static const char *const specs[] = {"mmap",  "mmap:grow=remap", "mmap:lookup=linear",      "pread", "pread:direct=on",
                                      "stdio", "uring",           "uring:direct=on:depth=4", NULL};
  static const struct contract_case cases[] = {
      {"no memory, none", fails, CAP_PERSISTENT, 0, specs},
      {"no memory, interval=1ms", fails, CAP_PERSISTENT, 1, specs},
      {"no memory, always", fails, CAP_PERSISTENT, 2, specs},
  };
  return contract_main("injected memory", cases, sizeof cases / sizeof cases[0], argc, argv);
}
