// SPDX-License-Identifier: MIT
#include "engines/slots/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ADVICE_ROOM = 64 };

// VmFlags of smaps that stand for advice (Documentation/filesystems/proc.rst).
static const struct {
  const char *flag, *word;
} advices[] = {{"rr", "random"}, {"sr", "sequential"}, {"hg", "huge"}, {"nh", "no huge"}};

enum { ADVICES = sizeof advices / sizeof advices[0] };

// Of all mappings in a range together.
struct range {
  uint64_t start, end;
  unsigned maps;
  unsigned with[ADVICES];  // how many of the maps have it
  uint64_t present_kb, huge_kb;
};

int settings_tell_access(int fd, setting_fn tell, void *user) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return -errno;
  return tell(user, "access", flags & O_DIRECT ? "direct (O_DIRECT)" : "through the page cache");
}

static void count_flags(struct range *range, const char *flags) {
  for (size_t i = 0; i < ADVICES; i++) {
    char wanted[8];
    snprintf(wanted, sizeof wanted, " %s ", advices[i].flag);
    range->with[i] += strstr(flags, wanted) != NULL;
  }
}

// A mapping is one line of addresses and one a property.
static void read_property(struct range *range, const char *line) {
  static const char flags[] = "VmFlags:";
  unsigned long long kilobytes;
  if (sscanf(line, "Rss: %llu kB", &kilobytes) == 1)
    range->present_kb += kilobytes;
  else if (sscanf(line, "FilePmdMapped: %llu kB", &kilobytes) == 1)
    range->huge_kb += kilobytes;
  else if (strncmp(line, flags, sizeof flags - 1) == 0)
    count_flags(range, line + sizeof flags - 1);
}

static int read_range(struct range *range) {
  FILE *smaps = fopen("/proc/self/smaps", "re");
  if (!smaps) return -errno;
  char *line = NULL;
  size_t room = 0;
  bool inside = false;
  while (getline(&line, &room, smaps) > 0) {
    unsigned long long from, to;
    line[strcspn(line, "\n")] = ' ';  // each flag has a blank on both sides
    if (sscanf(line, "%llx-%llx ", &from, &to) == 2) {
      inside = from < range->end && to > range->start;
      range->maps += inside;
    } else if (inside) {
      read_property(range, line);
    }
  }
  int error = ferror(smaps) ? -EIO : 0;
  free(line);
  fclose(smaps);
  return error;
}

// Advice is told as in effect only where every mapping of the range has it.
static int tell_advice(const struct range *range, setting_fn tell, void *user) {
  char text[ADVICE_ROOM] = "";
  for (size_t i = 0; i < ADVICES; i++) {
    size_t length = strlen(text);
    if (range->with[i] == 0) continue;
    snprintf(text + length, sizeof text - length, "%s%s%s", length ? ", " : "", advices[i].word,
             range->with[i] < range->maps ? " in part" : "");
  }
  return tell(user, "advice", *text ? text : "none");
}

static int tell_huge(const struct range *range, setting_fn tell, void *user) {
  char text[64];
  if (range->present_kb == 0) return tell(user, "huge pages", "nothing is in the page table");
  if (range->huge_kb == 0) return tell(user, "huge pages", "none");
  snprintf(text, sizeof text, "%.0f%% of what is in the page table",
           100.0 * (double)range->huge_kb / (double)range->present_kb);
  return tell(user, "huge pages", text);
}

int settings_tell_map(const void *start, size_t length, setting_fn tell, void *user) {
  struct range range = {.start = (uintptr_t)start, .end = (uintptr_t)start + length};
  int code = read_range(&range);
  if (code) {
    char text[128];
    snprintf(text, sizeof text, "unknown: /proc/self/smaps: %s", strerror(-code));
    return tell(user, "advice", text);
  }
  code = tell_advice(&range, tell, user);
  return code ? code : tell_huge(&range, tell, user);
}
