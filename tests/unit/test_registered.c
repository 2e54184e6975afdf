// SPDX-License-Identifier: MIT
// fixed=on where the kernel registers: a bare ring tells whether it does, not the engine, which would be believed if it
// registered nothing and were skipped.
#include <liburing.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/registry.h"
#include "tests/unit/temporary.h"

// Bytes: more than a session of depth 1 registers, so that a limit on locked memory is met here first.
enum { ROOM = 512, BARE = 1 << 20 };

static int read_registered(struct io_uring *ring, int fd, struct iovec *memory) {
  int code = io_uring_register_files(ring, &fd, 1);
  if (!code) code = io_uring_register_buffers(ring, memory, 1);
  if (code) return code;
  struct io_uring_sqe *entry = io_uring_get_sqe(ring);
  struct io_uring_cqe *done;
  io_uring_prep_read_fixed(entry, 0, memory->iov_base, 4096, 0, 0);
  io_uring_sqe_set_flags(entry, IOSQE_FIXED_FILE);
  code = io_uring_submit(ring);
  if (code >= 0) code = io_uring_wait_cqe(ring, &done);
  if (code) return code;
  code = done->res == 4096 ? 0 : done->res;
  io_uring_cqe_seen(ring, done);
  return code;
}

static int bare_ring(void) {
  struct io_uring ring;
  struct iovec memory = {aligned_alloc(4096, BARE), BARE};
  assert_non_null(memory.iov_base);
  int fd = temporary_file(4096), code = io_uring_queue_init(2, &ring, 0);
  if (!code) {
    code = read_registered(&ring, fd, &memory);
    io_uring_queue_exit(&ring);
  }
  close(fd);
  free(memory.iov_base);
  return code;
}

static int find(void *user, const char *name, const char *value) {
  static const char *const wanted[] = {"file", "buffers"};
  char(*found)[128] = user;
  for (size_t i = 0; i < 2; i++)
    if (strcmp(name, wanted[i]) == 0) snprintf(found[i], sizeof found[i], "%s", value);
  return 0;
}

// The settings that a session tells once it has written and read; and that it told before the same.
static void settings_in(const char *folder, char (*found)[128]) {
  const struct engine *engine;
  struct store_config config = {.create = true, .capacity_hint = 1000};
  struct op put = {.kind = OP_PUT, .key = "k", .key_length = 1, .value = "value", .value_length = 5};
  struct session *session;
  struct store *store;
  struct error error = {0};
  char path[ROOM + 16], value[16] = "", before[2][128] = {"", ""};
  struct op get = {.kind = OP_GET, .key = "k", .key_length = 1, .value = value, .value_length = sizeof value};
  snprintf(path, sizeof path, "%s/store", folder);
  assert_int_equal(registry_parse("uring:fixed=on:depth=1", &engine, &config, &error), 0);
  if (engine->probe(folder, &config, &error)) fail_msg("a bare ring registers, and the probe says: %s", error.text);
  if (engine->open(path, &config, &store, &error)) fail_msg("a bare ring registers, and opening says: %s", error.text);
  assert_int_equal(engine->session_open(store, &session, &error), 0);
  assert_int_equal(engine->settings(session, find, before), 0);
  assert_int_equal(session_run(engine, session, &put, 1), 0);
  assert_int_equal(session_run(engine, session, &get, 1), 0);
  assert_int_equal(get.status, 0);
  assert_int_equal(engine->settings(session, find, found), 0);
  for (int i = 0; i < 2; i++) assert_string_equal(before[i], found[i]);
  assert_int_equal(engine->session_close(session), 0);
  assert_int_equal(engine->close(store, &error), 0);
  assert_int_equal(unlink(path), 0);
  snprintf(path, sizeof path, "%s/store.index", folder);
  assert_int_equal(unlink(path), 0);
}

static void test_the_engine_registers_where_the_kernel_does(void **state) {
  char folder[ROOM], found[2][128] = {"", ""};
  (void)state;
  int code = bare_ring();
  if (code) {
    print_message("a bare ring cannot register: %s\n", strerror(-code));
    skip();
  }
  snprintf(folder, sizeof folder, "%.480s/registered-XXXXXX", temporary_folder());
  assert_non_null(mkdtemp(folder));
  settings_in(folder, found);
  assert_string_equal(found[0], "registered");
  assert_non_null(strstr(found[1], " bytes registered: look-ups by index read into them, all else goes by address"));
  assert_int_equal(rmdir(folder), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_engine_registers_where_the_kernel_does)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
