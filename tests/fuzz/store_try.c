// SPDX-License-Identifier: MIT
// All that one does with a store, to a file that anybody may have made.
#include "tests/fuzz/store_try.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engines/registry.h"
#include "tests/fuzz/store_image.h"

enum { CHOICE_POLICY = 7, CHOICE_COMPACT = 8, CHOICE_FORGET = 16, BATCH = 5 };

struct trial {
  const struct engine *engine;
  struct store_config config;
  const struct image *image;
  struct store *store;
  struct session *session;
  char value[RECORD_SIZE_MAX];
};

// Every byte counts: a sanitizer then sees each of them touched.
static int visit(void *user, const void *key, uint32_t key_length, const void *value, uint32_t value_length) {
  uint64_t *sum = user;
  for (uint32_t i = 0; i < key_length; i++) *sum += ((const uint8_t *)key)[i];
  for (uint32_t i = 0; i < value_length; i++) *sum += ((const uint8_t *)value)[i];
  return 0;
}

static int run(struct trial *trial, enum op_kind kind, const void *key, uint32_t length, void *value, uint32_t bytes) {
  struct op op = {.kind = kind, .key = key, .key_length = length, .value = value, .value_length = bytes};
  int error = session_run(trial->engine, trial->session, &op, 1);
  if (!error && !op.status && kind == OP_PEEK) {
    uint64_t sum = 0;
    visit(&sum, "", 0, op.value, op.value_length);
  }
  return error ? error : op.status;
}

static void read_all(struct trial *trial) {
  uint64_t sum = 0;
  struct store_stat stat;
  (void)trial->engine->stat(trial->store, &stat);
  (void)trial->engine->scan(trial->session, NULL, 0, 0, visit, &sum);
  char key[KEY_LENGTH_MAX + 1];
  for (unsigned i = 0; i < 6; i++) {
    uint32_t length = (uint32_t)snprintf(key, sizeof key, "key-%u", i);
    (void)run(trial, i % 2 && trial->engine->caps & CAP_LEND ? OP_PEEK : OP_GET, key, length, trial->value,
              sizeof trial->value);
  }
  // Keys as they stand in the input: where a record was changed, the index may still lead to it.
  for (size_t at = 130; at + KEY_LENGTH_MAX <= trial->image->rest_size && at < 130 + 8 * 64; at += 64)
    (void)run(trial, OP_GET, trial->image->rest + at, KEY_LENGTH_MAX, trial->value, sizeof trial->value);
}

static bool open_trial(struct trial *trial, bool read_only) {
  struct error error = {0};
  trial->config.read_only = read_only;
  int code = trial->engine->open(trial->image->path, &trial->config, &trial->store, &error);
  if (code && (error.code != code || !*error.text || strchr(error.text, '\n')))
    fuzz_fail("open failed with %d and \"%s\"", code, error.text);
  if (code) return false;
  code = trial->engine->session_open(trial->store, &trial->session, &error);
  if (code) fuzz_fail("no session: %s", error.text);
  return true;
}

static int close_trial(struct trial *trial) {
  struct error error = {0};
  int flushed = trial->engine->session_close(trial->session);
  int closed = trial->engine->close(trial->store, &error);
  return closed ? closed : flushed;
}

static void only_read(struct trial *trial) {
  size_t before_size = 0, after_size = 0;
  uint8_t *before = fuzz_file_get(trial->image->path, &before_size);
  if (open_trial(trial, true)) {
    read_all(trial);
    if (run(trial, OP_PUT, "a", 1, "b", 1) != -EROFS) fuzz_fail("a put into a store that is only read");
    (void)close_trial(trial);
  }
  uint8_t *after = fuzz_file_get(trial->image->path, &after_size);
  if (before_size != after_size || memcmp(before, after, after_size))
    fuzz_fail("a store that was only read has changed");
  free(before);
  free(after);
}

static int put_batch(struct trial *trial) {
  static char keys[BATCH][4] = {"b0", "b1", "b0", "key", "b4"};
  struct op ops[BATCH];
  for (unsigned i = 0; i < BATCH; i++)
    ops[i] = (struct op){
        .kind = i == 2 ? OP_DELETE : OP_PUT, .key = keys[i], .key_length = 2, .value = "batch", .value_length = 5};
  int error = session_run(trial->engine, trial->session, ops, BATCH);
  for (unsigned i = 0; i < BATCH && !error; i++) error = ops[i].status;
  return error;
}

// 0 when all of it was acknowledged.
static int write_some(struct trial *trial) {
  struct error error = {0};
  int failed = run(trial, OP_PUT, "key-1", 5, "put", 3);
  if (!failed) failed = put_batch(trial);
  int deleted = failed ? 0 : run(trial, OP_DELETE, "key-2", 5, NULL, 0);
  if (deleted != -ENOENT && !failed) failed = deleted;
  if (trial->image->choice & CHOICE_COMPACT && !failed) failed = trial->engine->compact(trial->store, &error);
  if (!failed) failed = run(trial, OP_PUT, "key-3", 5, "last", 4);
  if (trial->image->choice & CHOICE_FORGET) (void)trial->engine->forget(trial->store);
  return failed;
}

static void expect(struct trial *trial, const char *key, const char *value) {
  int status = run(trial, OP_GET, key, (uint32_t)strlen(key), trial->value, sizeof trial->value);
  if (!value && status == -ENOENT) return;
  if (!value || status || memcmp(trial->value, value, strlen(value)))
    fuzz_fail("%s: acknowledged, closed, opened, and %s (%d)", key, status ? "gone" : "another", status);
}

static void write_and_look(struct trial *trial) {
  if (!open_trial(trial, false)) return;
  read_all(trial);
  int failed = write_some(trial);
  read_all(trial);
  int closed = close_trial(trial);
  if (failed || closed || trial->image->index) return;
  if (!open_trial(trial, false)) fuzz_fail("a store that was closed does not open");
  expect(trial, "key-1", "put");
  expect(trial, "b1", "batch");
  expect(trial, "b0", NULL);
  expect(trial, "key-2", NULL);
  expect(trial, "key-3", "last");
  (void)close_trial(trial);
}

static void set_option(struct trial *trial, const char *name, uint64_t value) {
  for (size_t i = 0; trial->engine->options[i].name; i++)
    if (strcmp(trial->engine->options[i].name, name) == 0) trial->config.options.values[i] = value;
}

void store_try(const char *engine, const uint8_t *data, size_t size) {
  static const struct sync_policy policies[] = {{SYNC_NONE, 0}, {SYNC_ALWAYS, 0}, {SYNC_EVERY, 3}, {SYNC_ASYNC, 0}};
  struct image image;
  if (!image_make(&image, data, size)) return;
  struct trial *trial = calloc(1, sizeof *trial);
  if (!trial) fuzz_fail("no memory for a trial");
  trial->engine = registry_find(engine, strlen(engine));
  trial->image = &image;
  registry_defaults(trial->engine, &trial->config.options);
  set_option(trial, "verify", (image.flags & IMAGE_VERIFY) != 0);
  set_option(trial, "lookup", (image.flags & IMAGE_LINEAR) != 0);
  trial->config.sync = policies[(image.choice & CHOICE_POLICY) % 4];
  only_read(trial);
  write_and_look(trial);
  free(trial);
}
