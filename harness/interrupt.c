// SPDX-License-Identifier: MIT
// Ctrl-C and its like through a signalfd.
#include "harness/interrupt.h"

#include <errno.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

int interrupt_open(struct interrupt *interrupt) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  interrupt->seen = false;
  interrupt->fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
  if (interrupt->fd < 0) return -errno;
  if (sigprocmask(SIG_BLOCK, &signals, &interrupt->before) == 0) return 0;
  int code = -errno;
  close(interrupt->fd);
  return code;
}

bool interrupt_seen(struct interrupt *interrupt) {
  struct signalfd_siginfo signal;
  if (read(interrupt->fd, &signal, sizeof signal) == (ssize_t)sizeof signal) interrupt->seen = true;
  return interrupt->seen;
}

void interrupt_close(struct interrupt *interrupt) {
  close(interrupt->fd);
  sigprocmask(SIG_SETMASK, &interrupt->before, NULL);
}
