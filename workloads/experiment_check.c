// SPDX-License-Identifier: MIT
// What an experiment file may not say: charts that do not show what is swept, points that cannot run
// (experiment_point.c).
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "workloads/experiment_internal.h"

static const char *const shapes[] = {"bars", "lines", "ladder", "steps", "spectrum", "timeline", "heatmap"};
static const char *const yes_no[] = {"no", "yes"};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static int check_word(const struct experiment *experiment, const struct setting *setting, const char *what,
                      const char *const *words, size_t count, char *to, size_t room, struct error *error) {
  int found = experiment_word(experiment, setting->line, what, setting->text, words, count, error);
  if (found < 0) return found;
  snprintf(to, room, "%s", words[found]);
  return found;
}

static int require(const struct experiment *experiment, const struct setting *setting, const char *section,
                   const char *key, struct error *error) {
  if (setting->line) return 0;
  return experiment_error(experiment, 0, error, "[%s] has no %s; add it", section, key);
}

static int check_about(struct experiment *experiment, struct error *error) {
  int code = require(experiment, &experiment->title, "experiment", "title", error);
  if (!code) code = require(experiment, &experiment->question, "experiment", "question", error);
  if (code) return code;
  bool listed = experiment->profiles.line != 0;
  for (int i = 0; i < PROFILES; i++) experiment->in_profile[i] = !listed;
  char text[TEXT_MAX], *rest = text, *word;
  snprintf(text, sizeof text, "%s", experiment->profiles.text);
  while (listed && (word = strsep(&rest, " \t"))) {
    if (!*word) continue;
    int found = experiment_word(experiment, experiment->profiles.line, "profile", word, profile_names, PROFILES, error);
    if (found < 0) return found;
    experiment->in_profile[found] = true;
  }
  return 0;
}

// An override for a profile changes what is there: it neither sweeps what is held nor holds what is swept.
static int check_override(const struct experiment *experiment, int profile, enum key key, struct error *error) {
  const struct setting *hold = &experiment->hold[profile][key], *sweep = &experiment->sweep[profile][key];
  const struct setting *base_sweep = &experiment->sweep[0][key];
  const char *name = key_names[key];
  if (hold->line && base_sweep->line)
    return experiment_error(experiment, hold->line, error, "%s is held here and swept on line %d; keep one", name,
                            base_sweep->line);
  if (sweep->line && !base_sweep->line)
    return experiment_error(experiment, sweep->line, error, "%s is not swept in [sweep]; add it there first", name);
  return 0;
}

static int check_sections(const struct experiment *experiment, struct error *error) {
  if (experiment->sweep_count == 0)
    return experiment_error(experiment, 0, error, "nothing is swept; add [sweep] with an engine list");
  if (experiment->sweep_count > EXPERIMENT_AXES_MAX)
    return experiment_error(experiment, experiment->sweep[0][experiment->sweep_order[EXPERIMENT_AXES_MAX]].line, error,
                            "more than %d axes; hold some", EXPERIMENT_AXES_MAX);
  for (int profile = 0; profile <= PROFILES; profile++) {
    for (int key = 0; key < KEY_COUNT; key++) {
      int code = check_override(experiment, profile, (enum key)key, error);
      if (code) return code;
    }
  }
  return 0;
}

// Reads one of x, series and panel: an axis that no other of them shows. `shown` counts.
static int check_axis(const struct experiment *experiment, const struct setting *setting, const char *what, char *to,
                      bool *shown, struct error *error) {
  if (!setting->line) return 0;
  const char *swept[EXPERIMENT_AXES_MAX];
  for (size_t i = 0; i < experiment->sweep_count; i++) swept[i] = key_names[experiment->sweep_order[i]];
  int found =
      check_word(experiment, setting, what, swept, experiment->sweep_count, to, sizeof experiment->chart.x, error);
  if (found < 0) return found;
  if (shown[found])
    return experiment_error(experiment, setting->line, error, "%s is already drawn; give each axis one place", to);
  shown[found] = true;
  return 0;
}

static int check_axes_drawn(struct experiment *experiment, struct error *error) {
  struct experiment_chart *chart = &experiment->chart;
  bool shown[EXPERIMENT_AXES_MAX] = {false};
  int code = check_axis(experiment, &experiment->x, "swept axis for x", chart->x, shown, error);
  if (!code) code = check_axis(experiment, &experiment->series, "swept axis for series", chart->series, shown, error);
  if (!code) code = check_axis(experiment, &experiment->panel, "swept axis for panel", chart->panel, shown, error);
  for (size_t i = 0; i < experiment->sweep_count && !code; i++) {
    enum key key = experiment->sweep_order[i];
    if (!shown[i])
      code = experiment_error(experiment, experiment->sweep[0][key].line, error,
                              "%s is swept but the chart does not draw it; make it x, series or panel", key_names[key]);
  }
  return code;
}

// A list of metrics, which those who measure know.
static int check_beside(struct experiment *experiment, struct error *error) {
  struct experiment_chart *chart = &experiment->chart;
  const struct setting *beside = &experiment->beside;
  char text[TEXT_MAX], *rest = text, *word;
  size_t count = 0;
  snprintf(text, sizeof text, "%s", beside->text);
  while (beside->line && (word = strsep(&rest, ","))) {
    word += strspn(word, " \t");
    word[strcspn(word, " \t")] = '\0';
    if (!*word) return experiment_error(experiment, beside->line, error, "an empty metric in beside; remove a comma");
    if (count == EXPERIMENT_BESIDE_MAX)
      return experiment_error(experiment, beside->line, error, "more than %d metrics beside y; give fewer",
                              EXPERIMENT_BESIDE_MAX);
    bool twice = strcmp(word, chart->y) == 0;
    for (size_t i = 0; i < count; i++) twice = twice || strcmp(word, chart->beside[i]) == 0;
    if (twice) return experiment_error(experiment, beside->line, error, "%s is drawn already; name it once", word);
    snprintf(chart->beside[count++], sizeof chart->beside[0], "%.31s", word);
  }
  if (count && (strcmp(chart->shape, "timeline") == 0 || strcmp(chart->shape, "spectrum") == 0))
    return experiment_error(experiment, beside->line, error,
                            "%s has no other metric beside it; use bars, lines, ladder, steps or heatmap",
                            chart->shape);
  return 0;
}

// It runs along seconds: operations, from 0 on, or the longest wait.
static int check_timeline(const struct experiment *experiment, struct error *error) {
  if (experiment->x.line)
    return experiment_error(experiment, experiment->x.line, error, "a timeline runs along seconds; leave x out");
  bool waits = strcmp(experiment->y.text, "stall") == 0;
  if (experiment->y.line && !waits && strcmp(experiment->y.text, "ops_per_s") != 0)
    return experiment_error(experiment, experiment->y.line, error,
                            "a timeline shows operations or the longest wait; write y = ops_per_s or y = stall");
  if (!waits && strcmp(experiment->log_y.text, "yes") == 0)
    return experiment_error(experiment, experiment->log_y.line, error,
                            "a timeline of operations begins at 0; leave log_y out");
  return 0;
}

// Its lines are one paragraph.
static void join_read(struct experiment *experiment) {
  char *text = experiment->chart.read;
  for (size_t i = 0; i < experiment->read_count; i++) {
    size_t length = strlen(text);
    snprintf(text + length, sizeof experiment->chart.read - length, "%s%s", i ? " " : "", experiment->read[i].text);
  }
}

static int check_chart(struct experiment *experiment, struct error *error) {
  struct experiment_chart *chart = &experiment->chart;
  bool timeline = strcmp(experiment->shape.text, "timeline") == 0;
  int code = require(experiment, &experiment->shape, "chart", "shape", error);
  if (!code)
    code = timeline ? check_timeline(experiment, error) : require(experiment, &experiment->x, "chart", "x", error);
  if (!code) code = require(experiment, &experiment->y, "chart", "y", error);
  if (code) return code;
  code = check_word(experiment, &experiment->shape, "shape", shapes, LENGTH(shapes), chart->shape, sizeof chart->shape,
                    error);
  if (code < 0) return code;
  snprintf(chart->y, sizeof chart->y, "%.31s", experiment->y.text);
  if (experiment->log_y.line) {
    code =
        experiment_word(experiment, experiment->log_y.line, "word for log_y", experiment->log_y.text, yes_no, 2, error);
    if (code < 0) return code;
    chart->log_y = code == 1;
  }
  join_read(experiment);
  code = check_beside(experiment, error);
  return code ? code : check_axes_drawn(experiment, error);
}

static const struct experiment_axis *find_axis(const struct experiment_axis *axes, size_t count, const char *key) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(axes[i].key, key) == 0) return &axes[i];
  return NULL;
}

static bool is_number(const char *text) {
  uint64_t size;
  char *end;
  if (parse_size(text, &size) == 0) return true;
  double number = strtod(text, &end);
  return end != text && !*end && isfinite(number);
}

// A line runs along numbers: counts, sizes, or ratios.
static int check_line_values(const struct experiment *experiment, const struct experiment_axis *axes, size_t count,
                             struct error *error) {
  const struct experiment_axis *axis = find_axis(axes, count, experiment->chart.x);
  if (strcmp(experiment->chart.shape, "lines") != 0) return 0;
  for (size_t i = 0; axis && i < axis->count; i++) {
    if (!is_number(axis->values[i]))
      return experiment_error(experiment, experiment->shape.line, error,
                              "lines run along numbers, but x takes \"%s\"; use bars or ladder", axis->values[i]);
  }
  return 0;
}

static size_t value_at(const struct experiment_axis *axes, size_t count, const size_t *index, const char *key) {
  for (size_t i = 0; *key && i < count; i++)
    if (strcmp(axes[i].key, key) == 0) return index[i];
  return 0;
}

// A step goes from one value to the next, so that there is one at each place of x.
struct steps {
  uint64_t seen[EXPERIMENT_VALUES_MAX];  // a bit a panel
};

static int check_step(const struct experiment *experiment, const struct experiment_axis *axes, size_t count,
                      const size_t *index, struct steps *steps, struct error *error) {
  if (strcmp(experiment->chart.shape, "steps") != 0) return 0;
  size_t x = value_at(axes, count, index, experiment->chart.x);
  uint64_t panel = 1ull << value_at(axes, count, index, experiment->chart.panel);
  const struct experiment_axis *axis = find_axis(axes, count, experiment->chart.x);
  bool twice = steps->seen[x] & panel;
  steps->seen[x] |= panel;
  if (!twice) return 0;
  return experiment_error(experiment, experiment->shape.line, error,
                          "steps go from one value to the next, but %s has several; omit all but one",
                          axis ? axis->values[x] : "x");
}

static int check_points(const struct experiment *experiment, const char *profile, const struct experiment_axis *axes,
                        size_t count, struct error *error) {
  size_t index[EXPERIMENT_AXES_MAX] = {0};
  struct steps steps = {0};
  bool left = false;
  for (;;) {
    struct cell_settings settings;
    bool omitted = experiment_omits(experiment, axes, count, index);
    int code = omitted ? 0 : experiment_cell(experiment, profile, axes, count, index, &settings, error);
    if (!code && !omitted) code = check_step(experiment, axes, count, index, &steps, error);
    if (code) return code;
    left = left || !omitted;
    size_t axis = 0;
    while (axis < count && ++index[axis] == axes[axis].count) index[axis++] = 0;
    if (axis == count) break;
  }
  if (left) return 0;
  return experiment_error(experiment, experiment->omit[0].line, error,
                          "nothing of the sweep is left in profile %s; omit less", profile);
}

static int check_profile(const struct experiment *experiment, const char *profile, struct experiment_axis *axes,
                         struct error *error) {
  size_t count;
  int code = experiment_axes(experiment, profile, NULL, axes, &count, error);
  if (!code) code = check_line_values(experiment, axes, count, error);
  if (!code) code = check_points(experiment, profile, axes, count, error);
  return code ? code : experiment_check_verdict(experiment, profile, axes, count, error);
}

// A word of an engine axis that is an alias marks it; one that nobody uses is a slip of the pen.
static int check_aliases(const struct experiment *experiment, struct experiment_axis *axis, struct error *error) {
  snprintf(axis->key, sizeof axis->key, "%s", key_names[KEY_ENGINE]);
  for (size_t i = 0; i < experiment->alias_count; i++) {
    const struct alias *alias = &experiment->aliases[i];
    bool used = false;
    for (int profile = 0; profile <= PROFILES && !used; profile++) {
      const struct setting *hold = &experiment->hold[profile][KEY_ENGINE];
      const struct setting *sweep = &experiment->sweep[profile][KEY_ENGINE];
      used = hold->line && strcmp(hold->text, alias->name) == 0;
      if (!sweep->line) continue;
      int code = experiment_split(experiment, sweep->line, sweep->text, axis, error);
      if (code) return code;
      for (size_t v = 0; v < axis->count; v++) used = used || strcmp(axis->values[v], alias->name) == 0;
    }
    if (!used)
      return experiment_error(experiment, alias->line, error, "%s is named but never used; sweep it or remove it",
                              alias->name);
  }
  return 0;
}

int experiment_check(struct experiment *experiment, struct error *error) {
  struct experiment_axis *axes = calloc(EXPERIMENT_AXES_MAX, sizeof *axes);  // 12 KiB: too much for a stack
  if (!axes) return error_set(error, -ENOMEM, "%s: no memory to read it", experiment->file);
  int code = check_about(experiment, error);
  if (!code) code = check_sections(experiment, error);
  if (!code) code = check_chart(experiment, error);
  if (!code) code = experiment_cut_verdict(experiment, error);
  if (!code) code = check_aliases(experiment, axes, error);
  if (!code) code = experiment_check_omit(experiment, axes, error);
  // Those that it is not in as well: whoever names it may run it in any.
  for (int profile = 0; profile < PROFILES && !code; profile++)
    code = check_profile(experiment, profile_names[profile], axes, error);
  free(axes);
  return code;
}
