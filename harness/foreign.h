// SPDX-License-Identifier: MIT
// What others did on this machine during a sample: CPU time and I/O of other processes, steal time, and the speed of a
// short reference loop. Never a total minus our own: the kernel's threads write back and reclaim for us.
#ifndef STOREBENCH_FOREIGN_H
#define STOREBENCH_FOREIGN_H

#include <stdbool.h>
#include <stdint.h>

// Totals up to now; two readings are subtracted.
struct foreign {
  double cpu_s;       // of all processes but this one, its children and the kernel's threads, those that ended and were
                      // waited for too
  uint64_t io_bytes;  // that they had read from devices, and written to the page cache or devices
  unsigned processes;   // that were looked at
  unsigned hidden;      // of those, whose I/O this user may not see
  double steal_s;       // taken by the hypervisor, all processors together
  double reference_ns;  // what the reference loop takes; not a total
};

// Reads all. `root` stands before /proc: "" but for tests. Some 20 us a process, the kernel's threads left out. 0 or
// -errno.
int foreign_read(const char *root, struct foreign *foreign);

// Nanoseconds of a fixed loop that uses registers only: the median of five runs of some 50 us each.
double foreign_reference(void);

// after - before; a total that shrank (children nobody waited for) counts as nothing. `reference_ns` is the slower one,
// `processes` and `hidden` are those of `after`.
struct foreign foreign_since(const struct foreign *before, const struct foreign *after);

#endif
