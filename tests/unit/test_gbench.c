// SPDX-License-Identifier: MIT
// The shim over Google Benchmark: one test for each of the library's sharp edges that it hides.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/gbench.h"

enum { THREADS_MAX = 8 };

struct probe {
  int setup_error[THREADS_MAX], step_error[THREADS_MAX];
  uint64_t done[THREADS_MAX];
  long sleep_ns[THREADS_MAX];
  atomic_uint inside;         // threads in their step
  atomic_uint setups_before;  // setups finished as the first step began
  atomic_bool stepped;
  // Written by the thread of that number alone.
  unsigned setups[THREADS_MAX], steps[THREADS_MAX], teardowns[THREADS_MAX];
  uint64_t operations[THREADS_MAX];
  atomic_uint all_setups, early_teardowns;
};

static int probe_setup(void *user, unsigned thread) {
  struct probe *probe = user;
  probe->setups[thread]++;
  atomic_fetch_add(&probe->all_setups, 1);
  return probe->setup_error[thread];
}

static int probe_step(void *user, unsigned thread, uint64_t operations, uint64_t *done) {
  struct probe *probe = user;
  if (!atomic_exchange(&probe->stepped, true)) probe->setups_before = atomic_load(&probe->all_setups);
  atomic_fetch_add(&probe->inside, 1);
  probe->steps[thread]++;
  probe->operations[thread] = operations;
  *done = probe->done[thread];
  struct timespec time = {.tv_nsec = probe->sleep_ns[thread]};
  while (nanosleep(&time, &time) != 0) assert_int_equal(errno, EINTR);
  atomic_fetch_sub(&probe->inside, 1);
  return probe->step_error[thread];
}

static void probe_teardown(void *user, unsigned thread) {
  struct probe *probe = user;
  if (atomic_load(&probe->inside) > 0) atomic_fetch_add(&probe->early_teardowns, 1);
  probe->teardowns[thread]++;
}

static int run(struct probe *probe, unsigned threads, uint64_t operations, struct gbench_result *result) {
  struct gbench_definition definition = {
      .name = "a name: with (everything, [a regular expression*",
      .threads = threads,
      .operations = operations,
      .user = probe,
      .setup = probe_setup,
      .step = probe_step,
      .teardown = probe_teardown,
  };
  return gbench_run(&definition, result);
}

static void test_one_pass(void **state) {
  (void)state;
  struct probe probe = {.done = {1}};
  struct gbench_result result;
  assert_int_equal(run(&probe, 1, 1000, &result), 0);
  assert_int_equal(probe.setups[0], 1);
  assert_int_equal(probe.steps[0], 1);
  assert_int_equal(probe.teardowns[0], 1);
  assert_int_equal(probe.operations[0], 1000);
}

static void test_operations_are_those_done(void **state) {
  (void)state;
  struct probe probe = {.done = {700, 7, (1ull << 52)}};
  struct gbench_result result;
  assert_int_equal(run(&probe, 3, UINT64_MAX, &result), 0);
  assert_int_equal(result.operations, 707 + (1ull << 52));
  for (int i = 0; i < 3; i++) assert_int_equal(probe.operations[i], UINT64_MAX);
}

static void test_a_step_may_do_nothing(void **state) {
  (void)state;
  struct probe probe = {0};
  struct gbench_result result;
  assert_int_equal(run(&probe, 2, 5, &result), 0);
  assert_int_equal(result.operations, 0);
  assert_int_equal(probe.steps[1], 1);
}

// A sleep never returns early, so these are bounds from below and no matter of speed. The library itself would report
// the mean of the threads, 8 ms.
static void test_seconds_are_first_start_to_last_end(void **state) {
  (void)state;
  struct probe probe = {.done = {1, 1, 1, 1}, .sleep_ns = {0, 30000000, 0, 0}};
  struct gbench_result result;
  assert_int_equal(run(&probe, 4, 1, &result), 0);
  assert_true(result.seconds >= 0.030);
}

static void test_cpu_seconds_count_work_not_sleep(void **state) {
  (void)state;
  struct probe probe = {.done = {1, 1}, .sleep_ns = {50000000, 50000000}};
  struct gbench_result result;
  assert_int_equal(run(&probe, 2, 1, &result), 0);
  assert_true(result.cpu_seconds >= 0);
  assert_true(result.cpu_seconds < result.seconds);
}

static void test_all_are_set_up_before_one_steps(void **state) {
  (void)state;
  struct probe probe = {.done = {1}};
  struct gbench_result result;
  assert_int_equal(run(&probe, 8, 1, &result), 0);
  assert_int_equal(probe.setups_before, 8);
}

static void test_none_is_torn_down_while_one_steps(void **state) {
  (void)state;
  struct probe probe = {.sleep_ns = {0, 0, 0, 20000000}};
  struct gbench_result result;
  assert_int_equal(run(&probe, 4, 1, &result), 0);
  assert_int_equal(probe.early_teardowns, 0);
}

static void check_failed_setup(unsigned threads, unsigned failing) {
  struct probe probe = {.done = {1, 1, 1, 1}};
  struct gbench_result result;
  probe.setup_error[failing] = -ENOMEM;
  assert_int_equal(run(&probe, threads, 10, &result), -ENOMEM);
  assert_int_equal(result.error, -ENOMEM);
  assert_int_equal(result.operations, 0);
  for (unsigned i = 0; i < threads; i++) {
    assert_int_equal(probe.setups[i], 1);
    assert_int_equal(probe.steps[i], 0);
    assert_int_equal(probe.teardowns[i], i == failing ? 0 : 1);
  }
}

// Neither a deadlock at the start barrier nor an abort because the loop was never entered.
static void test_failed_setup(void **state) {
  (void)state;
  alarm(60);
  check_failed_setup(1, 0);
  check_failed_setup(4, 0);
  check_failed_setup(4, 2);
  alarm(0);
}

static void test_all_setups_fail(void **state) {
  (void)state;
  alarm(60);
  struct probe probe = {.setup_error = {-EIO, -EIO, -EIO}};
  struct gbench_result result;
  assert_int_equal(run(&probe, 3, 1, &result), -EIO);
  alarm(0);
  for (int i = 0; i < 3; i++) assert_int_equal(probe.teardowns[i], 0);
}

static void test_failed_step(void **state) {
  (void)state;
  alarm(60);
  struct probe probe = {.done = {1, 1, 1}, .step_error = {0, -EIO, 0}};
  struct gbench_result result;
  assert_int_equal(run(&probe, 3, 10, &result), -EIO);
  alarm(0);
  assert_int_equal(result.operations, 0);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(probe.steps[i], 1);
    assert_int_equal(probe.teardowns[i], 1);
  }
}

static void test_no_threads_is_an_error(void **state) {
  (void)state;
  struct probe probe = {0};
  struct gbench_result result;
  assert_int_equal(run(&probe, 0, 1, &result), -EINVAL);
  assert_int_equal(result.error, -EINVAL);
}

// The library keeps what was registered, and its own reporter is freed by the first run.
static void test_many_runs_in_one_process(void **state) {
  (void)state;
  for (unsigned i = 0; i < 20; i++) {
    struct probe probe = {.done = {i, i, i}, .step_error = {i % 5 == 4 ? -EIO : 0}};
    struct gbench_result result;
    assert_int_equal(run(&probe, 1 + i % 3, 1, &result), probe.step_error[0]);
    assert_int_equal(probe.steps[0], 1);
    assert_int_equal(result.operations, probe.step_error[0] ? 0 : i * (1 + i % 3));
  }
}

// Runs in a child of its own: all checks by exit code, since its output is what is tested.
static int run_for_parent(void) {
  struct probe probe = {.done = {3, 4}};
  struct gbench_result result;
  bool good = run(&probe, 2, 9, &result) == 0 && result.operations == 7 && probe.steps[0] == 1 && probe.steps[1] == 1;
  probe = (struct probe){.setup_error = {0, -EIO}};
  good = good && run(&probe, 2, 9, &result) == -EIO;
  return good ? 0 : 1;
}

// Executes this program again with `environment`, so that the library finds it as it is loaded. Returns the exit
// status; sets *printed to the bytes that came out on stdout and stderr.
static int run_again(char *const *environment, off_t *printed) {
  char *const arguments[] = {"test_gbench", "--help", NULL};
  struct stat stat;
  int status, fd = memfd_create("output", 0);
  assert_true(fd >= 0);
  pid_t child = fork();
  if (child == 0) {
    if (dup2(fd, STDOUT_FILENO) >= 0 && dup2(fd, STDERR_FILENO) >= 0) execve("/proc/self/exe", arguments, environment);
    _exit(127);
  }
  assert_true(child > 0);
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(fstat(fd, &stat), 0);
  *printed = stat.st_size;
  close(fd);
  return status;
}

static void test_prints_nothing(void **state) {
  (void)state;
  char *const environment[] = {NULL};
  off_t printed;
  assert_int_equal(run_again(environment, &printed), 0);
  assert_int_equal(printed, 0);
}

static void test_environment_changes_nothing(void **state) {
  (void)state;
  char *const settings[] = {
      "BENCHMARK_LIST_TESTS=true",
      "BENCHMARK_FILTER=-.*",
      "BENCHMARK_REPETITIONS=3",
      "BENCHMARK_MIN_TIME=1",
      "BENCHMARK_MIN_WARMUP_TIME=0.01",
      "BENCHMARK_ENABLE_RANDOM_INTERLEAVING=true",
      "BENCHMARK_REPORT_AGGREGATES_ONLY=true",
      "BENCHMARK_FORMAT=nonsense",
      "BENCHMARK_OUT_FORMAT=nonsense",
      "BENCHMARK_OUT=/dev/null/no/such/folder",
      "BENCHMARK_COLOR=",
      "BENCHMARK_PERF_COUNTERS=CYCLES",
      "BENCHMARK_CONTEXT=a=b",
      "BENCHMARK_TIME_UNIT=nonsense",
      "V=3",
  };
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
    char *const environment[] = {settings[i], NULL};
    off_t printed;
    int status = run_again(environment, &printed);
    if (status != 0 || printed != 0)
      fail_msg("%s: status %d, %lld bytes printed", settings[i], status, (long long)printed);
  }
}

int main(int count, char **arguments) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_one_pass),
      cmocka_unit_test(test_operations_are_those_done),
      cmocka_unit_test(test_a_step_may_do_nothing),
      cmocka_unit_test(test_seconds_are_first_start_to_last_end),
      cmocka_unit_test(test_cpu_seconds_count_work_not_sleep),
      cmocka_unit_test(test_all_are_set_up_before_one_steps),
      cmocka_unit_test(test_none_is_torn_down_while_one_steps),
      cmocka_unit_test(test_failed_setup),
      cmocka_unit_test(test_all_setups_fail),
      cmocka_unit_test(test_failed_step),
      cmocka_unit_test(test_no_threads_is_an_error),
      cmocka_unit_test(test_many_runs_in_one_process),
      cmocka_unit_test(test_prints_nothing),
      cmocka_unit_test(test_environment_changes_nothing),
  };
  if (count == 2 && strcmp(arguments[1], "--help") == 0) return run_for_parent();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
