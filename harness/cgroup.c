// SPDX-License-Identifier: MIT
// Control groups: the hierarchy that limits memory, by what /proc tells of this process (cgroups(7)).
#include "harness/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE = 4096, NAME = 1024 };

struct hierarchy {
  char root[NAME], point[NAME];  // what of it is mounted, and where
};

static bool has_word(const char *list, const char *word, const char *separators) {
  size_t length = strlen(word);
  for (const char *at = list; *at; at += strspn(at, separators)) {
    size_t span = strcspn(at, separators);
    if (span == length && strncmp(at, word, length) == 0) return true;
    at += span;
  }
  return false;
}

// A line of mountinfo: 35 31 0:32 /root /point options... - type source super-options (proc(5)).
static bool parse_mount(const char *line, enum cgroup_version version, struct hierarchy *hierarchy) {
  char type[64], super[512];
  const char *dash = strstr(line, " - ");
  if (!dash || sscanf(dash + 3, "%63s %*s %511s", type, super) != 2) return false;
  if (version == CGROUP_V2 ? strcmp(type, "cgroup2") != 0
                           : strcmp(type, "cgroup") != 0 || !has_word(super, "memory", ","))
    return false;
  return sscanf(line, "%*d %*d %*s %1023s %1023s", hierarchy->root, hierarchy->point) == 2;
}

static int find_mount(const char *root, enum cgroup_version version, struct hierarchy *hierarchy) {
  char path[NAME], line[LINE];
  int code = -ENOENT;
  snprintf(path, sizeof path, "%s/proc/self/mountinfo", root);
  FILE *file = fopen(path, "re");
  if (!file) return -errno;
  while (code && fgets(line, sizeof line, file))
    if (parse_mount(line, version, hierarchy)) code = 0;
  fclose(file);
  return code;
}

// The group of a line of /proc/self/cgroup, "4:memory:/group" or "0::/group", or NULL.
static const char *parse_group(char *line, enum cgroup_version version) {
  char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
  if (!group) return NULL;
  *group++ = '\0';
  group[strcspn(group, "\n")] = '\0';
  controllers++;
  return (version == CGROUP_V2 ? !*controllers : has_word(controllers, "memory", ",")) ? group : NULL;
}

static int find_group(const char *root, enum cgroup_version version, char *group) {
  char path[NAME], line[LINE];
  int code = -ENOENT;
  snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
  FILE *file = fopen(path, "re");
  if (!file) return -errno;
  while (code && fgets(line, sizeof line, file)) {
    const char *found = parse_group(line, version);
    if (found && snprintf(group, NAME, "%s", found) < NAME) code = 0;
  }
  fclose(file);
  return code;
}

int cgroup_find(const char *root, enum cgroup_version version, char *mount, char *group, size_t room) {
  struct hierarchy hierarchy;
  char own[NAME] = "";
  int code = find_mount(root, version, &hierarchy);
  if (!code) code = find_group(root, version, own);
  if (code) return code;
  // A container often sees only its own part of the hierarchy, mounted as if it were all.
  const char *below = own;
  size_t length = strcmp(hierarchy.root, "/") == 0 ? 0 : strlen(hierarchy.root);
  if (strncmp(own, hierarchy.root, length) == 0 && (own[length] == '/' || !own[length])) below = own + length;
  if (strstr(below, "/..")) return -ENOENT;  // outside of what this namespace shows
  if (strcmp(below, "/") == 0) below = "";
  if (snprintf(mount, room, "%s%s", root, hierarchy.point) >= (int)room ||
      snprintf(group, room, "%s%s%s", root, hierarchy.point, below) >= (int)room)
    return -ENAMETOOLONG;
  return access(group, F_OK) ? -errno : 0;
}

static FILE *open_in(const char *group, const char *name) {
  char path[2 * NAME];
  snprintf(path, sizeof path, "%s/%s", group, name);
  return fopen(path, "re");
}

int cgroup_has_word(const char *group, const char *file, const char *word) {
  char line[LINE];
  FILE *stream = open_in(group, file);
  if (!stream) return -errno;
  bool found = fgets(line, sizeof line, stream) && has_word(line, word, " \n");
  fclose(stream);
  return found ? 0 : -ENOENT;
}

int cgroup_read(const char *group, const char *file, uint64_t *value) {
  char line[64];
  FILE *stream = open_in(group, file);
  if (!stream) return -errno;
  int code = fgets(line, sizeof line, stream) ? 0 : -ENODATA;
  fclose(stream);
  if (code) return code;
  if (strncmp(line, "max", 3) == 0) {
    *value = UINT64_MAX;
    return 0;
  }
  return sscanf(line, "%" SCNu64, value) == 1 ? 0 : -EPROTO;
}

int cgroup_read_key(const char *group, const char *file, const char *key, uint64_t *value) {
  char line[256], name[128];
  FILE *stream = open_in(group, file);
  if (!stream) return -errno;
  int code = -ENOENT;
  while (code && fgets(line, sizeof line, stream))
    if (sscanf(line, "%127s %" SCNu64, name, value) == 2 && strcmp(name, key) == 0) code = 0;
  fclose(stream);
  return code;
}

int cgroup_write(const char *group, const char *file, uint64_t value) {
  char path[2 * NAME], text[32];
  snprintf(path, sizeof path, "%s/%s", group, file);
  int length = snprintf(text, sizeof text, "%" PRIu64, value), code = 0;
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  if (write(fd, text, (size_t)length) != length) code = -errno;
  close(fd);
  return code;
}
