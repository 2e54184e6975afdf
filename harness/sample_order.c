// SPDX-License-Identifier: MIT
// Orders as JSON, from the parent to the child of one sample.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "harness/cache.h"
#include "harness/sample.h"

static const char *const kind_names[] = {[SAMPLE_FILL] = "fill",
                                         [SAMPLE_THROUGHPUT] = "throughput",
                                         [SAMPLE_LATENCY] = "latency",
                                         [SAMPLE_COUNTERS] = "counters"};
static const char *const cache_names[] = {
    [CACHE_ASIS] = "as-is",    [CACHE_COLD] = "cold",         [CACHE_WARM] = "warm",
    [CACHE_MAPPED] = "mapped", [CACHE_PRESSURE] = "pressure", [CACHE_FILLING] = "filling"};

enum { KINDS = sizeof kind_names / sizeof *kind_names, CACHES = sizeof cache_names / sizeof *cache_names };

const char *sample_kind_name(enum sample_kind kind) { return kind_names[kind]; }

const char *cache_state_name(enum cache_state state) { return cache_names[state]; }

// Seeds use all 64 bits; JSON's integers are signed here, so the same bits travel as one of those.
static json_int_t bits(uint64_t value) { return (json_int_t)value; }

static json_t *workload_to_json(const struct workload *workload) {
  return json_pack("{s:s, s:[i,i,i,i,i,i], s:s, s:f, s:I, s:i, s:i, s:i, s:i, s:I}", "operation",
                   operation_name(workload->operation), "mix", (int)workload->mix.get, (int)workload->mix.update,
                   (int)workload->mix.insert, (int)workload->mix.remove, (int)workload->mix.scan,
                   (int)workload->mix.read_modify_write, "keys", key_order_name(workload->keys), "theta",
                   workload->theta, "records", bits(workload->records), "value_size", (int)workload->value_size,
                   "batch", (int)workload->batch, "depth", (int)workload->depth, "threads", (int)workload->threads,
                   "seed", bits(workload->seed));
}

static json_t *settings_to_json(const struct cell_settings *settings) {
  char sync[32], before[PHASES_TEXT];
  sync_policy_format(&settings->sync, sync, sizeof sync);
  phases_format(&settings->before, before, sizeof before);
  return json_pack(
      "{s:s, s:s, s:o, s:s, s:s, s:I, s:I, s:i, s:i, s:i, s:f, s:s, s:s, s:s, s:f, s:i, s:i, s:I}", "engine",
      settings->engine, "spec", settings->spec, "workload", workload_to_json(&settings->workload), "sync", sync,
      "cache", cache_names[settings->cache], "data_bytes", bits(settings->data_bytes), "memory_bytes",
      bits(settings->memory_bytes), "record_size", (int)settings->record_size, "threads", (int)settings->threads,
      "processes", (int)settings->processes, "rate", settings->rate.per_s, "arrivals",
      arrival_kind_name(settings->rate.arrivals), "before", before, "background",
      background_name(settings->background.kind), "background_rate", settings->background.per_s, "fill_write",
      (int)settings->fill_write, "stores", (int)cell_stores(settings), "operations", bits(settings->operations));
}

json_t *sample_order_to_json(const struct sample_order *order) {
  return json_pack("{s:s, s:o, s:s, s:f, s:f, s:f, s:b, s:b, s:b, s:I, s:{s:s, s:s}}", "kind", kind_names[order->kind],
                   "settings", settings_to_json(&order->settings), "path", order->path, "seconds", order->seconds,
                   "warmup", order->warmup, "limit", order->limit, "read_only", order->read_only, "fresh", order->fresh,
                   "disposable", order->disposable, "seed", bits(order->seed), "memory", "method",
                   memory_method_name(order->memory.method), "group", order->memory.path);
}

// What json_unpack hands out before it is checked. Integers are wide, so that no cast hides a bad one.
struct unpacked {
  const char *kind, *path, *engine, *spec, *operation, *keys, *sync, *cache, *method, *group, *arrivals, *before,
      *background;
  double background_rate, seconds, warmup, limit, theta, rate;
  int read_only, fresh, disposable;
  json_int_t seed, workload_seed, records, data_bytes, memory_bytes, operations;
  json_int_t mix[6], value_size, batch, depth, workload_threads, record_size, fill_write, threads, processes, stores;
};

// An order by a program that does not know a key yet leaves it out.
static int unpack(const json_t *json, struct unpacked *to, struct error *error) {
  json_error_t where;
  if (json_unpack_ex((json_t *)json, &where, 0,
                     "{s:s, s:s, s:F, s:F, s:F, s:b, s:b, s?:b, s:I, s:{s:s, s:s}, s:{s:s, s:s, s:s, s:s, s:I, s:I, "
                     "s:I, s:I, s:I, s:F, s:s, s?:s, s?:s, s?:F, s?:I, s?:I, s?:I, s:{s:s, s:[I,I,I,I,I,I!], s:s, s:F, "
                     "s:I, s:I, s:I, s:I, s:I, s:I}}}",
                     "kind", &to->kind, "path", &to->path, "seconds", &to->seconds, "warmup", &to->warmup, "limit",
                     &to->limit, "read_only", &to->read_only, "fresh", &to->fresh, "disposable", &to->disposable,
                     "seed", &to->seed, "memory", "method", &to->method, "group", &to->group, "settings", "engine",
                     &to->engine, "spec", &to->spec, "sync", &to->sync, "cache", &to->cache, "data_bytes",
                     &to->data_bytes, "memory_bytes", &to->memory_bytes, "record_size", &to->record_size, "threads",
                     &to->threads, "processes", &to->processes, "rate", &to->rate, "arrivals", &to->arrivals, "before",
                     &to->before, "background", &to->background, "background_rate", &to->background_rate, "fill_write",
                     &to->fill_write, "stores", &to->stores, "operations", &to->operations, "workload", "operation",
                     &to->operation, "mix", &to->mix[0], &to->mix[1], &to->mix[2], &to->mix[3], &to->mix[4],
                     &to->mix[5], "keys", &to->keys, "theta", &to->theta, "records", &to->records, "value_size",
                     &to->value_size, "batch", &to->batch, "depth", &to->depth, "threads", &to->workload_threads,
                     "seed", &to->workload_seed) == 0)
    return 0;
  return error_set(error, -EINVAL, "order: %s", where.text);
}

static int copy_text(char *to, size_t room, const char *from, const char *field, struct error *error) {
  if (snprintf(to, room, "%s", from) < (int)room) return 0;
  return error_set(error, -EINVAL, "order: %s is longer than %zu bytes", field, room - 1);
}

static int find(const char *text, const char *const *names, size_t count, const char *field, int *found,
                struct error *error) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(text, names[i]) == 0) {
      *found = (int)i;
      return 0;
    }
  }
  return error_set(error, -EINVAL, "order: '%s' is no %s", text, field);
}

static int narrow(json_int_t from, json_int_t least, const char *field, uint32_t *to, struct error *error) {
  if (from < least || from > UINT32_MAX) return error_set(error, -EINVAL, "order: %s is %lld", field, (long long)from);
  *to = (uint32_t)from;
  return 0;
}

static int take_workload(const struct unpacked *from, struct workload *workload, struct error *error) {
  unsigned *mix[] = {&workload->mix.get,    &workload->mix.update, &workload->mix.insert,
                     &workload->mix.remove, &workload->mix.scan,   &workload->mix.read_modify_write};
  if (operation_parse(from->operation, &workload->operation) != 0)
    return error_set(error, -EINVAL, "order: '%s' is no operation", from->operation);
  if (key_order_parse(from->keys, &workload->keys) != 0)
    return error_set(error, -EINVAL, "order: '%s' is no key order", from->keys);
  int code = 0;
  for (size_t i = 0; i < sizeof mix / sizeof *mix && !code; i++) code = narrow(from->mix[i], 0, "mix", mix[i], error);
  if (!code) code = narrow(from->value_size, 0, "value_size", &workload->value_size, error);
  if (!code) code = narrow(from->batch, 1, "batch", &workload->batch, error);
  if (!code) code = narrow(from->depth, 1, "depth", &workload->depth, error);
  if (!code) code = narrow(from->workload_threads, 1, "threads", &workload->threads, error);
  workload->theta = from->theta;
  workload->records = (uint64_t)from->records;
  workload->seed = (uint64_t)from->workload_seed;
  return code;
}

static int take_settings(const struct unpacked *from, struct cell_settings *settings, struct error *error) {
  int cache = 0;
  int code = copy_text(settings->engine, sizeof settings->engine, from->engine, "engine", error);
  if (!code) code = copy_text(settings->spec, sizeof settings->spec, from->spec, "spec", error);
  if (!code) code = sync_policy_parse(from->sync, &settings->sync, error);
  if (!code) code = find(from->cache, cache_names, CACHES, "cache state", &cache, error);
  if (!code) code = narrow(from->record_size, 0, "record_size", &settings->record_size, error);
  if (!code) code = narrow(from->fill_write, 0, "fill_write", &settings->fill_write, error);
  if (!code) code = narrow(from->threads, 1, "threads", &settings->threads, error);
  if (!code) code = narrow(from->processes, 1, "processes", &settings->processes, error);
  if (!code) code = narrow(from->stores, 1, "stores", &settings->stores, error);
  if (!code && from->operations < 0) code = error_set(error, -EINVAL, "order: operations is negative");
  if (!code && from->memory_bytes < 0) code = error_set(error, -EINVAL, "order: memory_bytes is negative");
  if (!code && arrival_kind_parse(from->arrivals, &settings->rate.arrivals) != 0)
    code = error_set(error, -EINVAL, "order: '%s' is no kind of arrivals", from->arrivals);
  if (!code && !(from->rate >= 0)) code = error_set(error, -EINVAL, "order: the rate is negative");
  if (!code) code = phases_parse(from->before, &settings->before, error);
  if (!code && (background_parse(from->background, &settings->background.kind) || !(from->background_rate >= 0)))
    code = error_set(error, -EINVAL, "order: '%s' is no role in the background, or its rate is none", from->background);
  settings->background.per_s = from->background_rate;
  settings->rate.per_s = from->rate;
  settings->cache = (enum cache_state)cache;
  settings->data_bytes = (uint64_t)from->data_bytes;
  settings->memory_bytes = (uint64_t)from->memory_bytes;
  settings->operations = (uint64_t)from->operations;
  return code ? code : take_workload(from, &settings->workload, error);
}

static int take_memory(const struct unpacked *from, struct memory_group *memory, struct error *error) {
  const char *names[MEMORY_METHODS];
  int method = 0;
  for (int i = 0; i < MEMORY_METHODS; i++) names[i] = memory_method_name((enum memory_method)i);
  int code = find(from->method, names, MEMORY_METHODS, "way to limit memory", &method, error);
  memory->method = (enum memory_method)method;
  return code ? code : copy_text(memory->path, sizeof memory->path, from->group, "group", error);
}

int sample_order_from_json(const json_t *json, struct sample_order *order, struct error *error) {
  struct unpacked from = {.before = "none", .background = "none", .stores = 1};
  int kind = 0;
  *order = (struct sample_order){0};
  int code = unpack(json, &from, error);
  if (!code) code = find(from.kind, kind_names, KINDS, "kind of sample", &kind, error);
  if (!code) code = copy_text(order->path, sizeof order->path, from.path, "path", error);
  if (!code) code = take_settings(&from, &order->settings, error);
  if (!code) code = take_memory(&from, &order->memory, error);
  if (code) return code;
  if (!(from.seconds >= 0 && from.warmup >= 0 && from.limit >= 0))
    return error_set(error, -EINVAL, "order: a time is negative");
  order->kind = (enum sample_kind)kind;
  order->seconds = from.seconds;
  order->warmup = from.warmup;
  order->limit = from.limit;
  order->read_only = from.read_only;
  order->fresh = from.fresh;
  order->disposable = from.disposable;
  order->seed = (uint64_t)from.seed;
  return 0;
}
