// SPDX-License-Identifier: MIT
// Moves bytes by loads and stores through a map of the file.
//
// What the kernel does matters here more than the few lines below:
// - A load of a page that is in the page cache but not in this page table costs a minor fault (the kernel maps up to 16
//   neighbours with it); one of a page that is not cached reads it, and by default advice reads ahead around it.
// - A first store to a page makes it writable by a fault, and marks the whole folio dirty, which may be far larger than
//   a page: msync then writes all of it. `write=pwrite` dirties the blocks written only, as LMDB and bbolt do.
// - msync(MS_SYNC) is fdatasync over a range: it covers what the page cache holds there, also what pwrite put there.
//   msync(MS_ASYNC) does nothing since Linux 2.6.19. MS_INVALIDATE only fails on locked pages.
// - Stores to a hole or beyond the end raise SIGBUS when the disk is full or the file was cut: the store allocates
//   before it maps, and every copy runs under the guard.
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engines/native.h"
#include "engines/registry.h"
#include "engines/slots/file.h"
#include "engines/slots/guard.h"
#include "engines/slots/settings.h"
#include "engines/slots/store.h"
#include "engines/slots/ways.h"

enum advice_choice { ADVICE_NORMAL, ADVICE_RANDOM, ADVICE_SEQUENTIAL };
enum write_choice { WRITE_MAP, WRITE_PWRITE };
enum grow_choice { GROW_RESERVE, GROW_MREMAP, GROW_REMAP };
enum msync_choice { MSYNC_RANGE, MSYNC_WHOLE };
enum prefetch_choice { PREFETCH_OFF, PREFETCH_WILLNEED, PREFETCH_POPULATE };
enum map_choice { MAP_CHOICE_SHARED, MAP_CHOICE_PRIVATE };

#define RESERVE_BYTES (1ull << 40)    // of address space, which costs nothing until it is mapped
#define HUGE_PAGE_BYTES (2ull << 20)  // a huge page needs file offset and address to be aligned alike

struct io_file {
  int fd;  // the store's
  int protection, map_flags;
  enum advice_choice advice;
  enum write_choice write;
  enum grow_choice grow;
  enum prefetch_choice prefetch;
  bool read_only, populate, huge, whole;
  int msync_flags;  // MS_INVALIDATE or 0
  size_t page;      // bytes
  size_t reserved;  // GROW_RESERVE: bytes of address space at `space`
  void *space;      // GROW_RESERVE: what munmap must be given (the window begins at the first huge page in it)
  size_t space_bytes;
  char *_Atomic base;
  _Atomic size_t length;  // under GROW_RESERVE it grows while readers are inside
};

struct io_session {
  struct io_file *file;
  struct guard_stack *guard;
};

struct copy {
  void *to;
  const void *from;
  size_t length;
};

static size_t round_up(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

static size_t window_length(struct io_file *file) { return atomic_load_explicit(&file->length, memory_order_acquire); }
static char *window_base(struct io_file *file) { return atomic_load_explicit(&file->base, memory_order_relaxed); }

static void set_window(struct io_file *file, char *base, uint64_t length) {
  atomic_store_explicit(&file->base, base, memory_order_relaxed);
  atomic_store_explicit(&file->length, length, memory_order_release);
}

// Advice belongs to the mapping, so every new mapping needs it again.
static int advise(struct io_file *file, char *start, size_t length) {
  static const int advices[] = {MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL};
  if (file->advice != ADVICE_NORMAL && madvise(start, length, advices[file->advice])) return -errno;
  if (file->huge && madvise(start, length, MADV_HUGEPAGE)) return -errno;
  // Not MAP_POPULATE: that one fails silently.
  if (file->populate && madvise(start, length, MADV_POPULATE_READ)) return -errno;
  return 0;
}

static int map_anywhere(struct io_file *file, uint64_t size, char **base) {
  char *start = mmap(NULL, size, file->protection, file->map_flags, file->fd, 0);
  if (start == MAP_FAILED) return -errno;
  int error = advise(file, start, size);
  if (error) {
    munmap(start, size);
    return error;
  }
  *base = start;
  return 0;
}

// Puts the file over [from, size) of the reserved range.
static int map_reserved(struct io_file *file, char *base, uint64_t from, uint64_t size) {
  uint64_t first = from / file->page * file->page;
  char *start = base + first;
  if (mmap(start, size - first, file->protection, file->map_flags | MAP_FIXED, file->fd, (off_t)first) == MAP_FAILED)
    return -errno;
  return advise(file, start, size - first);
}

static int unmap_reserved(struct io_file *file, char *base, uint64_t from, uint64_t to) {
  size_t first = round_up(from, file->page), end = round_up(to, file->page);
  if (first >= end) return 0;
  void *hole =
      mmap(base + first, end - first, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  return hole == MAP_FAILED ? -errno : 0;
}

// Takes as much address space as the kernel (or RLIMIT_AS) gives, at least for `size`, and maps the file at its start.
static int reserve(struct io_file *file, uint64_t size) {
  size_t least = round_up(size, HUGE_PAGE_BYTES) + HUGE_PAGE_BYTES;
  size_t bytes = least > RESERVE_BYTES ? least : RESERVE_BYTES;
  void *space;
  while ((space = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) == MAP_FAILED) {
    if (errno != ENOMEM || bytes == least) return -errno;
    bytes = bytes / 2 > least ? bytes / 2 : least;
  }
  char *base = (char *)space + (HUGE_PAGE_BYTES - (uintptr_t)space % HUGE_PAGE_BYTES) % HUGE_PAGE_BYTES;
  int error = map_reserved(file, base, 0, size);
  if (error) {
    munmap(space, bytes);
    return error;
  }
  file->space = space;
  file->space_bytes = bytes;
  file->reserved = bytes - (size_t)(base - (char *)space);
  set_window(file, base, size);
  return 0;
}

static int resize_reserved(struct io_file *file, uint64_t old_size, uint64_t new_size) {
  char *base = window_base(file);
  if (new_size > file->reserved) {
    void *old_space = file->space;
    size_t old_bytes = file->space_bytes;
    int error = reserve(file, new_size);
    if (!error) munmap(old_space, old_bytes);
    return error;
  }
  if (new_size < old_size) {
    int error = unmap_reserved(file, base, new_size, old_size);
    if (error) return error;
  } else {
    int error = map_reserved(file, base, old_size, new_size);
    if (error) {
      int undo = unmap_reserved(file, base, old_size, new_size);
      (void)undo;  // what stays mapped there is not in the window: nobody touches it
      return error;
    }
  }
  set_window(file, base, new_size);
  return 0;
}

static int resize_by_mremap(struct io_file *file, uint64_t old_size, uint64_t new_size) {
  char *moved = mremap(window_base(file), old_size, new_size, MREMAP_MAYMOVE);
  if (moved == MAP_FAILED) return -errno;
  // The advice moved along with the mapping; only pages that are new are to be populated.
  int error = 0;
  if (file->populate && new_size > old_size) {
    uint64_t first = old_size / file->page * file->page;
    if (madvise(moved + first, new_size - first, MADV_POPULATE_READ)) error = -errno;
  }
  if (error && mremap(moved, new_size, old_size, 0) == MAP_FAILED) error = -errno;  // shrinks in place
  set_window(file, moved, error ? old_size : new_size);
  return error;
}

// The lecture unmaps first. Mapping first costs the same calls, and leaves the old window in place when it fails.
static int resize_by_remap(struct io_file *file, uint64_t old_size, uint64_t new_size) {
  char *old_base = window_base(file), *base = NULL;
  int error = map_anywhere(file, new_size, &base);
  if (error) return error;
  munmap(old_base, old_size);
  set_window(file, base, new_size);
  return 0;
}

static bool mmap_resize_moves(struct io_file *file, uint64_t old_size, uint64_t new_size) {
  return file->grow != GROW_RESERVE || new_size < old_size || new_size > file->reserved;
}

static int mmap_resize(struct io_file *file, uint64_t old_size, uint64_t new_size) {
  if (old_size != window_length(file) || new_size == 0) return -EINVAL;
  if (new_size == old_size) return 0;
  switch (file->grow) {
    case GROW_RESERVE:
      return resize_reserved(file, old_size, new_size);
    case GROW_MREMAP:
      return resize_by_mremap(file, old_size, new_size);
    case GROW_REMAP:
      return resize_by_remap(file, old_size, new_size);
  }
  return -EINVAL;
}

static int refuse_contradictions(const struct io_file *file, bool private, struct error *error) {
  if (private && !file->read_only)
    return error_set(error, -EINVAL, "map=private keeps writes to itself; open the store read-only, or use map=shared");
  if (file->write == WRITE_PWRITE && (file->whole || file->msync_flags))
    return error_set(error, -EINVAL,
                     "write=pwrite syncs by fdatasync; leave out msync=whole and invalidate, or use write=map");
  return 0;
}

static void read_options(struct io_file *file, const struct io_settings *settings) {
  const struct engine *engine = settings->engine;
  const struct engine_options *options = settings->options;
  file->advice = (enum advice_choice)registry_option(engine, options, "advice");
  file->populate = registry_option(engine, options, "populate");
  file->huge = registry_option(engine, options, "huge");
  file->write = (enum write_choice)registry_option(engine, options, "write");
  file->grow = (enum grow_choice)registry_option(engine, options, "grow");
  file->whole = registry_option(engine, options, "msync") == MSYNC_WHOLE;
  file->msync_flags = registry_option(engine, options, "invalidate") ? MS_INVALIDATE : 0;
  file->prefetch = (enum prefetch_choice)registry_option(engine, options, "prefetch");
  bool private = registry_option(engine, options, "map") == MAP_CHOICE_PRIVATE;
  file->map_flags = private ? MAP_PRIVATE : MAP_SHARED;
  file->read_only = settings->read_only;
  bool stores = !file->read_only && file->write == WRITE_MAP;
  file->protection = stores ? PROT_READ | PROT_WRITE : PROT_READ;
}

static int map_first(struct io_file *file, uint64_t size, struct error *error) {
  int failed;
  if (file->grow == GROW_RESERVE) {
    failed = reserve(file, size);
  } else {
    char *base = NULL;
    failed = map_anywhere(file, size, &base);
    if (!failed) set_window(file, base, size);
  }
  if (failed == -EINVAL && (file->huge || file->populate))
    return error_set(error, failed, "the kernel refuses %s on this map (%s); leave the option out",
                     file->huge ? "huge (MADV_HUGEPAGE)" : "populate (MADV_POPULATE_READ, since Linux 5.14)",
                     strerror(-failed));
  if (failed) return error_set(error, failed, "cannot map the file: %s", strerror(-failed));
  return 0;
}

static int mmap_close(struct io_file *file) {
  int error = 0;
  void *start = file->grow == GROW_RESERVE ? file->space : window_base(file);
  size_t bytes = file->grow == GROW_RESERVE ? file->space_bytes : window_length(file);
  if (munmap(start, bytes)) error = -errno;
  free(file);
  return error;
}

// A page that cannot be read in says so when it is read, for its own operation.
static int prefetch_run(struct io_file *file, uint64_t first, uint64_t end) {
  int advice = file->prefetch == PREFETCH_WILLNEED ? MADV_WILLNEED : MADV_POPULATE_READ;
  if (madvise(window_base(file) + first, end - first, advice) == 0) return 0;
  return errno == EFAULT || errno == EHWPOISON ? 0 : -errno;
}

// The kernel says whether it knows an advice only when it is given.
static int try_prefetch(struct io_file *file, struct error *error) {
  int failed = file->prefetch == PREFETCH_OFF ? 0 : prefetch_run(file, 0, file->page);
  if (!failed) return 0;
  return error_set(error, failed, "the kernel refuses prefetch=%s on this map (%s); leave the option out",
                   file->prefetch == PREFETCH_WILLNEED ? "willneed" : "populate (MADV_POPULATE_READ, since Linux 5.14)",
                   strerror(-failed));
}

static int mmap_open(struct io_file **out, struct io_limits *limits, int fd, const struct io_settings *settings,
                     struct error *error) {
  if (settings->size == 0) return error_set(error, -EINVAL, "cannot map an empty file");
  struct io_file *file = calloc(1, sizeof *file);
  if (!file) return error_set(error, -ENOMEM, "out of memory");
  file->fd = fd;
  file->page = (size_t)sysconf(_SC_PAGESIZE);
  read_options(file, settings);
  int failed = refuse_contradictions(file, file->map_flags == MAP_PRIVATE, error);
  if (!failed) failed = map_first(file, settings->size, error);
  if (failed) {
    free(file);
    return failed;
  }
  failed = try_prefetch(file, error);
  if (failed) {
    int unmapped = mmap_close(file);
    (void)unmapped;  // the error that matters is the first one
    return failed;
  }
  *limits = (struct io_limits){.alignment = 1, .durable = IO_DURABLE_NEVER};
  *out = file;
  return 0;
}

static int mmap_session_open(struct io_file *file, const struct io_buffers *buffers, struct io_session **out,
                             uint32_t *depth) {
  (void)buffers;  // the kernel needs none
  struct io_session *session = calloc(1, sizeof *session);
  if (!session) return -ENOMEM;
  session->file = file;
  int error = guard_enter(&session->guard);
  if (error) {
    free(session);
    return error;
  }
  *depth = 1;
  *out = session;
  return 0;
}

static int mmap_session_close(struct io_session *session) {
  guard_leave(session->guard);
  free(session);
  return 0;
}

static int copy_bytes(void *argument) {
  const struct copy *copy = argument;
  memcpy(copy->to, copy->from, copy->length);
  return 0;
}

static bool inside(struct io_file *file, uint64_t offset, uint64_t length) {
  size_t end = window_length(file);
  return offset <= end && length <= end - offset;
}

static int mmap_read(struct io_session *session, void *buffer, size_t length, uint64_t offset) {
  struct io_file *file = session->file;
  if (!inside(file, offset, length)) return -EIO;
  const char *from = window_base(file) + offset;
  return guard_run(from, length, copy_bytes, &(struct copy){buffer, from, length});
}

static int mmap_write(struct io_session *session, const void *buffer, size_t length, uint64_t offset, unsigned flags) {
  struct io_file *file = session->file;
  if (file->read_only) return -EROFS;
  if (!inside(file, offset, length)) return -EIO;
  if (file->write == WRITE_PWRITE || flags & IO_BY_CALL) return file_write(file->fd, buffer, length, offset, 0);
  char *to = window_base(file) + offset;
  return guard_run(to, length, copy_bytes, &(struct copy){to, buffer, length});
}

static int mmap_map(struct io_file *file, struct io_map *map) {
  map->length = window_length(file);
  map->base = window_base(file);
  return 0;
}

// One call for each run of neighbouring pages, in the order given: a system call costs more than a page.
static int mmap_prefetch(struct io_file *file, const uint64_t *offsets, uint32_t length, size_t count) {
  if (file->prefetch == PREFETCH_OFF) return 0;
  uint64_t run_first = 0, run_end = 0;
  for (size_t i = 0; i < count; i++) {
    if (!inside(file, offsets[i], length)) return -EINVAL;
    uint64_t first = offsets[i] / file->page * file->page;
    uint64_t end = round_up(offsets[i] + length, file->page);
    if (first >= run_first && first <= run_end && run_end > 0) {
      run_end = end > run_end ? end : run_end;
      continue;
    }
    int error = run_end > 0 ? prefetch_run(file, run_first, run_end) : 0;
    if (error) return error;
    run_first = first;
    run_end = end;
  }
  return run_end > 0 ? prefetch_run(file, run_first, run_end) : 0;
}

static int mmap_sync(struct io_file *file, struct io_session *session, uint64_t offset, uint64_t length, bool wait) {
  (void)session;
  if (!inside(file, offset, length)) return -EINVAL;  // clipping would sync less than was promised
  if (file->write == WRITE_PWRITE)
    return wait ? file_fdatasync(file->fd) : file_start_writeback(file->fd, offset, length);
  uint64_t first = file->whole ? 0 : offset / file->page * file->page;
  uint64_t end = file->whole ? window_length(file) : offset + length;
  if (end == first) return 0;
  // msync rounds the end up to whole pages itself.
  while (msync(window_base(file) + first, end - first, (wait ? MS_SYNC : MS_ASYNC) | file->msync_flags)) {
    if (errno != EINTR) return -errno;
  }
  return 0;
}

static int mmap_forget(struct io_file *file) {
  // On a shared map this drops the page table entries only; dirty pages stay in the page cache.
  return madvise(window_base(file), window_length(file), MADV_DONTNEED) ? -errno : 0;
}

static int mmap_settings(struct io_session *session, setting_fn tell, void *user) {
  struct io_file *file = session->file;
  return settings_tell_map(window_base(file), window_length(file), tell, user);
}

const struct io_ops mmap_io = {
    .open = mmap_open,
    .close = mmap_close,
    .session_open = mmap_session_open,
    .session_close = mmap_session_close,
    .read = mmap_read,
    .write = mmap_write,
    .map = mmap_map,
    .prefetch = mmap_prefetch,
    .resize_moves = mmap_resize_moves,
    .resize = mmap_resize,
    .sync = mmap_sync,
    .forget = mmap_forget,
    .settings = mmap_settings,
};

#define POLICIES(call, async)                                                                                          \
  {                                                                                                                    \
    [SYNC_NONE] = "nothing: the kernel writes back when it likes", [SYNC_ASYNC] = (async " after each batch of puts"), \
    [SYNC_EVERY] = (call " after every N puts"), [SYNC_INTERVAL] = (call " on a timer"),                               \
    [SYNC_ALWAYS] = (call " after each put (one for a batch)")                                                         \
  }
#define MSYNC_POLICIES(flags, what) \
  POLICIES("msync(MS_SYNC" flags ") of " what, "msync(MS_ASYNC" flags ") (does nothing since Linux 2.6.19)")

static const struct engine_option options[] = {
    {"advice", OPTION_CHOICE, "normal/random/sequential", "normal", 0, 0, "madvise of the map: how far to read ahead"},
    {"populate", OPTION_BOOL, NULL, "off", 0, 0, "fill the page table when mapping (MADV_POPULATE_READ)"},
    {"huge", OPTION_BOOL, NULL, "off", 0, 0, "ask for huge pages (MADV_HUGEPAGE)"},
    {"write", OPTION_CHOICE, "map/pwrite", "map", 0, 0, "write by stores into the map, or by pwrite beside it"},
    {"grow", OPTION_CHOICE, "reserve/mremap/remap", "reserve", 0, 0,
     "follow a growing file in address space kept for it, by mremap, or by mapping anew"},
    {"msync", OPTION_CHOICE, "range/whole", "range", 0, 0, "sync the pages written, or the whole map"},
    {"invalidate", OPTION_BOOL, NULL, "off", 0, 0, "add MS_INVALIDATE to msync"},
    {"prefetch", OPTION_CHOICE, "off/willneed/populate", "off", 0, 0,
     "tell the kernel the pages of a batch before reading (MADV_WILLNEED, MADV_POPULATE_READ)"},
    {"map", OPTION_CHOICE, "shared/private", "shared", 0, 0, "MAP_SHARED or MAP_PRIVATE (read-only stores)"},
    SLOT_STORE_OPTIONS,
    {0},
};

static int open_store(const char *path, const struct store_config *config, struct store **store, struct error *error) {
  return slot_store_open(path, config, &engine_mmap, &mmap_io, store, error);
}

static int probe(const char *folder, const struct store_config *config, struct error *error) {
  return slot_store_probe(folder, config, &engine_mmap, &mmap_io, error);
}

static const char *durability(const struct store_config *config) {
  static const char *const by_pwrite[SYNC_KINDS] =
      POLICIES("fdatasync", "sync_file_range(SYNC_FILE_RANGE_WRITE), which waits for nothing,");
  static const char *const by_msync[2][2][SYNC_KINDS] = {
      // [whole][invalidate]
      {MSYNC_POLICIES("", "the pages written"), MSYNC_POLICIES("|MS_INVALIDATE", "the pages written")},
      {MSYNC_POLICIES("", "the whole map"), MSYNC_POLICIES("|MS_INVALIDATE", "the whole map")},
  };
  const struct engine_options *in_effect = &config->options;
  if (registry_option(&engine_mmap, in_effect, "write") == WRITE_PWRITE) return by_pwrite[config->sync.kind];
  bool whole = registry_option(&engine_mmap, in_effect, "msync") == MSYNC_WHOLE;
  bool invalidate = registry_option(&engine_mmap, in_effect, "invalidate");
  return by_msync[whole][invalidate][config->sync.kind];
}

const struct engine engine_mmap = {
    .api = ENGINE_API,
    .name = "mmap",
    .label = "mmap",
    .summary = "loads and stores through a map of the file; lends pointers",
    .caps = CAP_LEND | CAP_SHARED_FORMAT | CAP_PROCESSES | CAP_PERSISTENT,
    .options = options,
    .durability = durability,
    .probe = probe,
    .open = open_store,
    .close = slot_store_close,
    .session_open = slot_store_session_open,
    .session_close = slot_store_session_close,
    .submit = slot_store_submit,
    .reap = slot_store_reap,
    .scan = slot_store_scan,
    .sync = slot_store_sync,
    .forget = slot_store_forget,
    .compact = slot_store_compact,
    .stat = slot_store_stat,
    .settings = slot_store_settings,
};
