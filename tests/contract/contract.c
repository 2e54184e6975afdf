// SPDX-License-Identifier: MIT
// Makes a cmocka test of every pair of spec and case, with the fixture before and the cleaning up after it.
#include "tests/contract/contract.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engines/registry.h"

// A deadlock must fail the suite, not hang it; no passing case comes near.
enum { EXIT_SKIPPED = 77 };
enum { CASE_SECONDS = SCALED(180, 500) };

const char *const every_spec[] = {"null",
                                  "mmap",
                                  "mmap:write=pwrite",
                                  "mmap:grow=mremap",
                                  "mmap:grow=remap",
                                  "mmap:msync=whole",
                                  "mmap:advice=random",
                                  "mmap:prefetch=willneed",
                                  "mmap:prefetch=populate",
                                  "mmap:lookup=linear",
                                  "mmap:verify=on",
                                  "mmap:fill_write=64K",
                                  "pread",
                                  "pread:direct=on",
                                  "pread:sync=fsync",
                                  "pread:sync=dsync",
                                  "pread:dontcache=on",
                                  "pread:lookup=linear",
                                  "pread:verify=on",
                                  "pread:grow_step=64K:fill_write=16K",
                                  "stdio",
                                  "stdio:buffer=0",
                                  "stdio:buffer=1M",
                                  "stdio:lookup=linear",
                                  "uring",
                                  "uring:depth=4",
                                  "uring:direct=on",
                                  "uring:fixed=on",
                                  "uring:direct=on:fixed=on:depth=8",
                                  "uring:dsync=on",
                                  "uring:sqpoll=on",
                                  "uring:direct=on:iopoll=on",
                                  "uring:lookup=linear",
                                  "uring:verify=on",
                                  "peers",
                                  NULL};

const char *const main_specs[] = {
    "mmap", "mmap:grow=remap", "pread", "pread:direct=on", "stdio", "uring", "uring:direct=on", "peers", NULL};

const char *const peer_specs[] = {"lmdb",    "lmdb:writemap=on", "lmdb:append=on", "leveldb",
                                  "rocksdb", "rocksdb:mmap=on",  "bbolt",          NULL};

// One cmocka test: a case on a spec, and what it makes.
struct pair {
  const struct contract_case *test;
  const char *spec;
  const struct engine *engine;
  struct store_config config;
  struct fixture fixture;
};

struct table {
  struct CMUnitTest *tests;
  size_t count, room;
};

static int pair_setup(void **state) {
  const struct pair *pair = *state;
  struct fixture *fixture = &((struct pair *)*state)->fixture;
  *fixture = (struct fixture){
      .spec = pair->spec, .engine = pair->engine, .config = pair->config, .variant = pair->test->variant};
  if (!pair->engine) {
    print_error("%s is no spec\n", pair->spec);
    return -1;
  }
  fixture->config.create = true;
  alarm(CASE_SECONDS);
  void *shared = mmap(NULL, FIXTURE_SHARED, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return -1;
  fixture->shared = shared;
  if (folder_make(fixture->folder)) return -1;
  snprintf(fixture->path, sizeof fixture->path, "%s/store", fixture->folder);
  return 0;
}

// Without a probe, which would open a store: a case may fork, and must be the first to.
static void pair_run_peer(void **state) {
  struct pair *pair = *state;
  fixture_start_spawner(&pair->fixture);
  pair->test->run(&pair->fixture);
}

static void pair_run_here(void **state) {
  struct pair *pair = *state;
  struct fixture *fixture = &pair->fixture;
  int code = pair->engine->probe(fixture->folder, &fixture->config, &fixture->error);
  if (code) {
    print_message("%s cannot run here: %s\n", pair->spec, fixture->error.text);
    skip();
  }
  pair->test->run(fixture);
}

static bool is_peer(const char *spec) {
  size_t length = strcspn(spec, ":");  // whatever its options
  for (const char *const *peer = peer_specs; *peer; peer++)
    if (strlen(*peer) == length && strncmp(*peer, spec, length) == 0) return true;
  return false;
}

// Their libraries have threads that a fork leaves behind: each case of a peer gets a process in which none has run yet.
static void pair_run(void **state) {
  struct pair *pair = *state;
  if (!is_peer(pair->spec)) {
    pair_run_here(state);
    return;
  }
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    const struct CMUnitTest alone = {pair->spec, pair_run_peer, NULL, NULL, pair};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(CASE_SECONDS);
    cmocka_set_test_filter("*");
    _exit(_cmocka_run_group_tests(pair->spec, &alone, 1, NULL, NULL) != 0);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  if (!WIFEXITED(status) || WEXITSTATUS(status)) fail_msg("the case ended with wait status %#x", (unsigned)status);
}

// A failed case has left its store open and perhaps a child running.
static int pair_teardown(void **state) {
  struct fixture *fixture = &((struct pair *)*state)->fixture;
  if (fixture->shared) munmap(fixture->shared, FIXTURE_SHARED);
  if (!fixture->folder[0]) return 0;
  for (size_t i = 0; i < FIXTURE_CHILDREN; i++) {
    if (!fixture->children[i]) continue;
    kill(fixture->children[i], SIGKILL);
    waitpid(fixture->children[i], NULL, 0);
  }
  if (fixture->access.session) access_close(&fixture->access);
  if (fixture->store) fixture->engine->close(fixture->store, &fixture->error);
  alarm(0);
  return folder_remove(fixture->folder);
}

static int table_add(struct table *table, const struct contract_case *test, const char *spec) {
  struct pair *pair = calloc(1, sizeof *pair);
  char *name = NULL;
  struct error error;
  if (!pair || asprintf(&name, "%s %s", spec, test->name) < 0) goto fail;
  pair->test = test;
  pair->spec = spec;
  // A spec that is none fails as a test of its own (pair_setup).
  if (registry_parse(spec, &pair->engine, &pair->config, &error)) pair->engine = NULL;
  if (pair->engine && (pair->engine->caps & test->needs) != test->needs) {
    free(pair);
    free(name);
    return 0;
  }
  if (table->count == table->room) {
    table->room = table->room * 2 + 64;
    struct CMUnitTest *tests = realloc(table->tests, table->room * sizeof *tests);
    if (!tests) goto fail;
    table->tests = tests;
  }
  table->tests[table->count++] = (struct CMUnitTest){name, pair_run, pair_setup, pair_teardown, pair};
  return 0;
fail:
  free(pair);
  free(name);
  return -1;
}

static void table_free(struct table *table) {
  for (size_t i = 0; i < table->count; i++) {
    free((void *)table->tests[i].name);
    free(table->tests[i].initial_state);
  }
  free(table->tests);
}

// Whether a peer was built. Where the build was to have them, one that is missing fails as a test of its own.
static bool is_built(const char *spec) {
  struct engine_place place;
  struct error error;
  return registry_locate(spec, &place, &error) == 0 || getenv("STOREBENCH_PEERS");
}

// None of them lends pointers, queues, or shares our format: those cases leave them unloaded.
static int table_add_peers(struct table *table, const struct contract_case *test) {
  int code = 0;
  if (test->needs & (CAP_SHARED_FORMAT | CAP_LEND | CAP_QUEUE)) return 0;
  for (const char *const *spec = peer_specs; *spec && !code; spec++)
    if (is_built(*spec)) code = table_add(table, test, *spec);
  return code;
}

int contract_main(const char *group, const struct contract_case *cases, size_t count, int argc, char **argv) {
  struct table table = {0};
  int failed = 1;
  for (size_t i = 0; i < count; i++) {
    const char *const *specs = cases[i].specs ? cases[i].specs : every_spec;
    for (; *specs; specs++) {
      bool peers = strcmp(*specs, "peers") == 0;
      if (!peers && !is_built(*specs)) continue;
      if (peers ? table_add_peers(&table, &cases[i]) : table_add(&table, &cases[i], *specs)) goto out;
    }
  }
  if (table.count == 0) {
    puts("skipped: none of the peers of these cases was built (PEERS=on builds them)");
    failed = EXIT_SKIPPED;
    goto out;
  }
  if (argc > 1) cmocka_set_test_filter(argv[1]);
  failed = _cmocka_run_group_tests(group, table.tests, table.count, NULL, NULL) != 0;
out:
  table_free(&table);
  return failed;
}
