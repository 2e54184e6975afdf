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
  int error;  // out: of the group as a whole; each operation has its status besides
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
// it takes members, commits them, and calls group_end. Its own may not be among them: then it calls group_again.
bool group_join(struct group *group, struct member *member);
// As group_join, for a member that was handed in and for which those before it left no room.
bool group_again(struct group *group, struct member *member);
// The members of the group that the caller leads, in the order in which they came: as many as have `most` operations
// together, but one at least.
struct member *group_take(struct group *group, size_t most);
// Tells all taken members what came of them, after they were committed in took_ns.
void group_end(struct group *group, struct member *taken, int error, uint64_t took_ns);

#endif
