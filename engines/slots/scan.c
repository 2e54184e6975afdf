// SPDX-License-Identifier: MIT
// Scans: the slots that were live when the scan began, in file order. They stay as they are while the scan's session is
// in its epoch, so writers go on and the scan is a snapshot.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engines/slots/internal.h"
#include "engines/slots/store.h"

struct snapshot {
  uint64_t *words;  // live slots
  uint64_t slots;
};

struct visit {
  struct session *session;
  const struct snapshot *snapshot;
  const unsigned char *bytes;  // of slot `first`
  uint64_t first, slot, end;
  uint64_t left;  // records until the limit; UINT64_MAX: none
  scan_fn fn;
  void *user;
};

int scan_buffer_need(struct session *session) {
  if (session->scan_buffer) return 0;
  size_t bytes = SCAN_CHUNK_BYTES > session->store->record_size ? SCAN_CHUNK_BYTES : session->store->record_size;
  void *memory;
  if (posix_memalign(&memory, FILE_ALIGNMENT, bytes)) return -ENOMEM;
  session->scan_buffer = memory;
  return 0;
}

uint64_t chunk_slots(const struct store *store, size_t bytes) {
  uint64_t slots = bytes / store->record_size;
  return slots ? slots : 1;
}

int read_chunk(struct session *session, uint64_t slot, uint64_t count) {
  struct store *store = session->store;
  if (session->foreign) return -ECHILD;  // forked while a scan visited a record
  uint64_t alignment = store->limits.alignment, length = count * store->record_size;
  // A chunk begins on a block; its end may lie inside one, and the file goes on to the end of that block.
  length = (length + alignment - 1) / alignment * alignment;
  return store->io->read(session->io, session->scan_buffer, length, slot_offset(store->record_size, slot));
}

// Live slots at one moment: under the writer lock no record is between two slots. The epoch is entered with the lock
// held, since its holder may be waiting for all readers to leave.
static int take_snapshot(struct session *session, struct snapshot *snapshot) {
  struct store *store = session->store;
  pthread_mutex_lock(&store->writer);
  session_enter(session);
  size_t bytes = bitmap_word_count(store->next_free) * sizeof *snapshot->words;
  snapshot->slots = store->next_free;
  snapshot->words = malloc(bytes + 1);
  if (snapshot->words) memcpy(snapshot->words, store->live.words, bytes);
  int error = store->io->flush && snapshot->words && !store->read_only ? store->io->flush(store->file) : 0;
  pthread_mutex_unlock(&store->writer);
  return snapshot->words ? error : -ENOMEM;
}

static bool intact(const struct visit *visit, const unsigned char *bytes, uint64_t slot) {
  const struct store *store = visit->session->store;
  struct record record;
  uint64_t seed = record_seed(store->header.store_id, slot);
  return record_decode(bytes, store->record_size, seed, &record) == RECORD_STATE_VALID;
}

// `record` stays in registers: nobody else is handed its address.
static int visit_record(const struct visit *visit, const unsigned char *bytes, uint32_t record_size) {
  struct record record;
  record_view(bytes, record_size, &record);
  if (record.key_length > KEY_LENGTH_MAX || record.value_length > record_size - RECORD_OVERHEAD) return -EBADMSG;
  return visit->fn(visit->user, record.key, record.key_length, record.value, record.value_length);
}

// What the loop needs stays in registers, too, where it can: fn may change anything else for all that the compiler
// knows.
static int visit_chunk(void *argument) {
  struct visit *visit = argument;
  const uint64_t *live = visit->snapshot->words;
  const uint32_t record_size = visit->session->store->record_size;
  const bool verify = visit->session->store->verify;
  const uint64_t end = visit->end;
  const unsigned char *bytes = visit->bytes + (visit->slot - visit->first) * record_size;
  uint64_t slot = visit->slot, left = visit->left;
  int result = 0;
  for (; slot < end && left && !result; slot++, bytes += record_size) {
    if (!(live[slot / 64] >> slot % 64 & 1)) continue;
    if (left != UINT64_MAX) left--;
    result = verify && !intact(visit, bytes, slot) ? -EBADMSG : visit_record(visit, bytes, record_size);
  }
  visit->slot = slot;
  visit->left = left;
  return result;
}

static int scan_map(struct visit *visit) {
  const struct store *store = visit->session->store;
  struct io_map map;
  int error = store->io->map(store->file, &map);
  if (error) return error;
  visit->bytes = (const unsigned char *)map.base + RECORDS_OFFSET;
  visit->end = visit->snapshot->slots;
  return guard_run(map.base, map.length, visit_chunk, visit);
}

// A scan that ends soon reads less; in whole small chunks, as the next one must begin on a block (direct I/O).
static uint64_t slots_at_once(const struct visit *visit) {
  uint64_t most = chunk_slots(visit->session->store, SCAN_CHUNK_BYTES);
  uint64_t least = chunk_slots(visit->session->store, SOME_CHUNK_BYTES);
  if (visit->left >= most) return most;
  uint64_t wanted = (visit->left + least - 1) / least * least;
  return wanted < most ? wanted : most;
}

static int scan_file(struct visit *visit) {
  struct session *session = visit->session;
  int result = scan_buffer_need(session);
  while (visit->slot < visit->snapshot->slots && visit->left && !result) {
    uint64_t rest = visit->snapshot->slots - visit->slot, chunk = slots_at_once(visit);
    visit->first = visit->slot;
    visit->end = visit->slot + (rest < chunk ? rest : chunk);
    visit->bytes = session->scan_buffer;
    result = read_chunk(session, visit->first, visit->end - visit->first);
    if (!result) result = visit_chunk(visit);
  }
  return result;
}

int slot_store_scan(struct session *session, const void *from, uint32_t from_length, uint64_t limit, scan_fn fn,
                    void *user) {
  struct store *store = session->store;
  (void)from_length;
  if (session->foreign) return -ECHILD;
  if (from) return -EOPNOTSUPP;
  if (session->in_flight || session->done.count) return -EBUSY;
  session->lent = false;
  session_settle(session);
  struct snapshot snapshot = {0};
  int result = take_snapshot(session, &snapshot);
  struct visit visit = {
      .session = session, .snapshot = &snapshot, .left = limit ? limit : UINT64_MAX, .fn = fn, .user = user};
  if (!result) result = store->io->map ? scan_map(&visit) : scan_file(&visit);
  free(snapshot.words);
  session_settle(session);
  return result;
}
