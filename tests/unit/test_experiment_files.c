// SPDX-License-Identifier: MIT
// The experiments that ship: each is read, each point of each profile can run, and the profiles keep their size.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engines/registry.h"
#include "workloads/experiment.h"

static const char *const names[] = {
    "fill-sequential", "update-random", "read-sequential", "read-random-warm", "read-random-cold",
    "append-sync",     "mixed"};
static const char *const profiles[] = {"quick", "standard", "full"};

enum { NAMES = sizeof names / sizeof *names, PROFILES = 3 };

static struct experiment *load(const char *name) {
  const char *source = getenv("STOREBENCH_SOURCE");
  char path[4096];
  struct experiment *experiment = NULL;
  struct error error = {0};
  snprintf(path, sizeof path, "%s/workloads/experiments/%s.ini", source ? source : ".", name);
  if (experiment_load(path, 16ull << 30, &experiment, &error)) fail_msg("%s", error.text);
  assert_string_equal(experiment_name(experiment), name);
  return experiment;
}

// Checks every point of a profile, its engine with the registry too. Returns how many there are.
static size_t check_points(const struct experiment *experiment, const char *profile) {
  struct experiment_axis axes[EXPERIMENT_AXES_MAX];
  size_t count, index[EXPERIMENT_AXES_MAX] = {0}, points = 0, axis;
  struct error error = {0};
  if (experiment_axes(experiment, profile, NULL, axes, &count, &error)) fail_msg("%s", error.text);
  do {
    struct cell_settings cell;
    const struct engine *engine;
    struct store_config config = {0};
    if (experiment_cell(experiment, profile, axes, count, index, &cell, &error)) fail_msg("%s", error.text);
    if (registry_parse(cell.spec, &engine, &config, &error)) fail_msg("%s: %s", cell.spec, error.text);
    assert_true(cell.workload.records >= cell.workload.depth);
    points++;
    for (axis = 0; axis < count && ++index[axis] == axes[axis].count; axis++) index[axis] = 0;
  } while (axis < count);
  return points;
}

static size_t count_profile(const char *profile) {
  size_t total = 0;
  for (int i = 0; i < NAMES; i++) {
    struct experiment *experiment = load(names[i]);
    assert_true(experiment_in_profile(experiment, profile));
    size_t points = check_points(experiment, profile);
    print_message("%-8s %-18s %3zu cells\n", profile, names[i], points);
    total += points;
    experiment_free(experiment);
  }
  print_message("%-8s %-18s %3zu cells\n", profile, "all", total);
  return total;
}

// A cell of quick takes 5 samples of about 0.35 s, one of standard 11 of 0.5 s: three and fifteen minutes in all.
static void test_profiles(void **state) {
  (void)state;
  assert_in_range(count_profile(profiles[0]), 1, 70);
  assert_in_range(count_profile(profiles[1]), 1, 140);
  assert_in_range(count_profile(profiles[2]), 1, 140);
}

static void test_texts(void **state) {
  (void)state;
  for (int i = 0; i < NAMES; i++) {
    struct experiment *experiment = load(names[i]);
    assert_true(strlen(experiment_title(experiment)) <= 60);
    assert_int_equal(experiment_question(experiment)[strlen(experiment_question(experiment)) - 1], '?');
    assert_string_equal(experiment_chart(experiment)->series, "engine");
    assert_string_not_equal(experiment_verdict(experiment)->compare[0], "");
    experiment_free(experiment);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_profiles), cmocka_unit_test(test_texts)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
