// SPDX-License-Identifier: MIT
// The disk and page cache that the next process finds when only the last one died.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/crash/disk.h"
#include "tests/crash/disk_parts.h"

static int copy_file(const struct disk_file *file, struct disk *copy, const char *path) {
  int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) give_up(path);
  uint64_t size = disk_size(file);
  if (ftruncate(fd, (off_t)size)) give_up("cannot size a copy");
  int index = disk_add_file(copy, fd, size);
  close(fd);
  struct disk_file *to = &copy->files[index];
  disk_need_sectors(to, (uint64_t)file->sector_count * SECTOR_BYTES, 0);
  for (uint32_t i = 0; i < file->sector_count; i++) {
    const struct sector *from = &file->sectors[i];
    struct sector *sector = &to->sectors[i];
    sector->count = 0;
    grow_array((void **)&sector->versions, &sector->room, from->count, sizeof *sector->versions);
    memcpy(sector->versions, from->versions, from->count * sizeof *from->versions);
    sector->count = from->count;
    memcpy(sector->cache, from->cache, SECTOR_BYTES);
    // What was queued is done when its process is gone.
    for (uint32_t v = 0; v < sector->count; v++)
      if (sector->versions[v].completed == NEVER) sector->versions[v].completed = copy->clock;
    if ((uint64_t)i * SECTOR_BYTES < size) memcpy(to->map + (size_t)i * SECTOR_BYTES, from->cache, SECTOR_BYTES);
  }
  to->size_count = 0;
  for (uint32_t i = 0; i < file->size_count; i++) disk_add_size(to, file->sizes[i].time, file->sizes[i].bytes);
  return index;
}

static void hidden_path(const struct disk *disk, int file, char path[PATH_ROOM]) {
  char name[NAME_BYTES];
  snprintf(name, sizeof name, "file-%d", file);
  disk_path(disk, name, path);
}

static void copy_name(const struct disk_name *from, struct disk *copy, const int moved[DISK_FILES]) {
  struct disk_name *name = &copy->names[copy->name_count++];
  *name = (struct disk_name){0};
  memcpy(name->text, from->text, sizeof name->text);
  grow_array((void **)&name->versions, &name->room, from->count, sizeof *name->versions);
  name->count = from->count;
  for (uint32_t v = 0; v < from->count; v++) {
    int file = from->versions[v].file;
    name->versions[v] = (struct entry){from->versions[v].time, file == NO_FILE ? NO_FILE : moved[file]};
  }
}

void disk_copy(const struct disk *disk, struct disk *copy, const char *folder) {
  int moved[DISK_FILES];
  char hidden[PATH_ROOM], path[PATH_ROOM];
  disk_init(copy, folder);
  copy->clock = disk->clock + 1;
  copy->writes = disk->writes;
  for (int i = 0; i < DISK_FILES; i++) {
    hidden_path(copy, i, hidden);
    moved[i] = disk->files[i].fd < 0 ? NO_FILE : copy_file(&disk->files[i], copy, hidden);
  }
  for (uint32_t n = 0; n < disk->name_count; n++) {
    const struct disk_name *from = &disk->names[n];
    copy_name(from, copy, moved);
    int file = from->versions[from->count - 1].file;
    if (file == NO_FILE) continue;
    hidden_path(copy, file, hidden);
    disk_path(copy, from->text, path);
    if (link(hidden, path)) give_up(path);
  }
  for (int i = 0; i < DISK_FILES; i++) {
    hidden_path(copy, i, hidden);
    if (moved[i] != NO_FILE && unlink(hidden)) give_up(hidden);
  }
}
