// SPDX-License-Identifier: MIT
// Memory pressure: where a limit can be had, that it holds, that the proof notices when it does not, and that no group
// is left behind.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/registry.h"
#include "harness/cache.h"
#include "harness/cgroup.h"
#include "harness/memory_group.h"
#include "harness/memory_guard.h"
#include "harness/pressure.h"
#include "tests/unit/temporary.h"
#include "workloads/client.h"

enum { MIB = 1 << 20, RECORDS = 8192, RECORD = 4096, WANTED = 8 * MIB };

static char folder[400];

static int make_folder(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "%s/pressure-XXXXXX", temporary_folder());
  return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
  (void)state;
  char command[500];
  snprintf(command, sizeof command, "rm -rf '%s'", folder);
  return system(command);
}

// Puts a file into the made-up root, with the folders that it is in.
static void put(const char *root, const char *path, const char *text) {
  char whole[PATH_MAX];
  snprintf(whole, sizeof whole, "%s/%s/%s", folder, root, path);
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

static struct memory_groups find_in(const char *root) {
  char whole[500], path[PATH_MAX];
  struct memory_groups groups;
  const char *before = getenv("PATH");
  snprintf(path, sizeof path, "%s", before ? before : "");
  snprintf(whole, sizeof whole, "%s/%s", folder, root);
  assert_int_equal(setenv("PATH", "/nowhere", 1), 0);  // no systemd-run
  memory_groups_find(whole, &groups);
  assert_int_equal(setenv("PATH", path, 1), 0);
  return groups;
}

static const char unified[] = "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";

static void test_version_2_is_used_where_it_is_delegated(void **state) {
  (void)state;
  char want[500];
  put("user", "proc/self/mountinfo", unified);
  put("user", "proc/self/cgroup", "0::/user.slice/app.slice/shell.scope\n");
  put("user", "sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory pids\n");
  put("user", "sys/fs/cgroup/user.slice/app.slice/cgroup.subtree_control", "memory pids\n");
  put("user", "sys/fs/cgroup/user.slice/app.slice/cgroup.procs", "");
  put("user", "sys/fs/cgroup/user.slice/app.slice/shell.scope/cgroup.subtree_control", "");
  put("user", "sys/fs/cgroup/user.slice/app.slice/shell.scope/cgroup.procs", "1\n");
  const struct memory_groups groups = find_in("user");
  assert_int_equal(groups.method, MEMORY_CGROUP_V2);
  // Its own group holds processes and so hands no controller down: the one above does.
  snprintf(want, sizeof want, "%s/user/sys/fs/cgroup/user.slice/app.slice", folder);
  assert_string_equal(groups.base, want);
}

static void test_version_1_is_used_where_2_has_no_memory(void **state) {
  (void)state;
  char want[500];
  put("old", "proc/self/mountinfo",
      "35 31 0:32 /docker/7f /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
      "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n");
  put("old", "proc/self/cgroup", "8:pids:/docker/7f\n4:memory:/docker/7f/inner\n0::/\n");
  put("old", "sys/fs/cgroup/unified/cgroup.controllers", "hugetlb\n");
  put("old", "sys/fs/cgroup/memory/inner/cgroup.procs", "");
  const struct memory_groups groups = find_in("old");
  assert_int_equal(groups.method, MEMORY_CGROUP_V1);
  snprintf(want, sizeof want, "%s/old/sys/fs/cgroup/memory/inner", folder);
  assert_string_equal(groups.base, want);
}

static void test_no_way_says_why_and_what_to_do(void **state) {
  (void)state;
  struct memory_group group;
  struct error error = {0};
  put("none", "proc/self/mountinfo", unified);
  put("none", "proc/self/cgroup", "0::/user.slice\n");
  put("none", "sys/fs/cgroup/cgroup.controllers", "memory\n");
  put("none", "sys/fs/cgroup/cgroup.subtree_control", "cpu\n");
  put("none", "sys/fs/cgroup/user.slice/cgroup.subtree_control", "\n");
  struct memory_groups groups = find_in("none");
  assert_int_equal(groups.method, MEMORY_UNLIMITED);
  assert_string_equal(groups.reason,
                      "memory cannot be limited here: cgroup v2 delegates the memory controller to no group this user "
                      "may write to; no cgroup v1 limits memory; there is no systemd-run. Run as root, or as a user "
                      "for whom `systemd-run --user --scope true` works");
  assert_int_equal(memory_group_make(&groups, &group, &error), -ENOTSUP);
  assert_string_equal(error.text, groups.reason);
}

static void test_limits_and_usage_of_version_2(void **state) {
  (void)state;
  struct memory_group group = {.method = MEMORY_CGROUP_V2};
  uint64_t value, file, other;
  put("v2", "group/memory.max", "max\n");
  put("v2", "group/memory.current", "70000000\n");
  put("v2", "group/memory.stat", "anon 1000\nfile 60000000\nfile_mapped 5\n");
  snprintf(group.path, sizeof group.path, "%s/v2/group", folder);
  assert_int_equal(cgroup_read(group.path, "memory.max", &value), 0);
  assert_true(value == UINT64_MAX);
  assert_int_equal(memory_group_limit(&group, 64 * MIB + 1), 0);
  assert_int_equal(cgroup_read(group.path, "memory.max", &value), 0);
  assert_int_equal(value, 64 * MIB);
  assert_int_equal(memory_group_usage(&group, &file, &other), 0);
  assert_int_equal(file, 60000000);
  assert_int_equal(other, 10000000);
}

// What follows needs a real group.
static bool open_groups(struct memory_groups *groups) {
  struct error error = {0};
  if (memory_groups_open(groups, &error)) fail_msg("%s", error.text);
  if (groups->base[0]) return true;
  print_message("%s\n", groups->reason);
  return false;
}

static struct store *make_store(const struct engine *engine, const char *path) {
  struct workload workload = {
      .operation = OPERATION_GET, .records = RECORDS, .value_size = 64, .batch = 1, .depth = 1, .threads = 1};
  struct store_config config = {.record_size = RECORD, .capacity_hint = 2 * RECORDS, .create = true};
  struct error error = {0};
  struct store *store;
  registry_defaults(engine, &config.options);
  if (engine->open(path, &config, &store, &error)) fail_msg("%s", error.text);
  if (client_fill(&workload, engine, store, &error)) fail_msg("%s", error.text);
  return store;
}

static void check_pressure(struct pressure *pressure, const struct engine *engine, struct store *store,
                           const char *path, uint64_t wanted) {
  uint64_t cached;
  struct error error = {0};
  if (pressure_set(pressure, CACHE_PRESSURE, wanted, engine, store, path, &error))
    fail_msg("%s: %s", engine->name, error.text);
  assert_int_equal(cache_bytes(path, &cached), 0);
  if (wanted > (uint64_t)RECORDS * RECORD)
    assert_true(cached >= (uint64_t)RECORDS * RECORD);
  else
    assert_in_range(cached, wanted / 4 * 3, pressure->limit);
  assert_true(pressure->limit == pressure->own + wanted);
  assert_null(pressure_check_after(pressure, path));
}

// Limited as under pressure, and nothing is cached when the clock starts.
static void check_filling(struct pressure *pressure, const struct engine *engine, struct store *store,
                          const char *path) {
  uint64_t cached;
  struct error error = {0};
  if (pressure_set(pressure, CACHE_FILLING, WANTED, engine, store, path, &error)) fail_msg("%s", error.text);
  assert_int_equal(cache_bytes(path, &cached), 0);
  assert_true(cached < (uint64_t)RECORDS * RECORD / 100);
  assert_true(pressure->limit == pressure->own + WANTED);
  assert_int_equal(cache_read(path, 0, UINT64_MAX), 0);
  assert_int_equal(cache_bytes(path, &cached), 0);
  assert_in_range(cached, WANTED / 4 * 3, pressure->limit);
  assert_null(pressure_check_after(pressure, path));
}

// The child of a sample: in its group before it touches the file.
static void run_in_group(struct memory_group *group, const char *name) {
  char path[PATH_MAX];
  struct error error = {0};
  size_t count;
  const struct engine *const *engines = registry_engines(&count);
  struct pressure pressure = {.group = *group};
  snprintf(path, sizeof path, "%s/%s", folder, name);
  if (memory_group_enter(&pressure.group, &error)) fail_msg("%s", error.text);
  for (size_t i = 0; i < count; i++) {
    struct store_config config = {0};
    registry_defaults(engines[i], &config.options);
    if (!(engines[i]->caps & CAP_PERSISTENT) || engines[i]->probe(folder, &config, &error)) continue;
    struct store *store = make_store(engines[i], path);
    check_pressure(&pressure, engines[i], store, path, WANTED);
    check_pressure(&pressure, engines[i], store, path, 4 * RECORDS * (uint64_t)RECORD);
    check_pressure(&pressure, engines[i], store, path, 2 * (uint64_t)WANTED);
    check_filling(&pressure, engines[i], store, path);
    assert_int_equal(engines[i]->close(store, &error), 0);
    assert_int_equal(unlink(path), 0);
  }
}

struct job {
  void (*run)(struct memory_group *group, const char *name);
  struct memory_group *group;
  const char *name;
};

static void run_job(void **state) {
  const struct job *job = *state;
  job->run(job->group, job->name);
}

// Runs it in a process of its own and gives its wait status. A test of its own there, too: a failed assertion would
// else take the child back to the parent's list of tests, to go on with the next one inside its group.
static int in_child(void (*run)(struct memory_group *group, const char *name), struct memory_group *group,
                    const char *name) {
  int status;
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    struct job job = {run, group, name};
    const struct CMUnitTest alone = {name, run_job, NULL, NULL, &job};
    _exit(_cmocka_run_group_tests(name, &alone, 1, NULL, NULL) != 0);
  }
  assert_int_equal(waitpid(pid, &status, 0), pid);
  return status;
}

// What a sanitizer keeps for itself is charged to the group as well, and leaves less for the page cache than was set.
static bool sanitizer_takes_memory(void) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  print_message("skipped: the sanitizer's own memory counts against the limit\n");
  return true;
#else
  return false;
#endif
}

static void test_every_engine_under_pressure(void **state) {
  (void)state;
  struct memory_groups groups;
  struct memory_group group;
  struct error error = {0};
  if (sanitizer_takes_memory() || !open_groups(&groups)) skip();
  assert_int_equal(memory_group_make(&groups, &group, &error), 0);
  assert_int_equal(in_child(run_in_group, &group, "every"), 0);
  assert_int_equal(memory_group_remove(&group), 0);
  assert_int_equal(access(group.path, F_OK), -1);
  memory_groups_close(&groups);
}

static void expect_refusal(struct pressure *pressure, const struct engine *engine, struct store *store,
                           const char *path) {
  struct error error = {0};
  assert_int_equal(pressure_set(pressure, CACHE_FILLING, WANTED, engine, store, path, &error), -EBUSY);
  assert_non_null(strstr(error.text, "cache=filling: "));
  assert_int_equal(pressure_set(pressure, CACHE_PRESSURE, WANTED, engine, store, path, &error), -EBUSY);
  assert_non_null(strstr(error.text, "cache=pressure: "));
  assert_non_null(strstr(error.text, "charged to others"));
  for (int cache = CACHE_COLD; cache <= CACHE_WARM; cache++) {
    assert_int_equal(cache_set((enum cache_state)cache, engine, store, path, &error), -EBUSY);
    assert_non_null(strstr(error.text, "close what maps the file"));
  }
}

static void find_out_lies(struct memory_group *group, const char *name) {
  char path[PATH_MAX];
  const struct engine *engine;
  struct store_config config = {0};
  struct error error = {0};
  struct pressure pressure = {.group = *group};
  snprintf(path, sizeof path, "%s/%s", folder, name);
  assert_int_equal(registry_parse("pread", &engine, &config, &error), 0);
  if (memory_group_enter(&pressure.group, &error)) fail_msg("%s", error.text);
  struct store *store = make_store(engine, path);
  // Mapped and touched by another process: its pages survive every drop.
  int pipes[2];
  assert_int_equal(pipe(pipes), 0);
  pid_t holder = fork();
  if (holder == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // also where an assertion below fails
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *map = mmap(NULL, RECORDS * (size_t)RECORD, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (map == MAP_FAILED || write(pipes[1], "x", 1) != 1) _exit(1);
    pause();
  }
  char byte;
  assert_int_equal(read(pipes[0], &byte, 1), 1);
  expect_refusal(&pressure, engine, store, path);
  kill(holder, SIGKILL);
  waitpid(holder, NULL, 0);
  // Limits that were not kept, and pages that are another group's.
  check_pressure(&pressure, engine, store, path, 2 * (uint64_t)WANTED);
  pressure.limit = WANTED / 4;
  assert_string_equal(pressure_check_after(&pressure, path),
                      "more of the file is in the page cache than the limit allows");
  pressure.limit = 2 * (uint64_t)WANTED;
  snprintf(pressure.group.path, sizeof pressure.group.path, "%.1000s-b", group->path);
  assert_int_equal(mkdir(pressure.group.path, 0755), 0);
  const char *wrong = pressure_check_after(&pressure, path);
  assert_int_equal(rmdir(pressure.group.path), 0);
  assert_string_equal(wrong, "pages of the file are charged to another group");
  assert_int_equal(engine->close(store, &error), 0);
}

static void test_the_proof_finds_lies_out(void **state) {
  (void)state;
  struct memory_groups groups;
  struct memory_group group;
  struct error error = {0};
  if (sanitizer_takes_memory() || !open_groups(&groups)) skip();
  assert_int_equal(memory_group_make(&groups, &group, &error), 0);
  assert_int_equal(in_child(find_out_lies, &group, "lies"), 0);
  assert_int_equal(memory_group_remove(&group), 0);
  memory_groups_close(&groups);
}

static void die_with_a_group(struct memory_group *group, const char *name) {
  struct memory_groups groups;
  struct error error = {0};
  (void)group, (void)name;
  if (memory_groups_open(&groups, &error) || memory_group_make(&groups, group, &error)) _exit(1);
  kill(getpid(), SIGKILL);
}

static bool gone(const char *path) {
  const struct timespec pause = {.tv_nsec = 20000000};
  for (int i = 0; i < 500 && access(path, F_OK) == 0; i++) nanosleep(&pause, NULL);
  return access(path, F_OK) != 0;
}

static void test_a_killed_run_leaves_no_group(void **state) {
  (void)state;
  struct memory_groups groups;
  struct memory_group *group =
      mmap(NULL, sizeof *group, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);  // the child fills it in
  assert_true(group != MAP_FAILED);
  if (!open_groups(&groups)) skip();
  int status = in_child(die_with_a_group, group, "dies");
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  assert_true(group->path[0] && gone(group->path));
  memory_groups_close(&groups);
  munmap(group, sizeof *group);
}

static void test_what_dead_runs_left_is_swept(void **state) {
  (void)state;
  char live[500], dead[500], other[500];
  pid_t pid = fork();
  if (pid == 0) _exit(0);
  assert_int_equal(waitpid(pid, NULL, 0), pid);
  put("sweep", "file", "");
  snprintf(dead, sizeof dead, "%s/sweep/" MEMORY_GROUP_NAME "%ld-0", folder, (long)pid);
  snprintf(live, sizeof live, "%s/sweep/" MEMORY_GROUP_NAME "%ld-0", folder, (long)getpid());
  snprintf(other, sizeof other, "%s/sweep/somebody-elses", folder);
  assert_int_equal(mkdir(dead, 0755) || mkdir(live, 0755) || mkdir(other, 0755), 0);
  *strrchr(other, '/') = '\0';
  assert_int_equal(memory_guard_sweep(other, 0), 0);
  assert_int_equal(access(dead, F_OK), -1);
  assert_int_equal(access(live, F_OK), 0);
  assert_int_equal(memory_guard_sweep(other, getpid()), 0);
  assert_int_equal(access(live, F_OK), -1);
  other[strlen(other)] = '/';
  assert_int_equal(access(other, F_OK), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_version_2_is_used_where_it_is_delegated),
      cmocka_unit_test(test_version_1_is_used_where_2_has_no_memory),
      cmocka_unit_test(test_no_way_says_why_and_what_to_do),
      cmocka_unit_test(test_limits_and_usage_of_version_2),
      cmocka_unit_test(test_every_engine_under_pressure),
      cmocka_unit_test(test_the_proof_finds_lies_out),
      cmocka_unit_test(test_a_killed_run_leaves_no_group),
      cmocka_unit_test(test_what_dead_runs_left_is_swept),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
