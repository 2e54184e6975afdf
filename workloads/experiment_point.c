// SPDX-License-Identifier: MIT
// What one point of an experiment may not be: settings that cannot run together, or of which one means nothing.
#include <errno.h>
#include <string.h>

#include "workloads/experiment_internal.h"
#include "workloads/ycsb.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static bool writes(const struct workload *workload) {
  switch (workload->operation) {
    case OPERATION_GET:
    case OPERATION_PEEK:
    case OPERATION_SCAN:
    case OPERATION_OPEN:
      return false;
    case OPERATION_MIXED:
      return workload->mix.get + workload->mix.scan < 100;
    default:
      return true;
  }
}

struct checking {
  const struct experiment *experiment;
  const struct point *point;
  const struct cell_settings *settings;
  struct error *error;
};

static int line_of(const struct checking *checking, enum key key) {
  return checking->point->texts[key] ? checking->point->texts[key]->line : 0;
}

// Refuses `key`, when it is given, because of another one.
static int refuse(const struct checking *checking, enum key key, const char *why) {
  if (!checking->point->texts[key]) return 0;
  return experiment_error(checking->experiment, line_of(checking, key), checking->error, "%s = %s %s", key_names[key],
                          checking->point->texts[key]->text, why);
}

static int check_required(const struct checking *checking) {
  const struct setting *const *texts = checking->point->texts;
  const struct experiment *experiment = checking->experiment;
  if (!texts[KEY_ENGINE])
    return experiment_error(experiment, 0, checking->error, "no engine; name some in [sweep], or one in [hold]");
  if (!texts[KEY_OPERATION])
    return experiment_error(experiment, 0, checking->error, "no operation; say in [hold] what is measured");
  if (!texts[KEY_DATA] && !texts[KEY_RECORDS])
    return experiment_error(experiment, 0, checking->error, "no size; give data or records in [hold]");
  if (texts[KEY_DATA] && texts[KEY_RECORDS])
    return experiment_error(experiment, line_of(checking, KEY_RECORDS), checking->error,
                            "both data and records; give one, the other follows from record_size");
  return 0;
}

static int check_keys(const struct checking *checking) {
  const struct workload *workload = &checking->settings->workload;
  bool skewed = workload->keys == KEYS_ZIPFIAN || workload->keys == KEYS_LATEST;
  bool once = workload->operation == OPERATION_FILL || workload->operation == OPERATION_DELETE;
  if (workload->operation == OPERATION_SCAN && refuse(checking, KEY_KEYS, "has no effect on a scan; remove it"))
    return -EINVAL;
  if (once && skewed &&
      refuse(checking, KEY_KEYS, "would repeat keys, but each is filled or deleted once; use sequential or uniform"))
    return -EINVAL;
  if (!skewed && refuse(checking, KEY_THETA, "has no effect; it belongs to keys = zipfian or latest")) return -EINVAL;
  if (workload->operation != OPERATION_MIXED)
    return refuse(checking, KEY_MIX, "has no effect; it belongs to operation = mixed");
  const struct setting *mix = checking->point->texts[KEY_MIX];
  if (mix && ycsb_named(mix->text) &&
      refuse(checking, KEY_KEYS, "cannot be: a workload of YCSB has an order of keys of its own; remove it"))
    return -EINVAL;
  if (!mix)
    return experiment_error(checking->experiment, line_of(checking, KEY_OPERATION), checking->error,
                            "operation = mixed without a mix; add one such as mix = get:95/update:5");
  return 0;
}

static int check_memory(const struct checking *checking) {
  const struct setting *const *texts = checking->point->texts;
  if (!cache_limited(checking->settings->cache)) {
    static const char why[] = "has no effect; it belongs to cache = pressure or filling";
    return refuse(checking, KEY_MEMORY, why) || refuse(checking, KEY_PRESSURE, why) ? -EINVAL : 0;
  }
  if (texts[KEY_MEMORY] && texts[KEY_PRESSURE])
    return experiment_error(checking->experiment, line_of(checking, KEY_PRESSURE), checking->error,
                            "both memory and pressure; give one, the other follows from data");
  if (texts[KEY_MEMORY] || texts[KEY_PRESSURE]) return 0;
  return experiment_error(checking->experiment, line_of(checking, KEY_CACHE), checking->error,
                          "cache = %s without a limit; add one such as memory = 128M, or pressure = 2",
                          texts[KEY_CACHE]->text);
}

// What is on a whole store has one client in one process, and nothing of a workload.
static int check_stores(const struct checking *checking) {
  const struct cell_settings *settings = checking->settings;
  static const enum key none[] = {KEY_THREADS, KEY_PROCESSES, KEY_RATE, KEY_BATCH, KEY_DEPTH, KEY_OPERATIONS};
  enum operation operation = settings->workload.operation;
  if (operation != OPERATION_OPEN && refuse(checking, KEY_STORES, "has no effect; it belongs to operation = open"))
    return -EINVAL;
  if (!operation_of_stores(operation)) return 0;
  for (size_t i = 0; i < LENGTH(none); i++)
    if (refuse(checking, none[i], "has no effect on operation = open, create or compact; remove it")) return -EINVAL;
  if (operation == OPERATION_OPEN && refuse(checking, KEY_DURATION, "has no effect: a store is opened once a sample"))
    return -EINVAL;
  if (operation == OPERATION_COMPACT &&
      (refuse(checking, KEY_DURATION, "has no effect: a store is compacted once a sample") ||
       refuse(checking, KEY_KEYS, "has no effect on operation = compact; remove it") ||
       refuse(checking, KEY_SYNC, "has no effect on operation = compact, which always ends with a sync; remove it")))
    return -EINVAL;
  if (operation == OPERATION_CREATE &&
      (refuse(checking, KEY_CACHE, "cannot be: create begins with a new file; remove it") ||
       refuse(checking, KEY_BEFORE, "cannot be: create begins with a new file; remove it") ||
       refuse(checking, KEY_KEYS, "has no effect on operation = create; remove it")))
    return -EINVAL;
  if (settings->cache == CACHE_MAPPED || cache_limited(settings->cache))
    return refuse(checking, KEY_CACHE, "cannot be: nothing maps a store before it is open; use cold or warm");
  return 0;
}

static int check_background(const struct checking *checking) {
  const struct cell_settings *settings = checking->settings;
  const struct workload *workload = &settings->workload;
  enum operation operation = workload->operation;
  if (settings->background.kind == BACKGROUND_NONE)
    return checking->experiment->sweep[0][KEY_BACKGROUND].line
               ? 0
               : refuse(checking, KEY_BACKGROUND_RATE, "has no effect; it belongs to a background");
  if (operation == OPERATION_FILL || operation == OPERATION_DELETE || operation_of_stores(operation) ||
      workload->mix.insert || workload->mix.remove)
    return refuse(checking, KEY_BACKGROUND, "cannot be beside what adds or removes records itself; use get or update");
  if (settings->processes > 1) return refuse(checking, KEY_BACKGROUND, "cannot be beside several processes; use one");
  return 0;
}

static int check_effects(const struct checking *checking) {
  const struct cell_settings *settings = checking->settings;
  const struct workload *workload = &settings->workload;
  // Where operations are swept, what concerns some of them is held for all.
  bool several = checking->experiment->sweep[0][KEY_OPERATION].line != 0;
  bool written = writes(workload) || background_writes(settings->background.kind);
  if (!written && settings->sync.kind != SYNC_NONE && !several &&
      refuse(checking, KEY_SYNC, "has no effect on an operation that only reads; remove it"))
    return -EINVAL;
  if (workload->operation == OPERATION_FILL && settings->cache != CACHE_ASIS && !several &&
      refuse(checking, KEY_CACHE, "cannot be: a fill begins with a new file; remove it"))
    return -EINVAL;
  if (workload->operation == OPERATION_FILL && settings->before.count &&
      refuse(checking, KEY_BEFORE, "cannot be: a fill begins with a new file; remove it"))
    return -EINVAL;
  if (settings->cache != CACHE_ASIS &&
      refuse(checking, KEY_FILL_WRITE,
             "has no effect: every cache state but as-is drops the file and reads it in anew"))
    return -EINVAL;
  if ((workload->operation == OPERATION_FILL || workload->operation == OPERATION_CREATE || !written) &&
      refuse(checking, KEY_FILL_WRITE, "has no effect: it is of files that are there and get changed; remove it"))
    return -EINVAL;
  if (settings->processes > 1 && cache_limited(settings->cache) &&
      refuse(checking, KEY_PROCESSES, "cannot be: the memory of one process is limited; use another cache state"))
    return -EINVAL;
  if (settings->processes > 1 && writes(workload) &&
      refuse(checking, KEY_PROCESSES, "cannot be: a store takes one writing process; use threads"))
    return -EINVAL;
  return 0;
}

static int check_window(const struct checking *checking) {
  const struct workload *workload = &checking->settings->workload;
  if (workload->operation == OPERATION_SCAN && workload->batch > 1 &&
      refuse(checking, KEY_BATCH, "has no effect on a scan; remove it"))
    return -EINVAL;
  if (workload->operation == OPERATION_SCAN && workload->depth > 1 &&
      refuse(checking, KEY_DEPTH, "has no effect on a scan; remove it"))
    return -EINVAL;
  if (workload->operation == OPERATION_MIXED && workload->mix.scan && workload->batch > 1 &&
      refuse(checking, KEY_BATCH, "cannot be: a mix with scans runs one operation a call; use batch = 1"))
    return -EINVAL;
  if (workload->depth < workload->batch &&
      refuse(checking, KEY_DEPTH, "is below batch; a window holds a batch or more"))
    return -EINVAL;
  if (workload->operation == OPERATION_PEEK && workload->depth > workload->batch &&
      refuse(checking, KEY_DEPTH, "cannot be: a lent pointer lasts until the next call; use depth = batch"))
    return -EINVAL;
  return 0;
}

static bool is_latency(const char *metric) {
  static const char *const latencies[] = {"p50", "p90", "p99", "p999", "max", "mean"};
  for (size_t i = 0; i < LENGTH(latencies); i++)
    if (strcmp(latencies[i], metric) == 0) return true;
  return false;
}

static int check_rate(const struct checking *checking) {
  const struct workload *workload = &checking->settings->workload;
  if (!cell_rated(checking->settings)) return refuse(checking, KEY_ARRIVALS, "has no effect; it belongs to a rate");
  if ((workload->operation == OPERATION_SCAN || workload->mix.scan) &&
      refuse(checking, KEY_RATE, "cannot be: a scan is one long call; leave the rate or the scans out"))
    return -EINVAL;
  if (checking->settings->processes > 1 && refuse(checking, KEY_RATE, "is of one process; use threads")) return -EINVAL;
  if (refuse(checking, KEY_OPERATIONS, "cannot be beside a rate, which asks for as many as its time gives"))
    return -EINVAL;
  if (!is_latency(checking->experiment->chart.y) &&
      refuse(checking, KEY_RATE, "fixes how many operations a second there are; draw a latency such as y = p99"))
    return -EINVAL;
  return 0;
}

int experiment_check_point(const struct experiment *experiment, const struct point *point,
                           const struct cell_settings *settings, struct error *error) {
  const struct checking checking = {experiment, point, settings, error};
  int code = check_required(&checking);
  if (!code) code = check_keys(&checking);
  if (!code) code = check_memory(&checking);
  if (!code) code = check_effects(&checking);
  if (!code) code = check_stores(&checking);
  if (!code) code = check_background(&checking);
  if (!code) code = check_window(&checking);
  if (!code) code = check_rate(&checking);
  return code;
}
