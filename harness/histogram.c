// SPDX-License-Identifier: MIT
// Log-linear latency histogram. Values below 128 have a bucket each; above, the highest set bit picks the power of two
// and the next 7 bits one of its 128 buckets, so a bucket is never wider than 1/128 of its lowest value, and its middle
// is within 1/256 of every value in it.
#include "harness/histogram.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
  SUB_BITS = 7,
  SUB_BUCKETS = HISTOGRAM_SUB_BUCKETS,
  VALUE_BITS = SUB_BITS + HISTOGRAM_POWERS - 1,
  BUCKETS = HISTOGRAM_POWERS * SUB_BUCKETS + 1,  // the last one takes every value from 2^40 on
};
_Static_assert(SUB_BUCKETS == 1 << SUB_BITS && VALUE_BITS == 40, "as documented");

struct histogram {
  uint64_t count, min, max;
  unsigned __int128 sum;  // 64 bits would wrap after a handful of nonsense values and hide them
  uint64_t buckets[BUCKETS];
};

static size_t bucket_of(uint64_t value) {
  if (value < SUB_BUCKETS) return (size_t)value;
  if (value >> VALUE_BITS) return BUCKETS - 1;
  unsigned shift = 63u - (unsigned)__builtin_clzll(value) - SUB_BITS;
  return (size_t)shift * SUB_BUCKETS + (size_t)(value >> shift);
}

static uint64_t bucket_lowest(size_t bucket) {
  if (bucket < SUB_BUCKETS) return bucket;
  unsigned shift = (unsigned)(bucket / SUB_BUCKETS) - 1;
  return (uint64_t)(SUB_BUCKETS + bucket % SUB_BUCKETS) << shift;
}

static uint64_t bucket_highest(const struct histogram *histogram, size_t bucket) {
  return bucket == BUCKETS - 1 ? histogram->max : bucket_lowest(bucket + 1) - 1;
}

struct histogram *histogram_new(void) {
  struct histogram *histogram = malloc(sizeof *histogram);
  if (histogram) histogram_clear(histogram);  // which touches its pages, or a first record would pay for that
  return histogram;
}

void histogram_free(struct histogram *histogram) { free(histogram); }

void histogram_clear(struct histogram *histogram) {
  memset(histogram, 0, sizeof *histogram);
  histogram->min = UINT64_MAX;
}

void histogram_record(struct histogram *histogram, uint64_t value, uint64_t count) {
  histogram->buckets[bucket_of(value)] += count;
  histogram->count += count;
  histogram->sum += (unsigned __int128)value * count;
  if (value < histogram->min) histogram->min = value;
  if (value > histogram->max) histogram->max = value;
}

void histogram_add(struct histogram *into, const struct histogram *from) {
  for (size_t i = 0; i < BUCKETS; i++) into->buckets[i] += from->buckets[i];
  into->count += from->count;
  into->sum += from->sum;
  if (from->min < into->min) into->min = from->min;
  if (from->max > into->max) into->max = from->max;
}

size_t histogram_size(void) { return sizeof(struct histogram); }

uint64_t histogram_count(const struct histogram *histogram) { return histogram->count; }

uint64_t histogram_min(const struct histogram *histogram) { return histogram->count ? histogram->min : 0; }

uint64_t histogram_max(const struct histogram *histogram) { return histogram->max; }

double histogram_mean(const struct histogram *histogram) {
  return histogram->count ? (double)histogram->sum / (double)histogram->count : 0;
}

static uint64_t bucket_middle(const struct histogram *histogram, size_t bucket) {
  if (bucket == BUCKETS - 1) return histogram->max;
  uint64_t middle = bucket_lowest(bucket) + (bucket_lowest(bucket + 1) - bucket_lowest(bucket)) / 2;
  if (middle < histogram->min) return histogram->min;
  return middle > histogram->max ? histogram->max : middle;
}

uint64_t histogram_percentile(const struct histogram *histogram, double percent) {
  if (histogram->count == 0) return 0;
  double rank = ceil(percent / 100 * (double)histogram->count);
  // The ends are known exactly.
  if (rank <= 1) return histogram->min;
  if (rank >= (double)histogram->count) return histogram->max;
  uint64_t seen = 0;
  for (size_t i = 0; i < BUCKETS; i++) {
    seen += histogram->buckets[i];
    if ((double)seen >= rank) return bucket_middle(histogram, i);
  }
  return histogram->max;
}

int histogram_next(const struct histogram *histogram, size_t *position, uint64_t *highest, uint64_t *count) {
  for (size_t i = *position; i < BUCKETS; i++) {
    if (histogram->buckets[i] == 0) continue;
    *highest = bucket_highest(histogram, i);
    *count = histogram->buckets[i];
    *position = i + 1;
    return 1;
  }
  return 0;
}

uint64_t histogram_middle(uint64_t highest) {
  size_t bucket = bucket_of(highest);
  return bucket == BUCKETS - 1 ? highest : highest - (highest - bucket_lowest(bucket)) / 2;
}
