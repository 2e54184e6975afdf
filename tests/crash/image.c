// SPDX-License-Identifier: MIT
#include "tests/crash/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/crash/disk_parts.h"

enum { WORD_BYTES = 8, WORDS = SECTOR_BYTES / WORD_BYTES, BLOCK_WORDS = 8, TORN_ONE_IN = 3 };

enum pick_kind { PICK_SECTOR, PICK_SIZE, PICK_NAME };

// One uncertain thing and what was chosen for it.
struct pick {
  enum pick_kind kind;
  int file;        // or the number of a name
  uint32_t index;  // of the sector
  uint32_t options, chosen;
  uint32_t other;  // a torn sector: another version...
  uint64_t mask;   // ...and the 8-byte words that come from it
};

static void add_pick(struct image_series *series, uint32_t *room, struct pick pick) {
  if (pick.options < 2) return;
  grow_array((void **)&series->picks, room, series->count + 1, sizeof *series->picks);
  series->picks[series->count++] = pick;
  if (series->combinations <= IMAGES_ENUMERATED) series->combinations *= pick.options;
}

void image_series_begin(struct image_series *series, const struct disk *disk, struct rng *rng) {
  uint32_t room = 0;
  *series = (struct image_series){.disk = disk, .rng = rng, .combinations = 1};
  for (int f = 0; f < DISK_FILES; f++) {
    const struct disk_file *file = &disk->files[f];
    if (file->fd < 0) continue;
    add_pick(series, &room, (struct pick){.kind = PICK_SIZE, .file = f, .options = file->size_count});
    for (uint32_t i = 0; i < file->sector_count; i++)
      add_pick(series, &room,
               (struct pick){.kind = PICK_SECTOR, .file = f, .index = i, .options = file->sectors[i].count});
  }
  for (uint32_t n = 0; n < disk->name_count; n++)
    add_pick(series, &room, (struct pick){.kind = PICK_NAME, .file = (int)n, .options = disk->names[n].count});
}

void image_series_end(struct image_series *series) { free(series->picks); }

uint32_t image_series_length(const struct image_series *series, uint32_t wanted) {
  bool certain = series->count == 0;
  return certain ? 1 : wanted;
}

static uint64_t time_of(const struct disk *disk, const struct pick *pick, uint32_t version) {
  if (pick->kind == PICK_NAME) return disk->names[pick->file].versions[version].time;
  const struct disk_file *file = &disk->files[pick->file];
  return pick->kind == PICK_SIZE ? file->sizes[version].time : file->sectors[pick->index].versions[version].time;
}

static void pick_all(struct image_series *series, bool newest) {
  for (uint32_t i = 0; i < series->count; i++) series->picks[i].chosen = newest ? series->picks[i].options - 1 : 0;
}

static void pick_nth(struct image_series *series, uint64_t number) {
  for (uint32_t i = 0; i < series->count; i++) {
    series->picks[i].chosen = (uint32_t)(number % series->picks[i].options);
    number /= series->picks[i].options;
  }
}

// Everything as it was at one time, or as soon after as the floor allows.
static void pick_moment(struct image_series *series) {
  const struct pick *one = &series->picks[rng_below(series->rng, series->count)];
  uint64_t time = time_of(series->disk, one, rng_below(series->rng, one->options));
  for (uint32_t i = 0; i < series->count; i++) {
    struct pick *pick = &series->picks[i];
    pick->chosen = pick->options - 1;
    while (pick->chosen > 0 && time_of(series->disk, pick, pick->chosen) > time) pick->chosen--;
  }
}

// Which words of a torn sector are of the other version: up to some place, from some place on, single ones, or blocks
// of the size of the smallest record.
static uint64_t torn_words(struct rng *rng) {
  uint32_t at = 1 + rng_below(rng, WORDS - 1);
  uint64_t first = (UINT64_C(1) << at) - 1, mask = 0;
  switch (rng_below(rng, 4)) {
    case 0:
      return first;
    case 1:
      return ~first;
    case 2:
      return rng_next(rng);
    default:
      for (uint32_t block = 0; block < WORDS / BLOCK_WORDS; block++)
        if (rng_once_in(rng, 2)) mask |= UINT64_C(0xFF) << block * BLOCK_WORDS;
      return mask;
  }
}

static void pick_random(struct image_series *series) {
  for (uint32_t i = 0; i < series->count; i++) {
    struct pick *pick = &series->picks[i];
    pick->chosen = rng_below(series->rng, pick->options);
    if (pick->kind != PICK_SECTOR || !rng_once_in(series->rng, TORN_ONE_IN)) continue;
    pick->other = rng_below(series->rng, pick->options);
    pick->mask = torn_words(series->rng);
  }
}

static void choose(struct image_series *series) {
  uint64_t number = series->next++;
  for (uint32_t i = 0; i < series->count; i++) series->picks[i].mask = 0;
  if (series->count == 0) return;
  if (series->combinations <= IMAGES_ENUMERATED && number < series->combinations) {
    pick_nth(series, number);
    return;
  }
  if (number < 2) {
    pick_all(series, number == 1);
    return;
  }
  uint32_t kind = rng_below(series->rng, 6);
  if (kind < 2) {  // one thing differs from all others
    pick_all(series, kind == 0);
    struct pick *one = &series->picks[rng_below(series->rng, series->count)];
    one->chosen = kind == 0 ? 0 : one->options - 1;
  } else if (kind == 2) {
    pick_moment(series);
  } else {
    pick_random(series);
  }
}

static void copy_sector(const struct sector *sector, const struct pick *pick, unsigned char *to) {
  memcpy(to, sector->versions[pick ? pick->chosen : 0].bytes, SECTOR_BYTES);
  if (!pick || !pick->mask) return;
  for (uint32_t word = 0; word < WORDS; word++)
    if (pick->mask >> word & 1)
      memcpy(to + (size_t)word * WORD_BYTES, sector->versions[pick->other].bytes + (size_t)word * WORD_BYTES,
             WORD_BYTES);
}

static const struct pick *find_pick(const struct image_series *series, enum pick_kind kind, int file) {
  for (uint32_t i = 0; i < series->count; i++)
    if (series->picks[i].kind == kind && series->picks[i].file == file) return &series->picks[i];
  return NULL;
}

static void fill_file(const struct image_series *series, int index, struct image_file *out) {
  const struct disk_file *file = &series->disk->files[index];
  const struct pick *size = find_pick(series, PICK_SIZE, index);
  out->file = index;
  out->length = file->sizes[size ? size->chosen : 0].bytes;
  out->bytes = need_memory(calloc(1, out->length + SECTOR_BYTES));
  for (uint32_t i = 0; i < file->sector_count && (uint64_t)i * SECTOR_BYTES < out->length; i++)
    copy_sector(&file->sectors[i], NULL, out->bytes + (size_t)i * SECTOR_BYTES);
  for (uint32_t i = 0; i < series->count; i++) {
    const struct pick *pick = &series->picks[i];
    if (pick->kind != PICK_SECTOR || pick->file != index || (uint64_t)pick->index * SECTOR_BYTES >= out->length)
      continue;
    copy_sector(&file->sectors[pick->index], pick, out->bytes + (size_t)pick->index * SECTOR_BYTES);
  }
}

void image_next(struct image_series *series, struct image *image) {
  choose(series);
  image->count = 0;
  for (uint32_t n = 0; n < series->disk->name_count; n++) {
    const struct disk_name *name = &series->disk->names[n];
    const struct pick *pick = find_pick(series, PICK_NAME, (int)n);
    int file = name->versions[pick ? pick->chosen : 0].file;
    if (file == NO_FILE) continue;
    struct image_file *out = &image->files[image->count++];
    memcpy(out->name, name->text, sizeof out->name);
    fill_file(series, file, out);
  }
}

void image_free(struct image *image) {
  for (uint32_t i = 0; i < image->count; i++) free(image->files[i].bytes);
  image->count = 0;
}

static int write_file(const char *folder, const struct image_file *file) {
  char path[PATH_ROOM];
  snprintf(path, sizeof path, "%s/%s", folder, file->name);
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) give_up(path);
  if (ftruncate(fd, (off_t)file->length) || pwrite(fd, file->bytes, file->length, 0) != (ssize_t)file->length)
    give_up(path);
  return fd;
}

static const struct image_file *find_file(const struct image *image, const char *name) {
  for (uint32_t i = 0; i < image->count; i++)
    if (strcmp(image->files[i].name, name) == 0) return &image->files[i];
  return NULL;
}

void image_write(const struct image *image, const struct disk *disk, const char *folder) {
  for (uint32_t i = 0; i < disk->name_count; i++) {
    if (find_file(image, disk->names[i].text)) continue;
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s/%s", folder, disk->names[i].text);
    if (unlink(path) && errno != ENOENT) give_up(path);
  }
  for (uint32_t i = 0; i < image->count; i++) close(write_file(folder, &image->files[i]));
}

void image_disk(const struct image *image, struct disk *disk, const char *folder) {
  disk_init(disk, folder);
  for (uint32_t i = 0; i < image->count; i++) {
    int fd = write_file(folder, &image->files[i]);
    disk_created(disk, fd, image->files[i].name);
    int index = disk_find(disk, fd);
    disk_resized(disk, index, image->files[i].length);
    struct sync_ticket ticket = disk_sync_begin(disk, index, 0, FILE_BYTES_MAX);
    disk_sync_end(disk, &ticket);
    close(fd);
  }
  struct sync_ticket names = disk_sync_begin(disk, NO_FILE, 0, 0);
  disk_sync_end(disk, &names);
}
