// SPDX-License-Identifier: MIT
// [before] and [background]: sections for what the keys before, background and background_rate say, which can be swept.
// And how those keys are read.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "workloads/experiment_internal.h"

int experiment_add_phase(struct experiment *experiment, int line, const char *key, const char *text,
                         struct error *error) {
  struct setting *before = &experiment->hold[0][KEY_BEFORE];
  struct phases parsed;
  struct error why;
  char phase[TEXT_MAX];
  bool plain = strcmp(text, "yes") == 0;  // of a phase without an amount
  int length = snprintf(phase, sizeof phase, "%s%s%s", key, plain ? "" : "=", plain ? "" : text);
  if (before->line && !experiment->before_section)
    return experiment_error(experiment, line, error,
                            "%s stands beside the key before of line %d; keep the section or the key", key,
                            before->line);
  if (!*text) return experiment_error(experiment, line, error, "%s has no value", key);
  if (length >= (int)sizeof phase || phases_parse(phase, &parsed, &why))
    return experiment_error(experiment, line, error, "%s", length < (int)sizeof phase ? why.text : "too long a phase");
  size_t used = strlen(before->text);
  if (used + strlen(phase) + 2 > sizeof before->text || parsed.count == 0)
    return experiment_error(experiment, line, error, "more phases than fit; give fewer");
  if (used) before->text[used++] = '+';
  memcpy(before->text + used, phase, strlen(phase) + 1);
  before->line = line;
  experiment->before_section = true;
  return phases_parse(before->text, &parsed, &why) ? experiment_error(experiment, line, error, "%s", why.text) : 0;
}

int experiment_add_background(struct experiment *experiment, int line, const char *key, const char *text,
                              struct error *error) {
  static const char *const names[] = {"operation", "rate"};
  static const enum key keys[] = {KEY_BACKGROUND, KEY_BACKGROUND_RATE};
  int found = experiment_word(experiment, line, "key in [background]", key, names, 2, error);
  if (found < 0) return found;
  struct setting *setting = &experiment->hold[0][keys[found]];
  if (setting->line)
    return experiment_error(experiment, line, error, "%s is given twice, first on line %d as %s; keep one", key,
                            setting->line, key_names[keys[found]]);
  if (!*text) return experiment_error(experiment, line, error, "%s has no value", key);
  setting->line = line;
  snprintf(setting->text, sizeof setting->text, "%s", text);
  return 0;
}

int experiment_read_background(const struct reader *reader) {
  const char *names[BACKGROUND_KINDS];
  for (int i = 0; i < BACKGROUND_KINDS; i++) names[i] = background_name((enum background_kind)i);
  int found = experiment_word(reader->experiment, reader->setting->line, "operation in the background",
                              reader->setting->text, names, BACKGROUND_KINDS, reader->error);
  if (found < 0) return found;
  reader->settings->background.kind = (enum background_kind)found;
  return 0;
}

int experiment_read_background_rate(const struct reader *reader) {
  if (reader_per_second(reader->setting->text, &reader->settings->background.per_s)) return 0;
  return reader_bad(reader, "background_rate", "operations a second such as 20k");
}

int experiment_read_options(const struct reader *reader) {
  const char *text = reader->setting->text;
  char *spec = reader->settings->spec;
  size_t used = strlen(spec), room = sizeof reader->settings->spec - used;
  if (strcmp(text, "none") == 0) return 0;
  if (strpbrk(text, " \t") || !strchr(text, '=') || strlen(text) + 2 > room)
    return reader_bad(reader, "options", "write OPTION=VALUE, with \":\" between several, or none");
  snprintf(spec + used, room, ":%s", text);
  return 0;
}

int experiment_read_before(const struct reader *reader) {
  struct error why;
  int code = phases_parse(reader->setting->text, &reader->settings->before, &why);
  return code ? experiment_error(reader->experiment, reader->setting->line, reader->error, "%s", why.text) : 0;
}
