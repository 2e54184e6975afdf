// SPDX-License-Identifier: MIT
// Memory pressure: how it is set up, and the proof.
#include "harness/pressure.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/cache.h"
#include "harness/store_files.h"

// The kernel counts charges in batches of 64 pages a processor, and cleans some more pages up than it must.
enum { BATCH_PAGES = 64, SLACK = 1 << 20 };
static const double stays_below = 0.01;  // share of the file that may survive the drop, and so be charged elsewhere
// Of the bytes that could be cached, those that may be missing: reclaim takes whole folios, up to 2 MiB each, and page
// cache costs kernel memory of its own. A file well below the limit stays whole.
static const double may_miss = 0.25, folio = 2 << 20, whole_from = 0.99, well_below = 0.9;

static uint64_t slack(void) {
  long processors = sysconf(_SC_NPROCESSORS_CONF), page = sysconf(_SC_PAGESIZE);
  return SLACK + BATCH_PAGES * (uint64_t)processors * (uint64_t)page;
}

// Bytes of the file in the page cache, whoever they are charged to, and its size.
static int cached_bytes(const char *path, uint64_t *cached, uint64_t *size) {
  int code = store_files_size(path, size);
  return code ? code : cache_bytes(path, cached);
}

static int set_limit(struct pressure *pressure, uint64_t wanted, struct error *error) {
  uint64_t file;
  int code = memory_group_usage(&pressure->group, &file, &pressure->own);
  if (code) return error_set(error, -EBUSY, "cache=%s: memory.stat of the group: %s", pressure->name, strerror(-code));
  pressure->wanted = wanted;
  pressure->limit = pressure->own + wanted;
  code = memory_group_limit(&pressure->group, pressure->limit);
  if (!code) return 0;
  return error_set(error, -EBUSY, "cache=%s: a limit of %" PRIu64 " bytes cannot be set by %s: %s", pressure->name,
                   pressure->limit, memory_method_name(pressure->group.method), strerror(-code));
}

// What contradicts the limit, or NULL.
static const char *contradiction(const struct pressure *pressure, uint64_t cached, uint64_t charged, uint64_t size) {
  if (cached > pressure->limit + slack()) return "more of the file is in the page cache than the limit allows";
  if ((double)cached > (double)(charged + slack()) + stays_below * (double)size)
    return "pages of the file are charged to another group";
  return NULL;
}

// Where the space begins that was set aside and never written to, at the end of the file.
static int find_end(int fd, off_t *end) {
  off_t data = 0, hole = 0;
  while ((data = lseek(fd, hole, SEEK_DATA)) >= 0) {
    hole = lseek(fd, data, SEEK_HOLE);
    if (hole < 0) return -errno;
  }
  if (errno == EINVAL) hole = lseek(fd, 0, SEEK_END);  // the file system cannot tell
  *end = hole;
  return errno == ENXIO || errno == EINVAL ? 0 : -errno;
}

// Reads all that was written, so that the cache is full, and of nothing else. The second half comes first: read-ahead
// runs megabytes past the end, into pages that no operation wants and that are thrown out again; at the end of the
// first half it finds the second.
static int fill_from(const char *path, void *user) {
  uint64_t *written = user;
  off_t end = 0;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  int code = find_end(fd, &end);
  uint64_t bytes = (uint64_t)end;
  *written += bytes;
  if (!code) code = cache_read(path, bytes / 2, bytes);
  if (!code) code = -posix_fadvise(fd, end, 0, POSIX_FADV_DONTNEED);
  close(fd);
  return code ? code : cache_read(path, 0, bytes / 2);
}

static int fill_cache(const char *path, uint64_t *written) {
  *written = 0;
  return store_files_each(path, fill_from, written);
}

// `written`: bytes of the file that hold something.
static int prove(struct pressure *pressure, const char *path, uint64_t written, struct error *error) {
  uint64_t cached = 0, size = 0, own;
  int code = cached_bytes(path, &cached, &size);
  if (!code) code = memory_group_usage(&pressure->group, &pressure->charged_before, &own);
  if (code)
    return error_set(error, -EBUSY, "cache=%s: cannot tell what is cached: %s", pressure->name, strerror(-code));
  const char *wrong = contradiction(pressure, cached, pressure->charged_before, size);
  if (wrong)
    return error_set(error, -EBUSY, "cache=%s: %s; keep other programs from reading %s", pressure->name, wrong, path);
  if (!pressure->full) return 0;  // that it is empty was seen before the limit was set
  bool fits = (double)written < well_below * (double)pressure->wanted;
  double full = (double)pressure->wanted - fmax(folio, may_miss * (double)pressure->wanted);
  double least = fits ? whole_from * (double)written : full;
  if ((double)cached >= least || (double)cached >= whole_from * (double)written) return 0;
  return error_set(error, -EBUSY,
                   "cache=%s: only %" PRIu64 " bytes of %s stay in the page cache where %" PRIu64
                   " may; free memory, or use less of it",
                   pressure->name, cached, path, pressure->wanted);
}

int pressure_set(struct pressure *pressure, enum cache_state state, uint64_t wanted, const struct engine *engine,
                 struct store *store, const char *path, struct error *error) {
  double share = 1;
  uint64_t written = 0;
  pressure->name = cache_state_name(state);
  pressure->full = state == CACHE_PRESSURE;
  if (pressure->group.method == MEMORY_UNLIMITED)
    return error_set(error, -EBUSY, "cache=%s: nothing limits this process's memory", pressure->name);
  int code = cache_empty(engine, store, path, &share, error);
  if (code) return code;
  if (share >= stays_below)
    return error_set(error, -EBUSY,
                     "cache=%s: %.1f%% of %s stays in the page cache, charged to others; use --dir with a folder "
                     "on a disk, and close what maps the file",
                     pressure->name, share * 100, path);
  code = set_limit(pressure, wanted, error);
  if (code) return code;
  code = pressure->full ? fill_cache(path, &written) : 0;
  if (code) return error_set(error, code, "%s: cannot read it into the page cache: %s", path, strerror(-code));
  code = prove(pressure, path, written, error);
  pressure->set = !code;
  return code;
}

const char *pressure_check_after(struct pressure *pressure, const char *path) {
  uint64_t cached = 0, size = 0, own = 0;
  if (cached_bytes(path, &cached, &size) || memory_group_usage(&pressure->group, &pressure->charged_after, &own))
    return "what is cached could not be read";
  const char *wrong = contradiction(pressure, cached, pressure->charged_after, size);
  return memory_group_limit(&pressure->group, UINT64_MAX) ? "the limit cannot be lifted" : wrong;
}
