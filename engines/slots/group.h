// SPDX-License-Identifier: MIT
// Group commit: sessions whose writes must be durable before they are acknowledged (the policy `always`) hand them in,
// and one of them, the leader, writes and syncs for all. What is handed in meanwhile is the next group's.
#ifndef STOREBENCH_SLOTS_GROUP_H
#define STOREBENCH_SLOTS_GROUP_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct op;

// What one session hands in.
struct member {
  struct op *const *ops;
  size_t count;
  // Out: of the group as a whole, also where it is the leader's own (no memory, its ring is broken). Then no member
  // hears that it was done, and some of it may have been. 0: each operation has its status.
  int error;
  struct member *next;
  unsigned wave;  // which of `changed` it waits for
  bool gathers;   // it is to wait for others, and then to lead
  bool done;
};

enum group_state { GROUP_IDLE, GROUP_GATHERS, GROUP_LED };
enum { GROUP_WAVES = 2 };

struct group {
  pthread_mutex_t lock;                 // guards the rest
  pthread_cond_t changed[GROUP_WAVES];  // those who wait for a group to be committed are not woken by the one before
  struct member *first, **end;
  size_t waiting;   // members from `first` on
  size_t expected;  // those of the latest group, and those that came while it was committed
  unsigned wave;    // of members that come now
  enum group_state state;
  uint64_t gather_ns;  // the longest that the next group waits for others
};

// 0 or -errno.
int group_init(struct group *group);
void group_destroy(struct group *group);

// Hands the member in. False: another session has committed it, and what came of it is there. True: the caller leads:
// it takes the members, its own among them, commits them, and calls group_end.
bool group_join(struct group *group, struct member *member);
// All that wait, in the order in which they came.
struct member *group_take(struct group *group);
// Tells all taken members what came of them, after they were committed in took_ns.
void group_end(struct group *group, struct member *taken, int error, uint64_t took_ns);

#endif
