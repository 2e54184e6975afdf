// SPDX-License-Identifier: MIT
// The main program of a fuzz target without libFuzzer, for any compiler.
//
//   replay [FILE|FOLDER]...    the seeds, seeded mutants of each, and these files (those of the folders)
//   replay --seeds FOLDER      writes the seeds there, for libFuzzer to begin with
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

// A target may know better than random bytes.
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed) __attribute__((weak));

enum { GROWTH = 256 };  // bytes that a mutant may have more than its seed

struct replay {
  const char *folder;  // --seeds
  unsigned seeds, mutants, files, each;
};

static uint64_t next_random(uint64_t *state) {
  uint64_t x = *state += 0x9E3779B97F4A7C15u;
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
  x = (x ^ x >> 27) * 0x94D049BB133111EBu;
  return x ^ x >> 31;
}

// A few bytes changed, one in four cut short. The first bytes, which choose what is done, as often as all the rest.
static size_t mutate(uint8_t *data, size_t size, uint64_t *state) {
  if (size == 0) return 0;
  for (uint64_t left = 1 + next_random(state) % 4; left; left--) {
    uint64_t random = next_random(state);
    size_t room = random & 3 ? size : size < 4 ? size : 4, at = (size_t)(random >> 8) % room;
    static const uint8_t telling[] = {0, 1, 0x7F, 0x80, 0xFF, '\n', '=', '9'};
    data[at] = random & 4 ? telling[random >> 40 & 7] : (uint8_t)(data[at] ^ 1u << (random >> 40 & 7));
  }
  return next_random(state) % 4 ? size : (size_t)(next_random(state) % (size + 1));
}

static void try_seed(void *user, const void *data, size_t size) {
  struct replay *replay = user;
  uint64_t state = replay->seeds++;
  uint8_t *copy = malloc(size + GROWTH);
  if (!copy) fuzz_fail("no memory for a seed");
  for (unsigned i = 0; i <= replay->each; i++) {
    size_t length = size;
    memcpy(copy, data, size);
    if (i && LLVMFuzzerCustomMutator && i % 4)
      for (unsigned n = i % 4; n; n--)
        length = LLVMFuzzerCustomMutator(copy, length, size + GROWTH, (unsigned)next_random(&state));
    else if (i)
      length = mutate(copy, size, &state);
    LLVMFuzzerTestOneInput(copy, length);
  }
  replay->mutants += replay->each;
  free(copy);
}

static void write_seed(void *user, const void *data, size_t size) {
  struct replay *replay = user;
  char path[4096];
  snprintf(path, sizeof path, "%s/seed-%u", replay->folder, replay->seeds++);
  fuzz_file_put(path, data, size);
}

static void try_file(struct replay *replay, const char *path) {
  size_t size = 0;
  uint8_t *data = fuzz_file_get(path, &size);
  if (!data) fuzz_fail("%s is missing", path);
  LLVMFuzzerTestOneInput(data, size);
  replay->files++;
  free(data);
}

static void try_path(struct replay *replay, const char *path) {
  struct stat status;
  if (stat(path, &status)) fuzz_fail("%s cannot be read: %s", path, strerror(errno));
  if (!S_ISDIR(status.st_mode)) {
    try_file(replay, path);
    return;
  }
  DIR *folder = opendir(path);
  if (!folder) fuzz_fail("%s cannot be read: %s", path, strerror(errno));
  for (struct dirent *entry; (entry = readdir(folder));) {
    char inside[4096];
    if (entry->d_name[0] == '.') continue;
    snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
    try_file(replay, inside);
  }
  closedir(folder);
}

// What the readers print and complain of goes nowhere; what fails here is still heard.
static void be_quiet(void) {
  int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (null < 0 || dup2(null, STDOUT_FILENO) < 0) fuzz_fail("/dev/null cannot be opened: %s", strerror(errno));
  close(null);
}

int main(int argc, char **argv) {
  const char *each = getenv("FUZZ_MUTANTS");
  struct replay replay = {.each = each ? (unsigned)strtoul(each, NULL, 10) : 200};
  if (argc == 3 && strcmp(argv[1], "--seeds") == 0) {
    replay.folder = argv[2];
    fuzz_seeds(write_seed, &replay);
    return 0;
  }
  be_quiet();
  for (int i = 1; i < argc; i++) try_path(&replay, argv[i]);
  fuzz_seeds(try_seed, &replay);
  fprintf(stderr, "%u seeds, %u mutants, %u files\n", replay.seeds, replay.mutants, replay.files);
  return 0;
}
