// SPDX-License-Identifier: MIT
// A cache state that does not last for the timed part is flagged: a real engine whose pages are taken away meanwhile.
#include <errno.h>
#include <fcntl.h>
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
#include <unistd.h>

#include <cmocka.h>

#include "engines/registry.h"
#include "harness/cache.h"
#include "tests/unit/sample_support.h"
#include "tests/unit/temporary.h"

enum { TMPFS = 0x01021994 };

static struct {
  char folder[400];
  struct sample_order order;
  const struct engine *honest;
  struct engine_options options;
  unsigned calls;  // of submit, in this sample
  void *held;      // the whole file, while it is mapped
} bench;

static size_t file_size(void) {
  struct stat status;
  assert_int_equal(stat(bench.order.path, &status), 0);
  return (size_t)status.st_size;
}

// Another program that needs memory, in the middle of the timed part, which may be one call long on a busy machine.
static int submit_and_lose(struct session *session, struct op *const *ops, size_t count) {
  if (bench.calls++ % 16 == 0) assert_int_equal(cache_drop(bench.order.path), 0);
  return bench.honest->submit(session, ops, count);
}

// Nothing that a process has in its page table is dropped, whoever needs memory just then.
static int submit_and_keep(struct session *session, struct op *const *ops, size_t count) {
  if (bench.calls++ == 0) {
    int fd = open(bench.order.path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    bench.held = mmap(NULL, file_size(), PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
    assert_ptr_not_equal(bench.held, MAP_FAILED);
    close(fd);
  }
  return bench.honest->submit(session, ops, count);
}

static int set_up(void **state) {
  (void)state;
  struct store_config config = {0};
  struct error error = {0};
  snprintf(bench.folder, sizeof bench.folder, "%s/lost-XXXXXX", temporary_folder());
  if (!mkdtemp(bench.folder) || registry_parse("pread", &bench.honest, &config, &error)) return -1;
  bench.options = config.options;
  bench.order = sample_new_order(OPERATION_GET);
  bench.order.kind = SAMPLE_FILL;
  bench.order.fresh = true;
  snprintf(bench.order.path, sizeof bench.order.path, "%s/store", bench.folder);
  json_t *sample = sample_run_engine(&bench.order, bench.honest, &bench.options);
  assert_sample_status(sample, "ok");
  json_decref(sample);
  bench.order.kind = SAMPLE_THROUGHPUT;
  bench.order.fresh = false;
  bench.order.read_only = true;
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  char index[sizeof bench.order.path + 8];
  snprintf(index, sizeof index, "%s.index", bench.order.path);
  return unlink(bench.order.path) || (unlink(index) && errno != ENOENT) || rmdir(bench.folder);
}

static size_t flags_of(const struct engine *engine, enum cache_state cache) {
  bench.order.settings.cache = cache;
  bench.calls = 0;
  json_t *sample = sample_run_engine(&bench.order, engine, &bench.options);
  assert_sample_status(sample, "ok");
  assert_true(bench.calls > 0);
  const json_t *flags = json_object_get(sample, "flags");
  size_t count = json_array_size(flags);
  if (count) assert_string_equal(json_string_value(json_array_get(flags, 0)), "cache-lost");
  json_decref(sample);
  return count;
}

static void test_a_state_that_ends_early_is_flagged(void **state) {
  (void)state;
  struct statfs stat;
  struct engine thief = *bench.honest;
  thief.submit = submit_and_lose;
  assert_int_equal(statfs(bench.folder, &stat), 0);
  if (stat.f_type == TMPFS) skip();  // no page leaves the cache of such a file system
  assert_int_equal(flags_of(&thief, CACHE_WARM), 1);
  assert_int_equal(flags_of(&thief, CACHE_MAPPED), 1);
  assert_int_equal(flags_of(&thief, CACHE_COLD), 0);
}

static void test_a_state_that_lasts_is_not(void **state) {
  (void)state;
  static const enum cache_state states[] = {CACHE_WARM, CACHE_MAPPED};
  struct engine keeper = *bench.honest;
  keeper.submit = submit_and_keep;
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(flags_of(&keeper, states[i]), 0);
    assert_int_equal(munmap(bench.held, file_size()), 0);  // or nothing could be read in anew
  }
}

// What an engine that goes round the page cache is said to hold in memory is not what somebody else brought in.
static void test_a_direct_engine_has_nothing_in_the_cache(void **state) {
  (void)state;
  static const enum cache_state states[] = {CACHE_WARM, CACHE_MAPPED};
  struct engine_options direct;
  struct store_config config = {0};
  const struct engine *engine;
  struct statfs stat;
  struct error error = {0};
  assert_int_equal(registry_parse("pread:direct=on", &engine, &config, &error), 0);
  direct = config.options;
  assert_int_equal(statfs(bench.folder, &stat), 0);
  if (stat.f_type == TMPFS) skip();
  for (size_t i = 0; i < 2; i++) {
    bench.order.settings.cache = states[i];
    json_t *sample = sample_run_engine(&bench.order, engine, &direct);
    const char *status = sample_text(sample, "status");
    if (strcmp(status, "skipped") == 0) print_message("skipped: %s\n", sample_text(sample, "reason"));
    if (strcmp(status, "ok") == 0) {
      const json_t *residency = json_object_get(sample, "residency");
      assert_true(sample_number(residency, "before") < 0.01);
      assert_true(sample_number(residency, "after") < 0.5);
    } else {
      assert_string_equal(status, "skipped");  // no O_DIRECT here
    }
    json_decref(sample);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_state_that_ends_early_is_flagged),
      cmocka_unit_test(test_a_state_that_lasts_is_not),
      cmocka_unit_test(test_a_direct_engine_has_nothing_in_the_cache),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
