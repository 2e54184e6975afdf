// SPDX-License-Identifier: MIT
// Log-linear latency histogram: 128 buckets a power of two, so a value is known to 1/128, under 0.8%.
//
// Written here, and not HdrHistogram_c, which lays its buckets out in the same way: Debian 12 does not package it,
// its two significant digits are the same bound in about the same memory (34 KiB), and recording, the one
// thing that must be cheap, is five lines without its range checks and normalisation. Its percentile files are written
// all the same (harness/results_hgrm.c).
#ifndef STOREBENCH_HISTOGRAM_H
#define STOREBENCH_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum {
  HISTOGRAM_POWERS = 34,       // of two that have buckets of their own
  HISTOGRAM_SUB_BUCKETS = 128  // each; values below so many have one each
};

struct histogram;

// Values 0 to 2^40 ns (18 minutes); larger ones count in the last bucket and keep their true maximum. NULL: no memory.
struct histogram *histogram_new(void);
void histogram_free(struct histogram *histogram);
// Not thread safe: one histogram a thread, added up afterwards.
// `count` (at least 1) values are `value`.
void histogram_record(struct histogram *histogram, uint64_t value, uint64_t count);
void histogram_clear(struct histogram *histogram);
void histogram_add(struct histogram *into, const struct histogram *from);
// Bytes of a histogram. There is no pointer in it: they can be handed to another process of this program.
size_t histogram_size(void);
uint64_t histogram_count(const struct histogram *histogram);
uint64_t histogram_min(const struct histogram *histogram);
uint64_t histogram_max(const struct histogram *histogram);
double histogram_mean(const struct histogram *histogram);
// The value at or below which `percent` (0 to 100) of the values lie: the middle of its bucket, never outside min..max.
uint64_t histogram_percentile(const struct histogram *histogram, double percent);
// The i-th non-empty bucket from `*position` on (start at 0): its highest value and count; 0 when there is none left.
int histogram_next(const struct histogram *histogram, size_t *position, uint64_t *highest, uint64_t *count);
// The middle of the bucket that ends with `highest`.
uint64_t histogram_middle(uint64_t highest);

#endif
