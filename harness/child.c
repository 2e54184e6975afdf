// SPDX-License-Identifier: MIT
// One measurement in a child process: order in by its standard input, result out by its standard output, and whatever
// happens to it turned into a reason.
#include "harness/child.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "harness/memory_systemd.h"
#include "harness/process.h"
#include "harness/sample.h"

enum { OUTPUT_MAX = 16 << 20 };

struct child {
  struct process process;
  char *text;  // of its output
  size_t length, room;
  bool timed_out, too_long;
};

json_t *child_no_sample(const struct sample_order *order, const char *status, const char *reason) {
  const struct sample none = {.order = order, .residency_before = NAN, .residency_after = NAN};
  return sample_to_json(&none, status, reason);
}

static int send_input(struct process *process, const char *input) {
  int code = input ? process_write(process, input, strlen(input)) : 0;
  process_close_input(process);
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
  ssize_t n = read(child->process.output, child->text + child->length, child->room - child->length - 1);
  if (n > 0) {
    child->length += (size_t)n;
  } else if (n == 0 || errno != EINTR) {
    close(child->process.output);
    child->process.output = -1;
  }
}

// Until both of its streams are at their end, it is out of time, or a signal comes.
static void attend(struct child *child, double limit, struct interrupt *interrupt) {
  uint64_t deadline = clock_ns() + (uint64_t)(limit * 1e9);
  while (child->process.output >= 0 || child->process.complaints >= 0) {
    struct pollfd fds[] = {
        {child->process.output, POLLIN, 0}, {child->process.complaints, POLLIN, 0}, {interrupt->fd, POLLIN, 0}};
    uint64_t now = clock_ns();
    int wait = now < deadline ? (int)((deadline - now) / 1000000) + 1 : 0;
    int ready = poll(fds, 3, wait);
    if (ready < 0 && errno == EINTR) continue;
    child->timed_out = ready == 0 || ready < 0;
    if (fds[0].revents) read_output(child);
    if (fds[1].revents) process_read_complaints(&child->process);
    if (child->timed_out || child->too_long || interrupt_seen(interrupt)) return;
  }
}

static void explain(struct child *child, int status, double limit, char *reason) {
  if (child->timed_out)
    snprintf(reason, CHILD_REASON_MAX, "timed out after %.0f s", limit);
  else if (child->too_long)
    snprintf(reason, CHILD_REASON_MAX, "printed more than %d MiB", OUTPUT_MAX >> 20);
  else
    process_explain(&child->process, status, "printed no result", reason, CHILD_REASON_MAX);
}

char *child_output(const char *program, char *const *arguments, const char *input, double limit,
                   struct interrupt *interrupt, char *reason) {
  struct child child = {0};
  int code = process_start(&child.process, program, arguments, &interrupt->before);
  if (code) {
    snprintf(reason, CHILD_REASON_MAX, "could not be started: %s", strerror(-code));
    return NULL;
  }
  code = send_input(&child.process, input);
  if (!code) attend(&child, limit, interrupt);
  int status = process_finish(&child.process, code || child.timed_out || child.too_long || interrupt->seen);
  explain(&child, status, limit, reason);
  if (code) snprintf(reason, CHILD_REASON_MAX, "its order could not be sent: %s", strerror(-code));
  // Ctrl-C on a terminal reaches the child too, maybe first.
  bool well = !interrupt_seen(interrupt) && !code && !child.timed_out && !child.too_long && WIFEXITED(status) &&
              WEXITSTATUS(status) == 0;
  if (well && child.text) {
    child.text[child.length] = '\0';
    return child.text;
  }
  free(child.text);
  return well ? strdup("") : NULL;
}

json_t *child_ask(const char *program, char *const *arguments, const json_t *order, double limit,
                  struct interrupt *interrupt, char *reason) {
  char *input = order ? json_dumps(order, JSON_COMPACT) : NULL, *text = NULL;
  snprintf(reason, CHILD_REASON_MAX, "its order could not be sent: %s", strerror(ENOMEM));
  if (input) text = child_output(program, arguments, input, limit, interrupt, reason);
  json_t *answer = text ? json_loads(text, 0, NULL) : NULL;
  free(input);
  free(text);
  if (json_is_string(json_object_get(answer, "status"))) return answer;
  json_decref(answer);
  return NULL;
}

json_t *child_run_program(const char *program, char *const *arguments, const struct sample_order *order, double limit,
                          struct interrupt *interrupt) {
  char reason[CHILD_REASON_MAX];
  json_t *json = sample_order_to_json(order);
  json_t *sample = child_ask(program, arguments, json, limit, interrupt, reason);
  json_decref(json);
  return sample || interrupt->seen ? sample : child_no_sample(order, "failed", reason);
}

json_t *child_run(const struct sample_order *order, double limit, struct interrupt *interrupt) {
  char name[] = "storebench", command[] = "__sample";
  char self[4096];  // not /proc/self/exe: that would be systemd-run's own
  char *arguments[MEMORY_SYSTEMD_ARGUMENTS + 4] = {name, command, NULL};
  if (order->memory.method != MEMORY_SYSTEMD)
    return child_run_program("/proc/self/exe", arguments, order, limit, interrupt);
  ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
  if (length < 0) return child_no_sample(order, "failed", "/proc/self/exe cannot be read");
  self[length] = '\0';
  size_t count = memory_systemd_prefix(arguments);
  arguments[count] = self;
  arguments[count + 1] = command;
  arguments[count + 2] = NULL;
  return child_run_program(arguments[0], arguments, order, limit, interrupt);
}
