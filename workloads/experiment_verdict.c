// SPDX-License-Identifier: MIT
// [verdict]: comparisons of cells, "mmap sync=always / mmap sync=none < 0.5". What is said of an axis that neither side
// names is said of each of its values.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workloads/experiment_internal.h"

enum { SIDE_WORDS_MAX = EXPERIMENT_AXES_MAX };

struct side {
  size_t count;
  char keys[SIDE_WORDS_MAX][32];
};

static bool is_bound(const char *text) {
  char *end;
  if (text[0] != '<' && text[0] != '>') return false;
  double number = strtod(text + 1, &end);
  return end != text + 1 && !*end && number > 0 && isfinite(number) &&
         strlen(text) < sizeof((struct experiment_test){0}).holds;
}

static int check_bound(const struct experiment *experiment, int line, const char *text, struct error *error) {
  if (is_bound(text)) return 0;
  return experiment_error(experiment, line, error,
                          "bad holds \"%s\"; write < or > and a ratio above 0, such as \"< 0.5\"", text);
}

static void trim_end(char *text) {
  size_t length = strlen(text);
  while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t')) text[--length] = '\0';
}

// Cuts "A / B" or "A / B < 0.5" into its parts.
static int cut_test(struct experiment *experiment, const struct setting *setting, struct error *error) {
  struct experiment_test *test = &experiment->verdict.tests[experiment->verdict.count];
  char text[TEXT_MAX];
  snprintf(text, sizeof text, "%s", setting->text);
  char *own = strpbrk(text, "<>"), *slash = strstr(text, " / ");
  if (!slash || strstr(slash + 3, " / ") || (own && own < slash))
    return experiment_error(experiment, setting->line, error,
                            "bad compare \"%s\"; write two cells with \" / \" between them", setting->text);
  const char *holds = own ? own : experiment->holds.text;
  if (!*holds)
    return experiment_error(experiment, setting->line, error,
                            "compare without what is claimed; add a bound behind it, such as \"< 0.5\", or holds");
  if (own && check_bound(experiment, setting->line, own, error)) return -EINVAL;
  snprintf(test->holds, sizeof test->holds, "%.31s", holds);
  if (own) *own = '\0';
  *slash = '\0';
  trim_end(text);
  trim_end(slash + 3);
  experiment_resolve_side(experiment, text, test->over, sizeof test->over);
  experiment_resolve_side(experiment, slash + 3, test->under, sizeof test->under);
  experiment->verdict.count++;
  return 0;
}

int experiment_cut_verdict(struct experiment *experiment, struct error *error) {
  const struct setting *holds = &experiment->holds;
  if (holds->line && !experiment->compare_count)
    return experiment_error(experiment, holds->line, error, "holds without compare; say which two cells are compared");
  int code = holds->line ? check_bound(experiment, holds->line, holds->text, error) : 0;
  for (size_t i = 0; i < experiment->compare_count && !code; i++)
    code = cut_test(experiment, &experiment->compare[i], error);
  return code;
}

static const struct experiment_axis *find_axis(const struct experiment_axis *axes, size_t count, const char *key) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(axes[i].key, key) == 0) return &axes[i];
  return NULL;
}

struct checking {
  const struct experiment *experiment;
  const char *profile;
  const struct experiment_axis *axes;
  size_t axis_count;
  int line;
  struct error *error;
};

static int check_word(const struct checking *checking, char *word, struct side *side) {
  size_t length = strcspn(word, "=:");  // an engine's own options come after ':'
  bool pair = word[length] == '=';
  if (pair) word[length] = '\0';
  const char *key = pair ? word : "engine", *value = pair ? word + length + 1 : word;
  const struct experiment_axis *axis = find_axis(checking->axes, checking->axis_count, key);
  if (!axis)
    return experiment_error(checking->experiment, checking->line, checking->error,
                            "%s is not swept; compare by axes that are", key);
  for (size_t i = 0; i < side->count; i++)
    if (strcmp(side->keys[i], key) == 0)
      return experiment_error(checking->experiment, checking->line, checking->error,
                              "%s is named twice on one side; say which cell is meant", key);
  snprintf(side->keys[side->count++], sizeof side->keys[0], "%s", key);
  for (size_t i = 0; i < axis->count; i++)
    if (strcmp(axis->values[i], value) == 0) return 0;
  return experiment_error(checking->experiment, checking->line, checking->error,
                          "%s is not a value of %s in profile %s; compare cells that are swept", value, key,
                          checking->profile);
}

// One side: "mmap sync=always": an engine's name and KEY=VALUE for other axes.
static int check_side(const struct checking *checking, const char *text, struct side *side) {
  char copy[TEXT_MAX], *rest = copy, *word;
  int code = 0;
  *side = (struct side){0};
  snprintf(copy, sizeof copy, "%s", text);
  while (!code && (word = strsep(&rest, " \t")))
    if (*word) code = check_word(checking, word, side);
  if (!code && side->count == 0)
    code = experiment_error(checking->experiment, checking->line, checking->error,
                            "a side of the comparison names no cell; write an engine or KEY=VALUE");
  return code;
}

static bool names(const struct side *side, const char *key) {
  for (size_t i = 0; i < side->count; i++)
    if (strcmp(side->keys[i], key) == 0) return true;
  return false;
}

// A key that only one side names would compare one cell with many.
static int check_pair(const struct checking *checking, const struct side *over, const struct side *under) {
  for (size_t i = 0; i < checking->axis_count; i++) {
    const char *key = checking->axes[i].key;
    if (names(over, key) != names(under, key))
      return experiment_error(checking->experiment, checking->line, checking->error,
                              "%s is named on one side only; name it on both, or on neither to judge at each of its "
                              "values",
                              key);
  }
  return 0;
}

bool experiment_side_is_bound(const char *side) { return strncmp(side, "bound ", strlen("bound ")) == 0; }

int experiment_check_verdict(const struct experiment *experiment, const char *profile,
                             const struct experiment_axis *axes, size_t count, struct error *error) {
  struct checking checking = {experiment, profile, axes, count, 0, error};
  int code = 0;
  for (size_t i = 0; i < experiment->verdict.count && !code; i++) {
    const struct experiment_test *test = &experiment->verdict.tests[i];
    struct side over, under;
    checking.line = experiment->compare[i].line;
    code = check_side(&checking, test->over, &over);
    if (!code && experiment_side_is_bound(test->under)) continue;
    if (!code) code = check_side(&checking, test->under, &under);
    if (!code) code = check_pair(&checking, &over, &under);
    // One core is "cores" as well as 1; on the next machine they are two.
    if (!code && strcmp(test->over, test->under) == 0 && !experiment_side_is_relative(experiment->compare[i].text))
      code = experiment_error(experiment, checking.line, error, "\"%s\" is compared with itself; name another cell",
                              test->over);
  }
  return code;
}
