// SPDX-License-Identifier: MIT
// Operations on whole stores, on a real one: what is timed, what is left, and what an experiment file may not ask.
#include <errno.h>
#include <ftw.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/registry.h"
#include "harness/dataset.h"
#include "harness/metrics.h"
#include "harness/sample.h"
#include "tests/unit/one_point.h"
#include "tests/unit/sample_support.h"
#include "tests/unit/temporary.h"

enum { RECORDS = 5000 };

static char folder[512];

static int make_folder(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "%s/stores-XXXXXX", temporary_folder());
  return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
  (void)state;
  return rmdir(folder);
}

static struct sample_order store_order(enum operation operation, enum sample_kind kind) {
  struct sample_order order = sample_new_order(operation);
  order.kind = kind;
  order.settings.workload.batch = order.settings.workload.depth = 1;
  order.settings.workload.records = RECORDS;
  snprintf(order.settings.spec, sizeof order.settings.spec, "pread");
  snprintf(order.path, sizeof order.path, "%s/store", folder);
  return order;
}

static void fill(const char *phases) {
  struct sample_order order = store_order(OPERATION_FILL, SAMPLE_FILL);
  struct error error;
  assert_int_equal(phases_parse(phases, &order.settings.before, &error), 0);
  json_t *sample = sample_run(&order);
  assert_sample_status(sample, "ok");
  json_decref(sample);
}

static void remove_store(void) {
  char path[600];
  snprintf(path, sizeof path, "%s/store", folder);
  assert_int_equal(unlink(path), 0);
  snprintf(path, sizeof path, "%s/store.index", folder);
  assert_int_equal(unlink(path), 0);
}

static json_t *open_store(enum sample_kind kind) {
  const struct sample_order order = store_order(OPERATION_OPEN, kind);
  json_t *sample = sample_run(&order);
  assert_sample_status(sample, "ok");
  assert_true(sample_number(sample, "operations") == 1000);
  assert_true(sample_number(sample, "value_bytes_read") == 1000 * 64);
  const json_t *start = json_object_get(sample, "start");
  double opened = sample_number(start, "open_ns"), first = sample_number(start, "first_get_ns");
  assert_true(opened > 0 && opened < first && first < sample_number(start, "first_1000_ns"));
  assert_true(sample_number(sample, "seconds") == sample_number(start, "first_1000_ns") / 1e9);
  return sample;
}

// Copies of the store in folders beside its own, as the schedule makes them.
static void copy_store(unsigned number) {
  char from[620], to[DATASET_PATH_MAX], path[600];
  static const char *const endings[] = {"", ".index"};
  snprintf(path, sizeof path, "%s/store", folder);
  dataset_sibling(path, number, to);
  *strrchr(to, '/') = '\0';
  assert_int_equal(mkdir(to, 0700), 0);
  for (int i = 0; i < 2; i++) {
    char command[2 * DATASET_PATH_MAX];
    snprintf(from, sizeof from, "%s%s", path, endings[i]);
    snprintf(command, sizeof command, "cp '%s' '%s/'", from, to);
    assert_int_equal(system(command), 0);
  }
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk) {
  (void)status, (void)type, (void)walk;
  return remove(path);
}

static void remove_copy(unsigned number) {
  char path[600], copy[DATASET_PATH_MAX];
  snprintf(path, sizeof path, "%s/store", folder);
  dataset_sibling(path, number, copy);
  *strrchr(copy, '/') = '\0';
  assert_int_equal(nftw(copy, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

// All are opened before any is asked, each gives its thousand, and what they hold is read while they are open.
static void test_many_stores(void **state) {
  (void)state;
  enum { STORES = 5 };
  double tables[2], files[2];
  fill("none");
  for (unsigned i = 1; i < STORES; i++) copy_store(i);
  for (int many = 0; many < 2; many++) {
    struct sample_order order = store_order(OPERATION_OPEN, SAMPLE_THROUGHPUT);
    snprintf(order.settings.spec, sizeof order.settings.spec, "mmap:populate=on");
    order.settings.stores = many ? STORES : 1;
    json_t *sample = sample_run(&order);
    assert_sample_status(sample, "ok");
    assert_true(sample_number(sample, "operations") == 1000 * (many ? STORES : 1));
    const json_t *start = json_object_get(sample, "start"), *mappings = json_object_get(sample, "mappings");
    assert_true(sample_number(start, "open_ns") < sample_number(start, "first_get_ns"));
    assert_true(sample_number(start, "first_get_ns") < sample_number(start, "first_1000_ns"));
    tables[many] = sample_number(mappings, "page_table_bytes");
    files[many] = sample_number(mappings, "file_pss_bytes");
    assert_true(sample_number(sample, "rss_bytes") > files[many]);
    json_decref(sample);
  }
  assert_true(files[0] >= RECORDS * 128);
  assert_true(files[1] >= STORES * RECORDS * 128);
  assert_true(tables[1] > tables[0]);
  for (unsigned i = 1; i < STORES; i++) remove_copy(i);
  remove_store();
}

// One that is missing fails the sample, and those that were opened are closed: they open again.
static void test_a_store_that_is_missing(void **state) {
  (void)state;
  fill("none");
  copy_store(1);
  struct sample_order order = store_order(OPERATION_OPEN, SAMPLE_THROUGHPUT);
  for (unsigned stores = 3; stores > 1; stores--) {
    order.settings.stores = stores;
    json_t *sample = sample_run(&order);
    assert_sample_status(sample, stores == 3 ? "failed" : "ok");
    json_decref(sample);
  }
  remove_copy(1);
  remove_store();
}

static void test_open_times_the_start(void **state) {
  (void)state;
  fill("none");
  json_t *sample = open_store(SAMPLE_THROUGHPUT);
  assert_true(sample_number(json_object_get(sample, "stat"), "recovered") == 0);
  double value = metric_value(metric_find("first_get_ns"), sample);
  assert_true(value == sample_number(json_object_get(sample, "start"), "first_get_ns"));
  json_decref(sample);
  json_decref(open_store(SAMPLE_LATENCY));
  json_decref(open_store(SAMPLE_COUNTERS));
  remove_store();
}

static void test_open_recovers_after_a_kill(void **state) {
  (void)state;
  fill("kill");
  json_t *sample = open_store(SAMPLE_THROUGHPUT);
  assert_true(sample_number(json_object_get(sample, "stat"), "recovered") == 1);
  json_decref(sample);
  remove_store();
}

static json_t *compact_store(enum sample_kind kind, uint64_t left) {
  struct sample_order order = store_order(OPERATION_COMPACT, kind);
  order.settings.workload.records = left;
  json_t *sample = sample_run(&order);
  assert_sample_status(sample, "ok");
  assert_true(sample_number(sample, "operations") == (double)left);
  assert_true(sample_number(sample, "verified") == (double)left);
  return sample;
}

// What was deleted is given back and what is left is read back; a second time there is nothing left to give.
static void test_compact_gives_space_back(void **state) {
  (void)state;
  fill("delete=50%");
  json_t *sample = compact_store(SAMPLE_THROUGHPUT, RECORDS / 2);
  const json_t *compaction = json_object_get(sample, "compaction"), *stat = json_object_get(sample, "stat");
  double before = sample_number(compaction, "bytes_before"), after = sample_number(compaction, "bytes_after");
  const double kept = (double)RECORDS / 2 * 128;
  assert_true(before - after >= kept * 0.9);
  assert_true(after >= kept && after < kept * 1.2);
  assert_true(after == sample_number(stat, "bytes_allocated") && sample_number(stat, "syncs") > 0);
  assert_true(metric_value(metric_find("given_back_bytes"), sample) == before - after);
  assert_true(metric_value(metric_find("compact_ns"), sample) > 0);
  assert_true(fabs(sample_number(sample, "seconds") * 1e9 / sample_number(compaction, "ns") - 1) < 1e-9);
  assert_true(json_is_null(json_object_get(sample, "start")));
  json_decref(sample);
  sample = compact_store(SAMPLE_COUNTERS, RECORDS / 2);
  assert_true(sample_number(json_object_get(sample, "compaction"), "given_back_bytes") == 0);
  json_decref(sample);
  json_decref(compact_store(SAMPLE_LATENCY, RECORDS / 2));
  remove_store();
}

static void expect_lives(enum sample_kind kind) {
  struct sample_order order = store_order(OPERATION_CREATE, kind);
  order.settings.workload.records = 50;
  order.fresh = true;
  json_t *sample = sample_run(&order);
  assert_sample_status(sample, "ok");
  double lives = sample_number(sample, "operations");
  assert_true(lives >= 1);
  assert_true(sample_number(sample, "value_bytes_written") == lives * 50 * 64);
  assert_true(sample_number(sample, "verified") == 50);
  assert_true(sample_number(sample, "seconds") >= order.seconds);
  const json_t *latency = json_object_get(sample, "latency_ns");
  assert_int_equal(json_is_object(latency), kind == SAMPLE_LATENCY);
  if (kind == SAMPLE_LATENCY) assert_string_equal(sample_text(sample, "timed_per"), "operation");
  json_decref(sample);
  remove_store();  // the last one, which was looked at
}

static void test_create_lives_again_and_again(void **state) {
  (void)state;
  expect_lives(SAMPLE_THROUGHPUT);
  expect_lives(SAMPLE_LATENCY);
  expect_lives(SAMPLE_COUNTERS);
}

// System calls of a life, of as many as fit into this time: sets their number. Below 0: nobody here may count them.
static double calls_of_a_life(double seconds, double *lives) {
  struct sample_order order = store_order(OPERATION_CREATE, SAMPLE_COUNTERS);
  order.fresh = true;
  order.seconds = seconds;
  json_t *sample = sample_run(&order);
  assert_sample_status(sample, "ok");
  *lives = sample_number(sample, "operations");
  assert_true(*lives >= 1);
  const json_t *calls = json_object_get(sample, "syscalls");
  double each = json_is_null(calls) ? -1 : json_number_value(calls) / *lives;
  json_decref(sample);
  remove_store();
  return each;
}

// The life that is left to be looked at does not count.
static void test_create_counts_whole_lives(void **state) {
  (void)state;
  double few, several;
  double one = calls_of_a_life(1e-6, &few), many = calls_of_a_life(0.3, &several);
  if (one < 0) skip();
  if (several < 4 * few) {
    print_message("skipped: only %.0f lives fit into 0.3 s on this disk, too few to tell\n", several);
    skip();
  }
  printf("system calls of a life: %.1f alone, %.1f among others\n", one, many);
  assert_true(one < 1.3 * many);
}

// A data set whose writer was killed: the process that is to die is made before the store's library starts threads.
static int fill_and_kill(const char *spec) {
  struct sample_order order = store_order(OPERATION_FILL, SAMPLE_FILL);
  struct error error;
  snprintf(order.settings.spec, sizeof order.settings.spec, "%s", spec);
  if (phases_parse("kill", &order.settings.before, &error)) return 1;
  json_t *sample = sample_run(&order);
  bool ok = strcmp(json_string_value(json_object_get(sample, "status")), "ok") == 0;
  if (!ok) print_error("%s\n", json_string_value(json_object_get(sample, "reason")));
  json_decref(sample);
  return !ok || nftw(order.path, remove_one, 8, FTW_DEPTH | FTW_PHYS) != 0;
}

// In a process of its own: that library stays in this one.
static void expect_killed_set(const char *spec) {
  int status;
  pid_t pid = fork();
  if (pid == 0) _exit(fill_and_kill(spec));
  assert_true(pid > 0);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);
}

static void expect_folders(const char *spec) {
  struct engine_place place;
  struct error error;
  if (registry_locate(spec, &place, &error) && !getenv("STOREBENCH_PEERS")) skip();
  expect_killed_set(spec);
  struct sample_order order = store_order(OPERATION_CREATE, SAMPLE_THROUGHPUT);
  snprintf(order.settings.spec, sizeof order.settings.spec, "%s", spec);
  order.settings.workload.records = 50;
  order.fresh = true;
  order.seconds = 0.1;  // for more than one life
  json_t *sample = sample_run(&order);
  assert_sample_status(sample, "ok");
  assert_true(sample_number(sample, "operations") >= 1);
  json_decref(sample);
  order.settings.workload.operation = OPERATION_OPEN;
  order.settings.cache = CACHE_WARM;
  order.fresh = false;
  sample = sample_run(&order);
  assert_sample_status(sample, "ok");
  json_decref(sample);
  assert_int_equal(nftw(order.path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void test_leveldb_is_a_folder(void **state) {
  (void)state;
  expect_folders("leveldb");
}

static void test_rocksdb_is_a_folder(void **state) {
  (void)state;
  expect_folders("rocksdb");
}

static void test_bbolt_is_a_folder(void **state) {
  (void)state;
  expect_folders("bbolt");
}

// One that is gone before it is told to write: a reason, and no signal to who tells it.
static void test_a_victim_that_died_early_is_told_of(void **state) {
  (void)state;
  struct sample_order order = store_order(OPERATION_FILL, SAMPLE_FILL);
  struct error error = {0};
  struct store_config config = {.create = true};
  struct sample sample = {.order = &order, .config = config, .workload = order.settings.workload};
  siginfo_t ended;
  assert_int_equal(phases_parse("kill", &order.settings.before, &error), 0);
  assert_int_equal(registry_parse("pread", &sample.engine, &config, &error), 0);
  assert_int_equal(sample_before_open(&sample, &error), 0);
  assert_int_equal(sample.engine->open(order.path, &sample.config, &sample.store, &error), 0);
  assert_int_equal(kill(sample.victim.pid, SIGKILL), 0);
  assert_int_equal(waitid(P_PID, (id_t)sample.victim.pid, &ended, WEXITED | WNOWAIT), 0);
  assert_int_equal(sample_before(&sample, &error), -EPIPE);
  assert_string_equal(error.text, "phase kill: the process that was to write is gone");
  sample_before_close(&sample);
  assert_int_equal(unlink(order.path), 0);
}

static void test_what_cannot_be_asked(void **state) {
  (void)state;
  one_point_refused("[hold]\noperation = open\ndata = 64K\nthreads = 2", "open_ns",
                    "keys.ini:7: threads = 2 has no effect on operation = open, create or compact; remove it");
  one_point_refused("[hold]\noperation = compact\ndata = 64K\nsync = always", "compact_ns",
                    "keys.ini:7: sync = always has no effect on operation = compact, which always ends with a sync; "
                    "remove it");
  one_point_refused("[hold]\noperation = compact\ndata = 64K\nduration = 2s", "compact_ns",
                    "keys.ini:7: duration = 2s has no effect: a store is compacted once a sample");
  one_point_refused("[hold]\noperation = get\ndata = 64K\nstores = 2", "p99",
                    "keys.ini:7: stores = 2 has no effect; it belongs to operation = open");
  one_point_refused("[hold]\noperation = open\ndata = 64K\nstores = 0", "open_ns",
                    "keys.ini:7: bad stores \"0\"; a count from 1 to 4096");
  one_point_refused("[hold]\noperation = open\ndata = 64K\nduration = 2s", "open_ns",
                    "keys.ini:7: duration = 2s has no effect: a store is opened once a sample");
  one_point_refused("[hold]\noperation = open\ndata = 64K\ncache = mapped", "open_ns",
                    "keys.ini:7: cache = mapped cannot be: nothing maps a store before it is open; use cold or warm");
  one_point_refused("[hold]\noperation = create\ndata = 64K\ncache = cold", "p99",
                    "keys.ini:7: cache = cold cannot be: create begins with a new file; remove it");
  one_point_refused("[hold]\noperation = crate\ndata = 64K", "p99",
                    "keys.ini:5: unknown operation \"crate\"; did you mean \"create\"?");
}

static void test_options_are_added_to_every_engine(void **state) {
  (void)state;
  struct cell_settings settings =
      one_point("[hold]\noperation = fill\ndata = 64K\noptions = grow_step=1M:verify=on", "p99");
  assert_string_equal(settings.spec, "pread:grow_step=1M:verify=on");
  assert_string_equal(settings.engine, "pread");
  settings = one_point("[hold]\noperation = fill\ndata = 64K\noptions = none", "p99");
  assert_string_equal(settings.spec, "pread");
  one_point_refused("[hold]\noperation = fill\ndata = 64K\noptions = fast", "p99",
                    "keys.ini:7: bad options \"fast\"; write OPTION=VALUE, with \":\" between several, or none");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_open_times_the_start),
      cmocka_unit_test(test_many_stores),
      cmocka_unit_test(test_a_store_that_is_missing),
      cmocka_unit_test(test_open_recovers_after_a_kill),
      cmocka_unit_test(test_compact_gives_space_back),
      cmocka_unit_test(test_create_lives_again_and_again),
      cmocka_unit_test(test_create_counts_whole_lives),
      cmocka_unit_test(test_leveldb_is_a_folder),
      cmocka_unit_test(test_rocksdb_is_a_folder),
      cmocka_unit_test(test_bbolt_is_a_folder),
      cmocka_unit_test(test_a_victim_that_died_early_is_told_of),
      cmocka_unit_test(test_what_cannot_be_asked),
      cmocka_unit_test(test_options_are_added_to_every_engine),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
