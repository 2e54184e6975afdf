// SPDX-License-Identifier: MIT
// Warnings about the machine, in one table.
#include "harness/warnings.h"

#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/words.h"
#include "harness/environment_internal.h"

enum { TEXT = 320, PATH = 512, WORD = 256 };
static const double least_free = 0.1, busy_share = 0.1;

struct machine {
  const char *root, *folder;
  const json_t *environment;
};

typedef bool (*check_fn)(const struct machine *machine, char *text);

static bool read_text(const struct machine *machine, const char *path, char *text) {
  char whole[PATH];
  snprintf(whole, sizeof whole, "%s%s", machine->root, path);
  return read_line_of(whole, text, WORD) == 0;
}

// Kilobytes of /proc/meminfo, or -1.
static double memory(const struct machine *machine, const char *key) {
  char path[PATH], text[WORD];
  snprintf(path, sizeof path, "%s/proc/meminfo", machine->root);
  return read_value_of(path, key, text, sizeof text) ? -1 : strtod(text, NULL);
}

static bool check_governor(const struct machine *machine, char *text) {
  char governor[WORD];
  if (!read_text(machine, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", governor) ||
      strcmp(governor, "performance") == 0)
    return false;
  snprintf(text, TEXT,
           "The CPU governor is %.32s, so the clock follows the load; `cpupower frequency-set -g performance`.",
           governor);
  return true;
}

static bool check_swap(const struct machine *machine, char *text) {
  double used = memory(machine, "SwapTotal") - memory(machine, "SwapFree");
  if (!(used > 0)) return false;
  snprintf(text, TEXT,
           "%.0f MiB of swap are in use, so memory may be read from a disk; close programs, then `swapoff -a`.",
           used / 1024);
  return true;
}

static bool check_memory(const struct machine *machine, char *text) {
  double all = memory(machine, "MemTotal"), available = memory(machine, "MemAvailable");
  if (all <= 0 || available < 0 || available >= least_free * all) return false;
  snprintf(text, TEXT, "%.0f of %.0f MiB of memory are available, so the page cache is short; close programs.",
           available / 1024, all / 1024);
  return true;
}

static bool check_battery(const struct machine *machine, char *text) {
  char pattern[PATH], status[WORD];
  glob_t found;
  bool discharging = false;
  snprintf(pattern, sizeof pattern, "%s/sys/class/power_supply/*/status", machine->root);
  if (glob(pattern, 0, NULL, &found)) return false;
  for (size_t i = 0; i < found.gl_pathc; i++)
    discharging |= read_line_of(found.gl_pathv[i], status, sizeof status) == 0 && strcmp(status, "Discharging") == 0;
  globfree(&found);
  if (discharging) snprintf(text, TEXT, "The machine runs on its battery, which lowers the clock; plug it in.");
  return discharging;
}

static bool check_thermal(const struct machine *machine, char *text) {
  char pattern[PATH], count[WORD];
  glob_t found;
  double throttled = 0;
  snprintf(pattern, sizeof pattern, "%s/sys/devices/system/cpu/cpu*/thermal_throttle/core_throttle_count",
           machine->root);
  if (glob(pattern, 0, NULL, &found)) return false;
  for (size_t i = 0; i < found.gl_pathc; i++)
    if (read_line_of(found.gl_pathv[i], count, sizeof count) == 0) throttled += strtod(count, NULL);
  globfree(&found);
  if (throttled > 0)
    snprintf(text, TEXT,
             "Heat has slowed the processor %.0f times since the start; cool it, and look for the flag slow.",
             throttled);
  return throttled > 0;
}

static bool check_disk(const struct machine *machine, char *text) {
  struct statvfs disk;
  if (statvfs(machine->folder, &disk) || disk.f_blocks == 0) return false;
  double available = (double)disk.f_bavail / (double)disk.f_blocks;
  if (available >= least_free) return false;
  snprintf(
      text, TEXT,
      "%.0f%% of the file system is free, so new files lie in pieces; make room, or choose another folder with --dir.",
      available * 100);
  return true;
}

static bool check_build(const struct machine *machine, char *text) {
  const char *type = json_string_value(json_object_get(machine->environment, "build_type"));
  if (!type || strcmp(type, "Release") == 0 || strcmp(type, "RelWithDebInfo") == 0) return false;
  snprintf(text, TEXT, "This is a %.32s build, without the optimiser's help; build with `make`.",
           *type ? type : "plain");
  return true;
}

static bool check_virtual(const struct machine *machine, char *text) {
  if (!json_is_true(json_object_get(machine->environment, "virtualised"))) return false;
  snprintf(text, TEXT,
           "This is a virtual machine: its host's caches, limits and other guests are in the figures; measure "
           "on the machine itself.");
  return true;
}

static bool check_device(const struct machine *machine, char *text) {
  if (!json_is_null(json_object_get(machine->environment, "device"))) return false;
  snprintf(text, TEXT,
           "The device below the data files is not known, so its bytes are not counted; choose a folder on a "
           "disk with --dir.");
  return true;
}

static bool check_durable(const struct machine *machine, char *text) {
  const char *type = json_string_value(json_object_get(machine->environment, "file_system"));
  if (!json_is_false(json_object_get(machine->environment, "durable"))) return false;
  snprintf(
      text, TEXT,
      "The data stood on %.32s, which keeps nothing over a power loss: figures of durable writes are not of a disk; "
      "choose a folder on one with --dir.",
      type ? type : "an unknown file system");
  return true;
}

static bool check_busy(const struct machine *machine, char *text) {
  const json_t *watch = json_object_get(machine->environment, "idle_watch");
  double seconds = json_number_value(json_object_get(watch, "seconds"));
  double used = json_number_value(json_object_get(watch, "cpu_s"));
  if (!(seconds > 0) || used <= busy_share * seconds) return false;
  snprintf(text, TEXT, "Other processes used %.0f%% of a processor before the run; stop them.", used / seconds * 100);
  return true;
}

static const struct {
  const char *id;
  check_fn check;
} checks[] = {
    {"governor", check_governor}, {"swap", check_swap},       {"memory", check_memory}, {"battery", check_battery},
    {"thermal", check_thermal},   {"disk-full", check_disk},  {"build", check_build},   {"virtual", check_virtual},
    {"device", check_device},     {"durable", check_durable}, {"busy", check_busy},
};

enum { CHECKS = sizeof checks / sizeof checks[0] };

static bool is_listed(const char *list, const char *id) {
  size_t length = strlen(id);
  for (const char *at = list; at && *at; at += strspn(at, ",")) {
    size_t span = strcspn(at, ",");
    if (span == length && strncmp(at, id, length) == 0) return true;
    at += span;
  }
  return false;
}

json_t *warnings_read(const char *root, const json_t *environment, const char *folder, const char *silenced) {
  const struct machine machine = {root, folder, environment};
  json_t *warnings = json_array();
  for (size_t i = 0; i < CHECKS && warnings; i++) {
    char text[TEXT];
    if (is_listed(silenced, checks[i].id) || !checks[i].check(&machine, text)) continue;
    if (json_array_append_new(warnings, json_pack("{s:s, s:s}", "id", checks[i].id, "text", text)) == 0) continue;
    json_decref(warnings);
    return NULL;
  }
  return warnings;
}

int warnings_check_names(const char *silenced, struct error *error) {
  const char *names[CHECKS];
  for (size_t i = 0; i < CHECKS; i++) names[i] = checks[i].id;
  for (const char *at = silenced; *at; at += strspn(at, ",")) {
    char word[64];
    size_t span = strcspn(at, ",");
    bool known = false;
    snprintf(word, sizeof word, "%.*s", (int)span, at);
    for (size_t i = 0; i < CHECKS; i++) known |= strcmp(word, names[i]) == 0;
    at += span;
    if (known) continue;
    const char *nearest = nearest_word(word, names, CHECKS);
    return nearest ? error_set(error, -EINVAL, "unknown warning \"%s\"; did you mean \"%s\"?", word, nearest)
                   : error_set(error, -EINVAL, "unknown warning \"%s\"; docs/results.md lists them", word);
  }
  return 0;
}
