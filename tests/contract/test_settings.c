// SPDX-License-Identifier: MIT
// Contract: an engine tells what is in effect, after operations have run, each thing once and in words; and leaves off
// when it is told to.
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/contract/contract.h"

enum { RECORDS = 512, LENGTH = 64, SETTINGS_MAX = 32, TEXT_ROOM = 128, ENOUGH = 77 };

struct told {
  char names[SETTINGS_MAX][TEXT_ROOM], values[SETTINGS_MAX][TEXT_ROOM];
  size_t count, stop_at;  // the one to end at; 0: none
};

static int keep(void *user, const char *name, const char *value) {
  struct told *told = user;
  if (told->count == SETTINGS_MAX) return -1;
  snprintf(told->names[told->count], TEXT_ROOM, "%s", name);
  snprintf(told->values[told->count], TEXT_ROOM, "%s", value);
  return ++told->count == told->stop_at ? ENOUGH : 0;
}

static const char *value_of(const struct told *told, const char *name) {
  for (size_t i = 0; i < told->count; i++)
    if (strcmp(told->names[i], name) == 0) return told->values[i];
  return "";
}

static int ask(struct fixture *f, struct told *told, size_t stop_at) {
  *told = (struct told){.stop_at = stop_at};
  return f->engine->settings(f->access.session, keep, told);
}

static void fill(struct fixture *f) {
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, RECORDS, 1, LENGTH), 0);
}

static void each_once_and_in_words(struct fixture *f) {
  struct told told;
  fill(f);
  if (f->engine->settings) {
    assert_code(ask(f, &told, 0), 0);
    assert_true(told.count > 0);
    for (size_t i = 0; i < told.count; i++) {
      assert_true(*told.names[i] && *told.values[i]);
      assert_ptr_equal(value_of(&told, told.names[i]), told.values[i]);
    }
    assert_code(ask(f, &told, told.count), ENOUGH);
    assert_code(ask(f, &told, 1), ENOUGH);
    assert_int_equal(told.count, 1);
  }
  fixture_close(f);
}

static void must_tell(struct fixture *f, const char *name, const char *word) {
  struct told told;
  fill(f);
  assert_code(ask(f, &told, 0), 0);
  if (!strstr(value_of(&told, name), word))
    fail_msg("%s: %s is \"%s\", wanted \"%s\"", f->spec, name, value_of(&told, name), word);
  fixture_close(f);
}

static const struct {
  const char *specs[2], *name, *word;
} asked[] = {
    {{"mmap:advice=random"}, "advice", "random"},
    {{"mmap:advice=sequential:grow=mremap"}, "advice", "sequential"},
    {{"mmap:huge=on"}, "advice", "huge"},
    {{"mmap"}, "advice", "none"},
    {{"pread"}, "access", "through the page cache"},
    {{"pread:direct=on"}, "access", "O_DIRECT"},
    {{"uring:direct=on"}, "access", "O_DIRECT"},
    {{"uring"}, "file", "by number"},
    {{"uring:fixed=on"}, "file", "registered"},
    {{"uring:fixed=on"}, "buffers", "bytes registered"},
    {{"uring:sqpoll=on"}, "ring flags", "SQPOLL"},
    {{"uring:depth=32"}, "ring", "32 entries"},
    {{"stdio:buffer=64K"}, "reader's buffer", "65536 bytes"},
    {{"stdio:buffer=64K"}, "writer's buffer", "65536 bytes"},
};

enum { ASKED = sizeof asked / sizeof asked[0] };

static void what_was_asked_for(struct fixture *f) { must_tell(f, asked[f->variant].name, asked[f->variant].word); }

// A session that can open no file of its own reads on, and says by which one. `variant` descriptors are left: a ring
// takes one.
static void no_descriptor_is_left(struct fixture *f) {
  struct access own;
  struct rlimit before, none;
  struct told told;
  fill(f);
  own = f->access;
  int next = dup(STDERR_FILENO);
  assert_true(next >= 0 && close(next) == 0);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  none = before;
  none.rlim_cur = (rlim_t)next + (rlim_t)f->variant;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
  int code = access_open(&f->access, f->engine, f->store);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
  assert_code(code, 0);
  assert_code(ask(f, &told, 0), 0);
  assert_non_null(strstr(value_of(&told, "reads"), "it could not be opened once more"));
  assert_code(access_close(&f->access), 0);
  f->access = own;
  assert_code(ask(f, &told, 0), 0);
  assert_string_equal(value_of(&told, "reads"), "");
  fixture_close(f);
}

int main(int argc, char **argv) {
  static const char *const pread_specs[] = {"pread", "pread:direct=on", NULL};
  static const char *const uring_specs[] = {"uring", "uring:direct=on", NULL};
  struct contract_case cases[3 + ASKED] = {
      {"each once and in words", each_once_and_in_words, 0, 0, NULL},
      {"no descriptor is left", no_descriptor_is_left, 0, 0, pread_specs},
      {"no descriptor is left beside the ring", no_descriptor_is_left, 0, 1, uring_specs}};
  for (size_t i = 0; i < ASKED; i++)
    cases[3 + i] = (struct contract_case){asked[i].name, what_was_asked_for, 0, i, asked[i].specs};
  return contract_main("settings", cases, 3 + ASKED, argc, argv);
}
