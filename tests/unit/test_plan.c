// SPDX-License-Identifier: MIT
// Plans: cells, data sets, budgets and refusals, from experiment files made here.
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engines/registry.h"
#include "harness/described.h"
#include "harness/plan.h"

static char reads[512], updates[512], broken[512];

static const char reads_text[] =
    "[experiment]\ntitle = Reads\nquestion = Which?\n"
    "[engines]\ndirect = pread:direct=on\n"
    "[hold]\noperation = get\ndata = 1M\n"
    "[sweep]\nbatch = 1, 8\nengine = mmap, pread, direct, null\n"
    "[chart]\nshape = bars\nx = batch\nseries = engine\ny = ops_per_s\n";
static const char updates_text[] =
    "[experiment]\ntitle = Updates\nquestion = Which?\n"
    "[hold]\noperation = update\ndata = 1M\n"
    "[sweep]\nsync = none, always\nengine = mmap, pread\n"
    "[chart]\nshape = ladder\nx = sync\nseries = engine\ny = p99\n";
static const char broken_text[] =
    "[experiment]\ntitle = Broken\nquestion = Which?\n"
    "[hold]\noperation = get\ndata = 1M\n"
    "[sweep]\nbatch = 1\nengine = mmap, pread:drect=on\n"
    "[chart]\nshape = bars\nx = batch\nseries = engine\ny = ops_per_s\n";

static void write_text(const char *name, const char *text, char path[512]) {
  const char *folder = getenv("TEST_DIR");
  snprintf(path, 512, "%s/%s", folder ? folder : "/tmp", name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

static int write_files(void **state) {
  (void)state;
  write_text("plan-reads.ini", reads_text, reads);
  write_text("plan-updates.ini", updates_text, updates);
  write_text("plan-broken.ini", broken_text, broken);
  return 0;
}

static int remove_files(void **state) {
  (void)state;
  return remove(reads) || remove(updates) || remove(broken);
}

static struct plan_options options_for(const char *profile, const char *const *names, size_t count) {
  struct plan_options options = {.experiments = names, .experiment_count = count, .seed = 1};
  struct error error;
  assert_int_equal(plan_profile(profile, &options.profile, &error), 0);
  return options;
}

static void make(const struct plan_options *options, struct plan *plan) {
  struct error error = {0};
  if (plan_make(options, plan, &error)) fail_msg("%s", error.text);
}

static void test_cells_and_data(void **state) {
  (void)state;
  const char *const names[] = {reads, updates};
  const struct plan_options options = options_for("full", names, 2);
  struct plan plan;
  make(&options, &plan);
  assert_int_equal(plan.experiment_count, 2);
  assert_int_equal(plan.cell_count, 8 + 4);
  assert_int_equal(plan.set_count, 1);  // one format, one size: one file for all
  assert_int_equal(plan.sets[0].first, 0);
  assert_int_equal(plan.sets[0].last, 1);
  assert_string_equal(plan.cells[0].id, "plan-reads/1/mmap");
  assert_int_equal(plan.cells[0].data, PLAN_SHARED);
  assert_string_equal(plan.cells[3].id, "plan-reads/1/null");
  assert_int_equal(plan.cells[3].data, PLAN_NO_DATA);
  assert_string_equal(plan.cells[8].id, "plan-updates/none/mmap");
  assert_int_equal(plan.cells[8].data, PLAN_COPY);
  assert_int_equal(plan.experiments[1].metric->kind, SAMPLE_LATENCY);
  assert_true(plan.bytes >= 2u << 20);  // the data set and a copy of it
  assert_int_equal(plan.note_count, 0);
  plan_free(&plan);
}

static size_t dropped(const struct plan *plan) {
  size_t count = 0;
  for (size_t i = 0; i < plan->cell_count; i++) count += plan->cells[i].dropped;
  return count;
}

// What is cut first, and that the budget then holds.
static void test_budget(void **state) {
  (void)state;
  const char *const names[] = {reads};
  struct plan_options options = options_for("standard", names, 1);
  struct profile profile = *options.profile;
  struct plan plan;
  profile.duels = 0;  // their part of the budget goes down with it
  options.profile = &profile;
  make(&options, &plan);
  double whole = plan.estimate;
  assert_true(whole < plan.budget);
  plan_free(&plan);

  options.budget = whole * 0.8;
  make(&options, &plan);
  assert_true(plan.estimate <= options.budget);
  assert_true(plan.seconds < options.profile->seconds);
  assert_int_equal(plan.repetitions, options.profile->repetitions);
  assert_int_equal(plan.note_count, 1);
  plan_free(&plan);

  options.budget = whole * 0.45;
  make(&options, &plan);
  assert_true(plan.estimate <= options.budget);
  assert_true(plan.repetitions < options.profile->repetitions);
  assert_true(plan.repetitions >= 3);
  assert_int_equal(dropped(&plan), 0);
  plan_free(&plan);

  options.budget = whole * 0.22;
  make(&options, &plan);
  assert_true(plan.estimate <= options.budget);
  assert_true(dropped(&plan) > 0);
  assert_int_equal(plan.note_count, 3);
  // Engines with options go before plain ones.
  for (size_t i = 0; i < plan.cell_count; i++)
    if (strcmp(plan.cells[i].settings.engine, "direct") == 0) assert_true(plan.cells[i].dropped);
  assert_false(plan.cells[0].dropped);
  plan_free(&plan);
}

static void test_budget_too_short(void **state) {
  (void)state;
  const char *const names[] = {reads};
  struct plan_options options = options_for("quick", names, 1);
  struct plan plan;
  struct error error = {0};
  options.budget = 0.01;
  assert_int_equal(plan_make(&options, &plan, &error), -ETIME);
  assert_non_null(strstr(error.text, "--budget"));
  plan_free(&plan);
}

static void test_asked_repetitions_stay(void **state) {
  (void)state;
  const char *const names[] = {reads};
  struct plan_options options = options_for("standard", names, 1);
  struct plan plan;
  options.repetitions = 9;
  options.budget = 15;
  make(&options, &plan);
  assert_int_equal(plan.repetitions, 9);
  assert_true(dropped(&plan) > 0);
  plan_free(&plan);
}

static void expect_error(const char *name, const char *engines, const char *text) {
  const char *const names[] = {name};
  struct plan_options options = options_for("quick", names, 1);
  struct plan plan;
  struct error error = {0};
  options.engines = engines;
  assert_true(plan_make(&options, &plan, &error) < 0);
  if (!strstr(error.text, text)) fail_msg("\"%s\" does not say \"%s\"", error.text, text);
  plan_free(&plan);
}

static void test_refusals(void **state) {
  (void)state;
  expect_error("read-random-wram", NULL, "did you mean \"read-random-warm\"?");
  expect_error("./none.ini", NULL, "none.ini");
  expect_error(broken, NULL, "plan-broken.ini");
  expect_error(broken, NULL, "\"direct\"");
  expect_error(reads, "mmap,prad", "did you mean \"pread\"?");
  expect_error(reads, "mmap,mmap", "mmap");
  const char *const twice[] = {reads, reads};
  const struct plan_options options = options_for("quick", twice, 2);
  struct plan plan;
  struct error error = {0};
  assert_int_equal(plan_make(&options, &plan, &error), -EINVAL);
  plan_free(&plan);
}

static void test_unknown_profile(void **state) {
  (void)state;
  const struct profile *profile;
  struct error error = {0};
  assert_int_equal(plan_profile("standrad", &profile, &error), -EINVAL);
  assert_string_equal(error.text, "unknown profile \"standrad\"; did you mean \"standard\"?");
}

static void test_space(void **state) {
  (void)state;
  const char *const names[] = {reads};
  const struct plan_options options = options_for("quick", names, 1);
  struct plan plan;
  struct error error = {0};
  make(&options, &plan);
  assert_int_equal(plan_check_space(&plan, "/tmp", &error), 0);
  plan.bytes = UINT64_MAX;
  assert_int_equal(plan_check_space(&plan, "/tmp", &error), -ENOSPC);
  assert_non_null(strstr(error.text, "needs"));
  assert_true(plan_check_space(&plan, "/no/such/folder", &error) < 0);
  plan_free(&plan);
}

// The index counts in any cache state, the data where it is to stay in memory.
static void test_memory_must_suffice(void **state) {
  (void)state;
  const char *const names[] = {reads};
  const struct plan_options options = options_for("quick", names, 1);
  struct plan plan;
  struct error error = {0};
  uint64_t needed, cold;
  make(&options, &plan);
  for (size_t i = 0; i < plan.cell_count; i++) plan.cells[i].settings.cache = CACHE_COLD;
  const struct plan_cell *cell = plan_memory(&plan, &cold);
  assert_non_null(cell);
  assert_int_equal(cold, 26 * cell->settings.filled);  // the load's: both tables of an index that grows
  for (size_t i = 0; i < plan.cell_count; i++) plan.cells[i].settings.cache = CACHE_WARM;
  cell = plan_memory(&plan, &needed);
  assert_int_equal(needed, cold + cell->settings.data_bytes);
  assert_int_equal(plan_check_memory(&plan, needed, &error), 0);
  assert_int_equal(plan_check_memory(&plan, needed - 1, &error), -ENOMEM);
  assert_non_null(strstr(error.text, "of memory"));
  assert_non_null(strstr(error.text, cell->id));
  const size_t large = (size_t)(cell - plan.cells);
  plan.cells[large].settings.stores = 3;  // each with its index and its data
  assert_ptr_equal(plan_memory(&plan, &needed), cell);
  assert_int_equal(needed, 3 * (cold + cell->settings.data_bytes));
  plan.cells[large].settings.processes = 4;  // each with an index that has grown
  plan_memory(&plan, &needed);
  assert_int_equal(needed, 3 * (4 * 16 * cell->settings.filled + cell->settings.data_bytes));
  plan_free(&plan);
}

// One cell that is too large goes, and is said with its size; an experiment that would keep nothing is refused.
static void test_large_cells_are_dropped(void **state) {
  (void)state;
  const char *const names[] = {reads};
  const struct plan_options options = options_for("quick", names, 1);
  struct plan plan;
  struct error error = {0};
  uint64_t most, needed;
  char reason[64];
  make(&options, &plan);
  plan_memory(&plan, &most);
  plan.cells[0].settings.stores = 1000;
  assert_ptr_equal(plan_memory(&plan, &needed), &plan.cells[0]);
  const size_t notes = plan.note_count;
  plan_drop_large(&plan, 0);  // then too few would be left
  assert_false(plan.cells[0].dropped);
  plan_drop_large(&plan, most);
  assert_true(plan.cells[0].dropped && plan.cells[0].too_large == needed);
  assert_int_equal(plan.note_count, notes + 1);
  assert_int_equal(plan_check_memory(&plan, most, &error), 0);
  plan_dropped_reason(&plan.cells[0], reason, sizeof reason);
  assert_non_null(strstr(reason, "of memory"));
  plan_free(&plan);
}

// The head of a run has every cell that was not dropped, and names those that were.
static void test_json(void **state) {
  (void)state;
  const char *const names[] = {reads};
  const struct plan_options options = options_for("quick", names, 1);
  struct plan plan;
  make(&options, &plan);
  plan.cells[2].dropped = true;
  json_t *json = plan_to_json(&plan);
  assert_non_null(json);
  assert_int_equal(json_array_size(json_object_get(json, "cells")), 7);
  const json_t *gone = json_array_get(json_object_get(json, "dropped"), 0);
  assert_string_equal(json_string_value(json_object_get(json_object_get(gone, "point"), "engine")), "direct");
  const json_t *cell = json_array_get(json_object_get(json, "cells"), 0);
  assert_string_equal(json_string_value(json_object_get(cell, "spec")), "mmap");
  assert_string_equal(json_string_value(json_object_get(json_object_get(cell, "options"), "advice")), "normal");
  assert_true(json_is_false(json_object_get(json_object_get(cell, "options"), "populate")));
  json_decref(json);
  plan_free(&plan);
}

// Each cell has the words of its engine about its own policy.
static void test_words_on_durability(void **state) {
  (void)state;
  const char *const names[] = {updates};
  const struct plan_options options = options_for("full", names, 1);
  struct plan plan;
  make(&options, &plan);
  json_t *json = plan_to_json(&plan), *cell;
  size_t i;
  json_array_foreach(json_object_get(json, "cells"), i, cell) {
    const struct engine *engine;
    struct store_config config = {0};
    struct error error;
    assert_int_equal(registry_parse(json_string_value(json_object_get(cell, "spec")), &engine, &config, &error), 0);
    assert_int_equal(sync_policy_parse(json_string_value(json_object_get(cell, "sync")), &config.sync, &error), 0);
    assert_string_equal(json_string_value(json_object_get(cell, "durability")), engine->durability(&config));
  }
  assert_int_equal(i, 4);
  json_decref(json);
  plan_free(&plan);
}

// Every shipped experiment plans in every profile, within its budget.
static void test_shipped_experiments_fit(void **state) {
  (void)state;
  static const char *const profiles[] = {"quick", "standard", "full"};
  for (size_t i = 0; i < 3; i++) {
    const struct plan_options options = options_for(profiles[i], NULL, 0);
    struct plan plan;
    make(&options, &plan);
    assert_true(plan.estimate <= plan.budget);
    assert_true(plan.cell_count > 0);
    assert_int_equal(dropped(&plan), 0);
    plan_free(&plan);
  }
}

// What is measured beside the counted repetitions, a first one, one of latencies and one of counters, takes no more
// time than those do, not even where there are few.
static void test_most_samples_count(void **state) {
  (void)state;
  static const char *const profiles[] = {"quick", "standard", "full"};
  for (size_t i = 0; i < 3; i++) {
    const struct profile *profile;
    struct error error;
    assert_int_equal(plan_profile(profiles[i], &profile, &error), 0);
    assert_true(1 + 2 * PLAN_LENGTH_BESIDE <= profile->repetitions);
  }
}

// The estimate grows by what a sample has to do.
static void test_costs(void **state) {
  (void)state;
  const char *const names[] = {reads, updates};
  const struct plan_options options = options_for("full", names, 2);
  struct plan plan;
  make(&options, &plan);
  struct plan_cell cell = plan.cells[0];
  const double base = plan_sample_cost(&plan, &cell, 1);
  assert_true(base > plan.seconds && base < plan.seconds * 1.5);
  assert_true(plan_sample_cost(&plan, &cell, 0.5) < base - 0.5 * plan.seconds);
  assert_true(plan_sample_cost(&plan, &plan.cells[3], 1) < base);  // null has no file
  cell.settings.cache = CACHE_WARM;
  const double warm = plan_sample_cost(&plan, &cell, 1);
  assert_true(warm > base);
  cell.settings.cache = CACHE_MAPPED;
  assert_true(plan_sample_cost(&plan, &cell, 1) > warm);
  cell.settings.data_bytes *= 1000;
  assert_true(plan_sample_cost(&plan, &cell, 1) > warm + 1);
  cell = plan.cells[0];
  cell.data = PLAN_COPY;
  assert_true(plan_sample_cost(&plan, &cell, 1) > base);
  plan_free(&plan);
}

// A load of few records is over before its time is up; one that waits for syncs is cut short; what does neither lasts
// at most a few times as long as other samples.
static void test_loads_are_cut_short(void **state) {
  (void)state;
  const char *const names[] = {updates};
  const struct plan_options options = options_for("standard", names, 1);
  struct plan plan;
  make(&options, &plan);
  struct plan_cell cell = plan.cells[0];
  cell.data = PLAN_FRESH;
  cell.settings.workload.operation = OPERATION_FILL;
  cell.settings.sync.kind = SYNC_ALWAYS;
  assert_true(plan_limit(&plan, &cell) == plan.seconds);
  cell.settings.sync.kind = SYNC_NONE;
  assert_true(plan_limit(&plan, &cell) <= 4 * plan.seconds);
  const double few = plan_sample_cost(&plan, &cell, 1);
  cell.settings.workload.records = UINT64_C(1) << 40;
  const double many = plan_sample_cost(&plan, &cell, 1);
  assert_true(few < many);
  assert_true(many < 1.2 * (plan_limit(&plan, &cell) + 0.1));
  plan_free(&plan);
}

// Time is kept for duels where cells can be told apart by them, and no more than a small part of the budget.
static void test_duels_have_their_time(void **state) {
  (void)state;
  const char *const names[] = {reads, updates};
  struct plan_options options = options_for("standard", names, 2);
  struct plan plan;
  struct error error = {0};
  make(&options, &plan);
  const double duel = plan_duel_cost(&plan, &plan.cells[0], &plan.cells[1]);
  assert_true(plan.experiments[0].duels >= options.profile->duels * duel * 0.99);
  assert_true(plan.experiments[1].duels == 0);  // latencies
  assert_int_equal(plan_duel_possible(&plan, &plan.cells[0], &plan.cells[1], &error), 0);
  assert_true(plan_duel_possible(&plan, &plan.cells[8], &plan.cells[9], &error) < 0);
  assert_string_equal(error.text, "p99 is not measured by paired slices");
  plan.cells[1].settings.cache = CACHE_COLD;
  assert_true(plan_duel_possible(&plan, &plan.cells[0], &plan.cells[1], &error) < 0);
  plan_free(&plan);
  options.budget = 60;
  make(&options, &plan);
  assert_true(plan.experiments[0].duels <= 6.001);
  plan_free(&plan);
}

int main(int argc, char **argv) {
  // Plug-ins are asked by a child that runs this program again, as the harness runs its own.
  if (argc > 1 && strcmp(argv[1], "__describe") == 0) return described_command();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cells_and_data),
      cmocka_unit_test(test_budget),
      cmocka_unit_test(test_budget_too_short),
      cmocka_unit_test(test_asked_repetitions_stay),
      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_unknown_profile),
      cmocka_unit_test(test_space),
      cmocka_unit_test(test_large_cells_are_dropped),
      cmocka_unit_test(test_memory_must_suffice),
      cmocka_unit_test(test_json),
      cmocka_unit_test(test_words_on_durability),
      cmocka_unit_test(test_shipped_experiments_fit),
      cmocka_unit_test(test_most_samples_count),
      cmocka_unit_test(test_costs),
      cmocka_unit_test(test_duels_have_their_time),
      cmocka_unit_test(test_loads_are_cut_short),
  };
  return cmocka_run_group_tests(tests, write_files, remove_files);
}
