// SPDX-License-Identifier: MIT
// Calls that older kernels and other file systems do not have: the store goes another way, and stands every fault there
// as well. And calls that are refused for good: the message says what to do.
#include <errno.h>

#include "tests/faults/injected.h"

static const struct injected_absence old_kernel[] = {
    {"cachestat", ENOSYS},  // before Linux 6.5
    {"statx", ENOSYS},      // its alignment of direct I/O is there since Linux 6.1
    {"fallocate", EOPNOTSUPP},
    {NULL, 0},
};

static void lacks(struct fixture *f) {
  f->config.capacity_hint = 20;
  f->config.sync = (struct sync_policy){SYNC_NONE, 0};
  injected_lives_without(f, INJECT_EIO, SCALED(1, 3), old_kernel);
  injected_lives_without(f, INJECT_EINTR, SCALED(1, 3), old_kernel);
  injected_lives_without(f, INJECT_ENOMEM, SCALED(1, 3), old_kernel);
}

static void refused(struct fixture *f) {
  static const struct {
    const char *call;
    int code;
    const char *words;
  } refusals[] = {
      {"open", EACCES, "no permission; check"},
      {"open", EPERM, "no permission; check"},
      {"open", EROFS, "read-only; open the store for reading"},
      {"open", EMFILE, "cannot open: "},
      {"flock", ENOLCK, "cannot lock: "},
  };
  fixture_open(f);
  fixture_close(f);
  for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
    struct error error = {0};
    inject_begin(INJECT_EIO, 0);
    inject_always(refusals[i].call, refusals[i].code);
    int code = f->engine->open(f->path, &f->config, &f->store, &error);
    inject_end();
    if (code) f->store = NULL;
    assert_code(code, -refusals[i].code);
    assert_message(&error, code, refusals[i].words);
  }
}

static int put_one(struct fixture *f, void *unused) {
  (void)unused;
  return access_put(&f->access, 1, 1, 60);
}

// A store that was not closed cleanly can be read from a file system that takes no writes, and no sync either.
static void read_where_nothing_syncs(struct fixture *f) {
  static const int codes[] = {EROFS, EINVAL};
  f->config.sync = (struct sync_policy){SYNC_ALWAYS, 0};
  fixture_crash(f, put_one, NULL);
  f->config.read_only = true;
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
    inject_begin(INJECT_EIO, 0);
    inject_always("fsync", codes[i]);
    fixture_open(f);
    int code = access_expect(&f->access, 1, 1, 60);
    inject_end();
    assert_code(code, 0);
    fixture_close(f);
  }
}

// Advice that was asked for and is refused must not pass for advice that was taken.
static void advice_is_refused(struct fixture *f) {
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, 100, 1, 60), 0);
  fixture_close(f);
  inject_begin(INJECT_EIO, 0);
  inject_always("madvise", EINVAL);
  int code = f->engine->open(f->path, &f->config, &f->store, &f->error);
  inject_end();
  if (code) f->store = NULL;
  assert_code(code, -EINVAL);
  assert_true(f->error.text[0]);
}

// The same where it was taken as the store was opened, and is refused later.
static void hints_are_refused(struct fixture *f) {
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, 100, 1, 60), 0);
  inject_begin(INJECT_EIO, 0);
  inject_always("madvise", EINVAL);
  int code = access_expect(&f->access, 1, 1, 60);
  inject_end();
  assert_code(code, -EINVAL);
  assert_code(access_expect(&f->access, 1, 1, 60), 0);
  fixture_close(f);
}

// What is called registered must be used: the kernel reads into the registered buffers, and never by address.
static void reads_go_to_registered_buffers(struct fixture *f) {
  fixture_open(f);
  assert_code(access_fill(&f->access, 0, 100, 1, 60), 0);
  inject_begin(INJECT_EIO, 0);
  inject_always("IORING_OP_READ", EOPNOTSUPP);
  int by_address = access_expect(&f->access, 1, 1, 60);
  inject_always("IORING_OP_READ_FIXED", EIO);
  int registered = access_expect(&f->access, 2, 1, 60);
  inject_end();
  assert_code(by_address, 0);
  assert_code(registered, -EIO);
  fixture_close(f);
}

int main(int argc, char **argv) {
  static const char *const specs[] = {"mmap", "pread", "pread:direct=on", "stdio", "uring:direct=on:depth=4", NULL};
  static const char *const advised[] = {"mmap:advice=random",
                                        "mmap:advice=sequential:grow=mremap",
                                        "mmap:huge=on",
                                        "mmap:populate=on",
                                        "mmap:prefetch=willneed",
                                        "mmap:prefetch=populate",
                                        NULL};
  static const char *const registered[] = {"uring:fixed=on", "uring:fixed=on:direct=on:depth=4", NULL};
  static const char *const hinted[] = {"mmap:prefetch=willneed", "mmap:prefetch=populate", NULL};
  static const struct contract_case cases[] = {
      {"old kernel", lacks, CAP_PERSISTENT, 0, specs},
      {"refused for good", refused, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
      {"read where nothing syncs", read_where_nothing_syncs, CAP_PERSISTENT | CAP_SHARED_FORMAT, 0, main_specs},
      {"advice is refused", advice_is_refused, CAP_PERSISTENT, 0, advised},
      {"reads go to registered buffers", reads_go_to_registered_buffers, CAP_PERSISTENT, 0, registered},
      {"hints are refused", hints_are_refused, CAP_PERSISTENT, 0, hinted},
  };
  return contract_main("injected absent", cases, sizeof cases / sizeof cases[0], argc, argv);
}
