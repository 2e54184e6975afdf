// SPDX-License-Identifier: MIT
// Many records put into an open store, a few hundred in one submit.
#include "harness/commands/store_batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 256 };

// Owns copies of the records' bytes.
struct store_batch {
  struct op ops[BATCH];
  char keys[BATCH][KEY_LENGTH_MAX];
  size_t count;
};

struct store_batch *store_batch_new(void) {
  return calloc(1, sizeof(struct store_batch));
}

static void clear(struct store_batch *batch) {
  for (size_t i = 0; i < batch->count; i++) free(batch->ops[i].value);
  batch->count = 0;
}

void store_batch_free(struct store_batch *batch) {
  clear(batch);
  free(batch);
}

int store_batch_finish(const struct tool *tool, struct store_batch *batch) {
  int error = session_run(tool->engine, tool->session, batch->ops, batch->count);
  if (error) complain(tool->path, "cannot be written: %s; free space or memory", strerror(-error));
  for (size_t i = 0; !error && i < batch->count; i++) {
    error = batch->ops[i].status;
    if (error) tool_complain(tool, &batch->ops[i]);
  }
  clear(batch);
  return error;
}

int store_batch_put(const struct tool *tool, struct store_batch *batch, const struct dump_record *record) {
  void *value = malloc(record->value_length + 1);  // an empty value has an address too
  if (!value) return no_memory(tool->path);
  memcpy(value, record->value, record->value_length);
  memcpy(batch->keys[batch->count], record->key, record->key_length);
  batch->ops[batch->count] = (struct op){.kind = OP_PUT,
                                         .key = batch->keys[batch->count],
                                         .key_length = (uint32_t)record->key_length,
                                         .value = value,
                                         .value_length = (uint32_t)record->value_length};
  return ++batch->count < BATCH ? 0 : store_batch_finish(tool, batch);
}

int store_check_room(const struct tool *tool, const char *what, size_t longest) {
  struct store_stat stat = {0};
  int error = tool->engine->stat(tool->store, &stat);
  if (error) return no_stat(tool->path, error);
  if (!stat.record_size || longest + RECORD_OVERHEAD <= stat.record_size) return 0;
  complain(tool->path,
           "the %s holds a value of %zu bytes, more than the %u of this store; make one with larger records", what,
           longest, stat.record_size - RECORD_OVERHEAD);
  return -EMSGSIZE;
}
