// SPDX-License-Identifier: MIT
// Mappings by /proc/self/smaps, the page table by /proc/self/status.
#include "harness/mappings.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
  const char *real;  // of the file or folder
  size_t length;
  bool ours;  // the mapping whose lines are read now
  struct mappings *mappings;
};

static void read_line(struct reading *reading, const char *line) {
  struct mappings *mappings = reading->mappings;
  unsigned long long from, to, kilobytes;
  int name = 0;
  if (sscanf(line, "%llx-%llx %*s %*s %*s %*s %n", &from, &to, &name) == 2 && name > 0) {
    const char *rest = line + name + reading->length;
    reading->ours = strncmp(line + name, reading->real, reading->length) == 0 && (*rest == '\0' || *rest == '/');
    mappings->maps += reading->ours;
  } else if (reading->ours && sscanf(line, "Rss: %llu kB", &kilobytes) == 1) {
    mappings->file_rss += kilobytes << 10;
  } else if (sscanf(line, "Pss: %llu kB", &kilobytes) == 1) {
    *(reading->ours ? &mappings->file_pss : &mappings->other_pss) += kilobytes << 10;
  }
}

// Calls `take` with each line of the file, without its end. 0 or -errno.
static int each_line(const char *path, void (*take)(struct reading *, const char *), struct reading *reading) {
  FILE *file = fopen(path, "re");
  if (!file) return -errno;
  char *line = NULL;
  size_t room = 0;
  while (getline(&line, &room, file) > 0) {
    line[strcspn(line, "\n")] = '\0';
    take(reading, line);
  }
  int code = ferror(file) ? -EIO : 0;
  free(line);
  fclose(file);
  return code;
}

static void read_status(struct reading *reading, const char *line) {
  unsigned long long kilobytes;
  if (sscanf(line, "VmPTE: %llu kB", &kilobytes) == 1) reading->mappings->page_tables = kilobytes << 10;
}

int mappings_read(const char *path, struct mappings *mappings) {
  *mappings = (struct mappings){0};
  char *real = realpath(path, NULL);
  if (!real) return -errno;
  struct reading reading = {.real = real, .length = strlen(real), .mappings = mappings};
  int code = each_line("/proc/self/smaps", read_line, &reading);
  if (!code) code = each_line("/proc/self/status", read_status, &reading);
  free(real);
  return code;
}

void mappings_add(struct mappings *sum, const struct mappings *more) {
  sum->maps += more->maps;
  sum->file_rss += more->file_rss;
  sum->file_pss += more->file_pss;
  sum->other_pss += more->other_pss;
  sum->page_tables += more->page_tables;
}
