// SPDX-License-Identifier: MIT
// Finding the block devices below a file.
#include "harness/devices.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/btrfs.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { NESTED_MAX = 8 };  // device-mapper devices on top of each other

struct search {
  struct devices *devices;
  struct error *error;
};

// btrfs gives every subvolume a number of its own that no device has, and asks to be told apart by its UUID.
static int btrfs_uuid(const char *folder, char uuid[37]) {
  struct btrfs_ioctl_fs_info_args info = {0};
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return -errno;
  int code = ioctl(fd, BTRFS_IOC_FS_INFO, &info) ? -errno : 0;
  close(fd);
  for (size_t i = 0, at = 0; !code && i < sizeof info.fsid; i++)
    at += (size_t)snprintf(uuid + at, 37 - at, "%02x%s", info.fsid[i], i == 3 || i == 5 || i == 7 || i == 9 ? "-" : "");
  return code;
}

int devices_source(const char *path, struct device_source *source, struct error *error) {
  char folder[PATH_MAX];
  struct stat stat_of;
  struct statfs file_system;
  *source = (struct device_source){0};
  if (snprintf(folder, sizeof folder, "%s", path) >= (int)sizeof folder)
    return error_set(error, -ENAMETOOLONG, "%.100s...: the path is too long", path);
  if (stat(folder, &stat_of) || !S_ISDIR(stat_of.st_mode)) {
    char *parent = dirname(folder);  // may be a string of its own
    memmove(folder, parent, strlen(parent) + 1);
  }
  if (stat(folder, &stat_of) || statfs(folder, &file_system)) return error_set(error, -errno, "%s: %m", folder);
  source->number = stat_of.st_dev;
  if (file_system.f_type != BTRFS_SUPER_MAGIC) return 0;
  int code = btrfs_uuid(folder, source->btrfs);
  return code ? error_set(error, code, "%s: btrfs does not tell its UUID: %s", folder, strerror(-code)) : 0;
}

static const char *name_of(const char *folder) { return strrchr(folder, '/') + 1; }

static int add_device(struct search *search, const char *folder, const char *disk) {
  struct devices *devices = search->devices;
  for (size_t i = 0; i < devices->count; i++)
    if (strcmp(devices->device[i].folder, folder) == 0) return 0;  // two logical volumes on one disk
  if (devices->count == DEVICES_MAX)
    return error_set(search->error, -E2BIG, "%s: more than %d devices", folder, DEVICES_MAX);
  struct device *device = &devices->device[devices->count++];
  snprintf(device->folder, sizeof device->folder, "%s", folder);
  snprintf(device->disk, sizeof device->disk, "%s", disk);
  return 0;
}

static int descend(struct search *search, const char *folder, unsigned depth);

// Descends to everything that is linked to in FOLDER/NAME. *found counts the links; no such folder is none.
static int descend_links(struct search *search, const char *folder, const char *name, unsigned depth, size_t *found) {
  char links[DEVICES_PATH_MAX], link[DEVICES_PATH_MAX + NAME_MAX + 2], target[PATH_MAX];
  struct dirent **entries = NULL;
  int code = 0;
  *found = 0;
  if (snprintf(links, sizeof links, "%s/%s", folder, name) >= (int)sizeof links) return -ENAMETOOLONG;
  int count = scandir(links, &entries, NULL, alphasort);
  if (count < 0) return errno == ENOENT ? 0 : -errno;
  for (int i = 0; i < count; i++) {
    if (entries[i]->d_name[0] != '.' && !code) {
      snprintf(link, sizeof link, "%s/%s", links, entries[i]->d_name);
      code = realpath(link, target) ? descend(search, target, depth) : -errno;
      ++*found;
    }
    free(entries[i]);
  }
  free(entries);
  return code;
}

// A device made of others leads to those; a partition of such a device, to those of the whole.
static int descend(struct search *search, const char *folder, unsigned depth) {
  char path[DEVICES_PATH_MAX + 16], disk[DEVICES_PATH_MAX];
  size_t found;
  if (strlen(folder) >= DEVICES_PATH_MAX || depth > NESTED_MAX) return -ENAMETOOLONG;
  snprintf(disk, sizeof disk, "%s", folder);
  snprintf(path, sizeof path, "%s/partition", folder);
  bool partition = access(path, F_OK) == 0;
  if (partition) *strrchr(disk, '/') = '\0';
  int code = descend_links(search, disk, "slaves", depth + 1, &found);
  if (code || found) return code;
  return add_device(search, folder, disk);
}

__attribute__((format(printf, 2, 3))) static void append(struct devices *devices, const char *format, ...) {
  size_t length = strlen(devices->text);
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(devices->text + length, sizeof devices->text - length, format, arguments);
  va_end(arguments);
}

static void append_names(struct devices *devices) {
  for (size_t i = 0; i < devices->count; i++) {
    const struct device *device = &devices->device[i];
    append(devices, "%s%s", i ? ", " : "", name_of(device->folder));
    if (strcmp(device->folder, device->disk) != 0) append(devices, " (partition)");
  }
}

// "dm-0 (vg-home): " before the names of what it is made of.
static void append_top(struct devices *devices, const char *top) {
  char path[PATH_MAX + 16], name[128] = "";
  if (devices->count == 1 && strcmp(devices->device[0].folder, top) == 0) return;
  snprintf(path, sizeof path, "%s/dm/name", top);
  FILE *file = fopen(path, "re");
  if (file) {
    if (!fgets(name, sizeof name, file)) name[0] = '\0';
    name[strcspn(name, "\n")] = '\0';
    fclose(file);
  }
  append(devices, "%s%s%s%s: ", name_of(top), *name ? " (" : "", name, *name ? ")" : "");
}

static int find_btrfs(struct search *search, const char *sysfs, const char *uuid) {
  char folder[DEVICES_PATH_MAX];
  size_t found;
  if (snprintf(folder, sizeof folder, "%s/fs/btrfs/%s", sysfs, uuid) >= (int)sizeof folder) return -ENAMETOOLONG;
  int code = descend_links(search, folder, "devices", 0, &found);
  if (!code && !found)
    return error_set(search->error, -ENODEV, "%s/devices names no device of this btrfs file system", folder);
  append(search->devices, "btrfs: ");
  return code;
}

static int find_number(struct search *search, const char *sysfs, dev_t number) {
  char link[DEVICES_PATH_MAX], folder[PATH_MAX];
  int length = snprintf(link, sizeof link, "%s/dev/block/%u:%u", sysfs, major(number), minor(number));
  if (length >= (int)sizeof link) return -ENAMETOOLONG;
  if (!realpath(link, folder))
    return error_set(search->error, -ENODEV,
                     "the file system is on no block device that can be seen (its number is %u:%u)", major(number),
                     minor(number));
  int code = descend(search, folder, 0);
  if (!code) append_top(search->devices, folder);
  return code;
}

int devices_find(const char *sysfs, const struct device_source *source, struct devices *devices, struct error *error) {
  struct search search = {.devices = devices, .error = error};
  char root[PATH_MAX];
  devices->count = 0;
  devices->text[0] = '\0';
  error->code = 0;
  // So that paths compare: those of devices are resolved.
  if (!realpath(sysfs, root)) return error_set(error, -errno, "%s: %m", sysfs);
  int code = *source->btrfs ? find_btrfs(&search, root, source->btrfs) : find_number(&search, root, source->number);
  if (code && !error->code) error_set(error, code, "%s: its devices cannot be found: %s", root, strerror(-code));
  if (!code) append_names(devices);
  return code;
}
