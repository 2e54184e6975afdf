// SPDX-License-Identifier: MIT
// The four ways of moving bytes, each behind engines/slots/io.h: what its engine gives to the slot store, and what the
// tests drive directly.
#ifndef STOREBENCH_SLOTS_WAYS_H
#define STOREBENCH_SLOTS_WAYS_H

#include "engines/slots/io.h"

extern const struct io_ops mmap_io;   // engines/mmap.c
extern const struct io_ops pread_io;  // engines/pread.c
extern const struct io_ops stdio_io;  // engines/stdio.c
extern const struct io_ops uring_io;  // engines/uring.c

#endif
