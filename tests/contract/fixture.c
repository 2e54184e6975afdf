// SPDX-License-Identifier: MIT
// What a contract case does with its fixture: opening, closing, and processes of its own.
#include <errno.h>
#include <signal.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/contract/contract.h"

void fixture_open(struct fixture *fixture) {
  assert_done(fixture->engine->open(fixture->path, &fixture->config, &fixture->store, &fixture->error),
              &fixture->error);
  assert_code(access_open(&fixture->access, fixture->engine, fixture->store), 0);
}

void fixture_close(struct fixture *fixture) {
  assert_code(access_close(&fixture->access), 0);
  struct store *store = fixture->store;
  fixture->store = NULL;  // close frees it also when it fails
  assert_done(fixture->engine->close(store, &fixture->error), &fixture->error);
}

void fixture_reopen(struct fixture *fixture) {
  fixture_close(fixture);
  fixture_open(fixture);
}

struct store_stat fixture_stat(struct fixture *fixture) {
  struct store_stat stat = {0};
  assert_code(fixture->engine->stat(fixture->store, &stat), 0);
  return stat;
}

static int count_visit(void *user, const void *key, uint32_t key_length, const void *value, uint32_t length) {
  (void)key, (void)key_length, (void)value, (void)length;
  ++*(uint64_t *)user;
  return 0;
}

uint64_t fixture_records(struct fixture *fixture) {
  uint64_t records = fixture_stat(fixture).records, scanned = 0;
  assert_code(fixture->engine->scan(fixture->access.session, NULL, 0, 0, count_visit, &scanned), 0);
  assert_true(records == scanned || records == STAT_UNKNOWN);
  return scanned;
}

void fixture_refused(struct fixture *fixture, int code) {
  struct error error = {0};
  int result = fixture->engine->open(fixture->path, &fixture->config, &fixture->store, &error);
  if (result) fixture->store = NULL;
  assert_code(result, code);
  assert_message(&error, code, "");
}

uint32_t fixture_room(const struct fixture *fixture) {
  uint32_t size = fixture->config.record_size;
  return (size ? size : RECORD_SIZE_DEFAULT) - RECORD_OVERHEAD;
}

bool fixture_buffers(const struct fixture *fixture) { return !strcmp(fixture->engine->name, "stdio"); }

uint64_t fixture_count(const struct fixture *fixture, uint64_t full) {
  bool linear = strstr(fixture->spec, "lookup=linear") != NULL;
  return linear && full > 300 ? 300 : full;
}

static int child_run(struct fixture *fixture, child_fn body, void *argument) {
  int code = fixture->engine->open(fixture->path, &fixture->config, &fixture->store, &fixture->error);
  if (code) return code;
  code = access_open(&fixture->access, fixture->engine, fixture->store);
  if (!code) {
    code = body(fixture, argument);
    int closed = access_close(&fixture->access);
    if (!code) code = closed;
  }
  int closed = fixture->engine->close(fixture->store, &fixture->error);
  return code ? code : closed;
}

// What a child of a spawner gets.
struct request {
  struct fixture fixture;
  child_fn body;
  void *argument;
};

_Noreturn static void child_main(struct fixture *fixture, child_fn body, void *argument) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // a parent that fails or times out takes the child along
  int code = child_run(fixture, body, argument);
  if (code) print_error("the child failed: %s: %s\n", strerrorname_np(-code), fixture->error.text);
  _exit(code ? 1 : 0);
}

static void spawned_main(void *copy) {
  struct request *request = copy;
  child_main(&request->fixture, request->body, request->argument);
}

void fixture_start_spawner(struct fixture *fixture) { assert_code(spawner_start(&fixture->spawner, spawned_main), 0); }

static bool is_shared(const struct fixture *fixture, const void *argument) {
  const unsigned char *at = argument;
  return at >= fixture->shared && at < fixture->shared + fixture->shared_used;
}

static pid_t spawn(const struct fixture *fixture, child_fn body, void *argument) {
  struct request request = {*fixture, body, argument};
  return spawner_fork(&fixture->spawner, &request, sizeof request);
}

// The spawner knows nothing of this process's stack.
static void check_argument(const struct fixture *fixture, const void *argument) {
  if (fixture->spawner.socket) assert_true(!argument || is_shared(fixture, argument));
}

int fixture_fork(struct fixture *fixture, child_fn body, void *argument) {
  size_t slot = 0;
  check_argument(fixture, argument);
  while (slot < FIXTURE_CHILDREN && fixture->children[slot]) slot++;
  assert_true(slot < FIXTURE_CHILDREN);
  pid_t child = fixture->spawner.socket ? spawn(fixture, body, argument) : fork();
  assert_true(child >= 0);
  if (child == 0) child_main(fixture, body, argument);
  fixture->children[slot] = child;
  return child;
}

static int join(struct fixture *fixture, int child) {
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  for (size_t i = 0; i < FIXTURE_CHILDREN; i++) {
    if (fixture->children[i] == child) fixture->children[i] = 0;
  }
  return status;
}

void fixture_join(struct fixture *fixture, int child) {
  int status = join(fixture, child);
  if (!WIFEXITED(status) || WEXITSTATUS(status)) fail_msg("the child ended with wait status %#x", (unsigned)status);
}

void fixture_join_killed(struct fixture *fixture, int child) {
  int status = join(fixture, child);
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
    fail_msg("the child ended with wait status %#x, not by SIGKILL", (unsigned)status);
  }
}

struct crash {
  child_fn body;
  void *argument;
};

static int crash_body(struct fixture *fixture, void *argument) {
  const struct crash *crash = argument;
  int code = crash->body(fixture, crash->argument);
  if (!code) kill(getpid(), SIGKILL);
  return code;
}

void fixture_crash(struct fixture *fixture, child_fn body, void *argument) {
  struct crash *crash = fixture_share(fixture, sizeof *crash);
  check_argument(fixture, argument);
  *crash = (struct crash){body, argument};
  fixture_join_killed(fixture, fixture_fork(fixture, crash_body, crash));
}

void *fixture_share(struct fixture *fixture, size_t bytes) {
  size_t at = (fixture->shared_used + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
  assert_true(at + bytes <= FIXTURE_SHARED);
  fixture->shared_used = at + bytes;
  return fixture->shared + at;
}

uint64_t *fixture_share_number(struct fixture *fixture, uint64_t number) {
  uint64_t *shared = fixture_share(fixture, sizeof *shared);
  *shared = number;
  return shared;
}
