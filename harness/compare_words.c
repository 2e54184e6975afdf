// SPDX-License-Identifier: MIT
// Parts of a comparison in words.
#include "harness/compare_words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/results_file.h"

void compare_scalar_words(const json_t *value, char *text, size_t room) {
  char *dumped = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
  snprintf(text, room, "%s", dumped ? dumped : json_is_string(value) ? json_string_value(value) : "-");
  for (char *c = text; *c; c++)
    if ((unsigned char)*c < 0x20 || *c == 0x7f || *c == '|') *c = ' ';
  free(dumped);
}

void compare_floor_words(const json_t *comparison, char *text, size_t room) {
  const json_t *floor = json_object_get(comparison, "floor");
  const char *source = json_text(floor, "source"), *why;
  double least = 100 * json_real_or_nan(floor, "floor"), moved = 100 * json_real_or_nan(floor, "moved");
  if (strcmp(source, "threshold") == 0)
    why = "--threshold";
  else if (strcmp(source, "assumed") == 0)
    why = "assumed, runs of one machine drift so far";
  else
    why = moved < least ? "the least between two runs" : "so far the machine itself moved";
  snprintf(text, room, "Differences count beyond %.1f%%: %s", least, why);
}

void compare_controls_words(const json_t *comparison, char *text, size_t room) {
  const json_t *floor = json_object_get(comparison, "floor");
  double moved = 100 * json_real_or_nan(floor, "moved");
  if (isfinite(moved))
    snprintf(text, room, "Controls: of %" JSON_INTEGER_FORMAT ", none of which is a store, %s moved most, by %.1f%%",
             json_integer_value(json_object_get(floor, "controls")), json_text(floor, "control"), moved);
  else
    snprintf(text, room, "Controls: none in both runs (`null` cells, limits)");
}

// Few or noisy samples have intervals that say nothing.
void compare_interval_words(const json_t *cell, char *text, size_t room) {
  double low = json_real_or_nan(cell, "low"), high = json_real_or_nan(cell, "high");
  if (high > 100 * low)
    snprintf(text, room, "too wide");
  else
    snprintf(text, room, "%.3g-%.3g", low, high);
}
