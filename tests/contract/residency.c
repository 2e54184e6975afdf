// SPDX-License-Identifier: MIT
// cachestat(2), which neither glibc nor the kernel headers of this age have.
#include "tests/contract/residency.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { CACHESTAT_CALL = 451 };

int residency_of(const char *path, uint64_t offset, uint64_t length, struct residency *residency) {
  struct {
    uint64_t offset, length;
  } range = {offset, length};
  struct {
    uint64_t cached, dirty, writeback, evicted, recently_evicted;
  } counts;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  int code = syscall(CACHESTAT_CALL, fd, &range, &counts, 0) ? -errno : 0;
  close(fd);
  if (code) return code;
  *residency = (struct residency){length / 4096, counts.cached, counts.dirty};
  return 0;
}
