// SPDX-License-Identifier: MIT
// Numbers as people read them.
#ifndef STOREBENCH_REPORT_VALUES_H
#define STOREBENCH_REPORT_VALUES_H

#include <stddef.h>

// Three digits, SI prefix and unit: "6.41 M ops/s", "2.37 GB/s", "1.20 us" (from 1200 with unit "ns"), "-" for NAN.
// `room` bytes at `text`; 32 are enough for the units of harness/metrics.c.
void value_format(double value, const char *unit, char *text, size_t room);

// "6.41 M ops/s (6.20-6.50)": a median and its interval, all with the median's prefix.
void value_format_interval(double median, double low, double high, const char *unit, char *text, size_t room);

#endif
