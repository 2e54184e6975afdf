// SPDX-License-Identifier: MIT
// A thread that does something at intervals.
#include "engines/timer.h"

#include <errno.h>
#include <time.h>

bool timer_wait(struct timer *timer, uint64_t milliseconds) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += (time_t)(milliseconds / 1000);
  until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
  if (until.tv_nsec >= 1000000000) {
    until.tv_nsec -= 1000000000;
    until.tv_sec++;
  }
  pthread_mutex_lock(&timer->lock);
  int waited = 0;
  while (!timer->stop && waited != ETIMEDOUT) waited = pthread_cond_timedwait(&timer->wake, &timer->lock, &until);
  bool go_on = !timer->stop;
  pthread_mutex_unlock(&timer->lock);
  return go_on;
}

void timer_tell(struct timer *timer, int error) {
  pthread_mutex_lock(&timer->lock);
  timer->error = error;
  timer->ready = true;
  pthread_cond_broadcast(&timer->wake);
  pthread_mutex_unlock(&timer->lock);
}

static int timer_listen(struct timer *timer) {
  pthread_mutex_lock(&timer->lock);
  while (!timer->ready) pthread_cond_wait(&timer->wake, &timer->lock);
  int error = timer->error;
  pthread_mutex_unlock(&timer->lock);
  return error;
}

int timer_start(struct timer *timer, void *(*body)(void *argument), void *argument) {
  pthread_condattr_t attributes;
  int error = pthread_condattr_init(&attributes);
  if (error) return -error;
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  error = pthread_cond_init(&timer->wake, &attributes);
  pthread_condattr_destroy(&attributes);
  if (error) return -error;
  error = pthread_mutex_init(&timer->lock, NULL);
  if (error) goto no_mutex;
  error = pthread_create(&timer->thread, NULL, body, argument);
  if (error) goto no_thread;
  timer->running = true;
  error = timer_listen(timer);
  if (error) timer_stop(timer);
  return error;

no_thread:
  pthread_mutex_destroy(&timer->lock);
no_mutex:
  pthread_cond_destroy(&timer->wake);
  return -error;
}

void timer_stop(struct timer *timer) {
  if (!timer->running) return;
  pthread_mutex_lock(&timer->lock);
  timer->stop = true;
  pthread_cond_signal(&timer->wake);
  pthread_mutex_unlock(&timer->lock);
  pthread_join(timer->thread, NULL);
  pthread_mutex_destroy(&timer->lock);
  pthread_cond_destroy(&timer->wake);
  timer->running = false;
}
