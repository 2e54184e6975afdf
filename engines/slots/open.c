// SPDX-License-Identifier: MIT
// Opening a store.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engines/registry.h"
#include "engines/slots/file.h"
#include "engines/slots/internal.h"
#include "engines/slots/store.h"

static int explain_open(int code, struct error *error) {
  switch (code) {
    case -ENOENT:
      return error_set(error, code, "no such file; create it first or check the path");
    case -EACCES:
    case -EPERM:
      return error_set(error, code, "no permission; check the owner and mode of the file and its folder");
    case -ELOOP:
      return error_set(error, code, "is a symbolic link; give the path of the file itself");
    case -EROFS:
      return error_set(error, code, "the file system is read-only; open the store for reading or remount it");
    case -EISDIR:
      return error_set(error, code, "is a directory; give the path of a store file");
    default:
      return error_set(error, code, "cannot open: %s", strerror(-code));
  }
}

// O_NONBLOCK: opening a FIFO must not wait for its other end.
static int open_regular(const char *path, bool read_only, struct error *error) {
  struct stat status;
  int fd = file_open(path, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);
  if (fd < 0) return explain_open(fd, error);
  if (fstat(fd, &status)) {
    int code = -errno;
    close(fd);
    return explain_open(code, error);
  }
  if (S_ISREG(status.st_mode)) return fd;
  close(fd);
  if (S_ISDIR(status.st_mode)) return explain_open(-EISDIR, error);
  return error_set(error, -EINVAL, "is not a regular file; give the path of a store file");
}

int lock_store_file(const char *path, bool read_only, struct error *error) {
  int fd = open_regular(path, true, error);
  if (fd < 0) return fd;
  if (flock(fd, (read_only ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0) return fd;
  int code = -errno;
  close(fd);
  if (code == -EWOULDBLOCK)
    return error_set(error, code, "is in use by another store; close it there (one writer or many readers)");
  return error_set(error, code, "cannot lock: %s", strerror(-code));
}

// Not by closing alone: a child of this process, until it has shut its copy or run another program, shares the lock.
void unlock_store_file(int fd) {
  (void)flock(fd, LOCK_UN);
  close(fd);
}

int refuse_foreign(struct error *error) {
  return error_set(error, -ECHILD, "belongs to the process that opened it; open it here, once it is closed there");
}

static void become_foreign(void *subject) {
  struct store *store = subject;
  store->foreign = true;
  forks_shut(&store->fd);
  forks_shut(&store->lock_fd);
}

// Both descriptors must be of one file: it may have been replaced in between.
static int open_files(struct store *store, struct error *error) {
  struct stat locked, opened;
  if (store->lock_fd < 0) store->lock_fd = lock_store_file(store->path, store->read_only, error);
  if (store->lock_fd < 0) return store->lock_fd;
  store->fd = open_regular(store->path, store->read_only, error);
  if (store->fd < 0) return store->fd;
  if (fstat(store->lock_fd, &locked) || fstat(store->fd, &opened))
    return error_set(error, -errno, "cannot stat: %s", strerror(errno));
  if (locked.st_dev != opened.st_dev || locked.st_ino != opened.st_ino)
    return error_set(error, -ESTALE, "was replaced while it was being opened; try again");
  return 0;
}

// A record in a block that the file ends in was written by a store whose file someone else had cut, and acknowledged.
static int fill_last_block(const struct store *store, uint64_t *bytes, struct error *error) {
  uint64_t whole = (*bytes + FILE_ALIGNMENT - 1) / FILE_ALIGNMENT * FILE_ALIGNMENT;
  if (store->read_only || store->header.clean || whole == *bytes) return 0;
  int code = file_extend(store->fd, *bytes, whole);
  if (code) return error_set(error, code, "cannot fill its last block: %s", strerror(-code));
  *bytes = whole;
  return 0;
}

static int check_size(struct store *store, uint64_t bytes, struct error *error) {
  const struct header *header = &store->header;
  store->slots = slots_of_file(bytes, header->record_size);
  if (store->slots > SLOTS_MAX) return error_set(error, -EFBIG, "has more than %u slots", SLOTS_MAX);
  if (header->clean && header->next_free_offset > bytes)
    return error_set(error, -EINVAL, "has %llu bytes where its header tells of %llu: it was cut short; restore it",
                     (unsigned long long)bytes, (unsigned long long)header->next_free_offset);
  return 0;
}

// No store gets there by itself, and going on from there would give numbers that nobody takes for valid.
static int check_counters(const struct store *store, struct error *error) {
  if (store->read_only || (store->header.generation <= COUNTER_WORN && store->sequence <= COUNTER_WORN)) return 0;
  return error_set(error, -EOVERFLOW, "its counters are at their end, as of a forged file; dump it and load that");
}

static int read_header(struct store *store, const struct store_config *config, struct error *error) {
  uint64_t bytes;
  int code = file_size(store->fd, &bytes);
  if (code) return error_set(error, code, "cannot read the size: %s", strerror(-code));
  if (bytes < RECORDS_OFFSET)
    return error_set(error, -EINVAL, "not a store: it has %llu bytes and a header needs %u; give the path of a store",
                     (unsigned long long)bytes, RECORDS_OFFSET);
  code = header_read(store->fd, &store->header, &store->header_copy, error);
  if (code) return code;
  store->record_size = store->header.record_size;
  if (config->record_size && config->record_size != store->record_size)
    return error_set(error, -EINVAL, "has records of %u bytes, not %u; open it with its own record size",
                     store->record_size, config->record_size);
  code = check_counters(store, error);
  if (!code) code = fill_last_block(store, &bytes, error);
  return code ? code : check_size(store, bytes, error);
}

// Writers first: glibc's default lets readers that overlap keep a writer waiting for ever.
static int init_linear_lock(pthread_rwlock_t *lock) {
  pthread_rwlockattr_t attributes;
  int error = pthread_rwlockattr_init(&attributes);
  if (error) return -error;
  error = pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
  if (!error) error = pthread_rwlock_init(lock, &attributes);
  pthread_rwlockattr_destroy(&attributes);
  return -error;
}

static int init_parts(struct store *store, struct error *error) {
  int code = -pthread_mutex_init(&store->writer, NULL);
  if (!code) code = init_linear_lock(&store->linear_lock);
  if (!code) code = syncing_init(&store->syncing);
  if (!code) code = group_init(&store->group);
  if (!code) code = epochs_init(&store->epochs);
  return code ? error_set(error, code, "cannot make locks: %s", strerror(-code)) : 0;
}

static int init_index(struct store *store, uint64_t expected, struct error *error) {
  int code = keydir_init(&store->keydir, expected, &store->epochs);
  if (!code) code = set_capacity(store, store->slots);
  return code ? error_set(error, code, "no memory for the index of %llu slots", (unsigned long long)store->slots) : 0;
}

// From the snapshot if the file is clean and the snapshot is of this very state, else from the records.
static int load_index(struct store *store, const struct store_config *config, struct error *error) {
  uint64_t hint = config->capacity_hint < store->slots ? config->capacity_hint : store->slots;
  int code = init_index(store, hint, error);
  if (code) return code;
  if (store->header.clean) {
    // A new store has no snapshot yet, and nothing to scan.
    if (store->header.next_free_offset == RECORDS_OFFSET) return 0;
    code = snapshot_load(store);
    if (code == 0) return 0;
    if (code == -ENOMEM) return error_set(error, code, "no memory for the index");
    free_bitmaps(store);
    keydir_free(&store->keydir);
    uint64_t expected = backed_slots(store->fd, store->slots, store->record_size);
    code = init_index(store, store->header.entry_count < expected ? store->header.entry_count : expected, error);
    if (code) return code;
    store->index_rebuilt = true;
  }
  return recover(store, !store->header.clean, error);
}

static int repair_header(struct store *store, struct error *error) {
  int code = store->read_only ? 0 : header_repair(store);
  return code ? error_set(error, code, "cannot repair the header: %s", strerror(-code)) : 0;
}

static int open_io(struct store *store, const struct store_config *config, struct error *error) {
  uint64_t bytes;
  int code = file_size(store->fd, &bytes);
  if (code) return error_set(error, code, "cannot read the size: %s", strerror(-code));
  struct io_settings settings = {
      .engine = store->engine,
      .options = &store->options,
      .sync = config->sync,
      .record_size = store->record_size,
      .size = file_bytes_for(store->slots, store->record_size),
      .read_only = store->read_only,
  };
  store->limits = (struct io_limits){.alignment = 1};
  code = store->io->open(&store->file, &store->limits, store->fd, &settings, error);
  if (code) {
    store->file = NULL;
    return code;
  }
  uint32_t alignment = store->limits.alignment;
  store->span = store->record_size > alignment ? store->record_size : alignment;
  if (alignment == 1) return 0;
  void *block;
  if (posix_memalign(&block, FILE_ALIGNMENT, alignment)) return error_set(error, -ENOMEM, "no memory for a block");
  store->block = block;
  return 0;
}

static void read_options(struct store *store, const struct store_config *config) {
  store->options = config->options;
  store->policy = config->sync;
  store->read_only = config->read_only;
  store->disposable = config->disposable;
  store->prefetch = store->io->prefetch && registry_option(store->engine, &store->options, "prefetch");
  store->verify = registry_option(store->engine, &store->options, "verify");
  store->linear = registry_option(store->engine, &store->options, "lookup") == 1;
  store->alone_by_map = store->io->map && !store->linear && !store->prefetch;
  store->grow_step = registry_option(store->engine, &store->options, "grow_step");
  store->fill_write = registry_option(store->engine, &store->options, "fill_write");
}

// Nothing of it is open yet.
static int store_new(const char *path, struct store **out, struct error *error) {
  struct store *store = aligned_alloc(64, (sizeof *store + 63) / 64 * 64);
  if (!store) return error_set(error, -ENOMEM, "no memory for a store");
  *store = (struct store){.lock_fd = -1, .fd = -1};
  int code = init_parts(store, error);
  if (code) {
    free(store);
    return code;
  }
  store->path = strdup(path);
  if (!store->path || forks_add(&store->forks, become_foreign, store)) {
    store_free(store);
    return error_set(error, -ENOMEM, "no memory for a path");
  }
  *out = store;
  return 0;
}

// For `check`: the index of a file as its records tell it, without opening it as a store.
int slot_survey(const char *path, int fd, const struct header *header, uint64_t slots, struct store **out,
                struct error *error) {
  struct store *store = NULL;
  int code = store_new(path, &store, error);
  if (!store) return code;
  store->header = *header;
  store->record_size = header->record_size;
  store->slots = slots;
  store->read_only = true;
  store->fd = fd;
  uint64_t expected = backed_slots(fd, slots, header->record_size);
  code = init_index(store, header->entry_count < expected ? header->entry_count : expected, error);
  if (!code) code = recover(store, false, error);
  if (code)
    slot_survey_end(store);
  else
    *out = store;
  return code;
}

void slot_survey_end(struct store *store) {
  store->fd = -1;  // the caller's
  store_free(store);
}

static int check_config(const struct store_config *config, struct error *error) {
  if (config->record_size && !record_size_allowed(config->record_size))
    return error_set(error, -EINVAL,
                     "record size %u; use a power of two from 64 to 4096 or a multiple of 4096 to 1 MiB",
                     config->record_size);
  return 0;
}

static int create_if_asked(struct store *store, const struct store_config *config, struct error *error) {
  if (!config->create) return 0;
  struct stat status;
  if (!config->exclusive && lstat(store->path, &status) == 0) return 0;
  if (config->read_only) return error_set(error, -EINVAL, "a store cannot be created read-only; open it for writing");
  int code = create_store_file(store->path, config, &store->lock_fd, error);
  return code == -EEXIST && !config->exclusive ? 0 : code;
}

int slot_store_open(const char *path, const struct store_config *config, const struct engine *engine,
                    const struct io_ops *io, struct store **out, struct error *error) {
  struct store *store = NULL;
  int code = check_config(config, error);
  if (!code) code = store_new(path, &store, error);
  if (!store) return code;
  store->engine = engine;
  store->io = io;
  read_options(store, config);
  code = create_if_asked(store, config, error);
  bool created = store->lock_fd >= 0;
  if (!code) code = open_files(store, error);
  if (!code) code = read_header(store, config, error);
  if (!code) code = load_index(store, config, error);
  if (!code) code = check_counters(store, error);
  if (!code) code = repair_header(store, error);
  if (!code) code = open_io(store, config, error);
  if (!code) code = interval_start(store);
  if (code) {
    // What was made for this open goes with it: the lock has been ours all along.
    if (created && file_is_at(store->lock_fd, path)) (void)unlink(path);
    store_free(store);
    return code;
  }
  *out = store;
  return 0;
}

int slot_store_sync(struct store *store) {
  if (store->foreign) return -ECHILD;
  if (store->read_only) return 0;
  pthread_mutex_lock(&store->writer);
  uint64_t written = store->written, bytes;
  int error = expect_whole(store, file_bytes_for(store->slots, store->record_size), &bytes);
  pthread_mutex_unlock(&store->writer);
  if (!error) error = sync_until(store, NULL, written);
  return error ? error : atomic_load(&store->syncing.failed);
}

int slot_store_forget(struct store *store) {
  int error = slot_store_sync(store);
  if (!error && store->io->forget) error = store->io->forget(store->file);
  if (error) return error;
  uint64_t bytes;
  error = file_size(store->fd, &bytes);
  if (error) return error;
  error = store->read_only ? 0 : file_fsync(store->fd);
  if (error) {
    syncing_fail(store, error);
    return error;
  }
  return file_drop_cache(store->fd, bytes);
}

int slot_store_stat(struct store *store, struct store_stat *stat) {
  struct stat status;
  if (store->foreign) return -ECHILD;
  if (fstat(store->fd, &status)) return -errno;
  pthread_mutex_lock(&store->writer);
  *stat = (struct store_stat){
      .records = store->records,
      .capacity = store->slots,
      .record_size = store->record_size,
      .bytes_apparent = (uint64_t)status.st_size,
      .bytes_allocated = (uint64_t)status.st_blocks * 512,
      .bytes_written = store->bytes_written,
      .growths = store->growths,
      .index_bytes = keydir_bytes(&store->keydir) + 4 * bitmap_bytes(&store->used) +
                     store->pending.capacity * sizeof *store->pending.ring,
      .tombstones = store->tombs.set,
      .recovered = store->recovered,
      .corrupt = store->corrupt,
      .queue_depth = store->io->submit ? (uint32_t)registry_option(store->engine, &store->options, "depth") : 0,
      .in_flight_sum = atomic_load(&store->in_flight_sum),
      .in_flight_count = atomic_load(&store->in_flight_count),
  };
  pthread_mutex_lock(&store->syncing.lock);
  stat->syncs = store->syncing.count;
  stat->window_max_ns = store->syncing.window_max_ns;
  pthread_mutex_unlock(&store->syncing.lock);
  pthread_mutex_unlock(&store->writer);
  return 0;
}
