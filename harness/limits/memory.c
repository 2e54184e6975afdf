// SPDX-License-Identifier: MIT
// Bounds of memory. Huge pages are asked for, so that not even the page table slows the loops down.
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/prefetch.h"
#include "base/words.h"
#include "harness/limits/loop.h"
#include "harness/plan.h"
#include "workloads/random.h"

enum { AHEAD = 24, LINE = 64, LINES_MAX = 4, HUGE_PAGE = 2 << 20, SOURCE = 64 << 10 };
// A turn of the trial below. In a tenth of that time the second cache has not filled yet, and seems the faster one
// where it is not.
static const uint64_t turn_ns = 500 * 1000;
enum { TRIAL_TURNS = 10 };

struct memory_state {
  struct limit_cursor cursor;
  unsigned char *base, *buffer;
  size_t record_size, bytes, pieces, piece;
  bool second;  // records are asked into the second cache, not the first
  bool chosen;  // which of both
};

int limit_check_memory(uint64_t bytes, struct error *error) {
  char need[32], have[32];
  uint64_t available = plan_memory_available();
  if (bytes <= available / 2) return 0;
  format_size(bytes, need, sizeof need);
  format_size(available, have, sizeof have);
  return error_set(error, -EOPNOTSUPP, "%s is more than half of the memory that is free, %s", need, have);
}

static int prepare(const struct limit_order *order, struct limit_target *target, struct error *error) {
  size_t bytes = (order->spec.data + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
  int code = limit_check_memory(bytes, error);
  if (code) return code;
  void *area = mmap(NULL, bytes + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (area == MAP_FAILED) return error_set(error, -errno, "no memory: %m");
  // A kernel without huge pages refuses the advice, and small pages are then the best there is.
  (void)madvise(area, bytes + HUGE_PAGE, MADV_HUGEPAGE);
  target->memory = area;
  target->memory_bytes = bytes + HUGE_PAGE;
  // From the start of a huge page: records do not lie across lines that they need not touch.
  target->records = target->memory + (HUGE_PAGE - (uintptr_t)target->memory % HUGE_PAGE) % HUGE_PAGE;
  struct random random;
  random_seed(&random, 1);
  uint64_t *words = area;
  for (size_t i = 0; i < target->memory_bytes / sizeof *words; i++) words[i] = random_next(&random);
  return 0;
}

static void release(struct limit_target *target) {
  if (target->memory) munmap(target->memory, target->memory_bytes);
}

static void close_state(void *state) {
  struct memory_state *memory = state;
  limit_cursor_close(&memory->cursor);
  free(memory->buffer);
  free(memory);
}

static int open_state(const struct limit_order *order, const struct limit_target *target, unsigned thread, void **state,
                      struct error *error) {
  const struct limit_spec *spec = &order->spec;
  struct memory_state *memory = calloc(1, sizeof *memory);
  if (!memory) return error_set(error, -ENOMEM, "no memory");
  size_t room = spec->bytes > SOURCE ? spec->bytes : SOURCE;
  memory->buffer = aligned_alloc(LINE, (room + LINE - 1) / LINE * LINE);
  int code = memory->buffer ? limit_cursor_open(order, thread, &memory->cursor) : -ENOMEM;
  if (code) {
    free(memory->buffer);
    free(memory);
    return error_set(error, code, "no memory");
  }
  memset(memory->buffer, 1, room);
  memory->base = target->records;
  memory->record_size = spec->record_size;
  memory->bytes = spec->bytes;
  memory->pieces = spec->data / spec->bytes;
  memory->piece = memory->pieces / spec->threads * thread;
  *state = memory;
  return 0;
}

// The compiler must take the buffer for read, or it would leave the copy out.
static inline void use(const void *buffer) { __asm__ volatile("" : : "r"(buffer) : "memory"); }

// A record far ahead of its use: cache misses overlap as far as the processor can. `second` is a constant to the
// compiler.
static inline __attribute__((always_inline)) void ask(const struct memory_state *memory, const uint64_t *ids, size_t i,
                                                      size_t bytes, bool second) {
  const unsigned char *ahead = memory->base + ids[i + AHEAD < CURSOR_CHUNK ? i + AHEAD : i] * memory->record_size;
  for (size_t line = 0; line < bytes && line < (size_t)LINES_MAX * LINE; line += LINE) {
    if (second)
      prefetch_line(ahead + line);
    else
      __builtin_prefetch(ahead + line);
  }
}

static inline __attribute__((always_inline)) void copy_chunk(const struct memory_state *memory, size_t bytes,
                                                             bool second) {
  const uint64_t *ids = memory->cursor.ids;
  for (size_t i = 0; i < CURSOR_CHUNK; i++) {
    ask(memory, ids, i, bytes, second);
    memcpy(memory->buffer, memory->base + ids[i] * memory->record_size, bytes);
    use(memory->buffer);
  }
}

static inline __attribute__((always_inline)) void copy_some(const struct memory_state *memory, bool second) {
  if (memory->bytes == LIMIT_VALUE_SIZE)
    copy_chunk(memory, LIMIT_VALUE_SIZE, second);  // known to the compiler: four moves, no call
  else if (memory->bytes == LIMIT_RECORD_SIZE)
    copy_chunk(memory, LIMIT_RECORD_SIZE, second);
  else
    copy_chunk(memory, memory->bytes, second);
}

// As copy_chunk, but what is read is added up where it lies, as a client does with what it was lent.
static inline __attribute__((always_inline)) void sum_some(const struct memory_state *memory, bool second) {
  const uint64_t *ids = memory->cursor.ids;
  uint64_t sum = 0;
  for (size_t i = 0; i < CURSOR_CHUNK; i++) {
    ask(memory, ids, i, memory->bytes, second);
    sum += value_sum(memory->base + ids[i] * memory->record_size, memory->bytes);
  }
  use(&sum);
}

static void copy_next(struct memory_state *memory) {
  key_stream_next(memory->cursor.keys, memory->cursor.ids, CURSOR_CHUNK);
  if (memory->second)
    copy_some(memory, true);
  else
    copy_some(memory, false);
}

static void sum_next(struct memory_state *memory) {
  key_stream_next(memory->cursor.keys, memory->cursor.ids, CURSOR_CHUNK);
  if (memory->second)
    sum_some(memory, true);
  else
    sum_some(memory, false);
}

typedef void (*next_fn)(struct memory_state *memory);

static uint64_t turn(struct memory_state *memory, next_fn next, uint64_t *done) {
  uint64_t start = clock_ns(), spent = 0, chunks = 0;
  for (; spent < turn_ns; spent = clock_ns() - start, chunks++) next(memory);
  *done += chunks * CURSOR_CHUNK;
  return spent / chunks;
}

// Which cache it is faster to ask for differs among processors, and with the lines of a record: both are tried by
// turns, a few milliseconds in all, and the second is taken where it is clearly faster at its best. Of a long record
// only the first lines are asked for, and it does not matter.
static void choose_cache(struct memory_state *memory, next_fn next, uint64_t deadline, uint64_t *done) {
  uint64_t best[2] = {UINT64_MAX, UINT64_MAX};
  memory->chosen = true;
  if (memory->bytes > (size_t)LINES_MAX * LINE) return;
  for (unsigned i = 0; i < TRIAL_TURNS && clock_ns() < deadline; i++) {
    memory->second = i % 2;
    uint64_t spent = turn(memory, next, done);
    if (spent < best[memory->second]) best[memory->second] = spent;
  }
  memory->second = best[1] < best[0] - best[0] / 20;
}

static int run_ahead(struct memory_state *memory, next_fn next, uint64_t deadline, uint64_t *done) {
  if (!memory->chosen) choose_cache(memory, next, deadline, done);
  do {
    next(memory);
    *done += CURSOR_CHUNK;
  } while (clock_ns() < deadline);
  return 0;
}

static int run_copy(void *state, uint64_t deadline, uint64_t *done) {
  return run_ahead(state, copy_next, deadline, done);
}

static int run_sum(void *state, uint64_t deadline, uint64_t *done) {
  return run_ahead(state, sum_next, deadline, done);
}

const char *limit_memory_cache(const void *state) {
  const struct memory_state *memory = state;
  return memory->second ? "the second cache" : "the first cache";
}

static unsigned char *next_piece(struct memory_state *memory) {
  unsigned char *piece = memory->base + memory->piece * memory->bytes;
  memory->piece = memory->piece + 1 == memory->pieces ? 0 : memory->piece + 1;
  return piece;
}

static int run_read(void *state, uint64_t deadline, uint64_t *done) {
  struct memory_state *memory = state;
  do {
    uint64_t sum = value_sum(next_piece(memory), memory->bytes);  // as a client sums what a scan shows it
    use(&sum);
    ++*done;
  } while (clock_ns() < deadline);
  return 0;
}

static int run_write(void *state, uint64_t deadline, uint64_t *done) {
  struct memory_state *memory = state;
  do {
    unsigned char *piece = next_piece(memory);
    for (size_t at = 0; at < memory->bytes; at += SOURCE) {
      size_t left = memory->bytes - at;
      memcpy(piece + at, memory->buffer, left < SOURCE ? left : SOURCE);
    }
    use(piece);
    ++*done;
  } while (clock_ns() < deadline);
  return 0;
}

const struct limit_loop limit_memory_copy = {prepare, release, open_state, run_copy, close_state, NULL};
const struct limit_loop limit_memory_sum = {prepare, release, open_state, run_sum, close_state, NULL};
const struct limit_loop limit_memory_read = {prepare, release, open_state, run_read, close_state, NULL};
const struct limit_loop limit_memory_write = {prepare, release, open_state, run_write, close_state, NULL};
