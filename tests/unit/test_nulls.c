// SPDX-License-Identifier: MIT
// What a real sample leaves null: only what is named here, and for what a machine may lack only where it lacks it by a
// look of this test's own.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/sample.h"
#include "tests/unit/sample_support.h"
#include "tests/unit/temporary.h"

enum { RECORDS = 2000, EXT4 = 0xEF53, XFS = 0x58465342 };
static const long BTRFS = 0x9123683E;

static bool always(enum sample_kind kind) {
  (void)kind;
  return true;
}

static bool not_latency(enum sample_kind kind) { return kind != SAMPLE_LATENCY; }

static long file_system(void) {
  struct statfs status;
  assert_int_equal(statfs(temporary_folder(), &status), 0);
  return (long)status.f_type;
}

static bool no_device(enum sample_kind kind) {
  (void)kind;
  struct stat status;
  assert_int_equal(stat(temporary_folder(), &status), 0);
  return major(status.st_dev) == 0 && file_system() != BTRFS;
}

static bool file_has(const char *path, const char *text) {
  char line[4096];
  bool found = false;
  FILE *file = fopen(path, "re");
  while (file && !found && fgets(line, sizeof line, file)) found = strstr(line, text) != NULL;
  if (file) fclose(file);
  return found;
}

static bool no_shootdowns(enum sample_kind kind) {
  (void)kind;
  return !file_has("/proc/interrupts", "TLB:");
}

// Whether this process may not mount tracefs (CAP_SYS_ADMIN, 21), or the kernel has none, or no performance events.
static bool no_tracepoints(enum sample_kind kind) {
  char line[256];
  unsigned long long effective = 0;
  FILE *file = fopen("/proc/self/status", "re");
  assert_non_null(file);
  while (fgets(line, sizeof line, file)) (void)sscanf(line, "CapEff: %llx", &effective);
  fclose(file);
  return kind != SAMPLE_COUNTERS || !(effective & 1ull << 21) || !file_has("/proc/filesystems", "tracefs") ||
         access("/proc/sys/kernel/perf_event_paranoid", F_OK) != 0;
}

static bool no_sync_tracepoint(enum sample_kind kind) {
  long type = file_system();
  return no_tracepoints(kind) || (type != EXT4 && type != XFS && type != BTRFS);
}

static bool not_settled(enum sample_kind kind) { return kind != SAMPLE_COUNTERS || no_device(kind); }

static bool no_device_intervals(enum sample_kind kind) { return kind != SAMPLE_THROUGHPUT || no_device(kind); }

static const struct {
  const char *field;
  bool (*may)(enum sample_kind kind);
} nulls[] = {
    {"reason", always},                // the sample is ok
    {"steady", always},                // too few intervals
    {"latency_by_operation", always},  // no mix
    {"foreign", always},
    {"open_loop", always},            // no rate was asked for
    {"memory", always},               // no limit was asked for
    {"background", always},           // no role was asked for
    {"start", always},                // the store was open
    {"compaction", always},           // and gave no space back
    {"space", always},                // of data sets; the schedule adds it
    {"stat/in_flight_mean", always},  // no queue
    {"latency_ns", not_latency},
    {"timed_per", not_latency},
    {"clock_cost_ns", not_latency},
    {"clock_resolution_ns", not_latency},
    {"device_read_bytes", no_device},
    {"device_write_bytes", no_device},
    {"device_flushes", no_device},
    {"device_write_bytes_settled", not_settled},
    {"timeline/device_read_bytes", no_device_intervals},
    {"timeline/device_write_bytes", no_device_intervals},
    {"timeline/longest_ns", always},  // none ended in the interval
    {"stall_ns", not_latency},
    {"syscalls", no_tracepoints},
    {"syncs", no_sync_tracepoint},
    {"tlb_shootdowns", no_shootdowns},
};

static bool may_be_null(const char *field, enum sample_kind kind) {
  for (size_t i = 0; i < sizeof nulls / sizeof nulls[0]; i++)
    if (strcmp(nulls[i].field, field) == 0) return nulls[i].may(kind);
  return false;
}

// Elements of arrays have no name of their own.
static void walk(const json_t *value, const char *path, enum sample_kind kind) {
  const char *name;
  json_t *member;
  size_t i;
  if (json_is_null(value) && !may_be_null(path, kind))
    fail_msg("%s is null in a sample of kind %s", path, sample_kind_name(kind));
  json_array_foreach(value, i, member) walk(member, path, kind);
  json_object_foreach((json_t *)value, name, member) {
    char inner[256];
    snprintf(inner, sizeof inner, "%s%s%s", path, *path ? "/" : "", name);
    walk(member, inner, kind);
  }
}

static void run(const char *spec, enum sample_kind kind) {
  char path[512], snapshot[600];
  struct sample_order order = sample_new_order(OPERATION_UPDATE);
  snprintf(path, sizeof path, "%s/nulls-%ld.store", temporary_folder(), (long)getpid());
  snprintf(snapshot, sizeof snapshot, "%s.index", path);
  snprintf(order.path, sizeof order.path, "%s", path);
  snprintf(order.settings.spec, sizeof order.settings.spec, "%s", spec);
  order.settings.workload.records = RECORDS;
  order.settings.data_bytes = RECORDS * 128;
  order.settings.sync.kind = SYNC_ALWAYS;
  order.seconds = 0.1;
  order.kind = SAMPLE_FILL;
  json_t *fill = sample_run(&order);
  assert_sample_status(fill, "ok");
  json_decref(fill);
  order.kind = kind;
  json_t *sample = sample_run(&order);
  assert_sample_status(sample, "ok");
  walk(sample, "", kind);
  json_decref(sample);
  assert_int_equal(unlink(path), 0);
  (void)unlink(snapshot);
}

static void test_only_named_fields_are_null(void **state) {
  (void)state;
  static const enum sample_kind kinds[] = {SAMPLE_THROUGHPUT, SAMPLE_LATENCY, SAMPLE_COUNTERS};
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    run("pread", kinds[i]);
    run("mmap", kinds[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_only_named_fields_are_null)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
