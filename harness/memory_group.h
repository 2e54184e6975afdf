// SPDX-License-Identifier: MIT
// Groups that limit the memory of one child and of the page cache it fills: made and removed by the parent, entered by
// the child before it touches its file, because a page is charged to the group of whoever touches it first.
#ifndef STOREBENCH_MEMORY_GROUP_H
#define STOREBENCH_MEMORY_GROUP_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

// What limits the memory. MEMORY_SYSTEMD: a scope that systemd-run makes, of the user's own manager unless run as root.
enum memory_method { MEMORY_UNLIMITED, MEMORY_CGROUP_V2, MEMORY_CGROUP_V1, MEMORY_SYSTEMD, MEMORY_METHODS };

enum { MEMORY_PATH_MAX = 1024 };

// One group, as the parent tells the child.
struct memory_group {
  enum memory_method method;
  char path[MEMORY_PATH_MAX];  // the group's folder; "" for a systemd scope, whose own folder the child finds
};

// Where groups are made.
struct memory_groups {
  enum memory_method method;   // MEMORY_UNLIMITED: they cannot be
  char reason[640];            // why not, and the remedy
  char base[MEMORY_PATH_MAX];  // the folder that groups are made in
  unsigned made;
  pid_t guard;      // removes what is left when this process was killed; 0: none
  int guard_alive;  // closed by the death of this process
};

// "none", "cgroup v2", "cgroup v1" or "systemd scope".
const char *memory_method_name(enum memory_method method);

// Finds out how memory can be limited here: in a group below a cgroup version 2 that this user may use, below this
// process's own group of version 1, or in a systemd scope. `root` stands before the paths of /proc: "" but for tests.
// Where nothing works, sets method MEMORY_UNLIMITED and the reason.
void memory_groups_find(const char *root, struct memory_groups *groups);

// The same, and removes what runs that were killed have left, and starts the guard. 0 or -errno with a message.
int memory_groups_open(struct memory_groups *groups, struct error *error);
// Ends the guard. Groups that were made must have been removed.
void memory_groups_close(struct memory_groups *groups);

// Makes a group without a limit. 0; -ENOTSUP with the reason where it cannot be had.
int memory_group_make(struct memory_groups *groups, struct memory_group *group, struct error *error);
// Removes it when all that was in it has ended; the kernel may take a moment to notice. 0 or -errno.
int memory_group_remove(const struct memory_group *group);

// In the child: enters the group and forbids swap in it, so that memory that is not page cache stays in memory; fills
// in the path of a systemd scope. 0; -EBUSY with the reason and remedy. Does nothing for MEMORY_UNLIMITED.
int memory_group_enter(struct memory_group *group, struct error *error);
// Limits all memory of the group, pages of files included, to so many bytes, in whole pages; UINT64_MAX: no limit. 0 or
// -errno (-EBUSY: more than that is in use).
int memory_group_limit(const struct memory_group *group, uint64_t bytes);
// Bytes charged to the group: pages of files, and everything else (index, buffers, page tables, kernel objects). The
// kernel adds them up in batches; they may be off by 64 pages a processor. 0 or -errno.
int memory_group_usage(const struct memory_group *group, uint64_t *file, uint64_t *other);

#endif
