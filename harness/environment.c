// SPDX-License-Identifier: MIT
// The machine, kernel and build.
#include "harness/environment.h"

#include <ctype.h>
#include <errno.h>
#include <gsl/gsl_version.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <xxhash.h>

#include "build_info.h"
#include "engines/engine.h"
#include "engines/plugin.h"
#include "harness/environment_internal.h"

enum { LINE = 1024 };

void fact_set(struct facts *facts, const char *name, json_t *value) {
  if (json_object_set_new(facts->known, name, value)) facts->code = -ENOMEM;
}

void fact_missing(struct facts *facts, const char *name, const char *reason) {
  fact_set(facts, name, json_null());
  if (json_object_set_new(facts->unreadable, name, json_string(reason))) facts->code = -ENOMEM;
}

static void fact_text(struct facts *facts, const char *name, int code, const char *text) {
  if (code)
    fact_missing(facts, name, strerror(-code));
  else
    fact_set(facts, name, json_string(text));
}

void fact_file(struct facts *facts, const char *name, const char *path, ...) {
  char whole[LINE], text[LINE];
  va_list arguments;
  va_start(arguments, path);
  vsnprintf(whole, sizeof whole, path, arguments);
  va_end(arguments);
  int code = read_line_of(whole, text, sizeof text);
  fact_text(facts, name, code, text);
}

int read_line_of(const char *path, char *text, size_t room) {
  FILE *file = fopen(path, "re");
  if (!file) return -errno;
  errno = 0;
  const char *line = fgets(text, (int)room, file);
  int code = line ? 0 : errno ? -errno : -ENODATA;
  fclose(file);
  if (!code) text[strcspn(text, "\n")] = '\0';
  return code;
}

// The value in "key<blanks>: value", or NULL.
static const char *value_in_line(const char *line, const char *key) {
  size_t length = strlen(key);
  if (strncmp(line, key, length) != 0) return NULL;
  line += length;
  line += strspn(line, " \t");
  return *line == ':' ? line + 1 + strspn(line + 1, " \t") : NULL;
}

int read_value_of(const char *path, const char *key, char *text, size_t room) {
  char line[16384];  // the flags of a processor take kilobytes
  int code = -ENOENT;
  FILE *file = fopen(path, "re");
  if (!file) return -errno;
  while (code == -ENOENT && fgets(line, sizeof line, file)) {
    const char *value = value_in_line(line, key);
    if (!value) continue;
    snprintf(text, room, "%.*s", (int)strcspn(value, "\n"), value);
    code = 0;
  }
  fclose(file);
  return code;
}

static void fact_value(struct facts *facts, const char *name, const char *path, const char *key) {
  char text[LINE];
  int code = read_value_of(path, key, text, sizeof text);
  fact_text(facts, name, code, text);
}

// "16384 kB" lines of /proc/meminfo in bytes.
static void fact_memory(struct facts *facts, const char *name, const char *key) {
  char text[LINE];
  unsigned long long kilobytes;
  int code = read_value_of("/proc/meminfo", key, text, sizeof text);
  if (!code && sscanf(text, "%llu kB", &kilobytes) != 1) code = -EINVAL;
  if (code)
    fact_missing(facts, name, strerror(-code));
  else
    fact_set(facts, name, json_integer((json_int_t)(kilobytes * 1024)));
}

// The word in brackets of "always [madvise] never", the one in force.
static void fact_choice(struct facts *facts, const char *name, const char *path) {
  char text[LINE];
  int code = read_line_of(path, text, sizeof text);
  char *open = code ? NULL : strchr(text, '['), *close = open ? strchr(open, ']') : NULL;
  if (close) *close = '\0';
  fact_text(facts, name, code, close ? open + 1 : text);
}

static void processor_facts(struct facts *facts) {
  static const char cpuinfo[] = "/proc/cpuinfo";
  char flags[16384];
  fact_value(facts, "cpu", cpuinfo, "model name");
  fact_set(facts, "cpus", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
  fact_value(facts, "microcode", cpuinfo, "microcode");
  fact_file(facts, "governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  int code = read_value_of(cpuinfo, "flags", flags, sizeof flags);
  if (code)
    fact_missing(facts, "virtualised", strerror(-code));
  else
    fact_set(facts, "virtualised", json_boolean(strstr(flags, " hypervisor") != NULL));
}

// Each weakness and what is done about it is one file; those that do not concern this processor are left out.
static void mitigation_facts(struct facts *facts) {
  static const char *const names[] = {
      "spectre_v1",        "spectre_v2", "spectre_v2_user", "meltdown",        "mds",   "l1tf",
      "spec_store_bypass", "retbleed",   "tsx_async_abort", "mmio_stale_data", "srbds", "gather_data_sampling"};
  char path[LINE], text[LINE], all[4 * LINE] = "";
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    snprintf(path, sizeof path, "/sys/devices/system/cpu/vulnerabilities/%s", names[i]);
    if (read_line_of(path, text, sizeof text) || strcmp(text, "Not affected") == 0) continue;
    size_t length = strlen(all);
    snprintf(all + length, sizeof all - length, "%s%s: %s", length ? "; " : "", names[i], text);
  }
  if (access("/sys/devices/system/cpu/vulnerabilities", R_OK))
    fact_missing(facts, "mitigations", strerror(errno));
  else
    fact_set(facts, "mitigations", json_string(*all ? all : "none needed"));
}

static void command_line_fact(struct facts *facts) {
  char line[4 * LINE], masked[4 * LINE];
  int code = read_line_of("/proc/cmdline", line, sizeof line);
  if (!code) environment_mask_command_line(line, masked, sizeof masked);
  fact_text(facts, "kernel_command_line", code, masked);
}

static void kernel_facts(struct facts *facts) {
  struct utsname names;
  if (uname(&names)) {
    fact_missing(facts, "kernel", strerror(errno));
  } else {
    fact_set(facts, "kernel", json_sprintf("%s %s", names.sysname, names.release));
    fact_set(facts, "kernel_version", json_string(names.version));
    fact_set(facts, "architecture", json_string(names.machine));
  }
  command_line_fact(facts);
  fact_choice(facts, "transparent_huge_pages", "/sys/kernel/mm/transparent_hugepage/enabled");
  fact_file(facts, "io_uring_disabled", "/proc/sys/kernel/io_uring_disabled");
  fact_file(facts, "dirty_ratio_percent", "/proc/sys/vm/dirty_ratio");
  fact_file(facts, "dirty_background_ratio_percent", "/proc/sys/vm/dirty_background_ratio");
  fact_file(facts, "dirty_bytes", "/proc/sys/vm/dirty_bytes");
  fact_file(facts, "dirty_background_bytes", "/proc/sys/vm/dirty_background_bytes");
  fact_file(facts, "dirty_writeback_centiseconds", "/proc/sys/vm/dirty_writeback_centisecs");
  fact_choice(facts, "transparent_huge_pages_defrag", "/sys/kernel/mm/transparent_hugepage/defrag");
  fact_file(facts, "overcommit_memory", "/proc/sys/vm/overcommit_memory");
  fact_file(facts, "dirty_expire_centiseconds", "/proc/sys/vm/dirty_expire_centisecs");
  fact_file(facts, "swappiness", "/proc/sys/vm/swappiness");
}

// Where this process's memory limit stands: under version 2 in its only group, else in the one of version 1's memory
// controller (cgroups(7)). False when it is in neither.
static bool find_limit(char *path, size_t room) {
  char line[LINE];
  bool found = false;
  FILE *file = fopen("/proc/self/cgroup", "re");
  if (!file) return false;
  while (!found && fgets(line, sizeof line, file)) {
    char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!group) continue;
    *group++ = '\0';
    group[strcspn(group, "\n")] = '\0';
    if (strcmp(controllers, ":") == 0)
      snprintf(path, room, "/sys/fs/cgroup%s/memory.max", group);
    else if (strstr(controllers, "memory"))
      snprintf(path, room, "/sys/fs/cgroup/memory%s/memory.limit_in_bytes", group);
    else
      continue;
    found = access(path, R_OK) == 0;
  }
  fclose(file);
  return found;
}

static void cgroup_facts(struct facts *facts) {
  char path[2 * LINE];
  if (find_limit(path, sizeof path))
    fact_file(facts, "cgroup_memory_limit", "%s", path);
  else
    fact_missing(facts, "cgroup_memory_limit", "this process's group has none, or none that can be read");
}

static void build_facts(struct facts *facts) {
  fact_set(facts, "version", json_string(STOREBENCH_VERSION));
  fact_set(facts, "commit", json_string(STOREBENCH_COMMIT));
  fact_set(facts, "build_type", json_string(STOREBENCH_BUILD_TYPE));
  fact_set(facts, "compiler", json_string(STOREBENCH_COMPILER));
  fact_set(facts, "flags", json_string(STOREBENCH_FLAGS));
  fact_set(facts, "jansson", json_string(jansson_version_str()));
  fact_set(facts, "xxhash", json_sprintf("%d.%d.%d", XXH_VERSION_MAJOR, XXH_VERSION_MINOR, XXH_VERSION_RELEASE));
  fact_set(facts, "gsl", json_string(gsl_version));
  fact_set(facts, "inih", json_string(STOREBENCH_INIH));
  fact_set(facts, "liburing", json_string(STOREBENCH_LIBURING));
  fact_set(facts, "google_benchmark", json_string(STOREBENCH_BENCHMARK));
}

// Whether each peer was built with it, or why not.
static void peer_facts(struct facts *facts) {
  size_t count;
  const char *const *peers = engine_group(ENGINE_PEERS, &count);
  for (size_t i = 0; i < count; i++) {
    char name[64], path[PLUGIN_PATH_MAX];
    struct error error;
    snprintf(name, sizeof name, "peer_%s", peers[i]);
    if (plugin_find(peers[i], strlen(peers[i]), path, &error))
      fact_missing(facts, name, error.text);
    else
      fact_set(facts, name, json_string("built"));
  }
}

json_t *environment_read(const char *folder) {
  struct facts facts = {.known = json_object(), .unreadable = json_object()};
  processor_facts(&facts);
  mitigation_facts(&facts);
  kernel_facts(&facts);
  fact_memory(&facts, "memory_bytes", "MemTotal");
  fact_memory(&facts, "memory_available_bytes", "MemAvailable");
  fact_memory(&facts, "swap_bytes", "SwapTotal");
  fact_memory(&facts, "swap_free_bytes", "SwapFree");
  cgroup_facts(&facts);
  storage_facts(&facts, folder);
  build_facts(&facts);
  peer_facts(&facts);
  if (json_object_set(facts.known, "unreadable", facts.unreadable)) facts.code = -ENOMEM;
  json_decref(facts.unreadable);
  if (!facts.code) return facts.known;
  json_decref(facts.known);
  return NULL;
}

void environment_host(char *host, size_t room) {
  if (gethostname(host, room)) snprintf(host, room, "unknown");
  host[room - 1] = '\0';
  for (char *c = host; *c; c++)
    if (!isalnum((unsigned char)*c) && *c != '.' && *c != '-' && *c != '_') *c = '-';
  if (!*host || *host == '.') host[0] = '-';
}
