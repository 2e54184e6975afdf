// SPDX-License-Identifier: MIT
#include "engines/engine.h"

#include <errno.h>
#include <string.h>

enum { RUN_CHUNK = 1024 };

static int run_chunk(const struct engine *engine, struct session *session, struct op *ops, size_t count) {
  struct op *pointers[RUN_CHUNK];
  for (size_t i = 0; i < count; i++) pointers[i] = &ops[i];
  int error = engine->submit(session, pointers, count);
  if (error) return error;
  for (size_t done = 0; done < count;) {
    int reaped = engine->reap(session, pointers, RUN_CHUNK, count - done);
    if (reaped < 0) return reaped;
    if (reaped == 0) return -EIO;  // an engine that loses operations must not hang its caller
    done += (size_t)reaped;
  }
  return 0;
}

int session_run(const struct engine *engine, struct session *session, struct op *ops, size_t count) {
  for (size_t start = 0; start < count; start += RUN_CHUNK) {
    size_t rest = count - start;
    int error = run_chunk(engine, session, ops + start, rest < RUN_CHUNK ? rest : RUN_CHUNK);
    if (error) return error;
  }
  return 0;
}

const char *const *engine_group(const char *word, size_t *count) {
  static const char *const peers[] = {"lmdb", "leveldb", "rocksdb", "bbolt"};
  *count = sizeof peers / sizeof peers[0];
  return strcmp(word, ENGINE_PEERS) == 0 ? peers : NULL;
}
