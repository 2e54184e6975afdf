// SPDX-License-Identifier: MIT
// From the bytes of an input to a store file and the index beside it.
#include "tests/fuzz/store_image.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "engines/slots/format.h"
#include "engines/slots/internal.h"

enum { HEADERS = 2 * HEADER_BYTES, COMPACT_HEAD = 2 + HEADERS, LARGEST = 256 << 10, HOLE = 3 << 20 };

struct parts {
  uint8_t headers[HEADERS];
  uint8_t *records, *index;
  size_t records_size, index_size;
};

// The fields of an index file, as snapshot.c has them: none is exported there.
enum index_field {
  INDEX_MAGIC,
  INDEX_STORE_ID,
  INDEX_GENERATION,
  INDEX_SLOTS,
  INDEX_NEXT_FREE,
  INDEX_RECORDS,
  INDEX_SEQUENCE,
  INDEX_BUCKETS,
  INDEX_BODY_SUM,
  INDEX_SUM,
  INDEX_FIELDS
};

static void put64(uint8_t *at, uint64_t value) {
  value = htole64(value);
  memcpy(at, &value, sizeof value);
}

// As the store chooses between them.
static bool current_header(const uint8_t headers[HEADERS], struct header *header) {
  bool found = false;
  for (size_t i = 0; i < HEADER_COPIES; i++) {
    struct header copy;
    uint32_t version;
    if (header_decode(headers + i * HEADER_BYTES, &copy, &version)) continue;
    if (!found || copy.generation > header->generation) *header = copy;
    found = true;
  }
  return found;
}

static void fix_headers(uint8_t headers[HEADERS]) {
  for (size_t i = 0; i < HEADER_COPIES; i++) {
    uint8_t *copy = headers + i * HEADER_BYTES;
    put64(copy + HEADER_BYTES - 8, XXH3_64bits(copy, HEADER_BYTES - 8));
  }
}

static void fix_records(const struct header *header, uint8_t *records, size_t size) {
  uint32_t each = header->record_size;
  for (uint64_t slot = 0; (slot + 1) * each <= size; slot++) {
    uint8_t *record = records + slot * each;
    bool empty = record[0] == 0 && memcmp(record, record + 1, each - 9) == 0;
    if (!empty) put64(record + each - 8, XXH3_64bits_withSeed(record, each - 8, record_seed(header->store_id, slot)));
  }
}

// The index says what it likes, but says so of this state of this store, and its checksums are right.
static void fix_index(const struct header *header, uint64_t file_size, uint8_t *index, size_t size) {
  uint64_t fields[INDEX_FIELDS];
  if (size < sizeof fields) return;
  memcpy(fields, index, sizeof fields);
  fields[INDEX_STORE_ID] = header->store_id;
  fields[INDEX_GENERATION] = header->generation;
  fields[INDEX_SLOTS] = slots_in(file_size, header->record_size);
  size_t left = size - sizeof fields, words = 8 * bitmap_word_count(fields[INDEX_NEXT_FREE]);
  size_t lengths[] = {8 * fields[INDEX_BUCKETS], words, words, words, words};
  const uint8_t *part = index + sizeof fields;
  fields[INDEX_BODY_SUM] = 0;
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    size_t length = lengths[i] < left ? lengths[i] : left;
    fields[INDEX_BODY_SUM] = XXH3_64bits_withSeed(part, length, fields[INDEX_BODY_SUM]);
    part += length;
    left -= length;
  }
  fields[INDEX_SUM] = XXH3_64bits(fields, 8 * INDEX_SUM);
  memcpy(index, fields, sizeof fields);
}

static size_t file_size_of(const struct image *image, const struct parts *parts) {
  size_t size = RECORDS_OFFSET + parts->records_size;
  if (!(image->flags & IMAGE_RAGGED)) size = (size + FILE_ALIGNMENT - 1) / FILE_ALIGNMENT * FILE_ALIGNMENT;
  return size + (image->flags & IMAGE_SPARSE ? HOLE : 0);
}

static void write_files(struct image *image, const struct parts *parts) {
  static const uint8_t zeros[HEADER_SPACING - HEADER_BYTES];
  char index[FUZZ_PATH + 8];
  FILE *out = fopen(image->path, "we");
  if (!out) fuzz_fail("%s cannot be made: %m", image->path);
  for (size_t i = 0; i < HEADER_COPIES; i++) {
    fwrite(parts->headers + i * HEADER_BYTES, 1, HEADER_BYTES, out);
    fwrite(zeros, 1, sizeof zeros, out);
  }
  fwrite(parts->records, 1, parts->records_size, out);
  if (fclose(out) || truncate(image->path, (off_t)file_size_of(image, parts)))
    fuzz_fail("%s cannot be written: %m", image->path);
  snprintf(index, sizeof index, "%s.index", image->path);
  if (image->index) fuzz_file_put(index, parts->index, parts->index_size);
}

static void make_compact(struct image *image, struct parts *parts) {
  struct header header;
  if (image->flags & IMAGE_FIX_HEADERS) fix_headers(parts->headers);
  if (current_header(parts->headers, &header)) {
    if (image->flags & IMAGE_FIX_RECORDS) fix_records(&header, parts->records, parts->records_size);
    if (image->flags & IMAGE_FIX_INDEX) fix_index(&header, file_size_of(image, parts), parts->index, parts->index_size);
  }
  image->index = parts->index_size > 0;
  write_files(image, parts);
}

bool image_make(struct image *image, const uint8_t *data, size_t size) {
  char index[FUZZ_PATH];
  if (size < 2 || size > LARGEST) return false;
  *image = (struct image){.flags = data[0], .choice = data[1], .rest = data + 2, .rest_size = size - 2};
  fuzz_path(image->path, "store");
  fuzz_path(index, "store.index");
  fuzz_file_remove(image->path);
  fuzz_file_remove(index);
  if (!(image->flags & IMAGE_COMPACT)) {
    fuzz_file_put(image->path, image->rest, image->rest_size);
    return true;
  }
  if (image->rest_size < COMPACT_HEAD) return false;
  uint8_t *copy = malloc(image->rest_size);
  if (!copy) fuzz_fail("no memory for an input");
  memcpy(copy, image->rest, image->rest_size);
  struct parts parts = {.records = copy + COMPACT_HEAD, .index_size = (size_t)copy[0] | (size_t)copy[1] << 8};
  size_t room = image->rest_size - COMPACT_HEAD;
  if (parts.index_size > room) parts.index_size = room;
  parts.records_size = room - parts.index_size;
  parts.index = parts.records + parts.records_size;
  memcpy(parts.headers, copy + 2, HEADERS);
  make_compact(image, &parts);
  free(copy);
  return true;
}
