// SPDX-License-Identifier: MIT
// Cache states on real files and real stores: each is reached, and the proof would have noticed if it were not.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/registry.h"
#include "harness/cache.h"
#include "workloads/client.h"

enum { MIB = 1 << 20, RECORDS = 32768, TMPFS = 0x01021994 };

static int make_folder(void **state) {
  char *folder;
  const char *parent = getenv("TEST_DIR");
  if (asprintf(&folder, "%s/cache.XXXXXX", parent ? parent : "/tmp") < 0 || !mkdtemp(folder)) return -1;
  *state = folder;
  return 0;
}

static int remove_folder(void **state) {
  char *folder = *state;
  int failed = rmdir(folder);
  free(folder);
  return failed;
}

static bool in_memory(const char *path) {
  struct statfs stat;
  assert_int_equal(statfs(path, &stat), 0);
  return stat.f_type == TMPFS;
}

static void join(char *path, const char *folder, const char *name) {
  assert_true(snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX);
}

static void write_file(const char *path, size_t bytes) {
  char *zeros = calloc(1, bytes ? bytes : 1);
  assert_non_null(zeros);
  int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, zeros, bytes), bytes);
  close(fd);
  free(zeros);
}

static double residency(const char *path) {
  double share = -1;
  assert_int_equal(cache_residency(path, &share), 0);
  return share;
}

// Looks at pages that are mapped and touched, which stay whoever drops pages just then.
static void test_residency_follows_the_page_cache(void **state) {
  char path[PATH_MAX];
  join(path, *state, "file");
  write_file(path, 4 * MIB);
  bool droppable = !in_memory(path);
  if (droppable) {
    assert_int_equal(cache_drop(path), 0);
    assert_true(residency(path) == 0);
  }
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  volatile const char *map = mmap(NULL, 4 * MIB, PROT_READ, MAP_SHARED, fd, 0);
  assert_true(map != MAP_FAILED);
  close(fd);
  assert_int_equal(madvise((void *)map, 4 * MIB, MADV_RANDOM), 0);  // no read-ahead
  (void)map[0];
  double share = residency(path);
  if (droppable) assert_true(share > 0 && share < 0.1);
  for (size_t i = 0; i < 4 * MIB; i += 4096) (void)map[i];
  assert_true(residency(path) == 1);
  assert_int_equal(munmap((void *)map, 4 * MIB), 0);
  assert_int_equal(unlink(path), 0);
}

static void test_residency_of_what_is_no_data_file(void **state) {
  char path[PATH_MAX];
  double share;
  join(path, *state, "file");
  assert_int_equal(cache_residency(path, &share), -ENOENT);
  assert_int_equal(cache_residency(*state, &share), -ENODATA);  // a store may be a folder; this one has no files
  write_file(path, 0);
  assert_int_equal(cache_residency(path, &share), -ENODATA);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(mkfifo(path, 0600), 0);
  assert_int_equal(cache_residency(path, &share), -EINVAL);  // and no hang
  assert_int_equal(unlink(path), 0);
}

static void test_mapped_counts_touched_pages(void **state) {
  char path[PATH_MAX];
  uint64_t bytes;
  unsigned maps;
  join(path, *state, "a file (with spaces)");
  write_file(path, 4 * MIB);
  assert_int_equal(cache_mapped(path, &bytes, &maps), 0);
  assert_int_equal(maps, 0);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  volatile const char *map = mmap(NULL, 4 * MIB, PROT_READ, MAP_SHARED, fd, 0);
  assert_true(map != MAP_FAILED);
  assert_int_equal(cache_mapped(path, &bytes, &maps), 0);
  assert_int_equal(maps, 1);
  assert_int_equal(bytes, 0);
  for (size_t i = 0; i < 2 * MIB; i += 4096) (void)map[i];
  assert_int_equal(cache_mapped(path, &bytes, &maps), 0);
  assert_in_range(bytes, 2 * MIB, 4 * MIB);
  assert_int_equal(munmap((void *)map, 4 * MIB), 0);
  assert_int_equal(cache_mapped(path, &bytes, &maps), 0);
  assert_int_equal(maps, 0);
  close(fd);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(cache_mapped(path, &bytes, &maps), -ENOENT);
}

static struct store *make_store_of(uint64_t records, const struct engine *engine, const char *path,
                                   struct store_config *config) {
  struct workload workload = {
      .operation = OPERATION_GET, .records = records, .value_size = 64, .batch = 1, .depth = 1, .threads = 1};
  struct error error = {0};
  struct store *store;
  config->record_size = 256;
  config->capacity_hint = records;
  config->create = true;
  if (engine->open(path, config, &store, &error) != 0) fail_msg("%s: %s", engine->name, error.text);
  if (client_fill(&workload, engine, store, &error) != 0) fail_msg("%s: %s", engine->name, error.text);
  return store;
}

static struct store *make_store(const struct engine *engine, const char *path, struct store_config *config) {
  return make_store_of(RECORDS, engine, path, config);
}

static void set(enum cache_state to, const struct engine *engine, struct store *store, const char *path) {
  struct error error = {0};
  if (cache_set(to, engine, store, path, &error) != 0)
    fail_msg("%s, %s: %s", engine->name, cache_state_name(to), error.text);
}

// Sets a state that has all in memory. Once it is set, another program may drop what nobody has mapped (drop_caches) in
// the moment before this one looks; not each time it is set.
static void set_in_memory(enum cache_state to, const struct engine *engine, struct store *store, const char *path) {
  double share = 0;
  for (int times = 0; share < 0.99 && times < 5; times++) {
    set(to, engine, store, path);
    share = residency(path);
  }
  assert_true(share >= 0.99);
}

static void check_states(const struct engine *engine, struct store *store, const char *path) {
  uint64_t bytes;
  unsigned maps;
  set(CACHE_COLD, engine, store, path);
  assert_true(residency(path) < 0.01);
  set(CACHE_ASIS, engine, store, path);
  assert_true(residency(path) < 0.01);
  set_in_memory(CACHE_WARM, engine, store, path);
  assert_int_equal(cache_mapped(path, &bytes, &maps), 0);
  assert_true(bytes < 256 * 1024);
  set_in_memory(CACHE_MAPPED, engine, store, path);
  assert_int_equal(cache_mapped(path, &bytes, &maps), 0);
  // An engine that lends pointers into its file has a map of it.
  if (engine->caps & CAP_LEND) assert_true(maps > 0);
  if (maps > 0) assert_true((double)bytes >= 0.99 * RECORDS * 256);
  set(CACHE_COLD, engine, store, path);  // out of the page table again, too
  assert_true(residency(path) < 0.01);
}

static void test_states_of_every_engine(void **state) {
  size_t count;
  const struct engine *const *engines = registry_engines(&count);
  char path[PATH_MAX];
  join(path, *state, "store");
  if (in_memory(*state)) skip();  // no page leaves the cache of such a file system
  for (size_t i = 0; i < count; i++) {
    struct store_config config = {0};
    struct error error = {0};
    registry_defaults(engines[i], &config.options);
    if (!(engines[i]->caps & CAP_PERSISTENT) || engines[i]->probe(*state, &config, &error) != 0) continue;
    struct store *store = make_store(engines[i], path, &config);
    check_states(engines[i], store, path);
    assert_int_equal(engines[i]->close(store, &error), 0);
    assert_int_equal(unlink(path), 0);
    char snapshot[PATH_MAX + 8];
    snprintf(snapshot, sizeof snapshot, "%s.index", path);
    assert_true(unlink(snapshot) == 0 || errno == ENOENT);
  }
}

static void test_engine_without_a_file_has_nothing_to_set(void **state) {
  (void)state;
  struct store_config config = {0};
  struct error error = {0};
  const struct engine *engine;
  struct store *store;
  assert_int_equal(registry_parse("null", &engine, &config, &error), 0);
  assert_int_equal(engine->open("/no/such/file", &config, &store, &error), 0);
  for (int to = CACHE_ASIS; to <= CACHE_MAPPED; to++) set((enum cache_state)to, engine, store, "/no/such/file");
  assert_int_equal(engine->close(store, &error), 0);
}

// Those who may not write to a file are told by mincore(2) that all of it is there.
static void test_residency_of_others_files_is_no_lie(void **state) {
  char path[PATH_MAX];
  int status;
  if (geteuid() != 0) skip();  // it takes another user
  join(path, *state, "file");
  write_file(path, MIB);
  if (chmod(path, 0644) != 0 || in_memory(path)) skip();
  assert_int_equal(cache_drop(path), 0);
  pid_t pid = fork();
  if (pid == 0) {
    uint64_t cached;
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", open(path, O_RDONLY));
    if (setgid(65534) != 0 || setuid(65534) != 0) _exit(77);
    int code = cache_bytes(name, &cached);  // the folder is closed to it, not the file
    _exit(code == -EPERM || (code == 0 && cached == 0) ? 0 : 1);
  }
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(status, 0);
}

// Stays mapped until the test program ends.
static void touch_whole(const char *path) {
  struct stat status = {0};
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  assert_true(fd >= 0 && fstat(fd, &status) == 0);
  volatile const char *map = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
  assert_true(map != MAP_FAILED);
  for (off_t i = 0; i < status.st_size; i += 4096) (void)map[i];
  close(fd);
}

static void test_states_on_tmpfs(void **state) {
  (void)state;
  char folder[] = "/dev/shm/storebench-test.XXXXXX", path[PATH_MAX], snapshot[PATH_MAX + 8];
  struct store_config config = {0};
  struct error error = {0};
  const struct engine *engine;
  if (access("/dev/shm", W_OK) != 0 || !in_memory("/dev/shm")) skip();
  assert_non_null(mkdtemp(folder));
  join(path, folder, "store");
  assert_int_equal(registry_parse("pread", &engine, &config, &error), 0);
  struct store *store = make_store(engine, path, &config);
  // A limit is pressure_set's: without one these would be warm under another name.
  for (int limited = CACHE_PRESSURE; limited <= CACHE_FILLING; limited++) {
    assert_int_equal(cache_set((enum cache_state)limited, engine, store, path, &error), -EOPNOTSUPP);
    assert_non_null(strstr(error.text, "no memory is limited here"));
  }
  assert_int_equal(cache_set(CACHE_COLD, engine, store, path, &error), -EBUSY);
  assert_non_null(strstr(error.text, "stays in the page cache; use --dir"));
  set(CACHE_WARM, engine, store, path);  // which it always is
  touch_whole(path);  // nothing takes it out of this process's page table, as dropping does elsewhere
  assert_int_equal(cache_set(CACHE_WARM, engine, store, path, &error), -EBUSY);
  assert_non_null(strstr(error.text, "are in the page table"));
  assert_int_equal(engine->close(store, &error), 0);
  snprintf(snapshot, sizeof snapshot, "%s.index", path);
  assert_int_equal(unlink(path), 0);
  assert_true(unlink(snapshot) == 0 || errno == ENOENT);
  assert_int_equal(rmdir(folder), 0);
}

// A store that others wrote has a few pages of its maps in use while it is open. Ours have no such excuse.
static void test_what_opening_maps_may_stay(void **state) {
  char path[PATH_MAX], snapshot[PATH_MAX + 8];
  struct store_config config = {0};
  struct error error = {0};
  const struct engine *engine;
  if (in_memory(*state)) skip();
  join(path, *state, "small");
  assert_int_equal(registry_parse("pread", &engine, &config, &error), 0);
  struct engine others = *engine;
  others.caps &= ~(uint32_t)CAP_SHARED_FORMAT;
  struct store *store = make_store(engine, path, &config);
  assert_int_equal(engine->sync(store), 0);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct stat status;
  assert_int_equal(fstat(fd, &status), 0);
  set(CACHE_COLD, engine, store, path);
  size_t length = (size_t)status.st_size / 50 / 4096 * 4096;  // 2% of it, and less than 256 KiB
  assert_in_range(length, 4096, 256 * 1024);
  volatile const char *map = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, 0);
  assert_true(map != MAP_FAILED);
  assert_int_equal(madvise((void *)map, length, MADV_RANDOM), 0);  // no pages beyond those that are touched
  for (size_t i = 0; i < length; i += 4096) (void)map[i];
  assert_int_equal(cache_set(CACHE_COLD, engine, store, path, &error), -EBUSY);
  assert_int_equal(cache_set(CACHE_WARM, engine, store, path, &error), -EBUSY);
  set(CACHE_COLD, &others, store, path);
  assert_true(residency(path) >= 0.01);
  set(CACHE_WARM, &others, store, path);
  assert_int_equal(munmap((void *)map, length), 0);
  close(fd);
  assert_int_equal(engine->close(store, &error), 0);
  assert_int_equal(unlink(path), 0);
  snprintf(snapshot, sizeof snapshot, "%s.index", path);
  assert_int_equal(unlink(snapshot), 0);
}

// But a store of which that is a good part is not cold, however few bytes they are.
static void test_a_small_store_that_stays_is_not_cold(void **state) {
  char path[PATH_MAX], snapshot[PATH_MAX + 8];
  struct store_config config = {0};
  struct error error = {0};
  const struct engine *engine;
  if (in_memory(*state)) skip();
  join(path, *state, "smaller");
  assert_int_equal(registry_parse("pread", &engine, &config, &error), 0);
  struct engine others = *engine;
  others.caps &= ~(uint32_t)CAP_SHARED_FORMAT;
  struct store *store = make_store_of(600, engine, path, &config);
  assert_int_equal(engine->sync(store), 0);
  touch_whole(path);
  assert_true(residency(path) >= 0.99);
  assert_int_equal(cache_set(CACHE_COLD, &others, store, path, &error), -EBUSY);
  assert_non_null(strstr(error.text, "which stays in memory; use more data"));
  assert_int_equal(engine->close(store, &error), 0);
  assert_int_equal(unlink(path), 0);
  snprintf(snapshot, sizeof snapshot, "%s.index", path);
  assert_int_equal(unlink(snapshot), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_residency_follows_the_page_cache),
      cmocka_unit_test(test_residency_of_what_is_no_data_file),
      cmocka_unit_test(test_mapped_counts_touched_pages),
      cmocka_unit_test(test_states_of_every_engine),
      cmocka_unit_test(test_engine_without_a_file_has_nothing_to_set),
      cmocka_unit_test(test_residency_of_others_files_is_no_lie),
      cmocka_unit_test(test_what_opening_maps_may_stay),
      cmocka_unit_test(test_a_small_store_that_stays_is_not_cold),
      cmocka_unit_test(test_states_on_tmpfs),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
