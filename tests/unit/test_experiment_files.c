// SPDX-License-Identifier: MIT
// The experiments that ship: each is read, each point of each profile can run, and the profiles keep their size.
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engines/registry.h"
#include "harness/contenders/contenders.h"
#include "workloads/experiment.h"

static const char *const profiles[] = {"quick", "standard", "full"};

enum { PROFILES = 3 };

struct files {
  struct dirent **entries;
  int count;
};

static const char *folder(void) {
  static const char below[] = "/workloads/experiments";
  static char path[4096];
  const char *source = getenv("STOREBENCH_SOURCE");
  snprintf(path, sizeof path, "%s%s", source ? source : ".", below);
  return path;
}

static int is_experiment(const struct dirent *entry) {
  size_t length = strlen(entry->d_name);
  return length > 4 && strcmp(entry->d_name + length - 4, ".ini") == 0;
}

static int set_up(void **state) {
  static struct files files;
  files.count = scandir(folder(), &files.entries, is_experiment, alphasort);
  *state = &files;
  return files.count > 0 ? 0 : -1;
}

static int tear_down(void **state) {
  struct files *files = *state;
  for (int i = 0; i < files->count; i++) free(files->entries[i]);
  free(files->entries);
  return 0;
}

static struct experiment *load(const char *file) {
  char path[8192];
  struct experiment *experiment = NULL;
  struct error error = {0};
  snprintf(path, sizeof path, "%s/%s", folder(), file);
  if (experiment_load(path, (struct experiment_machine){16ull << 30, 2}, &experiment, &error))
    fail_msg("%s", error.text);
  return experiment;
}

// A peer that this build was made without.
static bool left_out(const char *spec) {
  struct engine_place place;
  struct error error;
  return !getenv("STOREBENCH_PEERS") && registry_locate(spec, &place, &error) == -ENOENT;
}

// Of an engine, or of a contender that is none.
static int parse_spec(const char *spec, struct error *error) {
  const struct contender *contender = contender_find(spec);
  const struct engine *engine;
  struct store_config config = {0};
  return contender ? registry_parse_options(spec, contender_engine(contender), &config, error)
                   : registry_parse(spec, &engine, &config, error);
}

// Checks every point of a profile, its engine with the registry too. Returns how many there are.
static size_t check_points(const struct experiment *experiment, const char *profile) {
  struct experiment_axis axes[EXPERIMENT_AXES_MAX];
  size_t count, index[EXPERIMENT_AXES_MAX] = {0}, points = 0, axis;
  struct error error = {0};
  if (experiment_axes(experiment, profile, NULL, axes, &count, &error)) fail_msg("%s", error.text);
  do {
    struct cell_settings cell;
    if (experiment_cell(experiment, profile, axes, count, index, &cell, &error)) fail_msg("%s", error.text);
    if (!left_out(cell.spec) && parse_spec(cell.spec, &error)) fail_msg("%s: %s", cell.spec, error.text);
    assert_true(cell.workload.records >= cell.workload.depth);
    points++;
    for (axis = 0; axis < count && ++index[axis] == axes[axis].count; axis++) index[axis] = 0;
  } while (axis < count);
  return points;
}

static size_t count_profile(const struct files *files, const char *profile) {
  size_t total = 0;
  for (int i = 0; i < files->count; i++) {
    struct experiment *experiment = load(files->entries[i]->d_name);
    size_t points = experiment_in_profile(experiment, profile) ? check_points(experiment, profile) : 0;
    print_message("%-8s %-22s %3zu cells\n", profile, experiment_name(experiment), points);
    total += points;
    experiment_free(experiment);
  }
  print_message("%-8s %-22s %3zu cells\n", profile, "all", total);
  return total;
}

// A cell of quick takes 6 samples of about 0.25 s, one of standard 12 of 0.4 s: three and fifteen minutes in all.
static void test_profiles(void **state) {
  assert_in_range(count_profile(*state, profiles[0]), 1, 90);
  assert_in_range(count_profile(*state, profiles[1]), 1, 190);
  count_profile(*state, profiles[2]);
}

// Whether an experiment of the profile is drawn so.
static bool draws(const struct files *files, const char *profile, const char *shape) {
  bool found = false;
  for (int i = 0; i < files->count && !found; i++) {
    struct experiment *experiment = load(files->entries[i]->d_name);
    found = experiment_in_profile(experiment, profile) && strcmp(experiment_chart(experiment)->shape, shape) == 0;
    experiment_free(experiment);
  }
  return found;
}

static void test_quick_has_every_shape(void **state) {
  static const char *const all[] = {"bars", "lines", "ladder", "steps", "spectrum", "timeline", "heatmap"};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (!draws(*state, profiles[0], all[i])) fail_msg("no experiment of quick is drawn as %s", all[i]);
}

// Each is in full at least, whatever is claimed is put to the test, and a reader is told how to read the chart.
static void test_texts(void **state) {
  const struct files *files = *state;
  for (int i = 0; i < files->count; i++) {
    struct experiment *experiment = load(files->entries[i]->d_name);
    const char *question = experiment_question(experiment);
    print_message("%s\n", experiment_name(experiment));
    assert_true(strlen(experiment_title(experiment)) <= 60);
    assert_int_equal(question[strlen(question) - 1], '?');
    assert_true(experiment_in_profile(experiment, profiles[2]));
    assert_true(strlen(experiment_chart(experiment)->read) > 40);
    if (*experiment_claim(experiment)) assert_true(experiment_verdict(experiment)->count > 0);
    experiment_free(experiment);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_profiles), cmocka_unit_test(test_quick_has_every_shape),
                                     cmocka_unit_test(test_texts)};
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
