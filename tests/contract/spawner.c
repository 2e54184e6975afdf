// SPDX-License-Identifier: MIT
// A process without threads that forks when it is asked to.
#include "tests/contract/spawner.h"

#include <errno.h>
#include <signal.h>
#include <stdalign.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REQUEST_ROOM = 1 << 16, ADOPTION_POLL_US = 50, ADOPTION_POLLS = 200000 };

// The process between has ended as soon as the child is its grandparent's: what the caller waits for is a child of its
// own then (PR_SET_CHILD_SUBREAPER in prctl(2)), and its death can be the child's.
static void wait_for_adoption(pid_t adopter) {
  for (int polls = 0; getppid() != adopter && polls < ADOPTION_POLLS; polls++) usleep(ADOPTION_POLL_US);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != adopter) _exit(1);
}

static pid_t fork_twice(pid_t adopter, spawned_fn body, void *request) {
  int pipes[2];
  pid_t child = -1, between;
  if (pipe(pipes)) return -errno;
  between = fork();
  if (between == 0) {
    child = fork();
    if (child == 0) {
      close(pipes[0]);
      close(pipes[1]);
      wait_for_adoption(adopter);
      body(request);
      _exit(0);
    }
    if (child < 0) child = -errno;
    _exit(write(pipes[1], &child, sizeof child) != sizeof child);
  }
  if (between < 0) child = -errno;
  close(pipes[1]);  // one that ends without a word is then no wait for ever
  if (between > 0 && (read(pipes[0], &child, sizeof child) != sizeof child || waitpid(between, NULL, 0) != between))
    child = -EIO;
  close(pipes[0]);
  return child;
}

_Noreturn static void serve(int socket, pid_t adopter, spawned_fn body) {
  alignas(max_align_t) char request[REQUEST_ROOM];
  ssize_t length;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  while ((length = recv(socket, request, sizeof request, 0)) > 0) {
    pid_t child = fork_twice(adopter, body, request);
    if (send(socket, &child, sizeof child, MSG_NOSIGNAL) != sizeof child) break;
  }
  _exit(length != 0);
}

int spawner_start(struct spawner *spawner, spawned_fn body) {
  int sockets[2];
  pid_t adopter = getpid(), server;
  if (prctl(PR_SET_CHILD_SUBREAPER, 1)) return -errno;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets)) return -errno;
  server = fork();
  if (server == 0) {
    close(sockets[0]);
    serve(sockets[1], adopter, body);
  }
  int code = server < 0 ? -errno : 0;
  close(sockets[1]);
  if (code) {
    close(sockets[0]);
    return code;
  }
  spawner->socket = sockets[0];
  return 0;
}

pid_t spawner_fork(const struct spawner *spawner, const void *request, size_t length) {
  pid_t child;
  if (send(spawner->socket, request, length, MSG_NOSIGNAL) != (ssize_t)length) return -errno;
  ssize_t got = recv(spawner->socket, &child, sizeof child, 0);
  return got == sizeof child ? child : got < 0 ? -errno : -EPIPE;
}
