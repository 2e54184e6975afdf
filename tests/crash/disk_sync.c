// SPDX-License-Identifier: MIT
// What syncs and the dropping of pages do to the versions of a disk.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/crash/disk.h"
#include "tests/crash/memory.h"

struct sync_ticket disk_sync_begin(struct disk *disk, int file, uint64_t from, uint64_t to) {
  disk_observe(disk);
  return (struct sync_ticket){.file = file, .from = from, .to = to, .time = disk->clock++};
}

static void drop_oldest(void *items, uint32_t *count, uint32_t dropped, size_t bytes) {
  *count -= dropped;
  memmove(items, (char *)items + dropped * bytes, *count * bytes);
}

// A sector is written whole: what it covers ends before the first write that had not completed.
static void raise_sector(struct disk *disk, struct sector *sector, const struct sync_ticket *ticket) {
  uint32_t floor = 0;
  for (uint32_t i = 1; i < sector->count; i++) {
    const struct version *version = &sector->versions[i];
    bool covered = version->completed <= ticket->time || (version->write && version->write == ticket->linked);
    if (!covered) break;
    floor = i;
  }
  if (!floor) return;
  drop_oldest(sector->versions, &sector->count, floor, sizeof *sector->versions);
  disk->clock++;
}

static void raise_sizes(struct disk *disk, struct disk_file *file, uint64_t time) {
  uint32_t floor = 0;
  while (floor + 1 < file->size_count && file->sizes[floor + 1].time <= time) floor++;
  if (!floor) return;
  drop_oldest(file->sizes, &file->size_count, floor, sizeof *file->sizes);
  disk->clock++;
}

static void raise_names(struct disk *disk, uint64_t time) {
  for (uint32_t n = 0; n < disk->name_count; n++) {
    struct disk_name *name = &disk->names[n];
    uint32_t floor = 0;
    while (floor + 1 < name->count && name->versions[floor + 1].time <= time) floor++;
    if (!floor) continue;
    drop_oldest(name->versions, &name->count, floor, sizeof *name->versions);
    disk->clock++;
  }
}

static uint32_t sector_end(const struct disk_file *file, uint64_t to) {
  uint64_t end = (to + SECTOR_BYTES - 1) / SECTOR_BYTES;
  return end < file->sector_count ? (uint32_t)end : file->sector_count;
}

void disk_sync_end(struct disk *disk, const struct sync_ticket *ticket) {
  if (ticket->file == NO_FILE) {
    raise_names(disk, ticket->time);
    return;
  }
  struct disk_file *file = &disk->files[ticket->file];
  for (uint32_t i = (uint32_t)(ticket->from / SECTOR_BYTES); i < sector_end(file, ticket->to); i++)
    raise_sector(disk, &file->sectors[i], ticket);
  raise_sizes(disk, file, ticket->time);
}

void disk_sync_fail(struct disk *disk, const struct sync_ticket *ticket, struct rng *rng) {
  if (ticket->file == NO_FILE) return;
  struct disk_file *file = &disk->files[ticket->file];
  for (uint32_t i = (uint32_t)(ticket->from / SECTOR_BYTES); i < sector_end(file, ticket->to); i++) {
    struct sector *sector = &file->sectors[i];
    uint32_t tried = 1;
    while (tried < sector->count && sector->versions[tried].completed <= ticket->time) tried++;
    if (tried == 1 || rng_once_in(rng, 2)) continue;
    // One of those that it tried to write stays; what came after it began is still dirty.
    uint32_t kept = rng_below(rng, tried - 1);
    sector->versions[tried - 1] = sector->versions[kept];
    drop_oldest(sector->versions, &sector->count, tried - 1, sizeof *sector->versions);
    disk->clock++;
  }
}

void disk_drop_cache(struct disk *disk, int index) {
  struct disk_file *file = &disk->files[index];
  uint64_t size = disk_size(file);
  disk_observe(disk);
  for (uint32_t i = 0; (uint64_t)i * SECTOR_BYTES < size; i++) {
    struct sector *sector = &file->sectors[i];
    if (sector->count > 1 || memcmp(sector->cache, sector->versions[0].bytes, SECTOR_BYTES) == 0) continue;
    disk->clock++;
    memcpy(sector->cache, sector->versions[0].bytes, SECTOR_BYTES);
    memcpy(file->map + (size_t)i * SECTOR_BYTES, sector->cache, SECTOR_BYTES);
  }
}

uint64_t disk_dirty_sectors(const struct disk *disk, int index) {
  const struct disk_file *file = &disk->files[index];
  uint64_t dirty = 0;
  for (uint32_t i = 0; (uint64_t)i * SECTOR_BYTES < disk_size(file); i++) dirty += file->sectors[i].count > 1;
  return dirty;
}

void disk_restore(struct disk *disk, int index, const void *bytes, size_t length) {
  struct disk_file *file = &disk->files[index];
  if (ftruncate(file->fd, (off_t)length)) give_up("cannot restore a file");
  disk_resized(disk, index, length);
  memcpy(file->map, bytes, length);
  disk_observe(disk);
  struct sync_ticket all = disk_sync_begin(disk, index, 0, FILE_BYTES_MAX);
  disk_sync_end(disk, &all);
}
