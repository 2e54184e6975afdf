// SPDX-License-Identifier: MIT
// Memory groups as the parent makes and removes them and the child enters them.
#include "harness/memory_group.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "harness/cgroup.h"
#include "harness/memory_guard.h"

// What the two versions call the same things.
struct names {
  const char *limit, *usage, *file;  // `file`: the key in memory.stat of pages of files
  const char *swap;                  // set to 0: nothing is swapped out
};

static const struct names *names_of(enum memory_method method) {
  static const struct names v1 = {"memory.limit_in_bytes", "memory.usage_in_bytes", "cache", "memory.swappiness"};
  static const struct names v2 = {"memory.max", "memory.current", "file", "memory.swap.max"};
  return method == MEMORY_CGROUP_V1 ? &v1 : &v2;
}

const char *memory_method_name(enum memory_method method) {
  static const char *const names[MEMORY_METHODS] = {[MEMORY_UNLIMITED] = "none",
                                                    [MEMORY_CGROUP_V2] = "cgroup v2",
                                                    [MEMORY_CGROUP_V1] = "cgroup v1",
                                                    [MEMORY_SYSTEMD] = "systemd scope"};
  return names[method];
}

int memory_groups_open(struct memory_groups *groups, struct error *error) {
  memory_groups_find("", groups);
  if (!groups->base[0]) return 0;
  memory_guard_sweep(groups->base, 0);
  int code = memory_guard_start(groups->base, &groups->guard, &groups->guard_alive);
  return code ? error_set(error, code, "the guard of memory groups cannot be started: %s", strerror(-code)) : 0;
}

void memory_groups_close(struct memory_groups *groups) {
  if (groups->guard) memory_guard_stop(groups->guard, groups->guard_alive);
  groups->guard = 0;
}

int memory_group_make(struct memory_groups *groups, struct memory_group *group, struct error *error) {
  *group = (struct memory_group){.method = groups->method};
  if (groups->method == MEMORY_UNLIMITED) return error_set(error, -ENOTSUP, "%s", groups->reason);
  if (groups->method == MEMORY_SYSTEMD) return 0;
  if (snprintf(group->path, sizeof group->path, "%s/" MEMORY_GROUP_NAME "%ld-%u", groups->base, (long)getpid(),
               groups->made++) >= (int)sizeof group->path)
    return error_set(error, -ENOTSUP, "%.200s...: the path of the group is too long", groups->base);
  if (mkdir(group->path, 0755) == 0) return 0;
  return error_set(error, -ENOTSUP, "%s: a group cannot be made: %m", group->path);
}

int memory_group_remove(const struct memory_group *group) {
  const struct timespec pause = {.tv_nsec = 5000000};
  int code = 0;
  if (!group->path[0]) return 0;
  for (int i = 0; i < 200; i++) {
    code = rmdir(group->path) ? -errno : 0;
    if (code != -EBUSY) break;
    nanosleep(&pause, NULL);
  }
  return code == -ENOENT ? 0 : code;
}

static int enter_scope(struct memory_group *group, struct error *error) {
  char mount[MEMORY_PATH_MAX], limit[MEMORY_PATH_MAX + 16];
  int code = cgroup_find("", CGROUP_V2, mount, group->path, sizeof group->path);
  if (code) return error_set(error, -EBUSY, "the systemd scope is in no cgroup v2 that can be seen");
  snprintf(limit, sizeof limit, "%s/memory.max", group->path);
  if (access(limit, W_OK) == 0) return 0;
  return error_set(error, -EBUSY, "%s: %m; let systemd delegate the memory controller, or run as root", limit);
}

int memory_group_enter(struct memory_group *group, struct error *error) {
  if (group->method == MEMORY_UNLIMITED) return 0;
  int code = group->method == MEMORY_SYSTEMD ? enter_scope(group, error) : 0;
  if (code) return code;
  code = group->method == MEMORY_SYSTEMD ? 0 : cgroup_write(group->path, "cgroup.procs", (uint64_t)getpid());
  if (code) return error_set(error, -EBUSY, "%s cannot be entered: %s; run as root", group->path, strerror(-code));
  code = cgroup_write(group->path, names_of(group->method)->swap, 0);
  if (!code || code == -ENOENT) return 0;  // a kernel without swap accounting, or without swap
  return error_set(error, -EBUSY, "%s: swap cannot be forbidden: %s; switch swap off", group->path, strerror(-code));
}

int memory_group_limit(const struct memory_group *group, uint64_t bytes) {
  uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), set = 0;
  const char *file = names_of(group->method)->limit;
  bytes = bytes / page * page;
  int code = cgroup_write(group->path, file, bytes);
  if (code || bytes == UINT64_MAX / page * page) return code;  // which the kernel reads as none
  code = cgroup_read(group->path, file, &set);
  return code ? code : set == bytes ? 0 : -EPROTO;
}

int memory_group_usage(const struct memory_group *group, uint64_t *file, uint64_t *other) {
  const struct names *names = names_of(group->method);
  uint64_t all;
  int code = cgroup_read(group->path, names->usage, &all);
  if (!code) code = cgroup_read_key(group->path, "memory.stat", names->file, file);
  if (!code) *other = all > *file ? all - *file : 0;
  return code;
}
