// SPDX-License-Identifier: MIT
// Loading as a store with an index in memory cannot do without, and nothing else: key and value made, the key looked up
// in an index that grows from nothing as a store's does, the record encoded with its checksum, those of a call written
// by one pwrite into space that was allocated before, and the key put into the index where its look-up ended.
#define XXH_INLINE_ALL
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/clock.h"
#include "base/pages.h"
#include "engines/slots/file.h"
#include "engines/slots/keydir.h"
#include "harness/contenders/internal.h"

enum {
  LOOK_AHEAD = 20,  // index lines that are under way, as in the store
  PUT_AHEAD = 16,   // entries that are brought near again before they are written, likewise
  CHECKS = 4096     // records that are read back
};

struct entry {
  char key[KEY_BYTES];
  uint64_t hash;
  struct keydir_cursor cursor;
};

struct load {
  int fd;
  uint64_t first;  // byte of the file at which the first record stands
  uint32_t record_size, value_size;
  unsigned together;  // records of a write
  uint64_t records, done;
  uint64_t store_id;
  struct epochs epochs;
  struct keydir keydir;
  struct entry *entries;  // of a write, as `written`
  unsigned char *written, *value;
};

// Ends where the key belongs. Records lie in the order of their ids, so that another key of the same tag is known to be
// another by its slot.
static int look_up(struct load *load, struct entry *entry, uint64_t id) {
  uint32_t slot = keydir_first(&load->keydir, entry->hash, &entry->cursor);
  while (slot != SLOT_NONE && slot != id) slot = keydir_next(&entry->cursor);
  return slot == SLOT_NONE ? 0 : -EEXIST;
}

static int look_up_all(struct load *load, unsigned count) {
  for (unsigned i = 0; i < count + LOOK_AHEAD; i++) {
    if (i < count) {
      struct entry *entry = &load->entries[i];
      key_make(load->done + i, entry->key);
      entry->hash = XXH3_64bits(entry->key, KEY_BYTES);
      keydir_prefetch(&load->keydir, entry->hash);
    }
    if (i < LOOK_AHEAD) continue;
    const unsigned due = i - LOOK_AHEAD;
    int code = look_up(load, &load->entries[due], load->done + due);
    if (code) return code;
  }
  return 0;
}

static void encode_all(struct load *load, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    const uint64_t id = load->done + i;
    value_make(id, 0, load->value, load->value_size);
    const struct record record = {.key = (const unsigned char *)load->entries[i].key,
                                  .value = load->value,
                                  .key_length = KEY_BYTES,
                                  .value_length = load->value_size,
                                  .sequence = id + 1,
                                  .valid = RECORD_PUT};
    record_encode(load->written + (size_t)i * load->record_size, load->record_size, record_seed(load->store_id, id),
                  &record);
  }
}

static void insert_all(struct load *load, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    if (i + PUT_AHEAD < count) keydir_prefetch_at(&load->keydir, &load->entries[i + PUT_AHEAD].cursor);
    keydir_insert_at(&load->keydir, &load->entries[i].cursor, (uint32_t)(load->done + i));
  }
}

static int put_some(struct load *load, unsigned count) {
  const uint64_t offset = load->first + load->done * load->record_size;
  int code = keydir_reserve(&load->keydir, count);
  if (!code) code = look_up_all(load, count);
  if (code) return code;
  encode_all(load, count);
  code = file_write(load->fd, load->written, (size_t)count * load->record_size, offset, 0);
  if (code) return code;
  insert_all(load, count);
  load->done += count;
  return 0;
}

// Each record is put once: a second run goes on where the first one ended.
static int run_load(void *state, uint64_t deadline, uint64_t *done) {
  struct load *load = state;
  while (load->done < load->records) {
    const uint64_t left = load->records - load->done;
    const unsigned count = left < load->together ? (unsigned)left : load->together;
    int code = put_some(load, count);
    if (code) return code;
    *done += count;
    if (clock_ns() >= deadline) break;
  }
  return 0;
}

static void close_load(void *state) {
  struct load *load = state;
  if (atomic_load(&load->keydir.table)) keydir_free(&load->keydir);
  epochs_destroy(&load->epochs);
  free(load->entries);
  free(load->written);
  free(load->value);
  free(load);
}

// As many as are handed in together, which `depth` says, leave together, but no more than a piece: larger writes are no
// faster.
static unsigned choose_together(const struct limit_spec *spec) {
  unsigned most = spec->record_size < LIMIT_PIECE ? LIMIT_PIECE / spec->record_size : 1;
  return spec->depth < most ? spec->depth : most;
}

static int allocate(struct load *load) {
  const size_t written = (size_t)load->together * load->record_size;
  load->entries = calloc(load->together, sizeof *load->entries);
  load->written = pages_new(written);
  load->value = malloc(load->value_size ? load->value_size : 1);
  if (!load->entries || !load->written || !load->value) return -ENOMEM;
  memset(load->written, 0, written);  // touched now
  return keydir_init(&load->keydir, 0, &load->epochs);
}

static int open_load(const struct limit_order *order, const struct limit_target *target, unsigned thread, void **state,
                     struct error *error) {
  const struct limit_spec *spec = &order->spec;
  (void)thread;
  if (spec->depth == 0) return error_set(error, -EINVAL, "a batch holds 1 record at least");
  struct load *load = calloc(1, sizeof *load);
  int code = load ? epochs_init(&load->epochs) : -ENOMEM;
  if (code) {
    free(load);
    return error_set(error, code, "no memory");
  }
  load->fd = target->fd;
  load->first = target->first;
  load->record_size = spec->record_size;
  load->value_size = spec->bytes;
  load->together = choose_together(spec);
  load->records = spec->data / spec->record_size;
  load->store_id = order->seed;
  code = allocate(load);
  if (code) {
    close_load(load);
    return error_set(error, code, "no memory for %u records and an index", choose_together(spec));
  }
  *state = load;
  return 0;
}

static bool is_put(const struct load *load, const unsigned char *bytes, uint64_t id) {
  struct record record;
  char key[KEY_BYTES];
  key_make(id, key);
  return record_decode(bytes, load->record_size, record_seed(load->store_id, id), &record) == RECORD_STATE_VALID &&
         record.valid == RECORD_PUT && record.key_length == KEY_BYTES && memcmp(record.key, key, KEY_BYTES) == 0 &&
         record.value_length == load->value_size && value_check(id, record.value, record.value_length, NULL);
}

// Once.
static bool is_found(const struct load *load, uint64_t id) {
  struct keydir_cursor cursor;
  char key[KEY_BYTES];
  unsigned found = 0;
  key_make(id, key);
  for (uint32_t slot = keydir_first(&load->keydir, XXH3_64bits(key, KEY_BYTES), &cursor); slot != SLOT_NONE;
       slot = keydir_next(&cursor))
    found += slot == id;
  return found == 1;
}

// Records from all over the file, the first and the last among them.
int contender_load_prove(void *state, uint64_t *verified, struct error *error) {
  struct load *load = state;
  const uint64_t checks = load->done < CHECKS ? load->done : CHECKS;
  for (uint64_t i = 0; i < checks; i++) {
    const uint64_t id = checks > 1 ? i * (load->done - 1) / (checks - 1) : 0;
    int code = file_read(load->fd, load->written, load->record_size, load->first + id * load->record_size, 0);
    if (code) return error_set(error, code, "reading back: %s", strerror(-code));
    if (!is_put(load, load->written, id) || !is_found(load, id))
      return error_set(error, -EIO, "record %llu is not what was put there", (unsigned long long)id);
    ++*verified;
  }
  return 0;
}

const struct limit_loop contender_load_loop = {.open = open_load, .run = run_load, .close = close_load};
