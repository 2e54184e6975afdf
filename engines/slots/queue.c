// SPDX-License-Identifier: MIT
// The two rings of the store: operations of a session, and slots that wait to be free.
#include <errno.h>
#include <stdlib.h>

#include "engines/slots/internal.h"

static size_t power_of_two(size_t at_least) {
  size_t size = 64;
  while (size < at_least) size *= 2;
  return size;
}

int op_queue_grow(struct op_queue *queue, size_t more) {
  size_t capacity = power_of_two(queue->count + more);
  struct op **ring = malloc(capacity * sizeof(*ring));
  if (!ring) return -ENOMEM;
  for (size_t i = 0; i < queue->count; i++) ring[i] = queue->ring[(queue->head + i) & (queue->capacity - 1)];
  free(queue->ring);
  queue->ring = ring;
  queue->capacity = capacity;
  queue->head = 0;
  return 0;
}

int pending_push(struct pending *pending, struct pending_slot slot) {
  if (pending->count == pending->capacity) {
    size_t capacity = power_of_two(pending->count + 1);
    struct pending_slot *ring = malloc(capacity * sizeof *ring);
    if (!ring) return -ENOMEM;
    for (size_t i = 0; i < pending->count; i++) ring[i] = pending->ring[(pending->head + i) & (pending->capacity - 1)];
    free(pending->ring);
    pending->ring = ring;
    pending->capacity = capacity;
    pending->head = 0;
  }
  pending->ring[(pending->head + pending->count++) & (pending->capacity - 1)] = slot;
  return 0;
}
