// SPDX-License-Identifier: MIT
#include "tests/contract/refuse.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum { CALLS_MAX = 8 };

int refuse_calls(const int *numbers, size_t count) {
  if (count > CALLS_MAX) return -E2BIG;
  struct sock_filter program[CALLS_MAX + 3];
  size_t length = 0;
  program[length++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);  // offsetof(struct seccomp_data, nr)
  for (size_t i = 0; i < count; i++)
    program[length++] =
        (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)numbers[i], (unsigned char)(count - i), 0);
  program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  program[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EIO);
  struct sock_fprog filter = {.len = (unsigned short)length, .filter = program};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return -errno;
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0) return 0;
  return errno == EINVAL ? -ENOSYS : -errno;
}

int limit_writes(unsigned long bytes) {
  struct rlimit limit;
  if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR || getrlimit(RLIMIT_FSIZE, &limit)) return -errno;
  limit.rlim_cur = bytes ? bytes : limit.rlim_max;
  return setrlimit(RLIMIT_FSIZE, &limit) ? -errno : 0;
}
