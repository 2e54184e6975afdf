// SPDX-License-Identifier: MIT
// The keys that say how long a sample lasts: `duration` and `operations`.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "workloads/experiment_internal.h"

static const double DURATION_MIN = 0.01, DURATION_MAX = 3600;  // seconds

int experiment_read_operations(const struct reader *reader) {
  uint64_t number;
  if (parse_count(reader->setting->text, &number) || number == 0 || number > INT64_MAX)
    return reader_bad(reader, "operations", "a count of at least 1 such as 5000");
  reader->settings->operations = number;
  return 0;
}

// "20s", "500ms" or "2min".
int experiment_read_duration(const struct reader *reader) {
  static const struct {
    const char *unit;
    double seconds;
  } units[] = {{"ms", 1e-3}, {"s", 1}, {"min", 60}};
  char *end;
  double number = strtod(reader->setting->text, &end), seconds = 0;
  for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
    if (strcmp(end, units[i].unit) == 0) seconds = number * units[i].seconds;
  if (end == reader->setting->text || !(seconds >= DURATION_MIN && seconds <= DURATION_MAX))
    return reader_bad(reader, "duration", "the length of a sample from 10ms to 60min, such as 20s");
  reader->settings->duration = seconds;
  return 0;
}
