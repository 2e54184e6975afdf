// SPDX-License-Identifier: MIT
// Other processes by /proc/PID/{stat,io}, steal time by /proc/stat.
#include "harness/foreign.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

enum {
  KTHREAD = 0x00200000,
  KTHREADD = 2,
  CHILDREN_TEXT = 1 << 16,
  PATH = 512,
  REFERENCE_ROUNDS = 5,
  REFERENCE_STEPS = 25000
};

// A small file; its length, or -errno. Of a list that the kernel makes as it is read, one read gives about a page.
static ssize_t slurp(int folder, const char *path, char *text, size_t room) {
  int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  size_t length = 0;
  ssize_t got;
  while ((got = read(fd, text + length, room - 1 - length)) > 0) length += (size_t)got;
  int error = got < 0 ? -errno : 0;
  close(fd);
  text[length] = '\0';
  return error ? error : (ssize_t)length;
}

// User and system time of a process and of its children that it has waited for, in ticks: so that what a process that
// ends has used stays in the sum. False for a thread of the kernel, a child of `self`, or one that ended meanwhile.
static bool read_ticks(int folder, const char *pid, long self, uint64_t *ticks) {
  char path[64], text[1024];
  unsigned flags;
  long parent;
  uint64_t user, system;
  int64_t child_user, child_system;
  snprintf(path, sizeof path, "%.32s/stat", pid);
  if (slurp(folder, path, text, sizeof text) <= 0) return false;
  const char *rest = strrchr(text, ')');  // a name may hold anything
  if (!rest ||
      sscanf(rest + 1, " %*c %ld %*d %*d %*d %*d %u %*u %*u %*u %*u %" SCNu64 " %" SCNu64 " %" SCNd64 " %" SCNd64,
             &parent, &flags, &user, &system, &child_user, &child_system) != 6)
    return false;
  *ticks = user + system + (uint64_t)child_user + (uint64_t)child_system;
  return !(flags & KTHREAD) && parent != self;
}

// The same holds for the bytes: the kernel adds a child's to its parent's when it is waited for.
static bool read_io(int folder, const char *pid, uint64_t *bytes) {
  char path[64], text[512];
  uint64_t in = 0, out = 0;
  snprintf(path, sizeof path, "%.32s/io", pid);
  if (slurp(folder, path, text, sizeof text) <= 0) return false;
  const char *at = strstr(text, "\nread_bytes:");
  if (!at || sscanf(at, " read_bytes: %" SCNu64 " write_bytes: %" SCNu64, &in, &out) != 2) return false;
  *bytes = in + out;
  return true;
}

// The kernel's threads, sorted: the greater part of all processes, which need not be looked at then.
struct kernel_threads {
  long *pids;
  size_t count;
};

static int by_number(const void *a, const void *b) {
  long left = *(const long *)a, right = *(const long *)b;
  return (left > right) - (left < right);
}

static bool is_kernel_thread(const struct kernel_threads *threads, long pid) {
  return threads->count && bsearch(&pid, threads->pids, threads->count, sizeof pid, by_number);
}

// By the list that the kernel keeps of the children of kthreadd, their parent. Where process 2 is another one (in a
// container) or there is no list (CONFIG_PROC_CHILDREN), none is known, and each is looked at.
static void list_kernel_threads(int folder, struct kernel_threads *threads) {
  char stat[1024], pid[16];
  unsigned flags;
  *threads = (struct kernel_threads){0};
  snprintf(pid, sizeof pid, "%d/stat", KTHREADD);
  const char *rest = slurp(folder, pid, stat, sizeof stat) > 0 ? strrchr(stat, ')') : NULL;
  if (!rest || sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) != 1 || !(flags & KTHREAD)) return;
  char *text = malloc(CHILDREN_TEXT);
  // A number takes two bytes at least, with the blank behind it.
  long *pids = malloc(CHILDREN_TEXT / 2 * sizeof *pids);
  if (text && pids && slurp(folder, "2/task/2/children", text, CHILDREN_TEXT) > 0) {
    char *at = text, *end;
    for (long number; (number = strtol(at, &end, 10)) > 0 && *end == ' '; at = end) pids[threads->count++] = number;
    qsort(pids, threads->count, sizeof *pids, by_number);
  }
  free(text);
  threads->pids = pids;
}

static void read_process(int folder, const char *pid, long self, struct foreign *foreign, uint64_t *ticks) {
  uint64_t own = 0, bytes = 0;
  if (!read_ticks(folder, pid, self, &own)) return;
  *ticks += own;
  foreign->processes++;
  if (read_io(folder, pid, &bytes))
    foreign->io_bytes += bytes;
  else
    foreign->hidden++;
}

static int read_steal(int folder, uint64_t *ticks) {
  char text[512];
  ssize_t got = slurp(folder, "stat", text, sizeof text);
  if (got < 0) return (int)got;
  // user nice system idle iowait irq softirq STEAL
  return sscanf(text, "cpu %*u %*u %*u %*u %*u %*u %*u %" SCNu64, ticks) == 1 ? 0 : -EPROTO;
}

static int by_value(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

double foreign_reference(void) {
  double times[REFERENCE_ROUNDS];
  for (int round = 0; round < REFERENCE_ROUNDS; round++) {
    uint64_t start = clock_ns(), state = start | 1;
    // A chain of multiplications that the compiler can neither shorten nor vectorise.
    for (int i = 0; i < REFERENCE_STEPS; i++) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      __asm__ volatile("" : "+r"(state));
    }
    times[round] = (double)(clock_ns() - start);
  }
  qsort(times, REFERENCE_ROUNDS, sizeof times[0], by_value);
  return times[REFERENCE_ROUNDS / 2];
}

int foreign_read(const char *root, struct foreign *foreign) {
  char path[PATH];
  uint64_t ticks = 0, steal = 0;
  double per_second = (double)sysconf(_SC_CLK_TCK);
  long self = (long)getpid();
  *foreign = (struct foreign){0};
  snprintf(path, sizeof path, "%s/proc", root);
  DIR *stream = opendir(path);
  if (!stream) return -errno;
  struct kernel_threads kernel;
  list_kernel_threads(dirfd(stream), &kernel);
  for (const struct dirent *entry; (entry = readdir(stream));) {
    long pid = isdigit((unsigned char)entry->d_name[0]) ? strtol(entry->d_name, NULL, 10) : self;
    if (pid != self && !is_kernel_thread(&kernel, pid))
      read_process(dirfd(stream), entry->d_name, self, foreign, &ticks);
  }
  free(kernel.pids);
  int code = read_steal(dirfd(stream), &steal);
  closedir(stream);
  foreign->cpu_s = (double)ticks / per_second;
  foreign->steal_s = (double)steal / per_second;
  foreign->reference_ns = foreign_reference();
  return code;
}

static double grown(double before, double after) { return after > before ? after - before : 0; }

struct foreign foreign_since(const struct foreign *before, const struct foreign *after) {
  return (struct foreign){
      .cpu_s = grown(before->cpu_s, after->cpu_s),
      .io_bytes = after->io_bytes > before->io_bytes ? after->io_bytes - before->io_bytes : 0,
      .processes = after->processes,
      .hidden = after->hidden,
      .steal_s = grown(before->steal_s, after->steal_s),
      .reference_ns = before->reference_ns > after->reference_ns ? before->reference_ns : after->reference_ns,
  };
}
