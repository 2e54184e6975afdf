// SPDX-License-Identifier: MIT
// [before]: a phase a line, in order. It says what the key `before` says in one line, which can be swept. And the keys
// that make texts out of texts.
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
  snprintf(before->text + used, sizeof before->text - used, "%s%s", used ? "+" : "", phase);
  before->line = line;
  experiment->before_section = true;
  return phases_parse(before->text, &parsed, &why) ? experiment_error(experiment, line, error, "%s", why.text) : 0;
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
