// SPDX-License-Identifier: MIT
// Counts that depend on the machine: "cores", "2x cores", and "1 to 2x cores" in lists of threads and processes.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "workloads/experiment_internal.h"

static const char word[] = "cores", range[] = " to ";

static bool counts_clients(const char *key) {
  return strcmp(key, key_names[KEY_THREADS]) == 0 || strcmp(key, key_names[KEY_PROCESSES]) == 0;
}

bool experiment_cores_word(const struct experiment *experiment, const char *text, unsigned *count) {
  char *end = (char *)text;
  double factor = 1;
  if (strcmp(text, word) != 0) {
    factor = strtod(text, &end);
    bool decimal = (size_t)(end - text) == strspn(text, "0123456789.");  // strtod takes hexadecimal too
    if (end == text || !decimal || *end != 'x' || !(factor > 0 && factor <= 1024)) return false;
    end += 1 + strspn(end + 1, " ");
  }
  if (strcmp(end, word) != 0) return false;
  double product = round(factor * experiment->machine.processors);
  if (product > EXPERIMENT_COUNT_MAX) return false;
  *count = product < 1 ? 1 : (unsigned)product;
  return true;
}

static bool count_of(const struct experiment *experiment, const char *text, unsigned *count) {
  uint64_t number;
  if (experiment_cores_word(experiment, text, count)) return true;
  if (parse_count(text, &number) || number == 0 || number > EXPERIMENT_COUNT_MAX) return false;
  *count = (unsigned)number;
  return true;
}

static int add_count(const struct experiment *experiment, int line, unsigned count, struct experiment_axis *axis,
                     struct error *error) {
  char value[16];
  snprintf(value, sizeof value, "%u", count);
  // Two words may mean one number on this machine, and two numbers on the next.
  for (size_t i = 0; i < axis->count; i++)
    if (strcmp(axis->values[i], value) == 0) return 0;
  return experiment_add_value(experiment, line, value, strlen(value), axis, error);
}

// In doublings from `first` on; the number of cores and `last` are among them.
static int add_range(const struct experiment *experiment, int line, unsigned first, unsigned last,
                     struct experiment_axis *axis, struct error *error) {
  unsigned cores = experiment->machine.processors;
  int code = 0;
  for (unsigned count = first; count < last && !code; count *= 2) {
    code = add_count(experiment, line, count, axis, error);
    if (!code && count < cores && cores < 2 * count && cores < last)
      code = add_count(experiment, line, cores, axis, error);
  }
  return code ? code : add_count(experiment, line, last, axis, error);
}

int experiment_add_counts(const struct experiment *experiment, int line, const char *text, struct experiment_axis *axis,
                          struct error *error) {
  char copy[EXPERIMENT_WORD_MAX];
  unsigned first, last;
  if (!counts_clients(axis->key) || strlen(text) >= sizeof copy) return -ENOENT;
  snprintf(copy, sizeof copy, "%s", text);
  char *to = strstr(copy, range);
  if (!to)
    return experiment_cores_word(experiment, copy, &last) ? add_count(experiment, line, last, axis, error) : -ENOENT;
  *to = '\0';
  to += strlen(range);
  if (!count_of(experiment, copy, &first) || !count_of(experiment, to + strspn(to, " "), &last))
    return experiment_error(experiment, line, error,
                            "bad range \"%s\"; write two counts such as 1 to 8, or 1 to 2x cores", text);
  if (first > last)
    return experiment_error(experiment, line, error, "the range \"%s\" ends before it begins here; turn it round",
                            text);
  return add_range(experiment, line, first, last, axis, error);
}

void experiment_resolve_side(const struct experiment *experiment, const char *side, char *to, size_t room) {
  char copy[TEXT_MAX], *rest = copy, *part;
  size_t length = 0;
  unsigned count;
  snprintf(copy, sizeof copy, "%s", side);
  *to = '\0';
  while ((part = strsep(&rest, " \t"))) {
    char *value = strchr(part, '=');
    if (!*part) continue;
    bool relative = false;
    if (value) {
      *value = '\0';
      relative = counts_clients(part) && experiment_cores_word(experiment, value + 1, &count);
      *value = '=';
    }
    const char *space = length ? " " : "";
    int wrote = relative ? snprintf(to + length, room - length, "%s%.*s%u", space, (int)(value + 1 - part), part, count)
                         : snprintf(to + length, room - length, "%s%s", space, part);
    if (wrote < 0 || (size_t)wrote >= room - length) return;  // never: a number is shorter than its word
    length += (size_t)wrote;
  }
}

bool experiment_side_is_relative(const char *side) { return strstr(side, "=cores") || strstr(side, "xcores"); }
