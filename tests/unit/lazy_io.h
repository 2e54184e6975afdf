// SPDX-License-Identifier: MIT
// An io that queues, on a file, and does nothing before it is waited for; then the latest request first.
#ifndef STOREBENCH_TESTS_LAZY_IO_H
#define STOREBENCH_TESTS_LAZY_IO_H

#include <stdbool.h>
#include <stddef.h>

#include "engines/slots/io.h"

enum { LAZY_DEPTH = 64 };

// What it has seen, and what it is to do. Counts begin at 1; 0: never.
struct lazy {
  size_t writing, most_writing;  // writes that are queued, now and at most
  size_t queued;                 // writes that ever were
  size_t writing_at_growth;      // the most that were queued as the file grew
  size_t fail_queued;            // this one of the writes queued fails,
  bool failed_last;              // and did as the last of all
  size_t fail_write;             // so many queued writes from now, one fails as it is carried out;
  size_t fail_read;              // one of the reads
  size_t fail_reap_at_read;      // the reap that comes to this read fails, once
  bool refuse_growth;            // with ENOSPC
};

extern struct lazy lazy;
extern const struct io_ops lazy_io;

#endif
