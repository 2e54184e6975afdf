// SPDX-License-Identifier: MIT
// The checker must be able to fail: stores with one rule broken (tests/crash/mutants.h) are caught, by a history that
// the real store passes.
//
// Without arguments all are tested. With --mutant NAME --engine NAME --sync POLICY --seed N one history of a mutant is
// run again.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/crash/arguments.h"
#include "tests/crash/history.h"
#include "tests/crash/mutants.h"

enum { SEEDS = 200 };

struct trial {
  enum mutant mutant;
  const char *engine, *policy;
  uint64_t first;  // seed to begin with: where it takes many, the one that was last seen to catch it
};

// Where the rule that is broken matters. Reuse at once is what none and async do; msync is mmap's, links and
// parts are uring's.
static const struct trial trials[] = {
    {MUTANT_REUSE_AT_ONCE, "pread", "every=3", 1},      {MUTANT_TOMBSTONES_EARLY, "pread", "always", 1},
    {MUTANT_SKIP_CHECKSUM, "mmap", "always", 1},        {MUTANT_SERVE_BEFORE_SYNC, "pread", "every=3", 1},
    {MUTANT_RECOVER_FROM_CACHE, "pread", "every=3", 1}, {MUTANT_CLEAN_LATE, "pread", "always", 1},
    {MUTANT_HEADER_IN_PLACE, "pread", "always", 1},     {MUTANT_HEADER_UNSETTLED, "pread", "always", 26},
    {MUTANT_SNAPSHOT_UNTIED, "mmap", "always", 1},      {MUTANT_SYNC_IS_NOTHING, "mmap", "always", 1},
    {MUTANT_SYNC_IS_NOTHING, "pread", "always", 1},     {MUTANT_SYNC_IS_NOTHING, "stdio", "interval=10ms", 1},
    {MUTANT_SYNC_IS_NOTHING, "uring", "always", 1},     {MUTANT_MSYNC_TOO_SMALL, "mmap", "every=3", 1},
    {MUTANT_FSYNC_UNLINKED, "uring", "always", 1},      {MUTANT_FOLDER_NOT_SYNCED, "pread", "always", 1},
    {MUTANT_FLUSH_IS_NOTHING, "stdio", "always", 1},    {MUTANT_FAILURE_FORGOTTEN, "stdio", "interval=10ms", 51},
    {MUTANT_PARTS_NOT_AWAITED, "uring", "every=3", 1},  {MUTANT_EMPTY_PART_LAST, "uring", "every=3", 30},
};

enum { TRIALS = sizeof trials / sizeof *trials };

// In a process of its own: a mutant may lose its way altogether. True when the oracle caught it.
static bool is_caught(const struct trial *trial, enum mutant mutant, uint64_t seed, char message[MESSAGE_ROOM]) {
  char folder[512];
  int ends[2], status;
  folder_make(folder, sizeof folder);
  if (pipe(ends)) fail_msg("no pipe");
  pid_t child = fork();
  if (child < 0) fail_msg("no process");
  if (child == 0) {
    struct run run = arguments_run(trial->engine, trial->policy, seed, folder);
    mutant_set(mutant);
    history_run(&run);
    ssize_t told = write(ends[1], run.message, strlen(run.message));
    _exit(told < 0 ? 2 : run.failed);
  }
  close(ends[1]);
  ssize_t length = read(ends[0], message, MESSAGE_ROOM - 1);
  close(ends[0]);
  message[length > 0 ? length : 0] = '\0';
  if (waitpid(child, &status, 0) != child) fail_msg("no child");
  folder_remove(folder);
  return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

static void test_trial(void **state) {
  const struct trial *trial = *state;
  char message[MESSAGE_ROOM];
  for (uint64_t seed = trial->first; seed < trial->first + SEEDS; seed++) {
    if (!is_caught(trial, trial->mutant, seed, message)) continue;
    printf("%-18s caught by seed %3llu: %s\n", mutant_name(trial->mutant), (unsigned long long)seed, message);
    fflush(stdout);
    if (is_caught(trial, MUTANT_NONE, seed, message)) fail_msg("the real store fails there, too: %s", message);
    return;
  }
  fail_msg("%s under %s survives %d histories as %s", trial->engine, trial->policy, SEEDS, mutant_name(trial->mutant));
}

static int run_all(void) {
  static struct trial states[TRIALS];
  static char names[TRIALS][64];
  struct CMUnitTest tests[TRIALS];
  memcpy(states, trials, sizeof states);
  for (size_t i = 0; i < TRIALS; i++) {
    snprintf(names[i], sizeof names[i], "%s %s %s", mutant_name(trials[i].mutant), trials[i].engine, trials[i].policy);
    tests[i] = (struct CMUnitTest){.name = names[i], .test_func = test_trial, .initial_state = &states[i]};
  }
  return cmocka_run_group_tests_name("mutants", tests, NULL, NULL);
}

int main(int count, char **arguments) { return arguments_main(count, arguments, run_all); }
