// SPDX-License-Identifier: MIT
// The rules: operation, cache, sync policy, what is in flight and the way of moving bytes decide what a cell cannot
// beat. docs/limits.md has them as a table.
#include "harness/limits/rules.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/metrics.h"
#include "harness/results_file.h"
#include "workloads/client.h"

// Of a device, more makes no difference, and the file has to be written first.
static const uint64_t device_data_max = 4ull << 30;

struct facts {
  char engine[32];  // without its options
  const char *operation, *cache, *sync;
  bool direct, write, known;
  uint64_t data, memory;  // memory: what a limit leaves for it, under pressure
  uint32_t record_size, value_size;
  unsigned batch, depth, threads;  // threads: of all processes. depth: requests that one thread of it has in flight
  enum key_order keys;
  double theta;
};

struct rules {
  struct facts facts;
  struct limit_spec *specs;
  size_t count;
};

static uint64_t count_of(const json_t *cell, const char *key) {
  json_int_t value = json_integer_value(json_object_get(cell, key));
  return value > 0 ? (uint64_t)value : 0;
}

static bool is(const char *text, const char *word) { return strcmp(text, word) == 0; }

// An engine that queues has an option for how much; a map that tells the kernel the pages of a batch waits for all of
// them at once; the others answer each operation before they take the next.
static unsigned in_flight(const json_t *cell, const json_t *options) {
  uint64_t depth = count_of(cell, "depth"), most = count_of(options, "depth");
  const char *prefetch = json_text(options, "prefetch");
  if (most) return (unsigned)(depth < most ? depth : most);
  return *prefetch && !is(prefetch, "off") ? (unsigned)count_of(cell, "batch") : 1;
}

static uint64_t processes_of(const json_t *cell) {
  uint64_t processes = count_of(cell, "processes");
  return processes ? processes : 1;
}

static struct facts read_facts(const json_t *cell) {
  const json_t *options = json_object_get(cell, "options");
  const char *spec = json_text(cell, "spec");
  struct facts facts = {.operation = json_text(cell, "operation"),
                        .cache = json_text(cell, "cache"),
                        .sync = json_text(cell, "sync"),
                        .direct = json_is_true(json_object_get(options, "direct")),
                        .record_size = (uint32_t)count_of(cell, "record_size"),
                        .value_size = (uint32_t)count_of(cell, "value_size"),
                        .batch = (unsigned)count_of(cell, "batch"),
                        .depth = in_flight(cell, options),
                        .threads = (unsigned)(count_of(cell, "threads") * processes_of(cell)),
                        .theta = json_number_value(json_object_get(cell, "theta"))};
  enum operation operation;
  snprintf(facts.engine, sizeof facts.engine, "%.*s", (int)strcspn(spec, ":"), spec);
  facts.memory = count_of(cell, "memory_bytes");
  facts.data = count_of(cell, "records") * facts.record_size;
  facts.known = operation_parse(facts.operation, &operation) == 0 && !operation_of_stores(operation) &&
                key_order_parse(json_text(cell, "keys"), &facts.keys) == 0 && facts.data && facts.batch &&
                facts.depth && facts.threads && json_is_store(cell);
  facts.write = is(facts.operation, "fill") || is(facts.operation, "update") || is(facts.operation, "delete");
  return facts;
}

// One record an operation, `depth` of them in flight, in the cell's own order.
static void add(struct rules *rules, enum limit_kind kind, uint32_t bytes, unsigned depth, unsigned every) {
  const struct facts *facts = &rules->facts;
  bool skewed = facts->keys == KEYS_ZIPFIAN || facts->keys == KEYS_LATEST;
  if (rules->count == LIMITS_OF_CELL_MAX) return;
  rules->specs[rules->count++] = (struct limit_spec){.kind = kind,
                                                     .bytes = bytes,
                                                     .record_size = facts->record_size,
                                                     .data = facts->data,
                                                     .keys = facts->keys,
                                                     .theta = skewed ? facts->theta : 0,
                                                     .depth = depth,
                                                     .every = every,
                                                     .threads = facts->threads};
}

// Pieces from end to end, as large as the bytes there are allow.
static void add_sequential(struct rules *rules, enum limit_kind kind, unsigned depth) {
  uint64_t data = rules->facts.data - rules->facts.data % LIMIT_BLOCK;
  if (kind >= LIMIT_DEVICE_READ && data > device_data_max) data = device_data_max;
  uint32_t piece = data < LIMIT_PIECE ? (uint32_t)data : LIMIT_PIECE;
  if (data == 0 || rules->count == LIMITS_OF_CELL_MAX) return;
  rules->specs[rules->count++] = (struct limit_spec){.kind = kind,
                                                     .bytes = piece,
                                                     .record_size = piece,
                                                     .data = data - data % piece,
                                                     .keys = KEYS_SEQUENTIAL,
                                                     .depth = depth,
                                                     .every = 1,
                                                     .threads = rules->facts.threads};
}

// Records smaller than a block cost a block each. Threads add to what is in flight.
static void add_device(struct rules *rules, enum limit_kind kind) {
  const struct facts *facts = &rules->facts;
  uint32_t bytes = facts->record_size < LIMIT_BLOCK ? LIMIT_BLOCK : facts->record_size;
  if (facts->data < bytes) return;
  add(rules, kind, bytes, facts->depth * facts->threads, 1);
  struct limit_spec *spec = &rules->specs[rules->count - 1];
  spec->record_size = bytes;
  if (spec->data > device_data_max) spec->data = device_data_max;
  spec->data -= spec->data % bytes;
  spec->threads = 1;
}

static void add_system_call(struct rules *rules) {
  rules->specs[rules->count++] = (struct limit_spec){
      .kind = LIMIT_SYSTEM_CALL, .keys = KEYS_SEQUENTIAL, .depth = 1, .every = 1, .threads = rules->facts.threads};
}

// In memory: no store beats the copies; one that makes a call for each, not the calls either.
static void in_memory(struct rules *rules) {
  const struct facts *facts = &rules->facts;
  add(rules, LIMIT_MEMORY_COPY, facts->value_size ? facts->value_size : 1, 1, 1);
  bool call_each = is(facts->engine, "pread") || is(facts->engine, "stdio");
  bool reads = is(facts->operation, "get") || is(facts->operation, "mixed");
  if (call_each) add_system_call(rules);
  if (call_each && reads) add(rules, LIMIT_PREAD, facts->record_size, 1, 1);
  if (is(facts->engine, "uring") && reads) add(rules, LIMIT_URING_READ, facts->record_size, facts->depth, 1);
}

// Data that fits into the memory it is left is not read from the device again.
static bool from_device(const struct facts *facts) {
  bool limited = is(facts->cache, "pressure") || is(facts->cache, "filling");
  bool pressed = limited && facts->data > facts->memory;
  return facts->direct || is(facts->cache, "cold") || pressed;
}

static void reading(struct rules *rules) {
  const struct facts *facts = &rules->facts;
  bool scan = is(facts->operation, "scan");
  // The kernel reads ahead of a scan, so that its device is never idle.
  if (scan && from_device(facts))
    add_sequential(rules, LIMIT_DEVICE_READ_SEQUENTIAL, LIMIT_DEPTH);
  else if (scan)
    add_sequential(rules, LIMIT_MEMORY_READ, 1);
  else if (from_device(facts))
    add_device(rules, LIMIT_DEVICE_READ);
  else
    in_memory(rules);
}

static void without_sync(struct rules *rules) {
  const struct facts *facts = &rules->facts;
  bool in_order = is(facts->operation, "fill") && facts->keys == KEYS_SEQUENTIAL;
  if (facts->direct && in_order)
    add_sequential(rules, LIMIT_DEVICE_WRITE_SEQUENTIAL, LIMIT_DEPTH);
  else if (facts->direct)
    add_device(rules, LIMIT_DEVICE_WRITE);
  else if (in_order)
    add_sequential(rules, LIMIT_MEMORY_WRITE, 1);
  else
    in_memory(rules);
}

// How many operations one sync may cover. Writers that wait at the same time share one: a batch, what is in flight, and
// all threads.
static unsigned writes_a_sync(const struct facts *facts) {
  unsigned waiting = (facts->batch > facts->depth ? facts->batch : facts->depth) * facts->threads;
  unsigned every = is(facts->sync, "always") ? 1 : (unsigned)strtoul(facts->sync + strlen("every="), NULL, 10);
  return every > waiting ? every : waiting;
}

// In whatever order keys come, a store writes records to free slots one after the other, so that syncs meet the same
// blocks again: a bound in the order of the keys would be one that stores beat.
static void with_sync(struct rules *rules, const json_t *cell) {
  const char *write = json_text(json_object_get(cell, "options"), "write");
  bool map = is(rules->facts.engine, "mmap") && !is(write, "pwrite");
  add(rules, map ? LIMIT_MSYNC : LIMIT_FDATASYNC, rules->facts.record_size, 1, writes_a_sync(&rules->facts));
  if (rules->count == 0) return;
  struct limit_spec *spec = &rules->specs[rules->count - 1];
  spec->threads = 1;
  spec->keys = KEYS_SEQUENTIAL;
  spec->theta = 0;
}

size_t limits_of_cell(const json_t *cell, struct limit_spec *specs) {
  struct rules rules = {.facts = read_facts(cell), .specs = specs};
  if (!rules.facts.known) return 0;
  bool durable = is(rules.facts.sync, "always") || strncmp(rules.facts.sync, "every=", strlen("every=")) == 0;
  if (!rules.facts.write)
    reading(&rules);
  else if (durable)
    with_sync(&rules, cell);
  else
    without_sync(&rules);
  return rules.count;
}

// What runs through memory at full width overlaps with what comes after: its time is not what one operation waits.
static bool has_latency(const struct facts *facts, const struct limit_spec *spec) {
  return spec->kind > LIMIT_MEMORY_WRITE && facts->batch == 1 && facts->depth == 1 && facts->threads == 1 &&
         spec->every == 1;
}

double limit_in_metric(const json_t *cell, const struct limit_spec *spec, double value, const char *metric) {
  const struct facts facts = read_facts(cell);
  const struct metric *known = metric_find(metric);
  if (!known || !facts.known || !(value > 0)) return NAN;
  double operations = is(limit_unit(spec->kind), "B/s") ? value / facts.record_size : value;
  if (is(metric, "ops_per_s")) return operations;
  if (is(metric, "bytes_per_s")) return operations * facts.value_size;
  return known->kind == SAMPLE_LATENCY && has_latency(&facts, spec) ? 1e9 / operations : NAN;
}

void limit_label_along(const json_t *cell, const struct limit_spec *spec, const char *x, char *text, size_t room) {
  const struct facts facts = read_facts(cell);
  bool queues = count_of(json_object_get(cell, "options"), "depth") > 0;
  bool along = is(x, "depth") || is(x, "batch") || is(x, "threads") || is(x, "processes");
  limit_label(spec, text, room);
  char *depth = strstr(text, ", depth ");
  if (depth && along && (queues || facts.threads > 1)) snprintf(depth, room - (size_t)(depth - text), ", same depth");
}

int limit_list_add_cells(struct limit_list *list, const json_t *cells) {
  const json_t *cell;
  size_t i;
  int code = 0;
  json_array_foreach(cells, i, cell) {
    struct limit_spec specs[LIMITS_OF_CELL_MAX];
    size_t count = limits_of_cell(cell, specs);
    for (size_t s = 0; s < count && !code; s++) code = limit_list_add(list, &specs[s]);
  }
  return code;
}
