// SPDX-License-Identifier: MIT
// Contract: after a failed write or sync the store refuses every further write until it is opened anew. A kernel that
// failed once to write a page calls it clean: a later sync that returns 0 proves nothing. Each case fails one call on
// purpose in a child process and then asks for what would work, had the store forgotten.
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/contract/contract.h"
#include "tests/contract/refuse.h"

enum { LENGTH = 64, RECORDS = 200 };

static const char *const writing_specs[] = {"mmap:write=pwrite", "pread", "pread:direct=on", "stdio", "uring", NULL};
static const char *const calling_specs[] = {"mmap", "mmap:write=pwrite", "pread", "pread:direct=on", "stdio", NULL};
static const char *const growing_specs[] = {"mmap", "mmap:grow=remap", "pread", "stdio", "uring", NULL};
static const char *const header_specs[] = {"mmap", "pread:sync=fsync", NULL};
static const char *const async_specs[] = {"mmap:write=pwrite", "pread", "stdio", "uring", NULL};
static const char *const stdio_specs[] = {"stdio", NULL};

// Ends the child: what its close makes of a failed store is not the question here.
static int verdict(bool refused) {
  if (refused) _exit(0);
  return -ENODATA;
}

static bool refuses(struct fixture *f) {
  return access_put(&f->access, 1, 9, LENGTH) && access_delete(&f->access, 2) && f->engine->sync(f->store);
}

static int fill(struct fixture *f) {
  int code = access_fill(&f->access, 0, RECORDS, 1, LENGTH);
  return code ? code : f->engine->sync(f->store);
}

static int fail_a_sync(struct fixture *f, void *argument) {
  static const int calls[] = {SYS_fdatasync, SYS_fsync, SYS_msync};
  (void)argument;
  int code = fill(f);
  if (!code) code = access_put(&f->access, 1, 2, LENGTH);
  if (!code) code = refuse_calls(calls, 3);
  if (code) return code;
  // Policy none: no put needs a sync of its own, so only the store's memory of the failure can refuse it.
  return verdict(f->engine->sync(f->store) == -EIO && refuses(f));
}

static int fail_a_write(struct fixture *f, void *argument) {
  (void)argument;
  int code = fill(f);
  if (!code) code = limit_writes(4096);
  if (code) return code;
  int failed = access_put(&f->access, 1, 2, LENGTH);
  for (uint64_t id = 0; !failed && id < RECORDS; id++) failed = access_put(&f->access, id, 3, LENGTH);
  code = limit_writes(0);
  return code ? code : verdict(failed && refuses(f));
}

// What stdio still holds is written when the next read wants to be sure of seeing it.
static int fail_a_flush(struct fixture *f, void *argument) {
  (void)argument;
  int code = fill(f);
  if (!code) code = access_put(&f->access, 1, 2, LENGTH);
  if (!code) code = limit_writes(4096);
  if (code) return code;
  int failed = access_expect(&f->access, 1, 2, LENGTH);
  code = limit_writes(0);
  return code ? code : verdict(failed && f->engine->sync(f->store) != 0 && refuses(f));
}

static int fill_until_it_fails(struct fixture *f) {
  int code = 0;
  for (uint64_t id = 0; !code && id < 100000; id++) code = access_put(&f->access, 1000 + id, 1, LENGTH);
  return code;
}

static int fail_the_sync_of_growth(struct fixture *f, void *argument) {
  static const int calls[] = {SYS_fsync};
  (void)argument;
  int code = fill(f);
  if (!code) code = refuse_calls(calls, 1);
  if (code) return code;
  return verdict(fill_until_it_fails(f) == -EIO && refuses(f));
}

static int fail_the_header_of_growth(struct fixture *f, void *argument) {
  static const int calls[] = {SYS_fdatasync};
  (void)argument;
  int code = fill(f);
  if (!code) code = refuse_calls(calls, 1);
  if (code) return code;
  return verdict(fill_until_it_fails(f) == -EIO && refuses(f));
}

static int fail_to_forget(struct fixture *f, void *argument) {
  static const int calls[] = {SYS_fsync};
  (void)argument;
  int code = fill(f);
  if (!code) code = refuse_calls(calls, 1);
  if (code) return code;
  return verdict(f->engine->forget(f->store) == -EIO && refuses(f));
}

static int fail_to_start_writing_back(struct fixture *f, void *argument) {
  static const int calls[] = {SYS_sync_file_range};
  (void)argument;
  int code = fill(f);
  if (!code) code = refuse_calls(calls, 1);
  if (code) return code;
  return verdict(access_put(&f->access, 1, 2, LENGTH) == -EIO && refuses(f));
}

// Who throws the store away wants to hear that its numbers stand for writes that failed.
static int close_of_disposable_tells(struct fixture *f, void *argument) {
  static const int calls[] = {SYS_fdatasync, SYS_fsync, SYS_msync};
  struct error error = {0};
  (void)argument;
  int code = fill(f);
  if (!code) code = access_put(&f->access, 1, 2, LENGTH);
  if (!code) code = refuse_calls(calls, 3);
  if (code) return code;
  int failed = f->engine->sync(f->store);
  access_close(&f->access);
  return verdict(failed == -EIO && f->engine->close(f->store, &error) == -EIO && error.code == -EIO);
}

static const struct {
  child_fn body;
  struct sync_policy sync;
} kinds[] = {
    {fail_a_sync, {SYNC_NONE, 0}},
    {fail_a_write, {SYNC_NONE, 0}},
    {fail_a_flush, {SYNC_NONE, 0}},
    // A policy under which growing syncs and puts, so few, do not.
    {fail_the_sync_of_growth, {SYNC_EVERY, 1000000}},
    {fail_the_header_of_growth, {SYNC_EVERY, 1000000}},
    {fail_to_forget, {SYNC_NONE, 0}},
    {fail_to_start_writing_back, {SYNC_ASYNC, 0}},
    {close_of_disposable_tells, {SYNC_NONE, 0}},
};

static int probe_filters(struct fixture *f, void *argument) {
  (void)f, (void)argument;
  int code = refuse_calls(NULL, 0);
  _exit(code ? 1 : 0);
}

static void stays_failed(struct fixture *f) {
  f->config.sync = kinds[f->variant].sync;
  fixture_join(f, fixture_fork(f, kinds[f->variant].body, NULL));
}

static void disposable_tells(struct fixture *f) {
  f->config.disposable = true;
  stays_failed(f);
}

// The store that failed is unclean: whoever opens it next recovers it.
static void opens_again(struct fixture *f) {
  uint64_t at;
  stays_failed(f);
  fixture_open(f);
  assert_int_equal(fixture_stat(f).recovered, 1);
  assert_code(access_expect_all(&f->access, 10, RECORDS - 10, 1, LENGTH, &at), 0);
  assert_code(access_put(&f->access, 1, 5, LENGTH), 0);
  fixture_close(f);
}

static bool have_filters(void) {
  struct fixture none = {0};
  pid_t child = fork();
  if (child == 0) probe_filters(&none, NULL);
  int status;
  return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

int main(int argc, char **argv) {
  static const struct contract_case cases[] = {
      {"a failed sync ends writing", stays_failed, CAP_PERSISTENT, 0, calling_specs},
      {"a failed write ends writing", stays_failed, CAP_PERSISTENT, 1, writing_specs},
      {"a failed flush ends writing", stays_failed, CAP_PERSISTENT, 2, stdio_specs},
      {"a failed sync of a grown file ends writing", stays_failed, CAP_PERSISTENT, 3, growing_specs},
      {"a failed header of a grown file ends writing", stays_failed, CAP_PERSISTENT, 4, header_specs},
      {"a failed forget ends writing", stays_failed, CAP_PERSISTENT, 5, growing_specs},
      {"a failed start of writeback ends writing", stays_failed, CAP_PERSISTENT, 6, async_specs},
      {"a failed sync is told by a disposable store's close", disposable_tells, CAP_PERSISTENT, 7, calling_specs},
      {"a failed sync, then opened again", opens_again, CAP_PERSISTENT, 0, calling_specs},
  };
  if (!have_filters()) {
    puts("no system call filters here (seccomp): calls cannot be made to fail");
    return 77;
  }
  return contract_main("failed sync", cases, sizeof cases / sizeof cases[0], argc, argv);
}
