// SPDX-License-Identifier: MIT
// Any bytes as an experiment file. One that is taken has axes and cells in every profile, or a message that says why
// not.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "workloads/experiment.h"

enum { CELLS = 64 };  // of a profile that are looked at

static void said(int code, const struct error *error) {
  if (code && (error->code != code || !*error->text || strchr(error->text, '\n')))
    fuzz_fail("failed with %d and \"%s\"", code, error->text);
}

static void look_at_cells(const struct experiment *experiment, const char *profile) {
  struct experiment_axis axes[EXPERIMENT_AXES_MAX];
  struct cell_settings settings;
  struct error error = {0};
  size_t count = 0, index[EXPERIMENT_AXES_MAX] = {0};
  int code = experiment_axes(experiment, profile, NULL, axes, &count, &error);
  said(code, &error);
  if (code) return;
  for (int cell = 0; cell < CELLS; cell++) {
    said(experiment_cell(experiment, profile, axes, count, index, &settings, &error), &error);
    size_t axis = 0;
    while (axis < count && ++index[axis] == axes[axis].count) index[axis++] = 0;
    if (axis == count) return;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char *const profiles[] = {"quick", "standard", "full"};
  struct experiment *experiment;
  struct error error = {0};
  char *text = malloc(size + 1);
  if (!text) fuzz_fail("no memory for an input");
  if (size) memcpy(text, data, size);
  text[size] = '\0';
  int code = experiment_parse("fuzz.ini", text, (struct experiment_machine){8ull << 30, 2}, &experiment, &error);
  said(code, &error);
  free(text);
  if (code) return 0;
  for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) look_at_cells(experiment, profiles[i]);
  experiment_free(experiment);
  return 0;
}

// Those that come with the program.
void fuzz_seeds(fuzz_take_fn take, void *user) {
  DIR *folder = opendir(FUZZ_EXPERIMENTS);
  if (!folder) fuzz_fail("%s cannot be read: %m", FUZZ_EXPERIMENTS);
  for (struct dirent *entry; (entry = readdir(folder));) {
    char path[sizeof FUZZ_EXPERIMENTS + sizeof entry->d_name + 1];
    const char *end = strrchr(entry->d_name, '.');
    if (!end || strcmp(end, ".ini") != 0) continue;
    snprintf(path, sizeof path, "%s/%s", FUZZ_EXPERIMENTS, entry->d_name);
    size_t size = 0;
    uint8_t *text = fuzz_file_get(path, &size);
    if (!text) fuzz_fail("%s is missing", path);
    take(user, text, size);
    free(text);
  }
  closedir(folder);
}
