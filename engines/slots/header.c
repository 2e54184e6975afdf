// SPDX-License-Identifier: MIT
// The header on disk. Only the older copy is ever written, by pwrite and a sync, so that one is whole at every moment.
#include <errno.h>
#include <string.h>

#include "engines/slots/file.h"
#include "engines/slots/internal.h"

static int explain(int code, uint32_t version, struct error *error) {
  if (code == -EINVAL) return error_set(error, -EINVAL, "not a store; give the path of a file that storebench created");
  if (code == -EPROTONOSUPPORT)
    return error_set(error, -EPROTONOSUPPORT, "format version %u; this program reads version %u%s", version,
                     FORMAT_VERSION, version == 1 ? " (version 1 is the lecture's format)" : "");
  return error_set(error, -EBADMSG, "both header copies are damaged; restore the file from a backup");
}

int header_read(int fd, struct header *header, unsigned *copy, struct error *error) {
  int result = -EINVAL;
  uint32_t version = 0;
  bool found = false;
  for (unsigned i = 0; i < HEADER_COPIES; i++) {
    unsigned char bytes[HEADER_BYTES];
    struct header candidate;
    uint32_t its_version = 0;
    int code = file_read(fd, bytes, sizeof bytes, i * HEADER_SPACING, 0);
    if (code) return error_set(error, code, "cannot read the header: %s", strerror(-code));
    code = header_decode(bytes, &candidate, &its_version);
    if (code == 0 && (!found || candidate.generation > header->generation)) {
      *header = candidate;
      *copy = i;
      found = true;
    } else if (code && (result == -EINVAL || code == -EBADMSG)) {
      result = code;  // the most telling reason: damaged over another version over no magic
      version = its_version;
    }
  }
  return found ? 0 : explain(result, version, error);
}

int header_write(struct store *store, bool clean) {
  struct header next = store->header;
  next.generation++;
  next.clean = clean;
  next.entry_count = store->records;
  next.next_free_offset = slot_offset(store->record_size, store->next_free);
  next.max_file_size = file_bytes_for(store->slots, store->record_size);
  unsigned char bytes[HEADER_BYTES];
  header_encode(&next, bytes);
  unsigned copy = 1 - store->header_copy;
  int error = file_write(store->fd, bytes, sizeof bytes, copy * HEADER_SPACING, 0);
  if (!error) error = file_fdatasync(store->fd);
  if (error) {
    syncing_fail(store, error);
    return error;
  }
  store->header = next;
  store->header_copy = copy;
  return 0;
}

int header_create(int fd, const struct header *header) {
  for (unsigned i = 0; i < HEADER_COPIES; i++) {
    struct header copy = *header;
    copy.generation = i + 1;
    unsigned char page[HEADER_SPACING] = {0};
    header_encode(&copy, page);
    int error = file_write(fd, page, sizeof page, i * HEADER_SPACING, 0);
    if (error) return error;
  }
  return 0;
}
