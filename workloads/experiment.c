// SPDX-License-Identifier: MIT
// Experiments as the harness sees them: loading, the axes of a profile, the settings of a point.
#include "workloads/experiment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/input.h"
#include "base/processors.h"
#include "workloads/experiment_internal.h"

enum { FILE_MAX = 1 << 16 };  // bytes: a file of experiments is a page or two

const char *const profile_names[PROFILES] = {"quick", "standard", "full"};

int profile_find(const char *profile) {
  for (int i = 0; i < PROFILES; i++)
    if (strcmp(profile_names[i], profile) == 0) return i;
  return -1;
}

// Reads all of the file into `text` (FILE_MAX + 1 bytes).
static int read_file(const char *path, char *text, struct error *error) {
  int code = 0;
  size_t length = 0;
  int fd = input_open(path);
  if (fd < 0)
    return error_set(error, fd,
                     "%s: cannot read the experiment: %s; `storebench list experiments` names those there are", path,
                     input_reason(fd));
  for (ssize_t n = 1; n > 0 && length <= FILE_MAX; length += (size_t)n) {
    n = read(fd, text + length, FILE_MAX + 1 - length);
    if (n < 0) {
      code = error_set(error, -errno,
                       "%s: cannot read the experiment: %s; `storebench list experiments` names those there are", path,
                       strerror(errno));
      goto out;
    }
  }
  if (length > FILE_MAX || memchr(text, '\0', length)) {
    code = error_set(error, -EINVAL, "%s: not a text of at most %d bytes; is it an experiment file?", path, FILE_MAX);
    goto out;
  }
  text[length] = '\0';
out:
  close(fd);  // nothing was written
  return code;
}

struct experiment_machine experiment_machine_here(void) {
  return (struct experiment_machine){(uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE),
                                     processors_count()};
}

int experiment_load(const char *path, struct experiment_machine machine, struct experiment **experiment,
                    struct error *error) {
  char *text = malloc(FILE_MAX + 1);
  if (!text) return error_set(error, -ENOMEM, "%s: no memory to read it", path);
  int code = read_file(path, text, error);
  if (!code) code = experiment_parse(path, text, machine, experiment, error);
  free(text);
  return code;
}

static void set_names(struct experiment *experiment, const char *path) {
  const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
  size_t length = strlen(base);
  if (length > 4 && strcmp(base + length - 4, ".ini") == 0) length -= 4;
  snprintf(experiment->file, sizeof experiment->file, "%s", path);
  snprintf(experiment->name, sizeof experiment->name, "%.*s", (int)length, base);
}

int experiment_parse(const char *name, const char *text, struct experiment_machine machine,
                     struct experiment **experiment, struct error *error) {
  struct experiment *parsed = calloc(1, sizeof *parsed);
  if (!parsed) return error_set(error, -ENOMEM, "%s: no memory to read it", name);
  parsed->machine = machine;
  set_names(parsed, name);
  int code = experiment_read(parsed, text, error);
  if (!code) code = experiment_check(parsed, error);
  if (code) {
    free(parsed);
  } else {
    *experiment = parsed;
  }
  return code;
}

void experiment_free(struct experiment *experiment) { free(experiment); }

const char *experiment_name(const struct experiment *experiment) { return experiment->name; }

const char *experiment_title(const struct experiment *experiment) { return experiment->title.text; }

const char *experiment_question(const struct experiment *experiment) { return experiment->question.text; }

const char *experiment_claim(const struct experiment *experiment) { return experiment->claim.text; }
const char *experiment_source(const struct experiment *experiment) { return experiment->source.text; }

const struct experiment_chart *experiment_chart(const struct experiment *experiment) { return &experiment->chart; }

int experiment_y_line(const struct experiment *experiment) { return experiment->y.line; }
int experiment_beside_line(const struct experiment *experiment) { return experiment->beside.line; }

const struct experiment_verdict *experiment_verdict(const struct experiment *experiment) {
  return &experiment->verdict;
}

bool experiment_in_profile(const struct experiment *experiment, const char *profile) {
  int found = profile_find(profile);
  return found >= 0 && experiment->in_profile[found];
}

// The profile's own text where it has one.
static const struct setting *effective(const struct setting (*settings)[KEY_COUNT], int profile, enum key key) {
  const struct setting *own = &settings[1 + profile][key];
  return own->line ? own : &settings[0][key];
}

int experiment_add_value(const struct experiment *experiment, int line, const char *value, size_t length,
                         struct experiment_axis *axis, struct error *error) {
  if (length == 0) return experiment_error(experiment, line, error, "an empty value in the list; remove a comma");
  if (axis->count == EXPERIMENT_VALUES_MAX || length >= EXPERIMENT_WORD_MAX)
    return experiment_error(experiment, line, error, "more than %d values, or one over %d bytes; give fewer",
                            EXPERIMENT_VALUES_MAX, EXPERIMENT_WORD_MAX - 1);
  char *to = axis->values[axis->count];
  memcpy(to, value, length);
  to[length] = '\0';
  for (size_t i = 0; i < axis->count; i++)
    if (strcmp(axis->values[i], to) == 0)
      return experiment_error(experiment, line, error, "%s stands twice in the list; keep one", to);
  axis->count++;
  return 0;
}

static int add_one(const struct experiment *experiment, int line, const char *value, size_t length,
                   struct experiment_axis *axis, struct error *error) {
  char text[EXPERIMENT_WORD_MAX] = "";
  if (length < sizeof text) memcpy(text, value, length);
  int code = experiment_add_counts(experiment, line, text, axis, error);
  return code == -ENOENT ? experiment_add_value(experiment, line, value, length, axis, error) : code;
}

// `groups`: a word may stand for several engines.
static int add_values(const struct experiment *experiment, int line, const char *list, bool groups,
                      struct experiment_axis *axis, struct error *error) {
  for (;;) {
    list += strspn(list, " \t");
    size_t whole = strcspn(list, ","), length = whole;
    while (length > 0 && (list[length - 1] == ' ' || list[length - 1] == '\t')) length--;
    char word[EXPERIMENT_WORD_MAX] = "";
    if (groups && length < sizeof word) memcpy(word, list, length);
    size_t count;
    const char *const *group = engine_group(word, &count);
    int code = group ? 0 : add_one(experiment, line, list, length, axis, error);
    for (size_t i = 0; group && i < count && !code; i++)
      code = experiment_add_value(experiment, line, group[i], strlen(group[i]), axis, error);
    if (code || !list[whole]) return code;
    list += whole + 1;
  }
}

int experiment_split(const struct experiment *experiment, int line, const char *list, struct experiment_axis *axis,
                     struct error *error) {
  axis->count = 0;
  return add_values(experiment, line, list, strcmp(axis->key, key_names[KEY_ENGINE]) == 0, axis, error);
}

int experiment_axes(const struct experiment *experiment, const char *profile, const char *engines,
                    struct experiment_axis *axes, size_t *count, struct error *error) {
  int number = profile_find(profile);
  bool replaced = false;
  if (number < 0) return error_set(error, -EINVAL, "unknown profile \"%s\"; one of: quick, standard, full", profile);
  for (size_t i = 0; i < experiment->sweep_count; i++) {
    enum key key = experiment->sweep_order[i];
    const struct setting *setting = effective(experiment->sweep, number, key);
    bool replace = key == KEY_ENGINE && engines;
    replaced = replaced || replace;
    snprintf(axes[i].key, sizeof axes[i].key, "%s", key_names[key]);
    int code = experiment_split(experiment, setting->line, replace ? engines : setting->text, &axes[i], error);
    if (code && replace)
      return error_set(error, code, "bad list of engines \"%s\"; give up to %d different ones, with commas between",
                       engines, EXPERIMENT_VALUES_MAX);
    if (code) return code;
  }
  if (engines && !replaced)
    return error_set(error, -EINVAL, "%s: the engine is held, not swept; run it without a list of engines",
                     experiment->file);
  *count = experiment->sweep_count;
  return 0;
}

// data and records say the same thing: the one a profile gives replaces both of [hold].
static void replace_size(const struct experiment *experiment, int number, struct point *point) {
  const struct setting *own = experiment->hold[1 + number];
  if (own[KEY_DATA].line && !own[KEY_RECORDS].line) point->texts[KEY_RECORDS] = NULL;
  if (own[KEY_RECORDS].line && !own[KEY_DATA].line) point->texts[KEY_DATA] = NULL;
}

static int key_find(const char *name) {
  for (int i = 0; i < KEY_COUNT; i++)
    if (strcmp(key_names[i], name) == 0) return i;
  return -1;
}

int experiment_cell(const struct experiment *experiment, const char *profile, const struct experiment_axis *axes,
                    size_t count, const size_t *index, struct cell_settings *settings, struct error *error) {
  struct point point = {{0}};
  struct setting values[EXPERIMENT_AXES_MAX];
  int number = profile_find(profile);
  if (number < 0) return error_set(error, -EINVAL, "unknown profile \"%s\"; one of: quick, standard, full", profile);
  for (int key = 0; key < KEY_COUNT; key++) {
    const struct setting *held = effective(experiment->hold, number, (enum key)key);
    point.texts[key] = held->line ? held : NULL;
  }
  replace_size(experiment, number, &point);
  for (size_t i = 0; i < count; i++) {
    int key = key_find(axes[i].key);
    if (key < 0 || index[i] >= axes[i].count)
      return error_set(error, -EINVAL, "%s: no value %zu of axis %s", experiment->file, index[i], axes[i].key);
    values[i].line = effective(experiment->sweep, number, (enum key)key)->line;
    snprintf(values[i].text, sizeof values[i].text, "%s", axes[i].values[index[i]]);
    point.texts[key] = &values[i];
  }
  int code = experiment_apply(experiment, &point, settings, error);
  return code ? code : experiment_check_point(experiment, &point, settings, error);
}
