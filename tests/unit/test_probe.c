// SPDX-License-Identifier: MIT
// What a probe says of an engine in a folder is what opening a store there does; for reading only, too, where the probe
// has no store's bytes to read.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/registry.h"
#include "tests/unit/temporary.h"

enum { ROOM = 512 };

static void make_store(const char *path) {
  const struct engine *engine;
  struct store_config config = {.create = true, .capacity_hint = 1000};
  struct session *session;
  struct store *store;
  struct error error = {0};
  struct op op = {.kind = OP_PUT, .key = "k", .key_length = 1, .value = "value", .value_length = 5};
  assert_int_equal(registry_parse("pread", &engine, &config, &error), 0);
  assert_int_equal(engine->open(path, &config, &store, &error), 0);
  assert_int_equal(engine->session_open(store, &session, &error), 0);
  assert_int_equal(session_run(engine, session, &op, 1), 0);
  assert_int_equal(op.status, 0);
  assert_int_equal(engine->session_close(session), 0);
  assert_int_equal(engine->close(store, &error), 0);
}

static void expect_agreement(const char *spec, const char *folder, const char *path, bool read_only) {
  const struct engine *engine;
  struct store_config config = {.read_only = read_only};
  struct store *store;
  struct error error = {0}, why = {0};
  assert_int_equal(registry_parse(spec, &engine, &config, &error), 0);
  int probed = engine->probe(folder, &config, &why), opened = engine->open(path, &config, &store, &error);
  if (!opened) assert_int_equal(engine->close(store, &error), 0);
  if (!probed != !opened)
    fail_msg("%s%s: the probe says \"%s\", and opening \"%s\"", spec, read_only ? " for reading only" : "",
             probed ? why.text : "fine", opened ? error.text : "fine");
  if (probed) print_message("%s cannot run here, as both say: %s\n", spec, why.text);
}

static void test_probe_and_open_agree(void **state) {
  static const char *const specs[] = {
      "mmap",  "pread",           "pread:direct=on",           "stdio",
      "uring", "uring:direct=on", "uring:direct=on:iopoll=on", "uring:direct=on:fixed=on:iopoll=on"};
  char folder[ROOM], path[ROOM + 16];
  (void)state;
  snprintf(folder, sizeof folder, "%.480s/probe-XXXXXX", temporary_folder());
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/store", folder);
  make_store(path);
  for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
    expect_agreement(specs[i], folder, path, false);
    expect_agreement(specs[i], folder, path, true);
  }
  assert_int_equal(unlink(path), 0);
  snprintf(path, sizeof path, "%s/store.index", folder);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(rmdir(folder), 0);  // a probe leaves nothing behind
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_probe_and_open_agree)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
