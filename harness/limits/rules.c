// SPDX-License-Identifier: MIT
// The rules: operation, cache, sync policy, what is in flight and the way of moving bytes decide what a cell cannot
// beat. docs/limits.md has them as a table.
#include "harness/limits/rules.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/limits/facts.h"
#include "harness/metrics.h"
#include "harness/results_file.h"
#include "workloads/client.h"

// Of a device, more makes no difference, and the file has to be written first.
static const uint64_t device_data_max = 4ull << 30;

struct rules {
  struct limit_facts facts;
  struct limit_spec *specs;
  size_t count;
};

static bool is(const char *text, const char *word) { return strcmp(text, word) == 0; }

// One record an operation, `depth` of them in flight, in the cell's own order.
static void add(struct rules *rules, enum limit_kind kind, uint32_t bytes, unsigned depth, unsigned every) {
  const struct limit_facts *facts = &rules->facts;
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
  const struct limit_facts *facts = &rules->facts;
  uint32_t bytes = facts->record_size < LIMIT_BLOCK ? LIMIT_BLOCK : facts->record_size;
  if (facts->data < bytes) return;
  add(rules, kind, bytes, facts->depth * facts->threads, 1);
  struct limit_spec *spec = &rules->specs[rules->count - 1];
  spec->record_size = bytes;
  if (spec->data > device_data_max) spec->data = device_data_max;
  spec->data -= spec->data % bytes;
  spec->threads = 1;
}

// A system call, or a request on a ring, that does nothing.
static void add_empty(struct rules *rules, enum limit_kind kind, unsigned depth) {
  if (rules->count == LIMITS_OF_CELL_MAX) return;
  rules->specs[rules->count++] = (struct limit_spec){
      .kind = kind, .keys = KEYS_SEQUENTIAL, .depth = depth, .every = 1, .threads = rules->facts.threads};
}

// Whatever finds a record has to read it, but new ones that are handed in together go out together.
static bool asks_for_each(const struct limit_facts *facts) {
  return !is(facts->operation, "fill") || facts->batch == 1;
}

// In order, and of what is new, a buffer of stdio's serves many records by one call.
static bool calls_for_each(const struct limit_facts *facts) {
  bool buffered = facts->keys == KEYS_SEQUENTIAL || is(facts->operation, "fill");
  return is(facts->engine, "pread") ? asks_for_each(facts) : is(facts->engine, "stdio") && !buffered;
}

static bool asks_ring(const struct limit_facts *facts) { return is(facts->engine, "uring") && asks_for_each(facts); }

// Who asks the kernel for each record cannot be faster than one that asks for nothing.
static void asking(struct rules *rules) {
  if (calls_for_each(&rules->facts)) add_empty(rules, LIMIT_SYSTEM_CALL, 1);
  if (asks_ring(&rules->facts)) add_empty(rules, LIMIT_URING_NOP, rules->facts.depth);
}

// In memory: no store beats the copies; one that makes a call for each, not the calls either. A record that is lent is
// added up where it lies.
static void in_memory(struct rules *rules) {
  const struct limit_facts *facts = &rules->facts;
  bool reads = is(facts->operation, "get") || is(facts->operation, "mixed"), lent = is(facts->operation, "peek");
  add(rules, lent ? LIMIT_MEMORY_SUM : LIMIT_MEMORY_COPY, facts->value_size ? facts->value_size : 1, 1, 1);
  asking(rules);
  if (calls_for_each(facts) && reads) add(rules, LIMIT_PREAD, facts->record_size, 1, 1);
  if (asks_ring(facts) && reads) add(rules, LIMIT_URING_READ, facts->record_size, facts->depth, 1);
}

static void reading(struct rules *rules) {
  const struct limit_facts *facts = &rules->facts;
  bool scan = is(facts->operation, "scan");
  // The kernel reads ahead of a scan, so that its device is never idle.
  if (scan && limit_from_device(facts))
    add_sequential(rules, LIMIT_DEVICE_READ_SEQUENTIAL, LIMIT_DEPTH);
  else if (scan)
    add_sequential(rules, LIMIT_MEMORY_READ, 1);
  else if (limit_from_device(facts) && limit_missed(facts) > 0)
    add_device(rules, LIMIT_DEVICE_READ);
  else
    in_memory(rules);
  // The device says nothing of the processor's time; the call or request does.
  if (!scan && limit_from_device(facts) && rules->count == 1) asking(rules);
}

static void without_sync(struct rules *rules) {
  const struct limit_facts *facts = &rules->facts;
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

// In whatever order keys come, a store writes records to free slots one after the other, so that syncs meet the same
// blocks again: a bound in the order of the keys would be one that stores beat.
static void with_sync(struct rules *rules, const json_t *cell) {
  const char *write = json_text(json_object_get(cell, "options"), "write");
  bool map = is(rules->facts.engine, "mmap") && !is(write, "pwrite");
  uint32_t bytes = (uint32_t)limit_logged_bytes(&rules->facts);
  add(rules, map ? LIMIT_MSYNC : LIMIT_FDATASYNC, bytes, 1, limit_writes_a_sync(&rules->facts));
  if (rules->count == 0) return;
  struct limit_spec *spec = &rules->specs[rules->count - 1];
  spec->record_size = bytes;
  spec->threads = 1;
  spec->keys = KEYS_SEQUENTIAL;
  spec->theta = 0;
}

static struct limit_spec of_one_file(enum limit_kind kind, uint32_t bytes) {
  return (struct limit_spec){.kind = kind,
                             .bytes = bytes,
                             .record_size = bytes,
                             .keys = KEYS_SEQUENTIAL,
                             .depth = 1,
                             .every = 1,
                             .threads = 1};
}

// The file has to be opened, and read from end to end where no index lies beside it.
static void opening(struct rules *rules) {
  const struct limit_facts *facts = &rules->facts;
  bool cold = is(facts->cache, "cold"), killed = strstr(facts->before, "kill");
  rules->specs[rules->count++] = of_one_file(LIMIT_OPEN, 0);
  if (killed && facts->own_format)
    add_sequential(rules, cold ? LIMIT_DEVICE_READ_SEQUENTIAL : LIMIT_MEMORY_READ, cold ? LIMIT_DEPTH : 1);
}

// Of records of a fixed size in slots: what they are is known, and how a store of another format packs them is not.
static void whole_store(struct rules *rules) {
  const struct limit_facts *facts = &rules->facts;
  bool made = is(facts->operation, "create");
  if (is(facts->operation, "open")) opening(rules);
  if (made && facts->own_format && facts->data <= UINT32_MAX)
    rules->specs[rules->count++] = of_one_file(LIMIT_CREATE, (uint32_t)facts->data);
  if (is(facts->operation, "compact") && limit_moved_bytes(facts) > 0)
    add_sequential(rules, LIMIT_DEVICE_WRITE_SEQUENTIAL, LIMIT_DEPTH);
}

size_t limits_of_cell(const json_t *cell, struct limit_spec *specs) {
  struct rules rules = {.facts = limit_facts_of(cell), .specs = specs};
  if (rules.facts.on_stores) whole_store(&rules);
  if (!rules.facts.known) return rules.count;
  if (!rules.facts.write)
    reading(&rules);
  else if (limit_durable(&rules.facts))
    with_sync(&rules, cell);
  else
    without_sync(&rules);
  return rules.count;
}

// What runs through memory at full width overlaps with what comes after: its time is not what one operation waits. And
// where some reads find their page in memory, the device's time is not that of each.
static bool has_latency(const struct limit_facts *facts, const struct limit_spec *spec) {
  bool some = spec->kind == LIMIT_DEVICE_READ && limit_missed(facts) < 1;
  return spec->kind > LIMIT_MEMORY_WRITE && !some && facts->batch == 1 && facts->depth == 1 && facts->threads == 1 &&
         spec->every == 1;
}

// Whether the loop works all the time, so that its time is the processor's: of one thread, since several may have had
// to share processors.
static bool never_waits(const struct limit_facts *facts, const struct limit_spec *spec) {
  return facts->threads == 1 &&
         (spec->kind <= LIMIT_URING_NOP || spec->kind == LIMIT_PREAD || spec->kind == LIMIT_URING_READ);
}

// Nanoseconds of the loop for all bytes of a cell's data, or for one operation.
static double whole_store_in_metric(const struct limit_facts *facts, const struct limit_spec *spec, double value,
                                    const char *metric) {
  bool start = is(metric, "open_ns") || is(metric, "first_get_ns") || is(metric, "first_1000_ns");
  if (is(facts->operation, "compact")) return is(metric, "compact_ns") ? 1e9 * limit_moved_bytes(facts) / value : NAN;
  if (is(facts->operation, "create")) return is(metric, "ops_per_s") ? value : is(metric, "p50") ? 1e9 / value : NAN;
  if (!start) return NAN;
  return facts->stores * 1e9 / value * (spec->kind == LIMIT_OPEN ? 1 : (double)facts->data);
}

double limit_in_metric(const json_t *cell, const struct limit_spec *spec, double value, const char *metric) {
  const struct limit_facts facts = limit_facts_of(cell);
  const struct metric *known = metric_find(metric);
  if (!known || !(value > 0)) return NAN;
  if (facts.on_stores) return whole_store_in_metric(&facts, spec, value, metric);
  if (!facts.known) return NAN;
  double operations = is(limit_unit(spec->kind), "B/s") ? value / (double)limit_kept_bytes(&facts) : value;
  double cpu = never_waits(&facts, spec) ? 1e9 / operations : NAN;
  if (is(metric, "cpu_ns_per_op")) return cpu;
  if (is(metric, "cpu_ns_per_byte")) return cpu / facts.value_size;
  // What waits for the device is far from a call that does nothing.
  bool empty = spec->kind == LIMIT_SYSTEM_CALL || spec->kind == LIMIT_URING_NOP;
  if (empty && limit_from_device(&facts)) return NAN;
  if (spec->kind == LIMIT_DEVICE_READ) operations /= limit_missed(&facts);
  if (is(metric, "ops_per_s")) return operations;
  if (is(metric, "bytes_per_s")) return operations * facts.value_size;
  return known->kind == SAMPLE_LATENCY && has_latency(&facts, spec) ? 1e9 / operations : NAN;
}

// What a bound counts of the records of another format, where ours takes their slots; not where it goes by their values
// or by whole blocks anyhow.
static const char *counted(const struct limit_facts *facts, const struct limit_spec *spec) {
  if (!facts->known || facts->own_format) return "";
  if (spec->kind == LIMIT_FDATASYNC) return ", key and value";
  return is(limit_unit(spec->kind), "B/s") ? ", values alone" : "";
}

// Where memory spares some reads, the bound is that of the others.
static const char *spared(const struct limit_facts *facts, const struct limit_spec *spec) {
  if (!facts->known || spec->kind != LIMIT_DEVICE_READ || limit_missed(facts) >= 1) return "";
  return facts->own_format ? ", misses alone" : ", misses of the values alone";
}

void limit_label_along(const json_t *cell, const struct limit_spec *spec, const char *x, char *text, size_t room) {
  const struct limit_facts facts = limit_facts_of(cell);
  bool queues = json_integer_value(json_object_get(json_object_get(cell, "options"), "depth")) > 0;
  bool along = is(x, "depth") || is(x, "batch") || is(x, "threads") || is(x, "processes");
  limit_label(spec, text, room);
  if (facts.on_stores && spec->kind != LIMIT_OPEN && spec->kind != LIMIT_CREATE)
    snprintf(text, room, spec->kind == LIMIT_DEVICE_WRITE_SEQUENTIAL ? "writing what moves" : "reading all slots");
  // One family of bounds along x, not one for each number of operations that share a sync.
  bool syncs = spec->kind == LIMIT_FDATASYNC || spec->kind == LIMIT_MSYNC, shared = along || is(x, "sync");
  if (syncs && shared && !is(x, "depth")) snprintf(text, room, "bare %s, same group", limit_name(spec->kind));
  char *depth = strstr(text, ", depth ");
  if (depth && along && (queues || facts.threads > 1)) snprintf(depth, room - (size_t)(depth - text), ", same depth");
  size_t length = strlen(text);
  snprintf(text + length, room - length, "%s%s", counted(&facts, spec), spared(&facts, spec));
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
