// SPDX-License-Identifier: MIT
// A way of moving bytes opened on a file of its own, for tests that drive it without the store.
#ifndef STOREBENCH_TESTS_WAYS_H
#define STOREBENCH_TESTS_WAYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "engines/engine.h"
#include "engines/slots/ways.h"

enum { BLOCK = 4096, BLOCKS = 64, SIZE = BLOCKS * BLOCK, BUFFER_BLOCKS = 16 };

struct opened {
  const struct engine *engine;
  const struct io_ops *io;
  struct store_config config;
  int fd;
  struct io_file *file;
  struct io_limits limits;
  struct io_session *session;
  struct io_buffers buffers;  // BUFFER_BLOCKS of them, lent to the session
  uint32_t depth;
};

// Opens the way that `spec` names on `fd`, which stays the caller's; no session. 0 or -errno with the reason.
int open_file(struct opened *opened, const char *spec, int fd, uint64_t size, bool read_only, struct error *error);

// Opens a new file of SIZE zeros and a session; false where this machine cannot (no O_DIRECT on this file system).
// Fails the test on anything else. close_way undoes it.
bool open_way(struct opened *opened, const char *spec);
void close_way(struct opened *opened);

int flush(const struct opened *opened);
// A block of the session's buffers.
char *block_of(const struct opened *opened, int number);
// The bytes that belong into block `number` of the file.
void fill(char *block, uint64_t number);
bool holds(const char *block, uint64_t number);

#endif
