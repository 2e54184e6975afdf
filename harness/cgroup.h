// SPDX-License-Identifier: MIT
// Control groups as files: where this process is in the hierarchy that limits memory, and reading and writing there.
#ifndef STOREBENCH_CGROUP_H
#define STOREBENCH_CGROUP_H

#include <stddef.h>
#include <stdint.h>

enum cgroup_version { CGROUP_V1 = 1, CGROUP_V2 = 2 };

// The folder of this process's own group in the unified hierarchy (CGROUP_V2) or in version 1's memory hierarchy, and
// where that hierarchy is mounted, by /proc/self/{mountinfo,cgroup}. `root` stands before every path: "" but for tests.
// `mount` and `group` have `room` bytes each. 0; -ENOENT: there is no such hierarchy, or it is mounted nowhere that
// shows this process; -errno.
int cgroup_find(const char *root, enum cgroup_version version, char *mount, char *group, size_t room);

// Whether the file of words (cgroup.controllers, cgroup.subtree_control) in `group` has this one. 0, -ENOENT or -errno.
int cgroup_has_word(const char *group, const char *file, const char *word);

// The number that the file in `group` holds; "max" is UINT64_MAX. 0 or -errno.
int cgroup_read(const char *group, const char *file, uint64_t *value);
// The number behind a key in a file of "key number" lines such as memory.stat. 0, -ENOENT or -errno.
int cgroup_read_key(const char *group, const char *file, const char *key, uint64_t *value);
// Writes a number. 0 or -errno.
int cgroup_write(const char *group, const char *file, uint64_t value);

#endif
