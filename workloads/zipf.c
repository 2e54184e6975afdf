// SPDX-License-Identifier: MIT
// The alias table behind zipfian draws.
#include "workloads/zipf.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { BUCKET_SHARE = 128 };  // a bucket is at most 1/128 as wide as its first rank: below that, one rank each

static uint64_t bucket_width(uint64_t first, uint64_t ranks) {
  uint64_t width = 1 + first / BUCKET_SHARE;
  return width < ranks - first ? width : ranks - first;
}

static uint64_t bucket_count(uint64_t ranks) {
  uint64_t count = 0;
  for (uint64_t first = 0; first < ranks; first += bucket_width(first, ranks)) count++;
  return count;
}

// The sum of x^-theta over `width` whole numbers from `first`, by Euler and Maclaurin: adding four million powers would
// take a tenth of a second in every process. The terms left out are below 1e-12 of the sum where it is used (first >
// 128).
static double weight(double first, uint64_t width, double theta) {
  if (width == 1) return pow(first, -theta);
  double end = first + (double)width;
  double integral = (pow(end, 1 - theta) - pow(first, 1 - theta)) / (1 - theta);
  double ends = (pow(first, -theta) - pow(end, -theta)) / 2;
  double slopes = theta * (pow(first, -theta - 1) - pow(end, -theta - 1)) / 12;
  return integral + ends + slopes;
}

// Sets the buckets' ranges, and in `shares` each one's weight relative to the mean. 0 when memory allows.
static void fill_buckets(struct zipf *zipf, double *shares, uint64_t ranks, double theta) {
  double total = 0;
  uint64_t first = 0;
  for (uint64_t i = 0; i < zipf->count; i++) {
    struct zipf_bucket *bucket = &zipf->buckets[i];
    *bucket = (struct zipf_bucket){.first = first, .width = bucket_width(first, ranks)};
    shares[i] = weight((double)first + 1, bucket->width, theta);
    total += shares[i];
    first += bucket->width;
  }
  for (uint64_t i = 0; i < zipf->count; i++) shares[i] *= (double)zipf->count / total;
}

static void keep_whole(struct zipf_bucket *buckets, uint64_t i) {
  buckets[i].threshold = UINT64_MAX;
  buckets[i].alias = i;
}

// Vose's pairing: each bucket below the mean share is filled up from one above it. `stack` has room for all buckets;
// the small ones grow from its front, the large ones from its back.
static void pair_buckets(struct zipf *zipf, double *shares, uint64_t *stack) {
  uint64_t small = 0, large = zipf->count;
  for (uint64_t i = 0; i < zipf->count; i++) {
    if (shares[i] < 1) {
      stack[small++] = i;
    } else {
      stack[--large] = i;
    }
  }
  while (small > 0 && large < zipf->count) {
    uint64_t poor = stack[--small], rich = stack[large];
    zipf->buckets[poor].threshold = (uint64_t)ldexp(shares[poor], 64);
    zipf->buckets[poor].alias = rich;
    shares[rich] -= 1 - shares[poor];
    if (shares[rich] < 1) {
      large++;
      stack[small++] = rich;
    }
  }
  while (small > 0) keep_whole(zipf->buckets, stack[--small]);
  while (large < zipf->count) keep_whole(zipf->buckets, stack[large++]);
}

int zipf_open(struct zipf *zipf, uint64_t ranks, double theta) {
  if (ranks == 0 || !(theta > 0 && theta < 1)) return -EINVAL;
  int error = -ENOMEM;
  zipf->count = bucket_count(ranks);
  zipf->buckets = calloc(zipf->count, sizeof *zipf->buckets);
  double *shares = calloc(zipf->count, sizeof *shares);
  uint64_t *stack = calloc(zipf->count, sizeof *stack);
  if (!zipf->buckets || !shares || !stack) goto out;
  fill_buckets(zipf, shares, ranks, theta);
  pair_buckets(zipf, shares, stack);
  error = 0;
out:
  free(shares);
  free(stack);
  if (error) zipf_close(zipf);
  return error;
}

void zipf_close(struct zipf *zipf) {
  free(zipf->buckets);
  zipf->buckets = NULL;
}
