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

enum order {
  ORDER_NONE,
  ORDER_GATHER,  // the first of the next group is to wait for others, and then to lead
  ORDER_DONE,
};

// What one session hands in. Its memory must outlive the call of group_join that hands it in, and no longer.
struct member {
  struct op *const *ops;
  size_t count;
  int error;  // out: of the group as a whole; each operation has its status besides
  struct member *next;
  pthread_mutex_t lock;  // guards what follows
  pthread_cond_t changed;
  enum order order;
  uint64_t gather_ns;  // of ORDER_GATHER
};

enum group_state { GROUP_IDLE, GROUP_GATHERS, GROUP_LED };

struct group {
  pthread_mutex_t lock;  // guards the rest
  struct member *first, **end;
  size_t waiting;   // members from `first` on
  size_t expected;  // those of the latest group, and those that came while it was committed
  enum group_state state;
  uint64_t gather_ns;  // the longest that the next group waits for others
};

// 0 or -errno.
int group_init(struct group *group);
void group_destroy(struct group *group);
int member_init(struct member *member);
void member_destroy(struct member *member);

// Hands the member in. False: another session has committed it, and what came of it is there. True: the caller leads:
// it takes members, commits them, and calls group_end.
bool group_join(struct group *group, struct member *member);
// The members of the group that the caller leads, in the order in which they came: as many as have `most` operations
// together, but one at least.
struct member *group_take(struct group *group, size_t most);
// Tells all taken members (but `own`, the leader's) what came of them, after they were committed in took_ns.
void group_end(struct group *group, struct member *taken, const struct member *own, int error, uint64_t took_ns);

#endif
