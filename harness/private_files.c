// SPDX-License-Identifier: MIT
// The files that one sample has for itself.
#include "harness/private_files.h"

#include <errno.h>
#include <stdio.h>

static const char name[] = "sample", old_name[] = "old";

void private_files_path(const struct private_files *files, char *path) { dataset_path(files->folder, name, path); }

int private_files_make(struct private_files *files, const struct plan_cell *cell, const char *set) {
  const bool copies = cell->data == PLAN_COPY;
  int code = copies ? 0 : dataset_make(files->folder, name);
  for (unsigned i = 0; copies && i < cell_stores(&cell->settings) && !code; i++) {
    char sibling[32];
    dataset_sibling_name(name, i, sibling, sizeof sibling);
    code = dataset_copy(files->folder, set, sibling, cell->settings.fill_write);
  }
  return code;
}

static void keep_first(struct private_files *files, int code) {
  if (!files->removed) files->removed = code;
}

// To the end: what the file system has still to write of it, and blocks that it then discards, would fall into the next
// sample, since it may end after the last sync of the copy.
static void *remove_old(void *user) {
  struct private_files *files = user;
  keep_first(files, dataset_remove(files->folder, old_name));
  keep_first(files, dataset_folder_sync(files->folder));
  return NULL;
}

void private_files_drop(struct private_files *files, const struct plan_cell *cell) {
  int code = dataset_make(files->folder, old_name);
  for (unsigned i = 0; i < cell_stores(&cell->settings) && !code; i++) {
    char sibling[32];
    dataset_sibling_name(name, i, sibling, sizeof sibling);
    code = dataset_move(files->folder, sibling, old_name);
  }
  keep_first(files, code);
  files->removing = pthread_create(&files->thread, NULL, remove_old, files) == 0;
  if (!files->removing) (void)remove_old(files);
}

int private_files_wait(struct private_files *files) {
  if (files->removing) pthread_join(files->thread, NULL);
  files->removing = false;
  return files->removed;
}
