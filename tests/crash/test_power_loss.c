// SPDX-License-Identifier: MIT
// Power loss, simulated: every store under every policy keeps its promise in every image (docs/durability.md). Each
// pair of them is shown CRASH_IMAGES images, 10,000 unless set. A failure says how to run its history again.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "tests/crash/arguments.h"
#include "tests/crash/history.h"

enum { IMAGES_DEFAULT = 10000, HISTORIES_MAX = 200 };

static const char *const engines[] = {"mmap", "pread", "stdio", "uring"};
static const char *const policies[] = {"none", "async", "every=3", "interval=10ms", "always"};

enum { ENGINES = sizeof engines / sizeof *engines, POLICIES = sizeof policies / sizeof *policies };

struct pair {
  const char *engine, *policy;
};

static uint64_t images_wanted(void) {
  const char *text = getenv("CRASH_IMAGES");
  if (!text) return IMAGES_DEFAULT;
  uint64_t images = strtoull(text, NULL, 10);
  if (!images) fail_msg("CRASH_IMAGES is \"%s\", not a number of images", text);
  return images;
}

// Histories are as long as they are, and one in several lets the file grow in the middle of a commit.
static bool wants_more(const struct run *run, uint64_t images, bool parts) {
  const struct counts *counts = &run->counts;
  return counts->images < images || (parts && !counts->parts.growths && counts->histories < HISTORIES_MAX);
}

static void test_pair(void **state) {
  const struct pair *pair = *state;
  char folder[512];
  uint64_t images = images_wanted();
  folder_make(folder, sizeof folder);
  struct run run = arguments_run(pair->engine, pair->policy, 0, folder);
  bool parts = parts_expected(pair->engine, run.policy);
  while (!run.failed && wants_more(&run, images, parts)) {
    run.seed++;
    history_run(&run);
  }
  arguments_print(pair->engine, pair->policy, &run.counts);
  folder_remove(folder);
  if (run.failed)
    fail_msg("%s\n  run it again: build/tests/crash_test_power_loss --engine %s --sync %s --seed %llu --trace",
             run.message, pair->engine, pair->policy, (unsigned long long)run.seed);
  assert_int_equal(run.counts.parts.commits > 0, parts);
  assert_int_equal(run.counts.parts.growths > 0, parts);
}

static int run_all(void) {
  static struct pair pairs[ENGINES * POLICIES];
  static char names[ENGINES * POLICIES][48];
  struct CMUnitTest tests[ENGINES * POLICIES];
  for (size_t i = 0; i < ENGINES * POLICIES; i++) {
    pairs[i] = (struct pair){engines[i / POLICIES], policies[i % POLICIES]};
    snprintf(names[i], sizeof names[i], "%s %s", pairs[i].engine, pairs[i].policy);
    tests[i] = (struct CMUnitTest){.name = names[i], .test_func = test_pair, .initial_state = &pairs[i]};
  }
  return cmocka_run_group_tests_name("power loss", tests, NULL, NULL);
}

int main(int count, char **arguments) { return arguments_main(count, arguments, run_all); }
