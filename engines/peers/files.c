// SPDX-License-Identifier: MIT
// The files of a peer's store.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engines/peers/internal.h"

enum { OPEN_FOLDERS = 8, PATH_ROOM = 4096 };

// nftw hands nothing on to its function: so a store's folder, which holds files only, is walked here.
typedef int (*file_fn)(const char *path, const struct stat *status, void *user);

static int each_in_folder(const char *path, file_fn fn, void *user) {
  struct stat status;
  char file[PATH_ROOM];
  int code = 0;
  DIR *folder = opendir(path);
  if (!folder) return -errno;
  for (struct dirent *entry; !code && (entry = readdir(folder));) {
    if (snprintf(file, sizeof file, "%s/%s", path, entry->d_name) >= (int)sizeof file) code = -ENAMETOOLONG;
    // A peer removes files of its own accord while this goes on.
    if (!code && lstat(file, &status) == 0 && S_ISREG(status.st_mode)) code = fn(file, &status, user);
  }
  closedir(folder);
  return code;
}

static int each_file(const char *path, file_fn fn, void *user) {
  struct stat status;
  if (stat(path, &status)) return -errno;
  return S_ISDIR(status.st_mode) ? each_in_folder(path, fn, user) : fn(path, &status, user);
}

static int measure_file(const char *path, const struct stat *status, void *user) {
  struct store_stat *stat = user;
  (void)path;
  stat->bytes_apparent += (uint64_t)status->st_size;
  stat->bytes_allocated += (uint64_t)status->st_blocks * 512;
  return 0;
}

int files_measure(const char *path, struct store_stat *stat) { return each_file(path, measure_file, stat); }

static int drop_file(const char *path, const struct stat *status, void *user) {
  (void)status, (void)user;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT ? 0 : -errno;
  int code = fdatasync(fd) ? -errno : -posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);  // dirty pages would stay
  close(fd);
  return code;
}

int files_drop(const char *path) { return each_file(path, drop_file, NULL); }

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk) {
  (void)status, (void)type, (void)walk;
  return remove(path) && errno != ENOENT ? -errno : 0;
}

int files_remove(const char *path) {
  char lock[PATH_ROOM];
  int code = nftw(path, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
  if (code == -1) code = errno == ENOENT ? 0 : -errno;
  if (snprintf(lock, sizeof lock, "%s-lock", path) >= (int)sizeof lock) return -ENAMETOOLONG;
  return unlink(lock) && errno != ENOENT ? -errno : code;
}

int files_sync_folder(const char *path) {
  char copy[PATH_ROOM];
  if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy) return -ENAMETOOLONG;
  int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return -errno;
  int code = fsync(fd) ? -errno : 0;
  close(fd);
  return code;
}
