// SPDX-License-Identifier: MIT
// The index as of a clean close, in <path>.index, so that a store of any size opens in milliseconds. It names the store
// and the generation of the clean header, and is ignored when anything differs: then the records are scanned.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "engines/slots/file.h"
#include "engines/slots/internal.h"

// In the byte order of the machine, which the magic tells: this file never leaves it. Followed by the table's entries,
// then the words of the four bitmaps up to next_free.
struct snapshot_header {
  uint64_t magic;
  uint64_t store_id, generation;
  uint64_t slots, next_free, records, sequence, buckets;
  uint64_t body_checksum;
  uint64_t checksum;  // of all fields before it
};

#define SNAPSHOT_MAGIC UINT64_C(0x3158444E49425453)  // "STBINDX1"
enum { PARTS = 5 };
// A table that has more buckets than this takes longer to read than the records, and a forged one takes all memory.
enum { BUCKETS_SPARE = 1024, BUCKETS_PER_SLOT = 8 };

struct part {
  void *bytes;
  size_t length;
};

static int snapshot_path(const struct store *store, const char *suffix, char **path) {
  return asprintf(path, "%s.index%s", store->path, suffix) < 0 ? -ENOMEM : 0;
}

static uint64_t most_buckets(uint64_t backed) { return BUCKETS_SPARE + BUCKETS_PER_SLOT * backed; }

// The table is far larger than its store where one commit reserved more than it then inserted, or a compaction has cut
// the file: what no reader would take is not written.
static int fit_table(struct store *store) {
  uint64_t buckets = atomic_load(&store->keydir.table)->buckets;
  if (buckets <= most_buckets(backed_slots(store->fd, store->slots, store->record_size))) return 0;
  return keydir_fit(&store->keydir);
}

static void list_parts(struct store *store, struct keydir_table *table, struct part parts[PARTS]) {
  size_t words = bitmap_word_count(store->next_free) * sizeof(uint64_t);
  parts[0] = (struct part){(void *)table->entries, table->buckets * sizeof *table->entries};
  parts[1] = (struct part){store->used.words, words};
  parts[2] = (struct part){store->live.words, words};
  parts[3] = (struct part){store->tombs.words, words};
  parts[4] = (struct part){store->stale.words, words};
}

static uint64_t checksum_parts(const struct part parts[PARTS]) {
  uint64_t sum = 0;
  for (size_t i = 0; i < PARTS; i++) sum = XXH3_64bits_withSeed(parts[i].bytes, parts[i].length, sum);
  return sum;
}

static int write_parts(int fd, const struct snapshot_header *header, const struct part parts[PARTS]) {
  uint64_t offset = sizeof *header;
  int error = file_write(fd, header, sizeof *header, 0, 0);
  for (size_t i = 0; i < PARTS && !error; i++) {
    error = file_write(fd, parts[i].bytes, parts[i].length, offset, 0);
    offset += parts[i].length;
  }
  return error ? error : file_fsync(fd);
}

// What still waited to be free is free now: nobody reads any more, and everything is durable.
static void settle_pending(struct store *store) {
  while (store->pending.count) {
    release_slot(store, store->pending.ring[store->pending.head].slot);
    store->pending.head = (store->pending.head + 1) & (store->pending.capacity - 1);
    store->pending.count--;
  }
}

int snapshot_write(struct store *store, uint64_t generation) {
  struct part parts[PARTS];
  int error = fit_table(store);
  if (error) return error;
  struct keydir_table *table = atomic_load(&store->keydir.table);
  settle_pending(store);
  list_parts(store, table, parts);
  struct snapshot_header header = {.magic = SNAPSHOT_MAGIC,
                                   .store_id = store->header.store_id,
                                   .generation = generation,
                                   .slots = store->slots,
                                   .next_free = store->next_free,
                                   .records = store->records,
                                   .sequence = store->sequence,
                                   .buckets = table->buckets,
                                   .body_checksum = checksum_parts(parts)};
  header.checksum = XXH3_64bits(&header, offsetof(struct snapshot_header, checksum));
  char *temporary = NULL, *final = NULL;
  int fd = -1;
  error = snapshot_path(store, ".tmp", &temporary);
  if (!error) error = snapshot_path(store, "", &final);
  if (error) goto out;
  if (unlink(temporary) && errno != ENOENT) error = -errno;  // left by a crash
  if (!error) fd = file_open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (!error && fd < 0) error = fd;
  if (!error) error = write_parts(fd, &header, parts);
  int closed = fd >= 0 ? file_close(fd) : 0;
  if (!error) error = closed;
  if (!error && rename(temporary, final)) error = -errno;
  if (!error) error = file_sync_folder(final);
  if (error && fd >= 0) (void)unlink(temporary);  // the first error is the one to tell
out:
  free(temporary);
  free(final);
  return error;
}

static int check_header(const struct store *store, const struct snapshot_header *header, uint64_t bytes) {
  if (header->magic != SNAPSHOT_MAGIC ||
      header->checksum != XXH3_64bits(header, offsetof(struct snapshot_header, checksum)))
    return -EBADMSG;
  if (header->store_id != store->header.store_id || header->generation != store->header.generation ||
      header->slots != store->slots)
    return -ESTALE;
  uint64_t words = bitmap_word_count(header->next_free),
           backed = backed_slots(store->fd, store->slots, store->record_size);
  bool fits = header->sequence <= COUNTER_MAX && header->next_free <= backed && header->records <= header->next_free &&
              header->buckets > 0 && header->buckets <= most_buckets(backed) &&
              bytes == sizeof *header + 8 * (header->buckets + 4 * words);
  return fits ? 0 : -EBADMSG;
}

static int read_body(struct store *store, int fd, const struct snapshot_header *header, struct keydir_table *table) {
  struct part parts[PARTS];
  uint64_t offset = sizeof *header;
  store->next_free = header->next_free;
  list_parts(store, table, parts);
  for (size_t i = 0; i < PARTS; i++) {
    int error = file_read(fd, parts[i].bytes, parts[i].length, offset, 0);
    if (error) return error;
    offset += parts[i].length;
  }
  if (checksum_parts(parts) != header->body_checksum) return -EBADMSG;
  struct bitmap *maps[] = {&store->used, &store->live, &store->tombs, &store->stale};
  for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
    int error = bitmap_rebuild(maps[i]);
    if (error) return error;
  }
  return keydir_adopt(&store->keydir, table, header->next_free);
}

static int load_from(struct store *store, int fd) {
  struct snapshot_header header;
  uint64_t bytes;
  int error = file_size(fd, &bytes);
  if (error) return error;
  if (bytes < sizeof header) return -EBADMSG;
  error = file_read(fd, &header, sizeof header, 0, 0);
  if (!error) error = check_header(store, &header, bytes);
  if (error) return error;
  struct keydir_table *table = keydir_table_new(header.buckets);
  if (!table) return -ENOMEM;
  error = read_body(store, fd, &header, table);
  if (error) {
    keydir_table_free(table);
    return error;
  }
  store->records = header.records;
  store->sequence = header.sequence;
  return store->live.set == header.records ? 0 : -EBADMSG;
}

int snapshot_load(struct store *store) {
  char *path = NULL;
  int error = snapshot_path(store, "", &path);
  if (error) return error;
  int fd = file_open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);
  error = fd < 0 ? fd : load_from(store, fd);
  if (fd >= 0) close(fd);  // read only: nothing to lose
  free(path);
  return error;
}
