// SPDX-License-Identifier: MIT
#include "tests/crash/memory.h"

#include <stdio.h>
#include <stdlib.h>

void give_up(const char *why) {
  perror(why);
  abort();
}

void *need_memory(void *memory) {
  if (!memory) give_up("out of memory");
  return memory;
}

void grow_array(void **items, uint32_t *room, uint32_t count, size_t bytes) {
  if (count <= *room) return;
  uint32_t more = *room ? *room * 2 : 4;
  while (more < count) more *= 2;
  *items = need_memory(realloc(*items, more * bytes));
  *room = more;
}
