// SPDX-License-Identifier: MIT
// A new store: built under a temporary name, synced, linked into place, the folder synced. Nothing is left on failure.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "engines/slots/file.h"
#include "engines/slots/internal.h"

enum { FIRST_BYTES = 128 << 10 };  // of a store whose size nobody knows

// Updates go to another slot before the old one is free: some more slots than records.
static uint64_t slots_for(uint64_t capacity_hint, uint32_t record_size) {
  if (capacity_hint) return capacity_hint + capacity_hint / 16 + 2;
  return record_size < FIRST_BYTES / 8 ? FIRST_BYTES / record_size : 8;
}

static int draw_store_id(uint64_t *id) {
  ssize_t length;
  do {
    length = getrandom(id, sizeof *id, 0);
  } while (length < 0 && errno == EINTR);
  if (length < 0) return -errno;
  return length == (ssize_t)sizeof *id ? 0 : -EIO;
}

static int fill_new_file(int fd, uint32_t record_size, uint64_t slots) {
  struct header header = {.record_size = record_size, .clean = true, .next_free_offset = RECORDS_OFFSET};
  header.max_file_size = file_bytes_for(slots, record_size);
  int error = draw_store_id(&header.store_id);
  if (!error) error = file_extend(fd, 0, header.max_file_size);
  if (!error) error = header_create(fd, &header);
  return error ? error : file_fsync(fd);  // covers the new size as well
}

static int explain(int code, const char *path, uint64_t bytes, struct error *error) {
  if (code == -EEXIST) return error_set(error, code, "already exists; remove it or give another path");
  if (code == -ENOSPC) {
    struct statvfs space;
    unsigned long long free_bytes = 0;
    char *copy = strdup(path), *slash = copy ? strrchr(copy, '/') : NULL;
    if (slash) slash[slash == copy] = '\0';
    if (statvfs(slash ? copy : ".", &space) == 0) free_bytes = (unsigned long long)space.f_bavail * space.f_frsize;
    free(copy);
    return error_set(error, code, "no space: %llu bytes are needed and %llu are free; free some or use another disk",
                     (unsigned long long)bytes, free_bytes);
  }
  if (code == -ENOENT) return error_set(error, code, "its folder does not exist; create the folder first");
  if (code == -EFBIG)
    return error_set(error, code, "%llu bytes are more than this process may write to a file; raise it (ulimit -f)",
                     (unsigned long long)bytes);
  return error_set(error, code, "cannot create the store: %s; choose another folder", strerror(-code));
}

// Locked before it has its name: whoever finds it there finds it in use, and it can be taken away again if the open
// that it was made for fails.
static int name_new_file(int fd, const char *temporary, const char *path) {
  int code = flock(fd, LOCK_EX | LOCK_NB) ? -errno : 0;
  if (!code && link(temporary, path)) code = -errno;
  bool linked = !code;
  if (unlink(temporary) && !code) code = -errno;
  if (!code) code = file_sync_folder(path);
  if (code && linked) (void)unlink(path);  // the first error is the one to tell
  return code;
}

int create_store_file(const char *path, const struct store_config *config, int *lock_fd, struct error *error) {
  uint32_t record_size = config->record_size ? config->record_size : RECORD_SIZE_DEFAULT;
  uint64_t hint = slots_for(config->capacity_hint, record_size);
  if (hint > SLOTS_MAX) return error_set(error, -EFBIG, "a store holds at most %u records", SLOTS_MAX);
  uint64_t slots = slots_in(file_bytes_for(hint, record_size), record_size);
  char *temporary = NULL;
  if (asprintf(&temporary, "%s.new-XXXXXX", path) < 0) return error_set(error, -ENOMEM, "no memory");
  int fd = mkostemp(temporary, O_CLOEXEC);  // 0600
  int code = fd < 0 ? -errno : fill_new_file(fd, record_size, slots);
  if (!code)
    code = name_new_file(fd, temporary, path);
  else if (fd >= 0)
    (void)unlink(temporary);
  free(temporary);
  if (!code)
    *lock_fd = fd;
  else if (fd >= 0)
    close(fd);
  return code ? explain(code, path, file_bytes_for(slots, record_size), error) : 0;
}
