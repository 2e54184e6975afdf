// SPDX-License-Identifier: MIT
// The words of systemd-run(1) before the program.
#include "harness/memory_systemd.h"

#include <unistd.h>

size_t memory_systemd_prefix(char *arguments[MEMORY_SYSTEMD_ARGUMENTS]) {
  static char run[] = "systemd-run", user[] = "--user", system[] = "--system", scope[] = "--scope", quiet[] = "--quiet",
              collect[] = "--collect", no_password[] = "--no-ask-password", property[] = "-p",
              limit[] = "MemoryMax=infinity", delegate[] = "Delegate=yes", end[] = "--";
  char *const words[] = {
      run, geteuid() == 0 ? system : user, scope, quiet, collect, no_password, property, limit, property, delegate,
      end};
  size_t count = sizeof words / sizeof words[0];
  for (size_t i = 0; i < count; i++) arguments[i] = words[i];
  return count;
}
