// SPDX-License-Identifier: MIT
// Any bytes as a store, looked over by `check`. What it calls sound and closed cleanly must open and hold what it says.
#include <string.h>

#include "engines/native.h"
#include "engines/registry.h"
#include "engines/slots/check.h"
#include "harness/commands/commands.h"
#include "tests/fuzz/store_image.h"

static int count(void *user, const void *key, uint32_t key_length, const void *value, uint32_t value_length) {
  (void)key, (void)key_length, (void)value, (void)value_length;
  ++*(uint64_t *)user;
  return 0;
}

static void holds(const char *path, uint64_t expected) {
  struct store_config config = {.read_only = true};
  struct error error = {0};
  struct store *store;
  struct session *session;
  uint64_t found = 0;
  registry_defaults(&engine_pread, &config.options);
  if (engine_pread.open(path, &config, &store, &error)) fuzz_fail("sound, but does not open: %s", error.text);
  if (engine_pread.session_open(store, &session, &error)) fuzz_fail("no session: %s", error.text);
  if (engine_pread.scan(session, NULL, 0, 0, count, &found) || found != expected)
    fuzz_fail("sound with %llu records, but a scan finds %llu", (unsigned long long)expected,
              (unsigned long long)found);
  engine_pread.session_close(session);
  engine_pread.close(store, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct image image;
  struct slot_check_report report;
  struct error error = {0};
  if (!image_make(&image, data, size)) return 0;
  int code = slot_check(image.path, &report, &error);
  if (code && (error.code != code || !*error.text)) fuzz_fail("check failed with %d and \"%s\"", code, error.text);
  bool sound = !code && slot_check_sound(&report);
  int exit_code = command_check(2, (char *[]){(char[]){"check"}, image.path, NULL});
  if ((exit_code == EXIT_DONE) != sound) fuzz_fail("check exits with %d", exit_code);
  if (sound && report.clean && !image.index) holds(image.path, report.live_found);
  return 0;
}

void fuzz_seeds(fuzz_take_fn take, void *user) { image_seeds(take, user); }
