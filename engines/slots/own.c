// SPDX-License-Identifier: MIT
#include "engines/slots/own.h"

#include <errno.h>

#include "engines/slots/file.h"

int own_open(struct own_file *file, int shared, int flags) {
  file->fd = shared;
  int fd = file_reopen(shared, flags);
  if (fd == -EMFILE || fd == -ENFILE || fd == -ENOENT || fd == -EACCES) return 0;
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
  return tell(user, "reads", "through the store's open file, which sessions share: no descriptor was left for another");
}
