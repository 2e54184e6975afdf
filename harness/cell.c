// SPDX-License-Identifier: MIT
// One sample from order to JSON: open, time, check, close.
#include "harness/cell.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engines/registry.h"
#include "harness/contenders/contenders.h"
#include "harness/readers.h"
#include "harness/sample.h"

static const char *const outcome_names[] = {
    [OUTCOME_OK] = "ok", [OUTCOME_SKIPPED] = "skipped", [OUTCOME_FAILED] = "failed"};

const char *sample_outcome_name(enum sample_outcome outcome) { return outcome_names[outcome]; }

static void folder_of(const char *path, char *folder, size_t room) {
  const char *slash = strrchr(path, '/');
  if (!slash) {
    snprintf(folder, room, ".");
  } else {
    snprintf(folder, room, "%.*s", slash == path ? 1 : (int)(slash - path), path);
  }
}

static void configure(struct sample *sample) {
  const struct sample_order *order = sample->order;
  bool fill = order->kind == SAMPLE_FILL;
  sample->workload = order->settings.workload;
  sample->workload.threads = order->settings.threads;
  sample->workload.seed = order->seed;
  sample->config.record_size = order->settings.record_size;
  sample->config.sync = order->settings.sync;
  sample->config.read_only = order->read_only;
  sample->config.create = sample->config.exclusive = fill || order->fresh;
  // A measured load grows as it goes, like a store that was not told how much will come.
  if (sample->workload.operation == OPERATION_CREATE) sample->config.create = sample->config.exclusive = true;
  sample->config.capacity_hint = order->fresh ? 0 : order->settings.workload.records;
  // What closing it costs is part of an operation on whole stores.
  sample->config.disposable = order->disposable && !operation_of_stores(sample->workload.operation);
  // A data set is synced once, when it is complete.
  if (fill) sample->config.sync = (struct sync_policy){.kind = SYNC_NONE};
}

// Before anything of the file is touched: its pages belong to the group of whoever does so first.
static int enter_memory(struct sample *sample, struct error *error) {
  const struct sample_order *order = sample->order;
  if (!cache_limited(order->settings.cache) || order->kind == SAMPLE_FILL) return 0;
  sample->pressure.group = order->memory;
  return memory_group_enter(&sample->pressure.group, error);
}

static int check_order(const struct sample_order *order, struct error *error) {
  enum operation operation = order->settings.workload.operation;
  if (order->kind != SAMPLE_FILL && operation != OPERATION_FILL && !(order->seconds > 0))
    return error_set(error, -EINVAL, "the timed part has no length");
  if (order->settings.rate.of_peak > 0 && !(order->settings.rate.per_s > 0))
    return error_set(error, -EINVAL, "a rate of the peak, and no peak was measured");
  return 0;
}

static int sync_and_stat(struct sample *sample, struct store_size *size, struct error *error) {
  const struct store_stat *stat = &sample->stat_after;
  int code = sample->engine->sync(sample->store);
  if (!code) code = sample->engine->stat(sample->store, &sample->stat_after);
  if (!code) *size = (struct store_size){stat->bytes_apparent, stat->bytes_allocated};
  return code ? error_set(error, code, "sync of the data set: %s", strerror(-code)) : 0;
}

// Stores of another format may have work left when they are loaded, such as merging levels, and each lies on the disk
// as its load left it: all are brought into their best order, so that no read pays for another store's load. What they
// took before that is their own, and told. Ours put no work off, and keep the room that their load left: an update goes
// to a free slot, and a file without any would grow to twice its size in the middle of a measurement.
static int settle(struct sample *sample, struct error *error) {
  int code = sync_and_stat(sample, &sample->space.loaded, error);
  if (code || sample->engine->caps & CAP_SHARED_FORMAT) return code;
  code = sample->engine->compact(sample->store, error);
  return code ? code : sync_and_stat(sample, &sample->space.compacted, error);
}

// Who shares no format fills a file of its own, in its own way.
static int check_fill(const struct sample *sample, struct error *error) {
  const struct sample_order *order = sample->order;
  bool own = sample->engine->caps & CAP_PERSISTENT && !(sample->engine->caps & CAP_SHARED_FORMAT);
  if (!order->settings.fill_write || order->kind == SAMPLE_FILL || !own) return 0;
  return error_set(error, -EOPNOTSUPP, "how much is written at a time is not ours to say in a file of %s",
                   sample->engine->name);
}

static int fill(struct sample *sample, struct error *error) {
  uint64_t start = clock_ns();
  const struct phases *before = &sample->order->settings.before;
  int code = phases_fill(before, &sample->workload, sample->engine, sample->store, error);
  if (!code) code = settle(sample, error);
  if (!code) code = sample_before(sample, error);
  if (code) return code;
  sample->result.seconds = (double)(clock_ns() - start) / 1e9;
  sample->result.operations = sample->workload.records;
  sample->counts.bytes = sample->workload.records * sample->workload.value_size;
  return 0;
}

static int whole_store(struct sample *sample, void *user, struct error *error) {
  (void)user;
  return sample_whole_store(sample, error);
}

static enum sample_outcome measure(struct sample *sample, sample_timed_fn timed, void *user, struct error *error) {
  int code = timed(sample, user, error);
  spent_on(&sample->spent, SPENT_TIMED);
  if (code) return sample->out_of_reach ? OUTCOME_SKIPPED : OUTCOME_FAILED;
  if (sample_check(sample, error) != 0) return OUTCOME_FAILED;
  code = sample_verify(sample, error);
  spent_on(&sample->spent, SPENT_CHECK);
  return code ? OUTCOME_FAILED : OUTCOME_OK;
}

static enum sample_outcome run_open(struct sample *sample, sample_timed_fn timed, void *user, struct error *error) {
  const struct sample_order *order = sample->order;
  enum sample_outcome outcome;
  bool whole = order->kind != SAMPLE_FILL && operation_of_stores(sample->workload.operation);
  if (!whole && sample->engine->open(order->path, &sample->config, &sample->store, error) != 0) return OUTCOME_FAILED;
  spent_on(&sample->spent, SPENT_OPEN);
  if (order->kind == SAMPLE_FILL) {
    outcome = fill(sample, error) == 0 ? OUTCOME_OK : OUTCOME_FAILED;
  } else {
    outcome = measure(sample, whole ? whole_store : timed, user, error);
  }
  struct error closing = {0};
  int code = sample->store ? sample->engine->close(sample->store, &closing) : 0;
  spent_on(&sample->spent, SPENT_CLOSE);
  if (!code || outcome == OUTCOME_FAILED) return outcome;
  error_set(error, code, "closing the store: %s", closing.text[0] ? closing.text : strerror(-code));
  return OUTCOME_FAILED;
}

// Readers are forked when what counts them is there, and nothing of the store is.
static enum sample_outcome run_counted(struct sample *sample, sample_timed_fn timed, void *user, struct error *error) {
  if (sample_tracepoints(sample, error) != 0) return OUTCOME_FAILED;
  int code = readers_start(sample, timed, user, error);
  enum sample_outcome outcome = OUTCOME_FAILED;
  if (!code)
    outcome = run_open(sample, timed, user, error);
  else if (sample->out_of_reach)
    outcome = OUTCOME_SKIPPED;
  readers_stop(sample);
  return outcome;
}

enum sample_outcome sample_steps(struct sample *sample, sample_timed_fn timed, void *user, struct error *error) {
  char folder[sizeof sample->order->path];
  spent_start(&sample->spent);
  if (check_order(sample->order, error) != 0) return OUTCOME_FAILED;
  configure(sample);
  folder_of(sample->order->path, folder, sizeof folder);
  if (check_fill(sample, error) != 0 || enter_memory(sample, error) != 0) return OUTCOME_SKIPPED;
  if (sample->engine->probe(folder, &sample->config, error) != 0) return OUTCOME_SKIPPED;
  if (sample_before_open(sample, error) != 0) return OUTCOME_FAILED;
  enum sample_outcome outcome = run_counted(sample, timed, user, error);
  sample_before_close(sample);
  return outcome;
}

static int timed_by_benchmark(struct sample *sample, void *user, struct error *error) {
  (void)user;
  return sample_timed(sample, error);
}

json_t *sample_run_engine(const struct sample_order *order, const struct engine *engine,
                          const struct engine_options *options) {
  struct sample sample = {.order = order,
                          .engine = engine,
                          .config = {.options = *options},
                          .residency_before = NAN,
                          .residency_after = NAN};
  struct error error = {0};
  enum sample_outcome outcome = sample_steps(&sample, timed_by_benchmark, NULL, &error);
  json_t *json = sample_to_json(&sample, outcome_names[outcome], outcome == OUTCOME_OK ? NULL : error.text);
  tracepoints_close(sample.tracepoints);
  timeline_close(sample.timeline);
  latency_close(&sample.latency);
  histogram_free(sample.open.late);
  json_decref(sample.effective);
  free(sample.work);
  return json;
}

json_t *sample_run(const struct sample_order *order) {
  const struct engine *engine;
  struct store_config config = {0};
  struct error error = {0};
  const struct contender *contender = contender_find(order->settings.spec);
  if (contender) return contender_sample(contender, order);
  if (registry_parse(order->settings.spec, &engine, &config, &error) == 0)
    return sample_run_engine(order, engine, &config.options);
  struct sample none = {.order = order, .residency_before = NAN, .residency_after = NAN};
  return sample_to_json(&none, outcome_names[OUTCOME_FAILED], error.text);
}

int sample_command(void) {
  struct sample_order order;
  struct error error = {0};
  json_error_t where;
  json_t *json = json_loadf(stdin, 0, &where);
  int code = json ? sample_order_from_json(json, &order, &error) : error_set(&error, -EINVAL, "order: %s", where.text);
  json_decref(json);
  if (code) {
    fprintf(stderr, "storebench: %s; __sample is run by storebench itself\n", error.text);
    return 2;
  }
  json_t *sample = sample_run(&order);
  bool printed = sample && json_dumpf(sample, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF && fflush(stdout) == 0;
  json_decref(sample);
  return printed ? 0 : 1;
}
