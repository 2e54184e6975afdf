// SPDX-License-Identifier: MIT
#include "tests/faults/injected.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/faults/life.h"

static const char *const mode_names[INJECT_MODES] = {
    [INJECT_EIO] = "EIO",     [INJECT_GONE] = "EIO from there on", [INJECT_ENOSPC] = "ENOSPC",
    [INJECT_EINTR] = "EINTR", [INJECT_SHORT] = "cut short",        [INJECT_ENOMEM] = "ENOMEM"};

// Calls whose failure a store may get over without a word, since another way leads to the same answer.
static const char *const dispensable[] = {"posix_fadvise",  // recovery reads around the cache
                                          "cachestat",      // the same
                                          "mincore",        // the same
                                          "fstatfs",        // recovery takes it for a disk
                                          "statx",          // the alignment is tried out
                                          "lstat",          // creating the store finds it there
                                          "open",           // of the index: the records tell the same
                                          "fstat",
                                          "pread",
                                          "read",    // of stdio, as part of a seek: done again
                                          "close",   // of what was only read, or is synced
                                          "unlock",  // closing lets go of it as well
                                          "mmap",    // of address space for a map to grow in: less of it will do
                                          NULL};

// Which life this is, for the message when it fails.
struct trial {
  struct fixture *fixture;
  struct life life;
  enum inject_mode mode;
  uint64_t n;
  struct inject_strike strike;
  int code;
};

static void print_trial(const struct trial *trial) {
  const struct inject_strike *strike = &trial->strike;
  print_error("%s: call %llu, %s at \"%s\": %s; ended at \"%s\": %s%s%s\n", trial->fixture->spec,
              (unsigned long long)trial->n, strike->struck ? strike->call : "none", strike->struck ? strike->step : "",
              mode_names[trial->mode], trial->life.step, trial->code ? strerrorname_np(-trial->code) : "no error",
              trial->life.lie[0] ? ": " : "", trial->life.lie);
}

#define fail_trial(trial, ...) \
  do {                         \
    print_trial(trial);        \
    fail_msg(__VA_ARGS__);     \
  } while (0)

static bool listed(const char *const *list, const char *name) {
  while (*list && strcmp(*list, name)) list++;
  return *list;
}

static unsigned open_descriptors(void) {
  DIR *stream = opendir("/proc/self/fd");
  assert_non_null(stream);
  unsigned count = 0;
  while (readdir(stream)) count++;
  closedir(stream);
  return count;
}

static bool exists(const struct fixture *f) { return access(f->path, F_OK) == 0; }

static void remove_files(const struct fixture *f) {
  char other[PATH_ROOM];
  while (folder_entries(f->folder, "", other)) assert_int_equal(unlink(other), 0);
}

// Whether what was made could not be removed again because of the fault itself.
static bool cannot_clean_up(const struct trial *trial) {
  return trial->mode == INJECT_GONE || (trial->strike.struck && !strcmp(trial->strike.call, "unlink"));
}

// What a signal interrupts is tried again, but for the writes of stdio: the C library has dropped its buffer by then.
static bool is_harmless(const struct trial *trial) {
  if (!trial->strike.struck || trial->mode == INJECT_SHORT) return true;
  return trial->mode == INJECT_EINTR && strcmp(trial->strike.call, "write") != 0;
}

static void expect_outcome(struct trial *trial) {
  bool harmless = is_harmless(trial);
  if (harmless && trial->code) fail_trial(trial, "it was to be tried again, or nothing happened at all");
  if (!harmless && !trial->code && !listed(dispensable, trial->strike.call)) fail_trial(trial, "nobody noticed");
  if (trial->mode == INJECT_ENOMEM && trial->code && trial->code != -ENOMEM) fail_trial(trial, "not -ENOMEM");
}

static void expect_nothing_left(struct trial *trial) {
  const struct fixture *f = trial->fixture;
  char other[PATH_ROOM] = "", index[PATH_ROOM + 8];
  bool creating = !strcmp(trial->life.step, "create");
  if (cannot_clean_up(trial)) return;
  if (trial->code && creating && exists(f)) fail_trial(trial, "a store that could not be created was left behind");
  snprintf(index, sizeof index, "%s.index", f->path);
  size_t entries = folder_entries(f->folder, "store", other), known = exists(f) + (access(index, F_OK) == 0);
  if (entries != known) fail_trial(trial, "left behind: %s", other);
}

static void live_once(struct fixture *f, enum inject_mode mode, uint64_t n, const struct injected_absence *absent) {
  struct trial trial = {.fixture = f, .mode = mode, .n = n};
  struct life *life = &trial.life;
  remove_files(f);
  unsigned descriptors = open_descriptors();
  life_begin(life, f);
  inject_begin(mode, n);
  for (; absent->call; absent++) inject_always(absent->call, absent->code);
  trial.code = life_run(life);
  trial.strike = inject_struck();
  bool was_open = life->store;
  const char *step = life->step;
  bool written = trial.code && life_go_on(life);
  inject_end();
  life_end(life);
  expect_outcome(&trial);
  if (life->lie[0]) fail_trial(&trial, "a false answer");
  if (was_open && written && trial.strike.may & ENDS_WRITING)
    fail_trial(&trial, "a write was taken after one had failed");
  if (inject_held()) fail_trial(&trial, "%llu pieces of memory leaked", (unsigned long long)inject_held());
  if (open_descriptors() != descriptors) fail_trial(&trial, "descriptors leaked");
  expect_nothing_left(&trial);
  int code = life_look_back(life);
  life->step = step;
  if (code) {
    print_error("looking back: %s %s\n", strerrorname_np(-code), life->error.text);
    fail_trial(&trial, "what was acknowledged is not there");
  }
}

#ifdef __SANITIZE_THREAD__
enum { OF_STEPS = 3 };
#else
enum { OF_STEPS = 1 };
#endif

uint64_t injected_lives_without(struct fixture *f, enum inject_mode mode, uint64_t step,
                                const struct injected_absence *absent) {
  live_once(f, mode, 0, absent);
  uint64_t calls = inject_end();
  if (getenv("FAULTS_COUNT")) return calls;
  for (uint64_t n = 1; n <= calls; n += step * OF_STEPS) live_once(f, mode, n, absent);
  return calls;
}

uint64_t injected_lives(struct fixture *f, enum inject_mode mode, uint64_t step) {
  static const struct injected_absence none = {NULL, 0};
  return injected_lives_without(f, mode, step, &none);
}
