// SPDX-License-Identifier: MIT
// A child process whose three standard streams are pipes of ours.
#include "harness/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_END, WRITE_END };

static void close_pipes(int (*pipes)[2]) {
  for (int i = 0; i < 3; i++)
    for (int end = 0; end < 2; end++)
      if (pipes[i][end] >= 0) close(pipes[i][end]);
}

// In the child, between fork and exec: only calls that are safe there.
static void become(const char *program, char *const *arguments, int (*pipes)[2], pid_t parent, const sigset_t *mask) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it died before the line above
  sigprocmask(SIG_SETMASK, mask, NULL);
  if (dup2(pipes[0][READ_END], 0) < 0 || dup2(pipes[1][WRITE_END], 1) < 0 || dup2(pipes[2][WRITE_END], 2) < 0)
    _exit(127);
  execvp(program, arguments);
  _exit(127);
}

int process_start(struct process *process, const char *program, char *const *arguments, const sigset_t *mask) {
  int pipes[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
  pid_t parent = getpid();
  *process = (struct process){.input = -1, .output = -1, .complaints = -1};
  for (int i = 0; i < 3; i++)
    if (pipe2(pipes[i], O_CLOEXEC)) {
      int code = -errno;
      close_pipes(pipes);
      return code;
    }
  process->pid = fork();
  if (process->pid == 0) become(program, arguments, pipes, parent, mask);
  int code = process->pid < 0 ? -errno : 0;
  if (!code) {
    process->input = pipes[0][WRITE_END];
    process->output = pipes[1][READ_END];
    process->complaints = pipes[2][READ_END];
    pipes[0][WRITE_END] = pipes[1][READ_END] = pipes[2][READ_END] = -1;
  }
  close_pipes(pipes);
  return code;
}

int process_write(const struct process *process, const char *text, size_t length) {
  struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
  int code = 0;
  sigaction(SIGPIPE, &ignore, &before);
  if (write(process->input, text, length) != (ssize_t)length && errno != EPIPE) code = -EIO;
  sigaction(SIGPIPE, &before, NULL);
  return code;
}

void process_close_input(struct process *process) {
  if (process->input >= 0) close(process->input);
  process->input = -1;
}

void process_read_complaints(struct process *process) {
  char piece[PROCESS_TAIL_MAX];
  ssize_t n = read(process->complaints, piece, sizeof piece);
  if (n <= 0) {
    close(process->complaints);
    process->complaints = -1;
    return;
  }
  const size_t room = PROCESS_TAIL_MAX - 1;
  if ((size_t)n > room) {
    memcpy(process->tail, piece + 1, room);
    process->tail_length = room;
    return;
  }
  size_t keep = room - (size_t)n < process->tail_length ? room - (size_t)n : process->tail_length;
  memmove(process->tail, process->tail + process->tail_length - keep, keep);
  memcpy(process->tail + keep, piece, (size_t)n);
  process->tail_length = keep + (size_t)n;
}

int process_finish(struct process *process, bool stop) {
  int status = 0;
  if (stop) kill(process->pid, SIGKILL);
  process_close_input(process);
  while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR) continue;
  if (process->output >= 0) close(process->output);
  if (process->complaints >= 0) close(process->complaints);
  process->output = process->complaints = -1;
  return status;
}

// The last line it wrote on standard error, with its control characters made harmless.
static const char *last_line(struct process *process) {
  while (process->tail_length && process->tail[process->tail_length - 1] == '\n') process->tail_length--;
  process->tail[process->tail_length] = '\0';
  char *line = strrchr(process->tail, '\n');
  line = line ? line + 1 : process->tail;
  for (char *c = line; *c; c++)
    if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = ' ';
  return line;
}

void process_explain(struct process *process, int status, const char *otherwise, char *reason, size_t room) {
  const char *line = last_line(process), *colon = *line ? ": " : "";
  if (WIFSIGNALED(status))
    snprintf(reason, room, "killed by signal %d (%s)%s%s", WTERMSIG(status), strsignal(WTERMSIG(status)), colon, line);
  else if (WEXITSTATUS(status) == 127)
    snprintf(reason, room, "could not be started%s%s", colon, line);
  else if (WEXITSTATUS(status))
    snprintf(reason, room, "exit code %d%s%s", WEXITSTATUS(status), colon, line);
  else
    snprintf(reason, room, "%s%s%s", otherwise, colon, line);
}
