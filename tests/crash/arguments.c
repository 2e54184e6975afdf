// SPDX-License-Identifier: MIT
#include "tests/crash/arguments.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/crash/mutants.h"

enum { IMAGES_AT_ONCE = 8, USAGE = 2 };

struct run arguments_run(const char *engine, const char *policy, uint64_t seed, const char *folder) {
  struct run run = {.engine = engine, .seed = seed, .images_at_once = IMAGES_AT_ONCE, .folder = folder};
  struct error error;
  if (sync_policy_parse(policy, &run.policy, &error)) {
    fprintf(stderr, "%s\n", error.text);
    exit(USAGE);
  }
  return run;
}

void arguments_print(const char *engine, const char *policy, const struct counts *counts) {
  printf(
      "%-5s %-13s %7llu images at %6llu moments of %4llu histories; %5llu writes, %4llu kills, %4llu power losses "
      "lived on from, %3llu failed syncs, %4llu commits in parts, %3llu growths between them\n",
      engine, policy, (unsigned long long)counts->images, (unsigned long long)counts->moments,
      (unsigned long long)counts->histories, (unsigned long long)counts->operations, (unsigned long long)counts->kills,
      (unsigned long long)counts->powered_off, (unsigned long long)counts->failed_syncs,
      (unsigned long long)counts->parts.commits, (unsigned long long)counts->parts.growths);
  fflush(stdout);
}

static int run_one(const char *engine, const char *policy, const char *seed, bool trace) {
  char folder[512];
  folder_make(folder, sizeof folder);
  struct run run = arguments_run(engine, policy, strtoull(seed, NULL, 10), folder);
  run.trace = trace;
  history_run(&run);
  arguments_print(engine, policy, &run.counts);
  folder_remove(folder);
  if (run.failed) fprintf(stderr, "seed %s: %s\n", seed, run.message);
  return run.failed;
}

static bool set_mutant(const char *name) {
  for (enum mutant mutant = MUTANT_NONE; mutant < MUTANTS; mutant++) {
    if (strcmp(mutant_name(mutant), name) != 0) continue;
    mutant_set(mutant);
    return true;
  }
  return false;
}

int arguments_main(int count, char **arguments, int (*run_all)(void)) {
  static const struct option options[] = {
      {"engine", required_argument, NULL, 'e'}, {"sync", required_argument, NULL, 's'},
      {"seed", required_argument, NULL, 'n'},   {"mutant", required_argument, NULL, 'm'},
      {"trace", no_argument, NULL, 't'},        {0},
  };
  const char *engine = NULL, *policy = NULL, *seed = NULL, *mutant = NULL;
  bool trace = false;
  int option;
  while ((option = getopt_long(count, arguments, "", options, NULL)) != -1) {
    if (option == 'e') engine = optarg;
    if (option == 's') policy = optarg;
    if (option == 'n') seed = optarg;
    if (option == 'm') mutant = optarg;
    if (option == 't') trace = true;
    if (option == '?') return USAGE;
  }
  if (count == 1) return run_all();
  if (engine && policy && seed && (!mutant || set_mutant(mutant))) return run_one(engine, policy, seed, trace);
  fprintf(stderr, "usage: %s [--engine NAME --sync POLICY --seed N [--mutant NAME] [--trace]]\n", arguments[0]);
  return USAGE;
}
