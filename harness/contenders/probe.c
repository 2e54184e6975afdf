// SPDX-License-Identifier: MIT
// Gets as a tight loop makes them: a key, its hash, a look into an index of the size that a store has, a look at the
// record's key, and a copy of its value; one after the other. There is no store around it, no table of functions, no
// client, and nothing is summed.
#define XXH_INLINE_ALL
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/clock.h"
#include "engines/slots/keydir.h"
#include "harness/contenders/internal.h"
#include "workloads/key_tail.h"

enum { USUAL_BYTES = 64 };
#define SLOT_FIELD UINT64_C(0xFFFFFFFF)

struct probe {
  struct limit_cursor cursor;
  struct epochs epochs;
  struct keydir keydir;
  // Where the loop looks.
  const _Atomic uint64_t *entries;
  uint64_t buckets;
  const unsigned char *records;
  size_t record_size, value_at, bytes;
  unsigned char *buffer;
  uint64_t nothing;  // 0
};

// Of every record of the file.
static int make_index(struct probe *probe, uint64_t records, struct error *error) {
  for (uint64_t slot = 0; slot < records; slot++) {
    struct record record;
    record_view(probe->records + slot * probe->record_size, (uint32_t)probe->record_size, &record);
    if (record.valid != RECORD_PUT || record.key_length != KEY_BYTES)
      return error_set(error, -EIO, "slot %llu holds no record", (unsigned long long)slot);
    if (keydir_insert(&probe->keydir, keydir_hash(record.key, record.key_length), (uint32_t)slot))
      return error_set(error, -ENOMEM, "no memory for the index");
    if (slot == 0) probe->value_at = (size_t)(record.value - record.key);
  }
  const struct keydir_table *table = atomic_load(&probe->keydir.table);
  probe->entries = table->entries;
  probe->buckets = table->buckets;
  return 0;
}

static void close_probe(void *state) {
  struct probe *probe = state;
  limit_cursor_close(&probe->cursor);
  keydir_free(&probe->keydir);
  epochs_destroy(&probe->epochs);
  free(probe->buffer);
  free(probe);
}

static int open_probe(const struct limit_order *order, const struct limit_target *target, unsigned thread, void **state,
                      struct error *error) {
  const struct limit_spec *spec = &order->spec;
  uint64_t records = spec->data / spec->record_size;
  struct probe *probe = calloc(1, sizeof *probe);
  if (!probe) return error_set(error, -ENOMEM, "no memory");
  probe->records = target->records;
  probe->record_size = spec->record_size;
  probe->bytes = spec->bytes;
  int code = epochs_init(&probe->epochs);
  if (code) {
    free(probe);
    return error_set(error, code, "no memory");
  }
  probe->buffer = calloc(1, spec->bytes);
  code = probe->buffer ? keydir_init(&probe->keydir, records, &probe->epochs) : -ENOMEM;
  if (code) {
    free(probe->buffer);
    epochs_destroy(&probe->epochs);
    free(probe);
    return error_set(error, code, "no memory for the index");
  }
  code = limit_cursor_open(order, thread, &probe->cursor);
  if (code) error_set(error, code, "no memory");
  if (!code) code = make_index(probe, records, error);
  if (code)
    close_probe(probe);
  else
    *state = probe;
  return code;
}

// The entry's layout is keydir.c's: the upper half of the hash, and the slot plus one; 0 ends a search. Nothing was
// ever removed from this index.
static inline __attribute__((always_inline)) int get(const struct probe *probe, uint64_t id, size_t bytes) {
  char key[KEY_BYTES] = KEY_HEAD;
  const uint64_t tail = key_tail(id);
  memcpy(key + KEY_HEAD_BYTES, &tail, sizeof tail);
  const uint64_t tag = XXH3_64bits(key, sizeof key) >> 32;
  uint64_t at = tag * probe->buckets >> 32;
  for (;;) {
    const uint64_t entry = atomic_load_explicit(&probe->entries[at], memory_order_relaxed);
    if (entry == 0) return -ENOENT;
    if (++at == probe->buckets) at = 0;
    if (entry >> 32 != tag) continue;
    const unsigned char *record = probe->records + ((entry & SLOT_FIELD) - 1) * probe->record_size;
    if (memcmp(record, key, sizeof key) != 0) continue;
    memcpy(probe->buffer, record + probe->value_at, bytes);
    // The compiler must take the value for read, or it would leave the copy out.
    __asm__ volatile("" : : "r"(probe->buffer) : "memory");
    return 0;
  }
}

// With `chained` a get waits for the value of the one before, by an addition of nothing that the processor cannot
// foresee: else it works on several at a time, as far as it looks ahead.
static inline __attribute__((always_inline)) int get_chunk(struct probe *probe, size_t bytes, bool chained) {
  uint64_t last = 0;
  for (size_t i = 0; i < CURSOR_CHUNK; i++) {
    int code = get(probe, probe->cursor.ids[i] + (chained ? last & probe->nothing : 0), bytes);
    if (code) return code;
    if (chained) memcpy(&last, probe->buffer, sizeof last);
  }
  return 0;
}

static inline __attribute__((always_inline)) int run(struct probe *probe, uint64_t deadline, uint64_t *done,
                                                     bool chained) {
  do {
    key_stream_next(probe->cursor.keys, probe->cursor.ids, CURSOR_CHUNK);
    int code =
        probe->bytes == USUAL_BYTES ? get_chunk(probe, USUAL_BYTES, chained) : get_chunk(probe, probe->bytes, chained);
    if (code) return code;
    *done += CURSOR_CHUNK;
  } while (clock_ns() < deadline);
  return 0;
}

static int run_probe(void *state, uint64_t deadline, uint64_t *done) { return run(state, deadline, done, false); }
static int run_chain(void *state, uint64_t deadline, uint64_t *done) { return run(state, deadline, done, true); }

const struct limit_loop contender_probe_loop = {.open = open_probe, .run = run_probe, .close = close_probe};
const struct limit_loop contender_chain_loop = {.open = open_probe, .run = run_chain, .close = close_probe};
