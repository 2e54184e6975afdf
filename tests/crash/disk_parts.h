// SPDX-License-Identifier: MIT
// The disk from the inside: shared by the files tests/crash/disk*.c only.
#ifndef STOREBENCH_CRASH_DISK_PARTS_H
#define STOREBENCH_CRASH_DISK_PARTS_H

#include "tests/crash/disk.h"
#include "tests/crash/memory.h"

void disk_path(const struct disk *disk, const char *name, char path[PATH_ROOM]);
// Takes the file at fd, which stays the caller's. Returns its index.
int disk_add_file(struct disk *disk, int fd, uint64_t bytes);
void disk_add_size(struct disk_file *file, uint64_t time, uint64_t bytes);
// Room for that many bytes; new sectors hold zeros.
void disk_need_sectors(struct disk_file *file, uint64_t bytes, uint64_t time);

#endif
