// SPDX-License-Identifier: MIT
#include "tests/unit/ways.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/native.h"
#include "engines/registry.h"
#include "engines/slots/file.h"
#include "tests/unit/temporary.h"

static const struct io_ops *ops_of(const struct engine *engine) {
  if (engine == &engine_mmap) return &mmap_io;
  if (engine == &engine_pread) return &pread_io;
  return engine == &engine_stdio ? &stdio_io : &uring_io;
}

int open_file(struct opened *opened, const char *spec, int fd, uint64_t size, bool read_only, struct error *error) {
  *opened = (struct opened){.fd = fd};
  assert_int_equal(registry_parse(spec, &opened->engine, &opened->config, error), 0);
  opened->io = ops_of(opened->engine);
  struct io_settings settings = {.engine = opened->engine,
                                 .options = &opened->config.options,
                                 .record_size = 128,
                                 .size = size,
                                 .read_only = read_only};
  return opened->io->open(&opened->file, &opened->limits, fd, &settings, error);
}

bool open_way(struct opened *opened, const char *spec) {
  struct error error = {0};
  int fd = temporary_file(SIZE);
  bool direct = strstr(spec, "direct=on") != NULL;
  if (direct && file_direct_alignment(fd) < 0) {
    close(fd);
    return false;
  }
  int code = open_file(opened, spec, fd, SIZE, false, &error);
  if (code) print_message("%s: %s\n", spec, error.text);
  assert_int_equal(code, 0);
  opened->buffers = (struct io_buffers){aligned_alloc(BLOCK, BUFFER_BLOCKS * BLOCK), BUFFER_BLOCKS * BLOCK};
  assert_int_equal(opened->io->session_open(opened->file, &opened->buffers, &opened->session, &opened->depth), 0);
  assert_true(direct ? opened->limits.alignment >= 512 : opened->limits.alignment == 1);
  return true;
}

void close_way(struct opened *opened) {
  opened->io->session_close(opened->session);
  assert_int_equal(opened->io->close(opened->file), 0);
  free(opened->buffers.base);
  close(opened->fd);
}

int flush(const struct opened *opened) { return opened->io->flush ? opened->io->flush(opened->file) : 0; }

char *block_of(const struct opened *opened, int number) { return (char *)opened->buffers.base + number * BLOCK; }

void fill(char *block, uint64_t number) {
  for (size_t i = 0; i < BLOCK; i++) block[i] = (char)(number * 31 + i * 7 + i / 256);
}

bool holds(const char *block, uint64_t number) {
  char expected[BLOCK];
  fill(expected, number);
  return memcmp(block, expected, BLOCK) == 0;
}
