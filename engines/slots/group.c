// SPDX-License-Identifier: MIT
#include "engines/slots/group.h"

#include <time.h>

#include "base/clock.h"

// The longest that a group waits for those of the last one: what it takes them to wake up, to say that they are done
// and to come back, on a processor or two. Of a commit that takes less time than twice that, at most half of its time;
// and not at all where that is shorter than the kernel keeps time: a sleep may end 50 us late (timerslack_ns in
// proc(5)).
#define GATHER_NS UINT64_C(60000)
#define GATHER_LEAST_NS UINT64_C(30000)

int group_init(struct group *group) {
  *group = (struct group){.end = &group->first};
  return -pthread_mutex_init(&group->lock, NULL);
}

void group_destroy(struct group *group) { pthread_mutex_destroy(&group->lock); }

int member_init(struct member *member) {
  int error = pthread_mutex_init(&member->lock, NULL);
  if (error) return -error;
  error = pthread_cond_init(&member->changed, NULL);
  if (error) pthread_mutex_destroy(&member->lock);
  return -error;
}

void member_destroy(struct member *member) {
  pthread_cond_destroy(&member->changed);
  pthread_mutex_destroy(&member->lock);
}

// Each has a lock of its own: those that wake up do not meet at one.
static void tell(struct member *member, enum order order, uint64_t gather_ns) {
  pthread_mutex_lock(&member->lock);
  member->order = order;
  member->gather_ns = gather_ns;
  pthread_cond_signal(&member->changed);
  pthread_mutex_unlock(&member->lock);
}

static enum order await_order(struct member *member, uint64_t *gather_ns) {
  pthread_mutex_lock(&member->lock);
  while (member->order == ORDER_NONE) pthread_cond_wait(&member->changed, &member->lock);
  enum order order = member->order;
  *gather_ns = member->gather_ns;
  member->order = ORDER_NONE;
  pthread_mutex_unlock(&member->lock);
  return order;
}

// Whether the member was not told that it is done. Not by yielding the processor: on a busy machine that gives it away
// for milliseconds.
static bool sleeps_through(struct member *member, uint64_t gather_ns) {
  uint64_t until = clock_ns() + gather_ns;
  const struct timespec limit = {.tv_sec = (time_t)(until / 1000000000), .tv_nsec = (long)(until % 1000000000)};
  int waited = gather_ns == 0;
  pthread_mutex_lock(&member->lock);
  while (!waited && member->order == ORDER_NONE)
    waited = pthread_cond_clockwait(&member->changed, &member->lock, CLOCK_MONOTONIC, &limit);
  bool none = member->order == ORDER_NONE;
  pthread_mutex_unlock(&member->lock);
  return none;
}

// Unless another has done so, and perhaps is done already, and a group gathers of which the member is none.
static bool take_lead(struct group *group, const struct member *member) {
  pthread_mutex_lock(&group->lock);
  bool lead = group->state == GROUP_GATHERS && group->first == member;
  if (lead) group->state = GROUP_LED;
  pthread_mutex_unlock(&group->lock);
  return lead;
}

// Threads that a sync has served come back a moment after another one could begin the next: then they go in two halves,
// each of which waits for the sync of the other. So the first one waits for as many as there were; and the last of
// these leads, since it is awake.
static bool enter(struct group *group, struct member *member, bool *gathers, uint64_t *gather_ns) {
  pthread_mutex_lock(&group->lock);
  member->next = NULL;
  *group->end = member;
  group->end = &member->next;
  group->waiting++;
  *gathers = group->state == GROUP_IDLE;
  *gather_ns = group->gather_ns;
  if (*gathers) group->state = GROUP_GATHERS;
  bool lead = group->state == GROUP_GATHERS && group->waiting >= group->expected;
  if (lead) group->state = GROUP_LED;
  pthread_mutex_unlock(&group->lock);
  return lead;
}

// Who gathers is the first of its group, so whoever took the lead from it has taken it along: it is told only that it
// is done.
bool group_join(struct group *group, struct member *member) {
  bool gathers;
  uint64_t gather_ns;
  if (enter(group, member, &gathers, &gather_ns)) return true;
  if (!gathers && await_order(member, &gather_ns) == ORDER_DONE) return false;
  if (sleeps_through(member, gather_ns) && take_lead(group, member)) return true;
  (void)await_order(member, &gather_ns);
  return false;
}

struct member *group_take(struct group *group, size_t most) {
  pthread_mutex_lock(&group->lock);
  struct member *taken = group->first, **end = &group->first;
  size_t count = 0;
  while (*end && (*end == taken || count + (*end)->count <= most)) {
    count += (*end)->count;
    group->waiting--;
    end = &(*end)->next;
  }
  group->first = *end;
  if (!group->first) group->end = &group->first;
  *end = NULL;
  pthread_mutex_unlock(&group->lock);
  return taken;
}

// Tells the first of the next group, if there is one, to gather: with the lock, since without it another could lead,
// and the first could be done and gone.
static void give_up_lead(struct group *group, size_t served, uint64_t took_ns) {
  uint64_t gather_ns = took_ns / 2 < GATHER_NS ? took_ns / 2 : GATHER_NS;
  pthread_mutex_lock(&group->lock);
  group->expected = served + group->waiting;
  group->gather_ns = gather_ns < GATHER_LEAST_NS ? 0 : gather_ns;
  group->state = group->first ? GROUP_GATHERS : GROUP_IDLE;
  if (group->first) tell(group->first, ORDER_GATHER, group->gather_ns);
  pthread_mutex_unlock(&group->lock);
}

void group_end(struct group *group, struct member *taken, const struct member *own, int error, uint64_t took_ns) {
  size_t served = 0;
  for (const struct member *member = taken; member; member = member->next) served++;
  give_up_lead(group, served, took_ns);
  for (struct member *member = taken, *next; member; member = next) {
    next = member->next;  // who is told may be gone the moment after
    member->error = error;
    if (member != own) tell(member, ORDER_DONE, 0);
  }
}
