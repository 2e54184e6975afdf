// SPDX-License-Identifier: MIT
// What a cell's settings say of the work that it does.
#include "harness/limits/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/results_file.h"
#include "workloads/keys.h"
#include "workloads/phases.h"

static uint64_t count_of(const json_t *cell, const char *key) {
  json_int_t value = json_integer_value(json_object_get(cell, key));
  return value > 0 ? (uint64_t)value : 0;
}

static uint64_t one_or_more(const json_t *cell, const char *key) {
  uint64_t count = count_of(cell, key);
  return count ? count : 1;
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

static bool is_own(const char *engine) {
  return is(engine, "mmap") || is(engine, "pread") || is(engine, "stdio") || is(engine, "uring");
}

static void read_engine(struct limit_facts *facts, const json_t *cell) {
  const json_t *options = json_object_get(cell, "options");
  const char *spec = json_text(cell, "spec");
  snprintf(facts->engine, sizeof facts->engine, "%.*s", (int)strcspn(spec, ":"), spec);
  facts->own_format = is_own(facts->engine);
  facts->maps = is(facts->engine, "mmap");
  facts->direct = json_is_true(json_object_get(options, "direct"));
  facts->huge = json_is_true(json_object_get(options, "huge"));
  facts->populated = json_is_true(json_object_get(options, "populate"));
}

static void read_operation(struct limit_facts *facts, const json_t *cell) {
  enum operation operation;
  bool parsed =
      operation_parse(facts->operation, &operation) == 0 && key_order_parse(json_text(cell, "keys"), &facts->keys) == 0;
  bool store = parsed && facts->data && facts->batch && facts->depth && facts->threads && json_is_store(cell);
  facts->on_stores = store && operation_of_stores(operation);
  facts->known = store && !facts->on_stores;
  facts->write = is(facts->operation, "fill") || is(facts->operation, "update") || is(facts->operation, "delete");
}

struct limit_facts limit_facts_of(const json_t *cell) {
  unsigned processes = (unsigned)one_or_more(cell, "processes");
  struct limit_facts facts = {.operation = json_text(cell, "operation"),
                              .cache = json_text(cell, "cache"),
                              .sync = json_text(cell, "sync"),
                              .before = json_text(cell, "before"),
                              .records = count_of(cell, "records"),
                              .record_size = (uint32_t)count_of(cell, "record_size"),
                              .value_size = (uint32_t)count_of(cell, "value_size"),
                              .batch = (unsigned)count_of(cell, "batch"),
                              .depth = in_flight(cell, json_object_get(cell, "options")),
                              .threads = (unsigned)count_of(cell, "threads") * processes,
                              .processes = processes,
                              .stores = (unsigned)one_or_more(cell, "stores"),
                              .memory = count_of(cell, "memory_bytes"),
                              .theta = json_number_value(json_object_get(cell, "theta"))};
  facts.data = facts.records * facts.record_size;
  read_engine(&facts, cell);
  read_operation(&facts, cell);
  return facts;
}

static bool is_limited(const struct limit_facts *facts) {
  return is(facts->cache, "pressure") || is(facts->cache, "filling");
}

uint64_t limit_logged_bytes(const struct limit_facts *facts) {
  return facts->own_format ? facts->record_size : KEY_BYTES + facts->value_size;
}

uint64_t limit_kept_bytes(const struct limit_facts *facts) {
  return facts->own_format ? facts->record_size : facts->value_size;
}

static uint64_t all_kept(const struct limit_facts *facts) { return facts->records * limit_kept_bytes(facts); }

// Data that fits into the memory it is left is not read from the device again.
bool limit_from_device(const struct limit_facts *facts) {
  return facts->direct || is(facts->cache, "cold") || (is_limited(facts) && all_kept(facts) > facts->memory);
}

double limit_missed(const struct limit_facts *facts) {
  if (facts->direct || !is_limited(facts)) return 1;
  uint64_t kept = all_kept(facts);
  if (facts->keys != KEYS_UNIFORM || kept <= facts->memory) return 0;
  return 1 - (double)facts->memory / (double)kept;
}

// Every record lies anywhere, so of those that are left a share as large as that of the deleted ones lies behind the
// place where the file will be cut.
double limit_moved_bytes(const struct limit_facts *facts) {
  struct phases phases;
  struct error error;
  if (!facts->own_format || phases_parse(facts->before, &phases, &error) || phases.count != 1) return 0;
  if (phases.list[0].kind != PHASE_DELETE) return 0;
  return (double)facts->data * phases.list[0].amount;
}

bool limit_durable(const struct limit_facts *facts) {
  return is(facts->sync, "always") || strncmp(facts->sync, "every=", strlen("every=")) == 0;
}

// Writers that wait at the same time share one: a batch, what is in flight, and all threads.
unsigned limit_writes_a_sync(const struct limit_facts *facts) {
  unsigned waiting = (facts->batch > facts->depth ? facts->batch : facts->depth) * facts->threads;
  unsigned every = is(facts->sync, "always") ? 1 : (unsigned)strtoul(facts->sync + strlen("every="), NULL, 10);
  return every > waiting ? every : waiting;
}
