// SPDX-License-Identifier: MIT
// Log-linear latency histogram: 128 buckets a power of two, so a value is known to 1/128, under 0.8%.
#ifndef STOREBENCH_HISTOGRAM_H
#define STOREBENCH_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

struct histogram;

// Values 0 to 2^40 ns (18 minutes); larger ones count in the last bucket and keep their true maximum. NULL: no memory.
struct histogram *histogram_new(void);
void histogram_free(struct histogram *histogram);
// Not thread safe: one histogram a thread, added up afterwards.
void histogram_record(struct histogram *histogram, uint64_t value);
void histogram_add(struct histogram *into, const struct histogram *from);
uint64_t histogram_count(const struct histogram *histogram);
uint64_t histogram_min(const struct histogram *histogram);
uint64_t histogram_max(const struct histogram *histogram);
double histogram_mean(const struct histogram *histogram);
// The value at or below which `percent` (0 to 100) of the values lie: the middle of its bucket, never outside min..max.
uint64_t histogram_percentile(const struct histogram *histogram, double percent);
// The i-th non-empty bucket from `*position` on (start at 0): its highest value and count; 0 when there is none left.
int histogram_next(const struct histogram *histogram, size_t *position, uint64_t *highest, uint64_t *count);

#endif
