// SPDX-License-Identifier: MIT
// Records into slots. Neighbouring slots go out in one write; for direct I/O the blocks around them are completed from
// what the file holds, and all records that share a block leave in one write of that block.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engines/slots/internal.h"

enum { PART = 128 };  // records of a commit that are written while the next are looked up

struct run {
  uint64_t start, end;  // bytes in the file
  size_t first, count;  // of the sorted slots
};

struct plan {
  struct session *session;
  const uint32_t *slots;
  const struct record *records;  // NULL: zeros
  uint16_t order[COMMIT_MAX];    // ascending by slot
  struct io_request requests[COMMIT_MAX];
  size_t count;
  size_t runs, filled;  // requests, and bytes of the write buffer, that may be in flight
  uint32_t block;       // records that share one of these leave in one write
  unsigned flags;
  bool ahead;  // what is queued is started, and not waited for
};

static int write_buffer_need(struct session *session) {
  if (session->write_buffer) return 0;
  if (!session->plan) session->plan = calloc(1, sizeof *session->plan);
  void *memory;
  if (!session->plan || posix_memalign(&memory, FILE_ALIGNMENT, WRITE_BUFFER_BYTES + 2 * FILE_ALIGNMENT))
    return -ENOMEM;
  session->write_buffer = memory;
  return 0;
}

static void sort_order(struct plan *plan) {
  // Slots come nearly ascending from the allocator: insertion sort is linear then.
  for (size_t i = 0; i < plan->count; i++) {
    size_t at = i;
    for (; at > 0 && plan->slots[plan->order[at - 1]] > plan->slots[i]; at--) plan->order[at] = plan->order[at - 1];
    plan->order[at] = (uint16_t)i;
  }
}

// A power of two. (A division of what is no constant takes longer than all else that is done for a record here.)
static uint64_t align_down(uint64_t value, uint64_t alignment) { return value & ~(alignment - 1); }

// Bytes that one write may have.
static uint64_t write_limit(const struct store *store) {
  if (!store->fill_write) return WRITE_BUFFER_BYTES;
  return store->fill_write > store->record_size ? store->fill_write : store->record_size;
}

// Direct I/O writes whole blocks anyway. Else, where records are written to be synced, the device writes whole pages;
// so what lies between records of one page, or of neighbouring pages, is read and goes along, the same bytes again: two
// calls in place of one for each. (Of two records that saves no call, but the one write may bring its own sync.) Not
// through a map, where a record may take no call; nor through stdio's buffer, which gathers by itself; nor where
// fill_write says how large writes are.
static uint32_t block_of(const struct store *store) {
  if (store->limits.alignment > 1) return store->limits.alignment;
  bool gathers = store->policy.kind == SYNC_ALWAYS && !store->io->map && !store->io->flush && !store->fill_write;
  return gathers ? FILE_ALIGNMENT : 1;
}

bool writes_at_once(const struct store *store, const uint32_t *slots, size_t count) {
  uint64_t block = block_of(store), first = 0, end = 0;
  for (size_t i = 0; i < count; i++) {
    uint64_t offset = slot_offset(store->record_size, slots[i]), start = align_down(offset, block);
    if (i == 0) first = start;
    if (i > 0 && (slots[i] < slots[i - 1] || start > end)) return false;
    end = align_down(offset + store->record_size + block - 1, block);
  }
  return count == 1 || end - first <= write_limit(store);
}

// Not where the write may have to be one or of a size that is asked for (fill_write), or where neighbours may share a
// block that is written.
size_t records_at_once(const struct store *store) {
  bool ahead = store->io->submit && store->limits.alignment == 1 && !store->fill_write;
  return ahead && store->policy.kind != SYNC_ALWAYS ? PART : COMMIT_MAX;
}

// Without direct I/O a write begins and ends with a record.
static void trim(const struct plan *plan, struct run *run) {
  const struct store *store = plan->session->store;
  if (store->limits.alignment > 1) return;
  run->start = slot_offset(store->record_size, plan->slots[plan->order[run->first]]);
  run->end =
      slot_offset(store->record_size, plan->slots[plan->order[run->first + run->count - 1]]) + store->record_size;
}

static struct run next_run(const struct plan *plan, size_t first) {
  const struct store *store = plan->session->store;
  uint64_t alignment = plan->block, limit = write_limit(store);
  struct run run = {.first = first};
  for (size_t i = first; i < plan->count; i++) {
    uint64_t offset = slot_offset(store->record_size, plan->slots[plan->order[i]]);
    uint64_t start = align_down(offset, alignment);
    uint64_t end = align_down(offset + store->record_size + alignment - 1, alignment);
    if (i == first) {
      run.start = start;
    } else if (start > run.end || (end > run.end && end - run.start > limit)) {
      break;
    }
    if (end > run.end) run.end = end;
    run.count++;
  }
  trim(plan, &run);
  return run;
}

// What stands in the run's blocks now, for the parts of them that are not written.
static int load_blocks(struct session *session, const struct run *run, unsigned char *data) {
  struct store *store = session->store;
  if (run->count * store->record_size == run->end - run->start) return 0;
  if (store->block_offset == run->start && run->end - run->start == store->limits.alignment) {
    memcpy(data, store->block, store->limits.alignment);
    return 0;
  }
  return store->io->read(session->io, data, run->end - run->start, run->start);
}

static void keep_last_block(struct store *store, const struct run *run, const unsigned char *data) {
  if (store->limits.alignment == 1) return;
  store->block_offset = run->end - store->limits.alignment;
  memcpy(store->block, data + (store->block_offset - run->start), store->limits.alignment);
}

static void encode(const struct plan *plan, const struct run *run, unsigned char *data) {
  const struct store *store = plan->session->store;
  for (size_t i = run->first; i < run->first + run->count; i++) {
    size_t item = plan->order[i];
    uint32_t slot = plan->slots[item];
    unsigned char *bytes = data + (slot_offset(store->record_size, slot) - run->start);
    if (plan->records)
      record_encode(bytes, store->record_size, record_seed(store->header.store_id, slot), &plan->records[item]);
    else
      memset(bytes, 0, store->record_size);
  }
}

static void note_dirty(struct store *store, const struct run *run) {
  if (store->dirty_low >= store->dirty_high) {
    store->dirty_low = run->start;
    store->dirty_high = run->end;
    store->dirty_since_ns = store->policy.kind == SYNC_INTERVAL ? clock_ns() : 0;
  }
  if (run->start < store->dirty_low) store->dirty_low = run->start;
  if (run->end > store->dirty_high) store->dirty_high = run->end;
  store->bytes_written += run->end - run->start;
}

// `queue`: several requests are in flight at once. Those of one call never touch one block: runs are apart by a block
// at least. Those of two parts of a commit may be neighbours, which only direct I/O forbids.
static int send(struct plan *plan, const struct run *run, unsigned char *data, bool queue) {
  struct session *session = plan->session;
  note_dirty(session->store, run);
  uint32_t length = (uint32_t)(run->end - run->start);
  if (!queue) return session->store->io->write(session->io, data, length, run->start, plan->flags);
  struct io_request *request = &plan->requests[plan->runs++];
  *request = (struct io_request){
      .kind = IO_WRITE, .flags = plan->flags, .buffer = data, .length = length, .offset = run->start};
  return window_write(session, request);
}

// All of them, whatever failed: their buffers are in use until they are back.
int write_wait(struct session *session) {
  while (session->write_in_flight) {
    int count = window_drive(session, 1);
    if (count < 0) return count;
  }
  int error = session->write_error;
  session->write_error = 0;
  return error;
}

static int write_plan(struct plan *plan) {
  struct session *session = plan->session;
  struct store *store = session->store;
  if (!session->write_in_flight) plan->runs = plan->filled = 0;
  unsigned char *data = session->write_buffer + plan->filled;
  int error = 0;
  for (size_t first = 0; first < plan->count && !error;) {
    struct run run = next_run(plan, first);
    // At the same place in its page as in the file: the kernel's copy (rep movsb) to just past its source's place in a
    // page is several times slower than any other.
    if (data == session->write_buffer) data += run.start % FILE_ALIGNMENT;
    first += run.count;
    bool queue = store->io->submit && !(plan->flags & IO_DURABLE) && (plan->ahead || run.count < plan->count);
    error = load_blocks(session, &run, data);
    if (error) break;
    encode(plan, &run, data);
    keep_last_block(store, &run, data);
    error = send(plan, &run, data, queue);
    data += run.end - run.start;
  }
  plan->filled = (size_t)(data - session->write_buffer);
  int late = 0;
  if (plan->ahead)
    late = window_drive(session, 0);
  else if (store->io->submit)
    late = write_wait(session);
  if (!error && late < 0) error = late;
  if (error) store->block_offset = 0;
  return error;
}

static int write_all(struct session *session, const uint32_t *slots, const struct record *records, size_t count,
                     unsigned flags, bool ahead) {
  const struct store *store = session->store;
  uint32_t block = block_of(store);
  uint32_t each = store->record_size > block ? store->record_size : block;
  size_t at_once = WRITE_BUFFER_BYTES / each < COMMIT_MAX ? WRITE_BUFFER_BYTES / each : COMMIT_MAX;
  if (writes_at_once(store, slots, count)) at_once = COMMIT_MAX;  // whatever its blocks would be one by one
  int error = write_buffer_need(session);
  struct plan *plan = session->plan;
  for (size_t done = 0; done < count && !error; done += plan->count) {
    plan->session = session;
    plan->slots = slots + done;
    plan->records = records ? records + done : NULL;
    plan->count = count - done < at_once ? count - done : at_once;
    plan->block = block;
    plan->flags = flags | (store->fill_write ? IO_BY_CALL : 0);
    plan->ahead = ahead;
    // Beside what is in flight, if the buffer has room; but records of one call may share a block.
    bool beside = session->write_in_flight && !done && plan->filled + plan->count * each <= WRITE_BUFFER_BYTES;
    if (!beside) error = write_wait(session);
    sort_order(plan);
    if (!error) error = write_plan(plan);
  }
  return error;
}

int write_slots(struct session *session, const uint32_t *slots, const struct record *records, size_t count,
                unsigned flags) {
  return write_all(session, slots, records, count, flags, false);
}

int write_ahead(struct session *session, const uint32_t *slots, const struct record *records, size_t count) {
  return write_all(session, slots, records, count, 0, true);
}
