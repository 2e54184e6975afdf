// SPDX-License-Identifier: MIT
// Engine specs, option tables and sync policies: good ones come back as they went in, bad ones say what is wrong.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engines/registry.h"

static const struct engine *find(const char *name) {
  const struct engine *engine = registry_find(name, strlen(name));
  assert_non_null(engine);
  return engine;
}

static void test_all_engines_are_listed(void **state) {
  (void)state;
  static const char *const names[] = {"mmap", "pread", "stdio", "uring", "null"};
  size_t count = 0;
  const struct engine *const *engines = registry_engines(&count);
  assert_int_equal(count, sizeof names / sizeof *names);
  for (size_t i = 0; i < count; i++) {
    assert_string_equal(engines[i]->name, names[i]);
    assert_int_equal(engines[i]->api, ENGINE_API);
    assert_ptr_equal(find(names[i]), engines[i]);
  }
}

static void test_find_wants_the_whole_name(void **state) {
  (void)state;
  assert_null(registry_find("mma", 3));
  assert_null(registry_find("mmapx", 5));
  assert_null(registry_find("", 0));
  assert_non_null(registry_find("mmap:write=map", 4));
}

static void test_tables_are_complete(void **state) {
  (void)state;
  size_t count = 0;
  const struct engine *const *engines = registry_engines(&count);
  for (size_t i = 0; i < count; i++) {
    struct store_config config = {.record_size = 0};
    registry_defaults(engines[i], &config.options);  // stops the program if a default is no valid value
    for (const struct engine_option *option = engines[i]->options; option->name; option++)
      assert_non_null(option->help);
    for (int kind = 0; kind < SYNC_KINDS; kind++) {
      config.sync = (struct sync_policy){.kind = (enum sync_kind)kind, .amount = 1};
      assert_true(strlen(engines[i]->durability(&config)) > 0);
    }
  }
}

static void test_defaults_format_as_the_name(void **state) {
  (void)state;
  size_t count = 0;
  const struct engine *const *engines = registry_engines(&count);
  for (size_t i = 0; i < count; i++) {
    const struct engine *engine = NULL;
    struct store_config config = {.record_size = 0};
    char text[64];
    assert_int_equal(registry_parse(engines[i]->name, &engine, &config, NULL), 0);
    assert_ptr_equal(engine, engines[i]);
    assert_int_equal(registry_format(engine, &config, text, sizeof text), 0);
    assert_string_equal(text, engines[i]->name);
  }
}

static void test_specs_come_back(void **state) {
  (void)state;
  static const struct {
    const char *spec, *canonical;
  } cases[] = {
      {"uring:depth=17:direct=on", "uring:depth=17:direct=on"},
      {"uring:direct=on:depth=17", "uring:depth=17:direct=on"},  // in the order of the table
      {"mmap:write=pwrite", "mmap:write=pwrite"},
      {"mmap:write=map", "mmap"},  // the default
      {"pread:direct=on:sync=dsync", "pread:direct=on:sync=dsync"},
      {"stdio:buffer=65536:lookup=linear", "stdio:buffer=64K:lookup=linear"},
      {"pread:grow_step=1M:fill_write=4096", "pread:grow_step=1M:fill_write=4K"},
      {"null", "null"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const struct engine *engine = NULL, *again = NULL;
    struct store_config config = {.record_size = 0}, reparsed = {.record_size = 0};
    struct error error = {.code = 0};
    char text[128];
    if (registry_parse(cases[i].spec, &engine, &config, &error)) fail_msg("%s: %s", cases[i].spec, error.text);
    assert_int_equal(registry_format(engine, &config, text, sizeof text), 0);
    assert_string_equal(text, cases[i].canonical);
    assert_int_equal(registry_parse(text, &again, &reparsed, &error), 0);
    assert_memory_equal(&config.options, &reparsed.options, sizeof config.options);
  }
}

static void test_option_values(void **state) {
  (void)state;
  const struct engine *engine = NULL;
  struct store_config config = {.record_size = 4096, .capacity_hint = 7};
  assert_int_equal(registry_parse("uring:depth=17:direct=on:fill_write=64K", &engine, &config, NULL), 0);
  assert_int_equal(registry_option(engine, &config.options, "depth"), 17);
  assert_int_equal(registry_option(engine, &config.options, "direct"), 1);
  assert_int_equal(registry_option(engine, &config.options, "fill_write"), 65536);
  assert_int_equal(registry_option(engine, &config.options, "verify"), 0);
  assert_int_equal(config.record_size, 4096);  // the rest of the configuration is the caller's
  assert_int_equal(config.capacity_hint, 7);
  assert_int_equal(registry_parse("mmap:lookup=linear", &engine, &config, NULL), 0);
  assert_int_equal(registry_option(engine, &config.options, "lookup"), 1);
}

static void test_no_room(void **state) {
  (void)state;
  const struct engine *engine = NULL;
  struct store_config config = {.record_size = 0};
  char text[32];
  assert_int_equal(registry_parse("pread:direct=on", &engine, &config, NULL), 0);
  assert_int_equal(registry_format(engine, &config, text, sizeof "pread:direct=on"), 0);
  assert_int_equal(registry_format(engine, &config, text, sizeof "pread:direct=on" - 1), -ENAMETOOLONG);
  assert_int_equal(registry_format(engine, &config, text, 3), -ENAMETOOLONG);
}

struct bad_case {
  const char *text, *message;
};

static void test_bad_specs(void **state) {
  (void)state;
  static const struct bad_case cases[] = {
      {"mmpa", "unknown engine \"mmpa\"; did you mean \"mmap\"?"},
      {"sqlite", "unknown engine \"sqlite\"; choose mmap, pread, stdio, uring, null, lmdb, leveldb, rocksdb or bbolt"},
      {"", "no engine in \"\"; write NAME[:OPTION=VALUE]..."},
      {":depth=1", "no engine in \":depth=1\"; write NAME[:OPTION=VALUE]..."},
      {"uring:dpeth=64", "engine uring has no option \"dpeth\"; did you mean \"depth\"?"},
      {"null:depth=64", "engine null has no option \"depth\"; it takes none"},
      {"null:", "engine null has no option \"\"; it takes none"},
      {"pread:direct", "option direct of engine pread has no value; write direct=VALUE"},
      {"pread:direct=", "bad value \"\" for option direct of engine pread; write off or on"},
      {"pread:direct=yes", "bad value \"yes\" for option direct of engine pread; write off or on"},
      {"pread:direct=on:direct=off", "option direct of engine pread stands twice; leave one out"},
      {"mmap:lookup=hsah", "bad value \"hsah\" for option lookup of engine mmap; write hash/linear"},
      {"mmap:lookup=hash/linear", "bad value \"hash/linear\" for option lookup of engine mmap; write hash/linear"},
      {"pread:fill_write=2M", "bad value \"2M\" for option fill_write of engine pread; write a size from 0 B to 1 MiB"},
      {"pread:fill_write=-1", "bad value \"-1\" for option fill_write of engine pread; write a size from 0 B to 1 MiB"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const struct engine *engine = NULL;
    struct store_config config = {.options = {{1, 2, 3}}}, before = config;
    struct error error = {.code = 0};
    assert_int_equal(registry_parse(cases[i].text, &engine, &config, &error), -EINVAL);
    assert_string_equal(error.text, cases[i].message);
    assert_int_equal(error.code, -EINVAL);
    assert_null(engine);
    assert_memory_equal(&config, &before, sizeof config);
  }
}

static void test_bad_counts(void **state) {
  (void)state;
  static const char *const specs[] = {"uring:depth=0", "uring:depth=-1", "uring:depth=many", "uring:depth=1000000000"};
  for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
    const struct engine *engine = NULL;
    struct store_config config = {.record_size = 0};
    struct error error = {.code = 0};
    assert_int_equal(registry_parse(specs[i], &engine, &config, &error), -EINVAL);
    assert_non_null(strstr(error.text, "for option depth of engine uring; write a count from 1 to "));
  }
}

static void test_messages_stay_short(void **state) {
  (void)state;
  char spec[4096];
  memset(spec, 'x', sizeof spec - 1);
  spec[sizeof spec - 1] = '\0';
  const struct engine *engine = NULL;
  struct store_config config = {.record_size = 0};
  struct error error = {.code = 0};
  assert_int_equal(registry_parse(spec, &engine, &config, &error), -EINVAL);
  assert_true(strlen(error.text) < 200);
  assert_non_null(strstr(error.text, "choose mmap"));
  memcpy(spec, "pread:direct=", strlen("pread:direct="));
  assert_int_equal(registry_parse(spec, &engine, &config, &error), -EINVAL);
  assert_non_null(strstr(error.text, "write off or on"));
}

static void test_policies_come_back(void **state) {
  (void)state;
  static const struct {
    const char *text;
    enum sync_kind kind;
    uint64_t amount;
    const char *written;
  } cases[] = {
      {"none", SYNC_NONE, 0, "none"},
      {"async", SYNC_ASYNC, 0, "async"},
      {"always", SYNC_ALWAYS, 0, "always"},
      {"every=64", SYNC_EVERY, 64, "every=64"},
      {"every=1", SYNC_EVERY, 1, "every=1"},
      {"every=2K", SYNC_EVERY, 2000, "every=2000"},
      {"interval=10ms", SYNC_INTERVAL, 10, "interval=10ms"},
      {"interval=10", SYNC_INTERVAL, 10, "interval=10ms"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct sync_policy policy;
    char text[32];
    assert_int_equal(sync_policy_parse(cases[i].text, &policy, NULL), 0);
    assert_int_equal(policy.kind, cases[i].kind);
    assert_int_equal(policy.amount, cases[i].amount);
    sync_policy_format(&policy, text, sizeof text);
    assert_string_equal(text, cases[i].written);
  }
}

static void test_longest_policy_fits(void **state) {
  (void)state;
  struct sync_policy policy = {SYNC_INTERVAL, UINT64_MAX}, again;
  char text[32];
  sync_policy_format(&policy, text, sizeof text);
  assert_int_equal(sync_policy_parse(text, &again, NULL), 0);
  assert_true(again.amount == UINT64_MAX);
}

static void test_bad_policies(void **state) {
  (void)state;
  static const struct bad_case cases[] = {
      {"allways", "unknown sync policy \"allways\"; did you mean \"always\"?"},
      {"evry=64", "unknown sync policy \"evry=64\"; did you mean \"every=64\"?"},
      {"evry", "unknown sync policy \"evry\"; did you mean \"every=N\"?"},
      {"evry=x", "unknown sync policy \"evry=x\"; did you mean \"every=N\"?"},
      {"intervall=5", "unknown sync policy \"intervall=5\"; did you mean \"interval=5\"?"},
      {"allways=5", "unknown sync policy \"allways=5\"; did you mean \"always\"?"},
      {"", "unknown sync policy \"\"; choose none, async, every=N, interval=MS or always"},
      {"durable=1", "unknown sync policy \"durable=1\"; choose none, async, every=N, interval=MS or always"},
      {"always=1", "bad sync policy \"always=1\"; \"always\" takes no amount"},
      {"every", "bad sync policy \"every\"; write a number of operations, at least 1, such as \"every=64\""},
      {"every=", "bad sync policy \"every=\"; write a number of operations, at least 1, such as \"every=64\""},
      {"every=0", "bad sync policy \"every=0\"; write a number of operations, at least 1, such as \"every=64\""},
      {"every=-4", "bad sync policy \"every=-4\"; write a number of operations, at least 1, such as \"every=64\""},
      {"every=4ms", "bad sync policy \"every=4ms\"; write a number of operations, at least 1, such as \"every=64\""},
      {"interval=0ms", "bad sync policy \"interval=0ms\"; write milliseconds, at least 1, such as \"interval=10ms\""},
      {"interval=ms", "bad sync policy \"interval=ms\"; write milliseconds, at least 1, such as \"interval=10ms\""},
      {"interval=5s", "bad sync policy \"interval=5s\"; write milliseconds, at least 1, such as \"interval=10ms\""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct sync_policy policy = {SYNC_EVERY, 99};
    struct error error = {.code = 0};
    assert_int_equal(sync_policy_parse(cases[i].text, &policy, &error), -EINVAL);
    assert_string_equal(error.text, cases[i].message);
    assert_int_equal(policy.amount, 99);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all_engines_are_listed),
      cmocka_unit_test(test_find_wants_the_whole_name),
      cmocka_unit_test(test_tables_are_complete),
      cmocka_unit_test(test_defaults_format_as_the_name),
      cmocka_unit_test(test_specs_come_back),
      cmocka_unit_test(test_option_values),
      cmocka_unit_test(test_no_room),
      cmocka_unit_test(test_bad_specs),
      cmocka_unit_test(test_bad_counts),
      cmocka_unit_test(test_messages_stay_short),
      cmocka_unit_test(test_policies_come_back),
      cmocka_unit_test(test_longest_policy_fits),
      cmocka_unit_test(test_bad_policies),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
