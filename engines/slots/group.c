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
  int error = pthread_mutex_init(&group->lock, NULL), made = 0;
  if (error) return -error;
  while (!error && made < GROUP_WAVES) error = pthread_cond_init(&group->changed[made++], NULL);
  if (!error) return 0;
  while (--made > 0) pthread_cond_destroy(&group->changed[made - 1]);
  pthread_mutex_destroy(&group->lock);
  return -error;
}

void group_destroy(struct group *group) {
  for (int i = 0; i < GROUP_WAVES; i++) pthread_cond_destroy(&group->changed[i]);
  pthread_mutex_destroy(&group->lock);
}

static void append(struct group *group, struct member *member) {
  *group->end = member;
  group->end = &member->next;
  group->waiting++;
  member->next = NULL;
  member->wave = group->wave;
  member->done = false;
  member->gathers = group->state == GROUP_IDLE;
  if (member->gathers) group->state = GROUP_GATHERS;
}

// Threads that a sync has served come back a moment after another one could begin the next: then they go in two halves,
// each of which waits for the sync of the other. So the first one waits for as many as there were. Not by yielding the
// processor: on a busy machine that gives it away for milliseconds. True: nobody has led it meanwhile.
static bool gather(struct group *group, const struct member *member) {
  uint64_t until = clock_ns() + group->gather_ns;
  const struct timespec limit = {.tv_sec = (time_t)(until / 1000000000), .tv_nsec = (long)(until % 1000000000)};
  int waited = group->gather_ns == 0;
  while (!waited && !member->done && group->first == member)
    waited = pthread_cond_clockwait(&group->changed[member->wave], &group->lock, CLOCK_MONOTONIC, &limit);
  return group->first == member && group->state == GROUP_GATHERS;
}

// Until the member is done, or is to lead. With the lock held.
static bool await_turn(struct group *group, struct member *member) {
  while (!member->done) {
    if (!member->gathers) {
      pthread_cond_wait(&group->changed[member->wave], &group->lock);
      continue;
    }
    member->gathers = false;
    if (gather(group, member)) return true;
  }
  return false;
}

// Whoever completes the group leads it, since it is awake.
bool group_join(struct group *group, struct member *member) {
  pthread_mutex_lock(&group->lock);
  append(group, member);
  bool lead = group->state == GROUP_GATHERS && group->waiting >= group->expected;
  if (!lead) lead = await_turn(group, member);
  if (lead) group->state = GROUP_LED;
  pthread_mutex_unlock(&group->lock);
  return lead;
}

struct member *group_take(struct group *group) {
  pthread_mutex_lock(&group->lock);
  struct member *taken = group->first;
  group->first = NULL;
  group->end = &group->first;
  group->waiting = 0;
  group->wave = (group->wave + 1) % GROUP_WAVES;
  pthread_mutex_unlock(&group->lock);
  return taken;
}

// What the next group has to know of this one.
static void hand_over(struct group *group, size_t served, uint64_t took_ns) {
  uint64_t gather_ns = took_ns / 2 < GATHER_NS ? took_ns / 2 : GATHER_NS;
  group->gather_ns = gather_ns < GATHER_LEAST_NS ? 0 : gather_ns;
  group->expected = served + group->waiting;
  group->state = group->first ? GROUP_GATHERS : GROUP_IDLE;
  if (group->first) group->first->gathers = true;
}

void group_end(struct group *group, struct member *taken, int error, uint64_t took_ns) {
  size_t served = 0;
  bool wakes[GROUP_WAVES] = {false};
  pthread_mutex_lock(&group->lock);
  for (struct member *member = taken; member; member = member->next, served++) {
    member->error = error;
    member->done = true;
    wakes[member->wave] = true;
  }
  hand_over(group, served, took_ns);
  if (group->first) wakes[group->first->wave] = true;
  pthread_mutex_unlock(&group->lock);
  // After the lock, which all who wake up need. By then the members may be gone.
  for (int i = 0; i < GROUP_WAVES; i++)
    if (wakes[i]) pthread_cond_broadcast(&group->changed[i]);
}
