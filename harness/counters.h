// SPDX-License-Identifier: MIT
// What the kernel counts while a sample runs: CPU time, faults, switches, memory, and the device's own bytes.
#ifndef STOREBENCH_COUNTERS_H
#define STOREBENCH_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/devices.h"

// Totals up to now; two readings are subtracted.
struct counters {
  double cpu_user_s, cpu_sys_s;  // of this process
  uint64_t faults_minor, faults_major;
  uint64_t switches;                               // context switches, voluntary and not
  bool device_known;                               // whether the next three could be read
  uint64_t device_read_bytes, device_write_bytes;  // of the devices below the file, whoever caused them
  bool flushes_known;
  uint64_t device_flushes;
  bool tlb_known;           // not every architecture interrupts for them, or counts them
  uint64_t tlb_shootdowns;  // of the whole machine
};

// Fills in what is of this process, in a few microseconds, and what is of the machine, which takes longer (100 us and
// more with many CPUs): read the machine's before the process's, and afterwards the other way round, and the one is not
// in the other. `device` may be NULL: then counters->device_known is false. 0 or -errno. Thread safe.
int counters_of_process(struct counters *counters);
int counters_of_machine(const struct device_reader *device, struct counters *counters);

// The TLB shootdowns of all CPUs since boot, by a file like /proc/interrupts. 0, -ENOENT without such a line, or
// -errno.
int counters_tlb(const char *path, uint64_t *shootdowns);

// after - before, field by field.
struct counters counters_since(const struct counters *before, const struct counters *after);

// Resident and proportional set size of this process in bytes. Walks its page table. 0 or -errno.
int counters_memory(uint64_t *rss, uint64_t *pss);

#endif
