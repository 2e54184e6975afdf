// SPDX-License-Identifier: MIT
// A disk that remembers: for every 512-byte sector of a few small files, and for sizes and names, all the versions that
// a power loss might leave, and the page cache above them.
//
// The files are real ones in a folder, and their bytes are what the page cache holds. disk_observe compares them with
// what was there before, so that a change is seen however it came about: by write(2), through a map, from stdio's
// buffer, by a ring. The oldest version kept of anything is its floor, the newest one known to be durable.
#ifndef STOREBENCH_CRASH_DISK_H
#define STOREBENCH_CRASH_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/crash/rng.h"

enum { SECTOR_BYTES = 512, FILE_BYTES_MAX = 1 << 20, DISK_FILES = 8, DISK_NAMES = 8, NAME_BYTES = 40, NO_FILE = -1 };

#define NEVER UINT64_MAX

struct version {
  uint64_t time;
  uint64_t completed;  // when the write that made it was known to be done; NEVER: in flight
  uint64_t write;      // which write that was; 0: one that was done at once
  unsigned char bytes[SECTOR_BYTES];
};

struct sector {
  struct version *versions;  // the floor first
  uint32_t count, room;
  unsigned char cache[SECTOR_BYTES];  // what the page cache holds: the last version, unless a failed sync lost it
};

struct size_version {
  uint64_t time, bytes;
};

struct disk_file {
  int fd;  // our own, so that the inode stays; -1: free entry
  dev_t device;
  ino_t inode;
  unsigned char *map;  // FILE_BYTES_MAX, to be touched up to the last of `sizes`
  struct size_version *sizes;
  uint32_t size_count, size_room;
  struct sector *sectors;
  uint32_t sector_count;
  uint32_t on_the_way;  // queued writes that the file does not show yet, as `cache` does
};

struct entry {
  uint64_t time;
  int file;  // index, or NO_FILE
};

struct disk_name {
  char text[NAME_BYTES];
  struct entry *versions;  // the floor first
  uint32_t count, room;
};

struct disk {
  char folder[256];
  struct disk_file files[DISK_FILES];
  struct disk_name names[DISK_NAMES];
  uint32_t name_count;
  uint64_t clock;   // grows with every change
  uint64_t writes;  // queued so far
};

// What a sync will have made durable when it returns 0: what had completed when it began.
struct sync_ticket {
  int file;           // NO_FILE: the folder
  uint64_t from, to;  // bytes
  uint64_t time;
  uint64_t linked;  // the queued write it is linked behind; 0: none
};

// An empty disk over the folder, which exists and is empty. Aborts the test when memory is short, as all here do.
void disk_init(struct disk *disk, const char *folder);
// Frees all and removes the files; the folder stays.
void disk_destroy(struct disk *disk);
// The file behind a descriptor, or NO_FILE; and the folder itself.
int disk_find(const struct disk *disk, int fd);
bool disk_is_folder(const struct disk *disk, int fd);
// True when the path names something directly in the folder; *name then points at the name.
bool disk_owns(const struct disk *disk, const char *path, const char **name);
int disk_lookup(const struct disk *disk, const char *name);

// A new file, open at fd, under this name.
void disk_created(struct disk *disk, int fd, const char *name);
// The name now stands for another file (link, rename), or for none (unlink).
void disk_named(struct disk *disk, const char *name, int file);
// The file has been given this size: what is new holds zeros, what was cut off does when it comes back.
void disk_resized(struct disk *disk, int index, uint64_t bytes);
uint64_t disk_size(const struct disk_file *file);

// Takes note of every byte that has changed since the last call.
void disk_observe(struct disk *disk);
// These bytes were written, perhaps with what stood there: sectors that a failed sync left old are dirty again.
void disk_rewritten(struct disk *disk, int index, uint64_t offset, uint64_t length);
// A write that was queued: it may be on the disk from now on. Returns its number.
uint64_t disk_write_queued(struct disk *disk, int index, const void *bytes, size_t length, uint64_t offset);
// The file shows it; and then it is known to be done.
void disk_write_arrived(struct disk *disk, int index);
void disk_write_reaped(struct disk *disk, int index, uint64_t write);

struct sync_ticket disk_sync_begin(struct disk *disk, int file, uint64_t from, uint64_t to);
// Returned 0: raises floors.
void disk_sync_end(struct disk *disk, const struct sync_ticket *ticket);
// Failed: raises nothing, and some sectors stay old for good, while the page cache shows them new and clean.
void disk_sync_fail(struct disk *disk, const struct sync_ticket *ticket, struct rng *rng);

// What POSIX_FADV_DONTNEED does: clean sectors are read from the disk again, dirty ones stay.
void disk_drop_cache(struct disk *disk, int index);
uint64_t disk_dirty_sectors(const struct disk *disk, int index);

// What is left when only the process dies: `copy` has the same disk and page cache, in another folder.
void disk_copy(const struct disk *disk, struct disk *copy, const char *folder);
// The bytes of a file are now these, durably: as if copied from a backup.
void disk_restore(struct disk *disk, int index, const void *bytes, size_t length);

#endif
