// SPDX-License-Identifier: MIT
// Reader processes, each on one end of a socket pair. What goes over it, in both directions, begins with a byte that
// says what it is; a reader's end of file says that it died.
#include "harness/readers.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workloads/random.h"

enum { SAYS_MET = 'M', SAYS_DONE = 'D' };

struct reader {
  pid_t pid;  // 0: waited for
  int socket;
};

struct readers {
  bool leads;
  int socket;    // of a reader: to its leader
  size_t count;  // of the leader: readers beside it
  struct reader list[];
};

// What a reader tells of itself. Histograms follow where there are any.
struct report {
  int code;
  bool out_of_reach;
  char reason[sizeof((struct error *)0)->text];
  struct client_counts counts;
  uint64_t operations, began, ended;
  struct counters counters;
  struct mappings mappings;
  uint64_t rss, pss, index_bytes;
};

static int send_all(int socket, const void *bytes, size_t count) {
  for (const char *at = bytes; count > 0;) {
    ssize_t sent = send(socket, at, count, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return -errno;
    at += sent;
    count -= (size_t)sent;
  }
  return 0;
}

static int receive_all(int socket, void *bytes, size_t count) {
  for (char *at = bytes; count > 0;) {
    ssize_t got = recv(socket, at, count, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got < 0 ? -errno : -EPIPE;
    at += got;
    count -= (size_t)got;
  }
  return 0;
}

bool readers_lead(const struct sample *sample) { return !sample->readers || sample->readers->leads; }

// All histograms of a sample's latencies, those by kind behind the one of all.
static size_t histograms_of(const struct sample *sample, struct histogram *list[1 + OPERATION_KINDS]) {
  size_t count = 0;
  if (!sample->latency.all) return 0;
  list[count++] = sample->latency.all;
  for (int kind = 0; kind < OPERATION_KINDS; kind++)
    if (sample->latency.kinds[kind]) list[count++] = sample->latency.kinds[kind];
  return count;
}

static void report_of(const struct sample *sample, int code, const struct error *error, struct report *report) {
  memset(report, 0, sizeof *report);  // its padding goes over the socket too
  report->code = code;
  report->out_of_reach = sample->out_of_reach;
  if (code) memcpy(report->reason, error->text, sizeof report->reason);
  report->counts = sample->counts;
  report->operations = sample->result.operations;
  report->began = sample->began;
  report->ended = sample->ended;
  report->counters = sample->counters;
  report->mappings = sample->mappings;
  report->rss = sample->rss;
  report->pss = sample->pss;
  report->index_bytes = sample->index_bytes;
}

static int send_report(const struct sample *sample, int code, const struct error *error) {
  const char says = SAYS_DONE;
  struct report report;
  struct histogram *histograms[1 + OPERATION_KINDS];
  size_t count = code ? 0 : histograms_of(sample, histograms);
  report_of(sample, code, error, &report);
  int sent = send_all(sample->readers->socket, &says, 1);
  if (!sent) sent = send_all(sample->readers->socket, &report, sizeof report);
  for (size_t i = 0; i < count && !sent; i++) sent = send_all(sample->readers->socket, histograms[i], histogram_size());
  return sent;
}

// The life of a reader. What it read is checked as the leader's own is: by counts, and by the leader reading back.
static void read_along(struct sample *sample, sample_timed_fn timed, void *user) {
  struct error error = {0}, closing = {0};
  int code = sample->engine->open(sample->order->path, &sample->config, &sample->store, &error);
  bool opened = code == 0;
  if (opened) code = timed(sample, user, &error);
  int closed = opened ? sample->engine->close(sample->store, &closing) : 0;
  if (closed && !code) code = error_set(&error, closed, "closing the store: %s", strerror(-closed));
  _exit(send_report(sample, code, &error) ? 1 : 0);
}

static void become_reader(struct sample *sample, size_t number, int socket, pid_t leader, sample_timed_fn timed,
                          void *user) {
  struct readers *readers = sample->readers;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != leader) _exit(1);
  for (size_t i = 0; i < readers->count; i++) close(readers->list[i].socket);
  readers->leads = false;
  readers->socket = socket;
  sample->tracepoints = NULL;  // the leader's count this process too, as its child
  sample->workload.seed = random_mix(sample->workload.seed + number + 1);
  read_along(sample, timed, user);
}

static int start_reader(struct sample *sample, size_t number, sample_timed_fn timed, void *user, struct error *error) {
  struct readers *readers = sample->readers;
  int pair[2];
  pid_t leader = getpid();
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
    return error_set(error, -errno, "reader process %zu: %s", number + 2, strerror(errno));
  pid_t pid = fork();
  if (pid == 0) {
    close(pair[0]);
    become_reader(sample, number, pair[1], leader, timed, user);
  }
  int code = pid < 0 ? error_set(error, -errno, "reader process %zu: %s", number + 2, strerror(errno)) : 0;
  close(pair[1]);
  if (code) {
    close(pair[0]);
  } else {
    readers->list[readers->count++] = (struct reader){pid, pair[0]};
  }
  return code;
}

int readers_start(struct sample *sample, sample_timed_fn timed, void *user, struct error *error) {
  size_t others = sample->order->settings.processes - 1;
  if (others == 0) return 0;
  if (!(sample->engine->caps & CAP_PROCESSES)) {
    sample->out_of_reach = true;
    return error_set(error, -EOPNOTSUPP, "a store of %s cannot be open in several processes", sample->engine->name);
  }
  if (!sample->order->read_only)
    return error_set(error, -EINVAL, "%zu processes, and the store is not for reading only", others + 1);
  sample->readers = calloc(1, sizeof *sample->readers + others * sizeof sample->readers->list[0]);
  if (!sample->readers) return error_set(error, -ENOMEM, "no memory for %zu processes", others);
  sample->readers->leads = true;
  int code = 0;
  for (size_t i = 0; i < others && !code; i++) code = start_reader(sample, i, timed, user, error);
  return code;
}

static int lost(struct reader *reader, size_t number, struct error *error) {
  int status = 0;
  pid_t pid = reader->pid;
  (void)kill(pid, SIGKILL);  // it may live on without its end of the socket
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  reader->pid = 0;
  if (WIFSIGNALED(status))
    return error_set(error, -EPIPE, "reader process %zu was killed by signal %d", number + 2, WTERMSIG(status));
  return error_set(error, -EPIPE, "reader process %zu ended without a result", number + 2);
}

// Reads the report that follows a SAYS_DONE.
static int read_report(struct sample *sample, size_t number, struct report *report, struct error *error) {
  struct reader *reader = &sample->readers->list[number];
  int code = receive_all(reader->socket, report, sizeof *report);
  if (code) return lost(reader, number, error);
  report->reason[sizeof report->reason - 1] = '\0';
  if (!report->code) return 0;
  sample->out_of_reach = sample->out_of_reach || report->out_of_reach;
  return error_set(error, report->code, "reader process %zu: %.400s", number + 2, report->reason);
}

static int meet_reader(struct sample *sample, size_t number, struct error *error) {
  struct reader *reader = &sample->readers->list[number];
  struct report report;
  char says;
  if (receive_all(reader->socket, &says, 1)) return lost(reader, number, error);
  if (says == SAYS_MET) return 0;
  int code = read_report(sample, number, &report, error);
  return code ? code : error_set(error, -EPROTO, "reader process %zu ended early", number + 2);
}

int readers_meet(struct sample *sample, struct error *error) {
  struct readers *readers = sample->readers;
  char says = SAYS_MET;
  if (!readers) return 0;
  if (!readers->leads) {
    int code = send_all(readers->socket, &says, 1);
    if (!code) code = receive_all(readers->socket, &says, 1);
    return code ? error_set(error, code, "the leading process is gone") : 0;
  }
  int code = 0;
  for (size_t i = 0; i < readers->count && !code; i++) code = meet_reader(sample, i, error);
  for (size_t i = 0; i < readers->count && !code; i++)
    if (send_all(readers->list[i].socket, &says, 1)) code = lost(&readers->list[i], i, error);
  return code;
}

static int read_histograms(struct sample *sample, int socket) {
  struct histogram *histograms[1 + OPERATION_KINDS];
  size_t count = histograms_of(sample, histograms);
  struct histogram *theirs = count ? histogram_new() : NULL;
  int code = count && !theirs ? -ENOMEM : 0;
  for (size_t i = 0; i < count && !code; i++) {
    code = receive_all(socket, theirs, histogram_size());
    if (!code) histogram_add(histograms[i], theirs);
  }
  histogram_free(theirs);
  return code;
}

static void add_counts(struct client_counts *sum, const struct client_counts *more) {
  sum->asked += more->asked;
  sum->acknowledged += more->acknowledged;
  sum->failed += more->failed;
  sum->not_found += more->not_found;
  sum->bytes += more->bytes;
  sum->bytes_written += more->bytes_written;
  sum->sum += more->sum;
  sum->splits += more->splits;
}

// What is of the machine, such as the device's bytes, the leader has counted for all.
static void add_report(struct sample *sample, const struct report *report) {
  add_counts(&sample->counts, &report->counts);
  sample->result.operations += report->operations;
  if (report->began < sample->began) sample->began = report->began;
  if (report->ended > sample->ended) sample->ended = report->ended;
  sample->counters.cpu_user_s += report->counters.cpu_user_s;
  sample->counters.cpu_sys_s += report->counters.cpu_sys_s;
  sample->counters.faults_minor += report->counters.faults_minor;
  sample->counters.faults_major += report->counters.faults_major;
  sample->counters.switches += report->counters.switches;
  mappings_add(&sample->mappings, &report->mappings);
  sample->rss += report->rss;
  sample->pss += report->pss;
  sample->index_bytes += report->index_bytes;
}

static int collect_reader(struct sample *sample, size_t number, struct error *error) {
  struct reader *reader = &sample->readers->list[number];
  struct report report;
  char says;
  if (receive_all(reader->socket, &says, 1) || says != SAYS_DONE) return lost(reader, number, error);
  int code = read_report(sample, number, &report, error);
  if (code) return code;
  if (read_histograms(sample, reader->socket)) return lost(reader, number, error);
  add_report(sample, &report);
  return 0;
}

int readers_collect(struct sample *sample, struct error *error) {
  struct readers *readers = sample->readers;
  int code = 0;
  if (!readers || !readers->leads) return 0;
  for (size_t i = 0; i < readers->count && !code; i++) code = collect_reader(sample, i, error);
  sample->result.seconds = (double)(sample->ended - sample->began) / 1e9;
  return code;
}

void readers_stop(struct sample *sample) {
  struct readers *readers = sample->readers;
  if (!readers) return;
  for (size_t i = 0; i < readers->count; i++) {
    const struct reader *reader = &readers->list[i];
    close(reader->socket);
    if (reader->pid == 0) continue;
    (void)kill(reader->pid, SIGKILL);
    while (waitpid(reader->pid, NULL, 0) < 0 && errno == EINTR) {
    }
  }
  free(readers);
  sample->readers = NULL;
}
