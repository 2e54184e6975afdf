// SPDX-License-Identifier: MIT
// The guard of memory groups. The kernel keeps a group until someone removes it, and a process that got SIGKILL cannot.
#include "harness/memory_guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { READ_END, WRITE_END, TRIES = 500, PAUSE_NS = 20000000 };  // 10 s, for a child that takes its time to die

// The process that a group of ours is named after, or 0.
static pid_t maker_of(const char *name) {
  static const char prefix[] = MEMORY_GROUP_NAME;
  char *end;
  if (strncmp(name, prefix, sizeof prefix - 1) != 0) return 0;
  long pid = strtol(name + sizeof prefix - 1, &end, 10);
  return *end == '-' && pid > 0 ? (pid_t)pid : 0;
}

unsigned memory_guard_sweep(const char *base, pid_t of) {
  unsigned left = 0;
  DIR *folder = opendir(base);
  if (!folder) return 0;
  for (const struct dirent *entry; (entry = readdir(folder));) {
    pid_t maker = maker_of(entry->d_name);
    if (!maker || (maker != of && (kill(maker, 0) == 0 || errno != ESRCH))) continue;
    left += unlinkat(dirfd(folder), entry->d_name, AT_REMOVEDIR) != 0;
  }
  closedir(folder);
  return left;
}

static void wait_for_end(int pipe) {
  char byte;
  while (read(pipe, &byte, 1) < 0 && errno == EINTR) continue;
}

static void stand_guard(const char *base, pid_t of, int pipe) {
  const struct timespec pause = {.tv_nsec = PAUSE_NS};
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  setsid();  // Ctrl-C goes to the group of processes in the foreground
  // Whoever reads the run's output waits until all who hold it have ended.
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd <= 2 && nothing >= 0; fd++) dup2(nothing, fd);
  if (dup2(pipe, 3) != 3) _exit(1);
  if (close_range(4, ~0u, 0) != 0)
    for (int fd = 4; fd < 1024; fd++) close(fd);
  wait_for_end(3);
  for (int i = 0; i < TRIES && memory_guard_sweep(base, of) > 0; i++) nanosleep(&pause, NULL);
  _exit(0);
}

int memory_guard_start(const char *base, pid_t *guard, int *alive) {
  int pipes[2];
  pid_t self = getpid();
  if (pipe2(pipes, O_CLOEXEC)) return -errno;
  *guard = fork();
  int code = *guard < 0 ? -errno : 0;
  if (*guard == 0) {
    close(pipes[WRITE_END]);
    stand_guard(base, self, pipes[READ_END]);
  }
  close(pipes[READ_END]);
  *alive = pipes[WRITE_END];
  if (!code) return 0;
  close(pipes[WRITE_END]);
  *guard = 0;
  return code;
}

void memory_guard_stop(pid_t guard, int alive) {
  close(alive);
  while (waitpid(guard, NULL, 0) < 0 && errno == EINTR) continue;
}
