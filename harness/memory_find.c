// SPDX-License-Identifier: MIT
// How memory can be limited on this machine by this user, and where not, why not.
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/cgroup.h"
#include "harness/memory_group.h"
#include "harness/memory_systemd.h"

enum { WHY = 160 };

static bool may_write(const char *group, const char *file) {
  char path[MEMORY_PATH_MAX + 64];
  snprintf(path, sizeof path, "%s/%s", group, file);
  return access(path, W_OK) == 0;
}

// A process may move to a new group if it may write the cgroup.procs of the nearest group above both. A group that
// holds processes hands no controller down (but for the root), so from the own group on upwards one is looked for that
// does.
static bool find_v2(const char *root, char *base, char *why) {
  char mount[MEMORY_PATH_MAX], group[MEMORY_PATH_MAX];
  if (cgroup_find(root, CGROUP_V2, mount, group, sizeof group)) {
    snprintf(why, WHY, "no cgroup v2 is mounted");
    return false;
  }
  if (cgroup_has_word(mount, "cgroup.controllers", "memory")) {
    snprintf(why, WHY, "cgroup v2 has no memory controller");
    return false;
  }
  for (size_t length = strlen(mount); strlen(group) >= length; dirname(group)) {
    if (cgroup_has_word(group, "cgroup.subtree_control", "memory") == 0 && may_write(group, "cgroup.procs") &&
        may_write(group, "")) {
      snprintf(base, MEMORY_PATH_MAX, "%s", group);
      return true;
    }
  }
  snprintf(why, WHY, "cgroup v2 delegates the memory controller to no group this user may write to");
  return false;
}

static bool find_v1(const char *root, char *base, char *why) {
  char mount[MEMORY_PATH_MAX];
  if (cgroup_find(root, CGROUP_V1, mount, base, MEMORY_PATH_MAX)) {
    snprintf(why, WHY, "no cgroup v1 limits memory");
  } else if (!may_write(base, "") || !may_write(base, "cgroup.procs")) {
    snprintf(why, WHY, "the cgroup v1 of this process is not this user's to write to");
  } else {
    return true;
  }
  base[0] = '\0';
  return false;
}

// The end of a program that writes nothing, or -ETIME after some seconds.
static int wait_for(pid_t pid) {
  const struct timespec pause = {.tv_nsec = 10000000};
  int status = 0;
  for (int i = 0; i < 500; i++) {
    pid_t got = waitpid(pid, &status, WNOHANG);
    if (got == pid) return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EPROTO;
    nanosleep(&pause, NULL);
  }
  kill(pid, SIGKILL);
  waitpid(pid, &status, 0);
  return -ETIME;
}

static bool find_systemd(char *why) {
  char program[] = "true";
  char *arguments[MEMORY_SYSTEMD_ARGUMENTS];
  posix_spawn_file_actions_t files;
  pid_t pid;
  size_t count = memory_systemd_prefix(arguments);
  arguments[count] = program;
  arguments[count + 1] = NULL;
  if (posix_spawn_file_actions_init(&files)) return false;
  for (int fd = 0; fd <= 2; fd++) posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
  int code = posix_spawnp(&pid, arguments[0], &files, NULL, arguments, environ);
  posix_spawn_file_actions_destroy(&files);
  if (code) {
    snprintf(why, WHY, "there is no systemd-run");
    return false;
  }
  if (wait_for(pid) == 0) return true;
  snprintf(why, WHY, "systemd-run makes no scope");
  return false;
}

void memory_groups_find(const char *root, struct memory_groups *groups) {
  char v2[WHY] = "", v1[WHY] = "", systemd[WHY] = "";
  *groups = (struct memory_groups){.guard_alive = -1};
  if (find_v2(root, groups->base, v2))
    groups->method = MEMORY_CGROUP_V2;
  else if (find_v1(root, groups->base, v1))
    groups->method = MEMORY_CGROUP_V1;
  else if (find_systemd(systemd))
    groups->method = MEMORY_SYSTEMD;
  else
    snprintf(groups->reason, sizeof groups->reason,
             "memory cannot be limited here: %s; %s; %s. Run as root, or as a user for whom `systemd-run --user "
             "--scope true` works",
             v2, v1, systemd);
}
