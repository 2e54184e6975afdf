// SPDX-License-Identifier: MIT
// Counting what passes the kernel's tracepoints: system calls, and syncs of a file system.
//
// The file system's own sync tracepoint sees fdatasync, msync, RWF_DSYNC and syncs by io_uring alike. Two things it
// does not see: a direct write with RWF_DSYNC that the device takes as a forced unit access (no sync follows), and
// syncs that pass an overlay. Counting slows every system call of the machine a little, those counted by 7-16%.
#ifndef STOREBENCH_TRACEPOINTS_H
#define STOREBENCH_TRACEPOINTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum tracepoint { TRACEPOINT_SYSCALLS, TRACEPOINT_SYNCS, TRACEPOINTS };

struct tracepoint_counts {
  bool known[TRACEPOINTS];
  uint64_t count[TRACEPOINTS];
};

struct tracepoints;

// Begins to count the calling thread and every thread that it and its threads start from now on: those of the kernel
// that work for an io_uring (workers, SQPOLL) are among them. What cannot be counted here is left out; `reasons` (or
// NULL) says why, one for each, its code 0 where it is counted. `path`: a file or folder of the file system in
// question. *tracepoints is the caller's; 0 or -ENOMEM.
int tracepoints_open(const char *path, struct tracepoints **tracepoints, struct error reasons[TRACEPOINTS]);
// Counts nothing, but keeps the tracepoints in use. When the last one to use a tracepoint closes it, the kernel waits
// for all its processors to leave it, 80 ms here: whoever runs many short processes that count holds them meanwhile. As
// long as this is open, every system call of the machine is slower. Close it too.
int tracepoints_hold(const char *path, struct tracepoints **tracepoints);
void tracepoints_close(struct tracepoints *tracepoints);  // NULL is fine

// Between the two, counts are exact: the calls that read them are not in them. Any thread. 0 or -errno.
int tracepoints_start(struct tracepoints *tracepoints);
int tracepoints_stop(struct tracepoints *tracepoints, struct tracepoint_counts *counts);

// "ext4:ext4_sync_file_enter": what is counted, or NULL.
const char *tracepoints_name(const struct tracepoints *tracepoints, enum tracepoint which);

#endif
