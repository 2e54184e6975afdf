// SPDX-License-Identifier: MIT
// The schedule: order, repetitions, what becomes of skips and failures, of a signal, of data files; and the child
// process that a sample runs in. Samples are made up here, so that nothing is measured.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/child.h"
#include "harness/schedule.h"
#include "tests/unit/temporary.h"

static const char experiment_text[] =
    "[experiment]\ntitle = Made\nquestion = Which?\n"
    "[hold]\noperation = %s\ndata = 64K\n"
    "[sweep]\nbatch = 1, 8\nengine = mmap, pread, stdio\n"
    "[chart]\nshape = bars\nx = batch\nseries = engine\ny = %s\n";

static struct {
  char folder[512], out[600], file[600];
  struct plan plan;
  struct dataset_folder data;
  struct results *results;
  struct interrupt interrupt;
  struct progress progress;
  struct memory_groups memory;
  struct schedule_outcome outcome;
} bench;

// What the made-up child saw, and how it is to behave.
static struct {
  size_t disturbed, calls, fills, throughput, latency, counters, files_missing;
  const char *fail_engine, *skip_engine, *disturb_engine;
  size_t signal_at;                            // call number; 0: never
  double throughput_s, latency_s, counters_s;  // asked for
  uint64_t seed;                               // of the run; 0: 5
  uint64_t seeds[64];
  size_t cells[64];       // by their number in the plan
  size_t disposable;      // samples whose store is to be opened as one that is thrown away
  size_t at_the_set;      // samples whose file is the data set itself
  size_t beside_removal;  // samples that ran while files of the last one were still there
  size_t beside_commit;   // samples that ran before the removal of those was on the device
  bool duels;             // whether they are held
  double duel_log;        // what each pair says of B against A
  size_t pairs, stop_at;  // pair number; 0: never
  bool hurried;           // the plan has no time left
} seen;

// The removal of a sample's files, which a thread does: `begun` samples have begun, and it is held up until one more
// has, or for so long that one that does not wait for it would have.
static struct {
  atomic_bool slow, unsynced, fails;
  atomic_size_t begun, removed;
} removal;

enum { REMOVAL_HELD = 20 };  // milliseconds

int __real_dataset_remove(const struct dataset_folder *folder, const char *name);
int __wrap_dataset_remove(const struct dataset_folder *folder, const char *name);
int __wrap_dataset_remove(const struct dataset_folder *folder, const char *name) {
  if (strcmp(name, "old") != 0) return __real_dataset_remove(folder, name);
  const struct timespec millisecond = {.tv_nsec = 1000000};
  const size_t begun = removal.begun;
  for (int i = 0; removal.slow && i < REMOVAL_HELD && removal.begun == begun; i++) nanosleep(&millisecond, NULL);
  int code = removal.fails ? -EACCES : __real_dataset_remove(folder, name);
  removal.removed++;
  removal.unsynced = true;
  return code;
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd) {
  struct stat synced, folder;
  int code = __real_fsync(fd);
  if (!fstat(fd, &synced) && !stat(bench.data.path, &folder) && synced.st_ino == folder.st_ino)
    removal.unsynced = false;
  return code;
}

static bool disk_full;

int __real_results_append(struct results *results, const char *cell, json_t *sample, struct error *error);
int __wrap_results_append(struct results *results, const char *cell, json_t *sample, struct error *error);
int __wrap_results_append(struct results *results, const char *cell, json_t *sample, struct error *error) {
  if (disk_full) return error_set(error, -ENOSPC, "the disk is full");
  return __real_results_append(results, cell, sample, error);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk) {
  (void)status, (void)type, (void)walk;
  return remove(path);
}

static void touch(const char *path) {
  int fd = open(path, O_WRONLY | O_CREAT, 0600);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, "store", 5), 5);
  assert_int_equal(close(fd), 0);
}

static json_t *made_sample(const struct sample_order *order, const char *status, const char *reason) {
  const char *kind = sample_kind_name(order->kind);
  return json_pack("{s:s, s:s, s:s?, s:f, s:i, s:f, s:f, s:{s:i}}", "kind", kind, "status", status, "reason", reason,
                   "seconds", 0.5, "operations", 10, "ops_per_s", 20.0, "bytes_per_s", 200.0, "latency_ns", "p99", 5);
}

static size_t cell_of(const struct sample_order *order) {
  static const char *const engines[] = {"mmap", "pread", "stdio"};
  size_t engine = 0;
  while (engine < 2 && strcmp(order->settings.engine, engines[engine]) != 0) engine++;
  return engine + (order->settings.workload.batch == 8 ? 3 : 0);
}

static json_t *made_child(const struct sample_order *order, double limit, struct interrupt *interrupt) {
  assert_true(limit > order->seconds);
  seen.calls++;
  if (seen.signal_at && seen.calls == seen.signal_at) {
    assert_int_equal(raise(SIGINT), 0);  // blocked: it waits in the descriptor
    assert_true(interrupt_seen(interrupt));
    return NULL;
  }
  if (order->kind == SAMPLE_FILL) {
    seen.fills++;
    touch(order->path);
    json_t *filled = made_sample(order, "ok", NULL);
    json_object_set_new(filled, "space",
                        json_pack("{s:{s:i, s:i}, s:n}", "loaded", "apparent", 77, "allocated", 88, "compacted"));
    return filled;
  }
  if (order->kind == SAMPLE_COUNTERS) seen.counters_s += order->seconds;
  if (order->kind == SAMPLE_LATENCY) seen.latency_s += order->seconds;
  if (order->kind == SAMPLE_THROUGHPUT) seen.throughput_s += order->seconds;
  seen.throughput += order->kind == SAMPLE_THROUGHPUT;
  seen.latency += order->kind == SAMPLE_LATENCY;
  seen.counters += order->kind == SAMPLE_COUNTERS;
  seen.files_missing += !order->fresh && access(order->path, F_OK) != 0;
  if (order->fresh) touch(order->path);
  if (seen.calls < 64) {
    seen.seeds[seen.calls] = order->seed;
    seen.cells[seen.calls] = cell_of(order);
  }
  removal.begun++;
  seen.beside_commit += removal.unsynced;
  char old[sizeof bench.data.path + 8];
  snprintf(old, sizeof old, "%s/old", bench.data.path);
  seen.beside_removal += access(old, F_OK) == 0;
  seen.disposable += order->disposable;
  seen.at_the_set += strstr(order->path, "/set-") != NULL;
  if (seen.fail_engine && strcmp(order->settings.engine, seen.fail_engine) == 0)
    return made_sample(order, "failed", "made to fail");
  if (seen.skip_engine && strcmp(order->settings.engine, seen.skip_engine) == 0)
    return made_sample(order, "skipped", "not here");
  json_t *sample = made_sample(order, "ok", NULL);
  // Every second sample of it is flagged.
  if (seen.disturb_engine && strcmp(order->settings.engine, seen.disturb_engine) == 0 && seen.disturbed++ % 2 == 0)
    json_object_set_new(sample, "flags", json_pack("[s]", "steal"));
  return sample;
}

// Noise of a thousandth, the same on both sides of zero whoever starts.
static bool made_pair(const struct pair *pair, struct interrupt *interrupt, struct pair_result *result) {
  *result = (struct pair_result){0};
  for (unsigned side = 0; side < 2; side++) {
    const struct sample_order *order = &pair->sides[side].order;
    seen.files_missing += *order->path && access(order->path, F_OK) != 0;
  }
  if (++seen.pairs == seen.stop_at) {
    assert_int_equal(raise(SIGINT), 0);
    assert_true(interrupt_seen(interrupt));
    return false;
  }
  result->log_ratio = seen.duel_log + (seen.pairs % 4 < 2 ? 0.001 : -0.001);
  result->rates[0] = 1000;
  result->rates[1] = 1000 * exp(result->log_ratio);
  return true;
}

static void make_plan(const char *operation, const char *y) {
  const char *const names[] = {bench.file};
  struct plan_options options = {
      .experiments = names, .experiment_count = 1, .seed = seen.seed ? seen.seed : 5, .repetitions = 4};
  struct error error;
  FILE *file = fopen(bench.file, "w");
  assert_non_null(file);
  assert_true(fprintf(file, experiment_text, operation, y) > 0);
  assert_int_equal(fclose(file), 0);
  assert_int_equal(plan_profile("quick", &options.profile, &error), 0);
  if (plan_make(&options, &bench.plan, &error)) fail_msg("%s", error.text);
}

static int set_up(void **state) {
  (void)state;
  memset(&seen, 0, sizeof seen);
  memset(&bench, 0, sizeof bench);
  snprintf(bench.folder, sizeof bench.folder, "%s/schedule-XXXXXX", temporary_folder());
  if (!mkdtemp(bench.folder)) return -1;
  snprintf(bench.out, sizeof bench.out, "%s/out", bench.folder);
  snprintf(bench.file, sizeof bench.file, "%s/made.ini", bench.folder);
  return interrupt_open(&bench.interrupt);
}

static int tear_down(void **state) {
  (void)state;
  interrupt_close(&bench.interrupt);
  plan_free(&bench.plan);
  return nftw(bench.folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

// Runs the plan with made-up samples.
static int run_made(const char *operation, const char *y, struct error *error) {
  make_plan(operation, y);
  if (seen.hurried) {
    bench.plan.options.repetitions = 0;
    bench.plan.budget = 0;
  }
  json_t *head = plan_to_json(&bench.plan);
  json_object_set_new(head, "schema", json_integer(RESULTS_SCHEMA));
  if (results_create(bench.out, head, &bench.results, error)) fail_msg("%s", error->text);
  json_decref(head);
  if (dataset_folder_make(bench.folder, &bench.data, error)) fail_msg("%s", error->text);
  progress_start(&bench.progress, 1);
  bench.progress.terminal = false;
  const struct schedule schedule = {&bench.plan,     &bench.data,   bench.results, &bench.interrupt,
                                    &bench.progress, &bench.memory, made_child,    seen.duels ? made_pair : NULL};
  int code = schedule_run(&schedule, &bench.outcome, error);
  results_close(bench.results);
  return code;
}

// The run that its samples.jsonl holds.
static json_t *run(const char *operation, const char *y) {
  struct error error = {0};
  json_t *back;
  if (run_made(operation, y, &error)) fail_msg("%s", error.text);
  if (results_read(bench.out, &back, &error)) fail_msg("%s", error.text);
  return back;
}

static size_t entries(const char *path) {
  size_t count = 0;
  DIR *stream = opendir(path);
  assert_non_null(stream);
  while (readdir(stream)) count++;
  closedir(stream);
  return count - 2;
}

// What the files of the data set took, told with a sample; 0: nothing was told.
static json_int_t loaded_bytes(const json_t *sample) {
  const json_t *space = json_object_get(sample, "space");
  assert_non_null(space);
  return json_integer_value(json_object_get(json_object_get(space, "loaded"), "apparent"));
}

static json_int_t loaded_of_first(const json_t *json) {
  const json_t *cell = json_array_get(json_object_get(json, "cells"), 0);
  return loaded_bytes(json_array_get(json_object_get(cell, "samples"), 0));
}

static void test_fewer_repetitions_are_told(void **state) {
  (void)state;
  seen.hurried = true;
  json_t *json = run("get", "ops_per_s"), *notes = json_object_get(json, "notes");
  assert_int_equal(seen.throughput, 6 * (3 + 1));  // the least there may be
  assert_int_equal(json_array_size(notes), 1);
  assert_string_equal(json_string_value(json_array_get(notes, 0)),
                      "fewer repetitions, to stay within their shares of the time: made (3 of 4)");
  json_decref(json);
}

static void test_every_cell_gets_its_samples(void **state) {
  (void)state;
  json_t *json = run("get", "ops_per_s");
  const json_t *cell, *sample;
  size_t i, j;
  assert_int_equal(seen.fills, 1);
  assert_int_equal(seen.throughput, 6 * 5);
  assert_int_equal(seen.latency, 6);
  assert_int_equal(seen.counters, 6);
  assert_int_equal(seen.files_missing, 0);
  assert_int_equal(seen.disposable, 0);
  bool orders[42] = {false};  // each sample's place in the run is recorded, once
  json_array_foreach(json_object_get(json, "cells"), i, cell) {
    json_int_t expected = 0;
    assert_int_equal(json_array_size(json_object_get(cell, "samples")), 7);
    json_array_foreach(json_object_get(cell, "samples"), j, sample) {
      assert_int_equal(json_integer_value(json_object_get(sample, "repetition")), expected++);
      assert_true(json_is_true(json_object_get(sample, "counted")) == (j > 0));
      assert_int_equal(loaded_bytes(sample), 77);
      json_int_t order = json_integer_value(json_object_get(sample, "order"));
      assert_in_range(order, 0, 41);
      assert_false(orders[order]);
      orders[order] = true;
    }
  }
  assert_int_equal(bench.outcome.samples, 42);
  assert_true(bench.outcome.shares.measuring == 21);  // half a second each
  // Those that do not count, and those that count system calls, are half as long.
  const double seconds = bench.plan.seconds;
  assert_true(fabs(seen.throughput_s - 6 * 4.5 * seconds) < 1e-9);
  assert_true(fabs(seen.latency_s - 6 * seconds) < 1e-9);
  assert_true(fabs(seen.counters_s - 6 * 0.5 * seconds) < 1e-9);
  assert_int_equal(entries(bench.data.path), 0);
  json_decref(json);
}

// Each pass has an order of its own, all cells of a pass draw the same keys, and another pass draws others.
static void test_passes_are_interleaved(void **state) {
  (void)state;
  json_t *json = run("get", "ops_per_s");
  size_t order[2][6];
  // The pass that is not counted, and the first one that is: calls 2 to 7 and 8 to 13, after the data set was filled.
  for (unsigned r = 0; r < 2; r++) schedule_shuffle(5, 0, r + 1, order[r], 6);
  assert_memory_not_equal(order[0], order[1], sizeof order[0]);
  assert_memory_equal(&seen.cells[2], order[0], sizeof order[0]);
  assert_memory_equal(&seen.cells[8], order[1], sizeof order[1]);
  for (size_t i = 2; i < 8; i++) assert_true(seen.seeds[i] == seen.seeds[2]);
  assert_true(seen.seeds[8] != seen.seeds[2]);
  json_decref(json);
}

static void test_the_seed_of_the_run_chooses_the_keys(void **state) {
  static const uint64_t of_run[] = {5, 6, 5};
  uint64_t drawn[3];
  for (size_t i = 0; i < 3; i++) {
    if (i) assert_true(tear_down(state) == 0 && set_up(state) == 0);
    seen.seed = of_run[i];
    json_decref(run("get", "ops_per_s"));
    drawn[i] = seen.seeds[2];
  }
  assert_true(drawn[0] != drawn[1]);
  assert_true(drawn[0] == drawn[2]);
}

static void test_shuffle_is_a_seeded_permutation(void **state) {
  (void)state;
  size_t a[50], b[50], count[50] = {0};
  schedule_shuffle(1, 2, 3, a, 50);
  schedule_shuffle(1, 2, 3, b, 50);
  assert_memory_equal(a, b, sizeof a);
  for (size_t i = 0; i < 50; i++) count[a[i]]++;
  for (size_t i = 0; i < 50; i++) assert_int_equal(count[i], 1);
  schedule_shuffle(2, 2, 3, b, 50);
  assert_memory_not_equal(a, b, sizeof a);
}

// Every place is as likely for every cell, or one engine would always run after another.
static void test_shuffle_is_even(void **state) {
  (void)state;
  size_t places[5][5] = {{0}};
  for (uint64_t seed = 0; seed < 10000; seed++) {
    size_t order[5];
    schedule_shuffle(seed, 0, 0, order, 5);
    for (size_t i = 0; i < 5; i++) places[i][order[i]]++;
  }
  for (size_t i = 0; i < 5; i++)
    for (size_t j = 0; j < 5; j++) assert_in_range(places[i][j], 1800, 2200);  // 2000, five deviations of 40
}

static void test_a_latency_metric_repeats_latencies(void **state) {
  (void)state;
  json_t *json = run("get", "p99");
  assert_int_equal(seen.throughput, 0);
  assert_int_equal(seen.latency, 6 * 5);
  assert_int_equal(seen.counters, 6);
  json_decref(json);
}

static void test_a_counted_metric_repeats_counters(void **state) {
  (void)state;
  json_t *json = run("get", "syscalls_per_op");
  assert_int_equal(seen.throughput, 0);
  assert_int_equal(seen.latency, 6);
  assert_int_equal(seen.counters, 6 * 5);
  assert_true(fabs(seen.counters_s - 6 * 4.5 * bench.plan.seconds) < 1e-9);  // as repetitions they are whole
  json_decref(json);
}

static void test_a_skipped_cell_is_not_tried_again(void **state) {
  (void)state;
  seen.skip_engine = "stdio";
  json_t *json = run("get", "ops_per_s");
  assert_int_equal(seen.throughput, 4 * 5 + 2);
  assert_int_equal(seen.latency, 4);
  json_decref(json);
}

static void test_a_failing_cell_is_given_up(void **state) {
  (void)state;
  seen.fail_engine = "stdio";
  json_t *json = run("get", "ops_per_s");
  assert_int_equal(seen.throughput, 4 * 5 + 2 * 2);
  const json_t *cell = json_array_get(json_object_get(json, "cells"), 2);
  assert_string_equal(json_string_value(json_object_get(cell, "status")), "failed");
  assert_string_equal(json_string_value(json_object_get(cell, "reason")), "made to fail");
  json_decref(json);
}

static void test_writes_get_a_copy(void **state) {
  (void)state;
  removal.slow = true;
  json_t *json = run("update", "ops_per_s");
  removal.slow = false;
  assert_true(removal.removed > 0);
  assert_int_equal(seen.fills, 1);
  assert_int_equal(loaded_of_first(json), 77);
  assert_int_equal(seen.at_the_set, 0);
  assert_int_equal(seen.disposable, seen.calls - seen.fills);
  assert_int_equal(seen.files_missing, 0);
  assert_int_equal(seen.beside_removal, 0);
  assert_int_equal(seen.beside_commit, 0);
  assert_int_equal(entries(bench.data.path), 0);
  json_decref(json);
}

// What comes of the end of a run that has failed is not what it failed of.
static void test_the_first_error_is_told(void **state) {
  (void)state;
  struct error error = {0};
  disk_full = true;
  removal.fails = true;
  int code = run_made("update", "ops_per_s", &error);
  disk_full = false;
  removal.fails = false;
  assert_int_equal(code, -ENOSPC);
  assert_string_equal(error.text, "the disk is full");
}

static void test_fills_get_a_new_file(void **state) {
  (void)state;
  json_t *json = run("fill", "ops_per_s");
  assert_int_equal(seen.fills, 0);
  assert_int_equal(seen.disposable, seen.calls);
  assert_int_equal(loaded_of_first(json), 0);  // no data set was used
  assert_int_equal(entries(bench.data.path), 0);
  json_decref(json);
}

static void test_a_signal_ends_it(void **state) {
  (void)state;
  seen.signal_at = 9;
  json_t *json = run("get", "ops_per_s");
  assert_true(bench.outcome.interrupted);
  assert_int_equal(seen.calls, 9);
  assert_int_equal(bench.outcome.samples, 7);  // eight calls came back, one of them filled the data set
  json_decref(json);
}

// dataset.c: the files beside a store are part of it, and a folder is removed whatever is in it.
static void test_copy_takes_all_files(void **state) {
  (void)state;
  struct error error = {0};
  char path[DATASET_PATH_MAX], beside[DATASET_PATH_MAX + 16];
  assert_int_equal(dataset_folder_make(bench.folder, &bench.data, &error), 0);
  assert_int_equal(dataset_make(&bench.data, "one"), 0);
  dataset_path(&bench.data, "one", path);
  touch(path);
  snprintf(beside, sizeof beside, "%s.index", path);
  touch(beside);
  assert_int_equal(dataset_copy(&bench.data, "one", "two", 0), 0);
  dataset_path(&bench.data, "two", path);
  snprintf(beside, sizeof beside, "%s.index", path);
  char bytes[8];
  FILE *file = fopen(beside, "r");
  assert_non_null(file);
  assert_int_equal(fread(bytes, 1, sizeof bytes, file), 5);
  assert_int_equal(fclose(file), 0);
  assert_int_equal(dataset_copy(&bench.data, "one", "by writes", 2), 0);
  dataset_path(&bench.data, "by writes", path);
  file = fopen(path, "r");
  assert_non_null(file);
  assert_int_equal(fread(bytes, 1, sizeof bytes, file), 5);
  assert_int_equal(fclose(file), 0);
  assert_int_equal(dataset_copy(&bench.data, "one", "two", 0), -EEXIST);
  assert_int_equal(dataset_copy(&bench.data, "none", "three", 0), -ENOENT);
  assert_int_equal(dataset_remove(&bench.data, "three"), 0);  // nothing of it was left, and that is no error
  snprintf(path, sizeof path, "%s", bench.data.path);
  assert_int_equal(dataset_folder_remove(&bench.data), 0);
  assert_int_not_equal(access(path, F_OK), 0);
  assert_true(dataset_folder_make("/proc", &bench.data, &error) < 0);
  snprintf(path, sizeof path, "%s/mistyped", bench.folder);
  assert_int_equal(dataset_folder_make(path, &bench.data, &error), -ENOENT);
  assert_int_not_equal(access(path, F_OK), 0);  // nothing is made in its place
  touch(bench.file);
  assert_int_equal(dataset_folder_make(bench.file, &bench.data, &error), -ENOTDIR);
}

// child.c: whatever a child does, a sample comes of it.
static void expect_child(const char *script, double limit, const char *status, const char *reason) {
  char shell[] = "sh", flag[] = "-c", text[256];
  snprintf(text, sizeof text, "%s", script);
  char *const arguments[] = {shell, flag, text, NULL};
  const struct sample_order order = {.kind = SAMPLE_THROUGHPUT, .seconds = 1};
  json_t *sample = child_run_program("/bin/sh", arguments, &order, limit, &bench.interrupt);
  assert_non_null(sample);
  assert_string_equal(json_string_value(json_object_get(sample, "status")), status);
  const char *seen_reason = json_string_value(json_object_get(sample, "reason"));
  if (reason && !strstr(seen_reason ? seen_reason : "", reason)) fail_msg("\"%s\" is not \"%s\"", seen_reason, reason);
  json_decref(sample);
}

static void test_child_fates(void **state) {
  (void)state;
  expect_child("cat >/dev/null; echo '{\"status\":\"ok\"}'", 60, "ok", NULL);
  expect_child("echo '{\"status\":\"ok\"}'", 60, "ok", NULL);  // does not read its order
  expect_child("kill -SEGV $$", 60, "failed", "killed by signal 11 (Segmentation fault)");
  expect_child("echo one >&2; echo the reason >&2; exit 3", 60, "failed", "exit code 3: the reason");
  expect_child("echo '{\"status\":'", 60, "failed", "printed no result");
  expect_child("echo '[]'", 60, "failed", "printed no result");
  expect_child("true", 60, "failed", "printed no result");
  expect_child("exec sleep 60", 0.2, "failed", "timed out after 0 s");
  expect_child("yes | head -c 30000000", 60, "failed", "printed more than 16 MiB");
  expect_child("yes complaint | head -c 3000000 >&2; exit 4", 60, "failed", "exit code 4: complaint");
}

static void test_child_that_is_not_there(void **state) {
  (void)state;
  char *const arguments[] = {NULL};
  const struct sample_order order = {.kind = SAMPLE_LATENCY};
  json_t *sample = child_run_program("/no/such/program", arguments, &order, 60, &bench.interrupt);
  assert_string_equal(json_string_value(json_object_get(sample, "reason")), "could not be started");
  json_decref(sample);
}

static void test_child_dies_of_a_signal_to_the_parent(void **state) {
  (void)state;
  char shell[] = "sh", flag[] = "-c", text[128];
  snprintf(text, sizeof text, "kill -INT %d; exec sleep 600", (int)getpid());
  char *const arguments[] = {shell, flag, text, NULL};
  const struct sample_order order = {.kind = SAMPLE_THROUGHPUT};
  assert_null(child_run_program("/bin/sh", arguments, &order, 500, &bench.interrupt));
  assert_true(bench.interrupt.seen);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

// A disturbed sample stays in the results without counting, and another one counts in its place.
static void test_a_flagged_sample_is_taken_again(void **state) {
  (void)state;
  seen.disturb_engine = "pread";
  json_t *back = run("get", "ops_per_s"), *cell, *sample;
  size_t c, i, superseded = 0;
  json_array_foreach(json_object_get(back, "cells"), c, cell) {
    size_t counted = 0;
    json_array_foreach(json_object_get(cell, "samples"), i, sample) {
      bool flagged = json_array_size(json_object_get(sample, "flags")) > 0;
      bool throughput = strcmp(json_string_value(json_object_get(sample, "kind")), "throughput") == 0;
      bool counts = json_is_true(json_object_get(sample, "counted"));
      counted += throughput && counts;
      superseded += flagged && !counts && json_integer_value(json_object_get(sample, "repetition")) > 0;
    }
    assert_int_equal(counted, 4);
  }
  assert_int_equal(superseded, 2 * (4 + 1));  // two cells, four repetitions and the latencies
  json_decref(back);
}

static const json_t *duel_of(const json_t *json, size_t i) { return json_array_get(json_object_get(json, "duels"), i); }

static const json_t *winner_of(const json_t *json, size_t i) {
  const json_t *experiment = json_array_get(json_object_get(json, "experiments"), 0);
  return json_array_get(json_object_get(experiment, "winners"), i);
}

static const char *text_of(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text ? text : "";
}

// All engines do the same, so every point is open: the best two of each are paired, the main point first, and what the
// pairs say stands in the winners of the run as it is read back.
static void test_duels_decide_what_is_open(void **state) {
  (void)state;
  struct error error = {0};
  seen.duels = true;
  seen.duel_log = 0.1;
  json_t *json = run("get", "ops_per_s");
  assert_int_equal(results_summarise(json, &error), 0);
  assert_int_equal(json_array_size(json_object_get(json, "duels")), 1);  // there is time for one
  assert_int_equal(seen.pairs, bench.plan.options.profile->duel_pairs);
  assert_int_equal(seen.files_missing, 0);
  const json_t *duel = duel_of(json, 0), *winner = winner_of(json, 1);
  assert_string_equal(text_of(duel, "status"), "ok");
  assert_string_equal(text_of(duel, "x"), "8");
  assert_int_equal(json_array_size(json_object_get(duel, "pairs")), seen.pairs);
  assert_true(json_is_true(json_object_get(duel, "shown")));
  assert_true(fabs(json_number_value(json_object_get(duel, "ratio")) - exp(0.1)) < 0.002);
  assert_string_equal(text_of(winner, "x"), "8");
  assert_string_equal(text_of(winner, "over"), text_of(json_object_get(winner, "duel"), "against"));
  assert_non_null(strstr(text_of(winner, "text"), "decided by paired slices"));
  assert_true(bench.outcome.shares.duels_timed >= 0);
  assert_int_equal(entries(bench.data.path), 0);
  json_decref(json);
}

static void test_duels_of_writes_have_copies(void **state) {
  (void)state;
  seen.duels = true;
  json_t *json = run("update", "ops_per_s");
  assert_true(seen.pairs > 0);
  assert_int_equal(seen.files_missing, 0);
  assert_int_equal(entries(bench.data.path), 0);
  json_decref(json);
}

// What slices cannot measure is in the results with the reason.
static void test_what_cannot_be_paired_is_told(void **state) {
  (void)state;
  seen.duels = true;
  json_t *json = run("get", "p99");
  assert_int_equal(seen.pairs, 0);
  assert_string_equal(text_of(duel_of(json, 0), "status"), "skipped");
  assert_string_equal(text_of(duel_of(json, 0), "reason"), "p99 is not measured by paired slices");
  json_decref(json);
}

// The pairs that were run before a signal are kept, and decide nothing.
static void test_a_signal_keeps_the_pairs(void **state) {
  (void)state;
  struct error error = {0};
  seen.duels = true;
  seen.duel_log = 0.1;
  seen.stop_at = 5;
  json_t *json = run("get", "ops_per_s");
  assert_true(bench.outcome.interrupted);
  assert_int_equal(results_summarise(json, &error), 0);
  const json_t *duel = duel_of(json, 0);
  assert_string_equal(text_of(duel, "status"), "skipped");
  assert_string_equal(text_of(duel, "reason"), "the run was stopped after 4 of 6 pairs");
  assert_int_equal(json_array_size(json_object_get(duel, "pairs")), 4);
  assert_true(json_is_false(json_object_get(duel, "shown")));
  assert_true(json_is_null(json_object_get(winner_of(json, 1), "duel")));
  json_decref(json);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_every_cell_gets_its_samples),
      TEST(test_fewer_repetitions_are_told),
      TEST(test_passes_are_interleaved),
      TEST(test_the_seed_of_the_run_chooses_the_keys),
      TEST(test_shuffle_is_a_seeded_permutation),
      TEST(test_shuffle_is_even),
      TEST(test_a_latency_metric_repeats_latencies),
      TEST(test_a_counted_metric_repeats_counters),
      TEST(test_a_skipped_cell_is_not_tried_again),
      TEST(test_a_failing_cell_is_given_up),
      TEST(test_writes_get_a_copy),
      TEST(test_the_first_error_is_told),
      TEST(test_fills_get_a_new_file),
      TEST(test_a_signal_ends_it),
      TEST(test_duels_decide_what_is_open),
      TEST(test_duels_of_writes_have_copies),
      TEST(test_what_cannot_be_paired_is_told),
      TEST(test_a_signal_keeps_the_pairs),
      TEST(test_copy_takes_all_files),
      TEST(test_child_fates),
      TEST(test_child_that_is_not_there),
      TEST(test_child_dies_of_a_signal_to_the_parent),
      cmocka_unit_test_setup_teardown(test_a_flagged_sample_is_taken_again, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
