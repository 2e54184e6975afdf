// SPDX-License-Identifier: MIT
// The slots of a file from end to end, read by a thread of its own ahead of who takes them: copying out of the page
// cache and looking at records each keep a processor busy.
#ifndef STOREBENCH_SLOTS_AHEAD_H
#define STOREBENCH_SLOTS_AHEAD_H

#include <stdint.h>

struct ahead;

struct ahead_chunk {
  unsigned char *bytes;  // of slot `first`; the taker's, to change as well, until it takes the next one
  uint64_t first, count;
};

// Of `slots` slots of `record_size` bytes each, through the descriptor `fd`, which stays the caller's and which nobody
// closes before ahead_stop. 0 or -ENOMEM.
int ahead_start(struct ahead **out, int fd, uint64_t slots, uint32_t record_size);
// The next chunk, in the order of the file. Chunks that lie in a hole are left out: their slots are empty. Its count is
// 0 when there is none left. 0 or -errno of reading it.
int ahead_next(struct ahead *ahead, struct ahead_chunk *chunk);
// At any time, also before the last chunk. NULL is nothing to stop.
void ahead_stop(struct ahead *ahead);

#endif
