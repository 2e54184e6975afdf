// SPDX-License-Identifier: MIT
// The files of a store.
#include "harness/store_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_ROOM = 4096 };

static int each_in_folder(const char *path, store_file_fn fn, void *user) {
  char file[PATH_ROOM];
  struct stat status;
  int code = 0;
  DIR *folder = opendir(path);
  if (!folder) return -errno;
  for (const struct dirent *entry; !code && (entry = readdir(folder));) {
    if (snprintf(file, sizeof file, "%s/%s", path, entry->d_name) >= (int)sizeof file) code = -ENAMETOOLONG;
    // Stores of this kind remove files of their own accord while the folder is read.
    if (!code && lstat(file, &status) == 0 && S_ISREG(status.st_mode)) code = fn(file, user);
  }
  closedir(folder);
  return code;
}

int store_files_each(const char *path, store_file_fn fn, void *user) {
  struct stat status;
  if (stat(path, &status)) return -errno;
  return S_ISDIR(status.st_mode) ? each_in_folder(path, fn, user) : fn(path, user);
}

static int add_size(const char *path, void *user) {
  struct stat status;
  if (stat(path, &status) == 0) *(uint64_t *)user += (uint64_t)status.st_size;
  return 0;
}

int store_files_size(const char *path, uint64_t *bytes) {
  *bytes = 0;
  return store_files_each(path, add_size, bytes);
}
