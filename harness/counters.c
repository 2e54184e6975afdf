// SPDX-License-Identifier: MIT
// Kernel counters: getrusage, smaps_rollup, interrupts.
#include "harness/counters.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static double seconds(struct timeval time) { return (double)time.tv_sec + (double)time.tv_usec / 1e6; }

static int read_device(const struct device_reader *device, struct counters *counters) {
  struct device_totals totals;
  int code = device_reader_read(device, &totals);
  if (code) return code;
  counters->device_known = true;
  counters->device_read_bytes = totals.read_bytes;
  counters->device_write_bytes = totals.write_bytes;
  counters->flushes_known = totals.flushes_known;
  counters->device_flushes = totals.flushes;
  return 0;
}

// "TLB:  12  34   TLB shootdowns": one number a CPU.
static bool add_shootdowns(const char *line, uint64_t *sum) {
  line += strspn(line, " ");
  if (strncmp(line, "TLB:", 4) != 0) return false;
  char *end;
  for (line += 4;; line = end) {
    unsigned long long count = strtoull(line, &end, 10);
    if (end == line) return true;
    *sum += count;
  }
}

int counters_tlb(const char *path, uint64_t *shootdowns) {
  FILE *file = fopen(path, "re");
  if (!file) return -errno;
  char *line = NULL;
  size_t room = 0;
  int code = -ENOENT;
  *shootdowns = 0;
  while (code && getline(&line, &room, file) > 0)
    if (add_shootdowns(line, shootdowns)) code = 0;
  free(line);
  fclose(file);
  return code;
}

int counters_of_process(struct counters *counters) {
  struct rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) != 0) return -errno;
  counters->cpu_user_s = seconds(usage.ru_utime);
  counters->cpu_sys_s = seconds(usage.ru_stime);
  counters->faults_minor = (uint64_t)usage.ru_minflt;
  counters->faults_major = (uint64_t)usage.ru_majflt;
  counters->switches = (uint64_t)usage.ru_nvcsw + (uint64_t)usage.ru_nivcsw;
  return 0;
}

int counters_of_machine(const struct device_reader *device, struct counters *counters) {
  counters->tlb_known = counters_tlb("/proc/interrupts", &counters->tlb_shootdowns) == 0;
  counters->device_known = counters->flushes_known = false;
  return device ? read_device(device, counters) : 0;
}

struct counters counters_since(const struct counters *before, const struct counters *after) {
  return (struct counters){
      .cpu_user_s = after->cpu_user_s - before->cpu_user_s,
      .cpu_sys_s = after->cpu_sys_s - before->cpu_sys_s,
      .faults_minor = after->faults_minor - before->faults_minor,
      .faults_major = after->faults_major - before->faults_major,
      .switches = after->switches - before->switches,
      .device_known = before->device_known && after->device_known,
      .device_read_bytes = after->device_read_bytes - before->device_read_bytes,
      .device_write_bytes = after->device_write_bytes - before->device_write_bytes,
      .flushes_known = before->flushes_known && after->flushes_known,
      .device_flushes = after->device_flushes - before->device_flushes,
      .tlb_known = before->tlb_known && after->tlb_known,
      .tlb_shootdowns = after->tlb_shootdowns - before->tlb_shootdowns,
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
