// SPDX-License-Identifier: MIT
// What happened when within the timed part of a sample: operations, device bytes and the longest wait by intervals.
//
// The threads that do the work keep it themselves. Each stores its count to a place of its own when it looks at the
// clock anyway, and the first to see that an interval is over adds up. A thread of its own would not be free: with a
// second thread in the process, each system call on a file counts references to it, and stdio takes locks.
#ifndef STOREBENCH_TIMELINE_H
#define STOREBENCH_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/devices.h"
#include "harness/steady.h"
#include "workloads/client.h"

struct timeline_point {
  double t;             // seconds from the start of the clock to the end of the interval
  uint64_t operations;  // in the interval, as are the bytes
  uint64_t read_bytes, write_bytes;
  uint64_t longest;  // ns: the longest wait that ended in the interval; 0 where no latencies are taken
};

struct timeline;

// For so many clients. `device`: what counts the bytes, the caller's as long as the clock runs; NULL: they stay 0, and
// a point costs no system call. *timeline is the caller's until timeline_close. 0 or -errno.
int timeline_open(double interval_seconds, unsigned clients, const struct device_reader *device,
                  struct timeline **timeline);
// What that client (counted from 0) needs to take part; for client_watch.
struct client_watch timeline_watch(struct timeline *timeline, unsigned client);
// Where that client, and no other, leaves the longest time that it waited (ns); each interval begins at 0 again.
_Atomic uint64_t *timeline_longest(struct timeline *timeline, unsigned client);
// The clock starts now, and the device's counters stand at these.
void timeline_start(struct timeline *timeline, uint64_t read_bytes, uint64_t write_bytes);
// The clock stopped: takes the time and the operations of the last interval.
void timeline_stop(struct timeline *timeline);
// Where the device's counters stand at the end. After it, the points add up to what was done from start to stop. A last
// interval shorter than half of the others is part of the one before. A thread that is stuck in one operation ends its
// interval late. 0, or -errno of what failed on the way.
int timeline_finish(struct timeline *timeline, uint64_t read_bytes, uint64_t write_bytes);
void timeline_close(struct timeline *timeline);  // NULL is fine

// The points, in order of time, after timeline_finish; the timeline's own. NULL has none.
const struct timeline_point *timeline_points(const struct timeline *timeline, size_t *count);
bool timeline_has_device(const struct timeline *timeline);
// The longest wait of all intervals, ns; 0 where no latencies were taken.
uint64_t timeline_stall(const struct timeline *timeline);
// Whether the rate of operations stayed the same, judged by all whole intervals.
enum steady_verdict timeline_steady(const struct timeline *timeline);

#endif
