// SPDX-License-Identifier: MIT
// The block devices below a file, and what the kernel counts for them.
//
// A file system may lie on a partition, on a device-mapper or md device made of others, or (btrfs) on several devices.
// Counted are the devices at the bottom, so that what encryption, mirrors and parity add is in the bytes. What they
// count is of all who use them, not of one process. An external journal or a real-time device is not found.
#ifndef STOREBENCH_DEVICES_H
#define STOREBENCH_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

enum { DEVICES_MAX = 64, DEVICES_PATH_MAX = 512, DEVICES_TEXT_MAX = 512 };
#define DEVICES_SYSFS "/sys"

// What a file system says of its place: a device number, or for btrfs, whose numbers belong to no device, its UUID.
struct device_source {
  dev_t number;
  char btrfs[37];  // UUID in sysfs's form, "" for all others
};

struct device {
  char folder[DEVICES_PATH_MAX];  // in sysfs
  char disk[DEVICES_PATH_MAX];    // the same, or of the disk that a partition is part of
};

struct devices {
  size_t count;
  struct device device[DEVICES_MAX];
  char text[DEVICES_TEXT_MAX];  // which and how found: "sda2 (partition)", "dm-0 (vg-home): sda2, sdb1"
};

// Where the file or folder `path` (or, if it is not there, the folder it would be in) is kept. 0 or -errno.
int devices_source(const char *path, struct device_source *source, struct error *error);

// The devices below it, from the sysfs mounted at `sysfs`. 0; -ENODEV with the reason where no block device is behind
// the file system (tmpfs, overlay, network); or another -errno. `devices` is the caller's; nothing to free.
int devices_find(const char *sysfs, const struct device_source *source, struct devices *devices, struct error *error);

// Totals since boot.
struct device_totals {
  uint64_t read_bytes, write_bytes;
  bool flushes_known;  // since Linux 5.5
  uint64_t flushes;    // of the whole disks: the kernel does not count a partition's own
};

struct device_reader;
// Opens the counters of the devices below `path`. *reader is the caller's until device_reader_close. Errors as above.
int device_reader_open(const char *path, struct device_reader **reader, struct error *error);
// The same for devices found.
int device_reader_new(const struct devices *devices, struct device_reader **reader, struct error *error);
// The sum over all devices. 0 or -errno. Any thread; some 10 us a device.
int device_reader_read(const struct device_reader *reader, struct device_totals *totals);
void device_reader_close(struct device_reader *reader);  // NULL is fine

#endif
