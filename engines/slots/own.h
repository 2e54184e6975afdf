// SPDX-License-Identifier: MIT
// The open file that a session reads through. The kernel counts each call or request in and out of the open file that
// it is for; readers that count in one place take its cache line from each other. So each session opens the file once
// more. Where it cannot (no more descriptors, for one), sessions share the store's.
#ifndef STOREBENCH_SLOTS_OWN_H
#define STOREBENCH_SLOTS_OWN_H

#include <stdbool.h>

#include "engines/engine.h"
#include "engines/slots/forks.h"

// Part of the session; zeroed before own_open.
struct own_file {
  int fd;
  bool own;
  struct forks_entry forks;
};

// Opens the file of `shared` once more, with `flags` (O_DIRECT or 0) and that one's access mode. 0 or -errno; own_close
// in both cases. `shared` stays the caller's, and open until own_close.
int own_open(struct own_file *file, int shared, int flags);
// Nothing was written through it, so closing it can fail with nothing that matters.
void own_close(struct own_file *file);
// Says so where the file is shared. 0 or what `tell` returned.
int own_settings(const struct own_file *file, setting_fn tell, void *user);

#endif
