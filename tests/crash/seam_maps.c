// SPDX-License-Identifier: MIT
// Maps: which addresses are which bytes of which file, so that an msync covers what the kernel's would. Stores through
// them need no wrapper: what they changed is seen in the file.
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/crash/memory.h"
#include "tests/crash/mutants.h"
#include "tests/crash/seam.h"

void *__real_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
int __real_munmap(void *address, size_t length);
void *__real_mremap(void *address, size_t old_length, size_t length, int flags, ...);
int __real_msync(void *address, size_t length, int flags);
void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
int __wrap_munmap(void *address, size_t length);
void *__wrap_mremap(void *address, size_t old_length, size_t length, int flags, ...);
int __wrap_msync(void *address, size_t length, int flags);

enum { REGIONS = 64, PAGE = 4096 };

struct region {
  uintptr_t start, end;  // end 0: free
  uint64_t offset;
  struct disk *disk;
  int file;
};

// The wrapped functions have no argument that could carry it. Only the thread whose turn it is gets here.
static struct region regions[REGIONS];

static void add_region(uintptr_t start, uintptr_t end, uint64_t offset, struct disk *disk, int file) {
  int i = 0;
  while (i < REGIONS && regions[i].end) i++;
  if (i == REGIONS) give_up("too many maps");
  regions[i] = (struct region){start, end, offset, disk, file};
}

// Takes [start, end) out of what is mapped; a region may lose its head or its tail, never its middle.
static void remove_range(uintptr_t start, uintptr_t end) {
  for (int i = 0; i < REGIONS; i++) {
    struct region *region = &regions[i];
    if (!region->end || region->start >= end || region->end <= start) continue;
    if (start <= region->start && end >= region->end) {
      region->end = 0;
    } else if (start <= region->start) {
      region->offset += end - region->start;
      region->start = end;
    } else {
      region->end = start;
    }
  }
}

void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  void *start = __real_mmap(address, length, protection, flags, fd, offset);
  struct seam *seam = seam_now();
  if (start == MAP_FAILED || !seam) return start;
  if (flags & MAP_FIXED) remove_range((uintptr_t)start, (uintptr_t)start + length);
  int file = seam_file(seam, fd);
  if (file != NO_FILE) add_region((uintptr_t)start, (uintptr_t)start + length, (uint64_t)offset, seam->disk, file);
  return start;
}

int __wrap_munmap(void *address, size_t length) {
  if (seam_now()) {
    seam_moment(seam_now(), "munmap");
    remove_range((uintptr_t)address, (uintptr_t)address + length);
  }
  return __real_munmap(address, length);
}

void *__wrap_mremap(void *address, size_t old_length, size_t length, int flags, ...) {
  void *start = __real_mremap(address, old_length, length, flags);
  if (start == MAP_FAILED || !seam_now()) return start;
  for (int i = 0; i < REGIONS; i++) {
    if (!regions[i].end || regions[i].start != (uintptr_t)address) continue;
    regions[i].start = (uintptr_t)start;
    regions[i].end = (uintptr_t)start + length;
  }
  return start;
}

static int sync_region(struct seam *seam, const struct region *region, uintptr_t start, uintptr_t end) {
  uintptr_t from = start > region->start ? start : region->start, to = end < region->end ? end : region->end;
  return seam_sync(seam, "msync", region->file, region->offset + (from - region->start),
                   region->offset + (to - region->start));
}

// As the kernel does it: whole pages, and nothing for MS_ASYNC.
int __wrap_msync(void *address, size_t length, int flags) {
  struct seam *seam = seam_now();
  if (!seam) return __real_msync(address, length, flags);
  if (!(flags & MS_SYNC)) return 0;
  uintptr_t start = (uintptr_t)address, end = (start + length + PAGE - 1) / PAGE * PAGE;
  if (mutant_is(MUTANT_MSYNC_TOO_SMALL)) end = start + PAGE;
  if (start % PAGE) {
    errno = EINVAL;
    return -1;
  }
  bool found = false;
  for (int i = 0; i < REGIONS; i++) {
    if (!regions[i].end || regions[i].disk != seam->disk || regions[i].start >= end || regions[i].end <= start)
      continue;
    found = true;
    if (sync_region(seam, &regions[i], start, end)) return -1;
  }
  if (found) return 0;
  errno = ENOMEM;
  return -1;
}
