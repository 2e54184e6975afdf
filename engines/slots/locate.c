// SPDX-License-Identifier: MIT
// Where keys stand: the index first, for all of them; then, where they are about to be written, the records it points
// to, since keys can share an entry's tag. A new key has none, as a rule, and costs no look into the file.
#include <errno.h>

#include "base/prefetch.h"
#include "engines/slots/internal.h"

enum {
  AHEAD = 20,  // look-ups whose cache misses overlap: as many as the first cache has places for, or a few more
  GROUP = 64,  // records that are prefetched before the first is looked at
};

size_t find_slots(const struct keydir *keydir, struct op *const *ops, struct located *located, size_t count) {
  size_t found = 0, ahead = count < AHEAD ? count : AHEAD;
  for (size_t i = 0; i < count + ahead; i++) {
    if (i < count) {
      located[i].hash = keydir_hash(ops[i]->key, ops[i]->key_length);
      keydir_prefetch(keydir, located[i].hash);
    }
    if (i < ahead) continue;
    struct located *due = &located[i - ahead];
    due->slot = keydir_first(keydir, due->hash, &due->cursor);
    due->valid = RECORD_UNUSED;
    due->error = 0;
    found += due->slot != SLOT_NONE;
  }
  return found;
}

// `at` survives the jump out of a fault.
struct map_walk {
  const struct store *store;
  struct op *const *ops;
  struct located *located;
  size_t count;
  volatile size_t at;
  struct io_map map;
};

static int walk_map(void *argument) {
  struct map_walk *walk = argument;
  struct record record;
  for (; walk->at < walk->count; walk->at++) {
    size_t i = walk->at;
    (void)locate_in_map(walk->store, walk->map.base, walk->ops[i], &walk->located[i], &record);
  }
  return 0;
}

// Of each record the line with its key and the one with its end: a look-up for a put sees no value.
static int prefetch_records(const struct map_walk *walk) {
  const struct store *store = walk->store;
  uint64_t offsets[GROUP];
  size_t found = 0;
  for (size_t i = 0; i < walk->count; i++) {
    if (walk->located[i].slot == SLOT_NONE) continue;
    offsets[found] = slot_offset(store->record_size, walk->located[i].slot);
    const char *bytes = walk->map.base + offsets[found++];
    prefetch_line(bytes);
    prefetch_line(bytes + store->record_size - 1);
  }
  return store->prefetch && found ? store->io->prefetch(store->file, offsets, store->record_size, found) : 0;
}

static int locate_group(const struct store *store, struct op *const *ops, struct located *located, size_t count) {
  struct map_walk walk = {.store = store, .ops = ops, .located = located, .count = count};
  int error = store->io->map(store->file, &walk.map);
  if (!error) error = prefetch_records(&walk);
  if (error) return error;
  while (guard_run(walk.map.base, walk.map.length, walk_map, &walk) == -EIO) {
    struct located *lost = &located[walk.at++];
    lost->slot = SLOT_NONE;
    lost->error = -EIO;
  }
  return 0;
}

int locate_all(struct session *session, struct op *const *ops, struct located *located, size_t count) {
  const struct store *store = session->store;
  if (!find_slots(&store->keydir, ops, located, count)) return 0;
  // One alone is read without the window, into the buffer of its first look-up: not while a get may be using that.
  if (store->io->submit && (count > 1 || session->in_flight)) return window_locate(session, ops, located, count);
  int error = 0;
  for (size_t i = 0; store->io->map && i < count && !error; i += GROUP)
    error = locate_group(store, ops + i, located + i, count - i < GROUP ? count - i : GROUP);
  for (size_t i = 0; !store->io->map && i < count; i++) {
    struct record record;
    (void)locate_by_read(session, ops[i], &located[i], &record);
  }
  return error;
}
