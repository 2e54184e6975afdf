// SPDX-License-Identifier: MIT
// `omit` in [sweep]: points that mean nothing, "fsync sync=async": an engine and KEY=VALUE, all that match are left
// out.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workloads/experiment_internal.h"

// Takes one word apart: KEY=VALUE, or an engine, whose own options come after ':'.
static const char *take_apart(char *word, const char **value) {
  size_t length = strcspn(word, "=:");
  bool pair = word[length] == '=';
  if (pair) word[length] = '\0';
  *value = pair ? word + length + 1 : word;
  return pair ? word : key_names[KEY_ENGINE];
}

static bool matches(const struct experiment_axis *axes, size_t count, const size_t *index, const char *key,
                    const char *value) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(axes[i].key, key) == 0) return strcmp(axes[i].values[index[i]], value) == 0;
  return false;
}

bool experiment_omits(const struct experiment *experiment, const struct experiment_axis *axes, size_t count,
                      const size_t *index) {
  for (size_t i = 0; i < experiment->omit_count; i++) {
    char text[TEXT_MAX], *rest = text, *word;
    bool all = true;
    experiment_resolve_side(experiment, experiment->omit[i].text, text, sizeof text);
    while (all && (word = strsep(&rest, " "))) {
      const char *value, *key = take_apart(word, &value);
      all = matches(axes, count, index, key, value);
    }
    if (all) return true;
  }
  return false;
}

// Whether the axis takes the value in any profile; -ENOENT if it does not.
static int find_value(const struct experiment *experiment, const char *key, const char *value,
                      struct experiment_axis *axes, bool *swept, struct error *error) {
  size_t count;
  *swept = false;
  for (int profile = 0; profile < PROFILES; profile++) {
    int code = experiment_axes(experiment, profile_names[profile], NULL, axes, &count, error);
    if (code) return code;
    for (size_t i = 0; i < count; i++) {
      if (strcmp(axes[i].key, key) != 0) continue;
      *swept = true;
      for (size_t v = 0; v < axes[i].count; v++)
        if (strcmp(axes[i].values[v], value) == 0) return 0;
    }
  }
  return -ENOENT;
}

static int check_line(const struct experiment *experiment, const struct setting *omit, struct experiment_axis *axes,
                      struct error *error) {
  char text[TEXT_MAX], *rest = text, *word;
  experiment_resolve_side(experiment, omit->text, text, sizeof text);
  while ((word = strsep(&rest, " "))) {
    const char *value, *key = take_apart(word, &value);
    bool swept;
    int code = find_value(experiment, key, value, axes, &swept, error);
    if (code == -ENOENT && !swept)
      return experiment_error(experiment, omit->line, error, "%s is not swept; omit points of axes that are", key);
    if (code == -ENOENT)
      return experiment_error(experiment, omit->line, error,
                              "%s is not a value of %s in any profile; omit points that are swept", value, key);
    if (code) return code;
  }
  return 0;
}

int experiment_check_omit(const struct experiment *experiment, struct experiment_axis *axes, struct error *error) {
  int code = 0;
  for (size_t i = 0; i < experiment->omit_count && !code; i++)
    code = check_line(experiment, &experiment->omit[i], axes, error);
  return code;
}
