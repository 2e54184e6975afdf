// SPDX-License-Identifier: MIT
// Ctrl-C and its like, taken when the program is ready for them, so that it can clean up. No handler, no global state:
// the signals are blocked and read from a descriptor.
#ifndef STOREBENCH_INTERRUPT_H
#define STOREBENCH_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

struct interrupt {
  int fd;  // readable once a signal came; for poll()
  bool seen;
  sigset_t before;  // the mask to go back to, also for children
};

// Blocks SIGINT, SIGTERM and SIGHUP in the calling thread. 0 or -errno.
int interrupt_open(struct interrupt *interrupt);
// True from the first signal on. Does not wait.
bool interrupt_seen(struct interrupt *interrupt);
// Unblocks the signals again.
void interrupt_close(struct interrupt *interrupt);

#endif
