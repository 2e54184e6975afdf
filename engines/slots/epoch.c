// SPDX-License-Identifier: MIT
#include "engines/slots/epoch.h"

#include <sched.h>

int epochs_init(struct epochs *epochs) {
  atomic_init(&epochs->current, 1);
  atomic_init(&epochs->closed, 0);
  epochs->readers = NULL;
  int error = pthread_mutex_init(&epochs->list_lock, NULL);
  if (error) return -error;
  error = pthread_mutex_init(&epochs->gate, NULL);
  if (error) goto no_gate;
  error = pthread_cond_init(&epochs->opened, NULL);
  if (error) goto no_condition;
  return 0;

no_condition:
  pthread_mutex_destroy(&epochs->gate);
no_gate:
  pthread_mutex_destroy(&epochs->list_lock);
  return -error;
}

void epochs_destroy(struct epochs *epochs) {
  pthread_cond_destroy(&epochs->opened);
  pthread_mutex_destroy(&epochs->gate);
  pthread_mutex_destroy(&epochs->list_lock);
}

void epoch_add(struct epochs *epochs, struct epoch_reader *reader) {
  atomic_init(&reader->active, 0);
  pthread_mutex_lock(&epochs->list_lock);
  reader->next = epochs->readers;
  epochs->readers = reader;
  pthread_mutex_unlock(&epochs->list_lock);
}

void epoch_remove(struct epochs *epochs, struct epoch_reader *reader) {
  pthread_mutex_lock(&epochs->list_lock);
  struct epoch_reader **link = &epochs->readers;
  while (*link != reader) link = &(*link)->next;
  *link = reader->next;
  pthread_mutex_unlock(&epochs->list_lock);
}

// Stores and looks again after each wait: the gate may have closed once more.
void epoch_wait(struct epochs *epochs, struct epoch_reader *reader) {
  while (atomic_load(&epochs->closed)) {
    epoch_leave(reader);
    pthread_mutex_lock(&epochs->gate);
    while (atomic_load(&epochs->closed)) pthread_cond_wait(&epochs->opened, &epochs->gate);
    pthread_mutex_unlock(&epochs->gate);
    atomic_store(&reader->active, atomic_load(&epochs->current));
  }
}

void epoch_advance(struct epoch_reader *reader, uint64_t epoch) { atomic_store(&reader->active, epoch); }

uint64_t epoch_retire(struct epochs *epochs) { return atomic_fetch_add(&epochs->current, 1); }

bool epoch_passed(struct epochs *epochs, uint64_t stamp) {
  bool passed = true;
  pthread_mutex_lock(&epochs->list_lock);
  for (struct epoch_reader *reader = epochs->readers; reader && passed; reader = reader->next) {
    uint64_t active = atomic_load(&reader->active);
    passed = active == 0 || active > stamp;
  }
  pthread_mutex_unlock(&epochs->list_lock);
  return passed;
}

void epochs_close_gate(struct epochs *epochs) {
  atomic_fetch_add(&epochs->closed, 1);
  while (!epoch_passed(epochs, UINT64_MAX - 1)) sched_yield();
}

void epochs_open_gate(struct epochs *epochs) {
  pthread_mutex_lock(&epochs->gate);
  atomic_fetch_sub(&epochs->closed, 1);
  pthread_cond_broadcast(&epochs->opened);
  pthread_mutex_unlock(&epochs->gate);
}
