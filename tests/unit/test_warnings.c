// SPDX-License-Identifier: MIT
// Warnings about the machine, each raised by a made-up one, and what the environment keeps to itself.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/environment.h"
#include "harness/warnings.h"
#include "tests/unit/temporary.h"

static char folder[400];

static int make_folder(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "%s/warnings-XXXXXX", temporary_folder());
  return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
  (void)state;
  char command[500];
  snprintf(command, sizeof command, "rm -rf '%s'", folder);
  return system(command);
}

static void put(const char *path, const char *text) {
  char whole[600];
  snprintf(whole, sizeof whole, "%s/%s", folder, path);
  for (char *slash = whole + strlen(folder); (slash = strchr(slash + 1, '/'));) {
    *slash = '\0';
    assert_true(mkdir(whole, 0755) == 0 || errno == EEXIST);
    *slash = '/';
  }
  FILE *file = fopen(whole, "w");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

static json_t *good_environment(void) {
  return json_pack("{s:s, s:b, s:s, s:b, s:s, s:{s:f, s:f}}", "build_type", "Release", "virtualised", 0, "device",
                   "nvme0n1", "durable", 1, "file_system", "ext4", "idle_watch", "seconds", 0.25, "cpu_s", 0.01);
}

static void put_good_machine(void) {
  put("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
  put("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "0\n");
  put("sys/class/power_supply/BAT0/status", "Full\n");
  put("proc/meminfo", "MemTotal: 1000000 kB\nMemAvailable: 900000 kB\nSwapTotal: 1000 kB\nSwapFree: 1000 kB\n");
}

// The names of what is warned of, but disk-full, which is the real disk's.
static void expect(const json_t *environment, const char *silenced, const char *want) {
  char names[300] = "", all[100];
  snprintf(all, sizeof all, "disk-full,%s", silenced ? silenced : "");
  json_t *warnings = warnings_read(folder, environment, folder, all), *warning;
  size_t i;
  assert_non_null(warnings);
  json_array_foreach(warnings, i, warning) {
    const char *text = json_string_value(json_object_get(warning, "text"));
    snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? " " : "",
             json_string_value(json_object_get(warning, "id")));
    assert_true(text && strpbrk(text, ",;"));  // cause and remedy
  }
  assert_string_equal(names, want);
  json_decref(warnings);
}

static void test_a_good_machine_gets_none(void **state) {
  (void)state;
  json_t *environment = good_environment();
  put_good_machine();
  expect(environment, NULL, "");
  json_decref(environment);
}

static void test_each_fault_of_the_machine_is_told(void **state) {
  (void)state;
  static const struct {
    const char *path, *text, *want;
  } faults[] = {
      {"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n", "governor"},
      {"sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "3\n", "thermal"},
      {"sys/class/power_supply/BAT0/status", "Discharging\n", "battery"},
      {"proc/meminfo", "MemTotal: 1000000 kB\nMemAvailable: 90000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n", "memory"},
      {"proc/meminfo", "MemTotal: 1000 kB\nMemAvailable: 900 kB\nSwapTotal: 9000 kB\nSwapFree: 1000 kB\n", "swap"},
  };
  json_t *environment = good_environment();
  for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
    put_good_machine();
    put(faults[i].path, faults[i].text);
    expect(environment, NULL, faults[i].want);
    expect(environment, faults[i].want, "");
  }
  json_decref(environment);
}

static void test_each_fault_of_build_and_target_is_told(void **state) {
  (void)state;
  json_t *environment = good_environment();
  put_good_machine();
  json_object_set_new(environment, "build_type", json_string("Debug"));
  expect(environment, NULL, "build");
  json_object_set_new(environment, "virtualised", json_true());
  json_object_set_new(environment, "device", json_null());
  json_object_set_new(environment, "durable", json_false());
  json_object_set_new(json_object_get(environment, "idle_watch"), "cpu_s", json_real(0.2));
  expect(environment, NULL, "build virtual device durable busy");
  expect(environment, "virtual,busy", "build device durable");
  json_decref(environment);
}

static void test_names_of_warnings_are_checked(void **state) {
  (void)state;
  struct error error = {0};
  assert_int_equal(warnings_check_names("governor,disk-full,busy", &error), 0);
  assert_int_equal(warnings_check_names("governer", &error), -EINVAL);
  assert_string_equal(error.text, "unknown warning \"governer\"; did you mean \"governor\"?");
}

static void test_homes_and_secrets_are_masked(void **state) {
  (void)state;
  char masked[200];
  environment_mask_homes("run /home/eva/mine.ini --dir=/root/x /rootfs lowerdir=/home/jo:/srv", masked, sizeof masked);
  assert_string_equal(masked, "run ~/mine.ini --dir=~/x /rootfs lowerdir=~:/srv");
  environment_mask_command_line(
      "ro quiet mitigations=off isolcpus=1,2 rd.luks.key=s3cret hunter2 ds=nocloud;pw=x -- init pw\n", masked,
      sizeof masked);
  assert_string_equal(masked, "ro quiet mitigations=off isolcpus=1,2 rd.luks.key=* * ds=*");
}

// A run says of each peer whether it was built, and why not.
static void test_peers_that_are_missing_are_named(void **state) {
  (void)state;
  char *before = getenv("STOREBENCH_ENGINE_PATH");
  char *path = before ? strdup(before) : NULL;
  put("engines/lmdb.so", "built");
  char engines[500];
  snprintf(engines, sizeof engines, "%s/engines", folder);
  assert_int_equal(setenv("STOREBENCH_ENGINE_PATH", engines, 1), 0);
  json_t *environment = environment_read(folder);
  assert_int_equal(path ? setenv("STOREBENCH_ENGINE_PATH", path, 1) : unsetenv("STOREBENCH_ENGINE_PATH"), 0);
  free(path);
  assert_non_null(environment);
  assert_string_equal(json_string_value(json_object_get(environment, "peer_lmdb")), "built");
  assert_true(json_is_null(json_object_get(environment, "peer_bbolt")));
  const char *why = json_string_value(json_object_get(json_object_get(environment, "unreadable"), "peer_bbolt"));
  assert_non_null(why);
  assert_non_null(strstr(why, "bbolt was not built"));
  json_decref(environment);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_good_machine_gets_none),
      cmocka_unit_test(test_each_fault_of_the_machine_is_told),
      cmocka_unit_test(test_each_fault_of_build_and_target_is_told),
      cmocka_unit_test(test_names_of_warnings_are_checked),
      cmocka_unit_test(test_homes_and_secrets_are_masked),
      cmocka_unit_test(test_peers_that_are_missing_are_named),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
