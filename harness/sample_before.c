// SPDX-License-Identifier: MIT
// What is done to a data set between its fill and its measurement (workloads/phases.h).
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/sample.h"

static int close_store(struct sample *sample, struct error *error) {
  struct error why = {0};
  int code = sample->engine->close(sample->store, &why);
  sample->store = NULL;
  return code ? error_set(error, code, "closing the store: %s", why.text[0] ? why.text : strerror(-code)) : 0;
}

static int open_store(struct sample *sample, struct error *error) {
  struct store_config config = sample->config;
  config.create = config.exclusive = false;
  return sample->engine->open(sample->order->path, &config, &sample->store, error);
}

// In the child: one update, which leaves the file marked as in use, and no close.
static int write_and_die(struct sample *sample) {
  const struct phase one = {PHASE_CHURN, 1.0 / (double)sample->workload.records};
  struct error error = {0};
  int code = open_store(sample, &error);
  if (!code) code = phase_run(&one, &sample->workload, sample->engine, sample->store, &error);
  return code;
}

// The process that dies is one of its own: what a store keeps in its memory goes with it, what it gave to the kernel
// stays. It waits until it is told how many records there are.
static void be_victim(struct sample *sample, pid_t parent, int told) {
  bool orphan = prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent;
  uint64_t *records = &sample->workload.records;
  if (orphan || read(told, records, sizeof *records) != (ssize_t)sizeof *records) _exit(1);
  _exit(write_and_die(sample) != 0);
}

int sample_before_open(struct sample *sample, struct error *error) {
  const struct phases *before = &sample->order->settings.before;
  bool kills = before->count > 0 && before->list[before->count - 1].kind == PHASE_KILL;  // it comes last, or never
  int ends[2];
  pid_t parent = getpid();
  if (!kills || sample->order->kind != SAMPLE_FILL) return 0;
  // Not a pipe: writing into one whose reader is gone is a signal, which send can do without.
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return error_set(error, -errno, "phase kill: no pair of sockets: %s", strerror(errno));
  pid_t pid = fork();
  if (pid == 0) {
    close(ends[1]);
    be_victim(sample, parent, ends[0]);
  }
  int code = pid < 0 ? error_set(error, -errno, "phase kill: no process can be made: %s", strerror(errno)) : 0;
  close(ends[0]);
  if (code)
    close(ends[1]);
  else
    sample->victim.pid = pid, sample->victim.go = ends[1];
  return code;
}

// Its status, or -errno. One that was not told anything ends when the sockets are closed.
static int wait_for_victim(struct sample *sample) {
  int status;
  close(sample->victim.go);
  while (waitpid(sample->victim.pid, &status, 0) < 0)
    if (errno != EINTR) return -errno;
  sample->victim.pid = 0;
  return status;
}

void sample_before_close(struct sample *sample) {
  if (sample->victim.pid) (void)wait_for_victim(sample);
}

static int kill_writer(struct sample *sample, struct error *error) {
  const uint64_t *records = &sample->workload.records;
  int code = close_store(sample, error);
  if (code) return code;
  if (send(sample->victim.go, records, sizeof *records, MSG_NOSIGNAL) != (ssize_t)sizeof *records)
    return error_set(error, -EPIPE, "phase kill: the process that was to write is gone");
  int status = wait_for_victim(sample);
  if (status < 0) return error_set(error, status, "phase kill: %s", strerror(-status));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
  return error_set(error, -EIO, "phase kill: the process that was to write failed");
}

static int do_phase(struct sample *sample, const struct phase *phase, struct error *error) {
  int code;
  switch (phase->kind) {
    case PHASE_REOPEN:
      code = close_store(sample, error);
      return code ? code : open_store(sample, error);
    case PHASE_KILL:
      return kill_writer(sample, error);
    default:
      return phase_run(phase, &sample->workload, sample->engine, sample->store, error);
  }
}

int sample_before(struct sample *sample, struct error *error) {
  const struct phases *before = &sample->order->settings.before;
  // A store that keeps nothing cannot be changed.
  if (!(sample->engine->caps & CAP_PERSISTENT)) return 0;
  for (size_t i = 0; i < before->count; i++) {
    const struct phase *phase = &before->list[i];
    int code = do_phase(sample, phase, error);
    if (code) return code;
    const struct phases deleted = {.count = 1, .list = {*phase}};
    sample->workload.records = phases_left(&deleted, sample->workload.records);
  }
  if (!sample->store) return 0;
  struct store_stat stat;
  int code = sample->engine->sync(sample->store);
  if (!code) code = sample->engine->stat(sample->store, &stat);
  if (code) return error_set(error, code, "sync of the data set: %s", strerror(-code));
  if (stat.records == STAT_UNKNOWN) code = sample_scan_records(sample, &stat.records, error);
  if (code) return code;
  if (stat.records == sample->workload.records) return 0;
  return error_set(error, -EIO, "the %s left %llu records where %llu must be", before->count > 0 ? "phases" : "load",
                   (unsigned long long)stat.records, (unsigned long long)sample->workload.records);
}
