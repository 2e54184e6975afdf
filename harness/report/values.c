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
  while (i + 1 < count && fabs(value) * base < prefixes[i].divisor * 0.9995) i++;
  if (value == 0) i = 4;
  return (struct scale){prefixes[i].divisor / base, prefixes[i].prefix, base < 1 ? "s" : unit};
}

static int decimals(double scaled) { return fabs(scaled) >= 99.95 ? 0 : fabs(scaled) >= 9.995 ? 1 : 2; }

// " M ops/s", " GB/s": the prefix of a unit of one letter or two belongs to it.
static void append_unit(const struct scale *scale, char *text, size_t room) {
  size_t length = strlen(text);
  const char *gap = *scale->prefix && strlen(scale->unit) > 3 ? " " : "";
  snprintf(text + length, room - length, " %s%s%s", scale->prefix, gap, scale->unit);
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
