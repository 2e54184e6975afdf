// SPDX-License-Identifier: MIT
// The timed part of a sample: one client a thread, warmed up, started together, counted from before to after.
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "harness/background.h"
#include "harness/cache.h"
#include "harness/readers.h"
#include "harness/sample.h"

enum {
  APART = 128,           // bytes: two cache lines, which the prefetcher moves as a pair
  OPEN_LEAD_NS = 200000  // from the first thread of an open loop to its first operation
};

// Seconds: intervals of the timeline, and what is long.
static const double short_interval = 0.05, long_interval = 0.1, long_span = 2;

struct seat {  // a thread's place
  alignas(APART) struct client *client;
  uint64_t began, ended;  // clock_ns
  struct client_counts counts;
  struct latency latency;
  struct open_seat open;
  struct error error;
};

struct timed {
  struct sample *sample;
  struct seat *seats;
  struct counting counting;
  struct background *background;  // NULL: none
  atomic_uint ready, finished;
  atomic_uint_least64_t open_start;  // ns: of the open loops of all threads; 0: none has begun
  atomic_bool out_of_reach;          // something asked for cannot be had with this engine or on this machine
  pthread_mutex_t leaving;
  bool read_after;  // under `leaving`
  int after_error;  // of the readings after the timed part
};

static uint64_t after_seconds(double seconds) { return clock_ns() + (uint64_t)(seconds * 1e9); }

// Operations that take each id once have none to spare.
static bool may_warm_up(const struct sample_order *order) {
  enum operation operation = order->settings.workload.operation;
  return order->warmup > 0 && operation != OPERATION_FILL && operation != OPERATION_DELETE;
}

static int warm_up(struct timed *timed, struct seat *seat) {
  const struct sample_order *order = timed->sample->order;
  struct client_counts unused = {0};
  if (!may_warm_up(order)) return 0;
  return client_run(seat->client, UINT64_MAX, after_seconds(order->warmup), NULL, &unused, &seat->error);
}

static double residency_or_nan(const struct sample *sample) {
  double share;
  if (!(sample->engine->caps & CAP_PERSISTENT)) return NAN;
  return cache_residency(sample->order->path, &share) == 0 ? share : NAN;
}

static bool has_option_on(const struct sample *sample, const char *name) {
  const struct engine_option *option = sample->engine->options;
  for (size_t i = 0; option && option[i].name; i++)
    if (strcmp(option[i].name, name) == 0) return sample->config.options.values[i] != 0;
  return false;
}

// Engines that are told to go around the page cache drop the pages that they write or read.
static bool goes_around_cache(const struct sample *sample) {
  return has_option_on(sample, "direct") || has_option_on(sample, "dontcache");
}

// A store that was just made has no pages to bring into a state. One that never looks into the page cache would get
// memory filled for nothing, which would then be said to be its own: for it, nothing is what belongs there.
static enum cache_state state_to_set(const struct sample *sample) {
  enum cache_state state = sample->order->settings.cache;
  bool in_cache = state == CACHE_WARM || state == CACHE_MAPPED;
  if (sample->order->fresh) return CACHE_ASIS;
  return in_cache && has_option_on(sample, "direct") ? CACHE_COLD : state;
}

static int set_cache(struct timed *timed, struct error *error) {
  struct sample *sample = timed->sample;
  const struct sample_order *order = sample->order;
  enum cache_state state = state_to_set(sample);
  bool limited = cache_limited(state) && (sample->engine->caps & CAP_PERSISTENT);
  int code = limited ? pressure_set(&sample->pressure, state, order->settings.memory_bytes, sample->engine,
                                    sample->store, order->path, error)
                     : cache_set(state, sample->engine, sample->store, order->path, error);
  if (code == -EBUSY && state != order->settings.cache) code = 0;  // pages that stay are of no use to it, and no harm
  if (code == -EBUSY) timed->out_of_reach = true;
  sample->residency_before = residency_or_nan(sample);
  if (cache_bytes(order->path, &sample->cached_before) != 0) sample->cached_before = 0;
  return code;
}

// What a process has in its page table cannot be dropped by another: each lets go of it first, and one sets the state
// for all.
static int set_cache_together(struct timed *timed, struct error *error) {
  struct sample *sample = timed->sample;
  const struct sample_order *order = sample->order;
  enum cache_state state = state_to_set(sample);  // the same in all of them
  bool leads = readers_lead(sample), keeps = leads || state == CACHE_ASIS;
  int code = keeps ? 0 : sample->engine->forget(sample->store);
  // -EBUSY: pages stayed, as those of a process that has not let go yet; the leader judges.
  if (code && code != -EBUSY) return error_set(error, code, "cannot drop its cached pages: %s", strerror(-code));
  code = readers_meet(sample, error);
  if (!code && leads) code = set_cache(timed, error);
  if (!code) code = readers_meet(sample, error);
  if (!code && !leads && state == CACHE_MAPPED)
    code = cache_join(state, sample->engine, sample->store, order->path, error);
  return code;
}

void sample_cache_after(struct sample *sample) {
  const struct sample_order *order = sample->order;
  uint64_t cached;
  sample->residency_after = residency_or_nan(sample);
  if (sample->pressure.set) {
    sample->cache_lost = pressure_check_after(&sample->pressure, order->path) != NULL;
  } else if (!order->fresh && sample->cached_before && !goes_around_cache(sample)) {
    int code = cache_bytes(order->path, &cached);
    sample->cache_lost = code || !cache_lasted(order->settings.cache, sample->cached_before, cached);
  }
}

// What must stand when the clock starts is done by the last thread to get ready, while the others wait for it at the
// start barrier. The cache state comes after every warm-up, which changes it (a map's warm-up fills the page table).
static int get_ready(struct timed *timed, struct seat *seat) {
  if (atomic_fetch_add(&timed->ready, 1) + 1 < timed->sample->workload.threads) return 0;
  const struct counting *counting = &timed->counting;
  spent_on(&timed->sample->spent, SPENT_WARMUP);
  int code = counting_settle_before(&timed->counting, &seat->error);
  if (!code) code = set_cache_together(timed, &seat->error);
  spent_on(&timed->sample->spent, SPENT_CACHE);
  if (!code) code = counting_start(&timed->counting, &seat->error);
  if (!code) code = readers_meet(timed->sample, &seat->error);
  if (!code) background_begin(timed->background);
  if (code || !timed->sample->timeline) return code;
  timeline_start(timed->sample->timeline, counting->before.device_read_bytes, counting->before.device_write_bytes);
  return 0;
}

static int setup(void *user, unsigned thread) {
  struct timed *timed = user;
  struct seat *seat = &timed->seats[thread];
  struct sample *sample = timed->sample;
  int code = client_open(&sample->workload, thread, sample->engine, sample->store, &seat->client, &seat->error);
  if (code == -EOPNOTSUPP) timed->out_of_reach = true;  // peek where nothing is lent, ordered scans without an order
  if (code) return code;
  code = warm_up(timed, seat);
  if (sample->timeline) {
    const struct client_watch watch = timeline_watch(sample->timeline, thread);
    client_watch(seat->client, &watch);
  }
  if (!code) code = get_ready(timed, seat);
  if (!code) return 0;
  // No teardown follows a setup that failed.
  (void)client_close(seat->client);
  return code;
}

static bool promises_sync(const struct sync_policy *sync) {
  return sync->kind != SYNC_NONE && sync->kind != SYNC_ASYNC;
}

// What the policy still owes belongs to the time, so the last thread to finish syncs before its clock stops. Policies
// none and async owe nothing.
static int last_sync(struct timed *timed, struct seat *seat) {
  struct sample *sample = timed->sample;
  if (atomic_fetch_add(&timed->finished, 1) + 1 < sample->workload.threads) return 0;
  if (sample->order->read_only || !promises_sync(&sample->config.sync)) return 0;
  int code = sample->engine->sync(sample->store);
  return code ? error_set(&seat->error, code, "the last sync: %s", strerror(-code)) : 0;
}

static double span(const struct sample_order *order) {
  if (order->settings.workload.operation == OPERATION_FILL) return order->limit;
  return order->limit > 0 && order->limit < order->seconds ? order->limit : order->seconds;
}

// All threads begin together, a moment after the first of them is here.
static uint64_t common_start(struct timed *timed) {
  uint_least64_t none = 0, mine = clock_ns() + OPEN_LEAD_NS;
  return atomic_compare_exchange_strong(&timed->open_start, &none, mine) ? mine : none;
}

static int run_client(struct timed *timed, struct seat *seat, uint64_t operations) {
  const struct sample *sample = timed->sample;
  double seconds = span(sample->order);
  uint64_t deadline = seconds > 0 ? after_seconds(seconds) : 0;
  struct timing *timing = seat->latency.all ? &seat->latency.timing : NULL;
  if (sample_is_open(sample))
    return sample_open_loop_run(sample, &seat->open, common_start(timed), seat->client, timing, &seat->counts,
                                &seat->error);
  return client_run(seat->client, operations, deadline, timing, &seat->counts, &seat->error);
}

static int step(void *user, unsigned thread, uint64_t operations, uint64_t *done) {
  struct timed *timed = user;
  struct seat *seat = &timed->seats[thread];
  seat->began = clock_ns();
  int code = run_client(timed, seat, operations);
  *done = seat->counts.acknowledged;
  int synced = last_sync(timed, seat);
  seat->ended = clock_ns();
  return code ? code : synced;
}

// What all processes did and hold is read before any of them closes the store.
static int stop_counting(struct timed *timed, struct error *error) {
  const struct counting *counting = &timed->counting;
  struct timeline *timeline = timed->sample->timeline;
  struct sample *sample = timed->sample;
  if (timeline) timeline_stop(timeline);
  int code = background_end(timed->background, &sample->background.done, &sample->background.seconds, error);
  if (!code) code = readers_meet(timed->sample, error);
  if (!code) code = counting_stop(&timed->counting);
  if (!code) code = readers_meet(timed->sample, error);
  if (code || !timeline) return code;
  return timeline_finish(timeline, counting->after.device_read_bytes, counting->after.device_write_bytes);
}

static int keep_setting(void *user, const char *name, const char *value) {
  return json_object_set_new(user, name, json_string(value)) ? -ENOMEM : 0;
}

// Of the first session to leave: all are opened alike.
static int read_settings(struct sample *sample, struct client *client) {
  sample->effective = json_object();
  return sample->effective ? client_settings(client, keep_setting, sample->effective) : -ENOMEM;
}

static void teardown(void *user, unsigned thread) {
  struct timed *timed = user;
  struct seat *seat = &timed->seats[thread];
  // The first to leave reads, while the others wait: closing a session may do I/O.
  pthread_mutex_lock(&timed->leaving);
  if (!timed->read_after) {
    timed->read_after = true;
    timed->after_error = stop_counting(timed, seat->error.code ? NULL : &seat->error);
    int told = read_settings(timed->sample, seat->client);
    if (!timed->after_error) timed->after_error = told;
  }
  pthread_mutex_unlock(&timed->leaving);
  int code = client_close(seat->client);
  if (code && !seat->error.code) error_set(&seat->error, code, "closing the session: %s", strerror(-code));
}

// Reading the device's counters takes a system call, and microseconds: neither belongs into samples that count the one
// or time the other.
static int open_timeline(struct timed *timed) {
  struct sample *sample = timed->sample;
  if (sample->readers) return 0;  // it would show one process of several
  double interval = span(sample->order) > long_span ? long_interval : short_interval;
  bool device = sample->order->kind == SAMPLE_THROUGHPUT;
  unsigned threads = sample->workload.threads;
  int code = timeline_open(interval, threads, device ? timed->counting.device : NULL, &sample->timeline);
  if (code || sample->order->kind != SAMPLE_LATENCY) return code;
  for (unsigned i = 0; i < threads; i++) timed->seats[i].latency.longest = timeline_longest(sample->timeline, i);
  return 0;
}

static void plan_latency(struct sample *sample) {
  const struct workload *workload = &sample->workload;
  bool overlapping = (sample->engine->caps & CAP_QUEUE) && workload->depth > workload->batch;
  sample->latency_plan.by_kind = workload->operation == OPERATION_MIXED;
  // Processes could not agree on how to group.
  sample->latency_plan.may_group = !overlapping && !sample_is_open(sample) && !sample->readers;
  clock_measure(&sample->latency_plan.clock_cost, &sample->clock_resolution);
}

static int open_seats(struct timed *timed) {
  struct sample *sample = timed->sample;
  unsigned threads = sample->workload.threads;
  timed->seats = aligned_alloc(APART, threads * sizeof *timed->seats);
  if (!timed->seats) return -ENOMEM;
  memset(timed->seats, 0, threads * sizeof *timed->seats);  // before anything fails: all of them are closed
  sample->work = calloc(threads, sizeof *sample->work);
  if (!sample->work) return -ENOMEM;
  if (sample->order->kind != SAMPLE_LATENCY) return 0;
  plan_latency(sample);
  int code = latency_open(&sample->latency, &sample->latency_plan);
  for (unsigned i = 0; i < threads && !code; i++) code = latency_open(&timed->seats[i].latency, &sample->latency_plan);
  if (!sample_is_open(sample) || code) return code;
  sample->open.late = histogram_new();
  for (unsigned i = 0; i < threads && !code; i++) code = sample_open_loop_open(&timed->seats[i].open);
  return sample->open.late ? code : -ENOMEM;
}

static void close_seats(struct timed *timed) {
  if (!timed->seats) return;
  for (unsigned i = 0; i < timed->sample->workload.threads; i++) {
    latency_close(&timed->seats[i].latency);
    sample_open_loop_close(&timed->seats[i].open);
  }
  free(timed->seats);
}

static void add_up(struct timed *timed) {
  struct sample *sample = timed->sample;
  for (unsigned i = 0; i < sample->workload.threads; i++) {
    const struct seat *seat = &timed->seats[i];
    const struct client_counts *counts = &seat->counts;
    if (i == 0 || seat->began < sample->began) sample->began = seat->began;
    if (seat->ended > sample->ended) sample->ended = seat->ended;
    sample->work[i] = (struct thread_work){.acknowledged = counts->acknowledged, .splits = counts->splits};
    sample->counts.asked += counts->asked;
    sample->counts.acknowledged += counts->acknowledged;
    sample->counts.failed += counts->failed;
    sample->counts.not_found += counts->not_found;
    sample->counts.bytes += counts->bytes;
    sample->counts.bytes_written += counts->bytes_written;
    sample->counts.sum += counts->sum;
    sample->counts.splits += counts->splits;
    if (!sample->latency.all) continue;
    latency_settle(&timed->seats[i].latency);
    latency_add(&sample->latency, &timed->seats[i].latency);
    if (sample->open.late) sample_open_loop_add(sample, &timed->seats[i].open);
  }
}

// The error of the first thread that has one; its code may come from closing, after the result was made.
static int first_error(const struct timed *timed, struct error *error) {
  for (unsigned i = 0; i < timed->sample->workload.threads; i++) {
    if (timed->seats[i].error.code) {
      *error = timed->seats[i].error;
      return error->code;
    }
  }
  int code = timed->sample->result.error;
  if (code) return error_set(error, code, "the benchmark failed: %s", strerror(-code));
  code = timed->after_error;
  return code ? error_set(error, code, "reading counters or settings: %s", strerror(-code)) : 0;
}

static int stat_after(struct sample *sample, struct error *error) {
  int code = sample->engine->stat(sample->store, &sample->stat_after);
  sample->index_bytes = sample->stat_after.index_bytes;
  return code ? error_set(error, code, "stat: %s", strerror(-code)) : sample_count_records(sample, error);
}

// Until its time is up, or so many are done; fills and deletes end with their ids, too.
static uint64_t operations_of_a_thread(const struct sample_order *order) {
  uint64_t clients = (uint64_t)order->settings.threads * order->settings.processes;
  return order->settings.operations ? (order->settings.operations + clients - 1) / clients : UINT64_MAX;
}

int sample_timed(struct sample *sample, struct error *error) {
  struct timed timed = {.sample = sample};
  counting_open(&timed.counting, sample);
  pthread_mutex_init(&timed.leaving, NULL);
  int code = open_seats(&timed);
  if (code) {
    error_set(error, code, "no memory for %u threads", sample->workload.threads);
    goto out;
  }
  code = open_timeline(&timed);
  if (code) {
    error_set(error, code, "the timeline cannot be kept: %s", strerror(-code));
    goto out;
  }
  code = background_open(sample, &timed.background, error);
  if (code) goto out;
  struct gbench_definition definition = {
      .name = sample->engine->name,
      .threads = sample->workload.threads,
      .operations = operations_of_a_thread(sample->order),
      .user = &timed,
      .setup = setup,
      .step = step,
      .teardown = teardown,
  };
  (void)gbench_run(&definition, &sample->result);
  sample_cache_after(sample);
  sample->out_of_reach |= timed.out_of_reach;
  code = first_error(&timed, error);
  // Now that every session is closed: what a session counts, its requests in flight, reaches the store as it closes.
  if (!code) code = stat_after(sample, error);
  if (!code) code = counting_settle_after(&timed.counting, error);
  if (!code) add_up(&timed);
  if (!code) code = sample_open_loop_check(sample, error);
  if (!code) code = readers_collect(sample, error);
out:
  background_close(timed.background);
  close_seats(&timed);
  pthread_mutex_destroy(&timed.leaving);
  counting_close(&timed.counting);
  return code;
}
