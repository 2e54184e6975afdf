// SPDX-License-Identifier: MIT
// Several processes on one store: what they do adds up, one that fails or dies fails the sample with its reason, and
// none is left behind, also when the leader dies.
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/registry.h"
#include "harness/sample.h"
#include "tests/unit/one_point.h"
#include "tests/unit/sample_support.h"
#include "tests/unit/temporary.h"

enum { RECORDS = 20000 };

// What readers are to do; in memory that all processes share.
static struct orders {
  pid_t leader;
  bool fail_open, die;
  atomic_uint submits;  // of the readers
  atomic_int reader;    // pid of one
} * orders;

static const struct engine *real;
static struct engine acting;  // pread, but where readers are to misbehave

static int act_open(const char *path, const struct store_config *config, struct store **store, struct error *error) {
  if (getpid() != orders->leader) {
    atomic_store(&orders->reader, getpid());
    if (orders->fail_open) return error_set(error, -EIO, "made to fail");
  }
  return real->open(path, config, store, error);
}

static int act_submit(struct session *session, struct op *const *ops, size_t count) {
  // The first of all: on a busy machine a reader may come to no more within the time of the sample.
  if (getpid() != orders->leader && atomic_fetch_add(&orders->submits, 1) == 0 && orders->die)
    (void)kill(getpid(), SIGKILL);
  return real->submit(session, ops, count);
}

static struct sample_order order;

static int set_up(void **state) {
  (void)state;
  struct store_config config = {0};
  struct error error;
  orders = mmap(NULL, sizeof *orders, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (orders == MAP_FAILED || registry_parse("pread", &real, &config, &error)) return -1;
  acting = *real;
  acting.open = act_open;
  acting.submit = act_submit;
  order = sample_new_order(OPERATION_FILL);
  order.kind = SAMPLE_FILL;
  order.settings.workload.records = RECORDS;
  snprintf(order.settings.spec, sizeof order.settings.spec, "pread");
  snprintf(order.path, sizeof order.path, "%s/readers.store", temporary_folder());
  (void)unlink(order.path);
  json_t *sample = sample_run(&order);
  bool ok = strcmp(sample_text(sample, "status"), "ok") == 0;
  json_decref(sample);
  return ok ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  return munmap(orders, sizeof *orders) || unlink(order.path);
}

static struct sample_order reading(enum sample_kind kind, unsigned processes) {
  struct sample_order reads = order;
  reads.kind = kind;
  reads.settings.workload.operation = OPERATION_GET;
  reads.settings.processes = processes;
  reads.read_only = true;
  reads.seconds = 0.05;
  return reads;
}

static json_t *run_with(const struct sample_order *reads, const struct engine_options *options) {
  atomic_store(&orders->submits, 0);
  orders->leader = getpid();
  json_t *sample = sample_run_engine(reads, &acting, options);
  assert_non_null(sample);
  // Whatever came of it: no reader is there any more.
  assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
  assert_int_equal(errno, ECHILD);
  return sample;
}

static json_t *run(const struct sample_order *reads) {
  const struct engine_options options = {{0}};
  return run_with(reads, &options);
}

static void test_what_they_do_adds_up(void **state) {
  (void)state;
  *orders = (struct orders){0};
  const struct sample_order reads = reading(SAMPLE_THROUGHPUT, 3);
  json_t *sample = run(&reads);
  assert_sample_status(sample, "ok");
  const json_t *mappings = json_object_get(sample, "mappings"), *stat = json_object_get(sample, "stat");
  double operations = sample_number(sample, "operations");
  // The readers' own submits are in it, of four operations each.
  assert_true(atomic_load(&orders->submits) > 0);
  assert_true(operations > 4.0 * atomic_load(&orders->submits));
  assert_true(sample_number(sample, "value_bytes_read") == operations * 64);
  assert_true(sample_number(mappings, "index_bytes") == 3 * sample_number(stat, "index_bytes"));
  assert_true(sample_number(mappings, "other_pss_bytes") > sample_number(mappings, "index_bytes"));
  assert_true(sample_number(mappings, "file_pss_bytes") == 0);  // of pread
  assert_true(sample_number(mappings, "cached_bytes") >= RECORDS * 128);
  assert_true(sample_number(sample, "seconds") >= 0.05);
  assert_int_equal(json_array_size(json_object_get(sample, "timeline")), 0);
  json_decref(sample);
}

static void test_their_latencies_come_together(void **state) {
  (void)state;
  *orders = (struct orders){0};
  const struct sample_order reads = reading(SAMPLE_LATENCY, 3);
  json_t *sample = run(&reads), *bucket;
  assert_sample_status(sample, "ok");
  double sum = 0;
  size_t i;
  json_array_foreach(json_object_get(json_object_get(sample, "latency_ns"), "buckets"), i, bucket) {
    sum += json_number_value(json_array_get(bucket, 1));
  }
  assert_true(sum == sample_number(sample, "operations"));
  assert_string_equal(sample_text(sample, "timed_per"), "operation");
  json_decref(sample);
}

// How many operations a sample is to do is of all of them together.
static void test_they_share_the_operations(void **state) {
  (void)state;
  *orders = (struct orders){0};
  struct sample_order reads = reading(SAMPLE_THROUGHPUT, 3);
  reads.settings.operations = 3000;
  reads.seconds = reads.limit = 60;
  json_t *sample = run(&reads);
  assert_sample_status(sample, "ok");
  assert_true(sample_number(sample, "operations") == 3000);
  json_decref(sample);
}

// Those that go round the page cache have nothing in it, and none of them looks for what the others brought there.
static void test_they_go_round_the_cache_together(void **state) {
  (void)state;
  *orders = (struct orders){0};
  struct store_config config = {0};
  const struct engine *engine;
  struct error error = {0};
  struct sample_order reads = reading(SAMPLE_THROUGHPUT, 2);
  assert_int_equal(registry_parse("pread:direct=on", &engine, &config, &error), 0);
  reads.settings.cache = CACHE_MAPPED;
  json_t *sample = run_with(&reads, &config.options);
  bool refused = strstr(sample_text(sample, "reason"), "O_DIRECT") != NULL;
  if (!refused) assert_sample_status(sample, "ok");
  json_decref(sample);
  if (refused) skip();
}

static void expect_failure(bool fail_open, bool die, const char *reason) {
  *orders = (struct orders){.fail_open = fail_open, .die = die};
  const struct sample_order reads = reading(SAMPLE_THROUGHPUT, 2);
  json_t *sample = run(&reads);
  assert_sample_status(sample, "failed");
  assert_string_equal(sample_text(sample, "reason"), reason);
  json_decref(sample);
}

static void test_one_that_fails_fails_all(void **state) {
  (void)state;
  expect_failure(true, false, "reader process 2: made to fail");
  expect_failure(false, true, "reader process 2 was killed by signal 9");
}

static void test_none_outlives_the_leader(void **state) {
  (void)state;
  *orders = (struct orders){0};
  struct sample_order reads = reading(SAMPLE_THROUGHPUT, 2);
  reads.seconds = reads.limit = 60;
  assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);  // so that the orphan is ours to wait for
  pid_t leader = fork();
  assert_true(leader >= 0);
  if (leader == 0) {
    const struct engine_options options = {{0}};
    orders->leader = getpid();
    json_decref(sample_run_engine(&reads, &acting, &options));
    _exit(0);
  }
  while (atomic_load(&orders->submits) < 100) sched_yield();
  assert_int_equal(kill(leader, SIGKILL), 0);
  int status = 0;
  assert_int_equal(waitpid(leader, &status, 0), leader);
  // Ends by the signal it asked for, or else not for a minute.
  assert_int_equal(waitpid(atomic_load(&orders->reader), &status, 0), atomic_load(&orders->reader));
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void test_what_cannot_be_shared_is_skipped(void **state) {
  (void)state;
  struct sample_order reads = reading(SAMPLE_THROUGHPUT, 2);
  snprintf(reads.settings.spec, sizeof reads.settings.spec, "null");
  json_t *sample = sample_run(&reads);
  assert_sample_status(sample, "skipped");
  assert_string_equal(sample_text(sample, "reason"), "a store of null cannot be open in several processes");
  json_decref(sample);
  one_point_refused(
      "[hold]\noperation = get\ndata = 8M\nprocesses = 2\ncache = pressure\nmemory = 4M", "p99",
      "keys.ini:7: processes = 2 cannot be: the memory of one process is limited; use another cache state");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_what_they_do_adds_up),
      cmocka_unit_test(test_their_latencies_come_together),
      cmocka_unit_test(test_they_share_the_operations),
      cmocka_unit_test(test_they_go_round_the_cache_together),
      cmocka_unit_test(test_one_that_fails_fails_all),
      cmocka_unit_test(test_none_outlives_the_leader),
      cmocka_unit_test(test_what_cannot_be_shared_is_skipped),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
