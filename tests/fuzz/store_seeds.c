// SPDX-License-Identifier: MIT
// Store files to begin with: small ones as the store itself writes them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engines/native.h"
#include "engines/registry.h"
#include "engines/slots/format.h"
#include "tests/fuzz/store_image.h"

enum { HEADERS = 2 * HEADER_BYTES };

static void write_some(struct session *session, unsigned puts) {
  for (unsigned i = 0; i < puts; i++) {
    char key[KEY_LENGTH_MAX + 1], value[32];
    int length = snprintf(key, sizeof key, "key-%u", i % 5);
    struct op op = {
        .kind = i % 7 == 6 ? OP_DELETE : OP_PUT, .key = key, .key_length = (uint32_t)length, .value = value};
    op.value_length = op.kind == OP_PUT ? (uint32_t)snprintf(value, sizeof value, "value %u", i) : 0;
    if (session_run(&engine_pread, session, &op, 1) || op.status) fuzz_fail("a seed's put failed");
  }
}

static struct store *make_store(const char *path, uint32_t record_size, unsigned puts) {
  struct store_config config = {.create = true, .exclusive = true, .record_size = record_size, .capacity_hint = 12};
  struct error error = {0};
  struct store *store;
  struct session *session;
  registry_defaults(&engine_pread, &config.options);
  if (engine_pread.open(path, &config, &store, &error)) fuzz_fail("a seed cannot be made: %s", error.text);
  if (engine_pread.session_open(store, &session, &error)) fuzz_fail("a seed's session: %s", error.text);
  write_some(session, puts);
  if (engine_pread.session_close(session)) fuzz_fail("a seed's session did not close");
  return store;
}

static void take_compact(const uint8_t *store, size_t size, const uint8_t *index, size_t index_size, fuzz_take_fn take,
                         void *user) {
  while (size > RECORDS_OFFSET && store[size - 1] == 0) size--;
  size_t records = size - RECORDS_OFFSET, whole = 4 + HEADERS + records + index_size;
  uint8_t *input = malloc(whole), *at = input;
  if (!input) fuzz_fail("no memory for a seed");
  static const uint8_t flags[] = {IMAGE_COMPACT, IMAGE_COMPACT | IMAGE_FIX_HEADERS | IMAGE_FIX_RECORDS,
                                  IMAGE_COMPACT | IMAGE_FIX_HEADERS | IMAGE_FIX_RECORDS | IMAGE_FIX_INDEX};
  *at++ = 0;
  *at++ = 0;
  *at++ = (uint8_t)index_size;
  *at++ = (uint8_t)(index_size >> 8);
  memcpy(at, store, HEADER_BYTES);
  memcpy(at + HEADER_BYTES, store + HEADER_SPACING, HEADER_BYTES);
  memcpy(at + HEADERS, store + RECORDS_OFFSET, records);
  if (index_size) memcpy(at + HEADERS + records, index, index_size);
  for (size_t i = 0; i < sizeof flags; i++) {
    input[0] = flags[i] | (i == 2 ? IMAGE_VERIFY : 0);
    input[1] = (uint8_t)i;
    take(user, input, whole);
  }
  free(input);
}

static void take_files(const char *path, fuzz_take_fn take, void *user) {
  char index_path[FUZZ_PATH + 8];
  size_t size = 0, index_size = 0;
  snprintf(index_path, sizeof index_path, "%s.index", path);
  uint8_t *store = fuzz_file_get(path, &size), *index = fuzz_file_get(index_path, &index_size);
  uint8_t *whole = malloc(size + 2);
  if (!store || !whole) fuzz_fail("a seed is missing");
  memset(whole, 0, 2);
  memcpy(whole + 2, store, size);
  take(user, whole, size + 2);
  take_compact(store, size, index, index_size, take, user);
  free(whole);
  free(index);
  free(store);
}

void image_seeds(fuzz_take_fn take, void *user) {
  static const uint32_t sizes[] = {64, 128, 4096};
  char path[FUZZ_PATH], index[FUZZ_PATH];
  fuzz_path(path, "seed");
  fuzz_path(index, "seed.index");
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    struct store *store = make_store(path, sizes[i], i == 2 ? 3 : 16);
    take_files(path, take, user);  // as a crash would leave it
    if (engine_pread.close(store, NULL)) fuzz_fail("a seed did not close");
    take_files(path, take, user);
    fuzz_file_remove(path);
    fuzz_file_remove(index);
  }
}
