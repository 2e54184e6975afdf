// SPDX-License-Identifier: MIT
// When may a slot or a table that readers might still be looking at be reused? Epoch-based reclamation (Fraser 2004):
// readers write only a cache line of their own, so they never slow each other down.
#ifndef STOREBENCH_SLOTS_EPOCH_H
#define STOREBENCH_SLOTS_EPOCH_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

// One reader. `active` is 0 outside, else the epoch in which it entered.
struct epoch_reader {
  _Alignas(64) _Atomic uint64_t active;
  struct epoch_reader *next;
};

struct epochs {
  _Atomic uint64_t current;   // starts at 1
  _Atomic unsigned closed;    // how many keep readers outside, because something moves
  pthread_mutex_t list_lock;  // the list of readers
  pthread_mutex_t gate;       // for `opened`; nobody waits for readers while holding it
  pthread_cond_t opened;
  struct epoch_reader *readers;
};

int epochs_init(struct epochs *epochs);
void epochs_destroy(struct epochs *epochs);

// The reader's memory stays the caller's until epoch_remove.
void epoch_add(struct epochs *epochs, struct epoch_reader *reader);
void epoch_remove(struct epochs *epochs, struct epoch_reader *reader);

void epoch_wait(struct epochs *epochs, struct epoch_reader *reader);  // the part of epoch_enter that waits
// Enters the epoch. What is reachable now stays untouched until the reader leaves. Waits while closed.
static inline void epoch_enter(struct epochs *epochs, struct epoch_reader *reader) {
  uint64_t epoch = atomic_load_explicit(&epochs->current, memory_order_acquire);
  // Sequentially consistent, as the writer's load in epoch_passed: either the writer sees this reader, or the reader's
  // later look-ups see what the writer published before it looked.
  atomic_store(&reader->active, epoch);
  if (atomic_load(&epochs->closed)) epoch_wait(epochs, reader);
}
// Leaves it: nothing that was reached inside may be touched any more.
static inline void epoch_leave(struct epoch_reader *reader) {
  atomic_store_explicit(&reader->active, 0, memory_order_release);
}
// Inside already: what was entered before `epoch` is no longer needed.
void epoch_advance(struct epoch_reader *reader, uint64_t epoch);

// For the writer, after it unlinked something: the stamp to test with epoch_passed.
uint64_t epoch_retire(struct epochs *epochs);
// True when every reader that could have seen what was retired at `stamp` has left.
bool epoch_passed(struct epochs *epochs, uint64_t stamp);

// Keeps new readers out and waits until all have left; the caller must not be inside. epochs_open lets them in again.
void epochs_close_gate(struct epochs *epochs);
void epochs_open_gate(struct epochs *epochs);

#endif
