// SPDX-License-Identifier: MIT
// Points hold totals while the clock runs, differences afterwards.
#include "harness/timeline.h"

#include <errno.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum {
  NS = 1000000000,
  APART = 128,  // bytes: two cache lines, which the prefetcher moves as a pair
  ROOM = 64,    // points, to begin with
};

struct place {
  alignas(APART) _Atomic uint64_t operations;
  _Atomic uint64_t longest;  // ns, in this interval
};

struct timeline {
  alignas(APART) _Atomic uint64_t next;  // clock_ns at which the interval ends; all clients read it, few write it
  alignas(APART) uint64_t interval;      // ns
  const struct device_reader *device;
  bool has_device;
  unsigned clients;
  struct place *places;
  uint64_t start;  // clock_ns
  struct timeline_point first;
  pthread_mutex_t adding;
  // Under `adding`:
  int code;  // of what failed
  struct timeline_point *points;
  size_t count, room;
};

static int make_room(struct timeline *timeline, size_t room) {
  struct timeline_point *points = reallocarray(timeline->points, room, sizeof *points);
  if (!points) return -ENOMEM;
  timeline->points = points;
  timeline->room = room;
  return 0;
}

int timeline_open(double interval_seconds, unsigned clients, const struct device_reader *device,
                  struct timeline **timeline) {
  struct timeline *opened = aligned_alloc(APART, sizeof *opened);
  struct place *places = aligned_alloc(APART, clients * sizeof *places);
  if (opened) memset(opened, 0, sizeof *opened);
  int code = opened && places ? make_room(opened, ROOM) : -ENOMEM;
  if (!code) code = -pthread_mutex_init(&opened->adding, NULL);
  if (code) {
    if (opened) free(opened->points);
    free(opened);
    free(places);
    return code;
  }
  opened->interval = (uint64_t)(interval_seconds * NS);
  opened->device = device;
  opened->has_device = device != NULL;
  opened->clients = clients;
  opened->places = places;
  for (unsigned i = 0; i < clients; i++) {
    atomic_init(&places[i].operations, 0);
    atomic_init(&places[i].longest, 0);
  }
  atomic_init(&opened->next, UINT64_MAX);
  *timeline = opened;
  return 0;
}

static uint64_t operations_so_far(const struct timeline *timeline) {
  uint64_t sum = 0;
  for (unsigned i = 0; i < timeline->clients; i++)
    sum += atomic_load_explicit(&timeline->places[i].operations, memory_order_relaxed);
  return sum;
}

static uint64_t take_longest(struct timeline *timeline) {
  uint64_t longest = 0;
  for (unsigned i = 0; i < timeline->clients; i++) {
    uint64_t own = atomic_exchange_explicit(&timeline->places[i].longest, 0, memory_order_relaxed);
    if (own > longest) longest = own;
  }
  return longest;
}

static int add_point(struct timeline *timeline, uint64_t now, const struct device_totals *totals) {
  int code = timeline->count == timeline->room ? make_room(timeline, 2 * timeline->room) : 0;
  if (code) return code;
  timeline->points[timeline->count++] =
      (struct timeline_point){(double)(now - timeline->start) / NS, operations_so_far(timeline), totals->read_bytes,
                              totals->write_bytes, take_longest(timeline)};
  return 0;
}

static int take_point(struct timeline *timeline, uint64_t now) {
  struct device_totals totals = {0};
  double last = timeline->count ? timeline->points[timeline->count - 1].t : 0;
  // Whoever saw the end of an interval may come by only after that of the next one.
  if ((double)(now - timeline->start) / NS <= last) return 0;
  int code = timeline->device ? device_reader_read(timeline->device, &totals) : 0;
  return code ? code : add_point(timeline, now, &totals);
}

// One client sees it first; the end of the next interval keeps to the grid, however late this one was.
static void interval_over(void *user, uint64_t now) {
  struct timeline *timeline = user;
  uint64_t end = atomic_load_explicit(&timeline->next, memory_order_relaxed);
  if (now < end) return;
  uint64_t next = end + ((now - end) / timeline->interval + 1) * timeline->interval;
  if (!atomic_compare_exchange_strong(&timeline->next, &end, next)) return;
  pthread_mutex_lock(&timeline->adding);
  if (!timeline->code) timeline->code = take_point(timeline, now);
  pthread_mutex_unlock(&timeline->adding);
}

struct client_watch timeline_watch(struct timeline *timeline, unsigned client) {
  return (struct client_watch){.operations = &timeline->places[client].operations,
                               .due = &timeline->next,
                               .when_due = interval_over,
                               .user = timeline};
}

_Atomic uint64_t *timeline_longest(struct timeline *timeline, unsigned client) {
  return &timeline->places[client].longest;
}

void timeline_start(struct timeline *timeline, uint64_t read_bytes, uint64_t write_bytes) {
  timeline->first = (struct timeline_point){.read_bytes = read_bytes, .write_bytes = write_bytes};
  timeline->start = clock_ns();
  atomic_store(&timeline->next, timeline->start + timeline->interval);
}

void timeline_stop(struct timeline *timeline) {
  const struct device_totals later = {0};  // timeline_finish knows
  pthread_mutex_lock(&timeline->adding);
  if (!timeline->code) timeline->code = add_point(timeline, clock_ns(), &later);
  pthread_mutex_unlock(&timeline->adding);
}

static void merge_short_end(struct timeline *timeline) {
  struct timeline_point *points = timeline->points;
  size_t count = timeline->count;
  if (count < 2 || points[count - 1].t - points[count - 2].t >= 0.5 * (double)timeline->interval / NS) return;
  uint64_t longest = points[count - 2].longest;
  points[count - 2] = points[count - 1];
  if (longest > points[count - 2].longest) points[count - 2].longest = longest;
  timeline->count--;
}

int timeline_finish(struct timeline *timeline, uint64_t read_bytes, uint64_t write_bytes) {
  if (timeline->code) return timeline->code;
  struct timeline_point *last = &timeline->points[timeline->count - 1];
  last->read_bytes = timeline->device ? read_bytes : timeline->first.read_bytes;
  last->write_bytes = timeline->device ? write_bytes : timeline->first.write_bytes;
  merge_short_end(timeline);
  for (size_t i = timeline->count; i-- > 0;) {
    struct timeline_point *point = &timeline->points[i];
    const struct timeline_point *before = i ? point - 1 : &timeline->first;
    point->operations -= before->operations;
    point->read_bytes -= before->read_bytes;
    point->write_bytes -= before->write_bytes;
  }
  timeline->device = NULL;
  return 0;
}

void timeline_close(struct timeline *timeline) {
  if (!timeline) return;
  pthread_mutex_destroy(&timeline->adding);
  free(timeline->points);
  free(timeline->places);
  free(timeline);
}

const struct timeline_point *timeline_points(const struct timeline *timeline, size_t *count) {
  *count = timeline ? timeline->count : 0;
  return timeline ? timeline->points : NULL;
}

bool timeline_has_device(const struct timeline *timeline) { return timeline && timeline->has_device; }

uint64_t timeline_stall(const struct timeline *timeline) {
  uint64_t longest = 0;
  for (size_t i = 0; timeline && i < timeline->count; i++)
    if (timeline->points[i].longest > longest) longest = timeline->points[i].longest;
  return longest;
}

// Operations done at each end of a grid of equal intervals, taken to run evenly within a point: points are late where a
// thread was stuck, and the rule wants intervals of one length.
static void rates_on_grid(const struct timeline *timeline, double *rates, size_t count) {
  double length = (double)timeline->interval / NS, total = 0, before = 0, from = 0;
  size_t point = 0;
  for (size_t i = 0; i < count; i++) {
    double end = (double)(i + 1) * length;
    for (; point < timeline->count && timeline->points[point].t < end; point++) {
      total += (double)timeline->points[point].operations;
      from = timeline->points[point].t;
    }
    double done = total;
    if (point < timeline->count)
      done += (double)timeline->points[point].operations * (end - from) / (timeline->points[point].t - from);
    rates[i] = done - before;
    before = done;
  }
}

enum steady_verdict timeline_steady(const struct timeline *timeline) {
  struct steadiness steadiness = {.verdict = STEADY_UNKNOWN};
  if (!timeline || !timeline->count) return STEADY_UNKNOWN;
  size_t count = (size_t)(timeline->points[timeline->count - 1].t * NS / (double)timeline->interval);
  double *rates = count ? calloc(count, sizeof *rates) : NULL;
  if (!rates) return STEADY_UNKNOWN;
  rates_on_grid(timeline, rates, count);
  int code = steady_judge(rates, count, STEADY_FLOOR, &steadiness);
  free(rates);
  return code ? STEADY_UNKNOWN : steadiness.verdict;
}
