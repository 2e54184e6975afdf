// SPDX-License-Identifier: MIT
// Numbers as people read them.
#include "harness/report/values.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct scale {
  double divisor;
  const char *prefix;
  const char *unit;
};

static const struct {
  double divisor;
  const char *prefix;
} prefixes[] = {{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1, ""}, {1e-3, "m"}, {1e-6, "u"}, {1e-9, "n"}};

static struct scale scale_of(double value, const char *unit) {
  size_t count = sizeof prefixes / sizeof prefixes[0], i = 0;
  double base = strcmp(unit, "ns") == 0 ? 1e-9 : 1;
  // Only times are said in thousandths: half a system call is 0.500 of one.
  if (base == 1) count = 5;
  while (i + 1 < count && fabs(value) * base < prefixes[i].divisor * 0.9995) i++;
  if (value == 0) i = 4;
  return (struct scale){prefixes[i].divisor / base, prefixes[i].prefix, base < 1 ? "s" : unit};
}

// Three digits that matter, as far as that goes.
static int decimals(double scaled) {
  double size = fabs(scaled);
  if (size == 0 || size >= 0.9995) return size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return size >= 0.00995 ? 3 : 5;
}

// " M ops/s", " GB/s": the prefix of a unit of one letter or two belongs to it.
static void append_unit(const struct scale *scale, char *text, size_t room) {
  size_t length = strlen(text);
  const char *gap = *scale->prefix && strlen(scale->unit) > 3 ? " " : "";
  const char *before = *scale->prefix || *scale->unit ? " " : "";
  snprintf(text + length, room - length, "%s%s%s%s", before, scale->prefix, gap, scale->unit);
}

void value_format(double value, const char *unit, char *text, size_t room) {
  if (!isfinite(value)) {
    snprintf(text, room, "-");
    return;
  }
  const struct scale scale = scale_of(value, unit);
  snprintf(text, room, "%.*f", decimals(value / scale.divisor), value / scale.divisor);
  append_unit(&scale, text, room);
}

void value_format_interval(double median, double low, double high, const char *unit, char *text, size_t room) {
  if (!isfinite(median) || !isfinite(low) || !isfinite(high)) {
    value_format(median, unit, text, room);
    return;
  }
  const struct scale scale = scale_of(median, unit);
  int digits = decimals(median / scale.divisor);
  value_format(median, unit, text, room);
  size_t length = strlen(text);
  snprintf(text + length, room - length, " (%.*f-%.*f)", digits, low / scale.divisor, digits, high / scale.divisor);
}
