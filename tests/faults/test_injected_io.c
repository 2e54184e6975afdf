// SPDX-License-Identifier: MIT
// Every call of a store on its files fails once: with EIO, with EIO from there on, with ENOSPC, with EINTR, or cut
// short. No operation is acknowledged that is not there later, no answer is wrong, nothing leaks or is left behind;
// after a failed write or sync no write is taken until the store is opened anew; what is interrupted or cut short is
// carried on.
#include "tests/faults/injected.h"
#include "tests/parts/parts.h"

static const struct sync_policy policies[] = {
    {SYNC_NONE, 0}, {SYNC_ASYNC, 0}, {SYNC_EVERY, 4}, {SYNC_INTERVAL, 1}, {SYNC_ALWAYS, 0}};

// Making a ring and taking it down takes a millisecond, and a life has a dozen of them.
static uint64_t step_of(const struct fixture *f, enum inject_mode mode) {
  bool rings = f->engine->caps & CAP_QUEUE;
  if (mode == INJECT_GONE) return SCALED(rings ? 5 : 2, rings ? 30 : 10);
  return SCALED(1, rings ? 10 : 3);
}

static void fails(struct fixture *f) {
  static const enum inject_mode modes[] = {INJECT_EIO, INJECT_GONE, INJECT_ENOSPC, INJECT_EINTR, INJECT_SHORT};
  static struct parts parts;
  uint64_t counts[INJECT_MODES] = {0};
  parts = (struct parts){0};
  parts_watch(&parts);
  f->config.capacity_hint = 20;
  f->config.sync = policies[f->variant];
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
    counts[modes[i]] = injected_lives(f, modes[i], step_of(f, modes[i]));
  print_message("%llu calls; %llu may run out of space, %llu be interrupted, %llu be cut short\n",
                (unsigned long long)counts[INJECT_EIO], (unsigned long long)counts[INJECT_ENOSPC],
                (unsigned long long)counts[INJECT_EINTR], (unsigned long long)counts[INJECT_SHORT]);
  bool expected = parts_expected(f->spec, f->config.sync);
  assert_int_equal(parts.commits > 0, expected);
  assert_int_equal(parts.growths > 0, expected);
}

int main(int argc, char **argv) {
  static const char *const all[] = {
      "mmap",  "mmap:write=pwrite",       "mmap:grow=remap",     "pread", "pread:direct=on", "stdio",
      "uring", "uring:direct=on:depth=4", "pread:lookup=linear", NULL};
  static const char *const always[] = {
      "mmap",  "mmap:write=pwrite", "pread", "pread:direct=on", "pread:sync=dsync", "stdio",
      "uring", "uring:dsync=on",    NULL};
  static const char *const async[] = {"mmap", "mmap:write=pwrite", "pread", "stdio", NULL};
  static const char *const every[] = {"mmap", "pread", "stdio", "uring:direct=on:depth=4", NULL};
  static const char *const interval[] = {"mmap", "pread", "stdio", "uring:fixed=on", NULL};
  static const struct contract_case cases[] = {
      {"call fails, none", fails, CAP_PERSISTENT, 0, all},
      {"call fails, async", fails, CAP_PERSISTENT, 1, async},
      {"call fails, every=4", fails, CAP_PERSISTENT, 2, every},
      {"call fails, interval=1ms", fails, CAP_PERSISTENT, 3, interval},
      {"call fails, always", fails, CAP_PERSISTENT, 4, always},
  };
  return contract_main("injected io", cases, sizeof cases / sizeof cases[0], argc, argv);
}
