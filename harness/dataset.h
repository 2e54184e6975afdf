// SPDX-License-Identifier: MIT
// The files of a run: data sets, private copies and new stores, each in a folder of its own below one private temporary
// folder, so that whatever a store puts beside its file is copied and removed with it.
#ifndef STOREBENCH_DATASET_H
#define STOREBENCH_DATASET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { DATASET_PATH_MAX = 4096 };

struct dataset_folder {
  char path[DATASET_PATH_MAX - 64];  // "" when it is not there
};

// Makes DIR/storebench-XXXXXX. DIR has to be there: a mistyped mount point would be a folder of another disk. 0 or
// -errno with a message.
int dataset_folder_make(const char *dir, struct dataset_folder *folder, struct error *error);
// Writes to the device what making, moving and removing in it has changed, so that it is not done beside what comes
// next. 0 or -errno.
int dataset_folder_sync(const struct dataset_folder *folder);
// What dataset_folder_make would say of DIR, found out without making anything.
int dataset_folder_check(const char *dir, struct error *error);
// Removes it with all that is in it. 0 or -errno of the first thing that could not be removed. Does nothing when it was
// not made.
int dataset_folder_remove(struct dataset_folder *folder);

// Where the store of that name stands (`path`: DATASET_PATH_MAX bytes).
void dataset_path(const struct dataset_folder *folder, const char *name, char *path);
// Where one of several stores that are used together stands, from the first one's path: number 0 is the first itself.
// `name` of dataset_make and its kin: dataset_sibling_name.
void dataset_sibling(const char *path, unsigned number, char *to);
void dataset_sibling_name(const char *name, unsigned number, char *to, size_t room);
// Makes the empty folder that dataset_path(name) is in. 0 or -errno.
int dataset_make(const struct dataset_folder *folder, const char *name);
// Copies every file of one into a new one and syncs them: a copy that is still being written to the device would be
// paid for by the sample that uses it. `piece`: bytes that are written at a time; 0: the kernel copies as it likes, and
// within a file system that can, the copy shares its bytes until they are changed.
// 0 or -errno; after an error nothing is left of `to`.
int dataset_copy(const struct dataset_folder *folder, const char *from, const char *to, size_t piece);
// Moves one, if it is there, into the folder of another, to be removed with it. 0 or -errno.
int dataset_move(const struct dataset_folder *folder, const char *name, const char *into);
// Removes one with all its files; 0 also when it is not there.
int dataset_remove(const struct dataset_folder *folder, const char *name);

#endif
