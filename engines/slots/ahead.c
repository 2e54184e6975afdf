// SPDX-License-Identifier: MIT
#include "engines/slots/ahead.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "engines/slots/file.h"
#include "engines/slots/format.h"
#include "engines/slots/internal.h"

enum { CHUNK_BYTES = 1 << 20, CHUNKS = 4 };

struct filled {
  struct ahead_chunk chunk;
  int error;
};

struct ahead {
  int fd;
  uint32_t record_size;
  uint64_t slots, per_chunk;
  uint64_t next;  // slot to be read; of whoever reads
  unsigned char *buffers;
  bool threaded;
  pthread_t thread;
  pthread_mutex_t lock;    // guards what follows
  pthread_cond_t changed;  // `read`, `taken` or `stop`
  uint64_t read, taken;    // chunks; the one taken last is the taker's until it takes another
  bool stop;
  struct filled ring[CHUNKS];
};

// Reads the next chunk that is no hole into `bytes`.
static void fill(struct ahead *ahead, unsigned char *bytes, struct filled *filled) {
  uint64_t first =
      ahead->next + slots_before_data(ahead->fd, ahead->next, ahead->slots, ahead->per_chunk, ahead->record_size);
  *filled = (struct filled){.chunk = {.bytes = bytes, .first = first}};
  ahead->next = ahead->slots;
  if (first >= ahead->slots) return;
  uint64_t rest = ahead->slots - first, count = rest < ahead->per_chunk ? rest : ahead->per_chunk;
  uint64_t length = (count * ahead->record_size + FILE_ALIGNMENT - 1) / FILE_ALIGNMENT * FILE_ALIGNMENT;
  filled->error = file_read(ahead->fd, bytes, length, slot_offset(ahead->record_size, first), 0);
  if (filled->error) return;
  filled->chunk.count = count;
  ahead->next = first + count;
}

static struct filled *place(struct ahead *ahead, uint64_t number) { return &ahead->ring[number % CHUNKS]; }
static unsigned char *room(struct ahead *ahead, uint64_t number) {
  return ahead->buffers + number % CHUNKS * CHUNK_BYTES;
}

// One place stays free for the chunk that the taker still looks at.
static bool wait_for_room(struct ahead *ahead) {
  pthread_mutex_lock(&ahead->lock);
  while (!ahead->stop && ahead->read - ahead->taken >= CHUNKS - 1) pthread_cond_wait(&ahead->changed, &ahead->lock);
  bool go_on = !ahead->stop;
  pthread_mutex_unlock(&ahead->lock);
  return go_on;
}

static void *read_all(void *argument) {
  struct ahead *ahead = argument;
  bool last = false;
  for (uint64_t number = 0; !last && wait_for_room(ahead); number++) {
    struct filled filled;
    fill(ahead, room(ahead, number), &filled);
    last = filled.chunk.count == 0;
    pthread_mutex_lock(&ahead->lock);
    *place(ahead, number) = filled;
    ahead->read++;
    pthread_cond_signal(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
  }
  return NULL;
}

// Without a thread, where one chunk is all there is or none can be had, chunks are read as they are taken.
static void try_thread(struct ahead *ahead) {
  if (ahead->slots <= ahead->per_chunk) return;
  if (pthread_mutex_init(&ahead->lock, NULL)) return;
  if (pthread_cond_init(&ahead->changed, NULL)) goto no_condition;
  if (pthread_create(&ahead->thread, NULL, read_all, ahead)) goto no_thread;
  ahead->threaded = true;
  return;

no_thread:
  pthread_cond_destroy(&ahead->changed);
no_condition:
  pthread_mutex_destroy(&ahead->lock);
}

int ahead_start(struct ahead **out, int fd, uint64_t slots, uint32_t record_size) {
  struct ahead *ahead = calloc(1, sizeof *ahead);
  void *buffers;
  if (!ahead) return -ENOMEM;
  if (posix_memalign(&buffers, FILE_ALIGNMENT, CHUNKS * CHUNK_BYTES)) {
    free(ahead);
    return -ENOMEM;
  }
  ahead->fd = fd;
  ahead->record_size = record_size;
  ahead->slots = slots;
  ahead->per_chunk = CHUNK_BYTES / record_size;
  ahead->buffers = buffers;
  try_thread(ahead);
  *out = ahead;
  return 0;
}

int ahead_next(struct ahead *ahead, struct ahead_chunk *chunk) {
  struct filled filled;
  if (ahead->threaded) {
    pthread_mutex_lock(&ahead->lock);
    while (ahead->read == ahead->taken) pthread_cond_wait(&ahead->changed, &ahead->lock);
    filled = *place(ahead, ahead->taken++);
    pthread_cond_signal(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
  } else {
    fill(ahead, ahead->buffers, &filled);
  }
  *chunk = filled.chunk;
  return filled.error;
}

void ahead_stop(struct ahead *ahead) {
  if (!ahead) return;
  if (ahead->threaded) {
    pthread_mutex_lock(&ahead->lock);
    ahead->stop = true;
    pthread_cond_signal(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
    pthread_join(ahead->thread, NULL);
    pthread_cond_destroy(&ahead->changed);
    pthread_mutex_destroy(&ahead->lock);
  }
  free(ahead->buffers);
  free(ahead);
}
