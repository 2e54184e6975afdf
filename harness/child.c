// SPDX-License-Identifier: MIT
// One sample in a child process: order in by its standard input, sample out by its standard output, and whatever
// happens to it turned into a sample with a reason.
#include "harness/child.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "harness/sample.h"

enum { READ_END, WRITE_END, OUTPUT_MAX = 16 << 20, TAIL_MAX = 1024, REASON_MAX = 1536 };

struct child {
  pid_t pid;
  int output, complaints;  // read ends; -1 once at their end
  char *text;              // of output
  size_t length, room;
  char tail[TAIL_MAX];  // the last of complaints
  size_t tail_length;
  bool timed_out, too_long;
};

json_t *child_no_sample(const struct sample_order *order, const char *status, const char *reason) {
  const struct sample none = {.order = order, .residency_before = NAN, .residency_after = NAN};
  return sample_to_json(&none, status, reason);
}

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
  execv(program, arguments);
  _exit(127);
}

static int start(struct child *child, const char *program, char *const *arguments, const sigset_t *mask, int *input) {
  int pipes[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
  pid_t parent = getpid();
  for (int i = 0; i < 3; i++)
    if (pipe2(pipes[i], O_CLOEXEC)) {
      int code = -errno;
      close_pipes(pipes);
      return code;
    }
  child->pid = fork();
  if (child->pid == 0) become(program, arguments, pipes, parent, mask);
  int code = child->pid < 0 ? -errno : 0;
  if (!code) {
    *input = pipes[0][WRITE_END];
    child->output = pipes[1][READ_END];
    child->complaints = pipes[2][READ_END];
    pipes[0][WRITE_END] = pipes[1][READ_END] = pipes[2][READ_END] = -1;
  }
  close_pipes(pipes);
  return code;
}

// An order is far shorter than a pipe is deep (64 KiB), so this never waits for the child. A child that is dead already
// gets a SIGPIPE's worth of nothing: what became of it is found out by waitpid.
static int send_order(int input, const struct sample_order *order) {
  json_t *json = sample_order_to_json(order);
  char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
  size_t length = text ? strlen(text) : 0;
  int code = text ? 0 : -ENOMEM;
  struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
  sigaction(SIGPIPE, &ignore, &before);
  if (text && write(input, text, length) != (ssize_t)length && errno != EPIPE) code = -EIO;
  sigaction(SIGPIPE, &before, NULL);
  free(text);
  json_decref(json);
  close(input);
  return code;
}

static void read_output(struct child *child) {
  if (child->length + 65536 > child->room) {
    size_t room = child->room + (1 << 18);
    char *text = room <= OUTPUT_MAX ? realloc(child->text, room) : NULL;
    child->too_long = !text;
    if (!text) return;
    child->text = text;
    child->room = room;
  }
  ssize_t n = read(child->output, child->text + child->length, child->room - child->length - 1);
  if (n > 0) {
    child->length += (size_t)n;
  } else if (n == 0 || errno != EINTR) {
    close(child->output);
    child->output = -1;
  }
}

static void read_complaints(struct child *child) {
  char piece[TAIL_MAX];
  ssize_t n = read(child->complaints, piece, sizeof piece);
  if (n <= 0) {
    close(child->complaints);
    child->complaints = -1;
    return;
  }
  size_t keep = TAIL_MAX - 1 - (size_t)n < child->tail_length ? TAIL_MAX - 1 - (size_t)n : child->tail_length;
  if ((size_t)n > TAIL_MAX - 1) {
    memcpy(child->tail, piece + 1, TAIL_MAX - 1);
    child->tail_length = TAIL_MAX - 1;
    return;
  }
  memmove(child->tail, child->tail + child->tail_length - keep, keep);
  memcpy(child->tail + keep, piece, (size_t)n);
  child->tail_length = keep + (size_t)n;
}

// Until both of its streams are at their end, it is out of time, or a signal comes.
static void attend(struct child *child, double limit, struct interrupt *interrupt) {
  uint64_t deadline = clock_ns() + (uint64_t)(limit * 1e9);
  while (child->output >= 0 || child->complaints >= 0) {
    struct pollfd fds[] = {{child->output, POLLIN, 0}, {child->complaints, POLLIN, 0}, {interrupt->fd, POLLIN, 0}};
    uint64_t now = clock_ns();
    int wait = now < deadline ? (int)((deadline - now) / 1000000) + 1 : 0;
    int ready = poll(fds, 3, wait);
    if (ready < 0 && errno == EINTR) continue;
    child->timed_out = ready == 0 || ready < 0;
    if (fds[0].revents) read_output(child);
    if (fds[1].revents) read_complaints(child);
    if (child->timed_out || child->too_long || interrupt_seen(interrupt)) return;
  }
}

static int finish(struct child *child, bool stop) {
  int status = 0;
  if (stop) kill(child->pid, SIGKILL);
  while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR) continue;
  if (child->output >= 0) close(child->output);
  if (child->complaints >= 0) close(child->complaints);
  return status;
}

// The last line it wrote on standard error, with its control characters made harmless.
static const char *last_line(struct child *child) {
  while (child->tail_length && child->tail[child->tail_length - 1] == '\n') child->tail_length--;
  child->tail[child->tail_length] = '\0';
  char *line = strrchr(child->tail, '\n');
  line = line ? line + 1 : child->tail;
  for (char *c = line; *c; c++)
    if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = ' ';
  return line;
}

static void explain(struct child *child, int status, double limit, char *reason) {
  const char *line = last_line(child), *colon = *line ? ": " : "";
  if (child->timed_out)
    snprintf(reason, REASON_MAX, "timed out after %.0f s", limit);
  else if (child->too_long)
    snprintf(reason, REASON_MAX, "printed more than %d MiB", OUTPUT_MAX >> 20);
  else if (WIFSIGNALED(status))
    snprintf(reason, REASON_MAX, "killed by signal %d (%s)%s%s", WTERMSIG(status), strsignal(WTERMSIG(status)), colon,
             line);
  else if (WEXITSTATUS(status) == 127)
    snprintf(reason, REASON_MAX, "could not be started%s%s", colon, line);
  else if (WEXITSTATUS(status))
    snprintf(reason, REASON_MAX, "exit code %d%s%s", WEXITSTATUS(status), colon, line);
  else
    snprintf(reason, REASON_MAX, "printed no sample%s%s", colon, line);
}

json_t *child_run_program(const char *program, char *const *arguments, const struct sample_order *order, double limit,
                          struct interrupt *interrupt) {
  struct child child = {.output = -1, .complaints = -1};
  int input = -1, status;
  char reason[REASON_MAX];
  int code = start(&child, program, arguments, &interrupt->before, &input);
  if (code) {
    snprintf(reason, sizeof reason, "could not be started: %s", strerror(-code));
    return child_no_sample(order, "failed", reason);
  }
  code = send_order(input, order);
  if (!code) attend(&child, limit, interrupt);
  status = finish(&child, code || child.timed_out || child.too_long || interrupt->seen);
  json_t *sample = NULL;
  // Ctrl-C on a terminal reaches the child too, maybe first.
  if (!interrupt_seen(interrupt)) {
    bool well = !code && !child.timed_out && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    sample = well ? json_loadb(child.text ? child.text : "", child.length, 0, NULL) : NULL;
    if (!json_is_string(json_object_get(sample, "status"))) {
      json_decref(sample);
      explain(&child, status, limit, reason);
      sample = child_no_sample(order, "failed", code ? "its order could not be sent" : reason);
    }
  }
  free(child.text);
  return sample;
}

json_t *child_run(const struct sample_order *order, double limit, struct interrupt *interrupt) {
  char name[] = "storebench", command[] = "__sample";
  char *const arguments[] = {name, command, NULL};
  return child_run_program("/proc/self/exe", arguments, order, limit, interrupt);
}
