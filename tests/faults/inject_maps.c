// SPDX-License-Identifier: MIT
// Calls on maps, of files and of memory, and on the stack for the faults in them.
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>

#include "tests/faults/inject.h"

enum { PAGE = 4096 };

void *__real_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
void *__real_mremap(void *address, size_t old_length, size_t length, int flags, ...);
int __real_munmap(void *address, size_t length);
int __real_madvise(void *address, size_t length, int advice);
int __real_msync(void *address, size_t length, int flags);
int __real_mincore(void *address, size_t length, unsigned char *states);
int __real_sigaltstack(const stack_t *stack, stack_t *old);
void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
void *__wrap_mremap(void *address, size_t old_length, size_t length, int flags, ...);
int __wrap_munmap(void *address, size_t length);
int __wrap_madvise(void *address, size_t length, int advice);
int __wrap_msync(void *address, size_t length, int flags);
int __wrap_mincore(void *address, size_t length, unsigned char *states);
int __wrap_sigaltstack(const stack_t *stack, stack_t *old);

void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  int code = inject_call("mmap", ASKS_FOR_MEMORY);
  if (!code) code = inject_call("mmap", 0);
  if (code) {
    errno = code;
    return MAP_FAILED;
  }
  void *start = __real_mmap(address, length, protection, flags, fd, offset);
  if (start != MAP_FAILED && !(flags & MAP_FIXED)) inject_took(start);
  return start;
}

void *__wrap_mremap(void *address, size_t old_length, size_t length, int flags, ...) {
  int code = inject_call("mremap", ASKS_FOR_MEMORY);
  if (!code) code = inject_call("mremap", 0);
  if (code) {
    errno = code;
    return MAP_FAILED;
  }
  void *start = __real_mremap(address, old_length, length, flags);
  if (start == MAP_FAILED) return start;
  inject_gave(address);
  inject_took(start);
  return start;
}

// Never made to fail: it cannot for what was mapped, short of a limit on the number of maps.
int __wrap_munmap(void *address, size_t length) {
  inject_gave(address);
  return __real_munmap(address, length);
}

int __wrap_madvise(void *address, size_t length, int advice) {
  int code = inject_call("madvise", 0);
  if (!code) return __real_madvise(address, length, advice);
  errno = code;
  return -1;
}

int __wrap_msync(void *address, size_t length, int flags) {
  int code = inject_call("msync", MAY_RUN_OUT | MAY_BE_INTERRUPTED | ENDS_WRITING);
  if (!code) return __real_msync(address, length, flags);
  errno = code;
  return -1;
}

// No page is there: in a file system in memory none can be dropped.
int __wrap_mincore(void *address, size_t length, unsigned char *states) {
  int code = inject_call("mincore", 0);
  if (!code) code = __real_mincore(address, length, states) ? errno : 0;
  if (!code) memset(states, 0, (length + PAGE - 1) / PAGE);
  errno = code;
  return code ? -1 : 0;
}

// Asking, and putting a stack away, cannot fail.
int __wrap_sigaltstack(const stack_t *stack, stack_t *old) {
  int code = stack && !(stack->ss_flags & SS_DISABLE) ? inject_call("sigaltstack", 0) : 0;
  if (!code) return __real_sigaltstack(stack, old);
  errno = code;
  return -1;
}
