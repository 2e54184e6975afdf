// SPDX-License-Identifier: MIT
#include "tests/faults/inject.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { HELD_MAX = 4096, BLOCK = 512, ALWAYS_MAX = 4 };

// The wrapped functions have no argument that could carry it. Under the lock: a store may have a thread of its own.
static struct {
  pthread_mutex_t lock;
  bool counting, paused;
  enum inject_mode mode;
  uint64_t n, calls;
  const char *step;
  struct inject_strike strike;
  struct {
    const char *name;
    int code;
  } always[ALWAYS_MAX];
  unsigned always_count;
  const void *held[HELD_MAX];
  uint64_t held_count;
} plan = {.lock = PTHREAD_MUTEX_INITIALIZER};

void inject_begin(enum inject_mode mode, uint64_t n) {
  pthread_mutex_lock(&plan.lock);
  plan.counting = true;
  plan.paused = false;
  plan.mode = mode;
  plan.n = n;
  plan.calls = 0;
  plan.strike = (struct inject_strike){0};
  plan.held_count = 0;
  plan.always_count = 0;
  pthread_mutex_unlock(&plan.lock);
}

void inject_always(const char *name, int code) {
  pthread_mutex_lock(&plan.lock);
  if (plan.always_count == ALWAYS_MAX) abort();
  plan.always[plan.always_count].name = name;
  plan.always[plan.always_count++].code = code;
  pthread_mutex_unlock(&plan.lock);
}

uint64_t inject_end(void) {
  pthread_mutex_lock(&plan.lock);
  plan.counting = false;
  uint64_t calls = plan.calls;
  pthread_mutex_unlock(&plan.lock);
  return calls;
}

struct inject_strike inject_struck(void) {
  pthread_mutex_lock(&plan.lock);
  struct inject_strike strike = plan.strike;
  pthread_mutex_unlock(&plan.lock);
  return strike;
}

void inject_step(const char *step) {
  pthread_mutex_lock(&plan.lock);
  plan.step = step;
  pthread_mutex_unlock(&plan.lock);
}

static void set_paused(bool paused) {
  pthread_mutex_lock(&plan.lock);
  plan.paused = paused;
  pthread_mutex_unlock(&plan.lock);
}

void inject_pause(void) { set_paused(true); }
void inject_resume(void) { set_paused(false); }

static bool can_happen(enum inject_mode mode, unsigned may) {
  static const unsigned needs[INJECT_MODES] = {[INJECT_ENOSPC] = MAY_RUN_OUT,
                                               [INJECT_EINTR] = MAY_BE_INTERRUPTED,
                                               [INJECT_SHORT] = MAY_BE_SHORT,
                                               [INJECT_ENOMEM] = ASKS_FOR_MEMORY};
  if (!needs[mode]) return !(may & ASKS_FOR_MEMORY);
  return may & needs[mode];
}

static int always_fails(const char *name) {
  for (unsigned i = 0; i < plan.always_count; i++)
    if (!strcmp(plan.always[i].name, name)) return plan.always[i].code;
  return 0;
}

int inject_call(const char *name, unsigned may) {
  static const int outcome[INJECT_MODES] = {EIO, EIO, ENOSPC, EINTR, INJECT_HALF, ENOMEM};
  int result = 0;
  pthread_mutex_lock(&plan.lock);
  if (plan.counting && !plan.paused) result = always_fails(name);
  if (!result && plan.counting && !plan.paused && can_happen(plan.mode, may)) {
    plan.calls++;
    if (plan.calls == plan.n) plan.strike = (struct inject_strike){true, name, plan.step, may};
    if (plan.calls == plan.n || (plan.strike.struck && plan.mode == INJECT_GONE)) result = outcome[plan.mode];
  }
  pthread_mutex_unlock(&plan.lock);
  return result;
}

uint64_t inject_half(uint64_t length) {
  return length >= 2 * BLOCK ? length / 2 / BLOCK * BLOCK : length % BLOCK ? length / 2 : 0;
}

void inject_took(const void *memory) {
  pthread_mutex_lock(&plan.lock);
  if (plan.counting && memory) {
    if (plan.held_count == HELD_MAX) abort();
    plan.held[plan.held_count++] = memory;
  }
  pthread_mutex_unlock(&plan.lock);
}

void inject_gave(const void *memory) {
  pthread_mutex_lock(&plan.lock);
  // From the end: what was taken last is given back first, mostly.
  for (uint64_t i = memory ? plan.held_count : 0; i-- > 0;) {
    if (plan.held[i] != memory) continue;
    plan.held[i] = plan.held[--plan.held_count];
    break;
  }
  pthread_mutex_unlock(&plan.lock);
}

uint64_t inject_held(void) {
  pthread_mutex_lock(&plan.lock);
  uint64_t count = plan.held_count;
  pthread_mutex_unlock(&plan.lock);
  return count;
}
