// SPDX-License-Identifier: MIT
// Power loss, simulated: every store under every policy keeps the promise of docs/durability.md in every image.
//
// Without arguments all pairs are tested, with CRASH_IMAGES images each (10,000 unless set). With --engine NAME, --sync
// POLICY and --seed N one history is run again, as a failure says.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/crash/history.h"

enum { IMAGES_DEFAULT = 10000, IMAGES_AT_ONCE = 8 };

static const char *const policies[] = {"none", "async", "every=3", "interval=10ms", "always"};

struct pair {
  const char *engine, *policy;
  uint64_t images;
};

static uint64_t images_wanted(void) {
  const char *text = getenv("CRASH_IMAGES");
  return text ? strtoull(text, NULL, 10) : IMAGES_DEFAULT;
}

static struct run run_of(const char *engine, const char *policy, const char *folder) {
  struct run run = {.engine = engine, .images_at_once = IMAGES_AT_ONCE, .folder = folder};
  struct error error;
  if (sync_policy_parse(policy, &run.policy, &error)) fail_msg("%s", error.text);
  return run;
}

static void print_counts(const struct pair *pair, const struct run *run) {
  printf("%-6s %-13s %6llu images at %5llu moments of %3llu histories with %5llu writes, %3llu kills, %3llu power "
         "losses lived on from, %3llu failed syncs\n",
         pair->engine, pair->policy, (unsigned long long)run->counts.images, (unsigned long long)run->counts.moments,
         (unsigned long long)run->counts.histories, (unsigned long long)run->counts.operations,
         (unsigned long long)run->counts.kills, (unsigned long long)run->counts.powered_off,
         (unsigned long long)run->counts.failed_syncs);
  fflush(stdout);
}

static void test_pair(void **state) {
  const struct pair *pair = *state;
  char folder[512];
  folder_make(folder, sizeof folder);
  struct run run = run_of(pair->engine, pair->policy, folder);
  while (!run.failed && run.counts.images < pair->images) {
    run.seed++;
    history_run(&run);
  }
  print_counts(pair, &run);
  folder_remove(folder);
  if (run.failed)
    fail_msg("%s\n  run it again: crash_test_power_loss --engine %s --sync %s --seed %llu", run.message, pair->engine,
             pair->policy, (unsigned long long)run.seed);
}

static int run_all(void) {
  static const char *const engines[] = {"mmap", "pread", "stdio", "uring"};
  enum { ENGINES = sizeof engines / sizeof *engines, POLICIES = sizeof policies / sizeof *policies };
  static struct pair pairs[ENGINES * POLICIES];
  static char names[ENGINES * POLICIES][48];
  struct CMUnitTest tests[ENGINES * POLICIES];
  for (size_t i = 0; i < ENGINES * POLICIES; i++) {
    pairs[i] = (struct pair){engines[i / POLICIES], policies[i % POLICIES], images_wanted()};
    snprintf(names[i], sizeof names[i], "%s %s", pairs[i].engine, pairs[i].policy);
    tests[i] = (struct CMUnitTest){.name = names[i], .test_func = test_pair, .initial_state = &pairs[i]};
  }
  return cmocka_run_group_tests_name("power loss", tests, NULL, NULL);
}

static int run_one(const char *engine, const char *policy, uint64_t seed, bool trace) {
  char folder[512];
  folder_make(folder, sizeof folder);
  struct run run = run_of(engine, policy, folder);
  run.seed = seed;
  run.trace = trace;
  history_run(&run);
  print_counts(&(struct pair){engine, policy, 0}, &run);
  folder_remove(folder);
  if (run.failed) fprintf(stderr, "seed %llu: %s\n", (unsigned long long)seed, run.message);
  return run.failed;
}

int main(int count, char **arguments) {
  static const struct option options[] = {
      {"engine", required_argument, NULL, 'e'},
      {"sync", required_argument, NULL, 's'},
      {"seed", required_argument, NULL, 'n'},
      {"trace", no_argument, NULL, 't'},
      {0},
  };
  const char *engine = NULL, *policy = NULL, *seed = NULL;
  bool trace = false;
  int option;
  while ((option = getopt_long(count, arguments, "", options, NULL)) != -1) {
    if (option == 'e') engine = optarg;
    if (option == 's') policy = optarg;
    if (option == 'n') seed = optarg;
    if (option == 't') trace = true;
    if (option == '?') return 2;
  }
  if (!engine && !policy && !seed) return run_all();
  if (engine && policy && seed) return run_one(engine, policy, strtoull(seed, NULL, 10), trace);
  fprintf(stderr, "usage: %s [--engine NAME --sync POLICY --seed N [--trace]]\n", arguments[0]);
  return 2;
}
