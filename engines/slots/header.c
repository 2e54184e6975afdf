// SPDX-License-Identifier: MIT
// The header on disk. Only the older copy is ever written, by pwrite and a sync, so that one is whole at every moment:
// which holds only when the newer one is on the disk, and not just in the page cache.
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

static int write_copy(struct store *store, const struct header *header, unsigned copy) {
  unsigned char bytes[HEADER_BYTES];
  header_encode(header, bytes);
  int error = file_write(store->fd, bytes, sizeof bytes, copy * HEADER_SPACING, 0);
  if (!error) error = file_fdatasync(store->fd);
  if (error) syncing_fail(store, error);  // the sync was of everything written
  return error;
}

// Whoever created the file may not have come to sync its name.
static int settle_name(struct store *store) {
  int error = store->header.generation == HEADER_COPIES ? file_sync_folder(store->path) : 0;
  if (error) syncing_fail(store, error);
  return error;
}

int header_settle(struct store *store) {
  if (store->header_settled) return 0;
  int error = settle_name(store);
  if (!error) error = write_copy(store, &store->header, store->header_copy);
  if (!error) store->header_settled = true;
  return error;
}

int header_repair(struct store *store) {
  unsigned char bytes[HEADER_BYTES];
  struct header other;
  uint32_t version;
  unsigned copy = 1 - store->header_copy;
  int error = file_read(store->fd, bytes, sizeof bytes, copy * HEADER_SPACING, 0);
  if (error || header_decode(bytes, &other, &version) == 0) return error;
  error = header_settle(store);
  return error ? error : write_copy(store, &store->header, copy);
}

int header_write(struct store *store, bool clean) {
  int error = header_settle(store);
  if (error) return error;
  struct header next = store->header;
  next.generation++;
  next.clean = clean;
  next.entry_count = store->records;
  next.next_free_offset = slot_offset(store->record_size, store->next_free);
  next.max_file_size = file_bytes_for(store->slots, store->record_size);
  unsigned copy = 1 - store->header_copy;
  error = write_copy(store, &next, copy);
  if (error) return error;
  // Not as a whole: readers that verify look at store_id meanwhile.
  store->header.generation = next.generation;
  store->header.clean = next.clean;
  store->header.entry_count = next.entry_count;
  store->header.next_free_offset = next.next_free_offset;
  store->header.max_file_size = next.max_file_size;
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
