// SPDX-License-Identifier: MIT
// Loads and stores that survive a file truncated under the map: SIGBUS inside a guarded range becomes -EIO.
//
// A guarded run costs one sigsetjmp that does not save the signal mask, which would be a system call. The kernel saves
// the mask anyway when it enters the handler, and the handler puts it back before it jumps out.
#include "engines/slots/guard.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "engines/slots/forks.h"

enum { STACK_BYTES = 64 << 10 };  // enough for whatever handler a fault elsewhere is passed on to

// Per thread, shared by all that entered on it: the stack must stay until the last of them leaves.
struct guard_stack {
  unsigned users;
  void *base;  // NULL: the thread had a stack of its own
};

struct armed {
  volatile uintptr_t base;
  volatile uintptr_t length;  // 0: not armed
  sigjmp_buf back;
};

static _Thread_local struct guard_stack thread_stack;
static _Thread_local struct armed thread_armed;

// What the handler needs: whom to pass other faults on to. Written under the lock, while the place is another's. Should
// that one pass a fault on to ours at this very moment, it meets a half written one: Go sets its handler up only once.
// `first` was there before ours ever was; `previous` is the one that took our place last and had to go behind it again.
static struct sigaction first, previous;

// Who came after us (Go does) may keep our handler and pass on to it what is not its own. When we have gone before it
// since, such a fault comes back: the mark, in a field that the kernel leaves 0 here, tells that it has been round.
enum { PASSED_ON = 0x5b };

static void pass_to(const struct sigaction *next, int signal, siginfo_t *info, void *context) {
  if (next->sa_flags & SA_SIGINFO) {
    next->sa_sigaction(signal, info, context);
  } else if (next->sa_handler != SIG_DFL && next->sa_handler != SIG_IGN) {
    next->sa_handler(signal);
  } else if (info->si_code > 0) {
    // The instruction faults again on return, now without a handler: the core dump shows the place.
    sigaction(SIGBUS, next, NULL);
  } else if (next->sa_handler == SIG_DFL) {
    // Sent by a process: nothing would fault again. Delivered on return.
    sigaction(SIGBUS, next, NULL);
    raise(SIGBUS);
  }
}

static void pass_on(int signal, siginfo_t *info, void *context) {
  bool returned = info->si_errno == PASSED_ON;
  info->si_errno = PASSED_ON;
  pass_to(returned ? &first : &previous, signal, info, context);
}

static void on_sigbus(int signal, siginfo_t *info, void *context) {
  uintptr_t address = (uintptr_t)info->si_addr;
  // Below the base the difference wraps round to a large number.
  if (info->si_code > 0 && address - thread_armed.base < thread_armed.length) {
    pthread_sigmask(SIG_SETMASK, &((ucontext_t *)context)->uc_sigmask, NULL);
    siglongjmp(thread_armed.back, 1);
  }
  pass_on(signal, info, context);
}

// Again when someone else's handler has taken the place since.
static int install(void) {
  static bool installed;  // ever; under the lock
  struct sigaction now, ours = {.sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigemptyset(&ours.sa_mask);
  forks_hold();
  int error = sigaction(SIGBUS, NULL, &now) ? -errno : 0;
  bool there = !error && now.sa_flags & SA_SIGINFO && now.sa_sigaction == on_sigbus;
  if (!error && !there) {
    previous = now;
    if (!installed) first = now;
    installed = true;
    error = sigaction(SIGBUS, &ours, NULL) ? -errno : 0;
  }
  forks_release();
  return error;
}

int guard_enter(struct guard_stack **stack) {
  int error = install();
  if (error) return error;
  *stack = &thread_stack;
  if (thread_stack.users > 0) {
    thread_stack.users++;
    return 0;
  }

  stack_t now;
  if (sigaltstack(NULL, &now)) return -errno;
  thread_stack.base = NULL;
  if (now.ss_flags & SS_DISABLE) {
    void *base = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (base == MAP_FAILED) return -errno;
    stack_t ours = {.ss_sp = base, .ss_size = STACK_BYTES};
    if (sigaltstack(&ours, NULL)) {
      error = -errno;
      munmap(base, STACK_BYTES);
      return error;
    }
    thread_stack.base = base;
  }
  thread_stack.users = 1;
  return 0;
}

void guard_leave(struct guard_stack *stack) {
  if (!stack || --stack->users > 0 || !stack->base) return;
  stack_t now;
  // Someone may have put another stack in place since: leave that one alone.
  if (sigaltstack(NULL, &now) == 0 && now.ss_sp == stack->base) {
    stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
  }
  munmap(stack->base, STACK_BYTES);
  stack->base = NULL;
}

int guard_run(const void *base, size_t length, int (*body)(void *), void *argument) {
  struct armed *armed = &thread_armed;
  armed->base = (uintptr_t)base;
  if (sigsetjmp(armed->back, 0)) {
    armed->length = 0;
    return -EIO;
  }
  // The handler runs on this thread: the compiler must not move the body's accesses out of the armed part.
  armed->length = length;
  atomic_signal_fence(memory_order_seq_cst);
  int result = body(argument);
  atomic_signal_fence(memory_order_seq_cst);
  armed->length = 0;
  return result;
}
