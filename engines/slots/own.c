// SPDX-License-Identifier: MIT
#include "engines/slots/own.h"

#include <errno.h>

#include "engines/slots/file.h"

// No descriptor is left; there is no /proc; or the file may not be opened any more as it was, which its mode or a file
// system that has become read-only may forbid.
static bool may_share(int error) {
  return error == -EMFILE || error == -ENFILE || error == -ENOENT || error == -EACCES || error == -EPERM ||
         error == -EROFS;
}

int own_open(struct own_file *file, int shared, int flags) {
  file->fd = shared;
  int fd = file_reopen(shared, flags);
  if (may_share(fd)) return 0;
  if (fd < 0) return fd;
  file->fd = fd;
  file->own = true;
  return forks_add(&file->forks, forks_shut, &file->fd);
}

void own_close(struct own_file *file) {
  forks_remove(&file->forks);
  if (file->own) (void)file_close(file->fd);
}

int own_settings(const struct own_file *file, setting_fn tell, void *user) {
  if (file->own) return 0;
  return tell(user, "reads", "through the store's open file, which sessions share: it could not be opened once more");
}
