// SPDX-License-Identifier: MIT
// Group commit: who leads, who is taken along, and what everybody hears.
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/slots/group.h"

enum { OTHERS = 3 };
#define LONG_TIME UINT64_C(600000000000)  // as of a wait that only the right reason ends

// One session on a thread of its own: joins, and leads if it is to.
struct caller {
  struct group *group;
  struct member member;
  pthread_t thread;
  bool led;
  size_t taken;
};

static void start(struct group *group) { assert_int_equal(group_init(group), 0); }

static size_t length(const struct member *member) {
  size_t count = 0;
  for (; member; member = member->next) count++;
  return count;
}

static void *join_group(void *argument) {
  struct caller *caller = argument;
  caller->led = group_join(caller->group, &caller->member);
  if (!caller->led) return NULL;
  struct member *taken = group_take(caller->group);
  caller->taken = length(taken);
  group_end(caller->group, taken, -5, 0);
  return NULL;
}

static size_t waiting(struct group *group) {
  pthread_mutex_lock(&group->lock);
  size_t count = group->waiting;
  pthread_mutex_unlock(&group->lock);
  return count;
}

static void call(struct caller *caller, struct group *group) {
  *caller = (struct caller){.group = group, .member = {.count = 1}};
  size_t before = waiting(group);
  assert_int_equal(pthread_create(&caller->thread, NULL, join_group, caller), 0);
  while (waiting(group) == before) usleep(100);
}

static void hang_up(struct caller *caller) { assert_int_equal(pthread_join(caller->thread, NULL), 0); }

static struct member *lead_alone(struct group *group, struct member *member) {
  *member = (struct member){.count = 1};
  assert_true(group_join(group, member));
  struct member *taken = group_take(group);
  assert_ptr_equal(taken, member);
  assert_null(taken->next);
  return taken;
}

// After a group of one nobody is waited for.
static void who_is_alone_leads_at_once(void **state) {
  struct group group;
  struct member member;
  (void)state;
  start(&group);
  for (int i = 0; i < 3; i++) {
    group.gather_ns = LONG_TIME;
    group_end(&group, lead_alone(&group, &member), 0, LONG_TIME);
    assert_int_equal(group.expected, 1);
  }
  group_destroy(&group);
}

// Those that come while one is committed are the next group: the first of them leads, the others hear what it met.
static void who_comes_meanwhile_goes_together(void **state) {
  struct group group;
  struct member own;
  struct caller others[OTHERS];
  (void)state;
  start(&group);
  struct member *taken = lead_alone(&group, &own);
  for (size_t i = 0; i < OTHERS; i++) call(&others[i], &group);
  group_end(&group, taken, 0, 0);
  for (size_t i = 0; i < OTHERS; i++) {
    hang_up(&others[i]);
    assert_int_equal(others[i].led, i == 0);
    assert_int_equal(others[i].taken, i == 0 ? OTHERS : 0);
    assert_int_equal(others[i].member.error, -5);
  }
  group_destroy(&group);
}

// After a group of two the first waits for a second, and that one, awake as it is, leads both.
static void who_completes_the_group_leads_it(void **state) {
  struct group group;
  struct member own;
  struct caller first;
  (void)state;
  start(&group);
  lead_alone(&group, &own);
  group_end(&group, &own, 0, LONG_TIME);
  group.expected = 2;
  group.gather_ns = LONG_TIME;
  call(&first, &group);
  assert_true(group_join(&group, &own));
  struct member *taken = group_take(&group);
  assert_int_equal(length(taken), 2);
  assert_ptr_equal(taken, &first.member);
  group_end(&group, taken, -7, 0);
  hang_up(&first);
  assert_false(first.led);
  assert_int_equal(first.member.error, -7);
  assert_int_equal(group.expected, 2);
  group_destroy(&group);
}

// Who waits for those of the last group does not wait for ever.
static void who_is_left_alone_goes_on(void **state) {
  struct group group;
  struct member own;
  (void)state;
  start(&group);
  group.expected = 2;
  group.gather_ns = 1000;
  group_end(&group, lead_alone(&group, &own), 0, LONG_TIME);
  assert_int_equal(group.expected, 1);
  group_destroy(&group);
}

// One that comes and goes without a pause. `committed` is set by whoever leads its group.
struct regular {
  struct member member;  // first: it is found by it
  struct group *group;
  atomic_uint *leaders;  // at this moment
  pthread_t thread;
  atomic_bool committed;
  unsigned forgotten, twice, crowded;
};

static void lead(struct regular *self) {
  self->crowded += atomic_fetch_add(self->leaders, 1) != 0;
  struct member *taken = group_take(self->group);
  for (struct member *member = taken; member; member = member->next)
    self->twice += atomic_exchange(&((struct regular *)member)->committed, true);
  usleep(50);
  atomic_fetch_sub(self->leaders, 1);
  group_end(self->group, taken, 0, LONG_TIME);
}

static void *come_and_go(void *argument) {
  enum { TIMES = 3000 };
  struct regular *self = argument;
  for (int i = 0; i < TIMES; i++) {
    atomic_store(&self->committed, false);
    if (group_join(self->group, &self->member)) lead(self);
    if (i % 3 == 0) usleep((unsigned)i % 100);
    self->forgotten += !atomic_load(&self->committed);
  }
  return NULL;
}

// The wait for others ends, and at that moment one of them has come: whoever leads, nobody is left out or led twice,
// and nobody else leads meanwhile.
static void nobody_is_forgotten(void **state) {
  struct group group;
  struct regular regulars[OTHERS] = {0};
  atomic_uint leaders = 0;
  (void)state;
  start(&group);
  for (size_t i = 0; i < OTHERS; i++) {
    regulars[i].group = &group;
    regulars[i].leaders = &leaders;
    regulars[i].member.count = 1;
    assert_int_equal(pthread_create(&regulars[i].thread, NULL, come_and_go, &regulars[i]), 0);
  }
  for (size_t i = 0; i < OTHERS; i++) {
    assert_int_equal(pthread_join(regulars[i].thread, NULL), 0);
    assert_int_equal(regulars[i].forgotten, 0);
    assert_int_equal(regulars[i].twice, 0);
    assert_int_equal(regulars[i].crowded, 0);
  }
  group_destroy(&group);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(who_is_alone_leads_at_once),
      cmocka_unit_test(who_comes_meanwhile_goes_together),
      cmocka_unit_test(who_completes_the_group_leads_it),
      cmocka_unit_test(who_is_left_alone_goes_on),
      cmocka_unit_test(nobody_is_forgotten),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
