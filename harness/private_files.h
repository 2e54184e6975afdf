// SPDX-License-Identifier: MIT
// The files that one sample has for itself: a copy of its data set, or new ones. Those of the last sample are removed
// while the copy for the next one is made, since both wait for the disk; and never while a sample runs.
#ifndef STOREBENCH_PRIVATE_FILES_H
#define STOREBENCH_PRIVATE_FILES_H

#include <pthread.h>
#include <stdbool.h>

#include "harness/dataset.h"
#include "harness/plan.h"

struct private_files {
  const struct dataset_folder *folder;
  pthread_t thread;
  bool removing;  // the thread runs
  int removed;    // 0, or -errno of the first file that could not be removed
};

// Where the sample's first file stands (`path`: DATASET_PATH_MAX bytes).
void private_files_path(const struct private_files *files, char *path);
// Puts the files of the next sample of a cell (PLAN_COPY: of the data set `set`) into their places, while those of the
// last one may still be being removed: private_files_wait comes before the sample. 0 or -errno.
int private_files_make(struct private_files *files, const struct plan_cell *cell, const char *set);
// Moves them out of the way and begins to remove them.
void private_files_drop(struct private_files *files, const struct plan_cell *cell);
// Waits until nothing is being removed, and the removal is on the device. 0, or -errno of what could not be.
int private_files_wait(struct private_files *files);

#endif
