// SPDX-License-Identifier: MIT
#include "tests/crash/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/crash/disk_parts.h"

// The disk is changed in the middle of wrapped calls: it makes its own directly.
void *__real_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
int __real_munmap(void *address, size_t length);

void disk_init(struct disk *disk, const char *folder) {
  *disk = (struct disk){.clock = 1};
  if ((size_t)snprintf(disk->folder, sizeof disk->folder, "%s", folder) >= sizeof disk->folder) give_up("long path");
  for (int i = 0; i < DISK_FILES; i++) disk->files[i].fd = -1;
}

static void file_free(struct disk_file *file) {
  if (file->fd < 0) return;
  for (uint32_t i = 0; i < file->sector_count; i++) free(file->sectors[i].versions);
  free(file->sectors);
  free(file->sizes);
  __real_munmap(file->map, FILE_BYTES_MAX);
  close(file->fd);
  *file = (struct disk_file){.fd = -1};
}

void disk_path(const struct disk *disk, const char *name, char path[PATH_ROOM]) {
  if (snprintf(path, PATH_ROOM, "%s/%s", disk->folder, name) >= PATH_ROOM) give_up("long path");
}

void disk_destroy(struct disk *disk) {
  for (uint32_t i = 0; i < disk->name_count; i++) {
    char path[PATH_ROOM];
    disk_path(disk, disk->names[i].text, path);
    if (unlink(path) && errno != ENOENT) give_up(path);
    free(disk->names[i].versions);
  }
  for (int i = 0; i < DISK_FILES; i++) file_free(&disk->files[i]);
  disk->name_count = 0;
}

int disk_find(const struct disk *disk, int fd) {
  struct stat status;
  if (fd < 0 || fstat(fd, &status)) return NO_FILE;
  for (int i = 0; i < DISK_FILES; i++) {
    const struct disk_file *file = &disk->files[i];
    if (file->fd >= 0 && file->inode == status.st_ino && file->device == status.st_dev) return i;
  }
  return NO_FILE;
}

bool disk_is_folder(const struct disk *disk, int fd) {
  struct stat status, folder;
  return !fstat(fd, &status) && S_ISDIR(status.st_mode) && !stat(disk->folder, &folder) &&
         status.st_ino == folder.st_ino && status.st_dev == folder.st_dev;
}

bool disk_owns(const struct disk *disk, const char *path, const char **name) {
  size_t length = strlen(disk->folder);
  if (strncmp(path, disk->folder, length) != 0 || path[length] != '/' || strchr(path + length + 1, '/')) return false;
  *name = path + length + 1;
  return true;
}

static struct disk_name *find_name(struct disk *disk, const char *text) {
  for (uint32_t i = 0; i < disk->name_count; i++)
    if (strcmp(disk->names[i].text, text) == 0) return &disk->names[i];
  return NULL;
}

int disk_lookup(const struct disk *disk, const char *name) {
  for (uint32_t i = 0; i < disk->name_count; i++)
    if (strcmp(disk->names[i].text, name) == 0) return disk->names[i].versions[disk->names[i].count - 1].file;
  return NO_FILE;
}

// Files that no version of any name stands for any more.
static void forget_files(struct disk *disk) {
  for (int i = 0; i < DISK_FILES; i++) {
    bool named = false;
    for (uint32_t n = 0; n < disk->name_count; n++)
      for (uint32_t v = 0; v < disk->names[n].count; v++) named |= disk->names[n].versions[v].file == i;
    if (!named) file_free(&disk->files[i]);
  }
}

uint64_t disk_size(const struct disk_file *file) { return file->sizes[file->size_count - 1].bytes; }

void disk_add_size(struct disk_file *file, uint64_t time, uint64_t bytes) {
  grow_array((void **)&file->sizes, &file->size_room, file->size_count + 1, sizeof *file->sizes);
  file->sizes[file->size_count++] = (struct size_version){time, bytes};
}

static struct version *add_version(struct sector *sector, uint64_t time, const unsigned char *bytes) {
  grow_array((void **)&sector->versions, &sector->room, sector->count + 1, sizeof *sector->versions);
  struct version *version = &sector->versions[sector->count++];
  *version = (struct version){.time = time, .completed = time};
  memcpy(version->bytes, bytes, SECTOR_BYTES);
  memcpy(sector->cache, bytes, SECTOR_BYTES);
  return version;
}

void disk_need_sectors(struct disk_file *file, uint64_t bytes, uint64_t time) {
  static const unsigned char zeros[SECTOR_BYTES];
  if (bytes > FILE_BYTES_MAX) give_up("a file of the test is too large");
  uint32_t count = (uint32_t)((bytes + SECTOR_BYTES - 1) / SECTOR_BYTES);
  if (count <= file->sector_count) return;
  file->sectors = need_memory(realloc(file->sectors, count * sizeof *file->sectors));
  for (uint32_t i = file->sector_count; i < count; i++) {
    file->sectors[i] = (struct sector){0};
    add_version(&file->sectors[i], time, zeros);
  }
  file->sector_count = count;
}

// The descriptor stays the caller's.
int disk_add_file(struct disk *disk, int fd, uint64_t bytes) {
  int index = 0;
  while (index < DISK_FILES && disk->files[index].fd >= 0) index++;
  if (index == DISK_FILES) give_up("too many files");
  struct disk_file *file = &disk->files[index];
  struct stat status;
  char own[32];
  snprintf(own, sizeof own, "/proc/self/fd/%d", fd);
  // Opened anew: the descriptor may be write-only, and a map needs to read; and a copy of it would hold its lock.
  file->fd = open(own, O_RDWR | O_CLOEXEC);
  if (file->fd < 0 || fstat(fd, &status)) give_up("cannot keep a file");
  file->device = status.st_dev;
  file->inode = status.st_ino;
  file->map = __real_mmap(NULL, FILE_BYTES_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, file->fd, 0);
  if (file->map == MAP_FAILED) give_up("cannot map a file");
  disk_add_size(file, disk->clock, bytes);
  disk_need_sectors(file, bytes, disk->clock);
  return index;
}

static void add_entry(struct disk *disk, const char *text, int file, uint64_t time) {
  struct disk_name *name = find_name(disk, text);
  if (!name) {
    if (disk->name_count == DISK_NAMES || strlen(text) >= NAME_BYTES) give_up("too many names");
    name = &disk->names[disk->name_count++];
    *name = (struct disk_name){0};
    snprintf(name->text, sizeof name->text, "%s", text);
    grow_array((void **)&name->versions, &name->room, 1, sizeof *name->versions);
    name->versions[name->count++] = (struct entry){0, NO_FILE};
  }
  grow_array((void **)&name->versions, &name->room, name->count + 1, sizeof *name->versions);
  name->versions[name->count++] = (struct entry){time, file};
}

void disk_created(struct disk *disk, int fd, const char *name) {
  disk->clock++;
  forget_files(disk);
  add_entry(disk, name, disk_add_file(disk, fd, 0), disk->clock);
}

void disk_named(struct disk *disk, const char *name, int file) { add_entry(disk, name, file, ++disk->clock); }

void disk_resized(struct disk *disk, int index, uint64_t bytes) {
  static const unsigned char zeros[SECTOR_BYTES];
  struct disk_file *file = &disk->files[index];
  if (bytes == disk_size(file)) return;
  disk->clock++;
  for (uint64_t i = (bytes + SECTOR_BYTES - 1) / SECTOR_BYTES; i < file->sector_count; i++)
    add_version(&file->sectors[i], disk->clock, zeros);
  disk_add_size(file, disk->clock, bytes);
  disk_need_sectors(file, bytes, disk->clock);
}

static void observe_file(struct disk *disk, struct disk_file *file) {
  if (file->fd < 0 || file->on_the_way) return;
  uint64_t size = disk_size(file);
  bool changed = false;
  for (uint32_t i = 0; (uint64_t)i * SECTOR_BYTES < size; i++) {
    const unsigned char *bytes = file->map + (size_t)i * SECTOR_BYTES;
    if (memcmp(bytes, file->sectors[i].cache, SECTOR_BYTES) == 0) continue;
    if (!changed) disk->clock++;
    changed = true;
    add_version(&file->sectors[i], disk->clock, bytes);
  }
}

void disk_rewritten(struct disk *disk, int index, uint64_t offset, uint64_t length) {
  struct disk_file *file = &disk->files[index];
  for (uint64_t i = offset / SECTOR_BYTES; i * SECTOR_BYTES < offset + length && i < file->sector_count; i++) {
    struct sector *sector = &file->sectors[i];
    unsigned char bytes[SECTOR_BYTES];
    if (sector->count > 1 || memcmp(sector->cache, sector->versions[0].bytes, SECTOR_BYTES) == 0) continue;
    memcpy(bytes, sector->cache, sizeof bytes);
    add_version(sector, ++disk->clock, bytes);
  }
}

void disk_observe(struct disk *disk) {
  for (int i = 0; i < DISK_FILES; i++) observe_file(disk, &disk->files[i]);
}

uint64_t disk_write_queued(struct disk *disk, int index, const void *bytes, size_t length, uint64_t offset) {
  struct disk_file *file = &disk->files[index];
  file->on_the_way++;
  disk->clock++;
  uint64_t number = ++disk->writes;
  for (size_t done = 0; done < length;) {
    struct sector *sector = &file->sectors[(offset + done) / SECTOR_BYTES];
    size_t at = (offset + done) % SECTOR_BYTES;
    size_t part = SECTOR_BYTES - at < length - done ? SECTOR_BYTES - at : length - done;
    unsigned char all[SECTOR_BYTES];
    memcpy(all, sector->cache, sizeof all);
    memcpy(all + at, (const unsigned char *)bytes + done, part);
    struct version *version = add_version(sector, disk->clock, all);
    version->completed = NEVER;
    version->write = number;
    done += part;
  }
  return number;
}

void disk_write_arrived(struct disk *disk, int index) { disk->files[index].on_the_way--; }

void disk_write_reaped(struct disk *disk, int index, uint64_t write) {
  struct disk_file *file = &disk->files[index];
  disk->clock++;
  for (uint32_t i = 0; i < file->sector_count; i++)
    for (uint32_t v = 0; v < file->sectors[i].count; v++)
      if (file->sectors[i].versions[v].write == write) file->sectors[i].versions[v].completed = disk->clock;
}
