// SPDX-License-Identifier: MIT
#include "engines/slots/late.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_MS = 10000 };

// Of a byte that nothing else locks; a lock that may be shared, since it excludes nobody.
static struct flock mark_of(short type) {
  return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
}

int late_mark(int fd) {
  struct flock mark = mark_of(F_RDLCK);
  return fcntl(fd, F_OFD_SETLK, &mark) ? -errno : 0;
}

void late_unmark(int fd) {
  struct flock none = mark_of(F_UNLCK);
  (void)fcntl(fd, F_OFD_SETLK, &none);  // closing takes it away as well
}

int late_wait(int fd) {
  const struct timespec pause = {.tv_nsec = 1000000};
  for (int waited = 0; waited < WAIT_MS; waited++) {
    struct flock other = mark_of(F_WRLCK);
    if (fcntl(fd, F_OFD_GETLK, &other)) return -errno;
    if (other.l_type == F_UNLCK) return 0;
    nanosleep(&pause, NULL);
  }
  return -EBUSY;
}
