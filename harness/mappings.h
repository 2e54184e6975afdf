// SPDX-License-Identifier: MIT
// What memory a process takes for a file and beside it, by the kernel's books of its mappings.
#ifndef STOREBENCH_MAPPINGS_H
#define STOREBENCH_MAPPINGS_H

#include <stdint.h>

struct mappings {
  unsigned maps;         // of the file, or of files in the folder of that name
  uint64_t file_rss;     // bytes of them that are in this process's page table
  uint64_t file_pss;     // the same, each page divided by the number of page tables it is in
  uint64_t other_pss;    // of everything else: index, buffers, stacks, code
  uint64_t page_tables;  // bytes of the page table itself
};

// Of this process. Walks its page table. 0 or -errno. Thread safe.
int mappings_read(const char *path, struct mappings *mappings);
// sum += more, field by field: proportional shares of several processes add up.
void mappings_add(struct mappings *sum, const struct mappings *more);

#endif
