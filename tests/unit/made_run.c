// SPDX-License-Identifier: MIT
#include "tests/unit/made_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static json_t *made(json_t *value) {
  assert_non_null(value);
  return value;
}

static void append(json_t *array, json_t *value) { assert_int_equal(json_array_append_new(array, made(value)), 0); }

json_t *made_run(const char *host) {
  return made(
      json_pack("{s:i, s:s, s:s, s:b, s:s, s:b, s:i, s:i, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:b, s:{s:s}}, s:[], s:[], "
                "s:[], s:[], "
                "s:{s:f, s:f}}",
                "schema", 1, "started", "2026-01-02T03:04:05Z", "finished", "2026-01-02T03:06:05Z", "complete", 1,
                "profile", "quick", "indicative", 1, "seed", 7, "repetitions", 3, "command", "storebench run", "host",
                host, "environment", "cpu", "A processor @ 2.10GHz (2 CPUs)", "kernel", "Linux 6.18.5", "file_system",
                "ext4", "device", "vda", "durable", 1, "unreadable", "governor", "no cpufreq", "experiments", "cells",
                "dropped", "notes", "bookkeeping", "total", 120.0, "measuring", 90.0));
}

static json_t *words(const char *const *names) {
  json_t *array = made(json_array());
  for (; *names; names++) append(array, json_string(*names));
  return array;
}

// Four intervals, the third at half the rate.
static json_t *timeline(double value) {
  json_t *array = made(json_array());
  for (int i = 1; i <= 4; i++)
    append(array, json_pack("{s:f, s:I, s:I, s:I}", "t", 0.025 * i, "operations",
                            (json_int_t)(0.025 * value / (i == 3 ? 2 : 1)), "device_read_bytes", (json_int_t)0,
                            "device_write_bytes", (json_int_t)4096));
  return array;
}

static json_t *throughput(double value, int repetition) {
  return made(json_pack("{s:s, s:i, s:i, s:b, s:s, s:n, s:f, s:I, s:f, s:f, s:n, s:o, s:[]}", "kind", "throughput",
                        "order", 0, "repetition", repetition, "counted", repetition > 0, "status", "ok", "reason",
                        "seconds", 0.1, "operations", (json_int_t)(value / 10), "ops_per_s", value, "bytes_per_s",
                        value * 64, "latency_ns", "timeline", timeline(value), "flags"));
}

// Twice as many system calls as operations, half as many syncs, 4 KiB to the device for 64 bytes.
static json_t *counters(double value) {
  json_int_t operations = (json_int_t)(value / 10);
  return made(json_pack("{s:s, s:i, s:i, s:b, s:s, s:n, s:f, s:I, s:f, s:I, s:I, s:I, s:I, s:I, s:[]}", "kind",
                        "counters", "order", 0, "repetition", 1, "counted", 1, "status", "ok", "reason", "seconds", 0.1,
                        "operations", operations, "ops_per_s", value, "syscalls", 2 * operations, "syncs",
                        operations / 2, "value_bytes_read", (json_int_t)0, "value_bytes_written", operations * 64,
                        "device_write_bytes_settled", operations * 4096, "flags"));
}

static json_t *latency(double value) {
  double ns = 1e9 / value;
  return made(json_pack(
      "{s:s, s:i, s:i, s:b, s:s, s:n, s:f, s:I, s:f, s:f, s:{s:f, s:f, s:f, s:f, s:f, s:f, s:f}, s:f, s:[{s:f, s:I, "
      "s:f}, {s:f, s:I, s:n}], s:[]}",
      "kind", "latency", "order", 0, "repetition", 1, "counted", 1, "status", "ok", "reason", "seconds", 0.1,
      "operations", (json_int_t)(value / 10), "ops_per_s", value, "bytes_per_s", value * 64, "latency_ns", "min",
      ns / 2, "p50", ns, "p90", ns * 2, "p99", ns * 4, "p999", ns * 20, "max", ns * 300, "mean", ns * 1.2, "stall_ns",
      ns * 400, "timeline", "t", 0.05, "operations", (json_int_t)(value / 10), "longest_ns", ns * 400, "t", 0.1,
      "operations", (json_int_t)0, "longest_ns", "flags"));
}

static json_t *samples(double value) {
  json_t *array = made(json_array());
  for (int i = 0; i < 4; i++) append(array, throughput(value * (1 + 0.02 * (i - 2)), i));
  append(array, latency(value));
  append(array, counters(value));
  return array;
}

// Names that no store has stand for stores of our own format.
static const char *spec_of(const char *name) {
  static const char *const made_up[] = {"map-pwrite", "a", "b"};
  for (size_t i = 0; i < sizeof made_up / sizeof *made_up; i++)
    if (strcmp(name, made_up[i]) == 0) return "pread";
  return name;
}

static json_t *cell(const struct made_experiment *experiment, size_t x, size_t engine) {
  const char *name = experiment->engines[engine], *at = experiment->xs[x];
  int skipped = experiment->skipped && strcmp(experiment->skipped, name) == 0;
  double value = 6.4e6 / (double)(1 + 2 * engine) / (double)(1 + 30 * x * x);
  char id[512];
  snprintf(id, sizeof id, "%s/%s/%s", experiment->name, at, name);
  return made(json_pack(
      "{s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:{}, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:n, s:s, "
      "s:s?, s:o}",
      "id", id, "experiment", experiment->name, "point", experiment->x, at, "engine", name, "engine", name, "spec",
      spec_of(name), "options", "operation", "update", "keys", "uniform", "sync", "always", "durability",
      "fdatasync after each put", "cache", "warm", "record_size", 128, "value_size", 64, "records", 1000, "threads", 1,
      "processes", 1, "batch", 1, "depth", 1, "rate", "status", skipped ? "skipped" : "ok", "reason",
      skipped ? "io_uring is disabled: kernel.io_uring_disabled=2" : NULL, "samples",
      skipped ? made(json_array()) : samples(value)));
}

void made_run_add(json_t *run, const struct made_experiment *experiment) {
  append(
      json_object_get(run, "experiments"),
      json_pack(
          "{s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:[s*], s:b}, s:n, s:[{s:s, s:o}, {s:s, s:o}], s:n, s:[]}",
          "name", experiment->name, "title", experiment->title, "question", experiment->question, "claim",
          "Storing into a map beats file I/O", "chart", "shape", experiment->shape, "x", experiment->x, "series",
          "engine", "panel", "", "y", experiment->y, "beside", experiment->beside, "log_y", experiment->log_y,
          "verdict", "axes", "key", experiment->x, "values", words(experiment->xs), "key", "engine", "values",
          words(experiment->engines), "finding", "winners"));
  for (size_t x = 0; experiment->xs[x]; x++)
    for (size_t engine = 0; experiment->engines[engine]; engine++)
      append(json_object_get(run, "cells"), cell(experiment, x, engine));
}

void made_run_claim(json_t *run, const char *over, const char *under, const char *holds) {
  json_t *experiments = json_object_get(run, "experiments");
  json_t *experiment = json_array_get(experiments, json_array_size(experiments) - 1);
  if (!json_is_object(json_object_get(experiment, "verdict")))
    assert_int_equal(json_object_set_new(experiment, "verdict", made(json_pack("{s:[]}", "tests"))), 0);
  append(json_object_get(json_object_get(experiment, "verdict"), "tests"),
         json_pack("{s:s, s:s, s:s}", "over", over, "under", under, "holds", holds));
}

void made_run_samples(json_t *cell, const double *rates, size_t count) {
  json_t *array = made(json_array());
  for (size_t i = 0; i < count; i++) append(array, throughput(rates[i], (int)i + 1));
  assert_int_equal(json_object_set_new(cell, "samples", array), 0);
}

void made_run_add_limit(json_t *run, const char *name, double value) {
  bool ok = value > 0, syncs = strcmp(name, "msync") == 0 || strcmp(name, "fdatasync") == 0;
  if (!json_object_get(run, "limits")) assert_int_equal(json_object_set_new(run, "limits", made(json_array())), 0);
  append(
      json_object_get(run, "limits"),
      json_pack("{s:s, s:i, s:i, s:i, s:s, s:n, s:i, s:i, s:i, s:s, s:o, s:o, s:o, s:i, s:s, s:s?}", "name", name,
                "bytes", 128, "record_size", 128, "data", 128 * 1000, "keys", syncs ? "sequential" : "uniform", "theta",
                "depth", 1, "every", 1, "threads", 1, "unit", "ops/s", "value", ok ? json_real(value) : json_null(),
                "low", ok ? json_real(value * 0.9) : json_null(), "high", ok ? json_real(value * 1.1) : json_null(),
                "n", 7, "status", ok ? "ok" : "skipped", "reason", ok ? NULL : "made to be"));
}
