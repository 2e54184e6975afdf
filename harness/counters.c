// SPDX-License-Identifier: MIT
// Kernel counters: getrusage, smaps_rollup, and the block layer's stat file.
#include "harness/counters.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { SECTOR = 512 };  // the unit of the stat file, whatever the device's own sector is

int counters_device(const char *path) {
  struct stat stat;
  char name[64];
  if (lstat(path, &stat) != 0) return -errno;
  // A partition has its own stat file, with the bytes of that partition alone.
  snprintf(name, sizeof name, "/sys/dev/block/%u:%u/stat", major(stat.st_dev), minor(stat.st_dev));
  int fd = open(name, O_RDONLY | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

static int read_device(int fd, struct counters *counters) {
  char text[512];
  unsigned long long read_sectors, written_sectors;
  ssize_t got = pread(fd, text, sizeof text - 1, 0);
  if (got < 0) return -errno;
  text[got] = '\0';
  // read I/Os, merges, SECTORS, ticks; write I/Os, merges, SECTORS (Documentation/block/stat.rst)
  if (sscanf(text, "%*u %*u %llu %*u %*u %*u %llu", &read_sectors, &written_sectors) != 2) return -EPROTO;
  counters->device = true;
  counters->device_read_bytes = read_sectors * SECTOR;
  counters->device_write_bytes = written_sectors * SECTOR;
  return 0;
}

static double seconds(struct timeval time) { return (double)time.tv_sec + (double)time.tv_usec / 1e6; }

int counters_read(int device, struct counters *counters) {
  struct rusage usage;
  *counters = (struct counters){0};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return -errno;
  counters->cpu_user_s = seconds(usage.ru_utime);
  counters->cpu_sys_s = seconds(usage.ru_stime);
  counters->faults_minor = (uint64_t)usage.ru_minflt;
  counters->faults_major = (uint64_t)usage.ru_majflt;
  counters->switches = (uint64_t)usage.ru_nvcsw + (uint64_t)usage.ru_nivcsw;
  return device < 0 ? 0 : read_device(device, counters);
}

struct counters counters_since(const struct counters *before, const struct counters *after) {
  return (struct counters){
      .cpu_user_s = after->cpu_user_s - before->cpu_user_s,
      .cpu_sys_s = after->cpu_sys_s - before->cpu_sys_s,
      .faults_minor = after->faults_minor - before->faults_minor,
      .faults_major = after->faults_major - before->faults_major,
      .switches = after->switches - before->switches,
      .device = before->device && after->device,
      .device_read_bytes = after->device_read_bytes - before->device_read_bytes,
      .device_write_bytes = after->device_write_bytes - before->device_write_bytes,
  };
}

int counters_memory(uint64_t *rss, uint64_t *pss) {
  FILE *rollup = fopen("/proc/self/smaps_rollup", "re");
  if (!rollup) return -errno;
  char line[256];
  unsigned found = 0;
  unsigned long long kilobytes;
  while (fgets(line, sizeof line, rollup)) {
    if (sscanf(line, "Rss: %llu kB", &kilobytes) == 1) {
      *rss = kilobytes << 10;
      found |= 1;
    } else if (sscanf(line, "Pss: %llu kB", &kilobytes) == 1) {
      *pss = kilobytes << 10;
      found |= 2;
    }
  }
  fclose(rollup);
  return found == 3 ? 0 : -EPROTO;
}
