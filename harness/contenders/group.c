// SPDX-License-Identifier: MIT
// What a group commit cannot leave out, with no store around it: threads that have one record each to make durable
// count themselves in by one atomic addition; the last one writes all their records by one call, syncs, and wakes the
// others by one call. No lock is taken, no key drawn, no index looked into, no checksum made.
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/pages.h"
#include "engines/slots/file.h"
#include "harness/contenders/internal.h"

enum { CACHE_LINE = 64 };

struct member {
  struct group *group;
  pthread_t thread;
  unsigned number;
  uint32_t round;         // at which it begins
  uint64_t acknowledged;  // records that it was told are durable
};

struct group {
  int fd;
  uint64_t first;  // byte of the file at which the first record stands
  size_t record_size;
  uint64_t places;  // in the file, a group each
  uint64_t seed;    // of the sample: what another one wrote is not taken for its own
  unsigned count;
  struct member *members;
  unsigned char *records;  // one of each member, in their order
  // Of who leads: set before the round ends, read after it.
  uint64_t committed;  // groups
  uint64_t deadline;
  bool over;
  int error;
  alignas(CACHE_LINE) atomic_uint arrived;
  alignas(CACHE_LINE) _Atomic uint32_t round;
};

static size_t group_bytes(const struct group *group) { return group->count * group->record_size; }

static uint64_t offset_of(const struct group *group, uint64_t ordinal) {
  return group->first + ordinal % group->places * group_bytes(group);
}

// A member's record in the group of this ordinal is like no other.
static void make_record(struct group *group, unsigned number, uint64_t ordinal) {
  uint64_t stamp = group->seed + ordinal * group->count + number;
  memcpy(group->records + number * group->record_size, &stamp, sizeof stamp);
}

// Groups lie one after the other, and begin anew where the next one has no room.
static int commit(struct group *group) {
  int code = file_write(group->fd, group->records, group_bytes(group), offset_of(group, group->committed), 0);
  if (!code) code = file_fdatasync(group->fd);
  if (!code) group->committed++;
  return code;
}

static void end_round(struct group *group) {
  atomic_store_explicit(&group->arrived, 0, memory_order_relaxed);
  atomic_fetch_add_explicit(&group->round, 1, memory_order_release);
  // What a futex call returns says nothing here: who is woken, or never slept, looks at the round itself.
  if (group->count > 1) (void)syscall(SYS_futex, &group->round, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static void lead(struct group *group) {
  group->error = commit(group);
  group->over = group->error || clock_ns() >= group->deadline;
  end_round(group);
}

static void wait_for_end(struct group *group, uint32_t round) {
  while (atomic_load_explicit(&group->round, memory_order_acquire) == round)
    (void)syscall(SYS_futex, &group->round, FUTEX_WAIT_PRIVATE, round, NULL, NULL, 0);
}

static void *run_member(void *user) {
  struct member *member = user;
  struct group *group = member->group;
  uint64_t ordinal = group->committed;
  for (uint32_t round = member->round;; round++) {
    make_record(group, member->number, ordinal++);
    bool last = atomic_fetch_add_explicit(&group->arrived, 1, memory_order_acq_rel) + 1 == group->count;
    if (last)
      lead(group);
    else
      wait_for_end(group, round);
    if (!group->error) member->acknowledged++;
    if (group->over) return NULL;
  }
}

static unsigned start_members(struct group *group, int *code) {
  unsigned started = 0;
  while (started + 1 < group->count && !*code) {
    struct member *member = &group->members[started + 1];
    *code = -pthread_create(&member->thread, NULL, run_member, member);
    started += *code == 0;
  }
  return started;
}

// A record acknowledged is one that a sync came after: no more of them than groups were committed, and no less.
static int count_done(const struct group *group, uint64_t committed, uint64_t *done) {
  uint64_t acknowledged = 0;
  for (unsigned i = 0; i < group->count; i++) acknowledged += group->members[i].acknowledged;
  if (acknowledged != committed * group->count) return -EPROTO;
  *done += acknowledged;
  return 0;
}

// This thread is the first member.
static int run_group(void *state, uint64_t deadline, uint64_t *done) {
  struct group *group = state;
  const uint32_t round = atomic_load(&group->round);
  const uint64_t before = group->committed;
  int code = 0;
  group->deadline = deadline;
  group->over = false;
  group->error = 0;
  atomic_store(&group->arrived, 0);  // a run that could not start all its threads may have left some
  for (unsigned i = 0; i < group->count; i++)
    group->members[i] = (struct member){.group = group, .number = i, .round = round};
  unsigned started = start_members(group, &code);
  if (!code) {
    run_member(&group->members[0]);
  } else {  // without all of them no group is ever complete: those that are there are sent away
    group->over = true;
    group->error = code;
    end_round(group);
  }
  for (unsigned i = 1; i <= started; i++) pthread_join(group->members[i].thread, NULL);
  return group->error ? group->error : count_done(group, group->committed - before, done);
}

static void close_group(void *state) {
  struct group *group = state;
  free(group->members);
  free(group->records);
  free(group);
}

static int open_group(const struct limit_order *order, const struct limit_target *target, unsigned thread, void **state,
                      struct error *error) {
  const struct limit_spec *spec = &order->spec;
  const uint64_t places = spec->data / spec->record_size / spec->threads;
  (void)thread;
  if (!places) return error_set(error, -EOPNOTSUPP, "the file holds no group of %u records", spec->threads);
  struct group *group = aligned_alloc(alignof(struct group), sizeof *group);
  if (!group) return error_set(error, -ENOMEM, "no memory");
  *group = (struct group){.fd = target->fd,
                          .first = target->first,
                          .record_size = spec->record_size,
                          .places = places,
                          .seed = order->seed,
                          .count = spec->threads,
                          .members = calloc(spec->threads, sizeof *group->members),
                          .records = pages_new((size_t)spec->threads * spec->record_size)};
  if (!group->members || !group->records) {
    close_group(group);
    return error_set(error, -ENOMEM, "no memory for %u threads", spec->threads);
  }
  for (unsigned i = 0; i < group->count; i++)
    memset(group->records + i * group->record_size, (int)i + 1, group->record_size);
  *state = group;
  return 0;
}

// The last groups, as many as have their own place in the file.
int contender_group_prove(void *state, uint64_t *verified, struct error *error) {
  struct group *group = state;
  uint64_t oldest = group->committed > group->places ? group->committed - group->places : 0;
  unsigned char *found = malloc(group_bytes(group));
  int code = 0;
  if (!found) return error_set(error, -ENOMEM, "no memory");
  for (uint64_t ordinal = oldest; ordinal < group->committed && !code; ordinal++) {
    for (unsigned i = 0; i < group->count; i++) make_record(group, i, ordinal);
    code = file_read(group->fd, found, group_bytes(group), offset_of(group, ordinal), 0);
    if (code)
      error_set(error, code, "reading back: %s", strerror(-code));
    else if (memcmp(found, group->records, group_bytes(group)) != 0)
      code = error_set(error, -EIO, "the records of group %llu are not in the file", (unsigned long long)ordinal);
    else
      *verified += group->count;
  }
  free(found);
  return code;
}

const struct limit_loop contender_group_loop = {.open = open_group, .run = run_group, .close = close_group};
