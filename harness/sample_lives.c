// SPDX-License-Identifier: MIT
// Operations on whole stores instead of records. `open`: how long until a store that is there answers. `create`: the
// life of a small store, made, filled, closed and removed, again and again. `compact` is in sample_compact.c.
#include <dirent.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "harness/cache.h"
#include "harness/herd.h"
#include "harness/sample.h"
#include "harness/store_files.h"

enum { PATH_ROOM = 4096, FIRST_GETS = 1000 };
static const double COLD_BELOW = 0.01;

typedef int (*entry_fn)(const char *path);

// Calls `fn` on each entry beside and with the store, which has a folder to itself. 0 or -errno of the first that
// failed. A store that is a folder is one entry.
static int each_entry(const char *store, entry_fn fn) {
  char folder[PATH_ROOM], path[PATH_ROOM + 256];
  int code = 0;
  snprintf(folder, sizeof folder, "%s", store);
  const char *name = dirname(folder);
  DIR *stream = opendir(name);
  if (!stream) return -errno;
  for (const struct dirent *entry; !code && (entry = readdir(stream));) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    snprintf(path, sizeof path, "%s/%s", name, entry->d_name);
    code = fn(path);
  }
  closedir(stream);
  return code;
}

static int make_cold(const char *path) {
  double share = 0;
  int code = cache_drop(path);
  if (!code) code = cache_residency(path, &share);
  if (code == -ENODATA) return 0;  // nothing in it, as in a lock
  return code ? code : share < COLD_BELOW ? 0 : -EBUSY;
}

static int read_file(const char *path, void *unused) {
  (void)unused;
  return cache_read(path, 0, UINT64_MAX);
}

static int make_warm(const char *path) {
  int code = make_cold(path);  // so that all are read in the same way; in a file system in memory they stay
  return code && code != -EBUSY ? code : store_files_each(path, read_file, NULL);
}

static int remove_file(const char *path, void *unused) {
  (void)unused;
  return unlink(path) ? -errno : 0;
}

static int remove_entry(const char *path) {
  struct stat status;
  if (lstat(path, &status)) return -errno;
  if (!S_ISDIR(status.st_mode)) return remove_file(path, NULL);
  int code = store_files_each(path, remove_file, NULL);
  return code ? code : rmdir(path) ? -errno : 0;
}

// Of files, since the store is not open: opening it is what is measured.
static int set_one(const char *path, void *user) { return each_entry(path, *(const entry_fn *)user); }

static int set_files(struct sample *sample, struct error *error) {
  const struct sample_order *order = sample->order;
  enum cache_state state = order->settings.cache;
  if (state == CACHE_ASIS || !(sample->engine->caps & CAP_PERSISTENT)) return 0;
  entry_fn make = state == CACHE_COLD ? make_cold : make_warm;
  int code = herd_each(sample, set_one, &make);
  if (!code && cache_residency(order->path, &sample->residency_before) == 0) return 0;
  sample->out_of_reach = true;
  return error_set(error, code ? code : -EBUSY, "cache = %s: the files of the store cannot be brought into it: %s",
                   cache_state_name(state), strerror(code ? -code : EBUSY));
}

// The first get, and those up to a thousand.
static int first_gets(struct sample *sample, struct store *store, uint64_t start, struct error *error) {
  struct workload gets = sample->workload;
  struct client *client;
  gets.operation = OPERATION_GET;
  gets.threads = 1;
  int code = client_open(&gets, 0, sample->engine, store, &client, error);
  if (code) return code;
  code = client_run(client, 1, 0, NULL, &sample->counts, error);
  if (store == sample->store) sample->start.first_get_ns = clock_ns() - start;
  if (!code) code = client_run(client, FIRST_GETS - 1, 0, NULL, &sample->counts, error);
  sample->start.first_1000_ns = clock_ns() - start;
  int closed = client_close(client);
  return code || !closed ? code : error_set(error, closed, "closing the session: %s", strerror(-closed));
}

// All stores are opened before any of them is asked.
static int open_and_get(struct sample *sample, struct error *error) {
  uint64_t start = clock_ns();
  int code = sample->engine->open(sample->order->path, &sample->config, &sample->store, error);
  if (!code) code = herd_open(sample, error);
  sample->start.open_ns = clock_ns() - start;
  if (!code) code = first_gets(sample, sample->store, start, error);
  for (unsigned i = 1; i < cell_stores(&sample->order->settings) && !code; i++)
    code = first_gets(sample, sample->others[i - 1], start, error);
  sample->result.seconds = (double)sample->start.first_1000_ns / 1e9;
  sample->result.operations = sample->counts.acknowledged;
  return code;
}

// Makes and fills one store. It is open at the end.
static int begin_life(struct sample *sample, struct error *error) {
  int code = sample->engine->open(sample->order->path, &sample->config, &sample->store, error);
  if (!code) code = client_fill(&sample->workload, sample->engine, sample->store, error);
  return code;
}

static int end_life(struct sample *sample, struct error *error) {
  struct error why = {0};
  int code = sample->engine->close(sample->store, &why);
  sample->store = NULL;
  if (code) return error_set(error, code, "closing the store: %s", why.text[0] ? why.text : strerror(-code));
  code = each_entry(sample->order->path, remove_entry);
  return code ? error_set(error, code, "removing the store: %s", strerror(-code)) : 0;
}

static int live(struct sample *sample, struct error *error) {
  uint64_t start = clock_ns(), end = start + (uint64_t)(sample->order->seconds * 1e9), now = start;
  struct timing *timing = sample->latency.all ? &sample->latency.timing : NULL;
  int code = 0;
  do {
    uint64_t began = now;
    sample->counts.asked++;
    code = begin_life(sample, error);
    if (!code) code = end_life(sample, error);
    now = clock_ns();
    if (code) break;
    sample->counts.acknowledged++;
    if (timing) timing->record(timing->user, KIND_INSERT, now - began, 1, 1);
  } while (now < end);
  sample->result.seconds = (double)(now - start) / 1e9;
  sample->result.operations = sample->counts.acknowledged;
  sample->counts.bytes = sample->counts.bytes_written =
      sample->counts.acknowledged * sample->workload.records * sample->workload.value_size;
  return code;
}

static int take_latencies(struct sample *sample, struct error *error) {
  if (sample->order->kind != SAMPLE_LATENCY || sample->workload.operation != OPERATION_CREATE) return 0;
  clock_measure(&sample->latency_plan.clock_cost, &sample->clock_resolution);
  int code = latency_open(&sample->latency, &sample->latency_plan);
  return code ? error_set(error, code, "no memory for latencies") : 0;
}

static int run(struct sample *sample, struct error *error) {
  switch (sample->workload.operation) {
    case OPERATION_OPEN:
      return open_and_get(sample, error);
    case OPERATION_COMPACT:
      return sample_compact(sample, error);
    default:
      return live(sample, error);
  }
}

static int counted(struct sample *sample, struct error *error) {
  struct counters before = {0}, after = {0};
  struct device_reader *device = NULL;
  struct error unused;
  if (device_reader_open(sample->order->path, &device, &unused)) device = NULL;
  int code = counters_of_machine(device, &before);
  if (!code) code = counters_of_process(&before);
  if (!code && sample->tracepoints) code = tracepoints_start(sample->tracepoints);
  if (code) {
    device_reader_close(device);
    return error_set(error, code, "reading counters: %s", strerror(-code));
  }
  code = run(sample, error);
  int read = sample->tracepoints ? tracepoints_stop(sample->tracepoints, &sample->traced) : 0;
  if (!read) read = counters_of_process(&after);
  if (!read) read = counters_of_machine(device, &after);
  device_reader_close(device);
  if (!code && read) code = error_set(error, read, "reading counters: %s", strerror(-read));
  if (!code) sample->counters = counters_since(&before, &after);
  // One more life, neither timed nor counted, that is looked at by whoever checks the sample.
  return code || sample->workload.operation != OPERATION_CREATE ? code : begin_life(sample, error);
}

int sample_whole_store(struct sample *sample, struct error *error) {
  enum operation operation = sample->workload.operation;
  int code = operation == OPERATION_CREATE ? 0 : set_files(sample, error);
  spent_on(&sample->spent, SPENT_CACHE);
  if (!code && operation == OPERATION_COMPACT) {
    code = sample_compact_begin(sample, error);
    spent_on(&sample->spent, SPENT_OPEN);
  }
  if (!code) code = take_latencies(sample, error);
  sample->work = code ? NULL : calloc(1, sizeof *sample->work);
  if (!code && !sample->work) code = error_set(error, -ENOMEM, "no memory for a sample");
  if (!code) code = counted(sample, error);
  if (!code && operation != OPERATION_CREATE) herd_memory(sample);
  int closed = herd_close(sample, code ? NULL : error);
  if (!code) code = closed;
  if (code) return code;
  if (sample->latency.all && atomic_load(&sample->latency_plan.calls) == 0)
    atomic_store(&sample->latency_plan.calls, 1);
  code = sample->engine->stat(sample->store, &sample->stat_after);
  return code ? error_set(error, code, "stat: %s", strerror(-code)) : sample_count_records(sample, error);
}
