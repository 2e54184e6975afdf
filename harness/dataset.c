// SPDX-License-Identifier: MIT
// The files of a run, made, copied and removed.
#include "harness/dataset.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_PIECE = 8 << 20, OPEN_FOLDERS = 8 };

static int not_usable(struct error *error) {
  return error_set(error, -errno, "no file can be made here: %m; choose another folder with --dir");
}

static int check_folder(const char *dir, struct error *error) {
  struct stat status;
  if (stat(dir, &status)) {
    if (errno == ENOENT) return error_set(error, -ENOENT, "no such folder; make it, or choose another one with --dir");
    return error_set(error, -errno, "%m; choose another folder with --dir");
  }
  if (!S_ISDIR(status.st_mode)) return error_set(error, -ENOTDIR, "not a folder; choose another one with --dir");
  return 0;
}

int dataset_folder_check(const char *dir, struct error *error) {
  int code = check_folder(dir, error);
  return code || access(dir, W_OK | X_OK) == 0 ? code : not_usable(error);
}

int dataset_folder_make(const char *dir, struct dataset_folder *folder, struct error *error) {
  folder->path[0] = '\0';
  int code = check_folder(dir, error);
  if (code) return code;
  char *whole = realpath(dir, NULL);
  int length = whole ? snprintf(folder->path, sizeof folder->path, "%s/storebench-XXXXXX", whole) : 0;
  free(whole);
  if (length == 0 || length >= (int)sizeof folder->path) {
    folder->path[0] = '\0';
    return error_set(error, -ENAMETOOLONG, "the path is too long; choose another folder with --dir");
  }
  if (mkdtemp(folder->path)) return 0;
  folder->path[0] = '\0';
  return not_usable(error);
}

int dataset_folder_sync(const struct dataset_folder *folder) {
  int fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return -errno;
  int code = fsync(fd) ? -errno : 0;
  close(fd);
  return code;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk) {
  (void)status, (void)walk;
  int result = type == FTW_DP || type == FTW_D ? rmdir(path) : unlink(path);
  return result && errno != ENOENT ? -errno : 0;
}

static int remove_tree(const char *path) {
  int code = nftw(path, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
  if (code == -1) code = -errno;
  return code == -ENOENT ? 0 : code;
}

int dataset_folder_remove(struct dataset_folder *folder) {
  int code = folder->path[0] ? remove_tree(folder->path) : 0;
  if (!code) folder->path[0] = '\0';
  return code;
}

static void folder_path(const struct dataset_folder *folder, const char *name, char *path) {
  snprintf(path, DATASET_PATH_MAX, "%s/%s", folder->path, name);
}

void dataset_path(const struct dataset_folder *folder, const char *name, char *path) {
  snprintf(path, DATASET_PATH_MAX, "%s/%s/store", folder->path, name);
}

void dataset_sibling_name(const char *name, unsigned number, char *to, size_t room) {
  if (number)
    snprintf(to, room, "%s-%u", name, number);
  else
    snprintf(to, room, "%s", name);
}

void dataset_sibling(const char *path, unsigned number, char *to) {
  const char *slash = strrchr(path, '/');
  int folder = slash ? (int)(slash - path) : 0;
  if (number && slash)
    snprintf(to, DATASET_PATH_MAX, "%.*s-%u%s", folder, path, number, slash);
  else
    snprintf(to, DATASET_PATH_MAX, "%s", path);
}

int dataset_make(const struct dataset_folder *folder, const char *name) {
  char path[DATASET_PATH_MAX];
  folder_path(folder, name, path);
  return mkdir(path, 0700) ? -errno : 0;
}

int dataset_remove(const struct dataset_folder *folder, const char *name) {
  char path[DATASET_PATH_MAX];
  folder_path(folder, name, path);
  return remove_tree(path);
}

int dataset_move(const struct dataset_folder *folder, const char *name, const char *into) {
  char from[DATASET_PATH_MAX], to[DATASET_PATH_MAX];
  folder_path(folder, name, from);
  int length = snprintf(to, sizeof to, "%s/%s/%s", folder->path, into, name);
  if (length >= (int)sizeof to) return -ENAMETOOLONG;
  return rename(from, to) && errno != ENOENT ? -errno : 0;
}

// The device writes what was copied while the rest is: the sync at the end waits for less. Where the kernel has no such
// call, the sync waits for all.
static int write_back(int fd, off_t from, off_t bytes) {
  return sync_file_range(fd, from, bytes, SYNC_FILE_RANGE_WRITE) && errno != ENOSYS ? -errno : 0;
}

// What is written at once may become one folio of the page cache.
static int copy_by_writes(int from, int to, size_t piece) {
  char *buffer = malloc(piece);
  int code = buffer ? 0 : -ENOMEM;
  for (off_t at = 0, begun = 0; !code;) {
    ssize_t n = pread(from, buffer, piece, at);
    if (n < 0) code = -errno;
    if (n <= 0) break;
    ssize_t written = pwrite(to, buffer, (size_t)n, at);
    if (written <= 0) code = written ? -errno : -EIO;
    at += written;
    if (code || at - begun < COPY_PIECE) continue;
    code = write_back(to, begun, at - begun);  // in requests of a size that the device likes
    begun = at;
  }
  free(buffer);
  return code ? code : fsync(to) ? -errno : 0;
}

static int copy_bytes(int from, int to, size_t piece) {
  if (piece) return copy_by_writes(from, to, piece);
  for (off_t at = 0;;) {
    ssize_t n = copy_file_range(from, NULL, to, NULL, COPY_PIECE, 0);
    if (n == 0) return fsync(to) ? -errno : 0;
    if (n < 0 && errno != EINTR) return -errno;
    int code = n > 0 ? write_back(to, at, n) : 0;
    if (code) return code;
    at += n > 0 ? n : 0;
  }
}

static int copy_file(int from_folder, int to_folder, const char *name, size_t piece) {
  int code = 0, to = -1, from = openat(from_folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (from < 0) return -errno;
  to = openat(to_folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  code = to < 0 ? -errno : copy_bytes(from, to, piece);
  close(from);
  if (to >= 0 && close(to) && !code) code = -errno;
  return code;
}

static int copy_files(DIR *from, int to, size_t piece);

// Some stores are folders.
static int copy_entry(int from, int to, const char *name, size_t piece) {
  struct stat status;
  if (fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW)) return -errno;
  if (!S_ISDIR(status.st_mode)) return copy_file(from, to, name, piece);
  if (mkdirat(to, name, 0700)) return -errno;
  int source = openat(from, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), code = 0;
  int target = openat(to, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *stream = source >= 0 && target >= 0 ? fdopendir(source) : NULL;
  code = stream ? copy_files(stream, target, piece) : -errno;
  if (stream)
    closedir(stream);
  else if (source >= 0)
    close(source);
  if (target >= 0) close(target);
  return code;
}

static int copy_files(DIR *from, int to, size_t piece) {
  for (;;) {
    errno = 0;
    const struct dirent *entry = readdir(from);
    if (!entry) return errno ? -errno : fsync(to) ? -errno : 0;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    int code = copy_entry(dirfd(from), to, entry->d_name, piece);
    if (code) return code;
  }
}

int dataset_copy(const struct dataset_folder *folder, const char *from, const char *to, size_t piece) {
  char from_path[DATASET_PATH_MAX], to_path[DATASET_PATH_MAX];
  folder_path(folder, from, from_path);
  folder_path(folder, to, to_path);
  int code = dataset_make(folder, to);
  if (code) return code;
  DIR *stream = opendir(from_path);
  int target = open(to_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  code = stream && target >= 0 ? copy_files(stream, target, piece) : -errno;
  if (stream) closedir(stream);
  if (target >= 0) close(target);
  if (code) remove_tree(to_path);  // the error that matters is the first one
  return code;
}
