// SPDX-License-Identifier: MIT
// samples.csv: one row a sample, quoted by RFC 4180.
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "harness/results_file.h"

static const char *const cell_columns[] = {"id",      "experiment", "engine",    "spec",        "operation",
                                           "keys",    "sync",       "cache",     "record_size", "value_size",
                                           "records", "threads",    "processes", "batch",       "depth"};
static const char *const sample_columns[] = {"kind",
                                             "order",
                                             "repetition",
                                             "counted",
                                             "status",
                                             "reason",
                                             "seconds",
                                             "operations",
                                             "ops_per_s",
                                             "bytes_per_s",
                                             "cpu_user_s",
                                             "cpu_sys_s",
                                             "faults_minor",
                                             "faults_major",
                                             "switches",
                                             "device_read_bytes",
                                             "device_write_bytes",
                                             "device_write_bytes_settled",
                                             "device_flushes",
                                             "syscalls",
                                             "syncs",
                                             "tlb_shootdowns",
                                             "rss_bytes",
                                             "pss_bytes",
                                             "value_bytes_read",
                                             "value_bytes_written",
                                             "verified",
                                             "flags"};
static const char *const latency_columns[] = {"min", "p50", "p90", "p99", "p999", "max", "mean"};

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static void put_text(FILE *out, const char *text) {
  bool quote = strpbrk(text, ",\"\r\n") != NULL;
  if (quote) fputc('"', out);
  for (; *text; text++) {
    if (*text == '"') fputc('"', out);
    fputc(*text, out);
  }
  if (quote) fputc('"', out);
}

static void put_scalar(FILE *out, const json_t *value) {
  if (json_is_string(value))
    put_text(out, json_string_value(value));
  else if (json_is_integer(value))
    fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
  else if (json_is_real(value))
    fprintf(out, "%.12g", json_real_value(value));
  else if (json_is_boolean(value))
    fputs(json_is_true(value) ? "true" : "false", out);
}

// A file that was edited may hold an array where a word or a number belongs, and anything in it.
static void put_value(FILE *out, const json_t *value) {
  const json_t *entry;
  size_t i;
  if (!json_is_array(value)) put_scalar(out, value);
  json_array_foreach(value, i, entry) {
    if (i) fputc(' ', out);
    put_scalar(out, entry);
  }
}

static void put_row(FILE *out, const json_t *cell, const json_t *sample) {
  const json_t *latency = json_object_get(sample, "latency_ns");
  for (size_t i = 0; i < LENGTH(cell_columns); i++) {
    put_value(out, json_object_get(cell, cell_columns[i]));
    fputc(',', out);
  }
  for (size_t i = 0; i < LENGTH(sample_columns); i++) {
    put_value(out, json_object_get(sample, sample_columns[i]));
    fputc(',', out);
  }
  for (size_t i = 0; i < LENGTH(latency_columns); i++) {
    put_value(out, json_object_get(latency, latency_columns[i]));
    fputs(i + 1 < LENGTH(latency_columns) ? "," : "\r\n", out);
  }
}

int results_csv(FILE *out, const void *run) {
  const json_t *cell, *sample;
  size_t i, j;
  for (i = 0; i < LENGTH(cell_columns); i++) fprintf(out, "%s,", cell_columns[i]);
  for (i = 0; i < LENGTH(sample_columns); i++) fprintf(out, "%s,", sample_columns[i]);
  for (i = 0; i < LENGTH(latency_columns); i++)
    fprintf(out, "latency_%s_ns%s", latency_columns[i], i + 1 < LENGTH(latency_columns) ? "," : "\r\n");
  json_array_foreach(json_object_get((const json_t *)run, "cells"), i, cell) {
    json_array_foreach(json_object_get(cell, "samples"), j, sample) { put_row(out, cell, sample); }
  }
  return ferror(out) ? -EIO : 0;
}
