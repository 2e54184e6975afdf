// SPDX-License-Identifier: MIT
// Runs to begin with, and how fuzzers change them.
#include "tests/fuzz/run_seeds.h"

#include "tests/fuzz/json_mutate.h"
#include "tests/unit/made_run.h"

// libFuzzer's own changes; not there in the replay program.
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room) __attribute__((weak));

json_t *run_seed(void) {
  static const char *const batches[] = {"1", "64", NULL}, *const engines[] = {"mmap", "pread", "uring", NULL};
  static const struct made_experiment experiment = {.name = "made-up",
                                                    .title = "Made up",
                                                    .question = "Is it so?",
                                                    .shape = "bars",
                                                    .x = "batch",
                                                    .y = "ops_per_s",
                                                    .xs = batches,
                                                    .engines = engines,
                                                    .skipped = "uring"};
  json_t *run = made_run("host");
  made_run_add(run, &experiment);
  made_run_add_limit(run, "fdatasync", 5000);
  return run;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed) {
  if (LLVMFuzzerMutate && seed % 2) return LLVMFuzzerMutate(data, size, room);
  return json_mutate(data, size, room, seed / 2);
}
