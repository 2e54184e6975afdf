// SPDX-License-Identifier: MIT
// The clients of a sliced sample. The calling thread is the first of them, so that one thread alone needs no other.
#include <errno.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "harness/slices.h"

enum { APART = 128 };  // bytes: two cache lines, which the prefetcher moves as a pair

enum duty { DUTY_OPEN, DUTY_RUN, DUTY_CLOSE };

struct seat {  // a thread's place
  alignas(APART) struct crew *crew;
  pthread_t thread;  // of all but the first
  struct client *client;
  struct client_counts counts;
  uint64_t begun, ended;  // of the last slice, clock_ns
  struct error error;
};

struct crew {
  struct sample *sample;
  unsigned threads;
  pthread_mutex_t gate;  // held until all threads are there
  bool dismissed;        // under `gate`: not all threads could be made
  pthread_barrier_t begin, end;
  enum duty duty;  // between the barriers, like what follows
  uint64_t ns;
  uint64_t took;  // in all slices
  struct seat *seats;
};

static unsigned number_of(const struct seat *seat) { return (unsigned)(seat - seat->crew->seats); }

static void open_client(struct seat *seat) {
  struct sample *sample = seat->crew->sample;
  const struct sample_order *order = sample->order;
  struct client_counts unused = {0};
  if (client_open(&sample->workload, number_of(seat), sample->engine, sample->store, &seat->client, &seat->error) ||
      !(order->warmup > 0))
    return;
  uint64_t until = clock_ns() + (uint64_t)(order->warmup * 1e9);
  (void)client_run(seat->client, UINT64_MAX, until, NULL, &unused, &seat->error);
}

// A scan that stops in the middle begins anew the next time, and its first records would be all that is ever read.
static void run_client(struct seat *seat) {
  const struct workload *workload = &seat->crew->sample->workload;
  int code = 0;
  seat->begun = seat->ended = clock_ns();
  uint64_t deadline = seat->begun + seat->crew->ns;
  if (workload->operation != OPERATION_SCAN) {
    (void)client_run(seat->client, UINT64_MAX, deadline, NULL, &seat->counts, &seat->error);
    seat->ended = clock_ns();
  }
  while (workload->operation == OPERATION_SCAN && !code && seat->ended < deadline) {
    code = client_run(seat->client, workload->records, 0, NULL, &seat->counts, &seat->error);
    seat->ended = clock_ns();
  }
}

static void close_client(struct seat *seat) {
  if (!seat->client) return;
  int code = client_close(seat->client);
  seat->client = NULL;
  if (code && !seat->error.code) error_set(&seat->error, code, "closing the session: %s", strerror(-code));
}

static enum duty work(struct seat *seat) {
  struct crew *crew = seat->crew;
  pthread_barrier_wait(&crew->begin);
  enum duty duty = crew->duty;
  if (duty == DUTY_OPEN) open_client(seat);
  if (duty == DUTY_RUN) run_client(seat);
  if (duty == DUTY_CLOSE) close_client(seat);
  pthread_barrier_wait(&crew->end);
  return duty;
}

static void *serve(void *user) {
  struct seat *seat = user;
  pthread_mutex_lock(&seat->crew->gate);
  bool dismissed = seat->crew->dismissed;
  pthread_mutex_unlock(&seat->crew->gate);
  while (!dismissed && work(seat) != DUTY_CLOSE) continue;
  return NULL;
}

// All threads do this; the error of the first seat that has one.
static int all_do(struct crew *crew, enum duty duty, struct error *error) {
  crew->duty = duty;
  (void)work(&crew->seats[0]);
  for (unsigned i = 0; i < crew->threads; i++) {
    if (!crew->seats[i].error.code) continue;
    *error = crew->seats[i].error;
    return error->code;
  }
  return 0;
}

static int start_threads(struct crew *crew) {
  int code = 0;
  unsigned made = 1;
  pthread_mutex_lock(&crew->gate);
  for (; made < crew->threads && !code; made++)
    code = -pthread_create(&crew->seats[made].thread, NULL, serve, &crew->seats[made]);
  crew->dismissed = code != 0;
  pthread_mutex_unlock(&crew->gate);
  for (unsigned i = 1; code && i + 1 < made; i++) pthread_join(crew->seats[i].thread, NULL);
  return code;
}

static void release(struct crew *crew) {
  pthread_barrier_destroy(&crew->begin);
  pthread_barrier_destroy(&crew->end);
  pthread_mutex_destroy(&crew->gate);
  free(crew->seats);
  free(crew);
}

static int make(struct sample *sample, struct crew **made) {
  unsigned threads = sample->workload.threads;
  struct crew *crew = calloc(1, sizeof *crew);
  if (!crew) return -ENOMEM;
  *crew = (struct crew){.sample = sample, .threads = threads};
  pthread_mutex_init(&crew->gate, NULL);
  pthread_barrier_init(&crew->begin, NULL, threads);
  pthread_barrier_init(&crew->end, NULL, threads);
  crew->seats = aligned_alloc(APART, threads * sizeof *crew->seats);
  sample->work = calloc(threads, sizeof *sample->work);
  int code = crew->seats && sample->work ? 0 : -ENOMEM;
  if (!code) memset(crew->seats, 0, threads * sizeof *crew->seats);
  for (unsigned i = 0; i < threads && !code; i++) crew->seats[i].crew = crew;
  if (!code) code = start_threads(crew);
  if (code)
    release(crew);
  else
    *made = crew;
  return code;
}

int crew_open(struct sample *sample, struct crew **crew, struct error *error) {
  struct error ignored;
  int code = make(sample, crew);
  if (code)
    return error_set(error, code, "%u threads cannot be started: %s", sample->workload.threads, strerror(-code));
  code = all_do(*crew, DUTY_OPEN, error);
  if (!code) return 0;
  if (code == -EOPNOTSUPP) sample->out_of_reach = true;
  (void)crew_close(*crew, &ignored);
  return code;
}

static uint64_t operations_so_far(const struct crew *crew) {
  uint64_t operations = 0;
  for (unsigned i = 0; i < crew->threads; i++) operations += crew->seats[i].counts.acknowledged;
  return operations;
}

int crew_run(struct crew *crew, uint64_t ns, uint64_t *operations, uint64_t *took, struct error *error) {
  uint64_t before = operations_so_far(crew), first = UINT64_MAX, last = 0;
  crew->ns = ns;
  int code = all_do(crew, DUTY_RUN, error);
  for (unsigned i = 0; i < crew->threads; i++) {
    const struct seat *seat = &crew->seats[i];
    if (seat->begun < first) first = seat->begun;
    if (seat->ended > last) last = seat->ended;
  }
  *operations = operations_so_far(crew) - before;
  *took = last - first;
  crew->took += *took;
  return code;
}

int crew_close(struct crew *crew, struct error *error) {
  struct sample *sample = crew->sample;
  int code = all_do(crew, DUTY_CLOSE, error);
  for (unsigned i = 1; i < crew->threads; i++) pthread_join(crew->seats[i].thread, NULL);
  for (unsigned i = 0; i < crew->threads; i++) {
    const struct client_counts *counts = &crew->seats[i].counts;
    sample->work[i] = (struct thread_work){.acknowledged = counts->acknowledged, .splits = counts->splits};
    sample->counts.asked += counts->asked;
    sample->counts.acknowledged += counts->acknowledged;
    sample->counts.failed += counts->failed;
    sample->counts.bytes += counts->bytes;
    sample->counts.sum += counts->sum;
  }
  sample->result.operations = sample->counts.acknowledged;
  sample->result.seconds = (double)crew->took / 1e9;
  release(crew);
  return code;
}
