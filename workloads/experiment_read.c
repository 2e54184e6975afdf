// SPDX-License-Identifier: MIT
// From the text of an experiment file to settings with line numbers, by inih.
//
// Lines reach inih through a reader of our own: inih passes no line numbers to its handler, cuts lines that do not fit
// its buffer in two, takes an indented line for more of the value above, and tells of a section only with its first
// key.
#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/words.h"
#include "workloads/experiment_internal.h"

enum section {
  SECTION_NONE,
  SECTION_EXPERIMENT,
  SECTION_ENGINES,
  SECTION_HOLD,
  SECTION_SWEEP,
  SECTION_BEFORE,
  SECTION_BACKGROUND,
  SECTION_CHART,
  SECTION_VERDICT,
  SECTIONS
};

static const char *const section_names[SECTIONS] = {
    [SECTION_NONE] = "",           [SECTION_EXPERIMENT] = "experiment", [SECTION_ENGINES] = "engines",
    [SECTION_HOLD] = "hold",       [SECTION_SWEEP] = "sweep",           [SECTION_CHART] = "chart",
    [SECTION_VERDICT] = "verdict", [SECTION_BEFORE] = "before",         [SECTION_BACKGROUND] = "background",
};

struct reading {
  struct experiment *experiment;
  const char *rest;  // of the text
  int line;
  enum section section;
  int profile;                       // 0: for all; 1 + profile in [hold quick]
  int seen[SECTIONS][PROFILES + 1];  // line of each section
  int code;
  struct error *error;
};

int experiment_error(const struct experiment *experiment, int line, struct error *error, const char *format, ...) {
  char text[400];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return error_set(error, -EINVAL, "%s:%d: %s", experiment->file, line ? line : experiment->last_line, text);
}

int experiment_word(const struct experiment *experiment, int line, const char *what, const char *text,
                    const char *const *words, size_t count, struct error *error) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(words[i], text) == 0) return (int)i;
  const char *nearest = nearest_word(text, words, count);
  if (nearest)
    return experiment_error(experiment, line, error, "unknown %s \"%s\"; did you mean \"%s\"?", what, text, nearest);
  char list[256] = "";
  for (size_t i = 0; i < count; i++) {
    size_t length = strlen(list);
    snprintf(list + length, sizeof list - length, "%s%s", i ? ", " : "", words[i]);
  }
  return experiment_error(experiment, line, error, "unknown %s \"%s\"; one of: %s", what, text, list);
}

// [hold] or [hold quick]. `text` is what stands between the brackets.
static int enter_section(struct reading *reading, char *text) {
  struct experiment *experiment = reading->experiment;
  char *profile = strchr(text, ' ');
  if (profile) {
    *profile++ = '\0';
    profile += strspn(profile, " ");
  }
  int section =
      experiment_word(experiment, reading->line, "section", text, section_names + 1, SECTIONS - 1, reading->error);
  if (section < 0) return section;
  reading->section = (enum section)(section + 1);
  reading->profile = 0;
  if (profile) {
    if (reading->section != SECTION_HOLD && reading->section != SECTION_SWEEP)
      return experiment_error(experiment, reading->line, reading->error,
                              "[%s] is the same for all profiles; only [hold] and [sweep] can be overridden", text);
    int found = experiment_word(experiment, reading->line, "profile", profile, profile_names, PROFILES, reading->error);
    if (found < 0) return found;
    reading->profile = found + 1;
  }
  int *seen = &reading->seen[reading->section][reading->profile];
  if (*seen)
    return experiment_error(experiment, reading->line, reading->error,
                            "the section stands here a second time, first on line %d; put the two together", *seen);
  *seen = reading->line;
  return 0;
}

static int set_once(struct reading *reading, struct setting *setting, const char *key, const char *text) {
  if (setting->line)
    return experiment_error(reading->experiment, reading->line, reading->error,
                            "%s is given twice, first on line %d; keep one", key, setting->line);
  if (!*text) return experiment_error(reading->experiment, reading->line, reading->error, "%s has no value", key);
  setting->line = reading->line;
  snprintf(setting->text, sizeof setting->text, "%s", text);
  return 0;
}

// A key that may stand several times, `most` at most.
static int set_repeated(struct reading *reading, struct setting *settings, size_t *count, size_t most, const char *key,
                        const char *text) {
  if (*count == most)
    return experiment_error(reading->experiment, reading->line, reading->error, "more than %zu lines of %s; give fewer",
                            most, key);
  int code = set_once(reading, &settings[*count], key, text);
  if (!code) ++*count;
  return code;
}

// A section with fixed keys: names[i] is kept in settings[i]. The names of keys that may be repeated stand there for
// the messages only.
static int set_named(struct reading *reading, const char *key, const char *text, const char *const *names,
                     struct setting *const *settings, size_t count) {
  char what[32];
  snprintf(what, sizeof what, "key in [%s]", section_names[reading->section]);
  int found = experiment_word(reading->experiment, reading->line, what, key, names, count, reading->error);
  return found < 0 ? found : set_once(reading, settings[found], key, text);
}

static int set_cell_key(struct reading *reading, const char *key, const char *text) {
  struct experiment *experiment = reading->experiment;
  bool sweep = reading->section == SECTION_SWEEP;
  if (sweep && reading->profile == 0 && strcmp(key, "omit") == 0)
    return set_repeated(reading, experiment->omit, &experiment->omit_count, OMIT_MAX, key, text);
  int found = experiment_word(experiment, reading->line, sweep ? "key in [sweep]" : "key in [hold]", key, key_names,
                              KEY_COUNT, reading->error);
  if (found < 0) return found;
  if (sweep && reading->profile == 0) experiment->sweep_order[experiment->sweep_count++] = (enum key)found;
  struct setting *settings = sweep ? experiment->sweep[reading->profile] : experiment->hold[reading->profile];
  return set_once(reading, &settings[found], key, text);
}

static int set_alias(struct reading *reading, const char *name, const char *spec) {
  struct experiment *experiment = reading->experiment;
  for (size_t i = 0; i < experiment->alias_count; i++)
    if (strcmp(experiment->aliases[i].name, name) == 0)
      return experiment_error(experiment, reading->line, reading->error,
                              "%s is given twice, first on line %d; keep one", name, experiment->aliases[i].line);
  if (experiment->alias_count == ALIASES_MAX)
    return experiment_error(experiment, reading->line, reading->error, "more than %d engines; name fewer", ALIASES_MAX);
  if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name))
    return experiment_error(experiment, reading->line, reading->error,
                            "\"%s\" is no name for an engine; use a-z, 0-9 and -", name);
  if (!*spec || strpbrk(spec, " \t,") || strlen(spec) >= EXPERIMENT_WORD_MAX)
    return experiment_error(experiment, reading->line, reading->error,
                            "\"%s\" is no engine; write NAME or NAME:OPTION=VALUE, under %d bytes", spec,
                            EXPERIMENT_WORD_MAX);
  struct alias *alias = &experiment->aliases[experiment->alias_count++];
  alias->line = reading->line;
  snprintf(alias->name, sizeof alias->name, "%s", name);
  snprintf(alias->spec, sizeof alias->spec, "%s", spec);
  return 0;
}

static int set_key(struct reading *reading, const char *key, const char *text) {
  struct experiment *e = reading->experiment;
  static const char *const experiment_keys[] = {"title", "question", "claim", "source", "profiles"};
  static const char *const chart_keys[] = {"shape", "x", "series", "panel", "y", "beside", "log_y", "read"};
  static const char *const verdict_keys[] = {"holds", "compare"};
  switch (reading->section) {
    case SECTION_EXPERIMENT:
      return set_named(reading, key, text, experiment_keys,
                       (struct setting *const[]){&e->title, &e->question, &e->claim, &e->source, &e->profiles}, 5);
    case SECTION_CHART:
      if (strcmp(key, "read") == 0) return set_repeated(reading, e->read, &e->read_count, READ_LINES_MAX, key, text);
      return set_named(
          reading, key, text, chart_keys,
          (struct setting *const[]){&e->shape, &e->x, &e->series, &e->panel, &e->y, &e->beside, &e->log_y, e->read}, 8);
    case SECTION_VERDICT:
      if (strcmp(key, "compare") == 0)
        return set_repeated(reading, e->compare, &e->compare_count, EXPERIMENT_TESTS_MAX, key, text);
      return set_named(reading, key, text, verdict_keys, (struct setting *const[]){&e->holds, e->compare}, 2);
    case SECTION_ENGINES:
      return set_alias(reading, key, text);
    case SECTION_BEFORE:
      return experiment_add_phase(e, reading->line, key, text, reading->error);
    case SECTION_BACKGROUND:
      return experiment_add_background(e, reading->line, key, text, reading->error);
    case SECTION_HOLD:
    case SECTION_SWEEP:
      return set_cell_key(reading, key, text);
    default:
      return experiment_error(e, reading->line, reading->error, "%s stands before any section; begin with [experiment]",
                              key);
  }
}

static int on_key(void *user, const char *section, const char *key, const char *text) {
  (void)section;  // the reader knows it, with its line
  struct reading *reading = user;
  if (reading->code == 0) reading->code = set_key(reading, key, text);
  return reading->code == 0;
}

// A line that begins with '[' is a section's; what inih makes of it is the same, but later.
static int look_at_line(struct reading *reading, const char *line) {
  for (const char *c = line; *c; c++)
    if (iscntrl((unsigned char)*c) && *c != '\t')
      return experiment_error(reading->experiment, reading->line, reading->error,
                              "a control character (0x%02x); remove it", (unsigned char)*c);
  const char *end = line[0] == '[' ? strchr(line, ']') : NULL;
  if (!end) return 0;
  const char *after = end + 1 + strspn(end + 1, " \t");
  if (*after && *after != ';')
    return experiment_error(reading->experiment, reading->line, reading->error, "\"%s\" behind the section; remove it",
                            after);
  char text[TEXT_MAX];
  snprintf(text, sizeof text, "%.*s", (int)(end - line - 1), line + 1);
  return enter_section(reading, text);
}

// fgets for inih. `room` is its buffer; a line must fit whole. Indentation is dropped.
static char *read_line(char *to, int room, void *user) {
  struct reading *reading = user;
  if (reading->code || !*reading->rest) return NULL;
  size_t length = strcspn(reading->rest, "\n");
  const char *start = reading->rest;
  reading->rest += length + (start[length] == '\n');
  reading->line++;
  if (length > 0 && start[length - 1] == '\r') length--;
  if (length + 3 > (size_t)room) {  // inih's own reserve for the line's end
    reading->code = experiment_error(reading->experiment, reading->line, reading->error,
                                     "the line has %zu bytes; at most %d are read", length, room - 3);
    return NULL;
  }
  size_t indent = 0;
  while (indent < length && (start[indent] == ' ' || start[indent] == '\t')) indent++;
  memcpy(to, start + indent, length - indent);
  to[length - indent] = '\0';
  reading->code = look_at_line(reading, to);
  return reading->code ? NULL : to;
}

int experiment_read(struct experiment *experiment, const char *text, struct error *error) {
  static const char byte_order_mark[] = "\xef\xbb\xbf";
  if (strncmp(text, byte_order_mark, 3) == 0) text += 3;
  struct reading reading = {.experiment = experiment, .rest = text, .error = error};
  int bad_line = ini_parse_stream(read_line, &reading, on_key, &reading);
  experiment->last_line = reading.line;
  if (bad_line < 0) return error_set(error, -ENOMEM, "%s: no memory to read it", experiment->file);
  // inih reads on after a line it cannot parse, so the handler's error may be a later one.
  if (bad_line > 0 && (reading.code == 0 || bad_line < reading.line))
    return experiment_error(experiment, bad_line, error, "neither [section], key = value nor ; comment");
  return reading.code;
}
