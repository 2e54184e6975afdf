// SPDX-License-Identifier: MIT
#include "engines/slots/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engines/slots/file.h"
#include "engines/slots/internal.h"

enum { CHUNK_BYTES = 1 << 20 };

static bool all_zero(const unsigned char *bytes, size_t length) {
  return length == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0);
}

static int check_header_pages(int fd, struct slot_check_report *report) {
  int error = 0;
  for (unsigned i = 0; i < HEADER_COPIES && !error; i++) {
    unsigned char page[HEADER_SPACING];
    struct header header;
    uint32_t version;
    error = file_read(fd, page, sizeof page, i * HEADER_SPACING, 0);
    report->header_damaged[i] = !error && (header_decode(page, &header, &version) != 0 ||
                                           !all_zero(page + HEADER_BYTES, sizeof page - HEADER_BYTES));
  }
  return error;
}

static void check_chunk(const struct header *header, const unsigned char *chunk, uint64_t first, uint64_t count,
                        struct slot_check_report *report) {
  for (uint64_t i = 0; i < count; i++) {
    struct record record;
    switch (record_decode(chunk + i * header->record_size, header->record_size,
                          record_seed(header->store_id, first + i), &record)) {
      case RECORD_STATE_EMPTY:
        report->empty++;
        break;
      case RECORD_STATE_VALID:
        if (record.valid == RECORD_PUT)
          report->puts++;
        else
          report->tombstones++;
        break;
      case RECORD_STATE_CORRUPT:
        if (report->corrupt < CHECK_LISTED) report->corrupt_slots[report->corrupt] = first + i;
        report->corrupt++;
        break;
    }
  }
}

static int check_records(int fd, const struct header *header, struct slot_check_report *report) {
  unsigned char *chunk = malloc(CHUNK_BYTES);
  if (!chunk) return -ENOMEM;
  uint64_t at_once = CHUNK_BYTES / header->record_size;
  int error = 0;
  for (uint64_t first = 0; first < report->slots && !error; first += at_once) {
    uint64_t skipped = slots_before_data(fd, first, report->slots, at_once, header->record_size);
    report->empty += skipped;
    first += skipped;
    if (first >= report->slots) break;
    uint64_t count = report->slots - first < at_once ? report->slots - first : at_once;
    error = file_read(fd, chunk, count * header->record_size, slot_offset(header->record_size, first), 0);
    if (!error) check_chunk(header, chunk, first, count, report);
  }
  free(chunk);
  return error;
}

// Less than a record and a block: what does not make another slot.
static int check_tail(int fd, const struct header *header, uint64_t bytes, struct slot_check_report *report) {
  uint64_t offset = slot_offset(header->record_size, report->slots);
  unsigned char *tail = malloc((size_t)(bytes - offset) + 1);
  if (!tail) return -ENOMEM;
  int error = file_read(fd, tail, (size_t)(bytes - offset), offset, 0);
  report->tail_damaged = !error && report->clean && !all_zero(tail, (size_t)(bytes - offset));
  free(tail);
  return error;
}

// The index costs no record, and what is wrong with it is told. Not to know is no answer, though.
static int check_index(struct store *store, struct slot_check_report *report, struct error *error) {
  store->next_free = 0;
  int loaded = snapshot_load(store);
  report->index_missing = loaded == -ENOENT || loaded == -ESTALE;
  report->index_damaged = loaded == -EBADMSG || loaded == -ELOOP || loaded == -EISDIR;
  if (!loaded || report->index_missing || report->index_damaged) return 0;
  return error_set(error, loaded, "cannot read its index, %s.index: %s", store->path, strerror(-loaded));
}

static int count_live(const char *path, int fd, const struct header *header, struct slot_check_report *report,
                      struct error *error) {
  struct store *store = NULL;
  int code = slot_survey(path, fd, header, report->slots, &store, error);
  if (code) return code;
  report->live_found = store->records;
  if (report->clean && header->next_free_offset > RECORDS_OFFSET) code = check_index(store, report, error);
  slot_survey_end(store);
  return code;
}

int slot_check(const char *path, struct slot_check_report *report, struct error *error) {
  struct header header;
  unsigned copy;
  uint64_t bytes;
  *report = (struct slot_check_report){0};
  int fd = lock_store_file(path, true, error);
  if (fd < 0) return fd;
  int code = file_size(fd, &bytes);
  if (!code && bytes < RECORDS_OFFSET) {
    code = error_set(error, -EINVAL, "not a store: it has %llu bytes and a header needs %u; give the path of a store",
                     (unsigned long long)bytes, RECORDS_OFFSET);
    goto out;
  }
  if (code) goto unreadable;
  code = header_read(fd, &header, &copy, error);
  if (code) goto out;
  report->record_size = header.record_size;
  report->clean = header.clean;
  report->live_expected = header.entry_count;
  report->slots = slots_of_file(bytes, header.record_size);
  if (report->slots > SLOTS_MAX) {
    code = error_set(error, -EFBIG, "has more than %u slots", SLOTS_MAX);
    goto out;
  }
  report->bytes_missing = header.max_file_size > bytes ? header.max_file_size - bytes : 0;
  code = check_header_pages(fd, report);
  if (!code) code = check_records(fd, &header, report);
  if (!code) code = check_tail(fd, &header, bytes, report);
  if (code) goto unreadable;
  code = count_live(path, fd, &header, report, error);
  goto out;

unreadable:
  error_set(error, code, "cannot read: %s", strerror(-code));
out:
  unlock_store_file(fd);
  return code;
}

bool slot_check_sound(const struct slot_check_report *report) {
  if (report->header_damaged[0] || report->header_damaged[1] || report->bytes_missing) return false;
  return !report->clean || (report->corrupt == 0 && report->live_found == report->live_expected &&
                            !report->tail_damaged && !report->index_damaged);
}
