// SPDX-License-Identifier: MIT
// The file system that data files are on, and the block device below it.
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "harness/devices.h"
#include "harness/environment.h"
#include "harness/environment_internal.h"
#include "harness/tracepoints.h"

enum { BLOCK_LEAST = 512, BLOCK_MOST = 64 << 10 };

struct mount {
  char type[64], options[1040], source[1024];
};

// A line of /proc/self/mountinfo: 36 35 98:0 /root /mountpoint options... - type source super-options (proc(5)).
static bool parse_mount(const char *line, dev_t device, struct mount *mount) {
  unsigned major_, minor_;
  char own[512], super[512];
  if (sscanf(line, "%*d %*d %u:%u %*s %*s %511s", &major_, &minor_, own) != 3) return false;
  if (makedev(major_, minor_) != device) return false;
  const char *dash = strstr(line, " - ");
  if (!dash || sscanf(dash + 3, "%63s %1023s %511s", mount->type, mount->source, super) != 3) return false;
  snprintf(mount->options, sizeof mount->options, "%s; %s", own, super);
  return true;
}

// The last mount of that device is the one seen.
static int find_mount(const char *folder, struct mount *mount) {
  struct stat status;
  char line[8192];
  int code = -ENOENT;
  *mount = (struct mount){0};
  if (stat(folder, &status)) return -errno;
  FILE *file = fopen("/proc/self/mountinfo", "re");
  if (!file) return -errno;
  while (fgets(line, sizeof line, file))
    if (parse_mount(line, status.st_dev, mount)) code = 0;
  fclose(file);
  return code;
}

// In memory, in a layer over something else, or on another machine: a sync here says nothing about a device.
static bool is_durable(const char *type) {
  static const char *const unsafe[] = {"tmpfs", "ramfs", "devtmpfs", "overlay",  "aufs", "nfs",       "nfs4",   "cifs",
                                       "smb3",  "ceph",  "9p",       "virtiofs", "fuse", "glusterfs", "lustre", "afs"};
  for (size_t i = 0; i < sizeof unsafe / sizeof unsafe[0]; i++) {
    size_t length = strlen(unsafe[i]);
    bool same = strncmp(type, unsafe[i], length) == 0;
    if (same && (type[length] == '\0' || type[length] == '.')) return false;  // "fuse.sshfs"
  }
  return true;
}

int environment_durable(const char *folder, bool *durable, char *name, size_t room) {
  struct mount mount;
  int code = find_mount(folder, &mount);
  if (code) return code;
  *durable = is_durable(mount.type);
  snprintf(name, room, "%s", mount.type);
  return 0;
}

static void device_texts(struct facts *facts, const char *queue) {
  char text[256];
  fact_file(facts, "device_write_cache", "%s/write_cache", queue);
  fact_file(facts, "device_read_ahead_kib", "%s/read_ahead_kb", queue);
  fact_file(facts, "device_rotational", "%s/rotational", queue);
  fact_file(facts, "device_logical_block_bytes", "%s/logical_block_size", queue);
  fact_file(facts, "device_physical_block_bytes", "%s/physical_block_size", queue);
  char path[PATH_MAX + 64];
  snprintf(path, sizeof path, "%s/scheduler", queue);
  int code = read_line_of(path, text, sizeof text);
  char *open = code ? NULL : strchr(text, '['), *close = open ? strchr(open, ']') : NULL;
  if (close) *close = '\0';
  if (code)
    fact_missing(facts, "device_scheduler", strerror(-code));
  else
    fact_set(facts, "device_scheduler", json_string(close ? open + 1 : text));
}

// A partition's queue and model stand with the disk it is part of.
static void device_facts(struct facts *facts, dev_t device) {
  static const char *const names[] = {
      "device",           "device_write_cache",         "device_read_ahead_kib",      "device_rotational",
      "device_scheduler", "device_logical_block_bytes", "device_physical_block_bytes"};
  char link[64], path[PATH_MAX], queue[PATH_MAX + 16], model[256], text[PATH_MAX];
  snprintf(link, sizeof link, "/sys/dev/block/%u:%u", major(device), minor(device));
  if (!realpath(link, path)) {
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
      fact_missing(facts, names[i], "the file system is on no block device that can be seen");
    return;
  }
  snprintf(queue, sizeof queue, "%s/queue", path);
  if (access(queue, F_OK)) {
    dirname(path);
    snprintf(queue, sizeof queue, "%s/queue", path);
  }
  snprintf(text, sizeof text, "%s", path);
  const char *name = basename(text);
  char model_path[PATH_MAX + 16];
  snprintf(model_path, sizeof model_path, "%s/device/model", path);
  if (read_line_of(model_path, model, sizeof model)) model[0] = '\0';
  fact_set(facts, "device", *model ? json_sprintf("%s (%s)", name, model) : json_string(name));
  device_texts(facts, queue);
}

// Whose bytes and flushes samples count, and how it was found.
static void counted_devices_fact(struct facts *facts, const char *folder) {
  struct device_source source;
  struct error error;
  struct devices *devices = malloc(sizeof *devices);
  int code = devices ? devices_source(folder, &source, &error) : error_set(&error, -ENOMEM, "memory is short");
  if (!code) code = devices_find(DEVICES_SYSFS, &source, devices, &error);
  if (code)
    fact_missing(facts, "counted_devices", error.text);
  else
    fact_set(facts, "counted_devices", json_string(devices->text));
  free(devices);
}

// By which tracepoints samples of kind `counters` count.
static void tracepoint_facts(struct facts *facts, const char *folder) {
  static const char *const names[TRACEPOINTS] = {"counted_syscalls", "counted_syncs"};
  struct error reasons[TRACEPOINTS];
  struct tracepoints *tracepoints = NULL;
  int code = tracepoints_open(folder, &tracepoints, reasons);
  for (size_t i = 0; i < TRACEPOINTS; i++) {
    const char *name = code ? NULL : tracepoints_name(tracepoints, (enum tracepoint)i);
    if (name)
      fact_set(facts, names[i], json_string(name));
    else
      fact_missing(facts, names[i], code ? strerror(-code) : reasons[i].text);
  }
  tracepoints_close(tracepoints);
}

// What the file system gives to a file at a time. Network file systems tell the size of their requests here, which is
// no block.
static void block_fact(struct facts *facts, const char *folder) {
  static const char name[] = "file_system_block_bytes";
  struct statfs status;
  if (statfs(folder, &status))
    fact_missing(facts, name, strerror(errno));
  else if (status.f_bsize < BLOCK_LEAST || status.f_bsize > BLOCK_MOST)
    fact_missing(facts, name, "the file system tells no size that a block could have");
  else
    fact_set(facts, name, json_integer((json_int_t)status.f_bsize));
}

void storage_facts(struct facts *facts, const char *folder) {
  struct mount mount;
  struct stat status;
  int code = find_mount(folder, &mount);
  if (code) {
    fact_missing(facts, "file_system", strerror(-code));
    fact_missing(facts, "mount_options", strerror(-code));
    fact_missing(facts, "durable", strerror(-code));
  } else {
    fact_set(facts, "file_system", json_string(mount.type));
    char options[sizeof mount.options];
    environment_mask_homes(mount.options, options, sizeof options);
    fact_set(facts, "mount_options", json_string(options));
    fact_set(facts, "durable", json_boolean(is_durable(mount.type)));
  }
  block_fact(facts, folder);
  if (stat(folder, &status))
    fact_missing(facts, "device", strerror(errno));
  else
    device_facts(facts, status.st_dev);
  counted_devices_fact(facts, folder);
  tracepoint_facts(facts, folder);
}
