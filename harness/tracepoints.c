// SPDX-License-Identifier: MIT
// Tracepoints by perf_event_open(2), found by their ids in tracefs.
#include "harness/tracepoints.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342  // linux/magic.h has it since 5.10
#endif

struct counter {
  const char *name;  // "SYSTEM:EVENT"
  int fd;            // negative: not counted
  uint64_t start;
};

struct tracepoints {
  struct counter counters[TRACEPOINTS];
};

// What each file system calls its entry to fsync.
static const struct {
  long magic;
  const char *name;
} sync_names[] = {
    {EXT4_SUPER_MAGIC, "ext4:ext4_sync_file_enter"},  // of ext2 and ext3, too, which the same driver serves
    {XFS_SUPER_MAGIC, "xfs:xfs_file_fsync"},         {BTRFS_SUPER_MAGIC, "btrfs:btrfs_sync_file"},
    {F2FS_SUPER_MAGIC, "f2fs:f2fs_sync_file_enter"}, {NFS_SUPER_MAGIC, "nfs:nfs_fsync_enter"},
    {OCFS2_SUPER_MAGIC, "ocfs2:ocfs2_sync_file"},
};

static int sync_name(const char *path, const char **name, struct error *error) {
  char folder[PATH_MAX];
  struct statfs file_system;
  snprintf(folder, sizeof folder, "%s", path);
  if (statfs(folder, &file_system) && statfs(dirname(folder), &file_system))
    return error_set(error, -errno, "%s: %m", path);
  for (size_t i = 0; i < sizeof sync_names / sizeof sync_names[0]; i++) {
    if (sync_names[i].magic != (long)file_system.f_type) continue;
    *name = sync_names[i].name;
    return 0;
  }
  return error_set(error, -EOPNOTSUPP, "no tracepoint of syncs is known for this file system (type %#lx)",
                   (unsigned long)file_system.f_type);
}

// tracefs where it is mounted; else, for those who may mount, a mount that stands nowhere and goes with its descriptor.
static int open_tracefs(struct error *error) {
  static const char *const folders[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
  for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
    struct statfs file_system;
    if (statfs(folders[i], &file_system) || file_system.f_type != TRACEFS_MAGIC) continue;
    int fd = open(folders[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) return fd;
  }
  int code = 0, mounted = -1, context = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);
  if (context < 0) code = -errno;
  if (!code && syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) code = -errno;
  if (!code) mounted = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY);
  if (!code && mounted < 0) code = -errno;
  if (context >= 0) close(context);
  if (!code) return mounted;
  return error_set(error, code, "tracefs is not mounted and cannot be (%s); run as root, or mount it on %s",
                   strerror(-code), folders[0]);
}

static int read_id(int tracefs, const char *name, uint64_t *id, struct error *error) {
  char path[128], text[32] = "";
  int system = (int)strcspn(name, ":");
  snprintf(path, sizeof path, "events/%.*s/%s/id", system, name, name + system + 1);
  int fd = openat(tracefs, path, O_RDONLY | O_CLOEXEC);
  ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  int code = got < 0 ? -errno : 0;
  if (fd >= 0) close(fd);
  if (code == -ENOENT) return error_set(error, code, "this kernel has no tracepoint %s", name);
  if (code) return error_set(error, code, "tracefs: %s: %s; run as root", path, strerror(-code));
  *id = strtoull(text, NULL, 10);
  return 0;
}

static int explain(int code, const char *name, struct error *error) {
  int level = -2;
  FILE *setting = fopen("/proc/sys/kernel/perf_event_paranoid", "re");
  if (setting) {
    if (fscanf(setting, "%d", &level) != 1) level = -2;
    fclose(setting);
  }
  if ((code == -EACCES || code == -EPERM) && level > 1)
    return error_set(error, code,
                     "%s may not be counted: kernel.perf_event_paranoid=%d; run as root, or set it to 1 with sysctl",
                     name, level);
  return error_set(error, code, "%s cannot be counted: perf_event_open: %s", name, strerror(-code));
}

static int open_counter(int tracefs, struct counter *counter, bool counts, struct error *error) {
  struct perf_event_attr attributes = {
      .type = PERF_TYPE_TRACEPOINT, .size = sizeof attributes, .inherit = counts, .disabled = !counts};
  uint64_t id = 0;
  int code = counter->name ? read_id(tracefs, counter->name, &id, error) : -ENOENT;
  if (code) return code;
  attributes.config = id;
  counter->fd = (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
  return counter->fd < 0 ? explain(-errno, counter->name, error) : 0;
}

static int open_all(const char *path, bool counts, struct tracepoints **tracepoints,
                    struct error reasons[TRACEPOINTS]) {
  struct error unused[TRACEPOINTS];
  struct tracepoints *opened = calloc(1, sizeof *opened);
  if (!opened) return -ENOMEM;
  if (!reasons) reasons = unused;
  for (size_t i = 0; i < TRACEPOINTS; i++) {
    opened->counters[i].fd = -1;
    reasons[i].code = 0;
  }
  opened->counters[TRACEPOINT_SYSCALLS].name = "raw_syscalls:sys_enter";
  (void)sync_name(path, &opened->counters[TRACEPOINT_SYNCS].name, &reasons[TRACEPOINT_SYNCS]);
  struct error no_tracefs = {0};
  int tracefs = open_tracefs(&no_tracefs);
  for (size_t i = 0; i < TRACEPOINTS; i++) {
    if (reasons[i].code) continue;
    if (tracefs < 0)
      reasons[i] = no_tracefs;
    else
      (void)open_counter(tracefs, &opened->counters[i], counts, &reasons[i]);
  }
  if (tracefs >= 0) close(tracefs);
  *tracepoints = opened;
  return 0;
}

int tracepoints_open(const char *path, struct tracepoints **tracepoints, struct error reasons[TRACEPOINTS]) {
  return open_all(path, true, tracepoints, reasons);
}

int tracepoints_hold(const char *path, struct tracepoints **tracepoints) {
  return open_all(path, false, tracepoints, NULL);
}

void tracepoints_close(struct tracepoints *tracepoints) {
  if (!tracepoints) return;
  for (size_t i = 0; i < TRACEPOINTS; i++)
    if (tracepoints->counters[i].fd >= 0) close(tracepoints->counters[i].fd);
  free(tracepoints);
}

static int read_counter(const struct counter *counter, uint64_t *count) {
  ssize_t got = read(counter->fd, count, sizeof *count);
  return got == sizeof *count ? 0 : got < 0 ? -errno : -EIO;
}

// System calls are read last here and first below, so that none of the reads is among them but the last one.
int tracepoints_start(struct tracepoints *tracepoints) {
  for (size_t i = TRACEPOINTS; i-- > 0;) {
    struct counter *counter = &tracepoints->counters[i];
    int code = counter->fd < 0 ? 0 : read_counter(counter, &counter->start);
    if (code) return code;
  }
  return 0;
}

int tracepoints_stop(struct tracepoints *tracepoints, struct tracepoint_counts *counts) {
  *counts = (struct tracepoint_counts){0};
  for (size_t i = 0; i < TRACEPOINTS; i++) {
    const struct counter *counter = &tracepoints->counters[i];
    uint64_t now;
    if (counter->fd < 0) continue;
    int code = read_counter(counter, &now);
    if (code) return code;
    counts->known[i] = true;
    counts->count[i] = now - counter->start - (i == TRACEPOINT_SYSCALLS);
  }
  return 0;
}

const char *tracepoints_name(const struct tracepoints *tracepoints, enum tracepoint which) {
  const struct counter *counter = &tracepoints->counters[which];
  return counter->fd < 0 ? NULL : counter->name;
}
