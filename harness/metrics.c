// SPDX-License-Identifier: MIT
// The numbers of a sample that charts and summaries are made of.
#include "harness/metrics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/words.h"

#define PLAIN(name, label, unit, higher, comparative) \
  { name, label, unit, SAMPLE_THROUGHPUT, higher, comparative, {NULL}, {NULL}, 1 }
#define LATENCY(name, label, comparative) \
  { name, label, "ns", SAMPLE_LATENCY, false, comparative, {NULL}, {NULL}, 1 }
#define MEMORY(name, label, comparative, ...) \
  { name, label, "B", SAMPLE_THROUGHPUT, false, comparative, {__VA_ARGS__}, {NULL}, 1 }
#define START(name, label) \
  { name, label, "ns", SAMPLE_THROUGHPUT, false, "sooner ready", {"start." name}, {NULL}, 1 }
#define PER_OPERATION(name, what, unit, kind, comparative, scale, ...) \
  { name, what " per operation", unit, kind, false, comparative, {__VA_ARGS__}, {"operations"}, scale }

static const struct metric metrics[] = {
    PLAIN("ops_per_s", "operations per second", "ops/s", true, "faster"),
    PLAIN("bytes_per_s", "useful bytes per second", "B/s", true, "faster"),
    LATENCY("p50", "median latency", "quicker at the median"),
    LATENCY("p90", "90th percentile latency", "quicker at the 90th percentile"),
    LATENCY("p99", "99th percentile latency", "quicker at the 99th percentile"),
    LATENCY("p999", "99.9th percentile latency", "quicker at the 99.9th percentile"),
    LATENCY("max", "longest latency", "quicker at worst"),
    LATENCY("mean", "mean latency", "quicker on average"),
    {"stall", "longest wait", "ns", SAMPLE_LATENCY, false, "quicker at worst", {"stall_ns"}, {NULL}, 1},
    PER_OPERATION("cpu_ns_per_op", "CPU time", "ns", SAMPLE_THROUGHPUT, "cheaper in CPU time", 1e9, "cpu_user_s",
                  "cpu_sys_s"),
    {"cpu_ns_per_byte",
     "CPU time per byte of value",
     "ns",
     SAMPLE_THROUGHPUT,
     false,
     "cheaper in CPU time",
     {"cpu_user_s", "cpu_sys_s"},
     {"value_bytes_read", "value_bytes_written"},
     1e9},
    PER_OPERATION("device_bytes_per_op", "device bytes", "B", SAMPLE_THROUGHPUT, "more sparing with device bytes", 1,
                  "device_read_bytes", "device_write_bytes"),
    PER_OPERATION("flushes_per_op", "device flushes", "flushes/op", SAMPLE_THROUGHPUT, "more sparing with flushes", 1,
                  "device_flushes"),
    PER_OPERATION("faults_per_op", "page faults", "faults/op", SAMPLE_THROUGHPUT, "more sparing with page faults", 1,
                  "faults_minor", "faults_major"),
    PER_OPERATION("switches_per_op", "context switches", "switches/op", SAMPLE_THROUGHPUT,
                  "more sparing with context switches", 1, "switches"),
    PER_OPERATION("syscalls_per_op", "system calls", "calls/op", SAMPLE_COUNTERS, "more sparing with system calls", 1,
                  "syscalls"),
    PER_OPERATION("syncs_per_op", "syncs", "syncs/op", SAMPLE_COUNTERS, "more sparing with syncs", 1, "syncs"),
    // What a read brings in beyond its value, and what a cache saves it, are both in the bytes read while the clock
    // ran.
    {"read_amplification",
     "device bytes read per value byte",
     "B/B",
     SAMPLE_THROUGHPUT,
     false,
     "more sparing with reads",
     {"device_read_bytes"},
     {"value_bytes_read"},
     1},
    {"file_bytes_per_record",
     "bytes of the file per record",
     "B",
     SAMPLE_THROUGHPUT,
     false,
     "more sparing with space",
     {"stat.bytes_allocated"},
     {"stat.records"},
     1},
    START("open_ns", "time to open"),
    START("first_get_ns", "time to the first get"),
    START("first_1000_ns", "time to the first 1000 gets"),
    {"compact_ns", "time to compact", "ns", SAMPLE_THROUGHPUT, false, "sooner done", {"compaction.ns"}, {NULL}, 1},
    {"given_back_bytes",
     "bytes given back by compact",
     "B",
     SAMPLE_THROUGHPUT,
     true,
     "more generous with space",
     {"compaction.given_back_bytes"},
     {NULL},
     1},
    // Of all processes of a sample; what they share is in it once.
    MEMORY("rss_bytes", "resident memory", "more sparing with resident memory", "rss_bytes"),
    MEMORY("file_pss_bytes", "memory of the file's maps", "more sparing with mapped memory", "mappings.file_pss_bytes"),
    MEMORY("other_pss_bytes", "memory beside the file", "more sparing with own memory", "mappings.other_pss_bytes"),
    MEMORY("page_table_bytes", "memory of page tables", "more sparing with page tables", "mappings.page_table_bytes"),
    MEMORY("page_cache_bytes", "page cache of the file", "more sparing with page cache", "mappings.cached_bytes"),
    MEMORY("memory_bytes", "memory in use", "more sparing with memory", "mappings.cached_bytes",
           "mappings.other_pss_bytes", "mappings.page_table_bytes"),
    // What was written reaches the device when the kernel likes. Bytes that came by the end of the clock would flatter
    // a policy that promises nothing, hence the settled ones, with what a sync right after the clock brings.
    {"write_amplification",
     "device bytes written per value byte",
     "B/B",
     SAMPLE_COUNTERS,
     false,
     "more sparing with writes",
     {"device_write_bytes_settled"},
     {"value_bytes_written"},
     1},
};

enum { COUNT = sizeof metrics / sizeof metrics[0] };

const struct metric *metrics_all(size_t *count) {
  *count = COUNT;
  return metrics;
}

const struct metric *metric_find(const char *name) {
  for (size_t i = 0; i < COUNT; i++)
    if (strcmp(metrics[i].name, name) == 0) return &metrics[i];
  return NULL;
}

const char *metric_nearest(const char *name) {
  const char *names[COUNT];
  for (size_t i = 0; i < COUNT; i++) names[i] = metrics[i].name;
  return nearest_word(name, names, COUNT);
}

// "NAME", or "NAME.NAME" of an object in it.
static double field(const json_t *sample, const char *name) {
  const char *dot = strchr(name, '.');
  char object[32];
  snprintf(object, sizeof object, "%.*s", dot ? (int)(dot - name) : 0, name);
  const json_t *number = json_object_get(dot ? json_object_get(sample, object) : sample, dot ? dot + 1 : name);
  return json_is_number(number) ? json_number_value(number) : NAN;
}

static double sum_of(const json_t *sample, const char *const *names, size_t room) {
  double sum = 0;
  for (size_t i = 0; i < room && names[i]; i++) sum += field(sample, names[i]);
  return sum;
}

double metric_value(const struct metric *metric, const json_t *sample) {
  const char *status = json_string_value(json_object_get(sample, "status"));
  const char *kind = json_string_value(json_object_get(sample, "kind"));
  if (!status || strcmp(status, "ok") != 0 || !kind) return NAN;
  if (strcmp(kind, sample_kind_name(metric->kind)) != 0) return NAN;
  if (metric->kind == SAMPLE_LATENCY && !metric->over[0])
    return field(json_object_get(sample, "latency_ns"), metric->name);
  if (!metric->over[0]) return field(sample, metric->name);
  double value = metric->scale * sum_of(sample, metric->over, 3);
  if (metric->under[0]) value /= sum_of(sample, metric->under, 2);
  return isfinite(value) ? value : NAN;  // nothing was read, or written
}
