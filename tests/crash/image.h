// SPDX-License-Identifier: MIT
// What a power loss leaves of a disk: for every sector, size and name one of its versions, each for itself.
#ifndef STOREBENCH_CRASH_IMAGE_H
#define STOREBENCH_CRASH_IMAGE_H

#include "tests/crash/disk.h"

// The images of one moment, one after the other: all of them when there are few; else the corners (everything old,
// everything new, one thing new, one thing old, everything as of one time), then random ones, some of which tear
// sectors: an interrupted write leaves a sector with some of its bytes new and others old.
struct image_series {
  const struct disk *disk;
  struct rng *rng;
  struct pick *picks;
  uint32_t count;         // things that are uncertain
  uint64_t combinations;  // of whole versions, capped at IMAGES_ENUMERATED + 1
  uint64_t next;
};

enum { IMAGES_ENUMERATED = 24 };

void image_series_begin(struct image_series *series, const struct disk *disk, struct rng *rng);
void image_series_end(struct image_series *series);
// How many images are worth making: fewer than `wanted` when there are not so many.
uint32_t image_series_length(const struct image_series *series, uint32_t wanted);

struct image_file {
  char name[NAME_BYTES];
  int file;  // images of one file under two names have the same number
  size_t length;
  unsigned char *bytes;
};

struct image {
  struct image_file files[DISK_NAMES];
  uint32_t count;
};

// Makes the next one. Free it with image_free.
void image_next(struct image_series *series, struct image *image);
void image_free(struct image *image);

// The image as files in a folder. Files there that have a name of this disk and are not in the image are removed.
void image_write(const struct image *image, const struct disk *disk, const char *folder);
// The image as a disk of its own, all of it durable.
void image_disk(const struct image *image, struct disk *disk, const char *folder);

#endif
