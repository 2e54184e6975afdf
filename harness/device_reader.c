// SPDX-License-Identifier: MIT
// Reading the counters of block devices (Documentation/block/stat.rst).
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/devices.h"

enum { SECTOR = 512 };  // the unit of the stat file, whatever the device's own sector is

struct source {
  int fd;
  bool bytes;    // a device whose bytes count
  bool flushes;  // a disk whose flushes count
};

struct device_reader {
  size_t count;
  struct source sources[2 * DEVICES_MAX];
};

static int add_source(struct device_reader *reader, const char *folder, bool bytes, bool flushes) {
  char path[DEVICES_PATH_MAX + 8];
  snprintf(path, sizeof path, "%s/stat", folder);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  reader->sources[reader->count++] = (struct source){fd, bytes, flushes};
  return 0;
}

// The first of the devices on this disk stands for it.
static bool first_of_disk(const struct devices *devices, size_t number) {
  for (size_t i = 0; i < number; i++)
    if (strcmp(devices->device[i].disk, devices->device[number].disk) == 0) return false;
  return true;
}

int device_reader_new(const struct devices *devices, struct device_reader **reader, struct error *error) {
  struct device_reader *opened = calloc(1, sizeof *opened);
  if (!opened) return error_set(error, -ENOMEM, "no memory for the counters of devices");
  int code = 0;
  for (size_t i = 0; i < devices->count && !code; i++) {
    const struct device *device = &devices->device[i];
    bool whole = strcmp(device->folder, device->disk) == 0, first = first_of_disk(devices, i);
    code = add_source(opened, device->folder, true, whole && first);
    if (!code && !whole && first) code = add_source(opened, device->disk, false, true);
    if (code) error_set(error, code, "%s/stat: %s", device->folder, strerror(-code));
  }
  if (code)
    device_reader_close(opened);
  else
    *reader = opened;
  return code;
}

int device_reader_open(const char *path, struct device_reader **reader, struct error *error) {
  struct device_source source;
  struct devices *devices = malloc(sizeof *devices);  // 64 KiB: too much for a stack
  if (!devices) return error_set(error, -ENOMEM, "no memory to find devices");
  int code = devices_source(path, &source, error);
  if (!code) code = devices_find(DEVICES_SYSFS, &source, devices, error);
  if (!code) code = device_reader_new(devices, reader, error);
  free(devices);
  return code;
}

static int read_source(const struct source *source, struct device_totals *totals) {
  char text[512];
  uint64_t read_sectors, written_sectors, flushes;
  ssize_t got = pread(source->fd, text, sizeof text - 1, 0);
  if (got < 0) return -errno;
  text[got] = '\0';
  // I/Os, merges, SECTORS, ticks of reads, then of writes; in flight, two times; four of discards; FLUSHES, ticks.
  int fields = sscanf(text, "%*u %*u %" SCNu64 " %*u %*u %*u %" SCNu64 " %*u %*u %*u %*u %*u %*u %*u %*u %" SCNu64,
                      &read_sectors, &written_sectors, &flushes);
  if (fields < 2) return -EPROTO;
  if (source->bytes) {
    totals->read_bytes += read_sectors * SECTOR;
    totals->write_bytes += written_sectors * SECTOR;
  }
  if (source->flushes && fields < 3) totals->flushes_known = false;
  if (source->flushes && fields == 3) totals->flushes += flushes;
  return 0;
}

int device_reader_read(const struct device_reader *reader, struct device_totals *totals) {
  *totals = (struct device_totals){.flushes_known = true};
  for (size_t i = 0; i < reader->count; i++) {
    int code = read_source(&reader->sources[i], totals);
    if (code) return code;
  }
  return 0;
}

void device_reader_close(struct device_reader *reader) {
  if (!reader) return;
  for (size_t i = 0; i < reader->count; i++) close(reader->sources[i].fd);
  free(reader);
}
