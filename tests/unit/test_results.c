// SPDX-License-Identifier: MIT
// The folder of a run: lines appended and read back, summaries, winners, verdicts, and each file made from them.
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/beaten.h"
#include "harness/commands/commands.h"
#include "harness/outcome.h"
#include "harness/results.h"
#include "harness/results_file.h"
#include "tests/unit/temporary.h"

static char folder[512];

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk) {
  (void)status, (void)type, (void)walk;
  return remove(path);
}

static int make_folder(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "%s/results-XXXXXX", temporary_folder());
  return mkdtemp(folder) && rmdir(folder) == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
  (void)state;
  return access(folder, F_OK) ? 0 : nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static char *read_text(const char *name) {
  char path[1024];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "r");
  if (!file) fail_msg("%s is missing", path);
  char *text = calloc(1, 1 << 20);
  assert_non_null(text);
  assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
  assert_int_equal(fclose(file), 0);
  return text;
}

static void append_text(const char *name, const char *text) {
  char path[1024];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "a");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

// A run of one experiment with two engines at two batch sizes, one cell an entry.
static json_t *small_run(const char *y) {
  json_t *run = json_pack("{s:i, s:s, s:s, s:b, s:i, s:s, s:{s:s}, s:[], s:[], s:[], s:[]}", "schema", RESULTS_SCHEMA,
                          "started", "2030-01-02T03:04:05Z", "profile", "standard", "indicative", 0, "seed", 1, "host",
                          "here", "environment", "cpu", "a cpu", "experiments", "cells", "dropped", "notes");
  json_t *experiment = json_pack(
      "{s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:b}, s:{s:[{s:s, s:s, s:s}]}, s:[{s:s, s:[s,s]}, {s:s, "
      "s:[s,s,s]}],"
      " s:n, s:[]}",
      "name", "reads", "title", "Reads", "question", "Which?", "claim", "maps win", "chart", "shape", "bars", "x",
      "batch", "series", "engine", "panel", "", "y", y, "log_y", 0, "verdict", "tests", "over", "mmap batch=1", "under",
      "pread batch=1", "holds", "> 2", "axes", "key", "batch", "values", "1", "8", "key", "engine", "values", "mmap",
      "pread", "null", "finding", "winners");
  assert_non_null(run);
  assert_non_null(experiment);
  json_array_append_new(json_object_get(run, "experiments"), experiment);
  static const char *const batches[] = {"1", "8"}, *const engines[] = {"mmap", "pread", "null"};
  for (size_t i = 0; i < 6; i++) {
    char id[64];
    snprintf(id, sizeof id, "reads/%s/%s", batches[i / 3], engines[i % 3]);
    json_t *cell = json_pack("{s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:s, s:s, s:n, s:i}", "id", id, "experiment", "reads",
                             "point", "batch", batches[i / 3], "engine", engines[i % 3], "engine", engines[i % 3],
                             "spec", engines[i % 3], "operation", "get", "status", "skipped", "reason", "threads", 1);
    assert_non_null(cell);
    json_array_append_new(json_object_get(run, "cells"), cell);
  }
  return run;
}

static json_t *throughput(int repetition, double rate) {
  return json_pack("{s:s, s:s, s:n, s:i, s:i, s:b, s:f, s:i, s:f, s:f, s:n, s:f, s:f}", "kind", "throughput", "status",
                   "ok", "reason", "order", 0, "repetition", repetition, "counted", repetition > 0, "seconds",
                   1000 / rate, "operations", 1000, "ops_per_s", rate, "bytes_per_s", rate * 64, "latency_ns",
                   "cpu_user_s", 0.05, "cpu_sys_s", 0.01);
}

static json_t *refusal(const char *status, const char *reason) {
  return json_pack("{s:s, s:s, s:s, s:i, s:i, s:b}", "kind", "throughput", "status", status, "reason", reason, "order",
                   0, "repetition", 0, "counted", 0);
}

static void append_sample(struct results *results, const char *cell, json_t *sample) {
  struct error error = {0};
  assert_non_null(sample);
  if (results_append(results, cell, sample, &error)) fail_msg("%s", error.text);
  json_decref(sample);
}

static struct results *create(json_t *run) {
  struct results *results;
  struct error error = {0};
  if (results_create(folder, run, &results, &error)) fail_msg("%s", error.text);
  return results;
}

// mmap is 3 times pread at batch 1 and equal to it at batch 8; null beats both everywhere.
static void write_small_run(void) {
  json_t *run = small_run("ops_per_s");
  struct results *results = create(run);
  for (int r = 0; r <= 9; r++) {
    double noise = 1 + 0.01 * (r % 3);
    append_sample(results, "reads/1/mmap", throughput(r, r ? 3000 * noise : 1));  // the first is not counted
    append_sample(results, "reads/1/pread", throughput(r, 1000 * noise));
    append_sample(results, "reads/1/null", throughput(r, 90000));
    append_sample(results, "reads/8/mmap", throughput(r, 5000 * (1 + 0.05 * (r % 2))));
    append_sample(results, "reads/8/pread", throughput(r, 5000 * (1 + 0.05 * (r % 3))));
    append_sample(results, "reads/8/null", throughput(r, 90000));
  }
  results_close(results);
  json_decref(run);
}

// The run has the bounds that apply to gets by pread at batch 1 but one, which could not be measured.
static json_t *bound(const char *name, int bytes, int data, const char *keys, double value) {
  json_t *limit = json_pack("{s:s, s:i, s:i, s:i, s:s?, s:n, s:i, s:i, s:i, s:s, s:f, s:f, s:f, s:i, s:s, s:n}", "name",
                            name, "bytes", bytes, "record_size", bytes == 64 ? 128 : bytes, "data", data, "keys", keys,
                            "theta", "depth", 1, "every", 1, "threads", 1, "unit", "ops/s", "value", value, "low",
                            value * 0.9, "high", value * 1.1, "n", 7, "status", "ok", "reason");
  assert_non_null(limit);
  return limit;
}

static void append_limit(struct results *results, json_t *limit) {
  struct error error = {0};
  if (results_append_limit(results, limit, &error)) fail_msg("%s", error.text);
  json_decref(limit);
}

static void write_run_with_bounds(void) {
  json_t *run = small_run("ops_per_s"), *cell;
  size_t i;
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    json_t *settings =
        json_pack("{s:s, s:s, s:s, s:{}, s:i, s:i, s:i, s:i, s:i}", "keys", "uniform", "sync", "none", "cache", "warm",
                  "options", "record_size", 128, "value_size", 64, "records", 8192, "batch", 1, "depth", 1);
    assert_int_equal(json_object_update(cell, settings), 0);
    json_decref(settings);
  }
  struct results *results = create(run);
  json_t *skipped = bound("pread", 128, 128 * 8192, "uniform", 1);
  json_object_set_new(skipped, "value", json_null());
  json_object_set_new(skipped, "status", json_string("skipped"));
  json_object_set_new(skipped, "reason", json_string("made to"));
  append_limit(results, bound("memory-copy", 64, 128 * 8192, "uniform", 5e7));
  append_limit(results, bound("memory-copy", 64, 128 * 4096, "uniform", 9e7));  // of other data
  append_limit(results, bound("system-call", 0, 0, NULL, 4e6));
  append_limit(results, skipped);
  append_limit(results, bound("memory-copy", 64, 128 * 8192, "uniform", 4e7));  // again, and worse: the better counts
  for (int r = 0; r <= 3; r++) {
    append_sample(results, "reads/1/mmap", throughput(r, 3000));
    append_sample(results, "reads/1/pread", throughput(r, 1000));
    append_sample(results, "reads/1/null", throughput(r, 90000));
    append_sample(results, "reads/8/mmap", throughput(r, 5000));
  }
  results_close(results);
  json_decref(run);
}

static void expect_line(const char *text, const char *line, bool there) {
  if ((strstr(text, line) != NULL) != there) fail_msg("%s \"%s\" in:\n%s", there ? "no" : "a", line, text);
}

static json_t *read_small_run(void) {
  json_t *run;
  struct error error = {0};
  if (results_read(folder, &run, &error)) fail_msg("%s", error.text);
  return run;
}

// Each place of the chart has the bounds of its measured cells, once; what could not be measured is a note.
static void test_bounds_in_the_tsv(void **state) {
  (void)state;
  struct error error = {0};
  write_run_with_bounds();
  json_t *run = read_small_run();
  assert_int_equal(json_array_size(json_object_get(run, "limits")), 4);
  if (results_summarise(run, &error) || results_write(folder, run, &error)) fail_msg("%s", error.text);
  char *text = read_text("data/reads.tsv");
  expect_line(text, "# bound: -\t1\t50000000\tnan\tmemory, copies\n", true);
  expect_line(text, "# bound: -\t8\t50000000\tnan\tmemory, copies\n", true);
  expect_line(text, "# bound: -\t1\t4000000\t250\tempty system call: pread\n", true);
  expect_line(text, "# bound: -\t8\t4000000", false);  // pread has no measured cell there
  expect_line(text, "90000000", false);
  expect_line(text, "# note: the bound \"bare pread\": made to\n", true);
  expect_line(strstr(text, "# bound: -\t1\t50000000") + 1, "# bound: -\t1\t50000000", false);
  free(text);
  json_decref(run);
}

// data/reads.tsv of the run, which is given up. The caller's.
static char *written_tsv(json_t *run) {
  struct error error = {0};
  if (results_summarise(run, &error) || results_write(folder, run, &error)) fail_msg("%s", error.text);
  json_decref(run);
  return read_text("data/reads.tsv");
}

// A number needs its key; an engine whose name begins with one does not.
static void test_a_bound_names_its_series(void **state) {
  (void)state;
  static const struct {
    const char *name, *line;
  } cases[] = {{"1-pread", "\tempty system call: 1-pread\n"},
               {"128KiB", "\tempty system call: engine 128KiB\n"},
               {"64", "\tempty system call: engine 64\n"}};
  write_run_with_bounds();
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    json_t *run = read_small_run(), *cell;
    size_t c;
    json_array_foreach(json_object_get(run, "cells"), c, cell) {
      json_t *point = json_object_get(cell, "point");
      if (strcmp(json_string_value(json_object_get(point, "engine")), "pread") == 0)
        assert_int_equal(json_object_set_new(point, "engine", json_string(cases[i].name)), 0);
    }
    char *text = written_tsv(run);
    expect_line(text, cases[i].line, true);
    free(text);
  }
}

// Where the names of those that beat a bound are too long for one remark, the rest is counted and none is cut.
static void test_long_names_above_a_bound_are_counted(void **state) {
  (void)state;
  enum { LONG = 400 };
  char id[LONG] = "reads/";
  memset(id + strlen(id), 'x', sizeof id - 1 - strlen(id));
  write_run_with_bounds();
  json_t *run = read_small_run(), *cell, *limit = json_array_get(json_object_get(run, "limits"), 0);
  size_t i;
  assert_int_equal(json_object_set_new(limit, "value", json_real(100)), 0);
  assert_int_equal(json_object_set_new(limit, "high", json_real(110)), 0);
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    assert_int_equal(json_object_set_new(cell, "id", json_string(id)), 0);
  }
  char *text = written_tsv(run);
  expect_line(text, "x (memory, copies) and 2 more\n", true);
  free(text);
}

static void test_notes_need_no_room_in_the_head(void **state) {
  (void)state;
  struct error error = {0};
  json_t *run = small_run("ops_per_s");
  json_object_del(run, "notes");
  struct results *results = create(run);
  json_decref(run);
  if (results_append_note(results, "what was seen", &error)) fail_msg("%s", error.text);
  results_close(results);
  run = read_small_run();
  const json_t *notes = json_object_get(run, "notes");
  assert_string_equal(json_string_value(json_array_get(notes, 0)), "what was seen");
  json_decref(run);
}

static json_t *summarised(void) {
  json_t *run = read_small_run();
  struct error error = {0};
  if (results_summarise(run, &error)) fail_msg("%s", error.text);
  return run;
}

// The gets by mmap at batch 1 are better than this one, and stay better than what it comes to when measured again.
static void test_a_beaten_bound_is_measured_again(void **state) {
  (void)state;
  struct limit_list list = {0};
  json_t *run, *limits;
  write_run_with_bounds();
  run = summarised();
  assert_int_equal(beaten_limits(run, &list), 0);
  assert_int_equal(list.count, 0);
  limits = json_object_get(run, "limits");
  json_object_set_new(json_array_get(limits, 0), "high", json_real(2000));
  assert_int_equal(beaten_limits(run, &list), 0);
  assert_int_equal(list.count, 1);
  assert_int_equal(list.specs[0].kind, LIMIT_MEMORY_COPY);
  limit_list_free(&list);
  json_decref(run);
  assert_int_equal(remove_folder(NULL), 0);
  run = small_run("ops_per_s");
  struct results *results = create(run);
  json_decref(run);
  append_limit(results, bound("system-call", 0, 0, NULL, 4e6));
  append_limit(results, bound("system-call", 0, 0, NULL, 5e6));
  append_limit(results, bound("system-call", 0, 0, NULL, 3e6));
  results_close(results);
  run = read_small_run();
  limits = json_object_get(run, "limits");
  assert_int_equal(json_array_size(limits), 1);
  assert_true(json_real_value(json_object_get(json_array_get(limits, 0), "value")) == 5e6);
  assert_true(json_real_value(json_object_get(json_array_get(limits, 0), "first")) == 4e6);
  json_decref(run);
}

static const char *text_of(const json_t *object, const char *key) {
  return json_string_value(json_object_get(object, key));
}

static void test_read_gives_back_what_was_appended(void **state) {
  (void)state;
  write_small_run();
  json_t *run = read_small_run();
  const json_t *cell = json_array_get(json_object_get(run, "cells"), 0);
  assert_int_equal(json_array_size(json_object_get(cell, "samples")), 10);
  assert_string_equal(text_of(cell, "status"), "ok");
  assert_true(json_is_null(json_object_get(cell, "reason")));
  assert_true(json_is_false(json_object_get(run, "complete")));  // nothing said that it was over
  assert_true(json_is_null(json_object_get(run, "finished")));
  json_decref(run);
}

static void test_the_end_is_read(void **state) {
  (void)state;
  json_t *run = small_run("ops_per_s"),
         *end = json_pack("{s:s, s:b, s:n}", "finished", "then", "complete", 1, "bookkeeping");
  struct results *results = create(run);
  struct error error;
  assert_int_equal(results_finish(results, end, &error), 0);
  results_close(results);
  json_decref(run);
  json_decref(end);
  run = read_small_run();
  assert_true(json_is_true(json_object_get(run, "complete")));
  assert_string_equal(text_of(run, "finished"), "then");
  json_decref(run);
}

static void test_statuses(void **state) {
  (void)state;
  json_t *run = small_run("ops_per_s");
  struct results *results = create(run);
  append_sample(results, "reads/1/mmap", refusal("skipped", "no map here"));
  append_sample(results, "reads/1/pread", throughput(0, 1));
  append_sample(results, "reads/1/pread", throughput(1, 1));
  append_sample(results, "reads/1/pread", refusal("failed", "lost a value"));
  append_sample(results, "reads/1/pread", throughput(2, 1));
  append_sample(results, "reads/8/mmap", throughput(0, 1));  // not counted: not enough
  results_close(results);
  json_decref(run);
  run = read_small_run();
  const json_t *cells = json_object_get(run, "cells");
  assert_string_equal(text_of(json_array_get(cells, 0), "status"), "skipped");
  assert_string_equal(text_of(json_array_get(cells, 0), "reason"), "no map here");
  assert_string_equal(text_of(json_array_get(cells, 1), "status"), "failed");
  assert_string_equal(text_of(json_array_get(cells, 1), "reason"), "lost a value");
  assert_string_equal(text_of(json_array_get(cells, 2), "status"), "skipped");
  assert_non_null(strstr(text_of(json_array_get(cells, 2), "reason"), "stopped"));
  assert_string_equal(text_of(json_array_get(cells, 3), "status"), "skipped");
  json_decref(run);
}

static void test_a_line_cut_short_is_dropped(void **state) {
  (void)state;
  write_small_run();
  append_text("samples.jsonl", "{\"cell\":\"reads/1/mmap\",\"sample\":{\"ki");
  json_t *run = read_small_run();
  assert_int_equal(json_array_size(json_object_get(json_array_get(json_object_get(run, "cells"), 0), "samples")), 10);
  json_decref(run);
}

static void expect_damage(const char *line, const char *text) {
  json_t *run;
  struct error error = {0};
  make_folder(NULL);
  write_small_run();
  append_text("samples.jsonl", line);
  assert_int_equal(results_read(folder, &run, &error), -EINVAL);
  if (!strstr(error.text, "samples.jsonl:62: ") || !strstr(error.text, text)) fail_msg("\"%s\"", error.text);
  remove_folder(NULL);
}

static void test_damage_names_its_line(void **state) {
  (void)state;
  expect_damage("{\"cell\":\"reads/1/mmap\",\"sam\n", "not JSON");
  expect_damage("{\"cell\":\"reads/1/nmap\",\"sample\":{}}\n", "unknown cell");
  expect_damage("{\"cell\":\"reads/1/mmap\"}\n", "not a sample");
}

static void test_no_run_to_read(void **state) {
  (void)state;
  json_t *run;
  struct error error = {0};
  assert_int_equal(results_read("/no/such/run", &run, &error), -ENOENT);
  assert_non_null(strstr(error.text, "/no/such/run/samples.jsonl"));
}

static void test_a_folder_that_is_there_is_refused(void **state) {
  (void)state;
  write_small_run();
  json_t *run = small_run("ops_per_s");
  struct results *results;
  struct error error = {0};
  assert_int_equal(results_create(folder, run, &results, &error), -EEXIST);
  json_decref(run);
}

static void test_summary_leaves_out_what_does_not_count(void **state) {
  (void)state;
  write_small_run();
  json_t *run = summarised();
  const json_t *cell = json_array_get(json_object_get(run, "cells"), 0);
  const json_t *rate = json_object_get(json_object_get(cell, "summary"), "ops_per_s");
  assert_int_equal(json_integer_value(json_object_get(rate, "n")), 9);
  assert_true(json_real_value(json_object_get(rate, "low")) >= 3000);
  assert_true(json_real_value(json_object_get(rate, "median")) == 3030);
  assert_null(json_object_get(json_object_get(cell, "summary"), "p99"));
  json_decref(run);
}

static void test_winners(void **state) {
  (void)state;
  write_small_run();
  json_t *run = summarised();
  const json_t *experiment = json_array_get(json_object_get(run, "experiments"), 0);
  const json_t *winners = json_object_get(experiment, "winners"), *first = json_array_get(winners, 0);
  const json_t *second = json_array_get(winners, 1);
  assert_int_equal(json_array_size(winners), 2);
  assert_string_equal(text_of(first, "engine"), "mmap");  // null is faster and does not compete
  assert_string_equal(text_of(first, "over"), "pread");
  assert_true(json_is_true(json_object_get(first, "shown")));
  assert_true(fabs(json_real_value(json_object_get(first, "ratio")) - 3) < 1e-9);
  assert_string_equal(text_of(first, "text"), "mmap is 3.0x faster than pread (3.0-3.0x)");
  assert_true(json_is_false(json_object_get(second, "shown")));
  assert_true(json_is_null(json_object_get(second, "over")));
  assert_int_equal(json_array_size(json_object_get(second, "tied")), 1);
  assert_true(strncmp(text_of(second, "text"), "~ no difference shown between ", 30) == 0);
  assert_string_equal(text_of(experiment, "finding"), "mmap reads 3.0x faster than pread, batch 1 (3.0-3.0x)");
  assert_string_equal(text_of(json_object_get(experiment, "verdict"), "outcome"), "holds");
  json_decref(run);
}

static void test_nothing_measured_names_no_winner(void **state) {
  (void)state;
  json_t *run = small_run("ops_per_s");
  struct results *results = create(run);
  append_sample(results, "reads/1/mmap", throughput(1, 5));
  results_close(results);
  json_decref(run);
  run = summarised();
  const json_t *experiment = json_array_get(json_object_get(run, "experiments"), 0);
  const json_t *winners = json_object_get(experiment, "winners");
  assert_string_equal(text_of(json_array_get(winners, 0), "engine"), "mmap");
  assert_true(json_is_null(json_object_get(json_array_get(winners, 1), "engine")));
  assert_non_null(strstr(text_of(experiment, "finding"), "Nothing to compare"));
  assert_string_equal(text_of(json_object_get(experiment, "verdict"), "outcome"), "not shown here");
  json_decref(run);
}

static void write_all(json_t *run) {
  struct error error = {0};
  if (results_write(folder, run, &error)) fail_msg("%s", error.text);
}

static void test_tsv(void **state) {
  (void)state;
  write_small_run();
  json_t *run = summarised();
  json_t *experiment = json_array_get(json_object_get(run, "experiments"), 0);
  json_object_set_new(experiment, "title", json_string("two\nlines\tand `touch x`"));
  write_all(run);
  char *text = read_text("data/reads.tsv");
  assert_non_null(strstr(text, "# title: two lines and `touch x`\n"));
  assert_non_null(strstr(text, "# better: higher\n"));
  assert_non_null(strstr(text,
                         "\npanel\tx\tx_index\tseries\tseries_index\ty\tlow\thigh\tn\tstatus\tp50_ns\tp90_ns\tp99_ns\t"
                         "p999_ns\tmax_ns\tunit\tflagged\n"));
  assert_non_null(strstr(text, "\n-\t8\t1\tnull\t2\t90000\t90000\t90000\t9\tok\tnan\tnan\tnan\tnan\tnan\tops/s\t0\n"));
  free(text);
  json_decref(run);
}

// What failed is no number: nan, and a note that says why.
static void test_tsv_of_a_failed_cell(void **state) {
  (void)state;
  json_t *run = small_run("ops_per_s");
  struct results *results = create(run);
  append_sample(results, "reads/1/mmap", throughput(1, 5));
  append_sample(results, "reads/1/mmap", refusal("failed", "killed by signal 11"));
  results_close(results);
  json_decref(run);
  run = summarised();
  write_all(run);
  char *text = read_text("data/reads.tsv");
  assert_non_null(strstr(text, "# note: 1/mmap failed: killed by signal 11\n"));
  assert_non_null(strstr(text, "\n-\t1\t0\tmmap\t0\tnan\tnan\tnan\t0\tfailed\t"));
  free(text);
  json_decref(run);
}

static void test_csv_is_quoted(void **state) {
  (void)state;
  json_t *run = small_run("ops_per_s");
  struct results *results = create(run);
  append_sample(results, "reads/1/mmap", refusal("failed", "said \"no\", twice"));
  results_close(results);
  json_decref(run);
  run = summarised();
  write_all(run);
  char *text = read_text("samples.csv");
  assert_true(strncmp(text, "id,experiment,engine,spec,", 26) == 0);
  assert_non_null(strstr(text, ",failed,\"said \"\"no\"\", twice\","));
  size_t lines = 0;
  for (const char *c = text; *c; c++) lines += *c == '\n';
  assert_int_equal(lines, 2);
  free(text);
  json_decref(run);
}

// An edited samples.jsonl may hold anything where words and numbers belong. Found by the fuzz target `samples`.
static void test_csv_of_what_is_no_word(void **state) {
  (void)state;
  json_t *run = small_run("ops_per_s");
  struct results *results = create(run);
  json_t *sample = refusal("failed", "");
  json_object_set_new(sample, "reason", json_pack("[s,i,n,[s],{}]", "said", 7, "deep"));
  append_sample(results, "reads/1/mmap", sample);
  results_close(results);
  json_decref(run);
  run = summarised();
  write_all(run);
  char *text = read_text("samples.csv");
  assert_non_null(strstr(text, ",failed,said 7   ,"));
  free(text);
  json_decref(run);
}

static void test_gbench_layout(void **state) {
  (void)state;
  write_small_run();
  json_t *run = summarised();
  write_all(run);
  char path[1024];
  snprintf(path, sizeof path, "%s/gbench.json", folder);
  json_t *whole = json_load_file(path, 0, NULL);
  const json_t *rows = json_object_get(whole, "benchmarks"), *row;
  size_t i, samples = 0, aggregates = 0;
  assert_true(json_is_object(json_object_get(whole, "context")));
  json_array_foreach(rows, i, row) {
    bool aggregate = strcmp(text_of(row, "run_type"), "aggregate") == 0;
    aggregates += aggregate;
    samples += !aggregate;
    assert_true(json_is_real(json_object_get(row, "real_time")) && json_is_real(json_object_get(row, "cpu_time")));
    assert_string_equal(text_of(row, "time_unit"), "ns");
    assert_int_equal(json_integer_value(json_object_get(row, "repetitions")), 9);
  }
  assert_int_equal(samples, 6 * 9);
  assert_int_equal(aggregates, 6 * 4);
  const json_t *first = json_array_get(rows, 0), *mean = json_array_get(rows, 9);
  assert_string_equal(text_of(first, "name"), "reads/mmap/batch:1");
  double rate = json_real_value(json_object_get(first, "items_per_second"));
  assert_true(fabs(json_real_value(json_object_get(first, "real_time")) * rate - 1e9) < 1);
  assert_string_equal(text_of(mean, "name"), "reads/mmap/batch:1_mean");
  assert_string_equal(text_of(mean, "run_name"), "reads/mmap/batch:1");
  assert_string_equal(text_of(mean, "aggregate_name"), "mean");
  json_decref(whole);
  json_decref(run);
}

static size_t count_parts(void) {
  size_t count = 0;
  DIR *stream = opendir(folder);
  assert_non_null(stream);
  for (const struct dirent *entry; (entry = readdir(stream));) count += strstr(entry->d_name, ".part") != NULL;
  closedir(stream);
  return count;
}

static void test_nothing_half_written_is_left(void **state) {
  (void)state;
  write_small_run();
  json_t *run = summarised();
  char path[1024];
  struct error error = {0};
  // A folder in the way of run.json: its rename fails.
  snprintf(path, sizeof path, "%s/run.json", folder);
  assert_int_equal(mkdir(path, 0700), 0);
  assert_true(results_write(folder, run, &error) < 0);
  assert_non_null(strstr(error.text, "run.json"));
  assert_int_equal(count_parts(), 0);
  json_decref(run);
}

static int write_second(FILE *out, const void *user) {
  (void)user;
  return fputs("the second", out) < 0 ? -EIO : 0;
}

// Another program writes the same file meanwhile.
static int write_first(FILE *out, const void *user) {
  (void)user;
  struct error error = {0};
  if (fputs("the ", out) < 0 || fflush(out)) return -EIO;
  if (results_file_write(folder, "one", write_second, NULL, &error)) fail_msg("%s", error.text);
  char *text = read_text("one");
  assert_string_equal(text, "the second");
  free(text);
  return fputs("first", out) < 0 ? -EIO : 0;
}

static void test_two_write_one_file(void **state) {
  (void)state;
  struct error error = {0};
  struct stat status;
  char path[1024];
  assert_int_equal(mkdir(folder, 0700), 0);
  mode_t before = umask(027);
  if (results_file_write(folder, "one", write_first, NULL, &error)) fail_msg("%s", error.text);
  umask(before);
  char *text = read_text("one");
  assert_string_equal(text, "the first");
  free(text);
  assert_int_equal(count_parts(), 0);
  snprintf(path, sizeof path, "%s/one", folder);
  assert_int_equal(stat(path, &status), 0);
  assert_int_equal(status.st_mode & 0777, 0640);
}

// What others have there under such names is theirs: it is neither written to, waited for, nor removed.
static void test_the_temporary_file_is_new(void **state) {
  (void)state;
  char link[1024], fifo[1024], other[1024];
  struct error error = {0};
  struct stat status;
  write_small_run();
  json_t *run = summarised();
  snprintf(link, sizeof link, "%s/run.json.part", folder);
  snprintf(fifo, sizeof fifo, "%s/samples.csv.part", folder);
  snprintf(other, sizeof other, "%s/other", folder);
  assert_int_equal(symlink(other, link), 0);
  assert_int_equal(mkfifo(fifo, 0600), 0);
  alarm(60);  // opening it waits for a reader
  assert_int_equal(results_write(folder, run, &error), 0);
  alarm(0);
  assert_int_not_equal(access(other, F_OK), 0);
  assert_int_equal(lstat(link, &status), 0);
  assert_int_equal(lstat(fifo, &status), 0);
  snprintf(other, sizeof other, "%s/run.json", folder);
  assert_int_equal(lstat(other, &status), 0);
  assert_true(S_ISREG(status.st_mode));
  assert_int_equal(count_parts(), 2);
  json_decref(run);
}

static int code_of(const char *status) {
  json_t *run = json_pack("{s:[{s:s, s:s, s:s}], s:[], s:[], s:b}", "cells", "id", "a/cell", "status", status, "reason",
                          "made up", "experiments", "notes", "complete", 1);
  int code = outcome_print(run, "here", true);
  json_decref(run);
  return code;
}

static void test_exit_codes(void **state) {
  (void)state;
  assert_int_equal(code_of("ok"), 0);
  assert_int_equal(code_of("failed"), EXIT_CELL_FAILED);
  assert_int_equal(code_of("skipped"), EXIT_NOTHING_RAN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_read_gives_back_what_was_appended),
      TEST(test_bounds_in_the_tsv),
      TEST(test_a_bound_names_its_series),
      TEST(test_long_names_above_a_bound_are_counted),
      TEST(test_notes_need_no_room_in_the_head),
      TEST(test_a_beaten_bound_is_measured_again),
      TEST(test_the_end_is_read),
      TEST(test_statuses),
      TEST(test_a_line_cut_short_is_dropped),
      TEST(test_damage_names_its_line),
      TEST(test_no_run_to_read),
      TEST(test_a_folder_that_is_there_is_refused),
      TEST(test_summary_leaves_out_what_does_not_count),
      TEST(test_winners),
      TEST(test_nothing_measured_names_no_winner),
      TEST(test_tsv),
      TEST(test_tsv_of_a_failed_cell),
      TEST(test_csv_is_quoted),
      TEST(test_csv_of_what_is_no_word),
      TEST(test_gbench_layout),
      TEST(test_nothing_half_written_is_left),
      TEST(test_two_write_one_file),
      TEST(test_the_temporary_file_is_new),
      TEST(test_exit_codes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
