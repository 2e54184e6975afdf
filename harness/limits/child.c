// SPDX-License-Identifier: MIT
// The child that measures one bound: threads that run its loop slice after slice, and what comes of it as JSON.
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "harness/limits/loop.h"
#include "harness/statistics.h"

enum { REPETITIONS_MAX = 1000 };

static const struct limit_loop *const loops[LIMIT_KINDS] = {
    [LIMIT_MEMORY_COPY] = &limit_memory_copy,
    [LIMIT_MEMORY_SUM] = &limit_memory_sum,
    [LIMIT_MEMORY_READ] = &limit_memory_read,
    [LIMIT_MEMORY_WRITE] = &limit_memory_write,
    [LIMIT_SYSTEM_CALL] = &limit_system_call,
    [LIMIT_URING_NOP] = &limit_uring_nop,
    [LIMIT_OPEN] = &limit_open,
    [LIMIT_CREATE] = &limit_create,
    [LIMIT_PREAD] = &limit_pread,
    [LIMIT_PWRITE] = &limit_pwrite,
    [LIMIT_FDATASYNC] = &limit_fdatasync,
    [LIMIT_MSYNC] = &limit_msync,
    [LIMIT_URING_READ] = &limit_uring_read,
    [LIMIT_DEVICE_READ] = &limit_device,
    [LIMIT_DEVICE_READ_SEQUENTIAL] = &limit_device,
    [LIMIT_DEVICE_WRITE] = &limit_device,
    [LIMIT_DEVICE_WRITE_SEQUENTIAL] = &limit_device,
};

struct running {
  const struct limit_order *order;
  const struct limit_loop *loop;
  struct limit_target target;
  pthread_barrier_t start;
  atomic_bool failed;
};

struct seat {  // a thread's place
  struct running *running;
  pthread_t thread;
  unsigned number;
  double *rates;  // operations a second, one a repetition; the first is not counted
  struct error error;
};

static int run_slices(struct seat *seat, void *state) {
  const struct limit_order *order = seat->running->order;
  int code = 0;
  for (unsigned i = 0; i <= order->repetitions && !code; i++) {
    uint64_t done = 0, begun = clock_ns();
    code = seat->running->loop->run(state, begun + (uint64_t)(order->slice * 1e9), &done);
    seat->rates[i] = (double)done / ((double)(clock_ns() - begun) / 1e9);
  }
  return code ? error_set(&seat->error, code, "the loop failed: %s", strerror(-code)) : 0;
}

static void *run_seat(void *user) {
  struct seat *seat = user;
  struct running *running = seat->running;
  void *state;
  int code = running->loop->open(running->order, &running->target, seat->number, &state, &seat->error);
  if (code) atomic_store(&running->failed, true);
  pthread_barrier_wait(&running->start);
  if (!code && !atomic_load(&running->failed)) (void)run_slices(seat, state);
  if (!code) running->loop->close(state);
  return NULL;
}

// Threads that could not be started would leave the others at the barrier, so there it ends.
static void run_threads(struct running *running, struct seat *seats) {
  unsigned threads = running->order->spec.threads;
  for (unsigned i = 0; i < threads; i++) {
    if (pthread_create(&seats[i].thread, NULL, run_seat, &seats[i]) == 0) continue;
    fprintf(stderr, "thread %u of %u cannot be started\n", i + 1, threads);
    exit(1);
  }
  for (unsigned i = 0; i < threads; i++) pthread_join(seats[i].thread, NULL);
}

static int first_error(const struct seat *seats, unsigned threads, struct error *error) {
  for (unsigned i = 0; i < threads; i++) {
    if (!seats[i].error.code) continue;
    *error = seats[i].error;
    return error->code;
  }
  return 0;
}

// The rates of all threads together, from the second repetition on, in the unit of the bound.
static int sum_up(const struct limit_order *order, const struct seat *seats, struct interval *interval) {
  double rates[REPETITIONS_MAX];
  bool bytes = strcmp(limit_unit(order->spec.kind), "B/s") == 0;
  for (unsigned i = 0; i < order->repetitions; i++) {
    rates[i] = 0;
    for (unsigned t = 0; t < order->spec.threads; t++)
      rates[i] += seats[t].rates[i + 1] * (bytes ? order->spec.bytes : 1);
  }
  return statistics_interval(rates, order->repetitions, interval);
}

static int measure_threads(struct running *running, struct interval *interval, struct error *error) {
  const struct limit_order *order = running->order;
  unsigned threads = order->spec.threads;
  struct seat *seats = calloc(threads, sizeof *seats);
  double *rates = calloc((size_t)threads * (order->repetitions + 1), sizeof *rates);
  int code = seats && rates ? 0 : -ENOMEM;
  if (!code) code = -pthread_barrier_init(&running->start, NULL, threads);
  if (code) {
    error_set(error, code, "no memory for %u threads", threads);
    goto out;
  }
  for (unsigned i = 0; i < threads; i++)
    seats[i] = (struct seat){.running = running, .number = i, .rates = rates + (size_t)i * (order->repetitions + 1)};
  run_threads(running, seats);
  pthread_barrier_destroy(&running->start);
  code = first_error(seats, threads, error);
  if (!code && sum_up(order, seats, interval)) code = error_set(error, -EIO, "the loop measured nothing");
out:
  free(rates);
  free(seats);
  return code;
}

static int measure(const struct limit_order *order, struct interval *interval, struct error *error) {
  struct running running = {.order = order, .loop = loops[order->spec.kind], .target = {.fd = -1}};
  int code = running.loop->prepare(order, &running.target, error);
  if (code) return code;
  code = measure_threads(&running, interval, error);
  if (!code && running.loop->prove) code = running.loop->prove(order, &running.target, error);
  running.loop->release(&running.target);
  return code;
}

json_t *limit_measure_here(const struct limit_order *order) {
  struct interval interval;
  struct error error = {0};
  int code = measure(order, &interval, &error);
  json_t *json = limit_without_value(&order->spec, code == -EOPNOTSUPP ? "skipped" : "failed", error.text);
  if (!json || code) return json;
  json_t *values = json_pack("{s:f, s:f, s:f, s:I, s:s, s:n}", "value", interval.median, "low", interval.low, "high",
                             interval.high, "n", (json_int_t)interval.n, "status", "ok", "reason");
  int bad = !values || json_object_update(json, values);
  json_decref(values);
  if (!bad) return json;
  json_decref(json);
  return NULL;
}

json_t *limit_order_to_json(const struct limit_order *order) {
  return json_pack("{s:o, s:s, s:f, s:i}", "spec", limit_spec_to_json(&order->spec), "path", order->path, "slice",
                   order->slice, "repetitions", (int)order->repetitions);
}

int limit_order_from_json(const json_t *json, struct limit_order *order, struct error *error) {
  const char *path;
  const json_t *spec;
  int repetitions;
  json_error_t where;
  if (json_unpack_ex((json_t *)json, &where, 0, "{s:o, s:s, s:F, s:i}", "spec", &spec, "path", &path, "slice",
                     &order->slice, "repetitions", &repetitions))
    return error_set(error, -EINVAL, "order: %s", where.text);
  if (strlen(path) >= sizeof order->path || repetitions < 1 || repetitions > REPETITIONS_MAX)
    return error_set(error, -EINVAL, "order: a value is out of its range");
  snprintf(order->path, sizeof order->path, "%s", path);
  order->repetitions = (unsigned)repetitions;
  order->seed = 1;
  return limit_spec_from_json(spec, &order->spec, error);
}

int limit_command(void) {
  struct limit_order order;
  struct error error = {0};
  json_error_t where;
  json_t *json = json_loadf(stdin, 0, &where);
  int code = json ? limit_order_from_json(json, &order, &error) : error_set(&error, -EINVAL, "order: %s", where.text);
  json_decref(json);
  if (code) {
    fprintf(stderr, "storebench: %s; __limit is run by storebench itself\n", error.text);
    return 2;
  }
  json_t *limit = limit_measure_here(&order);
  bool printed = limit && json_dumpf(limit, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF && fflush(stdout) == 0;
  json_decref(limit);
  return printed ? 0 : 1;
}
