// SPDX-License-Identifier: MIT
// What the kernel counts while a sample runs: CPU time, faults, switches, memory, and the device's own bytes.
#ifndef STOREBENCH_COUNTERS_H
#define STOREBENCH_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

// Totals up to now; two readings are subtracted.
struct counters {
  double cpu_user_s, cpu_sys_s;  // of this process
  uint64_t faults_minor, faults_major;
  uint64_t switches;                               // context switches, voluntary and not
  bool device;                                     // whether the next two could be read
  uint64_t device_read_bytes, device_write_bytes;  // of the partition or disk that holds the file, whoever caused them
};

// Opens the counters of the block device that holds `path`, a file or folder: a descriptor to pass to counters_read,
// the caller's to close, or -errno (-ENOENT: no single block device is behind it, as with tmpfs, overlay and btrfs).
int counters_device(const char *path);

// Reads all counters. `device` may be negative: then counters->device is false. 0 or -errno. Thread safe; some 20 us.
int counters_read(int device, struct counters *counters);

// after - before, field by field.
struct counters counters_since(const struct counters *before, const struct counters *after);

// Resident and proportional set size of this process in bytes. Walks its page table. 0 or -errno.
int counters_memory(uint64_t *rss, uint64_t *pss);

#endif
