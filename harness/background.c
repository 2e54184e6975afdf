// SPDX-License-Identifier: MIT
// A thread with a client of its own. At a rate it does every millisecond what is due; what it is late with it makes up.
#include "harness/background.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

enum { SLICE_NS = 1000000 };

enum stage { STAGE_OPENING, STAGE_READY, STAGE_WORKING, STAGE_ENDING };

struct background {
  const struct sample *sample;
  struct workload workload;
  double per_s;
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  enum stage stage;    // under `lock`
  atomic_bool ending;  // the same, to be looked at while working
  bool joined;
  uint64_t began, ended;  // clock_ns
  struct client_counts counts;
  struct error error;
};

static void set_stage(struct background *background, enum stage stage) {
  pthread_mutex_lock(&background->lock);
  if (background->stage < stage) background->stage = stage;
  pthread_cond_broadcast(&background->changed);
  pthread_mutex_unlock(&background->lock);
}

static enum stage wait_for(struct background *background, enum stage stage) {
  pthread_mutex_lock(&background->lock);
  while (background->stage < stage) pthread_cond_wait(&background->changed, &background->lock);
  enum stage reached = background->stage;
  pthread_mutex_unlock(&background->lock);
  return reached;
}

// What is due by now, and then a nap.
static int work_slice(struct background *background, struct client *client) {
  const struct timespec nap = {.tv_nsec = SLICE_NS};
  uint64_t now = clock_ns();
  if (background->per_s <= 0)
    return client_run(client, UINT64_MAX, now + SLICE_NS, NULL, &background->counts, &background->error);
  double due = floor((double)(now - background->began) / 1e9 * background->per_s);
  uint64_t left = (uint64_t)due > background->counts.asked ? (uint64_t)due - background->counts.asked : 0;
  int code = left ? client_run(client, left, now + SLICE_NS, NULL, &background->counts, &background->error) : 0;
  (void)nanosleep(&nap, NULL);  // one that is cut short is made up by the next
  return code;
}

static void *work(void *user) {
  struct background *background = user;
  const struct sample *sample = background->sample;
  struct client *client;
  int code = client_open(&background->workload, 0, sample->engine, sample->store, &client, &background->error);
  set_stage(background, STAGE_READY);
  if (code) return NULL;
  enum stage stage = wait_for(background, STAGE_WORKING);
  background->began = clock_ns();
  while (stage == STAGE_WORKING && !code && !atomic_load(&background->ending)) code = work_slice(background, client);
  background->ended = clock_ns();
  int closed = client_close(client);
  if (closed && !code) error_set(&background->error, closed, "closing the session: %s", strerror(-closed));
  return NULL;
}

int background_open(const struct sample *sample, struct background **background, struct error *error) {
  const struct background_role *role = &sample->order->settings.background;
  *background = NULL;
  if (role->kind == BACKGROUND_NONE) return 0;
  struct background *opened = calloc(1, sizeof *opened);
  if (!opened) return error_set(error, -ENOMEM, "no memory for a role in the background");
  opened->sample = sample;
  opened->workload = background_workload(role->kind, &sample->workload);
  opened->per_s = role->per_s;
  pthread_mutex_init(&opened->lock, NULL);
  pthread_cond_init(&opened->changed, NULL);
  int code = -pthread_create(&opened->thread, NULL, work, opened);
  opened->joined = code != 0;
  if (code) error_set(error, code, "no thread for the role in the background: %s", strerror(-code));
  if (!code && wait_for(opened, STAGE_READY) && opened->error.code) {
    code = error_set(error, opened->error.code, "in the background: %.400s", opened->error.text);
  }
  if (code)
    background_close(opened);
  else
    *background = opened;
  return code;
}

void background_begin(struct background *background) {
  if (background) set_stage(background, STAGE_WORKING);
}

static void join(struct background *background) {
  if (background->joined) return;
  atomic_store(&background->ending, true);
  set_stage(background, STAGE_ENDING);
  pthread_join(background->thread, NULL);
  background->joined = true;
}

int background_end(struct background *background, uint64_t *done, double *seconds, struct error *error) {
  if (!background) return 0;
  join(background);
  *done = background->counts.acknowledged;
  *seconds = (double)(background->ended - background->began) / 1e9;
  int code = background->error.code;
  if (!code && background->counts.acknowledged != background->counts.asked)
    return error_set(error, -EIO, "in the background: %llu operations were asked for and %llu acknowledged",
                     (unsigned long long)background->counts.asked, (unsigned long long)background->counts.acknowledged);
  return code ? error_set(error, code, "in the background: %.400s", background->error.text) : 0;
}

void background_close(struct background *background) {
  if (!background) return;
  join(background);
  pthread_cond_destroy(&background->changed);
  pthread_mutex_destroy(&background->lock);
  free(background);
}
