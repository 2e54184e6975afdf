// SPDX-License-Identifier: MIT
#include "tests/crash/threads.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "tests/crash/memory.h"
#include "tests/crash/seam.h"

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);
int __real_pthread_join(pthread_t thread, void **result);
int __real_pthread_mutex_lock(pthread_mutex_t *mutex);
int __real_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex);
int __real_pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until);
int __real_pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock,
                                  const struct timespec *until);
int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __real_pthread_cond_signal(pthread_cond_t *condition);
int __real_pthread_cond_broadcast(pthread_cond_t *condition);
int __real_sched_yield(void);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);
int __wrap_pthread_join(pthread_t thread, void **result);
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex);
int __wrap_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex);
int __wrap_pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until);
int __wrap_pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock,
                                  const struct timespec *until);
int __wrap_pthread_cond_signal(pthread_cond_t *condition);
int __wrap_pthread_cond_broadcast(pthread_cond_t *condition);
int __wrap_sched_yield(void);

enum { THREADS = 16, YIELD_ONE_IN = 3, TIMEOUT_ONE_IN = 8 };

enum turn_state { TURN_FREE, TURN_READY, TURN_WAITS, TURN_WAITS_TIMED, TURN_ENDED };

struct turn {
  enum turn_state state;
  unsigned level;
  pthread_t thread;
  pthread_cond_t *waits_for;
  void *(*run)(void *);
  void *argument;
};

// The linker's wrappers have no argument that could carry it. Guarded by `lock`.
static struct {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  struct turn turns[THREADS];
  int now;  // whose turn it is
  bool on;
  unsigned level;
  struct rng *rng;
  uint64_t time_ns, readings;  // of the clock, which goes by its readings
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static _Thread_local int self = -1;

// A thread that looks into a store in the middle of another's call takes no turns.
static bool takes_turns(void) { return shared.on && self >= 0 && seam_now(); }

static bool can_run(int i, bool with_timed) {
  const struct turn *turn = &shared.turns[i];
  if (turn->level != shared.level) return false;
  return turn->state == TURN_READY || (with_timed && turn->state == TURN_WAITS_TIMED);
}

static int pick(bool with_self, bool with_timed) {
  int ready[THREADS] = {0};
  uint32_t count = 0;
  for (int i = 0; i < THREADS; i++)
    if (can_run(i, with_timed) && (with_self || i != self)) ready[count++] = i;
  return count ? ready[rng_below(shared.rng, count)] : -1;
}

static void wait_for_turn(void) {
  while (shared.now != self) __real_pthread_cond_wait(&shared.changed, &shared.lock);
}

// Hands the turn to another thread, or keeps it if there is none; a timed wait ends early rather than all wait.
static void hand_over(bool with_self) {
  bool with_timed = rng_once_in(shared.rng, TIMEOUT_ONE_IN);
  int next = pick(with_self, with_timed);
  if (next < 0) next = pick(with_self, true);
  if (next < 0) {
    if (shared.turns[self].state != TURN_READY) give_up("all threads wait for each other");
    return;
  }
  shared.turns[next].state = TURN_READY;
  if (next == self) return;
  shared.now = next;
  __real_pthread_cond_broadcast(&shared.changed);
  if (shared.turns[self].state != TURN_ENDED) wait_for_turn();
}

static void switch_turns(bool with_self) {
  __real_pthread_mutex_lock(&shared.lock);
  hand_over(with_self);
  pthread_mutex_unlock(&shared.lock);
}

void threads_begin(struct rng *rng) {
  self = 0;
  shared.rng = rng;
  shared.level = 0;
  shared.now = 0;
  shared.time_ns = shared.readings = 0;
  shared.turns[0] = (struct turn){.state = TURN_READY};
  shared.on = true;
}

void threads_end(void) {
  shared.on = false;
  shared.turns[0].state = TURN_FREE;
}

void threads_enter_level(void) {
  if (shared.on && self >= 0) shared.turns[self].level = ++shared.level;
}

void threads_leave_level(void) {
  if (shared.on && self >= 0) shared.turns[self].level = --shared.level;
}

void threads_yield(struct rng *rng) {
  if (takes_turns() && rng_once_in(rng, YIELD_ONE_IN)) switch_turns(true);
}

static void *run_turn(void *argument) {
  struct turn *turn = argument;
  self = (int)(turn - shared.turns);
  __real_pthread_mutex_lock(&shared.lock);
  wait_for_turn();
  pthread_mutex_unlock(&shared.lock);
  void *result = turn->run(turn->argument);
  __real_pthread_mutex_lock(&shared.lock);
  turn->state = TURN_ENDED;
  hand_over(false);
  pthread_mutex_unlock(&shared.lock);
  return result;
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
  if (!takes_turns()) return __real_pthread_create(thread, attributes, run, argument);
  int i = 0;
  while (i < THREADS && shared.turns[i].state != TURN_FREE) i++;
  if (i == THREADS) give_up("too many threads");
  __real_pthread_mutex_lock(&shared.lock);
  shared.turns[i] = (struct turn){.state = TURN_READY, .level = shared.level, .run = run, .argument = argument};
  int error = __real_pthread_create(thread, attributes, run_turn, &shared.turns[i]);
  if (error)
    shared.turns[i].state = TURN_FREE;
  else
    shared.turns[i].thread = *thread;
  pthread_mutex_unlock(&shared.lock);
  return error;
}

int __wrap_pthread_join(pthread_t thread, void **result) {
  if (!takes_turns()) return __real_pthread_join(thread, result);
  for (int i = 0; i < THREADS; i++) {
    struct turn *turn = &shared.turns[i];
    if (i == self || turn->state == TURN_FREE || !pthread_equal(turn->thread, thread)) continue;
    while (turn->state != TURN_ENDED) switch_turns(false);
    turn->state = TURN_FREE;
  }
  return __real_pthread_join(thread, result);
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex) {
  if (!takes_turns()) return __real_pthread_mutex_lock(mutex);
  int error;
  while ((error = pthread_mutex_trylock(mutex)) == EBUSY) switch_turns(false);
  return error;
}

static int wait_on(pthread_cond_t *condition, pthread_mutex_t *mutex, enum turn_state state) {
  __real_pthread_mutex_lock(&shared.lock);
  shared.turns[self].waits_for = condition;
  shared.turns[self].state = state;
  pthread_mutex_unlock(mutex);
  hand_over(false);
  // Who wakes it takes it off the condition; a timed wait that the coin ended is still on it.
  bool timed_out = shared.turns[self].waits_for != NULL;
  shared.turns[self].waits_for = NULL;
  shared.turns[self].state = TURN_READY;
  pthread_mutex_unlock(&shared.lock);
  __wrap_pthread_mutex_lock(mutex);
  return timed_out ? ETIMEDOUT : 0;
}

int __wrap_pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex) {
  if (!takes_turns()) return __real_pthread_cond_wait(condition, mutex);
  return wait_on(condition, mutex, TURN_WAITS);
}

// Only the interval's timer waits like this: from the end of one wait to the beginning of the next it makes a round.
int __wrap_pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until) {
  struct seam *seam = seam_now();
  if (!takes_turns()) return __real_pthread_cond_timedwait(condition, mutex, until);
  if (seam->tick) seam->ticked(seam, seam->tick);
  seam->tick = 0;
  int result = wait_on(condition, mutex, TURN_WAITS_TIMED);
  if (result == ETIMEDOUT) seam->tick = seam->disk->clock++;
  return result;
}

// Of one that waits for others before it leads a sync: no round of the timer.
int __wrap_pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock,
                                  const struct timespec *until) {
  if (!takes_turns()) return __real_pthread_cond_clockwait(condition, mutex, clock, until);
  return wait_on(condition, mutex, TURN_WAITS_TIMED);
}

// How long a sync took decides whether others are waited for. So that this, too, is the same again, time passes by its
// being asked for, in steps that are now long and now short beside what a wait is worth.
int __wrap_clock_gettime(clockid_t clock, struct timespec *now) {
  if (!takes_turns()) return __real_clock_gettime(clock, now);
  shared.time_ns += (++shared.readings * 7919) % 97 * 1000;
  *now = (struct timespec){.tv_sec = (time_t)(shared.time_ns / 1000000000),
                           .tv_nsec = (long)(shared.time_ns % 1000000000)};
  return 0;
}

static void wake(pthread_cond_t *condition) {
  for (int i = 0; i < THREADS; i++) {
    struct turn *turn = &shared.turns[i];
    if (turn->waits_for != condition || (turn->state != TURN_WAITS && turn->state != TURN_WAITS_TIMED)) continue;
    turn->waits_for = NULL;
    turn->state = TURN_READY;
  }
}

// A signal may wake more than one: who waits must look again anyway.
int __wrap_pthread_cond_signal(pthread_cond_t *condition) {
  if (!takes_turns()) return __real_pthread_cond_signal(condition);
  wake(condition);
  return 0;
}

int __wrap_pthread_cond_broadcast(pthread_cond_t *condition) {
  if (!takes_turns()) return __real_pthread_cond_broadcast(condition);
  wake(condition);
  return 0;
}

int __wrap_sched_yield(void) {
  if (!takes_turns()) return __real_sched_yield();
  switch_turns(false);
  return 0;
}
