// SPDX-License-Identifier: MIT
// lookup=linear: the lecture's get, which walks the records in file order until it meets the key. Under the lecture's
// read-write lock, since what it walks over must not be written meanwhile.
#include <errno.h>
#include <stdlib.h>

#include "engines/slots/internal.h"

struct walk {
  struct session *session;
  struct op *op;
  const unsigned char *bytes;  // of the slots from `slot` on
  uint64_t slot, end;
  bool found;
};

static int walk_bytes(void *argument) {
  struct walk *walk = argument;
  const struct store *store = walk->session->store;
  for (; walk->slot < walk->end && !walk->found; walk->slot++, walk->bytes += store->record_size) {
    struct record record;
    if (!bitmap_get(&store->live, walk->slot)) continue;
    record_view(walk->bytes, store->record_size, &record);
    if (!key_settled(&record, walk->op)) continue;
    walk->found = true;
    answer(walk->session, walk->op, (uint32_t)walk->slot, &record);
  }
  return 0;
}

static int walk_map(struct walk *walk) {
  const struct store *store = walk->session->store;
  struct io_map map;
  int error = store->io->map(store->file, &map);
  if (error) return error;
  walk->bytes = (const unsigned char *)map.base + RECORDS_OFFSET;
  walk->end = store->next_free;
  return guard_run(map.base, map.length, walk_bytes, walk);
}

static int walk_file(struct walk *walk) {
  struct session *session = walk->session;
  struct store *store = session->store;
  int error = scan_buffer_need(session);
  uint64_t chunk = chunk_slots(store, SOME_CHUNK_BYTES);
  for (uint64_t slot = 0; slot < store->next_free && !walk->found && !error; slot += chunk) {
    uint64_t count = store->next_free - slot < chunk ? store->next_free - slot : chunk;
    walk->bytes = session->scan_buffer;
    walk->slot = slot;
    walk->end = slot + count;
    error = read_chunk(session, slot, count);
    if (!error) error = walk_bytes(walk);
  }
  return error;
}

void linear_get(struct session *session, struct op *op) {
  const struct store *store = session->store;
  struct walk walk = {.session = session, .op = op};
  int error = store->io->map ? walk_map(&walk) : walk_file(&walk);
  if (error || !walk.found) finish(session, op, error ? error : -ENOENT);
}
