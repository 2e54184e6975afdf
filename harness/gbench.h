// SPDX-License-Identifier: MIT
// Google Benchmark for C: a benchmark is three functions and a pointer, a result comes back. The timed loop, the
// threads and their start together are Google Benchmark's; this shim hides its sharp edges (docs/google-benchmark.md).
#ifndef STOREBENCH_GBENCH_H
#define STOREBENCH_GBENCH_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct gbench_definition {
  const char *name;
  unsigned threads;     // at least 1
  uint64_t operations;  // per thread; one pass over them, never repeated or calibrated
  void *user;
  // On each thread, before the clock starts. 0 or -errno: then no thread runs its step, and the result has that error.
  int (*setup)(void *user, unsigned thread);
  // On each thread, timed. Runs up to `operations` and stores in *done how many it ran (fewer when its time was up). 0
  // or -errno.
  int (*step)(void *user, unsigned thread, uint64_t operations, uint64_t *done);
  // On each thread, after the clock stopped; also when setup of this thread succeeded and anything else failed.
  void (*teardown)(void *user, unsigned thread);
};

struct gbench_result {
  int error;            // 0 or -errno: the first that a setup or step returned
  uint64_t operations;  // of all threads together
  double seconds;       // wall time from the first thread's start to the last one's end
  double cpu_seconds;   // of all threads, as Google Benchmark counts them
};

// Runs one benchmark in this process and fills the result. Prints nothing. Call from one thread at a time. Returns
// result->error.
int gbench_run(const struct gbench_definition *definition, struct gbench_result *result);

#ifdef __cplusplus
}
#endif
#endif
