// SPDX-License-Identifier: MIT
// Advice from runs whose answer is known: the arithmetic, the nearest cells, and what is said of how near they are.
#include "harness/advise.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct made_cell {
  const char *spec, *operation, *sync, *cache;
  int record_size, records, batch;
  double memory, rate;
};

// A summarised run of these cells, each with an interval 10% either way, with twice the memory that 1000 records of 128
// bytes take. The caller's.
static json_t *made(const struct made_cell *cells, size_t count) {
  json_t *array = json_array();
  for (size_t i = 0; i < count; i++) {
    const struct made_cell *c = &cells[i];
    json_t *cell = json_pack(
        "{s:s#, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:f, s:n, s:n, s:{s:{s:f, s:f, s:f}}}",
        "id", "cell-x", 6, "engine", c->spec, "spec", c->spec, "operation", c->operation, "keys", "uniform", "sync",
        c->sync, "cache", c->cache, "status", "ok", "record_size", c->record_size, "records", c->records, "batch",
        c->batch, "threads", 1, "processes", 1, "memory_bytes", c->memory, "rate", "rate_of_peak", "summary",
        "ops_per_s", "median", c->rate, "low", 0.9 * c->rate, "high", 1.1 * c->rate);
    assert_non_null(cell);
    json_array_append_new(array, cell);
  }
  return json_pack("{s:o, s:{s:i}}", "cells", array, "environment", "memory_bytes", 256000);
}

static void set_memory(json_t *run, json_int_t bytes) {
  assert_int_equal(json_object_set_new(json_object_get(run, "environment"), "memory_bytes", json_integer(bytes)), 0);
}

static const struct advise_load load = {
    .value_size = 64, .reads = 0.5, .data = 0.5, .sync = {.kind = SYNC_EVERY, .amount = 64}, .batch = 1};

// The choices of which a note with these words is said, a bit each.
static uint64_t noted_of(const struct advice *advice, const char *words) {
  for (size_t i = 0; i < advice->note_count; i++)
    if (strstr(advice->notes[i].text, words)) return advice->notes[i].of;
  return 0;
}

static bool has_note(const struct advice *advice, const char *words) { return noted_of(advice, words) & 1; }

static void test_seconds_add_up(void **state) {
  static const struct made_cell cells[] = {{"a", "get", "none", "mapped", 128, 1000, 1, 0, 100},
                                           {"a", "update", "every=64", "warm", 128, 1000, 1, 0, 50},
                                           {"b", "get", "none", "mapped", 128, 1000, 1, 0, 400},
                                           {"b", "update", "every=64", "warm", 128, 1000, 1, 0, 400},
                                           {"null", "get", "none", "mapped", 128, 1000, 1, 0, 9e9},
                                           {"c", "get", "none", "mapped", 128, 1000, 1, 0, 9e9}};
  (void)state;
  static struct advice advice;
  struct error error;
  json_t *run = made(cells, 6);
  assert_int_equal(advise(run, &load, &advice, &error), 0);
  // c has no updates, and null is no store.
  assert_int_equal(advice.count, 2);
  assert_string_equal(advice.choices[0].spec, "b");
  assert_true(fabs(advice.choices[0].rate - 400) < 1e-6);
  assert_true(fabs(advice.choices[1].rate - 1 / (0.5 / 100 + 0.5 / 50)) < 1e-6);
  assert_true(fabs(advice.choices[1].low / advice.choices[1].rate - 0.9) < 1e-6);
  assert_int_equal(advice.alike, 1);
  assert_int_equal(advice.note_count, 1);
  assert_int_equal(noted_of(&advice, "measured apart"), 3);
  json_decref(run);
}

static void test_intervals_that_meet_are_alike(void **state) {
  static const struct made_cell cells[] = {{"a", "get", "none", "mapped", 128, 1000, 1, 0, 100},
                                           {"b", "get", "none", "mapped", 128, 1000, 1, 0, 110},
                                           {"c", "get", "none", "mapped", 128, 1000, 1, 0, 80}};
  struct advise_load reads = load;
  static struct advice advice;
  struct error error;
  (void)state;
  reads.reads = 1;
  json_t *run = made(cells, 3);
  assert_int_equal(advise(run, &reads, &advice, &error), 0);
  assert_int_equal(advice.count, 3);
  assert_int_equal(advice.alike, 2);
  assert_int_equal(advice.note_count, 0);
  json_decref(run);
}

// Data of 1000 records of 4 KiB in a quarter of that memory is 4x; from a warm cache nothing is concluded for it.
static void test_what_memory_holds_is_apart(void **state) {
  static const struct made_cell cells[] = {{"a", "get", "none", "mapped", 4096, 1000, 1, 0, 1e6},
                                           {"b", "get", "none", "pressure", 4096, 1000, 1, 1024000, 1000},
                                           {"b", "get", "none", "pressure", 4096, 1000, 1, 512000, 500},
                                           {"b", "get", "none", "cold", 4096, 1000, 1, 0, 100}};
  struct advise_load reads = load;
  static struct advice advice;
  struct error error;
  (void)state;
  reads.reads = 1;
  reads.data = 3;
  json_t *run = made(cells, 4);
  assert_int_equal(advise(run, &reads, &advice, &error), 0);
  assert_int_equal(advice.count, 1);
  assert_true(advice.choices[0].rate == 1000);
  assert_true(has_note(&advice, "data of 4x the memory, not 3x"));
  assert_true(has_note(&advice, "records of 4 KiB, not 128 B"));
  reads.data = 0.5;
  assert_int_equal(advise(run, &reads, &advice, &error), 0);
  assert_string_equal(advice.choices[0].spec, "a");
  assert_int_equal(advice.count, 1);
  json_decref(run);
}

// Of cells in memory the one whose data is nearest is taken; a few kilobytes say little of gigabytes, and that is said.
static void test_small_data_is_said(void **state) {
  static const struct made_cell cells[] = {{"a", "get", "none", "mapped", 128, 5000, 1, 0, 9e6},
                                           {"a", "get", "none", "mapped", 128, 2097152, 1, 0, 1e6}};
  struct advise_load reads = load;
  static struct advice advice;
  struct error error;
  (void)state;
  reads.reads = 1;
  json_t *run = made(cells, 2);
  set_memory(run, (json_int_t)8 << 30);
  assert_int_equal(advise(run, &reads, &advice, &error), 0);
  assert_true(advice.choices[0].rate == 1e6);
  assert_int_equal(advice.note_count, 1);
  assert_true(has_note(&advice, "reads: measured with data of 256 MiB, not 4 GiB"));
  reads.data = 1.0 / 32;
  assert_int_equal(advise(run, &reads, &advice, &error), 0);
  assert_int_equal(advice.note_count, 0);
  json_decref(run);
}

// Each choice has the cell nearest to the load; of those that have none as near as the first's it is said.
static void test_unlike_cells_are_said(void **state) {
  static const struct made_cell cells[] = {{"a", "get", "none", "mapped", 128, 2097152, 1, 0, 9e6},
                                           {"a", "get", "none", "mapped", 128, 33554432, 1, 0, 3e6},
                                           {"b", "get", "none", "mapped", 128, 2097152, 1, 0, 2e6},
                                           {"c", "get", "none", "mapped", 128, 33554432, 64, 0, 1e6}};
  struct advise_load reads = load;
  static struct advice advice;
  struct error error;
  (void)state;
  reads.reads = 1;
  json_t *run = made(cells, 4);
  set_memory(run, (json_int_t)8 << 30);
  assert_int_equal(advise(run, &reads, &advice, &error), 0);
  assert_int_equal(advice.count, 3);
  assert_true(advice.choices[0].rate == 3e6);
  assert_int_equal(advice.note_count, 2);
  assert_int_equal(noted_of(&advice, "reads: measured with data of 256 MiB, not 4 GiB"), 1 << 1);
  assert_int_equal(noted_of(&advice, "reads: measured in batches of 64, not 1"), 1 << 2);
  json_decref(run);
}

// Updates of data that memory does not hold are concluded from as much as it holds, not from a few kilobytes.
static void test_updates_beyond_memory(void **state) {
  static const struct made_cell cells[] = {{"a", "update", "none", "warm", 128, 5000, 1, 0, 9e6},
                                           {"a", "update", "none", "warm", 128, 2097152, 1, 0, 1e6}};
  struct advise_load updates = load;
  static struct advice advice;
  struct error error;
  (void)state;
  updates.reads = 0;
  updates.data = 2;
  updates.sync = (struct sync_policy){.kind = SYNC_NONE};
  json_t *run = made(cells, 2);
  set_memory(run, (json_int_t)8 << 30);
  assert_int_equal(advise(run, &updates, &advice, &error), 0);
  assert_true(advice.choices[0].rate == 1e6);
  assert_int_equal(advice.note_count, 1);
  assert_true(has_note(&advice, "updates: measured with data of 256 MiB, which memory holds"));
  json_decref(run);
}

static void test_unknown_memory_is_said(void **state) {
  static const struct made_cell cells[] = {{"a", "get", "none", "mapped", 128, 8192, 1, 0, 1000}};
  struct advise_load reads = load;
  static struct advice advice;
  struct error error;
  (void)state;
  reads.reads = 1;
  json_t *run = made(cells, 1);
  json_object_del(run, "environment");
  assert_int_equal(advise(run, &reads, &advice, &error), 0);
  assert_int_equal(advice.note_count, 1);
  assert_true(has_note(&advice, "reads: measured with data of 1 MiB; the run does not tell its memory"));
  json_decref(run);
}

static void test_a_mapped_cache_is_nearer(void **state) {
  static const struct made_cell cells[] = {{"a", "get", "none", "warm", 128, 1000, 1, 0, 9e6},
                                           {"a", "get", "none", "mapped", 128, 1000, 1, 0, 1000},
                                           {"b", "get", "none", "warm", 128, 1000, 1, 0, 500}};
  struct advise_load reads = load;
  static struct advice advice;
  struct error error;
  (void)state;
  reads.reads = 1;
  json_t *run = made(cells, 3);
  assert_int_equal(advise(run, &reads, &advice, &error), 0);
  assert_true(advice.choices[0].rate == 1000);
  assert_int_equal(advice.note_count, 1);
  assert_int_equal(noted_of(&advice, "reads: measured with cache = warm, not mapped"), 1 << 1);
  json_decref(run);
}

// However much there is to say of each of the most choices there may be.
static void test_no_note_is_lost(void **state) {
  static struct made_cell cells[2 * ADVISE_ENGINES_MAX];
  static char specs[ADVISE_ENGINES_MAX][16];
  static struct advice advice;
  struct advise_load mixed = load;
  struct error error;
  (void)state;
  for (int i = 0; i < ADVISE_ENGINES_MAX; i++) {
    const int records = 1000 * (i + 16), batch = i + 2, size = 128 * (i + 2);
    snprintf(specs[i], sizeof specs[i], "e%d", i);
    cells[2 * i] = (struct made_cell){specs[i], "get", "none", "warm", size, records, batch, 0, 1000 - i};
    cells[2 * i + 1] = (struct made_cell){specs[i], "update", "every=8", "warm", size, records, batch, 0, 1000 - i};
  }
  mixed.data = 0.01;
  json_t *run = made(cells, 2 * ADVISE_ENGINES_MAX), *cell;
  size_t i;
  json_array_foreach(json_object_get(run, "cells"), i, cell)
      json_object_set_new(cell, "depth", json_integer(1000 + (json_int_t)i));
  assert_int_equal(advise(run, &mixed, &advice, &error), 0);
  assert_int_equal(advice.count, ADVISE_ENGINES_MAX);
  for (i = 0; i < advice.count; i++) {
    size_t notes = 0;
    for (size_t note = 0; note < advice.note_count; note++) notes += advice.notes[note].of >> i & 1;
    assert_int_equal(notes, ADVISE_NOTES_EACH);
  }
  assert_int_equal(noted_of(&advice, "measured apart"), UINT64_MAX);
  json_decref(run);
}

// While a cache still fills there is no steady state, and the data does not fit in memory: no cell to go by.
static void test_filling_caches_are_left_out(void **state) {
  static const struct made_cell cells[] = {{"a", "get", "none", "mapped", 128, 1000, 1, 0, 1000},
                                           {"a", "get", "none", "filling", 64, 1000, 1, 32000, 5},
                                           {"b", "get", "none", "filling", 128, 1000, 1, 64000, 5}};
  struct advise_load reads = load;
  static struct advice advice;
  struct error error;
  (void)state;
  reads.reads = 1;
  json_t *run = made(cells, 3);
  assert_int_equal(advise(run, &reads, &advice, &error), 0);
  assert_int_equal(advice.count, 1);
  assert_string_equal(advice.choices[0].spec, "a");
  assert_true(advice.choices[0].rate == 1000);
  json_decref(run);
}

// A cell with more in flight than the load hands in is taken only where there is no other, and said.
static void test_depth_is_part_of_the_load(void **state) {
  static const struct made_cell cells[] = {{"a", "get", "none", "mapped", 128, 1000, 1, 0, 9000},
                                           {"a", "get", "none", "mapped", 128, 1000, 1, 0, 1000}};
  struct advise_load reads = load;
  static struct advice advice;
  struct error error;
  (void)state;
  reads.reads = 1;
  json_t *run = made(cells, 2), *array = json_object_get(run, "cells");
  json_object_set_new(json_array_get(array, 0), "depth", json_integer(64));
  json_object_set_new(json_array_get(array, 1), "depth", json_integer(1));
  assert_int_equal(advise(run, &reads, &advice, &error), 0);
  assert_true(advice.choices[0].rate == 1000);
  assert_int_equal(advice.note_count, 0);
  json_array_remove(array, 1);
  assert_int_equal(advise(run, &reads, &advice, &error), 0);
  assert_true(has_note(&advice, "reads: measured with 64 in flight"));
  json_decref(run);
}

static void test_no_data_is_said(void **state) {
  static const struct made_cell cells[] = {{"a", "get", "none", "mapped", 128, 1000, 1, 0, 1e6},
                                           {"a", "update", "always", "warm", 128, 1000, 1, 0, 1e6}};
  static struct advice advice;
  struct advise_load wanted = load;
  struct error error;
  (void)state;
  json_t *run = made(cells, 2);
  assert_int_equal(advise(run, &wanted, &advice, &error), -ENODATA);
  assert_non_null(strstr(error.text, "sync policy every=64; measure this first: storebench run update-random"));
  wanted.reads = 1;
  wanted.data = 2;
  assert_int_equal(advise(run, &wanted, &advice, &error), -ENODATA);
  assert_non_null(strstr(error.text, "measure this first: storebench run read-random-pressure"));
  json_decref(run);
}

// What stands beside the operations or came before them makes another measurement of it.
static void test_only_plain_cells_count(void **state) {
  static const struct made_cell cells[] = {{"a", "get", "none", "mapped", 128, 1000, 1, 0, 100},
                                           {"b", "get", "none", "mapped", 128, 1000, 1, 0, 9e9},
                                           {"c", "get", "none", "mapped", 128, 1000, 1, 0, 9e9},
                                           {"d", "get", "none", "mapped", 128, 1000, 1, 0, 50},
                                           {"e", "get", "none", "mapped", 128, 1000, 1, 0, 9e9}};
  static struct advice advice;
  struct advise_load reads = load;
  struct error error;
  (void)state;
  reads.reads = 1;
  json_t *run = made(cells, 5), *array = json_object_get(run, "cells");
  assert_int_equal(json_object_set_new(json_array_get(array, 4), "fill_write", json_integer(4096)), 0);
  assert_int_equal(json_object_set_new(json_array_get(array, 0), "before", json_null()), 0);
  assert_int_equal(json_object_set_new(json_array_get(array, 0), "background", json_null()), 0);
  assert_int_equal(json_object_set_new(json_array_get(array, 1), "before", json_string("churn")), 0);
  assert_int_equal(json_object_set_new(json_array_get(array, 2), "background",
                                       json_pack("{s:s, s:i}", "operation", "fill", "rate", 100)),
                   0);
  assert_int_equal(json_object_set_new(json_array_get(array, 3), "before", json_string("none")), 0);
  assert_int_equal(advise(run, &reads, &advice, &error), 0);
  assert_int_equal(advice.count, 2);
  assert_string_equal(advice.choices[0].spec, "a");
  assert_string_equal(advice.choices[1].spec, "d");
  json_decref(run);
}

static void lose(json_t *run, size_t cell, const char *status, const char *reason) {
  json_t *lost = json_array_get(json_object_get(run, "cells"), cell);
  assert_int_equal(json_object_set_new(lost, "status", json_string(status)), 0);
  assert_int_equal(json_object_set_new(lost, "reason", json_string(reason)), 0);
  assert_int_equal(json_object_del(lost, "summary"), 0);
}

// What failed or was skipped is told of the engines that it leaves out, and where another cell answers instead.
static void test_cells_without_result_are_told(void **state) {
  static const struct made_cell cells[] = {
      {"a", "get", "none", "mapped", 128, 1000, 1, 0, 100},  {"b", "get", "none", "mapped", 128, 1000, 1, 0, 200},
      {"b", "get", "none", "mapped", 128, 1000, 64, 0, 300}, {"c", "get", "none", "mapped", 128, 1000, 1, 0, 400},
      {"c", "get", "none", "mapped", 128, 1000, 64, 0, 500}, {"d", "get", "none", "cold", 128, 1000, 1, 0, 600}};
  static struct advice advice;
  struct advise_load reads = load;
  struct error error;
  (void)state;
  reads.reads = 1;
  json_t *run = made(cells, 6);
  lose(run, 0, "failed", "lost a value");
  lose(run, 1, "skipped", "no room");
  lose(run, 4, "failed", "further away than what answers");
  lose(run, 5, "failed", "of the other side of memory");
  assert_int_equal(advise(run, &reads, &advice, &error), 0);
  assert_int_equal(advice.count, 2);
  assert_int_equal(advice.missing_count, 2);
  assert_string_equal(json_string_value(json_object_get(advice.missing[0].cell, "spec")), "a");
  assert_true(advice.missing[0].left_out);
  assert_string_equal(advise_lost(advice.missing[0].cell), "failed");
  assert_true(advice.missing[1].cell == json_array_get(json_object_get(run, "cells"), 1));
  assert_string_equal(advice.missing[1].what, "reads");
  assert_false(advice.missing[1].left_out);
  assert_string_equal(advise_lost(advice.missing[1].cell), "was skipped");
  json_decref(run);
}

static void test_why_nothing_is_answered(void **state) {
  static const struct made_cell cells[] = {{"a", "get", "none", "mapped", 128, 1000, 1, 0, 100},
                                           {"b", "get", "none", "mapped", 128, 1000, 1, 0, 100},
                                           {"b", "update", "every=64", "mapped", 128, 1000, 1, 0, 100}};
  static struct advice advice;
  struct advise_load reads = load;
  struct error error;
  (void)state;
  reads.reads = 1;
  json_t *run = made(cells, 3);
  lose(run, 0, "failed", "lost a value");
  lose(run, 1, "skipped", "no room");
  lose(run, 2, "skipped", "no time");
  assert_int_equal(advise(run, &reads, &advice, &error), -ENODATA);
  assert_non_null(strstr(error.text, "holds: cell-x failed: lost a value (and 1 more engine); measure this first"));
  reads.reads = 0;
  assert_int_equal(advise(run, &reads, &advice, &error), -ENODATA);
  assert_non_null(strstr(error.text, "every=64: cell-x was skipped: no time; measure this first"));
  json_decref(run);
}

static void test_record_sizes(void **state) {
  (void)state;
  assert_int_equal(advise_record_size(16), 64);
  assert_int_equal(advise_record_size(24), 64);
  assert_int_equal(advise_record_size(25), 128);
  assert_int_equal(advise_record_size(4056), 4096);
  assert_int_equal(advise_record_size(4057), 8192);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_seconds_add_up),
      cmocka_unit_test(test_intervals_that_meet_are_alike),
      cmocka_unit_test(test_filling_caches_are_left_out),
      cmocka_unit_test(test_what_memory_holds_is_apart),
      cmocka_unit_test(test_small_data_is_said),
      cmocka_unit_test(test_unlike_cells_are_said),
      cmocka_unit_test(test_updates_beyond_memory),
      cmocka_unit_test(test_unknown_memory_is_said),
      cmocka_unit_test(test_a_mapped_cache_is_nearer),
      cmocka_unit_test(test_no_note_is_lost),
      cmocka_unit_test(test_depth_is_part_of_the_load),
      cmocka_unit_test(test_no_data_is_said),
      cmocka_unit_test(test_only_plain_cells_count),
      cmocka_unit_test(test_cells_without_result_are_told),
      cmocka_unit_test(test_why_nothing_is_answered),
      cmocka_unit_test(test_record_sizes),
  };
  return cmocka_run_group_tests_name("advise", tests, NULL, NULL);
}
